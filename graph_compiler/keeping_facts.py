"""What the rules of `keeping` read of a layer, and what they say.

Owns both values and the size of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graph_compiler.layer import Params
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

FLOAT, INT = 4, 8


@dataclass(frozen=True, slots=True)
class Kept:
    """Which inputs are kept, whether the first output is, and how many further bytes."""

    inputs: tuple[int, ...] = ()
    output: bool = False
    more: int = 0
    copies: tuple[int, ...] = ()
    """Inputs that are laid out anew where they are a part of something larger."""
    briefly: int = 0
    """Bytes that its own way back needs for a moment, beside the slopes of inputs and outputs."""


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """A layer at work: what comes in at its wired ports, what goes out, what has a slope."""

    type: str
    family: str
    params: Params
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    own: bool
    """Whether it has weights of its own."""
    slopes: tuple[bool, ...]
    n: Callable[[TensorType], int]
    """Counts the numbers of a tensor, the batch included."""

    @property
    def x(self) -> TensorType:
        """The first input."""
        return self.inputs[0]

    @property
    def every(self) -> tuple[int, ...]:
        """The places of all inputs."""
        return tuple(range(len(self.inputs)))

    @property
    def size(self) -> int:
        """Numbers that come in first."""
        return self.n(self.inputs[0]) if self.inputs else 0

    @property
    def ends(self) -> int:
        """Numbers that go out first."""
        return self.n(self.outputs[0]) if self.outputs else 0

    def rows(self, axes: int) -> int:
        """Numbers of the first input's first axes, the batch included."""
        return self.n(TensorType(self.inputs[0].shape[:axes]))

    def counted(self, shape: tuple[Dim, ...]) -> int:
        """Numbers of a tensor of a shape that is no input's."""
        return self.n(TensorType(shape))
