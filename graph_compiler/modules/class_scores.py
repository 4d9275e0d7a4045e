"""Precision, recall, F1 and confusion from counts by class, over all examples given together."""

import torch
from torch import nn


def guessed_and_true(
    scores: torch.Tensor, target: torch.Tensor, dim: int, threshold: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Which class was guessed and which is true, as 0 and 1: (examples, classes) each

    With one score an example there is one class, the positive one.
    """
    if scores.dim() == target.dim():
        guessed, true = (scores > threshold).reshape(-1, 1), (target > 0).reshape(-1, 1)
    else:
        classes = torch.arange(scores.shape[dim], device=scores.device)
        guessed = scores.argmax(dim).reshape(-1, 1) == classes
        true = target.reshape(-1, 1) == classes
    return guessed.to(scores.dtype), true.to(scores.dtype)


class ClassScore(nn.Module):
    """scores (N, classes, *) or, of two classes, (N, *), with target (N, *) -> ()

    The average leaves out classes that are neither guessed nor true; where it is none, the result
    is one number for each class. What cannot be told, such as the precision of a class that was
    never guessed, is 0.
    """

    def __init__(self, average: str = "macro", dim: int = 1, threshold: float = 0.0) -> None:
        super().__init__()
        self.average = average
        self.dim = dim
        self.threshold = threshold

    def forward(self, scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        guessed, true = guessed_and_true(scores, target, self.dim, self.threshold)
        right = (guessed * true).sum(0)
        guessed, true = guessed.sum(0), true.sum(0)
        if self.average == "micro":
            return self.score(right.sum(), guessed.sum(), true.sum())
        score = self.score(right, guessed, true)
        if self.average == "macro":
            return score.sum() / (guessed + true > 0).sum().clamp(min=1)
        if self.average == "weighted":
            return (score * true).sum() / true.sum().clamp(min=1)
        return score

    def score(self, right: torch.Tensor, guessed: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        """From the numbers of right guesses, of guesses and of true examples."""
        raise NotImplementedError


class Precision(ClassScore):
    """How many of the guesses are right."""

    def score(self, right: torch.Tensor, guessed: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        return right / guessed.clamp(min=1)


class Recall(ClassScore):
    """How many of the true ones are guessed."""

    def score(self, right: torch.Tensor, guessed: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        return right / true.clamp(min=1)


class F1Score(ClassScore):
    """The harmonic mean of precision and recall."""

    def score(self, right: torch.Tensor, guessed: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        return 2 * right / (guessed + true).clamp(min=1)
