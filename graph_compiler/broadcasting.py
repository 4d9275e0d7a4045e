"""Shapes that torch stretches to each other, and the kind of number that comes of several.

Owns the rule: shapes are aligned at their last axes, an axis of size 1 takes the other's size. The
batch meets only the batch. Works on ints and symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph_compiler.layer import Mismatch
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, InsertOnWire
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType

_KINDS = ("bool", "int", "float")


def promoted(*dtypes: str) -> str:
    """The kind of number that torch computes in where these meet."""
    return max(dtypes, key=_KINDS.index)


def broadcast(
    ports: Sequence[str], inputs: Sequence[TensorType], *, join: bool = False
) -> TensorType:
    """The common type; raises `Mismatch` at the first port that does not fit those before it."""
    shape, among = inputs[0].shape, ports[0]
    for number, (port, x) in enumerate(zip(ports[1:], inputs[1:], strict=True), 1):
        wider = _stretched(shape, x.shape)
        before = TensorType(shape, inputs[0].dtype)
        if wider is None or not _batch_first(wider, before, x):
            raise _unfit(port, x, among, before, len(inputs) == 2, join)
        if wider != inputs[0].shape:
            among = ports[number] if wider == x.shape else "the inputs before"
        shape = wider
    result = TensorType(shape, promoted(*(x.dtype for x in inputs)))
    refuse_huge(result.numel, ports[0], "numbers", "Make the inputs smaller.")
    return result


def ports_of(name: str, inputs: Sequence[TensorType]) -> tuple[str, ...]:
    """The names of the wires of a port `many`."""
    return tuple(f"{name}{number}" for number in range(1, len(inputs) + 1))


def stretched(one: Sequence[Dim], two: Sequence[Dim]) -> tuple[Dim, ...] | None:
    """The shape that both are stretched to, or None; the batch is an axis like others."""
    return _stretched(tuple(one), tuple(two))


def _stretched(one: tuple[Dim, ...], two: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    longer, shorter = (one, two) if len(one) >= len(two) else (two, one)
    lead = len(longer) - len(shorter)
    sizes: list[Dim] = [*longer[:lead]]
    for a, b in zip(longer[lead:], shorter, strict=True):
        if a is b or a == b or b == 1:
            sizes.append(a)
        elif a == 1:
            sizes.append(b)
        else:
            return None
    return tuple(sizes)


def _batch_first(shape: tuple[Dim, ...], *inputs: TensorType) -> bool:
    """Whether the batch is one axis of the result, and the first where it was the first."""
    count = sum(size is N for size in shape)
    if any(x.rank and x.shape[0] is N for x in inputs):
        return count == 1 and shape[0] is N
    return count <= 1


def _unfit(
    port: str, x: TensorType, among: str, wanted: TensorType, pair: bool, join: bool
) -> Mismatch:
    fixes = [*_fitting(port, x, wanted)]
    if pair:
        fixes += _fitting(among, wanted, x)
    other = ", or join them with Concatenate" if join else ""
    return Mismatch(
        "shapes_differ",
        port,
        expected=f"{wanted}, as on {among}",
        got=f"{x}",
        remedy=f"Give both branches the same shape{other}.",
        fixes=tuple(fixes),
    )


def grid_fixes(port: str, x: TensorType, wanted: TensorType) -> Iterator[Fix]:
    """Layers that give an image the size of another one, or put its axes in the same order."""
    axes = x.rank - 2
    if x.rank != wanted.rank or axes not in (1, 2, 3) or N in x.shape[1:]:
        return
    if not (x.shape[0] is wanted.shape[0] is N):
        return
    have, want = x.shape[2:], wanted.shape[2:]
    if axes > 1 and (x.shape[-1], *x.shape[1:-1]) == wanted.shape[1:]:
        order = (0, x.rank - 1, *range(1, x.rank - 1))
        yield Fix(
            f"Bring the last axis to the front on {port}",
            (InsertOnWire("", port, "Permute", (("dims", order),)),),
        )
    elif (
        x.dtype == "float" and have != want and all(a >= b for a, b in zip(have, want, strict=True))
    ):
        sizes = tuple(int(size) for size in want)
        text = "×".join(map(str, sizes))
        yield Fix(
            f"Insert AdaptiveAvgPool{axes}d to {text} on {port}",
            (InsertOnWire("", port, f"AdaptiveAvgPool{axes}d", (("output_size", sizes),)),),
        )


def _larger(have: tuple[Dim, ...], want: tuple[Dim, ...]) -> bool:
    """Whether no axis is smaller, and one is larger."""
    return have != want and all(a >= b for a, b in zip(have, want, strict=True))


def _fitting(port: str, x: TensorType, wanted: TensorType) -> Iterator[Fix]:
    """Layers that bring one branch into the shape of the other."""
    yield from grid_fixes(port, x, wanted)
    if x.rank == wanted.rank == 4 and (stride := _stride(x, wanted)):
        filters = int(wanted.shape[1])
        projection: tuple[tuple[str, int], ...] = (("out_channels", filters), ("kernel_size", 1))
        if x.shape[0] is N and wanted.shape[0] is N:
            text = f"Insert Conv2d 1×1 with {_counted(filters, 'filter')}"
            if stride > 1:
                projection, text = (*projection, ("stride", stride)), f"{text} and stride {stride}"
            yield Fix(f"{text} on {port}", (InsertOnWire("", port, "Conv2d", projection),))
    elif x.rank == wanted.rank and x.shape[:-1] == wanted.shape[:-1]:
        if x.dtype == "float" and x.last is not N and wanted.last is not N:
            units = int(wanted.last)
            yield Fix(
                f"Insert Linear with {_counted(units, 'unit')} on {port}",
                (InsertOnWire("", port, "Linear", (("out_features", units),)),),
            )
    elif wanted.rank == 2 and x.numel == wanted.last:
        yield Fix(f"Insert Flatten on {port}", (InsertOnWire("", port, "Flatten"),))
    elif x.rank == 2 and wanted.rank > 2 and x.last == wanted.shape[1] and x.shape[0] is N:
        sizes = (int(x.last), *[1] * (wanted.rank - 2))
        yield Fix(
            f"Insert Reshape to {'×'.join(map(str, sizes))} on {port}",
            (InsertOnWire("", port, "Reshape", (("shape", sizes),)),),
        )


def _stride(x: TensorType, wanted: TensorType) -> int:
    """The stride by which a 1×1 projection comes to the wanted height and width; 0 for none."""
    have, want = x.shape[2:], wanted.shape[2:]
    if have == want:
        return 1
    if N in (*have, *want) or x.shape[1] == wanted.shape[1]:
        return 0
    strides = {-(-int(a) // int(b)) for a, b in zip(have, want, strict=True)}
    stride = strides.pop()
    fits = all(-(-int(a) // stride) == int(b) for a, b in zip(have, want, strict=True))
    return stride if not strides and fits else 0


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
