"""From one sequence to another: each word is guessed from the source and the right words before it.

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
from nnstudio.engine.parts.batches import ACCUMULATION, BATCH_SIZE, PATIENCE
from nnstudio.engine.parts.descent import LOOKS_BACK, PLAIN, REMEMBERS, Descent
from nnstudio.engine.parts.initialization import DRAWS_ANEW, initialize
from nnstudio.engine.parts.optimization import make_optimizer
from nnstudio.engine.parts.precision import COMPILED, PRECISION
from nnstudio.engine.parts.processes import add_up, as_weighted_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule
from nnstudio.engine.parts.translation import BEGIN, END, PAD, Data, Part, rows_of, words_of

RECIPE = {
    "title": "Sequence to sequence",
    "doc": "Turns one row of words into another; while learning, the right words so far are given.",
    "paper": "Sutskever, Vinyals, Le, Sequence to sequence learning with neural networks (2014)",
    "forms": ("translation",),
    "targets": ("none",),
    "output": "free",
    "inputs": ("source", "target"),
    "uses": ("translate",),
    "measured": 256,
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "settings": (
        {"name": "optimizer", "default": "adamw"},
        {"name": "learning_rate", "default": 0.005},
        {"name": "clip_norm", "default": 1.0, "rare": False},
        {"name": "schedule", "default": "inverse_sqrt"},
        {"name": "warmup", "default": 100},
        {
            "name": "batch_size",
            "default": 64,
            "unit": "pairs",
            "doc": "pairs that one step looks at",
        },
        {
            "name": "label_smoothing",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the answer that is spread over all words",
            "group": "Regularization",
        },
    ),
}

LABEL_SMOOTHING = 0.0
VALIDATED = True


class SequenceToSequence:
    """Trains `model` on pairs of sequences, one step for each value of `steps()`.

    The model takes `source` and `target` (pairs, length), the target a place later, and gives a
    score for each word at each place (pairs, length, vocabulary).
    """

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.smoothing = LABEL_SMOOTHING
        self.generator = torch.Generator().manual_seed(seed)
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        self.batch_size = BATCH_SIZE
        if ACCUMULATION > 1:
            self.batch_size = self.batch_size * ACCUMULATION
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
        if ACCUMULATION > 1:
            self.descent.weigh = self._words

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The loss of every step; with an epoch's last step also what the epoch's end measures."""
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
                metrics = {"train_loss": loss}
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The loss of these training pairs, as a step computes it."""
        source, target = (values[own(rows)] for values in self.data.train)
        if PRECISION != "float32":
            with torch.autocast(source.device.type, self.precision):
                scores = self.model(source=source, target=later(target)).float()
        else:
            scores = self.model(source=source, target=later(target))
        told = self.data.train.targets[rows] != PAD
        return as_weighted_part(self.loss(scores, target, self.smoothing), told)

    def loss(
        self, scores: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0
    ) -> torch.Tensor:
        """Mean of -log(share given to the right word), over all places that are not filled up."""
        return F.cross_entropy(
            scores.flatten(0, 1),
            targets.flatten(),
            ignore_index=PAD,
            label_smoothing=smoothing,
        )

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str, most: int = 100) -> dict[str, torch.Tensor]:
        """Loss and right words with the words so far given, and sentences written alone.

        Writing takes a look at the model for each word, so only the first `most` are written.
        """
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        batches = [Part(*rows) for rows in zip(*(side.split(256) for side in part), strict=True)]
        scores = torch.cat(
            [model(source=some.inputs, target=later(some.targets)) for some in batches]
        )
        told = part.targets != PAD
        right = (scores.argmax(2) == part.targets)[told].float().mean()
        length = part.targets.shape[1]
        sources = part.inputs[:most].split(256)
        written = torch.cat([greedy(model, some, length) for some in sources])
        self.model.train()
        return {
            f"{name}_loss": self.loss(scores, part.targets),
            f"{name}_accuracy": right,
            f"{name}_whole": (written == part.targets[:most]).all(1).float().mean(),
        }

    def answers(self, words: list[str], width: int = 1) -> list[tuple[list[str], float]]:
        """The likeliest answers to a row of words, each with its log chance; see `beam`."""
        vocabulary, length = self.data.vocabulary, self.data.train.inputs.shape[1]
        numbers = {word: number for number, word in enumerate(vocabulary)}
        (source,) = rows_of([words], numbers).to(self.data.train.inputs.device)
        training = self.model.training
        self.model.eval()
        found = beam(self.model, source, length, width)
        self.model.train(training)
        return [(words_of(tokens, vocabulary), chance) for tokens, chance in found]

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        if PATIENCE > 0 or EMA_DECAY > 0:
            self._settle()
        test = self.data.test
        return self.measure(test, "test", len(test.inputs)) if len(test.inputs) else {}

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

    def _words(self, rows: torch.Tensor) -> torch.Tensor:
        """How many places of these pairs are not filled up."""
        return (self.data.train.targets[rows] != PAD).sum()

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training pairs."""
        self.epoch += 1
        self.position = 0
        train = self.data.train
        if VALIDATED:
            count = len(self.data.validation.inputs)
            fit = Part(*(side[:count] for side in train))
            metrics = self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        else:
            metrics = self.measure(train, "fit")
        if LOOKS_BACK:
            self.descent.end_epoch(metrics)
        return metrics


def later(target: torch.Tensor) -> torch.Tensor:
    """What the model is given of a target (rows, length): a begin, and all but the last word."""
    return F.pad(target[:, :-1], (1, 0), value=BEGIN)


@torch.no_grad()
def greedy(model: nn.Module, source: torch.Tensor, length: int) -> torch.Tensor:
    """The best word at each place, given those before; filled up behind the end (rows, length)."""
    written = torch.full((len(source), length), PAD, device=source.device)
    going = torch.ones(len(source), dtype=torch.bool, device=source.device)
    for place in range(length):
        scores = model(source=source, target=later(written))[:, place]
        best = scores[:, PAD + 1 :].argmax(1) + PAD + 1  # filling up is not a word
        written[:, place] = best.where(going, PAD)
        going = going & (best != END)
    return written


@torch.no_grad()
def beam(
    model: nn.Module, source: torch.Tensor, length: int, width: int
) -> list[tuple[list[int], float]]:
    """The likeliest answers to one source (length,), `width` of them, each with its log chance.

    An answer ends with its end mark, or is `length` words long. With `width` 1 this is the
    greedy answer.
    """
    going: list[tuple[list[int], float]] = [([], 0.0)]
    ended: list[tuple[list[int], float]] = []
    for place in range(length):
        rows = torch.full((len(going), length), PAD, device=source.device)
        for row, (words, _) in enumerate(going):
            rows[row, :place] = torch.tensor(words, device=source.device)
        scores = model(source=source.expand(len(going), -1), target=later(rows))[:, place]
        chances = scores.log_softmax(1)
        chances[:, PAD] = -torch.inf
        total = chances + torch.tensor([one for _, one in going], device=source.device)[:, None]
        best = total.flatten().topk(min(width, total.numel()))
        longer = [
            ([*going[index // total.shape[1]][0], index % total.shape[1]], value)
            for index, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
            if value > float("-inf")
        ]
        ended += [one for one in longer if one[0][-1] == END]
        going = [one for one in longer if one[0][-1] != END]
        ended = sorted(ended, key=lambda one: -one[1])[:width]
        # What is still going can only become less likely.
        if not going or (len(ended) == width and ended[-1][1] >= going[0][1]):
            going = []
            break
    return sorted(ended + going, key=lambda one: -one[1])[:width]
