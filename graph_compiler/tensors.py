"""The type of what flows along a wire: a shape whose axes may be symbols, and a kind of number."""

from __future__ import annotations

from typing import NamedTuple

from graph_compiler.symbols import Dim, N


class TensorType(NamedTuple):
    """Shape (with the batch axis `N` first) and dtype: `float`, `int` (indices) or `bool`."""

    shape: tuple[Dim, ...]
    dtype: str = "float"

    @property
    def rank(self) -> int:
        """Number of axes, batch included."""
        return len(self.shape)

    @property
    def last(self) -> Dim:
        """Size of the last axis."""
        return self.shape[-1]

    @property
    def numel(self) -> Dim:
        """Elements per example: the product of all axes but the batch axis."""
        product: Dim = 1
        for size in self.shape:  # states have the batch behind their layers
            if size is not N:
                product = product * size
        return product

    def with_last(self, size: Dim) -> TensorType:
        """The same tensor with another size of the last axis."""
        return TensorType((*self.shape[:-1], size), self.dtype)

    def with_shape(self, *shape: Dim) -> TensorType:
        """The same kind of number in another shape."""
        return TensorType(shape, self.dtype)

    def __str__(self) -> str:
        return "×".join(_factor(size) for size in self.shape) or "scalar"


def _factor(size: Dim) -> str:
    text = str(size)
    return f"({text})" if " " in text else text
