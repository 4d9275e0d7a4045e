"""Adversarial learning: a generator makes examples, a critic tells them from real ones.

This text, with a project's values and without the branches they switch off, becomes part of
`train.py`. It knows nothing of NN Studio beyond `Data` and `Part` of the preparation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from nnstudio.engine.parts.averaging import EMA_DECAY, make_average
from nnstudio.engine.parts.batches import BATCH_SIZE
from nnstudio.engine.parts.groups import GROUPED, GROUPS, by_group
from nnstudio.engine.parts.initialization import BY_NODE, DRAWS_ANEW, initialize
from nnstudio.engine.parts.optimization import set_rate
from nnstudio.engine.parts.preparation import Data, Part
from nnstudio.engine.parts.processes import add_up, as_part, own
from nnstudio.engine.parts.schedule import SCHEDULE, WARMUP, WHEN_EXTENDED, Schedule

RECIPE = {
    "title": "Adversarial learning",
    "doc": "Two networks against each other: one makes examples out of noise, the other learns to "
    "tell them from real ones, and each learns from how the other does.",
    "paper": "Goodfellow et al., Generative adversarial nets (2014)",
    "networks": ("generator", "critic"),
    "taker": "critic",
    "shapes": {"NOISE_SHAPE": "generator"},
    "feeds": {"generator": "critic"},
    "targets": ("class", "value", "none"),
    "output": "free",
    "uses": ("sample",),
    "passes": (
        {"critic": 3},
        {"critic": 5, "when": "objective == 'wasserstein'"},
        {"generator": 1, "critic": 1},
    ),
    "parts": ("schedule", "initialization", "averaging", "batches"),
    "without": ("accumulation", "patience", "plateau", "plateau_patience"),
    "settings": (
        {
            "name": "objective",
            "kind": "choice",
            "default": "non_saturating",
            "choices": ("original", "non_saturating", "least_squares", "wasserstein", "hinge"),
            "doc": "the rules of the game: scores as logits (original, non_saturating), as numbers "
            "near 1 and 0 (least_squares), as heights (wasserstein), beyond a margin (hinge)",
            "group": "Task",
        },
        {
            "name": "optimizer",
            "kind": "choice",
            "default": "adam",
            "choices": ("adam", "rmsprop", "sgd"),
            "doc": "how the generator's gradients become steps",
            "group": "Learning",
        },
        {
            "name": "learning_rate",
            "kind": "float",
            "default": 0.001,
            "low": 0.0,
            "high": 1000.0,
            "doc": "length of the generator's steps",
            "group": "Learning",
        },
        {
            "name": "critic_optimizer",
            "kind": "choice",
            "default": "adam",
            "choices": ("adam", "rmsprop", "sgd"),
            "doc": "how the critic's gradients become steps",
            "group": "Learning",
        },
        {
            "name": "critic_learning_rate",
            "kind": "float",
            "label": "critic rate",
            "default": 0.001,
            "low": 0.0,
            "high": 1000.0,
            "doc": "length of the critic's steps",
            "group": "Learning",
        },
        {
            "name": "momentum",
            "kind": "float",
            "default": 0.5,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the last step that is kept, by both; less than usual, for each of "
            "them aims at something that moves",
            "group": "Learning",
        },
        {
            "name": "critic_steps",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 1000,
            "doc": "steps of the critic, each on a batch of its own, before one of the generator",
            "group": "Task",
        },
        {
            "name": "label_smoothing",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 0.5,
            "doc": "how far the critic's goal for real examples stays below 1, so that it is "
            "never too sure; not for wasserstein and hinge",
            "group": "Task",
            "when": "objective in ('original', 'non_saturating', 'least_squares')",
        },
        {
            "name": "gradient_penalty",
            "kind": "float",
            "default": 10.0,
            "low": 0.0,
            "high": 1000000.0,
            "doc": "weight of the penalty that holds the critic's slope near 1; for wasserstein",
            "group": "Task",
            "when": "objective == 'wasserstein'",
        },
        {
            "name": "batch_size",
            "default": 64,
            "doc": "real examples, and made ones, that one step looks at",
        },
        {"name": "epochs", "default": 50},
        {
            "name": "seed",
            "doc": "number from which first weights, noise and the order of examples follow",
        },
        {
            "name": "ema_decay",
            "doc": "keep a running average of the generator's weights that "
            "forgets this little a step, as 0.999; it makes the samples and is kept at the end; "
            "0 is off",
        },
    ),
}

OBJECTIVE = "non_saturating"
OPTIMIZER = "adam"
LEARNING_RATE = 0.001
CRITIC_OPTIMIZER = "adam"
CRITIC_LEARNING_RATE = 0.001
MOMENTUM = 0.5
CRITIC_STEPS = 1
LABEL_SMOOTHING = 0.0
GRADIENT_PENALTY = 10.0
NOISE_SHAPE = (16,)
VALIDATED = True
CRITIC_GROUPS: list[tuple[list[str], dict[str, float]]] = []


class Adversarial:
    """Trains `generator` against `critic`, one step of both for each value of `steps()`."""

    def __init__(
        self, generator: nn.Module, critic: nn.Module, data: Data, epochs: int, seed: int
    ) -> None:
        self.generator, self.critic = generator, critic
        self.data, self.epochs = data, epochs
        if BY_NODE:
            initialize(nn.ModuleDict({"generator": generator, "critic": critic}))
        elif DRAWS_ANEW:
            initialize(generator)
            initialize(critic)
        self.networks = {"generator": generator, "critic": critic}
        if OPTIMIZER == "adam":
            optimizer = torch.optim.Adam(
                by_group(generator, GROUPS, LEARNING_RATE) if GROUPED else generator.parameters(),
                lr=LEARNING_RATE,
                betas=(MOMENTUM, 0.999),
            )
        elif OPTIMIZER == "rmsprop":
            optimizer = torch.optim.RMSprop(
                by_group(generator, GROUPS, LEARNING_RATE) if GROUPED else generator.parameters(),
                lr=LEARNING_RATE,
                momentum=MOMENTUM,
            )
        else:
            optimizer = torch.optim.SGD(
                by_group(generator, GROUPS, LEARNING_RATE) if GROUPED else generator.parameters(),
                lr=LEARNING_RATE,
                momentum=MOMENTUM,
            )
        if CRITIC_OPTIMIZER == "adam":
            critic_optimizer = torch.optim.Adam(
                by_group(critic, CRITIC_GROUPS, CRITIC_LEARNING_RATE)
                if GROUPED
                else critic.parameters(),
                lr=CRITIC_LEARNING_RATE,
                betas=(MOMENTUM, 0.999),
            )
        elif CRITIC_OPTIMIZER == "rmsprop":
            critic_optimizer = torch.optim.RMSprop(
                by_group(critic, CRITIC_GROUPS, CRITIC_LEARNING_RATE)
                if GROUPED
                else critic.parameters(),
                lr=CRITIC_LEARNING_RATE,
                momentum=MOMENTUM,
            )
        else:
            critic_optimizer = torch.optim.SGD(
                by_group(critic, CRITIC_GROUPS, CRITIC_LEARNING_RATE)
                if GROUPED
                else critic.parameters(),
                lr=CRITIC_LEARNING_RATE,
                momentum=MOMENTUM,
            )
        self.optimizers = {"generator": optimizer, "critic": critic_optimizer}
        if OBJECTIVE == "original" or OBJECTIVE == "non_saturating" or OBJECTIVE == "least_squares":
            self.goal = 1 - LABEL_SMOOTHING
        if OBJECTIVE == "wasserstein":
            self.gradient_penalty = GRADIENT_PENALTY
        self.noise_shape = NOISE_SHAPE
        self.order_generator = torch.Generator().manual_seed(seed)
        fixed = torch.randn(64, *NOISE_SHAPE, generator=torch.Generator().manual_seed(seed))
        self.fixed_noise = fixed.to(data.train.inputs.device)
        self.epoch = 0
        self.position = 0
        rows = len(data.train.inputs)
        self.order = torch.arange(rows)
        self.batch_size = BATCH_SIZE
        self.rows_per_step = BATCH_SIZE * CRITIC_STEPS
        # What is left over for less than a whole step waits for another epoch's order.
        self.steps_per_epoch = max(1, rows // self.rows_per_step)
        if SCHEDULE != "constant" or WARMUP > 0:
            self.learning_rate, self.critic_learning_rate = LEARNING_RATE, CRITIC_LEARNING_RATE
            self.schedule = Schedule(self.steps_per_epoch, epochs)
        if EMA_DECAY > 0:
            self.average = make_average(generator)
            self.judged = {"generator": self.average.module, "critic": critic}

    def steps(self) -> Iterator[dict[str, torch.Tensor]]:
        """The losses of both; with an epoch's last step also what the epoch's end measures."""
        inputs = self.data.train.inputs
        while not self.finished:
            if self.position == 0:
                self.order = torch.randperm(len(inputs), generator=self.order_generator)
            blocks = self.order.to(inputs.device).split(self.rows_per_step)
            for block in blocks[self.position : self.steps_per_epoch]:
                if SCHEDULE != "constant" or WARMUP > 0:
                    self._set_rates()
                batches = block.split(self.batch_size)
                critic_losses = [self._critic_step(inputs[rows]) for rows in batches]
                metrics = {
                    "train_loss": self._generator_step(len(batches[0])),
                    "train_critic_loss": torch.stack(critic_losses).mean(),
                }
                if EMA_DECAY > 0:
                    self.average.update_parameters(self.generator)
                self.position += 1
                if self.position == self.steps_per_epoch:
                    metrics |= self._end_epoch()
                yield metrics

    def batch_loss(self, rows: torch.Tensor) -> torch.Tensor:
        """The generator's loss on as many made examples as there are rows."""
        return self._generator_loss(len(rows))

    @torch.no_grad()
    def samples(self) -> torch.Tensor:
        """What the generator makes of the same noise every time, to be seen over time."""
        return self._made(self.fixed_noise)

    @property
    def finished(self) -> bool:
        """Whether there is no step left to do."""
        return self.epoch >= self.epochs

    @torch.no_grad()
    def measure(self, part: Part, name: str) -> dict[str, torch.Tensor]:
        """The critic's loss on a part of the data, and how much of the part the generator makes."""
        real = part.inputs[:1024]
        made = self._made(self._noise(len(real)))
        self.critic.eval()
        loss = self._judgement(self.critic(real), self.critic(made))
        self.critic.train()
        return {
            f"{name}_critic_loss": loss,
            f"{name}_coverage": coverage(real.flatten(1), made.flatten(1)),
        }

    def finish(self) -> dict[str, torch.Tensor]:
        """What the test part says; it is read only here."""
        if EMA_DECAY > 0:
            self._settle()
        return self.measure(self.data.test, "test") if len(self.data.test.inputs) else {}

    def state(self) -> dict[str, Any]:
        """Where training stands, beside networks, optimizers and torch's own generators."""
        state = {
            "epoch": self.epoch,
            "position": self.position,
            "order": self.order,
            "generator": self.order_generator.get_state(),
        }
        if EMA_DECAY > 0:
            state["average"] = self.average.state_dict()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state()` told; generators of `steps()` begun before are void."""
        self.epoch, self.position = state["epoch"], state["position"]
        self.order = state["order"]
        self.order_generator.set_state(state["generator"])
        if EMA_DECAY > 0:
            self.average.load_state_dict(state["average"])

    def _settle(self) -> None:
        """Give the generator the averaged weights."""
        self.generator.load_state_dict(self.average.module.state_dict())

    def _set_rates(self) -> None:
        """The learning rates of the step to come."""
        if WHEN_EXTENDED == "rescale":
            self.schedule.epochs = self.epochs
        share = self.schedule.share(self.epoch * self.steps_per_epoch + self.position)
        set_rate(self.optimizers["generator"], self.learning_rate * share)
        set_rate(self.optimizers["critic"], self.critic_learning_rate * share)

    def _critic_step(self, real: torch.Tensor) -> torch.Tensor:
        """The critic learns to tell real examples from as many made ones; its loss."""
        optimizer = self.optimizers["critic"]
        optimizer.zero_grad()
        with torch.no_grad():
            made = untouched(self.generator, own(self._noise(len(real))))
        loss = self._judgement(self.critic(own(real)), self.critic(made))
        if OBJECTIVE == "wasserstein":
            loss = loss + self.gradient_penalty * self._steepness(real, made)
        loss = as_part(loss, real)
        loss.backward()
        loss = add_up(self.critic, loss)
        optimizer.step()
        return loss

    def _generator_step(self, count: int) -> torch.Tensor:
        """The generator learns to make what the critic takes for real; its loss."""
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad()
        loss = self._generator_loss(count)
        loss.backward(inputs=[w for w in self.generator.parameters() if w.requires_grad])
        loss = add_up(self.generator, loss)
        optimizer.step()
        return loss

    def _generator_loss(self, count: int) -> torch.Tensor:
        """How little the critic takes for real of what the generator makes."""
        noise = self._noise(count)
        made = untouched(self.critic, self.generator(own(noise)))
        if OBJECTIVE == "original":
            loss = -F.softplus(made).mean()
        elif OBJECTIVE == "non_saturating":
            loss = F.softplus(-made).mean()
        elif OBJECTIVE == "least_squares":
            loss = 0.5 * (made - 1).square().mean()
        else:
            loss = -made.mean()
        return as_part(loss, noise)

    def _judgement(self, real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        """The critic's loss for its scores of real and of made examples."""
        if OBJECTIVE == "original" or OBJECTIVE == "non_saturating":
            goal = torch.full_like(real, self.goal)
            return F.binary_cross_entropy_with_logits(real, goal) + F.softplus(made).mean()
        if OBJECTIVE == "least_squares":
            return 0.5 * (real - self.goal).square().mean() + 0.5 * made.square().mean()
        if OBJECTIVE == "wasserstein":
            return made.mean() - real.mean()
        return F.relu(1 - real).mean() + F.relu(1 + made).mean()

    def _steepness(self, real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        """How far the critic's slope is from 1, at random points between real and made ones."""
        share = own(torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device))
        points = (share * own(real) + (1 - share) * made).requires_grad_()
        scores = self.critic(points).sum()
        (slope,) = torch.autograd.grad(scores, points, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def _noise(self, count: int) -> torch.Tensor:
        return torch.randn(count, *self.noise_shape, device=self.data.train.inputs.device)

    def _made(self, noise: torch.Tensor) -> torch.Tensor:
        """What the generator makes when it is in use."""
        if EMA_DECAY > 0:
            made = self.average(noise)
        else:
            self.generator.eval()
            made = self.generator(noise)
            self.generator.train()
        return made

    def _end_epoch(self) -> dict[str, torch.Tensor]:
        """The measurements on the validation part and on as many training rows."""
        self.epoch += 1
        self.position = 0
        if VALIDATED:
            rows = len(self.data.validation.inputs)
            fit = Part(self.data.train.inputs[:rows], self.data.train.targets[:rows])
            return self.measure(self.data.validation, "val") | self.measure(fit, "fit")
        return self.measure(self.data.train, "fit")


def untouched(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The network's answer as in training, with its running statistics left as they are."""
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    return functional_call(network, buffers, (inputs,))


def coverage(real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
    """The share of real examples near which some made one lies: low where only a few kinds are.

    Near is what lies no farther than the fifth nearest real one (Naeem et al., Reliable fidelity
    and diversity metrics for generative models, 2020).
    """
    distances = torch.cdist(real, real)
    near = distances.kthvalue(min(6, len(real)), dim=1).values  # the nearest is the example itself
    return (torch.cdist(real, made).min(dim=1).values <= near).float().mean()
