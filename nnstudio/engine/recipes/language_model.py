"""Learning to continue a text: at every place the next token is to be guessed.

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
from nnstudio.engine.parts.processes import add_up, as_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule
from nnstudio.engine.parts.tokens import Data, Part

RECIPE = {
    "title": "Language model",
    "doc": "Guesses the next token at every place of a text, and so learns to continue it.",
    "paper": "Bengio et al., A neural probabilistic language model (2003)",
    "forms": ("tokens",),
    "targets": ("none",),
    "output": "tokens",
    "uses": ("complete",),
    "measured": 0,
    "parts": ("optimization", "schedule", "initialization", "averaging", "precision", "batches"),
    "settings": (
        {"name": "optimizer", "default": "adamw"},
        {"name": "learning_rate", "default": 0.003},
        {"name": "weight_decay", "default": 0.01},
        {"name": "clip_norm", "default": 1.0, "rare": False},
        {"name": "batch_size", "unit": "windows", "doc": "windows that one step looks at"},
        {"name": "accumulation", "when": "memory == 'fresh'"},
        {"name": "compiled", "when": "memory == 'fresh'"},
        {"name": "epochs", "default": 10},
        {
            "name": "memory",
            "kind": "choice",
            "default": "fresh",
            "choices": ("fresh", "carried"),
            "doc": "carried: recurrent layers begin a window with what they knew at the end of "
            "the one before, without gradients through it (truncated back-propagation)",
        },
    ),
}

MEMORY = "fresh"
VALIDATED = True


class LanguageModel:
    """Trains `model` on windows of tokens, one step for each value of `steps()`."""

    def __init__(self, model: nn.Module, data: Data, epochs: int, seed: int) -> None:
        self.model, self.data, self.epochs = model, data, epochs
        if DRAWS_ANEW:
            initialize(model)
        self.networks = {"main": model}
        self.optimizers = {"main": make_optimizer(model)}
        self.generator = torch.Generator().manual_seed(seed)
        self.batch_size = BATCH_SIZE
        if ACCUMULATION > 1 and MEMORY == "fresh":
            self.batch_size = self.batch_size * ACCUMULATION
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        if MEMORY == "carried":
            self.streams = min(self.batch_size, rows)
            self.steps_per_epoch = rows // self.streams
            self.states: dict[str, Any] = {}
        else:
            self.steps_per_epoch = -(-rows // self.batch_size)
        if PRECISION == "bfloat16":
            self.precision = torch.bfloat16
        elif PRECISION == "float16":
            self.precision = torch.float16
        if COMPILED and MEMORY == "fresh":
            model.compile()
        if not PLAIN:
            self.descent = Descent(model, self.optimizers["main"])
        if SCHEDULE != "constant" or WARMUP > 0:
            self.descent.schedule = Schedule(self.steps_per_epoch, epochs)
        if EMA_DECAY > 0:
            self.judged = {"main": self.descent.average.module}
        if MEMORY == "carried":
            self.handles: list[Any] = []
            self._carry_states(model)
            if EMA_DECAY > 0:
                self._carry_states(self.judged["main"])

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The loss of every step; with an epoch's last step also what the epoch's end measures."""
        if PLAIN:
            optimizer = self.optimizers["main"]
        while not self.finished:
            if SCHEDULE != "constant" and WHEN_EXTENDED == "rescale":
                self.descent.schedule.epochs = self.epochs
            if self.position == 0:
                self._begin_epoch()
            batches = self._batches(self.order)
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
        """The loss of these training windows, as a step computes it."""
        inputs, targets = (values[own(rows)] for values in self.data.train)
        if PRECISION != "float32":
            with torch.autocast(inputs.device.type, self.precision):
                scores = self.model(inputs).float()
        else:
            scores = self.model(inputs)
        return as_part(self.loss(scores, targets), rows)

    def loss(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean of -log(share given to the token that comes), over all places."""
        return F.cross_entropy(scores.flatten(0, 1), targets.flatten())

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        if PATIENCE > 0 and self.descent.worse_epochs >= self.descent.patience:
            return True
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """Loss, perplexity and share of right guesses on a part with the weights as they are."""
        model = self.model
        if EMA_DECAY > 0:
            model = self.judged["main"]
        model.eval()
        if MEMORY == "carried":
            kept, self.states = self.states, {}
        total, right, count = torch.zeros(()), torch.zeros(()), 0
        for rows in self._batches(torch.arange(len(part.inputs))):
            scores, targets = model(part.inputs[rows]), part.targets[rows]
            total = total.to(scores.device) + self.loss(scores, targets) * len(rows)
            right = right.to(scores.device) + (scores.argmax(2) == targets).float().mean(1).sum()
            count += len(rows)
        if MEMORY == "carried":
            self.states = kept
        self.model.train()
        loss = total / count
        return {
            f"{name}_loss": loss,
            f"{name}_perplexity": loss.exp(),
            f"{name}_accuracy": right / count,
        }

    def complete(
        self,
        beginning: str,
        length: int = 200,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        stop: str = "",
        generator: torch.Generator | None = None,
    ) -> Iterator[str]:
        """The text behind a beginning, piece by piece as it is drawn; ends before `stop`.

        For the settings of the draw see `pick`; `length` counts tokens.
        """
        tokenizer, context = self.data.tokenizer, self.data.train.inputs.context
        tokens, told = tokenizer.encode(beginning), 0
        drawn: list[int] = []
        text = ""
        for token in generate(
            self.model, tokens, context, length, temperature, top_k, top_p, None, generator
        ):
            drawn.append(token)
            text = tokenizer.decode(drawn)
            if stop and stop in text:
                text = text[: text.index(stop)]
                break
            # What may become the stop, or a character of several bytes, is held back.
            sure = len(text) - max(len(stop) - 1, 3)
            if sure > told:
                yield text[told:sure]
                told = sure
        if text[told:]:
            yield text[told:]

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
            "tokenizer": self.data.tokenizer.saved(),
        }
        if MEMORY == "carried":
            state["states"] = self.states
        if REMEMBERS:
            state["descent"] = self.descent.state()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.generator.set_state(state["generator"])
        if MEMORY == "carried":
            self.states = state["states"]
        if REMEMBERS:
            self.descent.restore(state["descent"])

    def _settle(self) -> None:
        """Give the model the weights that count: the best, or the averaged ones."""
        self.descent.settle()

    def _begin_epoch(self) -> None:
        if MEMORY == "carried":
            self.states = {}
        else:
            self.order = torch.randperm(len(self.order), generator=self.generator)

    def _batches(self, order: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Numbers of the windows of each step."""
        if MEMORY == "carried":
            # As many streams as a batch has windows; each goes on where it stopped.
            streams = min(self.streams, len(order))
            length = len(order) // streams
            return order[: streams * length].view(streams, length).unbind(1)
        return order.split(self.batch_size)

    def _carry_states(self, model: nn.Module) -> None:
        """Let every recurrent layer begin with the state that it ended the last window with."""
        for name, layer in model.named_modules():
            if isinstance(layer, nn.RNNBase):

                def begin(_: nn.Module, given: tuple[Any, ...], name: str = name) -> Any:
                    if len(given) == 1 and name in self.states:
                        return (*given, self.states[name])
                    return None

                def keep(_: nn.Module, given: Any, result: Any, name: str = name) -> None:
                    state = result[1]
                    if isinstance(state, tuple):
                        self.states[name] = tuple(part.detach() for part in state)
                    else:
                        self.states[name] = state.detach()

                self.handles.append(layer.register_forward_pre_hook(begin))
                self.handles.append(layer.register_forward_hook(keep))

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training windows."""
        self.epoch += 1
        self.position = 0
        if VALIDATED:
            metrics = self.measure(self.data.validation, "val") | self._fit()
        else:
            metrics = self.measure(self.data.train, "fit")
        if LOOKS_BACK:
            self.descent.end_epoch(metrics)
        return metrics

    def _fit(self) -> dict[str, torch.Tensor]:
        """The same measurements on the first training windows, as many as validate."""
        train, count = self.data.train, len(self.data.validation.inputs)
        return self.measure(Part(First(train.inputs, count), First(train.targets, count)), "fit")


class First:
    """The first windows of a part."""

    def __init__(self, windows: Any, count: int) -> None:
        self.windows, self.count = windows, min(count, len(windows))

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, rows: torch.Tensor) -> torch.Tensor:
        return self.windows[rows]


def pick(
    scores: torch.Tensor,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    generator: torch.Generator | None = None,
) -> int:
    """A token drawn by its scores (vocabulary,); temperature 0 takes the best.

    `top_k` leaves only so many of the best in the draw, `top_p` only the fewest whose shares
    add up to it.
    """
    if temperature == 0:
        return int(scores.argmax())
    shares = (scores.float().cpu() / temperature).softmax(0)
    shares, tokens = shares.sort(descending=True, stable=True)
    if top_k:
        shares = shares[:top_k]
    # Those before which less than `top_p` has been given away; the best is always among them.
    before = shares.cumsum(0) - shares
    shares = shares[before < max(top_p, 1e-9) * shares.sum()]
    return int(tokens[torch.multinomial(shares, 1, generator=generator)])


@torch.no_grad()
def generate(
    model: nn.Module,
    tokens: list[int],
    context: int,
    length: int = 100,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    stop: int | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[int]:
    """Tokens that continue the given ones, each as soon as it is drawn; ends before `stop`.

    The model sees the last `context` tokens. Shorter beginnings are filled up behind, where a
    causal model does not look.
    """
    device = next(model.parameters()).device
    training = model.training
    seen = list(tokens) or [0]
    for _ in range(length):
        window = seen[-context:]
        rows = torch.tensor([window + [0] * (context - len(window))], device=device)
        model.eval()
        scores = model(rows)[0, len(window) - 1]
        model.train(training)
        token = pick(scores, temperature, top_k, top_p, generator)
        if token == stop:
            return
        seen.append(token)
        yield token
