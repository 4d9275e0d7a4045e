"""Losses for given answers: which there are, those that torch has not, and what makes rare
classes count more.

It becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import torch

SETTINGS = {
    "settings": (
        {
            "name": "loss",
            "kind": "choice",
            "default": "cross_entropy",
            "choices": (
                "cross_entropy",
                "log_loss",
                "bce_with_logits",
                "bce",
                "mse",
                "l1",
                "huber",
                "smooth_l1",
                "nll",
                "kl",
                "multi_margin",
                "hinge",
                "poisson",
                "gaussian_nll",
                "quantile",
            ),
            "doc": "what is made small: cross_entropy (of scores), log_loss (of shares), nll and "
            "kl (of log-shares), multi_margin, hinge, bce for classes; mse, l1, huber, smooth_l1, "
            "quantile, gaussian_nll (mean and log-variance), poisson (log of a count) for numbers",
            "group": "Learning",
        },
        {
            "name": "class_weights",
            "kind": "choice",
            "default": "none",
            "choices": ("none", "balanced"),
            "doc": "balanced: rare classes count more, so that all classes weigh the same",
            "group": "Learning",
            "rare": True,
            "when": "loss in ('cross_entropy', 'log_loss', 'nll', 'bce_with_logits', 'bce')",
        },
        {
            "name": "label_smoothing",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of each target that is spread over all classes",
            "group": "Regularization",
            "rare": True,
            "when": "loss == 'cross_entropy'",
        },
        {
            "name": "delta",
            "kind": "float",
            "default": 1.0,
            "low": 0.000001,
            "high": 1000000.0,
            "doc": "size of an error from which on it counts in proportion, not squared",
            "group": "Learning",
            "when": "loss in ('huber', 'smooth_l1')",
        },
        {
            "name": "quantile",
            "kind": "float",
            "default": 0.5,
            "low": 0.001,
            "high": 0.999,
            "doc": "share of the targets that shall lie below the answer",
            "group": "Learning",
            "when": "loss == 'quantile'",
        },
    ),
}

LOSS = "cross_entropy"
CLASS_WEIGHTS = "none"
LABEL_SMOOTHING = 0.0
DELTA = 1.0
QUANTILE = 0.5
CLASSES = 10


def hinge(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """How far scores are from 1 on the right side of 0, for targets of 0 and 1."""
    return (1 - (2 * targets - 1) * scores).clamp_min(0).mean()


def pinball(scores: torch.Tensor, targets: torch.Tensor, quantile: float) -> torch.Tensor:
    """Errors below the targets count `quantile`, those above the rest of 1: Koenker, Bassett."""
    errors = targets - scores
    return torch.maximum(quantile * errors, (quantile - 1) * errors).mean()


def logs(shares: torch.Tensor) -> torch.Tensor:
    """The logarithms of shares, of none that of hardly any."""
    return shares.clamp_min(1e-12).log()


def balanced_weights(targets: torch.Tensor, classes: int) -> torch.Tensor:
    """A weight for each class with which all classes count the same, 1 on average."""
    counts = torch.bincount(targets.flatten().long(), minlength=classes)
    return targets.numel() / (len(counts) * counts.clamp_min(1))
