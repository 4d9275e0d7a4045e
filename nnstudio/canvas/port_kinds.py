"""What flows through a port, told by its shape: numbers, indices, a mask, a state.

A state is what a recurrent layer hands on from step to step: numbers as others, but of no use to a
layer that knows no steps. Owns the words of the legend as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph_compiler.blocks import ports_in, ports_out
from graph_compiler.layer import Layer
from graph_compiler.model import Network

NONE: frozenset[str] = frozenset()
_RECURRENT = frozenset({"hidden", "cell", "h0", "c0", "state"})

WORDS: Mapping[str, str] = {
    "float": "numbers",
    "int": "indices",
    "bool": "a mask of true and false",
    "state": "a state, handed on from step to step",
    "number": "numbers or indices",
    "any": "anything",
}
LEGEND = "Ports: ○ numbers   ◇ indices   □ mask   ◎ state"


def states_of(layer: Layer | None, type: str, networks: Mapping[str, Network]) -> frozenset[str]:
    """The names of a node's ports that carry a state."""
    block = networks.get(type)
    if block is not None and block.is_block and block.code is None:
        both = set(ports_in(block)) & set(ports_out(block))
        return frozenset(both | {f"last_{name}" for name in both}) if both else NONE
    return _RECURRENT if layer is not None and layer.family == "recurrent" else NONE


def words(kind: str) -> str:
    """A kind of data in words."""
    return WORDS.get(kind, WORDS["float"])
