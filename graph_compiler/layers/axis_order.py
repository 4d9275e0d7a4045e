"""Layers that put axes in another order, take axes of size 1 away or set them in."""

from __future__ import annotations

from graph_compiler.axes import Axes, Axis, axes_at, axis_at, is_batched
from graph_compiler.layer import Layer, Mismatch, Params, Port, example
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

_ANY = (Port("input", rank=(1, None), dtype="any", doc="any tensor"),)


def _permuted(p: Params, x: TensorType) -> TensorType:
    rank = x.rank
    places = tuple(int(dim) if dim >= 0 else int(dim) + rank for dim in p.dims)
    if sorted(places) != list(range(rank)):
        fixes: tuple[Fix, ...] = ()
        if rank > 2:
            swapped = (*range(rank - 2), rank - 1, rank - 2)
            last = (0, *range(2, rank), 1)
            fixes = (
                Fix("Swap the last two axes", (SetParam("", "dims", swapped),)),
                Fix("Bring axis 1 to the end", (SetParam("", "dims", last),)),
            )
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected=f"each axis from 0 to {rank - 1} once",
            got=f"dims ({', '.join(str(int(dim)) for dim in p.dims)}) on {x}",
            remedy="Name all axes in their new order; 0 is the batch.",
            fixes=fixes,
        )
    _batch_stays(x, places[0] == 0, "dims", "Let dims begin with 0.")
    return x.with_shape(*(x.shape[place] for place in places))


def _batch_stays(x: TensorType, stays: bool, param: str, remedy: str) -> None:
    if is_batched(x) and not stays:
        raise Mismatch(
            "batch_moved",
            param,
            expected="the batch to stay the first axis",
            got="another axis in its place",
            remedy=remedy,
        )


Permute = Layer(
    title="Permute",
    family="shape",
    short="permute",
    doc="Puts the axes in another order, such as channels behind height and width.",
    keywords=("transpose", "swap axes", "rearrange", "channels last", "order", "movedim"),
    params=(Axes((0, 2, 1), "all axes in their new order; 0 is the batch", name="dims"),),
    inputs=_ANY,
    output=_permuted,
    forward="{x}.permute({dims:*})",
    view=True,
    examples=(
        example((7, 12)),
        example((3, 8, 6), dims=(0, 2, 3, 1)),
        example((3, 8), dims=(0, -1, 1)),
    ),
)


def _transposed(p: Params, x: TensorType) -> TensorType:
    one = axis_at(p.dim0, x, name="dim0", batch=not is_batched(x))
    two = axis_at(p.dim1, x, name="dim1", batch=not is_batched(x))
    sizes = list(x.shape)
    sizes[one], sizes[two] = sizes[two], sizes[one]
    return x.with_shape(*sizes)


Transpose = Layer(
    title="Transpose",
    family="shape",
    short="transpose",
    doc="Swaps two axes.",
    keywords=("swap axes", "permute", "matrix", "mirror", "swapaxes"),
    params=(
        Axis(-2, "one of the two", name="dim0", label="first axis"),
        Axis(-1, "the other", name="dim1", label="second axis"),
    ),
    inputs=_ANY,
    output=_transposed,
    forward="{x}.transpose({dim0}, {dim1})",
    view=True,
    examples=(example((7, 12)), example((3, 8, 6), dim0=1, dim1=2)),
)


def _squeezed(p: Params, x: TensorType) -> TensorType:
    places = axes_at(p.dim, x)
    for place in places:
        if x.shape[place] != 1:
            ones = tuple(n for n, size in enumerate(x.shape) if n and size is not N and size == 1)
            fixes: tuple[Fix, ...] = ()
            if ones:
                text = " and ".join(str(n) for n in ones)
                fixes = (Fix(f"Take axis {text} away", (SetParam("", "dim", ones),)),)
            raise Mismatch(
                "sizes_do_not_fit",
                "input",
                expected=f"size 1 on axis {place}",
                got=f"{x.shape[place]} in {x}",
                remedy="Name axes of size 1, or reduce the axis first, with Mean for instance.",
                fixes=fixes,
            )
    return x.with_shape(*(size for n, size in enumerate(x.shape) if n not in places))


Squeeze = Layer(
    title="Squeeze",
    family="shape",
    short="squeeze",
    doc="Takes axes of size 1 away.",
    keywords=("remove axis", "drop axis", "singleton", "unsqueeze"),
    params=(Axes((-1,), "axes of size 1 that go; -1 is the last"),),
    inputs=_ANY,
    output=_squeezed,
    forward="{x}.squeeze({dim})",
    view=True,
    examples=(example((7, 1)), example((3, 1, 1), dim=(2, 3))),
)


def _unsqueezed(p: Params, x: TensorType) -> TensorType:
    place = axis_at(p.dim, x, more=1)
    return x.with_shape(*x.shape[:place], 1, *x.shape[place:])


Unsqueeze = Layer(
    title="Unsqueeze",
    family="shape",
    short="unsqueeze",
    doc="Sets in an axis of size 1, so that shapes can be stretched to each other.",
    keywords=("new axis", "add axis", "none", "expand dims", "singleton", "broadcast"),
    params=(Axis(-1, "place of the new axis; -1 is behind all others"),),
    inputs=(Port("input", rank=(0, None), dtype="any", doc="any tensor"),),
    output=_unsqueezed,
    forward="{x}.unsqueeze({dim})",
    view=True,
    examples=(example((7,)), example((3, 8), dim=1), example((3, 8), dim=2)),
)
