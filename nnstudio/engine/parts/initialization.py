"""First weights: every scheme of torch, for all weights of a network at once or node by node.

It becomes part of `train.py` where a plan asks for other first weights than torch's own; it knows
nothing of NN Studio.
"""

from __future__ import annotations

import torch
from torch import nn

from nnstudio.engine.parts.processes import alike

SETTINGS = {
    "settings": (
        {
            "name": "initialization",
            "kind": "choice",
            "default": "as_built",
            "choices": (
                "as_built",
                "xavier_uniform",
                "xavier_normal",
                "kaiming_uniform",
                "kaiming_normal",
                "orthogonal",
                "normal",
                "trunc_normal",
                "uniform",
                "sparse",
                "eye",
                "dirac",
                "zeros",
                "ones",
                "constant",
            ),
            "label": "first weights",
            "doc": "how this stage begins: weights as each layer has them, or drawn anew",
            "group": "First weights",
            "rare": True,
        },
        {
            "name": "init_gain",
            "kind": "float",
            "default": 1.0,
            "low": 0.0,
            "high": 1000.0,
            "label": "gain",
            "doc": "factor on the spread of the first weights",
            "group": "First weights",
            "when": "initialization in ('xavier_uniform', 'xavier_normal', 'orthogonal')",
        },
        {
            "name": "init_fan",
            "kind": "choice",
            "default": "fan_in",
            "choices": ("fan_in", "fan_out"),
            "label": "fan",
            "doc": "keep the spread of the values forward (fan_in) or of the gradients (fan_out)",
            "group": "First weights",
            "when": "initialization in ('kaiming_uniform', 'kaiming_normal')",
        },
        {
            "name": "init_activation",
            "kind": "choice",
            "default": "relu",
            "choices": ("relu", "leaky_relu", "tanh", "sigmoid", "selu", "linear"),
            "label": "for activation",
            "doc": "the activation that follows the weights",
            "group": "First weights",
            "when": "initialization in ('kaiming_uniform', 'kaiming_normal')",
        },
        {
            "name": "init_std",
            "kind": "float",
            "default": 0.02,
            "low": 0.0,
            "high": 1000.0,
            "label": "spread",
            "doc": "standard deviation of the first weights",
            "group": "First weights",
            "when": "initialization in ('normal', 'trunc_normal', 'sparse')",
        },
        {
            "name": "init_bound",
            "kind": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 1000.0,
            "label": "bound",
            "doc": "first weights lie between this, negative, and this",
            "group": "First weights",
            "when": "initialization == 'uniform'",
        },
        {
            "name": "init_share",
            "kind": "float",
            "default": 0.9,
            "low": 0.0,
            "high": 1.0,
            "label": "share of zeros",
            "doc": "share of the weights of each unit that begin as zero",
            "group": "First weights",
            "when": "initialization == 'sparse'",
        },
        {
            "name": "init_value",
            "kind": "float",
            "default": 0.0,
            "low": -1000.0,
            "high": 1000.0,
            "label": "value",
            "doc": "the number that every weight begins with",
            "group": "First weights",
            "when": "initialization == 'constant'",
        },
        {
            "name": "init_biases",
            "kind": "choice",
            "default": "as_built",
            "choices": ("as_built", "zeros", "constant"),
            "label": "first biases",
            "doc": "biases as each layer has them, or all at one number",
            "group": "First weights",
            "rare": True,
        },
        {
            "name": "init_bias",
            "kind": "float",
            "default": 0.1,
            "low": -1000.0,
            "high": 1000.0,
            "label": "first bias",
            "doc": "the number that every bias begins with",
            "group": "First weights",
            "when": "init_biases == 'constant'",
        },
    ),
}

INITIALIZATION = "as_built"
INIT_GAIN = 1.0
INIT_FAN = "fan_in"
INIT_ACTIVATION = "relu"
INIT_STD = 0.02
INIT_BOUND = 0.1
INIT_SHARE = 0.9
INIT_VALUE = 0.0
INIT_BIASES = "as_built"
INIT_BIAS = 0.1


FIRST_WEIGHTS: dict[str, tuple[str, float]] = {}
"""Module or weight to the rule for its weights, and the rule's number."""
BY_NODE = False
RULES = ("normal", "zeros")
DRAWS_ANEW = INITIALIZATION != "as_built" or INIT_BIASES != "as_built" or BY_NODE


@torch.no_grad()
def initialize(network: nn.Module) -> None:
    """Draw the first weights anew, as far as a scheme is made for tensors of so many axes."""
    if INITIALIZATION != "as_built":
        for weight in network.parameters():
            if weight.requires_grad and fits(weight.ndim):
                first_weights(weight)
    if INIT_BIASES != "as_built":
        for name, weight in network.named_parameters():
            if weight.requires_grad and name.rpartition(".")[2].startswith("bias"):
                first_bias(weight)
    if BY_NODE:
        for name, weight in network.named_parameters():
            for path, (rule, amount) in FIRST_WEIGHTS.items():
                is_bias = name.rpartition(".")[2].startswith("bias")
                if f"{name}.".startswith(f"{path}.") and weight.requires_grad and not is_bias:
                    draw(weight, rule, amount)
    alike(network)


def draw(weight: nn.Parameter, rule: str, amount: float) -> None:
    """First numbers of one tensor by a rule, where that is made for so many axes."""
    if "xavier_uniform" in RULES and (rule == "xavier_uniform" and weight.ndim > 1):
        nn.init.xavier_uniform_(weight, gain=amount)
    if "xavier_normal" in RULES and (rule == "xavier_normal" and weight.ndim > 1):
        nn.init.xavier_normal_(weight, gain=amount)
    if "kaiming_uniform" in RULES and (rule == "kaiming_uniform" and weight.ndim > 1):
        nn.init.kaiming_uniform_(weight, a=amount)
    if "kaiming_normal" in RULES and (rule == "kaiming_normal" and weight.ndim > 1):
        nn.init.kaiming_normal_(weight, a=amount)
    if "orthogonal" in RULES and (rule == "orthogonal" and weight.ndim > 1):
        nn.init.orthogonal_(weight, gain=amount)
    if "normal" in RULES and rule == "normal":
        nn.init.normal_(weight, std=amount)
    if "trunc_normal" in RULES and rule == "trunc_normal":
        nn.init.trunc_normal_(weight, std=amount, a=-2 * amount, b=2 * amount)
    if "uniform" in RULES and rule == "uniform":
        nn.init.uniform_(weight, -amount, amount)
    if "sparse" in RULES and (rule == "sparse" and weight.ndim == 2):
        nn.init.sparse_(weight, sparsity=amount)
    if "eye" in RULES and (rule == "eye" and weight.ndim == 2):
        nn.init.eye_(weight)
    if "dirac" in RULES and (rule == "dirac" and weight.ndim in (3, 4, 5)):
        nn.init.dirac_(weight)
    if "zeros" in RULES and rule == "zeros":
        nn.init.zeros_(weight)
    if "ones" in RULES and rule == "ones":
        nn.init.ones_(weight)
    if "constant" in RULES and rule == "constant":
        nn.init.constant_(weight, amount)


def fits(axes: int) -> bool:
    """Whether the scheme is made for tensors with so many axes; it leaves others as they are."""
    if INITIALIZATION in ("eye", "sparse"):
        return axes == 2
    if INITIALIZATION == "dirac":
        return axes in (3, 4, 5)
    return axes >= 2


def first_weights(weight: nn.Parameter) -> None:
    """Draw the first numbers of one tensor."""
    if INITIALIZATION == "xavier_uniform":
        nn.init.xavier_uniform_(weight, gain=INIT_GAIN)
    elif INITIALIZATION == "xavier_normal":
        nn.init.xavier_normal_(weight, gain=INIT_GAIN)
    elif INITIALIZATION == "kaiming_uniform":
        nn.init.kaiming_uniform_(weight, mode=INIT_FAN, nonlinearity=INIT_ACTIVATION)
    elif INITIALIZATION == "kaiming_normal":
        nn.init.kaiming_normal_(weight, mode=INIT_FAN, nonlinearity=INIT_ACTIVATION)
    elif INITIALIZATION == "orthogonal":
        nn.init.orthogonal_(weight, gain=INIT_GAIN)
    elif INITIALIZATION == "normal":
        nn.init.normal_(weight, std=INIT_STD)
    elif INITIALIZATION == "trunc_normal":
        nn.init.trunc_normal_(weight, std=INIT_STD, a=-2 * INIT_STD, b=2 * INIT_STD)
    elif INITIALIZATION == "uniform":
        nn.init.uniform_(weight, -INIT_BOUND, INIT_BOUND)
    elif INITIALIZATION == "sparse":
        nn.init.sparse_(weight, sparsity=INIT_SHARE, std=INIT_STD)
    elif INITIALIZATION == "eye":
        nn.init.eye_(weight)
    elif INITIALIZATION == "dirac":
        nn.init.dirac_(weight)
    elif INITIALIZATION == "zeros":
        nn.init.zeros_(weight)
    elif INITIALIZATION == "ones":
        nn.init.ones_(weight)
    else:
        nn.init.constant_(weight, INIT_VALUE)


def first_bias(bias: nn.Parameter) -> None:
    """The first numbers of a bias."""
    if INIT_BIASES == "zeros":
        nn.init.zeros_(bias)
    else:
        nn.init.constant_(bias, INIT_BIAS)
