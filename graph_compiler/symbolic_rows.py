"""A node in a row, in symbols: every turn, what follows, and the turn that stands for all.

Owns how a row is worked out from single turns; how sizes grow is `graph_compiler.growth`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeAlias

from graph_compiler.expressions import parse
from graph_compiler.growth import after_all, even_from, grown, same_types, steps_between
from graph_compiler.inferred import Inferred, Turns
from graph_compiler.layer import Layer, Mismatch
from graph_compiler.model import Node, Value, Wire
from graph_compiler.symbols import Symbolic
from graph_compiler.terms import at_turn, names_of
from graph_compiler.turns import fed_back

FEW_TURNS = 4
"""Turns that are looked at where an expression says how many: enough to see what stays."""
MOST_TURNS = 10_000
"""Most turns of one repeat that differ from each other."""

Once: TypeAlias = Callable[
    [Node, Layer, tuple[Wire, ...], tuple[Any, ...], Mapping[str, Value]], Inferred
]
"""Infers a node at one turn from its wires, the types at them and what names stand for."""


class Row:
    """One node that stands in a row."""

    def __init__(
        self,
        node: Node,
        layer: Layer,
        wires: tuple[Wire, ...],
        env: Mapping[str, Value],
        once: Once,
    ) -> None:
        self._node, self._layer, self._wires, self._env = node, layer, wires, env
        self._infer = once
        self._single = replace(node, repeat=None)
        self._reads_turn = "i" in names_of(self._single)

    def infer(self, inputs: tuple[Any, ...]) -> Inferred:
        """The node turn by turn until nothing changes; raises `Mismatch`."""
        value: Any = self._node.repeat
        count: Any = parse(value).symbolic(self._env) if isinstance(value, str) else value
        each: list[Inferred] = []
        now = inputs
        back: tuple[tuple[str, str], ...] = ()
        for turn in range(int(count)):
            if each and not self._reads_turn and same_types(now, each[-1].inputs):
                each.extend([each[-1]] * (int(count) - turn))
                break
            if turn >= MOST_TURNS:
                raise _too_many(int(count))
            done = self._at(turn, now)
            back = feedback(self._layer, done)
            each.append(done)
            now = self._next_inputs(now, done)
        named = isinstance(count, Symbolic) and not count.is_constant
        beyond = self._beyond(each, now) if named else ()
        samples = [*each, *beyond]
        general, first = self._general(samples) if samples[1:] else ((), 0)
        if first > len(each):
            general, first = (), 0
        last = each[-1]
        outputs = last.outputs
        if named and general:
            outputs = after_all(samples, count)
        turns = Turns(count, tuple(each), general, first, back, beyond)
        return replace(
            each[0], node=self._node, inputs=inputs, outputs=outputs, turns=turns, body=last.body
        )

    def _at(self, turn: int, inputs: tuple[Any, ...]) -> Inferred:
        drawn = at_turn(self._single, turn) if self._reads_turn else self._single
        return self._infer(drawn, self._layer, self._wires, inputs, self._env)

    def _beyond(self, each: list[Inferred], now: tuple[Any, ...]) -> tuple[Inferred, ...]:
        """The turns that would follow, up to `FEW_TURNS` in all; none where one does not fit."""
        found: list[Inferred] = []
        done = each[-1]
        try:
            for turn in range(len(each), FEW_TURNS):
                if self._reads_turn or not same_types(now, done.inputs):
                    done = self._at(turn, now)
                    now = self._next_inputs(now, done)
                found.append(done)
        except Mismatch:
            return ()
        return tuple(found)

    def _general(self, each: list[Inferred]) -> tuple[tuple[Inferred, ...], int]:
        """For every turn from which on all sizes grow evenly, the node at any turn `i` from there.

        Empty where the last two turns are all that agree.
        """
        if each[-1] is each[-2]:
            return (), 0
        steps = [steps_between(a.inputs, b.inputs) for a, b in pairwise(each)]
        start = even_from(steps)
        still = steps[-1] is not None and not any(size for row in steps[-1] for size in row)
        if len(each) - start < (2 if still else 3) or steps[-1] is None:
            return (), 0
        wide = {**self._env, "i": start}
        index = Symbolic.name("i", start)
        inputs = grown(each[start].inputs, steps[start], index - start)
        try:
            return (self._infer(self._single, self._layer, self._wires, inputs, wide),), start
        except Mismatch:
            return (), 0

    def _next_inputs(self, inputs: tuple[Any, ...], done: Inferred) -> tuple[Any, ...]:
        ports = [port.name for port in self._layer.inputs]
        if any(port.many for port in self._layer.inputs):
            ports = [wire.target_port for wire in self._wires]
        by_port = dict(zip(ports, inputs, strict=False))
        for target, source in feedback(self._layer, done):
            by_port[target] = done.outputs[done.ports_out.index(source)]
        return tuple(by_port[port] for port in ports[: len(inputs)])


def _too_many(count: int) -> Mismatch:
    return Mismatch(
        "too_large",
        "",
        expected=f"at most {MOST_TURNS:,} turns that differ",
        got=f"{count:,}",
        remedy="Repeat it less often.",
    )


def feedback(layer: Layer, node: Inferred) -> tuple[tuple[str, str], ...]:
    """Input ports of a repeated node, each with the output port that feeds it at the next turn."""
    ports = [port.name for port in layer.inputs]
    if any(port.many for port in layer.inputs):
        ports = [wire.target_port for wire in node.wires]
    wired = {wire.target_port for wire in node.wires}
    fed = fed_back(node.node, layer, ports, [port in wired for port in ports])
    return tuple((ports[place], node.ports_out[output]) for place, output in fed)
