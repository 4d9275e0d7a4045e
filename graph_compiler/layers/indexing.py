"""Layers that pick values by their place on an axis."""

from __future__ import annotations

from graph_compiler.axes import Axis, axis_at, replaced
from graph_compiler.layer import (
    Choice,
    Example,
    Int,
    Ints,
    Layer,
    Mismatch,
    Param,
    Params,
    Port,
    example,
    explicit,
)
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType

_ANY = (Port("input", rank=(1, None), dtype="any", doc="any tensor"),)
_FAR = 2**31 - 1


def _brackets(p: Params, x: TensorType, inside: str) -> str:
    """`[:, 0]` for axes near the front, `[..., 0]` for the last one."""
    place = axis_at(p.dim, x)
    if p.dim == -1 and place > 1:
        return f"{{x}}[..., {inside}]"
    return f"{{x}}[{', '.join([':'] * place + [inside])}]"


def _sliced(p: Params, x: TensorType) -> TensorType:
    place = axis_at(p.dim, x)
    size = x.shape[place]
    start, stop = _within(p.start, size, 0), _within(p.stop, size, size)
    length = stop - start
    if length <= 0:
        raise Mismatch(
            "index_out_of_range",
            "input",
            expected=f"at least one place between start and stop on axis {place}",
            got=f"{_named(p.start)} to {_named(p.stop)} of {int(size)}",
            remedy="Let start lie before stop; negative places count from the end.",
            fixes=(Fix("Take it to the end", (SetParam("", "stop", None),)),) if p.stop else (),
        )
    return replaced(x, place, length if p.step == 1 else (length + p.step - 1) // p.step)


def _named(place: Dim | None) -> str:
    return "open" if place is None else str(int(place))


def _within(place: Dim | None, size: Dim, otherwise: Dim) -> Dim:
    """A place counted from the front, as Python's slices cut it to the axis."""
    if place is None:
        return otherwise
    if place < 0:
        return size + place if size + place > 0 else 0
    return place if place < size else size


def _slice_text(p: Params, x: TensorType) -> str:
    inside = f"{'' if p.start is None else '{start}'}:{'' if p.stop is None else '{stop}'}"
    return _brackets(p, x, inside if p.step == 1 else f"{inside}:{{step}}")


def _place(name: str, doc: str) -> Param:
    return explicit(Int(name, None, low=-_FAR, high=_FAR, optional=True, doc=doc))


Slice = Layer(
    title="Slice",
    family="shape",
    short="slice",
    formula="y = x[start:stop:step]",
    doc="Takes a stretch of an axis, or every second, third or later place of it.",
    keywords=("crop", "narrow", "range", "part", "cut", "first", "index", "stride", "shift"),
    params=(
        Axis(1, "axis that is cut; 1 is the first after the batch"),
        _place("start", "first place; negative ones count from the end"),
        _place("stop", "place before which it ends; negative ones count from the end"),
        Int("step", 1, low=1, doc="distance from one place to the next"),
    ),
    inputs=_ANY,
    output=_sliced,
    template=_slice_text,
    view=True,
    examples=(
        example((7, 12), stop=5),
        example((7, 12), dim=-1, start=1, step=2),
        example((3, 8, 6), dim=2, start=-4, stop=-1),
    ),
)


def _selected(p: Params, x: TensorType) -> TensorType:
    place = axis_at(p.dim, x)
    size = x.shape[place]
    if not -size <= p.index < size:
        raise Mismatch(
            "index_out_of_range",
            "input",
            expected=f"a place from {-int(size)} to {int(size) - 1} on axis {place}",
            got=f"index {int(p.index)} on {x}",
            remedy="Choose a place that is there; -1 is the last.",
            fixes=(
                Fix("Take the last", (SetParam("", "index", -1),)),
                Fix("Take the first", (SetParam("", "index", 0),)),
            ),
        )
    return replaced(x, place)


Select = Layer(
    title="Select",
    family="shape",
    short="select",
    formula="y = x[:, i]",
    doc="Takes one place of an axis, such as the class token of a sequence or its last step.",
    keywords=("index", "pick", "class token", "last step", "first", "column", "cls"),
    params=(
        Axis(1, "axis that is picked from and goes; 1 is the first after the batch"),
        Int("index", 0, low=-_FAR, high=_FAR, label="place", doc="place; -1 is the last"),
    ),
    inputs=_ANY,
    output=_selected,
    template=lambda p, x: _brackets(p, x, "{index}"),
    view=True,
    examples=(
        example((7, 12)),
        example((7, 12), index=-1, dim=-1),
        example((3, 8, 6), dim=2, index=3),
    ),
)


def _chosen(p: Params, x: TensorType) -> TensorType:
    place = axis_at(p.dim, x)
    size = x.shape[place]
    strange = [index for index in p.indices if not -size <= index < size]
    if strange or not p.indices:
        raise Mismatch(
            "index_out_of_range",
            "indices",
            expected=f"places from {-int(size)} to {int(size) - 1} on axis {place}",
            got=f"{int(strange[0])}" if strange else "none",
            remedy="Name places that are there; -1 is the last.",
            fixes=(Fix("Take the first", (SetParam("", "indices", (0,)),)),),
        )
    return replaced(x, place, len(p.indices))


IndexSelect = Layer(
    title="Pick places",
    family="shape",
    short="pick",
    formula="y[:, j] = x[:, iⱼ]",
    doc="Takes several places of an axis in any order, one as often as one likes.",
    keywords=("index", "index_select", "reorder", "columns", "features", "choose", "subset"),
    params=(
        Axis(1, "axis that is picked from; 1 is the first after the batch"),
        explicit(
            Ints(
                "indices",
                (0,),
                low=-_FAR,
                high=_FAR,
                label="places",
                doc="places in the order wanted; -1 is the last",
            )
        ),
    ),
    inputs=_ANY,
    output=_chosen,
    template=lambda p, x: _brackets(p, x, "[{indices:*}]"),
    examples=(
        example((7, 12), indices=(6, 0, 0)),
        example((7, 12), dim=-1, indices=(-1, 3)),
        example((3, 8, 6), dim=2, indices=(5,)),
    ),
)


def _gathered(p: Params, x: TensorType, index: TensorType) -> TensorType:
    place = axis_at(p.dim, x)
    if index.rank != x.rank or any(
        a is not b and (a is N or b is N or a > b)
        for n, (a, b) in enumerate(zip(index.shape, x.shape, strict=True))
        if n != place
    ):
        raise _unfit_index(x, index, place)
    return TensorType(index.shape, x.dtype)


def _unfit_index(x: TensorType, index: TensorType, place: int) -> Mismatch:
    sizes = "×".join("*" if n == place else str(size) for n, size in enumerate(x.shape))
    return Mismatch(
        "shapes_differ",
        "index",
        expected=f"{sizes}, as on input",
        got=f"{index}",
        remedy="Give the places the input's shape on all other axes.",
    )


Gather = Layer(
    title="Gather",
    family="shape",
    short="gather",
    formula="y[n, j] = x[n, i[n, j]]",
    doc="Takes values along an axis from the places that another input names.",
    keywords=("take along", "lookup", "index", "pick", "places", "q-value", "action"),
    params=(Axis(-1, "axis that is picked along; -1 is the last"),),
    inputs=(
        Port("input", rank=(1, None), dtype="any", doc="any tensor"),
        Port("index", rank=(1, None), dtype="int", doc="places on that axis"),
    ),
    output=_gathered,
    forward="{input}.gather({dim}, {index})",
    examples=(
        example((7,), (3,)),
        example((7, 12), (4, 12), dim=1),
    ),
)


ArgMax = Layer(
    title="Arg max",
    family="operation",
    short="argmax",
    formula="y = the i with the largest x[i], or the smallest",
    doc="The place of the largest or the smallest value along an axis, as a whole number.",
    keywords=("argmax", "argmin", "predicted class", "best", "winner", "greedy", "index", "min"),
    params=(
        Choice("function", "argmax", ("argmax", "argmin"), doc="largest or smallest"),
        Axis(-1, "axis that is searched and goes; -1 is the last"),
    ),
    inputs=(Port("input", rank=(1, None), dtype="number", doc="any numbers"),),
    output=lambda p, x: TensorType(replaced(x, axis_at(p.dim, x)).shape, "int"),
    forward="torch.{function:raw}({x}, dim={dim})",
    examples=(
        example((10,)),
        example((5, 8, 8), dim=1, function="argmin"),
        Example(((4,),), {}, ("int",)),
    ),
)


def _top(p: Params, x: TensorType) -> tuple[TensorType, TensorType]:
    place = axis_at(p.dim, x)
    size = x.shape[place]
    if p.k > size:
        raise Mismatch(
            "too_many_chosen",
            "input",
            expected=f"at least {int(p.k)} values on axis {place}",
            got=f"{int(size)}",
            remedy="Choose a smaller k.",
            fixes=(Fix(f"Take {int(size)}", (SetParam("", "k", int(size)),)),),
        )
    values = replaced(x, place, p.k)
    return values, TensorType(values.shape, "int")


TopK = Layer(
    title="Top k",
    family="operation",
    short="topk",
    formula="y₁ ≥ … ≥ yₖ",
    doc="The k largest or smallest values along an axis, and their places.",
    keywords=("largest", "best", "smallest", "beam", "sparse", "k-max pooling", "routing"),
    params=(
        Int("k", 1, low=1, doc="how many values"),
        Axis(-1, "axis that is searched; -1 is the last"),
        Choice("order", "largest", ("largest", "smallest"), doc="which ones"),
    ),
    inputs=(Port("input", rank=(1, None), dtype="number", doc="any numbers"),),
    outputs=("values", "indices"),
    output=_top,
    template=lambda p, x: (
        "{x}.topk({k}, dim={dim})"
        if p.order == "largest"
        else "{x}.topk({k}, dim={dim}, largest=False)"
    ),
    examples=(example((10,), k=3), example((5, 8), dim=1, k=2, order="smallest")),
)


def _sorted(p: Params, x: TensorType) -> tuple[TensorType, TensorType]:
    axis_at(p.dim, x)
    return x, TensorType(x.shape, "int")


Sort = Layer(
    title="Sort",
    family="operation",
    short="sort",
    formula="y₁ ≤ y₂ ≤ …",
    doc="Puts the values along an axis in order, and tells where each one stood.",
    keywords=("order", "rank", "argsort", "ascending", "descending", "permutation"),
    params=(
        Axis(-1, "axis that is sorted along; -1 is the last"),
        Choice("order", "ascending", ("ascending", "descending"), doc="smallest or largest first"),
    ),
    inputs=(Port("input", rank=(1, None), dtype="any", doc="any tensor"),),
    outputs=("values", "indices"),
    output=_sorted,
    template=lambda p, x: (
        "{x}.sort(dim={dim})" if p.order == "ascending" else "{x}.sort(dim={dim}, descending=True)"
    ),
    examples=(example((10,)), example((5, 8), dim=1, order="descending")),
)


def _one_hot(p: Params, x: TensorType) -> TensorType:
    result = TensorType((*x.shape, p.num_classes), p.dtype)
    refuse_huge(result.numel, "num_classes", "numbers", "Choose fewer classes.")
    return result


OneHot = Layer(
    title="One hot",
    family="embedding",
    short="onehot",
    formula="y[i] = 1 where i is the class, else 0",
    doc="Turns class numbers into vectors with a single 1.",
    keywords=("one-hot", "indicator", "classes", "categorical", "dummy"),
    params=(
        Int("num_classes", 10, low=1, label="classes", doc="length of the vectors"),
        Choice("dtype", "float", ("float", "int"), label="numbers", doc="kind of number"),
    ),
    inputs=(Port("input", rank=(0, None), dtype="int", doc="class numbers from 0"),),
    output=_one_hot,
    template=lambda p, x: (
        "F.one_hot({x}, {num_classes}).float()"
        if p.dtype == "float"
        else "F.one_hot({x}, {num_classes})"
    ),
    examples=(example((7,)), example((3, 2), num_classes=4, dtype="int")),
)
