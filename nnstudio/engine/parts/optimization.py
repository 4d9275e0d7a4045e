"""From gradients to steps: every optimizer of torch, groups of weights, penalties, exact zeros.

Functions that a recipe calls where its settings ask for them; each becomes part of `train.py` only
where it is used. It knows nothing of NN Studio.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from nnstudio.engine.parts.groups import GROUPED, GROUPS, by_group, halves, only

SETTINGS = {
    "settings": (
        {
            "name": "optimizer",
            "kind": "choice",
            "default": "adam",
            "choices": (
                "adam",
                "adamw",
                "sgd",
                "rmsprop",
                "adagrad",
                "adadelta",
                "adamax",
                "nadam",
                "radam",
                "asgd",
                "rprop",
                "lbfgs",
                "adafactor",
                "muon",
            ),
            "doc": "how gradients become steps; lbfgs wants all rows in one batch",
            "group": "Learning",
        },
        {
            "name": "learning_rate",
            "kind": "float",
            "default": 0.001,
            "low": 0.0,
            "high": 1000.0,
            "doc": "length of a step along the gradient",
            "group": "Learning",
        },
        {
            "name": "momentum",
            "kind": "float",
            "default": 0.9,
            "low": 0.0,
            "high": 1.0,
            "doc": "share of the last step that is kept; for sgd, rmsprop and muon",
            "group": "Learning",
            "when": "optimizer in ('sgd', 'rmsprop', 'muon')",
        },
        {
            "name": "nesterov",
            "kind": "bool",
            "default": False,
            "doc": "look ahead: take the gradient where the momentum leads (Nesterov)",
            "group": "Learning",
            "when": "optimizer in ('sgd', 'muon')",
        },
        {
            "name": "beta1",
            "kind": "float",
            "default": 0.9,
            "low": 0.0,
            "high": 0.99999,
            "label": "beta 1",
            "doc": "share of the mean of past gradients that is kept, the momentum of adam",
            "group": "Learning",
            "rare": True,
            "when": "optimizer in ('adam', 'adamw', 'adamax', 'nadam', 'radam')",
        },
        {
            "name": "beta2",
            "kind": "float",
            "default": 0.999,
            "low": 0.0,
            "high": 0.999999,
            "label": "beta 2",
            "doc": "share of the mean of past squared gradients that is kept",
            "group": "Learning",
            "rare": True,
            "when": "optimizer in ('adam', 'adamw', 'adamax', 'nadam', 'radam')",
        },
        {
            "name": "smoothing",
            "kind": "float",
            "default": 0.99,
            "low": 0.0,
            "high": 0.999999,
            "doc": "share of the mean of past squared gradients that is kept (alpha, rho)",
            "group": "Learning",
            "rare": True,
            "when": "optimizer in ('rmsprop', 'adadelta')",
        },
        {
            "name": "inner_steps",
            "kind": "int",
            "default": 20,
            "low": 1,
            "high": 10000,
            "doc": "steps that L-BFGS does on one batch, each along a searched line; it wants "
            "a batch of all rows, since it compares the gradients of one step and the next",
            "group": "Learning",
            "rare": True,
            "when": "optimizer == 'lbfgs'",
        },
        {
            "name": "weight_decay",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 100.0,
            "doc": "pull of every weight towards zero (L2)",
            "group": "Regularization",
            "when": "optimizer not in ('rprop', 'lbfgs')",
        },
        {
            "name": "decay_all",
            "kind": "bool",
            "default": True,
            "doc": "weight decay also pulls at biases and at the scales of norms",
            "group": "Regularization",
            "rare": True,
            "when": "weight_decay > 0 and optimizer not in ('rprop', 'lbfgs')",
        },
        {
            "name": "l1",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1000.0,
            "label": "L1 penalty",
            "doc": "added to the loss: this times the sum of |weights|, biases left out (lasso)",
            "group": "Regularization",
        },
        {
            "name": "l2",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1000.0,
            "label": "L2 penalty",
            "doc": "added to the loss: this times the sum of weights², biases left out (ridge)",
            "group": "Regularization",
        },
        {
            "name": "exact_zeros",
            "kind": "bool",
            "default": False,
            "doc": "apply both penalties behind each step by soft-thresholding (proximal): weights "
            "that do not help become exactly zero; with sgd at exactly the stated strength",
            "group": "Regularization",
            "when": "l1 > 0 or l2 > 0",
        },
        {
            "name": "clip_norm",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1000000.0,
            "doc": "longest gradient of all weights together; a longer one is shortened; 0 is off",
            "group": "Regularization",
            "rare": True,
            "when": "optimizer != 'lbfgs'",
        },
        {
            "name": "clip_value",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1000000.0,
            "doc": "largest number in a gradient; larger ones are cut off; 0 is off",
            "group": "Regularization",
            "rare": True,
            "when": "optimizer != 'lbfgs'",
        },
    ),
}

OPTIMIZER = "adam"
LEARNING_RATE = 0.001
MOMENTUM = 0.9
NESTEROV = False
BETA1 = 0.9
BETA2 = 0.999
SMOOTHING = 0.99
INNER_STEPS = 20
WEIGHT_DECAY = 0.0
DECAY_ALL = True
L1 = 0.0
L2 = 0.0
EXACT_ZEROS = False
CLIP_NORM = 0.0
CLIP_VALUE = 0.0


def make_optimizer(network: nn.Module) -> torch.optim.Optimizer:
    """What turns gradients into steps of the network's weights."""
    if OPTIMIZER == "muon":
        return MuonAndAdamW(network, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY)
    if OPTIMIZER == "rprop":
        return torch.optim.Rprop(network.parameters(), lr=LEARNING_RATE)
    if OPTIMIZER == "lbfgs":
        return torch.optim.LBFGS(
            network.parameters(),
            lr=LEARNING_RATE,
            max_iter=INNER_STEPS,
            line_search_fn="strong_wolfe",
        )
    if not GROUPED:
        weights = network.parameters() if DECAY_ALL else decayed_and_others(network)
    else:
        weights = by_group(network, GROUPS, LEARNING_RATE)
        if not DECAY_ALL:
            weights = [half for group in weights for half in halves(group)]
    if OPTIMIZER == "adam" and BETA1 == 0.9 and BETA2 == 0.999:
        return torch.optim.Adam(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    if OPTIMIZER == "adam":
        return torch.optim.Adam(
            weights,
            lr=LEARNING_RATE,
            betas=(BETA1, BETA2),
            weight_decay=WEIGHT_DECAY,
            fused=True,
        )
    if OPTIMIZER == "adamw" and BETA1 == 0.9 and BETA2 == 0.999:
        return torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    if OPTIMIZER == "adamw":
        return torch.optim.AdamW(
            weights,
            lr=LEARNING_RATE,
            betas=(BETA1, BETA2),
            weight_decay=WEIGHT_DECAY,
            fused=True,
        )
    if OPTIMIZER == "sgd":
        if NESTEROV:
            return torch.optim.SGD(
                weights,
                lr=LEARNING_RATE,
                momentum=MOMENTUM,
                weight_decay=WEIGHT_DECAY,
                nesterov=MOMENTUM > 0,
                fused=True,
            )
        return torch.optim.SGD(
            weights,
            lr=LEARNING_RATE,
            momentum=MOMENTUM,
            weight_decay=WEIGHT_DECAY,
            fused=True,
        )
    if OPTIMIZER == "rmsprop":
        return torch.optim.RMSprop(
            weights,
            lr=LEARNING_RATE,
            alpha=SMOOTHING,
            momentum=MOMENTUM,
            weight_decay=WEIGHT_DECAY,
        )
    if OPTIMIZER == "adagrad":
        return torch.optim.Adagrad(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    if OPTIMIZER == "adadelta":
        return torch.optim.Adadelta(
            weights,
            lr=LEARNING_RATE,
            rho=SMOOTHING,
            weight_decay=WEIGHT_DECAY,
        )
    if OPTIMIZER == "adamax":
        return torch.optim.Adamax(
            weights,
            lr=LEARNING_RATE,
            betas=(BETA1, BETA2),
            weight_decay=WEIGHT_DECAY,
        )
    if OPTIMIZER == "nadam":
        return torch.optim.NAdam(
            weights,
            lr=LEARNING_RATE,
            betas=(BETA1, BETA2),
            weight_decay=WEIGHT_DECAY,
        )
    if OPTIMIZER == "radam":
        return torch.optim.RAdam(
            weights,
            lr=LEARNING_RATE,
            betas=(BETA1, BETA2),
            weight_decay=WEIGHT_DECAY,
        )
    if OPTIMIZER == "asgd":
        return torch.optim.ASGD(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    return torch.optim.Adafactor(weights, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)


class MuonAndAdamW(torch.optim.Optimizer):
    """Muon for all matrices, AdamW for every other weight, as one optimizer."""

    def __init__(
        self, network: nn.Module, rate: float, momentum: float, weight_decay: float
    ) -> None:
        if not hasattr(torch.optim, "Muon"):
            raise RuntimeError(
                f"optimizer: expected torch 2.9 or later for muon, got {torch.__version__}. "
                "Update torch, or choose adamw."
            )
        if not GROUPED:
            matrices = [weight for weight in network.parameters() if weight.ndim == 2]
            others = [weight for weight in network.parameters() if weight.ndim != 2]
            if not DECAY_ALL:
                kernels = [weight for weight in others if weight.ndim > 2]
                flat = [weight for weight in others if weight.ndim < 2]
                others = [{"params": kernels}, {"params": flat, "weight_decay": 0.0}]
        else:
            apart = by_group(network, GROUPS, rate)
            matrices = [only(group, lambda weight: weight.ndim == 2) for group in apart]
            others = [only(group, lambda weight: weight.ndim != 2) for group in apart]
            if not DECAY_ALL:
                others = [half for group in others for half in halves(group)]
        self.parts: list[torch.optim.Optimizer] = []
        if matrices:
            muon = torch.optim.Muon(
                matrices,
                lr=rate,
                momentum=momentum,
                weight_decay=weight_decay,
                nesterov=NESTEROV,
                adjust_lr_fn="match_rms_adamw",
            )
            self.parts.append(muon)
        if others:
            self.parts.append(torch.optim.AdamW(others, lr=rate, weight_decay=weight_decay))
        super().__init__(network.parameters(), {})
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def step(self, closure: None = None) -> None:
        """A step of both."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """The states of both."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to what `state_dict()` told."""
        for part, own in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(own)
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def decayed_and_others(network: nn.Module) -> list[dict[str, Any]]:
    """Weights, which decay, and biases and scales of norms, which do not."""
    return [
        {"params": decayed(network)},
        {"params": [w for w in network.parameters() if w.ndim <= 1], "weight_decay": 0.0},
    ]


def decayed(network: nn.Module) -> list[nn.Parameter]:
    """The weights that penalties are for: all that learn but biases and scales of norms."""
    return [w for w in network.parameters() if w.ndim > 1 and w.requires_grad]


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group of weights this learning rate."""
    for group in optimizer.param_groups:
        if GROUPED:
            group["lr"] = rate * group["factor"]
        else:
            group["lr"] = rate


class Penalty:
    """L1 and L2: what large weights cost, as a part of the loss or behind each step."""

    def __init__(self, network: nn.Module) -> None:
        self.weights = decayed(network)
        if L1 > 0:
            self.l1 = L1
        if L2 > 0:
            self.l2 = L2
        if OPTIMIZER == "sgd":
            # In the long run momentum makes every step this much longer.
            self.stretch = 1 / max(1 - MOMENTUM, 1e-6)
        if GROUPED and EXACT_ZEROS:
            self.factors = {
                weight: group["factor"]
                for group in by_group(network, GROUPS, LEARNING_RATE)
                for weight in group["params"]
            }

    def cost(self) -> torch.Tensor:
        """What the weights cost as they are."""
        cost = torch.zeros((), device=self.weights[0].device)
        for weight in self.weights:
            if L1 > 0:
                cost = cost + self.l1 * weight.abs().sum()
            if L2 > 0:
                cost = cost + self.l2 * weight.square().sum()
        return cost

    @torch.no_grad()
    def shrink(self, rate: float) -> None:
        """The proximal step: soft-thresholding, which makes small weights exactly zero."""
        if OPTIMIZER == "sgd":
            rate = rate * self.stretch
        if GROUPED:
            full_rate = rate
        for weight in self.weights:
            if GROUPED:
                rate = full_rate * self.factors[weight]
            if L1 > 0:
                weight.copy_(F.softshrink(weight, rate * self.l1))
            if L2 > 0:
                weight.div_(1 + 2 * rate * self.l2)
