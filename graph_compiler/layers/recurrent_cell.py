"""Recurrent cells: one step of a recurrent layer, to be drawn into loops of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Choice, Int, Layer, Mismatch, Param, Params, Port, example
from graph_compiler.layers.recurrent import (
    GRU_PAPER,
    KEYWORDS,
    LSTM_PAPER,
    RNN_PAPER,
    whole_pair,
)
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType


def _cell_weights(gates: int) -> Any:
    def rule(
        p: Params, x: TensorType, *states: TensorType | None
    ) -> Mapping[str, tuple[Any, ...] | None]:
        rows = gates * p.hidden_size
        return {
            "weight_ih": (rows, x.last),
            "weight_hh": (rows, p.hidden_size),
            "bias_ih": (rows,) if p.bias else None,
            "bias_hh": (rows,) if p.bias else None,
        }

    return rule


def _cell_macs(gates: int) -> Any:
    def rule(p: Params, y: TensorType, x: TensorType, *states: TensorType | None) -> Dim:
        units: Dim = p.hidden_size
        return gates * units * (x.last + units)

    return rule


def _next_state(gates: int, p: Params, x: TensorType) -> TensorType:
    count = gates * p.hidden_size * (x.last + p.hidden_size)
    refuse_huge(count, "input", "weights", "Use fewer units.")
    return x.with_last(p.hidden_size)


def _cell_state(port: str, given: TensorType, wanted: TensorType) -> None:
    if given.shape != wanted.shape:
        fixes: tuple[Fix, ...] = ()
        if given.rank == 2:
            size = int(given.last)
            fixes = (Fix(f"Have {size} units", (SetParam("", "hidden_size", size),)),)
        raise Mismatch(
            "shapes_differ",
            port,
            expected=f"{wanted}",
            got=f"{given}",
            remedy="Give the cell as many units as its state has features.",
            fixes=fixes,
        )


def _cell_output(gates: int) -> Any:
    def rule(p: Params, x: TensorType, hidden: TensorType | None) -> TensorType:
        after = _next_state(gates, p, x)
        if hidden is not None:
            _cell_state("hidden", hidden, after)
        return after

    return rule


def _lstm_cell_output(
    p: Params, x: TensorType, hidden: TensorType | None, cell: TensorType | None
) -> tuple[TensorType, TensorType]:
    after = _next_state(4, p, x)
    whole_pair(hidden, cell, "hidden", "cell")
    if hidden is not None and cell is not None:
        _cell_state("hidden", hidden, after)
        _cell_state("cell", cell, after)
    return after, after


def _lstm_cell_call(
    p: Params, x: TensorType, hidden: TensorType | None, cell: TensorType | None
) -> str:
    return "{self}({input})" if hidden is None else "{self}({input}, ({hidden}, {cell}))"


def _cell(
    name: str, title: str, gates: int, doc: str, formula: str, paper: str, *own: Param
) -> Layer:
    lstm = name == "LSTM"
    states = ("hidden", "cell") if lstm else ("hidden",)
    more = "".join(f", {param.name}={{{param.name}}}" for param in own)
    empty = (None,) * len(states)
    return Layer(
        title=title,
        family="recurrent",
        short=f"{name.lower()}_cell",
        formula=formula,
        doc=doc,
        paper=paper,
        keywords=(*KEYWORDS, "cell", "step"),
        params=(
            Int("hidden_size", 128, low=1, label="units", doc="features of the state"),
            Bool("bias", True, doc="add learned offsets"),
            *own,
        ),
        inputs=(
            Port("input", rank=(2, 2), doc="one step as N×features"),
            *(
                Port(state, rank=(2, 2), optional=True, doc="as N×units; empty for 0")
                for state in states
            ),
        ),
        outputs=states,
        output=_lstm_cell_output if lstm else _cell_output(gates),
        weights=_cell_weights(gates),
        macs=_cell_macs(gates),
        module=f"nn.{name}Cell({{input.last}}, {{hidden_size}}, bias={{bias}}{more})",
        template=_lstm_cell_call if lstm else None,
        examples=(
            example((5,), *[(6,)] * len(states), hidden_size=6),
            example((3,), *empty, hidden_size=4, bias=False),
        ),
    )


RNNCell = _cell(
    "RNN",
    "Recurrent cell",
    1,
    "One step of a recurrent layer.",
    "h′ = tanh(W·x + b + U·h + c)",
    RNN_PAPER,
    Choice("nonlinearity", "tanh", ("tanh", "relu"), on_node=False, doc="what bends the sum"),
)
LSTMCell = _cell(
    "LSTM",
    "LSTM cell",
    4,
    "One step of an LSTM.",
    "c′ = f·c + i·g,  h′ = o·tanh(c′)",
    LSTM_PAPER,
)
GRUCell = _cell(
    "GRU",
    "GRU cell",
    3,
    "One step of a GRU.",
    "h′ = (1 − z)·n + z·h",
    GRU_PAPER,
)
