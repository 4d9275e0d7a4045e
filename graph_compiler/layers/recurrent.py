"""Recurrent layers: what they read at one step is remembered at the next.

Sequences are (N, T, features). States are as torch has them, (layers·directions, N, features), so
that those of one layer can start another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_compiler.layer import (
    Bool,
    Choice,
    Float,
    Int,
    Layer,
    Mismatch,
    Param,
    Params,
    Port,
    example,
)
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
KEYWORDS = ("rnn", "sequence", "memory", "time series", "text", "recurrent", "state")
LSTM_PAPER = "Hochreiter, Schmidhuber, Long short-term memory, 1997"
GRU_PAPER = "Cho et al., Learning phrase representations using RNN encoder-decoder, 2014"
RNN_PAPER = "Elman, Finding structure in time, 1990"


def _directions(p: Params) -> int:
    return 2 if p.bidirectional else 1


def _projected(p: Params) -> Dim:
    """Features of the hidden state: those of the cell unless an LSTM projects them."""
    size: Dim = getattr(p, "proj_size", 0) or p.hidden_size
    return size


def _check(p: Params, x: TensorType, gates: int) -> None:
    projected = getattr(p, "proj_size", 0)
    if projected and projected >= p.hidden_size:
        raise Mismatch(
            "projection_too_large",
            "proj_size",
            expected=f"fewer than {p.hidden_size} features, those of the cell",
            got=f"{projected}",
            remedy="Project to fewer features, or to none.",
            fixes=(Fix("Do not project", (SetParam("", "proj_size", None),)),),
        )
    widest = x.last + _directions(p) * p.hidden_size
    count = gates * p.hidden_size * (widest + p.hidden_size) * p.num_layers * _directions(p)
    refuse_huge(count, "input", "weights", "Use fewer units or layers.")


def _state(p: Params, x: TensorType, features: Dim) -> TensorType:
    return TensorType((_directions(p) * p.num_layers, x.shape[0], features))


def _check_state(port: str, given: TensorType, wanted: TensorType) -> None:
    if given.shape != wanted.shape:
        raise Mismatch(
            "shapes_differ",
            port,
            expected=f"{wanted}, layers and directions before the batch",
            got=f"{given}",
            remedy="Feed it the state of a layer of the same size, or nothing to start at 0.",
        )


def whole_pair(h0: TensorType | None, c0: TensorType | None, first: str, second: str) -> None:
    if (h0 is None) != (c0 is None):
        missing, there = (second, first) if c0 is None else (first, second)
        raise Mismatch(
            "state_incomplete",
            missing,
            expected=f"a wire, as on {there}",
            got="none",
            remedy="Wire both states, or neither to start at 0.",
        )


def _plain_output(kind: str) -> Any:
    def rule(p: Params, x: TensorType, h0: TensorType | None) -> tuple[TensorType, ...]:
        _check(p, x, _GATES[kind])
        hidden = _state(p, x, p.hidden_size)
        if h0 is not None:
            _check_state("h0", h0, hidden)
        return x.with_last(_directions(p) * p.hidden_size), hidden

    return rule


def _lstm_output(
    p: Params, x: TensorType, h0: TensorType | None, c0: TensorType | None
) -> tuple[TensorType, ...]:
    _check(p, x, _GATES["LSTM"])
    hidden, cell = _state(p, x, _projected(p)), _state(p, x, p.hidden_size)
    whole_pair(h0, c0, "h0", "c0")
    if h0 is not None and c0 is not None:
        _check_state("h0", h0, hidden)
        _check_state("c0", c0, cell)
    return x.with_last(_directions(p) * _projected(p)), hidden, cell


def _matrices(gates: int, p: Params, x: TensorType) -> Iterator[tuple[str, tuple[Dim, ...]]]:
    """Every matrix by torch's name, in torch's order."""
    projected = _projected(p)
    for number in range(p.num_layers):
        features = x.last if number == 0 else _directions(p) * projected
        for end in ("", "_reverse")[: _directions(p)]:
            yield f"ih_l{number}{end}", (gates * p.hidden_size, features)
            yield f"hh_l{number}{end}", (gates * p.hidden_size, projected)
            if getattr(p, "proj_size", 0):
                yield f"hr_l{number}{end}", (projected, p.hidden_size)


def _weights(gates: int) -> Any:
    def rule(
        p: Params, x: TensorType, *states: TensorType | None
    ) -> Mapping[str, tuple[Any, ...] | None]:
        found: dict[str, tuple[Any, ...] | None] = {}
        for name, shape in _matrices(gates, p, x):
            found[f"weight_{name}"] = shape
            if not name.startswith("hr"):
                found[f"bias_{name}"] = (shape[0],) if p.bias else None
        return found

    return rule


def _macs(gates: int) -> Any:
    def rule(p: Params, y: TensorType, x: TensorType, *states: TensorType | None) -> Dim:
        once: Dim = 0
        for _, (rows, columns) in _matrices(gates, p, x):
            once = once + rows * columns
        return x.shape[1] * once

    return rule


def _words(p: Params, y: TensorType, x: TensorType, *states: TensorType | None) -> tuple[str, ...]:
    features = _projected(p)
    both = f"2 directions · {features} = {y.last}" if p.bidirectional else f"{features}"
    return (f"steps: {x.shape[1]}", f"features: {x.last} → {both}")


def _params(*own: Param) -> tuple[Param, ...]:
    return (
        Int("hidden_size", 128, low=1, label="units", doc="features of the state"),
        Int("num_layers", 1, low=1, high=1000, label="layers", doc="layers on top of each other"),
        *own,
        Bool("bias", True, doc="add learned offsets"),
        Float(
            "dropout",
            0.0,
            low=0.0,
            high=1.0,
            on_node=False,
            doc="share of values blanked between layers while training",
        ),
        Bool(
            "bidirectional",
            False,
            label="both directions",
            doc="read the sequence backwards as well and put both results side by side",
            on_node=True,
        ),
    )


_SEQUENCE = Port("input", rank=(3, 3), doc="sequences as N×steps×features")
_H0 = Port(
    "h0", rank=(3, 3), optional=True, doc="state to start at, as layers×N×features; empty for 0"
)
_C0 = Port(
    "c0", rank=(3, 3), optional=True, doc="cell to start at, as layers×N×features; empty for 0"
)
_COMMON = (
    "num_layers={num_layers}, bias={bias}, batch_first=True, dropout={dropout}, "
    "bidirectional={bidirectional}"
)

RNN = Layer(
    title="Recurrent layer",
    family="recurrent",
    short="rnn",
    formula="hₜ = tanh(W·xₜ + b + U·hₜ₋₁ + c)",
    doc="Reads a sequence step by step; what it made of one step comes back in at the next.",
    paper=RNN_PAPER,
    keywords=(*KEYWORDS, "elman"),
    params=_params(
        Choice("nonlinearity", "tanh", ("tanh", "relu"), on_node=False, doc="what bends the sum")
    ),
    inputs=(_SEQUENCE, _H0),
    outputs=("output", "hidden"),
    output=_plain_output("RNN"),
    weights=_weights(1),
    macs=_macs(1),
    words=_words,
    module=f"nn.RNN({{input.last}}, {{hidden_size}}, nonlinearity={{nonlinearity}}, {_COMMON})",
    recurrent=True,
    examples=(
        example((7, 5), None, hidden_size=6),
        example((4, 3), None, hidden_size=8, nonlinearity="relu", num_layers=2, bias=False),
        example((4, 3), None, hidden_size=4, bidirectional=True, num_layers=3, dropout=0.2),
    ),
)

GRU = Layer(
    title="GRU",
    family="recurrent",
    short="gru",
    formula="hₜ = (1 − z)·n + z·hₜ₋₁,  z, r = σ(…),  n = tanh(W·xₜ + r·(U·hₜ₋₁))",
    doc="A recurrent layer with two gates: one lets old state through, one forgets it.",
    paper=GRU_PAPER,
    keywords=(*KEYWORDS, "gated recurrent unit"),
    params=_params(),
    inputs=(_SEQUENCE, _H0),
    outputs=("output", "hidden"),
    output=_plain_output("GRU"),
    weights=_weights(3),
    macs=_macs(3),
    words=_words,
    module=f"nn.GRU({{input.last}}, {{hidden_size}}, {_COMMON})",
    recurrent=True,
    examples=(
        example((7, 5), None, hidden_size=6),
        example((4, 3), None, hidden_size=4, bidirectional=True, num_layers=2, dropout=0.2),
        example((6, 3), None, hidden_size=5, bias=False),
    ),
)


def _lstm_call(p: Params, x: TensorType, h0: TensorType | None, c0: TensorType | None) -> str:
    return "{self}({input})" if h0 is None else "{self}({input}, ({h0}, {c0}))"


LSTM = Layer(
    title="LSTM",
    family="recurrent",
    short="lstm",
    formula="cₜ = f·cₜ₋₁ + i·g,  hₜ = o·tanh(cₜ),  i, f, o = σ(…),  g = tanh(…)",
    doc="A recurrent layer with a memory that three gates guard, so that it remembers for long.",
    paper=LSTM_PAPER,
    keywords=(*KEYWORDS, "long short-term memory", "gates"),
    params=(
        *_params(),
        Int(
            "proj_size",
            0,
            low=0,
            on_node=False,
            label="projected units",
            doc="fewer features that the state is brought to before it comes back; 0 for none",
        ),
    ),
    inputs=(_SEQUENCE, _H0, _C0),
    outputs=("output", "hidden", "cell"),
    output=_lstm_output,
    weights=_weights(4),
    macs=_macs(4),
    words=_words,
    module=f"nn.LSTM({{input.last}}, {{hidden_size}}, {_COMMON}, proj_size={{proj_size}})",
    template=_lstm_call,
    unpack="{output}, ({hidden}, {cell})",
    recurrent=True,
    examples=(
        example((7, 5), None, None, hidden_size=6),
        example((4, 3), None, None, hidden_size=4, bidirectional=True, num_layers=2, dropout=0.2),
        example((6, 3), None, None, hidden_size=5, proj_size=2, num_layers=2, bias=False),
    ),
)


def _last_step(p: Params, x: TensorType) -> TensorType:
    if p.bidirectional and x.last % 2 != 0:
        raise Mismatch(
            "one_direction_only",
            "input",
            expected="the features of both directions, an even number",
            got=f"{x.last}",
            remedy="Set bidirectional to false, or read in both directions.",
            fixes=(Fix("Take one direction", (SetParam("", "bidirectional", None),)),),
        )
    return TensorType((x.shape[0], x.last))


LastStep = Layer(
    title="Last step",
    family="recurrent",
    short="last",
    formula="y = x[T]",
    doc="Takes what a recurrent layer made of a whole sequence: its last step, and for the "
    "backward direction its first.",
    keywords=("last state", "final", "sentence vector", "classify sequences", "many to one"),
    params=(
        Bool(
            "bidirectional",
            False,
            label="both directions",
            doc="the second half of the features was read backwards and ends at the first step",
            on_node=True,
        ),
    ),
    inputs=(_SEQUENCE,),
    output=_last_step,
    template=lambda p, x: (
        "torch.cat(({x}[:, -1].chunk(2, -1)[0], {x}[:, 0].chunk(2, -1)[1]), dim=-1)"
        if p.bidirectional
        else "{x}[:, -1]"
    ),
    examples=(example((7, 5)), example((4, 6), bidirectional=True)),
)
