"""Reading in both directions: hidden words are guessed, and whether one sentence follows another.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond `Data` and `Part` of the preparation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.parts.averaging import EMA_DECAY
from nnstudio.engine.parts.batches import BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.descent import LOOKS_BACK, PLAIN, REMEMBERS, Descent
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.optimization import make_optimizer
from nnstudio.engine.parts.precision import COMPILED, PRECISION
from nnstudio.engine.parts.processes import add_up, as_part, as_weighted_part, own, summed
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule
from nnstudio.engine.parts.sentence_pairs import MARKS, MASK, Data, Part

RECIPE = {
    "title": "Masked language model",
    "doc": "Guesses words that were hidden, and whether the second sentence follows the first; "
    "both losses together.",
    "paper": "Devlin et al., BERT: pre-training of deep bidirectional transformers (2019)",
    "forms": ("sentence_pairs",),
    "targets": ("none",),
    "output": "free",
    "inputs": ("tokens", "types"),
    "uses": ("fill_in",),
    "measured": 256,
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "without": ("accumulation", "lbfgs", "inner_steps"),
    "settings": (
        {
            "name": "masked",
            "kind": "float",
            "default": 0.15,
            "low": 0.01,
            "high": 1.0,
            "label": "share of words to guess",
            "doc": "of these 8 in 10 are hidden, 1 in 10 is replaced, 1 in 10 stays as it is",
        },
        {
            "name": "next_sentence",
            "kind": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 1000.0,
            "label": "weight of the next sentence",
            "doc": "how much its loss counts beside that of the hidden words",
        },
        {"name": "optimizer", "default": "adamw"},
        {"name": "weight_decay", "default": 0.01},
        {"name": "warmup", "default": 100},
        {"name": "batch_size", "unit": "pairs", "doc": "pairs of sentences that one step looks at"},
        {"name": "epochs", "default": 30},
        {
            "name": "seed",
            "doc": "number from which first weights, order of pairs and hidden words follow",
        },
    ),
}

MASKED = 0.15
NEXT_SENTENCE = 1.0
VALIDATED = True


class MaskedLanguageModel:
    """Trains `model` on pairs of sentences, one step for each value of `steps()`.

    The model takes `tokens` and `types` (pairs, length) and gives a score for each word at each
    place (pairs, length, vocabulary) and whether the second sentence follows (pairs, 2).
    """

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.masked, self.next_sentence = MASKED, NEXT_SENTENCE
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        self.batch_size = BATCH_SIZE
        self.steps_per_epoch = -(-rows // self.batch_size)
        if PRECISION == "bfloat16":
            self.precision = torch.bfloat16
        elif PRECISION == "float16":
            self.precision = torch.float16
        if COMPILED:
            model.compile()
        if not PLAIN:
            self.descent = Descent(model, self.optimizers["main"])
        if SCHEDULE != "constant" or WARMUP > 0:
            self.descent.schedule = Schedule(self.steps_per_epoch, epochs)
        if EMA_DECAY > 0:
            self.judged = {"main": self.descent.average.module}

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The losses of every step; with an epoch's last step also what its end measures."""
        if PLAIN:
            optimizer = self.optimizers["main"]
        while not self.finished:
            if SCHEDULE != "constant" and WHEN_EXTENDED == "rescale":
                self.descent.schedule.epochs = self.epochs
            if self.position == 0:
                self.order = torch.randperm(len(self.order), generator=self.generator)
            batches = self.order.to(self.data.train.inputs.device).split(self.batch_size)
            for rows in batches[self.position : self.steps_per_epoch]:
                if PLAIN:
                    optimizer.zero_grad()
                    loss = self.batch_loss(rows)
                    loss.backward()
                    loss = add_up(self.model, loss)
                    optimizer.step()
                else:
                    loss = self.descent.step(self.batch_loss, rows)
                self.position += 1
                metrics = {
                    "train_loss": loss,
                    "train_masked_loss": self.masked_loss,
                    "train_next_loss": self.next_loss,
                }
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of these training pairs, as a step computes it."""
        train = self.data.train
        shown, hidden = self.hide(train.inputs[rows], self.generator)
        shown, types = own(shown), train.types[own(rows)]
        if PRECISION != "float32":
            with torch.autocast(shown.device.type, self.precision):
                words, follows = answers(self.model, shown, types)
            words, follows = words.float(), follows.float()
        else:
            words, follows = answers(self.model, shown, types)
        masked = as_weighted_part(self._word_loss(words, own(hidden)), hidden >= 0)
        follow = as_part(F.cross_entropy(follows, train.targets[own(rows)]), rows)
        self.masked_loss, self.next_loss = summed(masked), summed(follow)
        return masked + self.next_sentence * follow

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    def hide(
        self, tokens: torch.Tensor, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The tokens with some hidden, and what is to be guessed, -100 where nothing is."""
        chance = torch.rand((2, *tokens.shape), generator=generator)
        others = torch.randint(
            len(MARKS),
            max(len(self.data.vocabulary), len(MARKS) + 1),
            tokens.shape,
            generator=generator,
        )
        chance, others = chance.to(tokens.device), others.to(tokens.device)
        chosen = (chance[0] < self.masked) & (tokens >= len(MARKS))
        shown = torch.where(chosen & (chance[1] < 0.8), MASK, tokens)
        shown = torch.where(chosen & (chance[1] >= 0.9), others, shown)
        return shown, tokens.where(chosen, -100)

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Losses and shares of right guesses on a part; the same words are hidden each time."""
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        generator = torch.Generator().manual_seed(0)
        shown, hidden = self.hide(part.inputs, generator)
        found = [
            answers(model, tokens, types)
            for tokens, types in zip(shown.split(256), part.types.split(256), strict=True)
        ]
        self.model.train()
        words, follows = (torch.cat(parts) for parts in zip(*found, strict=True))
        guessed = hidden >= 0
        masked = self._word_loss(words, hidden)
        follow = F.cross_entropy(follows, part.targets)
        right = (words.argmax(2) == hidden)[guessed].float().mean()
        return {
            f"{name}_loss": masked + self.next_sentence * follow,
            f"{name}_masked_loss": masked,
            f"{name}_next_loss": follow,
            f"{name}_masked_accuracy": right,
            f"{name}_next_accuracy": (follows.argmax(1) == part.targets).float().mean(),
        }

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        if PATIENCE > 0 or EMA_DECAY > 0:
            self._settle()
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        state = {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.generator.get_state(),
            "vocabulary": self.data.vocabulary,
        }
        if REMEMBERS:
            state["descent"] = self.descent.state()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
        if REMEMBERS:
            self.descent.restore(state["descent"])

    def _settle(self) -> None:
        """Give the model the weights that count: the best, or the averaged ones."""
        self.descent.settle()

    def _word_loss(self, scores: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Mean over the hidden words; 0 where none is hidden."""
        total = F.cross_entropy(scores.flatten(0, 1), hidden.flatten(), reduction="sum")
        return total / (hidden >= 0).sum().clamp(min=1)

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training pairs."""
        self.epoch += 1
        self.position = 0
        train = self.data.train
        if VALIDATED:
            count = len(self.data.validation.inputs)
            fit = Part(*(rows[:count] for rows in train))
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        else:
            metrics = self.measure(train, "fit")
        if LOOKS_BACK:
            self.descent.end_epoch(metrics)
        return metrics


def answers(
    model: nn.Module, tokens: torch.Tensor, types: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The scores of words and of the next sentence, in whichever order the model gives them."""
    one, other = model(tokens=tokens, types=types)
    return (one, other) if one.ndim == 3 else (other, one)
