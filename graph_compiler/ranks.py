"""What to insert where a tensor has too many or too few axes for a port.

Owns the offers; whether one of them cures the node is tried elsewhere. Imports no torch.
"""

from __future__ import annotations

from math import isqrt

from graph_compiler.layer import Port
from graph_compiler.problems import Fix, InsertOnWire
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def rank_fixes(port: Port, name: str, x: TensorType) -> tuple[Fix, ...]:
    """Layers on the wire to a port that bring its tensor to the rank that the port takes."""
    low, high = port.rank
    if not x.shape or x.shape[0] is not N:
        return ()
    if high is not None and x.rank > high > 1:
        return (_flattened(name, high),)
    if x.rank >= low:
        return ()
    if x.rank == low - 1 and x.rank > 2:
        return (_taken_apart(name, (1, int(x.shape[1]))),)
    if x.rank == 2:
        features = int(x.shape[1])
        return tuple(_taken_apart(name, sizes) for sizes in _shapes(features, low - 1))
    return ()


def _flattened(name: str, rank: int) -> Fix:
    first = rank - 1
    params = (("start_dim", first),) if first != 1 else ()
    return Fix("Insert Flatten", (InsertOnWire("", name, "Flatten", params),))


def _taken_apart(name: str, sizes: tuple[int, ...]) -> Fix:
    params = (("dim", 1), ("unflattened_size", sizes))
    label = f"Insert Unflatten to {'×'.join(str(size) for size in sizes)}"
    return Fix(label, (InsertOnWire("", name, "Unflatten", params),))


def _shapes(features: int, axes: int) -> list[tuple[int, ...]]:
    """Likely shapes of an example of so many numbers: square pictures, cubes, one channel."""
    if axes == 2:
        return [(1, features)]
    found: list[tuple[int, ...]] = []
    for channels in (1, 3):
        count = features // channels
        side = isqrt(count) if axes == 3 else round(count ** (1 / 3))
        if side > 1 and channels * side ** (axes - 1) == features:
            found.append((channels, *(side,) * (axes - 1)))
    return found
