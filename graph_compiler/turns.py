"""How often a repeated node stands in a row, and whether its turns differ.

Owns the rule for `repeat` and the name of the turn's number.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import islice
from typing import Any

from graph_compiler.codes import problem
from graph_compiler.expressions import ExpressionError, parse, variables_in
from graph_compiler.layer import Layer, Mismatch
from graph_compiler.model import Node, Value
from graph_compiler.problems import Problem
from graph_compiler.resolve import shown

MOST_TURNS = 10_000
"""Most turns of one repeat."""
INDEX = "i"
"""The turn's number in the parameters of a repeated node."""


def turns(node: Node, env: Mapping[str, Value]) -> int:
    """How often a repeated node stands in a row; raises `Mismatch`."""
    value: Any = node.repeat
    if isinstance(value, str):
        try:
            value = parse(value).evaluate(env)
        except ExpressionError as error:
            raise Mismatch(
                "expression_failed",
                "repeat",
                expected=f"a number of turns from 1 to {MOST_TURNS}",
                got=f"`{shown(node.repeat, quoted=False)}` with {error.reason} at column "
                f"{error.column}",
                remedy=error.remedy,
            ) from None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TURNS:
        raise Mismatch(
            "bad_repeat",
            "repeat",
            expected=f"a number of turns from 1 to {MOST_TURNS}",
            got=shown(value),
            remedy="Set repeat to such a number.",
        )
    return value


def misplaced(node: Node, layer: Layer, drawn: Container[str]) -> Mismatch | None:
    """A repeat or a scan of what has no turns or steps; `drawn` are the types with a drawing."""
    if node.repeat is not None and (
        layer.family == "io" or node.type == "Choice" or not layer.inputs
    ):
        return Mismatch(
            "bad_repeat",
            "repeat",
            expected=f"no repeat of {a_type(node.type)}",
            got=shown(node.repeat),
            remedy="Remove it.",
        )
    if node.scan and node.type not in drawn:
        return Mismatch(
            "bad_scan",
            "scan",
            expected="a drawn block, which can run over time",
            got=a_type(node.type),
            remedy="Put it into a block, or remove the scan.",
        )
    if node.scan not in ("", "forward", "backward"):
        return Mismatch(
            "bad_scan",
            "scan",
            expected="forward or backward",
            got=shown(node.scan),
            remedy="Set scan to one of them.",
        )
    return None


def a_type(type: str) -> str:
    """`an Input`, `a Linear`"""
    return f"{'an' if type[:1] in tuple('AEIOaeio') else 'a'} {type}"


def variables_of(node: Node) -> frozenset[str]:
    """Names that the parameters of a node may read; words of a choice count as well."""
    names: frozenset[str] = frozenset()
    for value in node.params.values():
        if isinstance(value, str | tuple | list):
            names |= variables_in(value)
    return names


def reads_index(node: Node) -> bool:
    """Whether the parameters of a repeated node read the number of the turn."""
    return INDEX in variables_of(node)


def in_turn(node: Node, turn: int, fault: Mismatch) -> Problem:
    """A fault that only a later turn meets."""
    return problem(
        fault.code,
        f"{node.name}[{turn}]",
        fault.port,
        expected=fault.expected,
        got=fault.got,
        remedy=fault.remedy,
    )


def fed_back(
    node: Node, layer: Layer, ports: Sequence[str], wired: Sequence[bool]
) -> list[tuple[int, int]]:
    """Input place and output place of what a turn hands to the next.

    A scan begins its states anew in each turn, and hands on a sequence.
    """
    named = [
        (place, layer.outputs.index(port))
        for place, port in enumerate(ports)
        if port in layer.outputs and port != "output"
    ]
    if named and not node.scan:
        return named
    states = {place for place, _ in named}
    free = (place for place, fed in enumerate(wired) if fed and place not in states)
    return [(place, 0) for place in islice(free, 1) if layer.outputs]
