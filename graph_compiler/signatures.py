"""What a block's class calls the sizes of its inputs.

A size goes by the parameter that the Input's shape names, or that equals it wherever the block is
used with several sizes; else by the variable that it is, where the block reads that variable; else
it is an argument of its own, named by its axis. All call sites decide together, so a drawing is
inferred until they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graph_compiler.growth import same_size
from graph_compiler.model import Network, Value
from graph_compiler.naming import identifier
from graph_compiler.symbols import Dim, N, Symbolic
from graph_compiler.tensors import TensorType
from graph_compiler.terms import names_of

Axis: TypeAlias = tuple[str, str, int]
"""A block, one of its input ports, and an axis there."""

_AXES = {
    2: ("", "in_features"),
    3: ("", "length", "in_features"),
    4: ("", "in_channels", "height", "width"),
    5: ("", "in_channels", "depth", "height", "width"),
}


@dataclass(slots=True)
class _Seen:
    """What the call sites of a block give at one axis."""

    equal: frozenset[str]
    """Parameters that are the same expression at each of them."""
    sizes: set[int] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    named: bool = True
    """Whether none of them gives a plain number."""


class Signatures:
    """The names of input sizes for all blocks of a file."""

    def __init__(self, blocks: Mapping[str, Network], variables: Mapping[str, Value]) -> None:
        self._blocks, self._variables = blocks, variables
        self._needs: dict[str, frozenset[str]] = {}
        self._plain: set[str] = set()
        """Blocks whose input sizes are variables at some call sites only: there they get a name of
        their own at all."""
        self._equal: dict[Axis, str] = {}
        """Axes whose size is a parameter although the Input does not say so."""
        self._apart: set[Axis] = set()
        """Axes whose size is not the parameter after all."""
        self._seen: dict[Axis, _Seen] = {}

    def needs(self, block: Network) -> frozenset[str]:
        """Variables of the project that a block, or a block in it, reads."""
        known = self._needs.get(block.name)
        if known is None:
            self._needs[block.name] = frozenset()
            inner: set[str] = set()
            own: set[str] = set()
            for node in block.nodes.values():
                if node.type in self._blocks:
                    inner |= self.needs(self._blocks[node.type])
                own |= names_of(node)
            own -= {*(block.params or {}), "i"}
            known = self._needs[block.name] = frozenset(
                name for name in own | inner if name in self._variables
            )
        return known

    def variable(self, block: Network, size: Dim) -> str:
        """The variable that a size goes by in a block; empty for none."""
        if block.name in self._plain or not isinstance(size, Symbolic):
            return ""
        needed = self.needs(block)
        text = str(size) if needed else ""
        return text if text in needed else ""

    def param(
        self, block: Network, port: str, axis: int, tensor: TensorType, values: Mapping[str, Value]
    ) -> str:
        """The parameter that a size goes by in a block; empty for none."""
        name = self._param_at(block, port, axis, tensor.rank)
        value = values.get(name)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return name if is_number and value == int(tensor.shape[axis]) else ""

    def note(
        self, block: Network, port: str, tensor: TensorType, symbols: Mapping[str, Any]
    ) -> None:
        """Takes down what a call site gives at a port, and what for parameters."""
        numbers = {
            name: value
            for name, value in symbols.items()
            if isinstance(value, int | Symbolic) and not isinstance(value, bool)
        }
        for axis, size in enumerate(tensor.shape):
            if size is N:
                continue
            equal = frozenset(name for name, value in numbers.items() if same_size(size, value))
            seen = self._seen.setdefault((block.name, port, axis), _Seen(equal))
            seen.equal &= equal
            seen.sizes.add(int(size))
            seen.named &= isinstance(size, Symbolic) and not size.is_constant
            if not self._param_at(block, port, axis, tensor.rank):
                seen.variables.add(self.variable(block, size))

    def settled(self) -> bool:
        """Whether the call sites of each block agree; else everything is to be inferred again."""
        seen, self._seen = self._seen, {}
        mixed = {block for (block, _, _), at in seen.items() if len(at.variables) > 1}
        apart = {axis for axis, at in seen.items() if self._differs(axis, at)}
        if not mixed <= self._plain or apart:
            self._plain |= mixed
            self._apart |= apart
            return False
        merged = {
            axis: self._first(axis, at) for axis, at in seen.items() if self._is_equal(axis, at)
        }
        if merged:
            self._equal |= merged
            self._apart &= self._equal.keys()
        return not merged

    def _differs(self, axis: Axis, seen: _Seen) -> bool:
        if axis in self._apart:
            return False
        block, port, place = axis
        name = self._equal.get(axis) or _drawn(self._blocks[block], port, place)
        return bool(name) and name not in seen.equal

    def _is_equal(self, axis: Axis, seen: _Seen) -> bool:
        """Whether a size turned out to be a parameter; one number alone may be so by chance."""
        block, port, place = axis
        if axis in self._apart or axis in self._equal or _drawn(self._blocks[block], port, place):
            return False
        by_chance = len(seen.sizes) == 1 and not seen.named
        return bool(seen.equal) and not by_chance and seen.variables == {""}

    def _first(self, axis: Axis, seen: _Seen) -> str:
        return next(name for name in self._blocks[axis[0]].params or {} if name in seen.equal)

    def _param_at(self, block: Network, port: str, axis: int, rank: int) -> str:
        place = (block.name, port, axis)
        if place in self._apart:
            return ""
        return self._equal.get(place) or _drawn(block, port, axis, rank)


def _drawn(block: Network, port: str, axis: int, rank: int | None = None) -> str:
    """The parameter that the shape of an Input names for an axis, the batch being the first."""
    shape = block.nodes[port].params.get("shape", ())
    if not isinstance(shape, tuple) or not 1 <= axis <= len(shape):
        return ""
    if rank is not None and rank != len(shape) + 1:
        return ""
    name = shape[axis - 1]
    return name if isinstance(name, str) and name in (block.params or {}) else ""


def size_name(port: str, tensor: TensorType, axis: int, alone: bool) -> str:
    """What a size that is an argument of its own is called."""
    rank = tensor.rank
    names = _AXES.get(rank, ())
    plain = names[axis] if tensor.shape[0] is N and names else f"size{axis}"
    if tensor.shape[0] is not N and axis == rank - 1:
        plain = "in_features"
    return plain if alone else identifier(f"{port}_{plain.removeprefix('in_')}")
