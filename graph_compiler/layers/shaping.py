"""Layers that lay the same values out in another shape, but learn nothing."""

from __future__ import annotations

from graph_compiler.axes import Axis, axis_at, is_batched, replaced
from graph_compiler.layer import (
    Int,
    Ints,
    Layer,
    Mismatch,
    Params,
    Port,
    example,
    explicit,
    same,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType


def _flat_places(p: Params, x: TensorType) -> tuple[int, int]:
    first = int(p.start_dim)
    return first, int(p.end_dim) if p.end_dim >= 0 else int(p.end_dim) + x.rank


def _flat(p: Params, x: TensorType) -> TensorType:
    rank = x.rank
    first, last = _flat_places(p, x)
    if not (1 <= first < rank and first <= last < rank) or N in x.shape[first : last + 1]:
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected=f"axes from 1 to {rank - 1}, the first before the last",
            got=f"start_dim {first} and end_dim {int(p.end_dim)} on {x}",
            remedy="Set start_dim and end_dim to axes of the input.",
            fixes=(
                Fix(
                    "Flatten everything but the batch",
                    (SetParam("", "start_dim", None), SetParam("", "end_dim", None)),
                ),
            ),
        )
    size: Dim = 1
    for axis in x.shape[first : last + 1]:
        size = size * axis
    return TensorType((*x.shape[:first], size, *x.shape[last + 1 :]), x.dtype)


def _flat_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    first, last = _flat_places(p, x)
    axes = x.shape[first : last + 1]
    return (f"{'·'.join(str(axis) for axis in axes)} = {y.shape[first]}",)


Flatten = Layer(
    title="Flatten",
    family="shape",
    short="flatten",
    doc="Lays all axes of an example end to end, so that dense layers can read an image.",
    keywords=("reshape", "vector", "unroll"),
    params=(
        Int(
            "start_dim",
            1,
            low=1,
            high=15,
            on_node=False,
            label="first axis",
            doc="first axis to merge",
        ),
        Int(
            "end_dim",
            -1,
            low=-15,
            high=15,
            on_node=False,
            label="last axis",
            doc="last axis to merge; -1 is the last of all",
        ),
    ),
    inputs=(Port("input", rank=(2, None), dtype="any", doc="any tensor"),),
    output=_flat,
    words=_flat_words,
    module="nn.Flatten(start_dim={start_dim}, end_dim={end_dim})",
    view=True,
    examples=(example((16, 5, 5)), example((4, 3, 2), start_dim=2), example((10,))),
)

Identity = Layer(
    title="Identity",
    family="shape",
    short="identity",
    formula="y = x",
    doc="Passes its input on unchanged: a placeholder, or the other side of a skip connection.",
    paper="He, Zhang, Ren, Sun, Deep residual learning for image recognition, 2015",
    keywords=("skip", "pass", "placeholder", "nothing"),
    inputs=(Port("input", dtype="any", doc="any tensor"),),
    output=same,
    module="nn.Identity()",
    view=True,
    examples=(example((10,)),),
)


def _filled(sizes: tuple[Dim, ...], total: Dim, port: str, of: str, param: str) -> tuple[Dim, ...]:
    """The sizes with a -1 worked out; raises `Mismatch` where they do not hold `total` values."""
    known: Dim = 1
    for size in sizes:
        if size == 0 or size < -1:
            raise _misfit("sizes of at least 1, or one -1", f"{int(size)}", param, "Correct it.")
        if size != -1:
            known = known * size
    unknown = sum(size == -1 for size in sizes)
    if unknown > 1:
        raise _misfit("at most one -1", f"{unknown} of them", param, "Name the other sizes.")
    if (unknown and total % known != 0) or (not unknown and known != total):
        several = "a multiple of " if unknown else ""
        raise Mismatch(
            "sizes_do_not_fit",
            port,
            expected=f"{several}{int(known)} values for {_sizes(sizes)}",
            got=f"{int(total)}, {of}",
            remedy="Choose sizes whose product is the number of values; one may be -1.",
            fixes=_one_open(sizes, total, param),
        )
    return tuple(total // known if size == -1 else size for size in sizes)


def _one_open(sizes: tuple[Dim, ...], total: Dim, param: str) -> tuple[Fix, ...]:
    """Fixes that work one of the sizes out from the others."""
    found = []
    for place in range(len(sizes) - 1, -1, -1):
        others = 1
        for size in (*sizes[:place], *sizes[place + 1 :]):
            others *= int(size)
        if others > 0 and int(total) % others == 0:
            value = tuple(-1 if n == place else int(size) for n, size in enumerate(sizes))
            text = _sizes((*value[:place], int(total) // others, *value[place + 1 :]))
            found.append(Fix(f"Make it {text}", (SetParam("", param, value),)))
    return (*found[:2], Fix("Make it one axis", (SetParam("", param, (-1,)),)))


def _sizes(sizes: tuple[Dim, ...]) -> str:
    return "×".join(str(int(size)) for size in sizes)


def _misfit(expected: str, got: str, param: str, remedy: str) -> Mismatch:
    return Mismatch("sizes_do_not_fit", param, expected=expected, got=got, remedy=remedy)


def _batch_stays(x: TensorType) -> None:
    if any(size is N for size in x.shape[1:]):
        raise Mismatch(
            "batch_moved",
            "input",
            expected="the batch as first axis",
            got=f"{x}",
            remedy="Bring the batch to the front with Permute.",
        )


def _reshaped(p: Params, x: TensorType) -> TensorType:
    _batch_stays(x)
    sizes = _filled(p.shape, x.numel, "input", f"in {x}", "shape")
    return x.with_shape(*((N,) if is_batched(x) else ()), *sizes)


def _reshaped_text(p: Params, x: TensorType) -> str:
    if not is_batched(x):
        return "{x}.reshape({shape:*})"
    if any(size == -1 for size in p.shape):
        return "{x}.reshape({x}.shape[0], {shape:*})"
    return "{x}.reshape(-1, {shape:*})"


def _reshaped_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    return (f"{x.numel} values = {'·'.join(str(size) for size in y.shape if size is not N)}",)


Reshape = Layer(
    title="Reshape",
    family="shape",
    short="reshape",
    doc="Lays the values of each example out in another shape; the batch stays.",
    keywords=("view", "unflatten", "sizes", "rearrange", "resize"),
    params=(explicit(Ints("shape", (-1,), low=-1, doc="sizes after the batch; one may be -1")),),
    inputs=(Port("input", rank=(1, None), dtype="any", doc="any tensor"),),
    output=_reshaped,
    words=_reshaped_words,
    template=_reshaped_text,
    view=True,
    examples=(
        example((16, 5, 5)),
        example((12,), shape=(3, 4)),
        example((12, 2), shape=(2, -1, 3)),
    ),
)


def _unflat(p: Params, x: TensorType) -> TensorType:
    place = axis_at(p.dim, x)
    if not p.unflattened_size:
        raise _misfit("at least one size", "none", "unflattened_size", "Name sizes.")
    of = f"on axis {place} of {x}"
    sizes = _filled(p.unflattened_size, x.shape[place], "input", of, "unflattened_size")
    return replaced(x, place, *sizes)


def _unflat_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    place = axis_at(p.dim, x)
    sizes = y.shape[place : place + len(p.unflattened_size)]
    return (f"{x.shape[place]} = {'·'.join(str(size) for size in sizes)}",)


Unflatten = Layer(
    title="Unflatten",
    family="shape",
    short="unflatten",
    doc="Takes one axis apart into several, such as features into heads.",
    keywords=("reshape", "split axis", "heads", "view", "fold"),
    params=(
        Axis(-1, "axis that is taken apart; -1 is the last"),
        explicit(
            Ints(
                "unflattened_size",
                (1, -1),
                low=-1,
                label="sizes",
                doc="sizes of the new axes; one may be -1",
            )
        ),
    ),
    inputs=(Port("input", rank=(1, None), dtype="any", doc="any tensor"),),
    output=_unflat,
    words=_unflat_words,
    module="nn.Unflatten({dim}, {unflattened_size})",
    view=True,
    examples=(
        example((7, 12), unflattened_size=(3, 4)),
        example((12, 5), dim=1, unflattened_size=(2, -1)),
    ),
)
