"""What training keeps of a layer's values until the way back has used them.

Owns the table: whether a layer's backward pass reads its inputs, its output, or neither, and what
it stores beside them. As PyTorch has it; of layers made of many (encoders, attention) the large
parts are counted. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graph_compiler.layer import Params
from graph_compiler.tensors import TensorType

Numel = Callable[[TensorType], int]


@dataclass(frozen=True, slots=True)
class Kept:
    """Which inputs are kept, whether the output is, and how many further bytes."""

    inputs: tuple[int, ...]
    output: bool
    more: int


_NOTHING = frozenset(
    {"Add", "Subtract", "Scale", "Concatenate", "Stack", "Sum", "Mean", "Detach", "Cast", "Not",
     "Compare", "Logic", "ArgMax", "Constant", "Noise", "LastStep", "SplitHeads", "MergeHeads",
     "RepeatKV", "Positions", "SinusoidalPositions", "LearnedPositions", "Dropout", "Dropout1d",
     "Dropout2d", "Dropout3d", "DropPath", "GradientReversal", "CausalMask", "PaddingMask",
     "OneHot"}
)  # fmt: skip
"""Layers whose slope does not depend on their values."""

_OUTPUT = frozenset({"ReLU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softmin", "Softmax2d"})
"""Layers whose slope is told from what they put out."""

_OUTPUT_FUNCTIONS = frozenset({"exp", "sqrt", "rsqrt", "reciprocal", "exp2", "expm1", "tan"})

_CROSSED = frozenset({"Multiply", "MatMul", "Einsum", "Divide", "Bilinear"})
"""Each input is kept for the slope of the others."""

_FLOAT, _INT = 4, 8


def kept(type: str, family: str, params: Params, known: Any, slopes: list[bool], n: Numel) -> Kept:
    """What a layer keeps, given which of its inputs have a slope; `n` counts a tensor's numbers.

    `known` are the node's facts.
    """
    own = bool(known.weights)
    if not own and not any(slopes):
        return Kept((), False, 0)
    every = tuple(range(len(known.inputs)))
    more = _more(type, family, params, known, n)
    if type in _CROSSED and len(slopes) == len(every) and not own:
        others = tuple(
            place for place in every if any(s for at, s in enumerate(slopes) if at != place)
        )
        return Kept(others, type == "Divide", more)
    if type in _OUTPUT or (
        type == "Elementwise" and getattr(params, "function", "") in _OUTPUT_FUNCTIONS
    ):
        return Kept((), True, more)
    if type in _NOTHING or family == "shape":
        return Kept((), False, more)
    return Kept(every, False, more)


def _more(type: str, family: str, params: Params, known: Any, n: Numel) -> int:
    """Bytes beside inputs and output."""
    x = known.inputs[0] if known.inputs else None
    y = known.outputs[0] if known.outputs else None
    if x is None or y is None:
        return 0
    if type.startswith(("MaxPool", "AdaptiveMaxPool")):
        return n(y) * _INT
    if type in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d") and getattr(params, "p", False):
        return n(y)
    if type.startswith("BatchNorm"):
        return 2 * int(x.shape[1]) * _FLOAT
    if type == "LayerNorm":
        size = 1
        for axis in x.shape[-params.axes :]:
            size *= int(axis)
        return 2 * (n(x) // size) * _FLOAT
    if type == "GroupNorm":
        return 2 * n(TensorType(x.shape[:1])) * int(params.num_groups) * _FLOAT
    if family == "recurrent" and type in _GATES:
        turns = params.num_layers * (2 if params.bidirectional else 1)
        states = n(TensorType((*x.shape[:2], params.hidden_size))) * turns
        return int(states * (_GATES[type] + 1) * _FLOAT)
    if family in ("attention", "transformer"):
        return _inner(type, params, x, n) * _FLOAT
    return 0


_GATES = {"RNN": 0, "GRU": 4, "LSTM": 5}
"""Gates and states of a step beside the state that is put out."""


def _inner(type: str, params: Params, x: TensorType, n: Numel) -> int:
    """Numbers that the layers inside torch's attention modules keep."""
    attention = 4 * n(x)  # queries, keys, values, and what is mixed of them
    if type == "MultiheadAttention":
        return attention
    hidden = n(x) // int(x.last) * int(getattr(params, "dim_feedforward", 0))
    encoder = attention + 4 * n(x) + 2 * hidden
    decoder = encoder + attention + n(x)
    layers = int(getattr(params, "num_layers", 1))
    if type.startswith("TransformerEncoder"):
        return layers * encoder
    if type.startswith("TransformerDecoder"):
        return layers * decoder
    if type == "Transformer":
        return int(params.num_encoder_layers * encoder + params.num_decoder_layers * decoder)
    return 0
