"""Layers that part one tensor into several along an axis."""

from __future__ import annotations

from graph_compiler.axes import Axis, axis_at, replaced
from graph_compiler.layer import Int, Ints, Layer, Mismatch, Params, Port, example
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType

_ANY = (Port("input", rank=(1, None), dtype="any", doc="any tensor"),)


def _outlets(count: int) -> tuple[str, ...]:
    return tuple(f"output{number}" for number in range(1, count + 1))


def _split(p: Params, x: TensorType) -> tuple[TensorType, ...]:
    place = axis_at(p.dim, x)
    size = x.shape[place]
    if len(p.sizes) < 2:
        raise Mismatch(
            "too_few_values",
            "sizes",
            expected="at least two sizes",
            got=f"{len(p.sizes)}",
            remedy="Name the size of each part.",
        )
    total: Dim = 0
    for part in p.sizes:
        total = total + part
    if total != size:
        before = total - p.sizes[-1]
        fixes: tuple[Fix, ...] = ()
        if before < size:
            rest = (*(int(part) for part in p.sizes[:-1]), int(size - before))
            fixes = (Fix(f"Give the last part {rest[-1]}", (SetParam("", "sizes", rest),)),)
        raise Mismatch(
            "sizes_do_not_fit",
            "input",
            expected=f"{int(total)} on axis {place}, the sum of the sizes",
            got=f"{int(size)}",
            remedy="Choose sizes that add up to the axis.",
            fixes=fixes,
        )
    return tuple(replaced(x, place, part) for part in p.sizes)


def _split_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (f"{' + '.join(str(part) for part in p.sizes)} = {x.shape[axis_at(p.dim, x)]}",)


Split = Layer(
    title="Split",
    family="shape",
    short="split",
    formula="x = [y₁, y₂, …]",
    doc="Parts a tensor along an axis into pieces of the sizes given, each on an output.",
    keywords=("part", "divide", "pieces", "narrow", "separate", "branches"),
    params=(
        Ints("sizes", (1, 1), low=1, doc="size of each part; together the whole axis"),
        Axis(-1, "axis that is parted; -1 is the last"),
    ),
    inputs=_ANY,
    outputs=_outlets(2),
    outlets=lambda p: _outlets(max(len(p.sizes), 1)),
    output=_split,
    words=_split_words,
    forward="{x}.split({sizes}, dim={dim})",
    view=True,
    examples=(
        example((7, 12), sizes=(4, 8)),
        example((6, 5, 5), sizes=(1, 2, 3), dim=1),
        example((2,)),
    ),
)


def _chunks(p: Params, x: TensorType) -> tuple[TensorType, ...]:
    place = axis_at(p.dim, x)
    size = x.shape[place]
    if size % p.chunks != 0:
        fitting = [n for n in range(2, min(int(size), 64) + 1) if int(size) % n == 0]
        fitting.sort(key=lambda n: abs(n - int(p.chunks)))
        raise Mismatch(
            "sizes_do_not_fit",
            "input",
            expected=f"a multiple of {int(p.chunks)} on axis {place}",
            got=f"{int(size)}",
            remedy="Choose a number of parts that divides the axis, or use Split.",
            fixes=tuple(
                Fix(f"Make {count} parts", (SetParam("", "chunks", count),))
                for count in fitting[:2]
            ),
        )
    return (replaced(x, place, size // p.chunks),) * int(p.chunks)


def _chunk_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    place = axis_at(p.dim, x)
    return (f"{x.shape[place]} / {p.chunks} = {y.shape[place]}",)


Chunk = Layer(
    title="Chunk",
    family="shape",
    short="chunk",
    formula="x = [y₁, …, yₙ], all of one size",
    doc="Parts a tensor along an axis into equal pieces, each on an output.",
    keywords=("split", "equal parts", "halves", "qkv", "divide", "gates"),
    params=(
        Int("chunks", 2, low=2, high=64, label="parts", doc="how many pieces"),
        Axis(-1, "axis that is parted; -1 is the last"),
    ),
    inputs=_ANY,
    outputs=_outlets(2),
    outlets=lambda p: _outlets(int(p.chunks)),
    output=_chunks,
    words=_chunk_words,
    forward="{x}.chunk({chunks}, dim={dim})",
    view=True,
    examples=(
        example((7, 12)),
        example((6, 5, 5), chunks=3, dim=1),
        example((8,), chunks=4),
    ),
)
