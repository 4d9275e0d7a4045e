"""What symbolic inference finds: a node, a drawing in the terms of its class, a row, a scan.

Owns these values alone; `graph_compiler.symbolic_inference` works them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph_compiler.layer import Layer, Params
from graph_compiler.model import Network, Node, Value, Wire
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType


@dataclass(frozen=True, slots=True)
class Inferred:
    """One node of a sound network, in symbols."""

    node: Node
    layer: Layer
    params: Params
    """Resolved parameters. Whole numbers that depend on variables are `Symbolic` (also inside
    tuples): `str()` gives their source. All other values are plain."""
    texts: Mapping[str, str]
    """Parameters that the drawing gives as expressions over variables: name to Python source, such
    as `4 * d_model` or `rate`; for numbers that are not whole no other place knows."""
    wires: tuple[Wire, ...]
    """The wires that feed the node, in the order of its ports: those that there are, for an
    optional port may have none."""
    inputs: tuple[Any, ...]
    """Their types in the order of the layer's rules, None for an optional port without a wire."""
    outputs: tuple[TensorType, ...]
    """The types of `ports_out`; for an Output the type of what it returns."""
    body: Body | None = None
    """What is inside, for an instance of a block."""
    turns: Turns | None = None
    """For a node that stands in a row."""
    scan: Scan | None = None
    """For a block that is applied to each step of time."""

    def size(self, number: int, axis: int) -> Dim:
        """A size of an input of the block, as one step of time sees it under scan."""
        tensor = self.inputs[number]
        if self.scan is not None and self.body is not None:
            port = self.body.inputs[number]
            if port in self.scan.sequences:
                axis += 1
            elif tensor is None:
                return self.scan.states[port][0][axis - 1]
        size: Dim = tensor.shape[axis]
        return size

    @property
    def ports_out(self) -> tuple[str, ...]:
        """The names of the output ports."""
        return self.layer.ports_out(self.params)


@dataclass(frozen=True, slots=True)
class Body:
    """A drawing in the terms of its own class."""

    network: Network
    nodes: Mapping[str, Inferred]
    values: Mapping[str, Value]
    """What names may stand for in here: argument or variable to its present value."""
    sizes: Mapping[str, tuple[int, int]]
    """Argument that is the size of an input, to the number of the input and the axis."""
    params: Mapping[str, str]
    """A block's parameters, to the arguments that take their values."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    decided: frozenset[str] = frozenset()
    """Choices that are taken at their present value."""

    @property
    def name(self) -> str:
        """The drawing's name."""
        return self.network.name


@dataclass(frozen=True, slots=True)
class Turns:
    """A node that stands in a row."""

    count: Dim
    each: tuple[Inferred, ...]
    """The node at every turn; from where they do not change it is the same object."""
    general: tuple[Inferred, ...]
    """The node at any turn `i` from `first` on; empty where sizes do not grow evenly."""
    first: int
    back: tuple[tuple[str, str], ...]
    """Input port and the output port that feeds it at the next turn."""
    beyond: tuple[Inferred, ...] = ()
    """What would follow if an expression for `count` gave more turns than it does now."""

    @property
    def samples(self) -> tuple[Inferred, ...]:
        """Turns to write the row from, so that its text does not depend on how many there are."""
        return (*self.each, *self.beyond)


@dataclass(frozen=True, slots=True)
class Scan:
    """How the ports of a block take part when it is applied to each step of time."""

    backward: bool
    sequences: tuple[str, ...]
    states: Mapping[str, tuple[tuple[Dim, ...], str]]
    """State to the shape (without the batch) and dtype of the zeros that it starts from."""
    outputs: tuple[str, ...]
    """The block's own outputs."""
