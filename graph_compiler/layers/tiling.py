"""Layers that repeat, shift, turn round and pad values along axes."""

from __future__ import annotations

from graph_compiler.axes import Axes, Axis, axes_at, axis_at, is_batched, replaced
from graph_compiler.layer import (
    Choice,
    Float,
    Int,
    Ints,
    Layer,
    Mismatch,
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


def _own(x: TensorType) -> tuple[Dim, ...]:
    """The axes of an example."""
    return x.shape[1:] if is_batched(x) else x.shape


def _per_axis(values: tuple[Dim, ...], x: TensorType, param: str, example: int) -> None:
    count = len(_own(x))
    if len(values) != count:
        raise Mismatch(
            "values_do_not_fill",
            param,
            expected=f"{count} numbers, one for each axis of {x} but the batch",
            got=f"{len(values)}",
            remedy="Name one number for each axis.",
            fixes=(Fix("Leave all axes as they are", (SetParam("", param, (example,) * count),)),),
        )


def _expanded(p: Params, x: TensorType) -> TensorType:
    _per_axis(p.sizes, x, "sizes", -1)
    sizes: list[Dim] = []
    for wanted, size in zip(p.sizes, _own(x), strict=True):
        if wanted == 0 or (wanted != -1 and size is not N and size != 1 and wanted != size):
            raise Mismatch(
                "sizes_do_not_fit",
                "sizes",
                expected=f"{size} or -1 where the input has {size}",
                got=f"{int(wanted)}",
                remedy="Only axes of size 1 can be stretched; use Repeat for others.",
            )
        sizes.append(size if wanted == -1 or size is N else wanted)
    result = x.with_shape(*x.shape[: x.rank - len(sizes)], *sizes)
    refuse_huge(result.numel, "sizes", "numbers", "Choose smaller sizes.")
    return result


def _expanded_text(p: Params, x: TensorType) -> str:
    return "{x}.expand(-1, {sizes:*})" if is_batched(x) else "{x}.expand({sizes:*})"


Expand = Layer(
    title="Expand",
    family="shape",
    short="expand",
    doc="Stretches axes of size 1 to larger sizes without copying.",
    keywords=("broadcast", "stretch", "repeat", "expand as"),
    params=(
        explicit(
            Ints("sizes", (-1,), low=-1, doc="size of each axis after the batch; -1 leaves it")
        ),
    ),
    inputs=_ANY,
    output=_expanded,
    template=_expanded_text,
    view=True,
    examples=(example((1,), sizes=(5,)), example((3, 1, 1), sizes=(-1, 4, 6))),
)


def _is_lone(x: TensorType) -> bool:
    """Whether the first axis is or becomes the batch."""
    return x.rank > 0 and (x.shape[0] is N or x.shape[0] == 1)


def _each(p: Params, x: TensorType, like: TensorType) -> TensorType:
    if not is_batched(like):
        raise Mismatch(
            "batch_moved",
            "like",
            expected="a tensor with the batch as its first axis",
            got=f"{like}",
            remedy="Wire it from something that comes from an Input.",
        )
    rest = x.shape[1:] if _is_lone(x) else x.shape
    if N in rest:
        raise Mismatch(
            "batch_moved",
            "input",
            expected="a tensor without a batch, such as a LearnableTensor",
            got=f"{x}",
            remedy="Take this layer out: each example has its own values already.",
        )
    return x.with_shape(N, *rest)


def _each_text(p: Params, x: TensorType, like: TensorType) -> str:
    kept = x.rank - (1 if _is_lone(x) else 0)
    return f"{{input}}.expand({', '.join(['{like}.shape[0]', *['-1'] * kept])})"


ExpandBatch = Layer(
    title="Copy for each example",
    family="shape",
    short="expand",
    doc="Gives every example the same tensor, as a class token is put before each sequence; a "
    "first axis of size 1 becomes the batch, otherwise the batch is set in before it.",
    paper="Dosovitskiy et al., An image is worth 16x16 words, 2021",
    keywords=("expand as", "class token", "cls", "batch", "broadcast", "vit", "learnable", "like"),
    inputs=(
        Port("input", rank=(0, None), dtype="any", doc="a tensor without a batch"),
        Port("like", rank=(1, None), dtype="any", doc="what the batch is taken from"),
    ),
    output=_each,
    template=_each_text,
    view=True,
    examples=(example((4,), (7, 4)), example((1, 8), (3, 5, 5))),
)


def _repeated(p: Params, x: TensorType) -> TensorType:
    _per_axis(p.repeats, x, "repeats", 1)
    sizes = [size * count for size, count in zip(_own(x), p.repeats, strict=True)]
    result = x.with_shape(*x.shape[: x.rank - len(sizes)], *sizes)
    refuse_huge(result.numel, "repeats", "numbers", "Repeat less often.")
    return result


def _repeated_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    pairs = zip(_own(x), p.repeats, strict=True)
    return tuple(f"{size}·{count} = {size * count}" for size, count in pairs if count != 1)


Repeat = Layer(
    title="Repeat",
    family="shape",
    short="repeat",
    doc="Lays copies of the tensor behind each other along its axes.",
    keywords=("tile", "copies", "duplicate", "copy", "expand"),
    params=(explicit(Ints("repeats", (2,), low=1, doc="copies along each axis after the batch")),),
    inputs=_ANY,
    output=_repeated,
    words=_repeated_words,
    template=lambda p, x: (
        "{x}.repeat(1, {repeats:*})" if is_batched(x) else "{x}.repeat({repeats:*})"
    ),
    examples=(example((5,)), example((3, 4, 2), repeats=(1, 2, 3))),
)


def _interleaved(p: Params, x: TensorType) -> TensorType:
    place = axis_at(p.dim, x)
    result = replaced(x, place, x.shape[place] * p.repeats)
    refuse_huge(result.numel, "repeats", "numbers", "Repeat less often.")
    return result


RepeatInterleave = Layer(
    title="Repeat each",
    family="shape",
    short="repeat",
    formula="[a, b] → [a, a, b, b]",
    doc="Repeats every place of an axis several times before the next one.",
    keywords=("interleave", "copies", "duplicate", "grouped queries", "nearest", "tile"),
    params=(
        Int("repeats", 2, low=1, label="copies", doc="how often each place comes"),
        Axis(-1, "axis that grows; -1 is the last"),
    ),
    inputs=_ANY,
    output=_interleaved,
    forward="{x}.repeat_interleave({repeats}, dim={dim})",
    words=lambda p, y, x: (
        f"{x.shape[axis_at(p.dim, x)]}·{p.repeats} = {y.shape[axis_at(p.dim, x)]}",
    ),
    examples=(example((5,)), example((3, 4, 2), repeats=3, dim=1)),
)


def _rolled(p: Params, x: TensorType) -> TensorType:
    if len(p.shifts) != len(axes_at(p.dims, x, name="dims")):
        raise Mismatch(
            "values_do_not_fill",
            "shifts",
            expected=f"{len(p.dims)}, one for each axis in dims",
            got=f"{len(p.shifts)}",
            remedy="Name one shift for each axis.",
        )
    return x


Roll = Layer(
    title="Roll",
    family="shape",
    short="roll",
    doc="Shifts values along axes; what leaves at one end comes in at the other.",
    paper="Liu et al., Swin transformer, 2021",
    keywords=("shift", "cyclic", "circular", "swin", "rotate"),
    params=(
        explicit(Ints("shifts", (1,), low=-(10**6), high=10**6, doc="places along each axis")),
        Axes((-1,), "axes that are shifted along; -1 is the last", name="dims"),
    ),
    inputs=_ANY,
    output=_rolled,
    forward="torch.roll({x}, shifts={shifts}, dims={dims})",
    examples=(example((5,)), example((3, 4, 6), shifts=(-2, -2), dims=(2, 3))),
)


def _flipped(p: Params, x: TensorType) -> TensorType:
    axes_at(p.dims, x, name="dims")
    return x


Flip = Layer(
    title="Flip",
    family="shape",
    short="flip",
    doc="Turns the order of values along axes round.",
    keywords=("reverse", "mirror", "backwards", "turn"),
    params=(Axes((-1,), "axes that are turned round; -1 is the last", name="dims"),),
    inputs=_ANY,
    output=_flipped,
    forward="{x}.flip({dims})",
    examples=(example((5,)), example((3, 4, 6), dims=(2, 3))),
)


def _padded(p: Params, x: TensorType) -> TensorType:
    count = len(p.pad) // 2
    own = _own(x)
    if not p.pad or len(p.pad) % 2 or count > len(own):
        raise Mismatch(
            "values_do_not_fill",
            "pad",
            expected=f"two numbers an axis, for at most {len(own)} axes",
            got=f"{len(p.pad)} numbers",
            remedy="Name before and behind of the last axis, then of the one before it, and so on.",
            fixes=(Fix("Pad the last axis", (SetParam("", "pad", (1, 1)),)),),
        )
    if p.mode != "constant" and not (x.rank - 2 <= count < x.rank and count <= 3):
        raise Mismatch(
            "values_do_not_fill",
            "pad",
            expected=f"both sides of the last {max(x.rank - 2, 1)} axes of {x}",
            got=f"{count} axes",
            remedy="Pad all axes behind the channels, or set mode to constant.",
            fixes=(Fix("Pad with one number", (SetParam("", "mode", None),)),),
        )
    sizes = list(x.shape)
    for number in range(count):
        before, behind = p.pad[2 * number : 2 * number + 2]
        place = x.rank - 1 - number
        most = sizes[place] - 1 if p.mode == "reflect" else sizes[place]
        if p.mode in ("reflect", "circular") and (before > most or behind > most):
            raise Mismatch(
                "padding_too_large",
                "pad",
                expected=f"at most {int(most)} on axis {place}",
                got=f"{int(max(before, behind))}",
                remedy="Pad less, or set mode to replicate.",
                fixes=(Fix("Repeat the edge", (SetParam("", "mode", "replicate"),)),),
            )
        sizes[place] = sizes[place] + before + behind
    result = x.with_shape(*sizes)
    refuse_huge(result.numel, "pad", "numbers", "Pad less.")
    return result


Pad = Layer(
    title="Pad",
    family="shape",
    short="pad",
    doc="Adds places before and behind the last axes.",
    keywords=("padding", "border", "zeros", "margin", "reflect", "replicate", "circular"),
    params=(
        explicit(
            Ints(
                "pad",
                (1, 1),
                low=0,
                label="amounts",
                doc="before and behind: of the last axis, then of the one before it, and so on",
            )
        ),
        Choice(
            "mode",
            "constant",
            ("constant", "reflect", "replicate", "circular"),
            doc="what is put there: one number, a mirror image, the edge, the other end",
        ),
        Float("value", 0.0, low=-1e30, high=1e30, doc="number that is put there in mode constant"),
    ),
    inputs=(Port("input", rank=(2, None), doc="any tensor"),),
    output=_padded,
    template=lambda p, x: (
        "F.pad({x}, {pad}, value={value})"
        if p.mode == "constant"
        else "F.pad({x}, {pad}, mode={mode})"
    ),
    examples=(
        example((5,)),
        example((3, 4, 6), pad=(1, 2, 0, 3), value=-1.0),
        example((3, 8, 6), pad=(1, 1, 2, 2), mode="reflect"),
        example((3, 4), pad=(2, 2), mode="circular"),
    ),
)
