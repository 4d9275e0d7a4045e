"""Products of matrices, and sums of products over named axes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graph_compiler.broadcasting import stretched
from graph_compiler.layer import Layer, Mismatch, Params, Port, Text, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, InsertOnWire
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType


def _matmul(p: Params, x: TensorType, other: TensorType) -> TensorType:
    rows = x.shape[:-1]
    inner = other.shape[-2] if other.rank > 1 else other.shape[0]
    if x.last is N or inner is N or x.last != inner:
        fixes: tuple[Fix, ...] = ()
        if other.rank > 2 and other.shape[-2] is not N and x.last == other.last:
            fixes = (Fix("Transpose other", (InsertOnWire("", "other", "Transpose"),)),)
        raise Mismatch(
            "features_differ",
            "other",
            expected=f"{x.last} rows, one for each of the first input's columns",
            got=f"{other}",
            remedy="Let the last axis of the first input equal the second last of the other.",
            fixes=fixes,
        )
    lead = stretched(x.shape[:-2], other.shape[:-2])
    row = rows[-1:]
    column = other.shape[-1:] if other.rank > 1 else ()
    shape = (*(lead or ()), *row, *column)
    batched = N in (*x.shape[:1], *other.shape[:1])
    if lead is None or shape.count(N) > 1 or (batched and shape[0] is not N):
        raise Mismatch(
            "shapes_differ",
            "other",
            expected=f"a stack of matrices like that of {x}",
            got=f"{other}",
            remedy="Give both the same axes before their matrices, the batch first.",
        )
    result = TensorType(shape, "float")
    refuse_huge(result.numel, "input", "numbers", "Make the matrices smaller.")
    return result


def _matmul_macs(p: Params, y: TensorType, x: TensorType, other: TensorType) -> Dim:
    return y.numel * x.last


def _matmul_words(p: Params, y: TensorType, x: TensorType, other: TensorType) -> tuple[str, ...]:
    return (f"sums of {x.last} products",)


MatMul = Layer(
    title="Matrix product",
    family="operation",
    short="matmul",
    formula="y[i, j] = Σₖ a[i, k]·b[k, j]",
    doc="Multiplies matrices on the last two axes, one pair for each place on the others.",
    keywords=("matmul", "dot", "bmm", "multiply", "@", "batched", "attention", "mm"),
    inputs=(
        Port("input", rank=(1, None), doc="matrices, or a vector for each example"),
        Port("other", rank=(1, None), doc="matrices with as many rows as the first has columns"),
    ),
    output=_matmul,
    macs=_matmul_macs,
    words=_matmul_words,
    forward="{input} @ {other}",
    examples=(
        example((7, 5), (5, 3)),
        example((4, 7, 5), (4, 5, 6)),
        example((4, 7, 5), (1, 5, 6)),
    ),
)

_GROUP = r"[A-Za-z]*(?:\.\.\.)?[A-Za-z]*"
_EQUATION = re.compile(rf"({_GROUP}(?:,{_GROUP})*)(?:->({_GROUP}))?")
_REST = "..."
_NAMES = re.compile(r"\.\.\.|[A-Za-z]")

Axes = tuple[str, ...]
"""The names of axes in order: letters, and for those that `...` stands for, their place from the
end of it."""


def _bad(expected: str, got: str, remedy: str) -> Mismatch:
    return Mismatch("bad_equation", "equation", expected=expected, got=got, remedy=remedy)


def _read(equation: str, count: int | None = None) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the result; raises `Mismatch`.

    Without an arrow the result has what `...` stands for, then each letter that occurs once, as in
    `torch.einsum`.
    """
    plain = equation.replace(" ", "")
    match = _EQUATION.fullmatch(plain) if len(plain) <= 200 else None
    operands = tuple(match[1].split(",")) if match else ()
    if match is None or not all(operands):
        raise _bad(
            "letters for the axes of each input, ->, those of the result",
            f"`{ascii(equation)[1:-1][:60]}`",
            "Write an equation such as nij,njk->nik; ... stands for axes without a letter.",
        )
    names = [name for letters in operands for name in _NAMES.findall(letters)]
    once = sorted(name for name in set(names) - {_REST} if names.count(name) == 1)
    result = match[2] if match[2] is not None else "".join([_REST] * (_REST in names) + once)
    if count is not None and len(operands) != count:
        raise _bad(
            f"letters for {count} inputs",
            f"for {len(operands)}",
            "Write one group of letters for each wire, with commas between them.",
        )
    named = _NAMES.findall(result)
    for name in named:
        if named.count(name) > 1 or name not in names:
            raise _bad(
                "each letter of the result once, and among those of the inputs",
                f"{name} in `{result}`",
                "Correct the letters behind ->.",
            )
    return operands, result


def _axes(letters: str, rest: int) -> Axes:
    """The axes that `letters` name, with `rest` of them behind `...`."""
    found: list[str] = []
    for name in _NAMES.findall(letters):
        if name == _REST:
            found += [f"{_REST}{place}" for place in range(rest, 0, -1)]
        else:
            found.append(name)
    return tuple(found)


def _named(p: Params, *inputs: TensorType) -> tuple[tuple[Axes, ...], Axes]:
    """The axes of each input and of the result; raises `Mismatch`."""
    operands, result = _read(p.equation, len(inputs))
    axes, most = [], 0
    for number, (letters, x) in enumerate(zip(operands, inputs, strict=True), 1):
        rest = x.rank - len(letters.replace(_REST, ""))
        if rest < 0 or (rest > 0 and _REST not in letters):
            least = "at least " if _REST in letters else ""
            raise Mismatch(
                "bad_equation",
                f"input{number}",
                expected=f"{least}{x.rank - rest} axes, as in `{letters}`",
                got=f"{x}",
                remedy="Write one letter for each axis; the first is the batch.",
            )
        axes.append(_axes(letters, rest))
        if _REST in letters:
            most = max(most, rest)
    return tuple(axes), _axes(result, most)


def _sizes(p: Params, *inputs: TensorType) -> dict[str, Dim]:
    sizes: dict[str, Dim] = {}
    for number, (names, x) in enumerate(zip(_named(p, *inputs)[0], inputs, strict=True), 1):
        for name, size in zip(names, x.shape, strict=True):
            known = sizes.setdefault(name, size)
            if known == size or (name.startswith(_REST) and size == 1):
                continue
            if name.startswith(_REST) and known == 1:
                sizes[name] = size
                continue
            behind = name.startswith(_REST)
            raise Mismatch(
                "bad_equation",
                f"input{number}",
                expected=f"{known} on {'an axis of ...' if behind else f'axis {name}'}, as before",
                got=f"{size}",
                remedy="Use one letter only for axes of one size."
                if not behind
                else "Let the axes behind ... be of one size, or 1.",
            )
    return sizes


def _einsum(p: Params, *inputs: TensorType) -> TensorType:
    sizes = _sizes(p, *inputs)
    shape = tuple(sizes[name] for name in _named(p, *inputs)[1])
    if shape.count(N) and shape[0] is not N:
        raise _bad(
            f"the letter of the batch first behind ->, {_batch_name(sizes)}",
            f"`{_read(p.equation)[1]}`",
            "Put the batch first.",
        )
    result = TensorType(shape, "float")
    refuse_huge(result.numel, "input1", "numbers", "Make the inputs smaller.")
    return result


def _batch_name(sizes: Mapping[str, Dim]) -> str:
    name = next(name for name, size in sizes.items() if size is N)
    return _REST if name.startswith(_REST) else name


def _einsum_macs(p: Params, y: TensorType, *inputs: TensorType) -> Dim:
    """Products that are summed, pair by pair from the left; pure products count nothing."""
    sizes = _sizes(p, *inputs)
    operands, result = _named(p, *inputs)
    total: Dim = 0
    left = set(operands[0])
    for number, names in enumerate(operands[1:], 2):
        later = set(result).union(*operands[number:])
        right = set(names)
        left = {a for a in left if a in later or a in right}
        right = {a for a in right if a in later or a in left}
        both = sorted(left | right)
        if any(sizes[a] is N or sizes[a] != 1 for a in (left & right) - later):
            count: Dim = 1
            for name in both:
                if sizes[name] is not N:
                    count = count * sizes[name]
            total = total + count
        left = {a for a in both if a in later}
    return total


def _einsum_words(p: Params, y: TensorType, *inputs: TensorType) -> tuple[str, ...]:
    operands, result = _read(p.equation)
    summed = sorted(set(_NAMES.findall("".join(operands))) - set(_NAMES.findall(result)))
    return (f"summed over {', '.join(summed)}",) if summed else ()


def _einsum_extra(p: Params, y: TensorType, *inputs: TensorType) -> Mapping[str, Any]:
    operands, result = _read(p.equation)
    return {"letters": f"{','.join(operands)}->{result}"}


Einsum = Layer(
    title="Einsum",
    family="operation",
    short="einsum",
    formula="y[n, i, k] = Σⱼ a[n, i, j]·b[n, j, k]",
    doc="Multiplies tensors along axes named by letters and sums over those that the result lacks.",
    paper="Einstein, Die Grundlage der allgemeinen Relativitätstheorie, 1916",
    keywords=("einstein sum", "contraction", "tensor product", "bilinear", "outer", "matmul"),
    params=(
        Text(
            "equation",
            "nij,njk->nik",
            doc="a letter for each axis of each input, then those of the result, the batch first; "
            "... stands for the axes without a letter",
        ),
    ),
    inputs=(Port("input", rank=(0, None), many=True, doc="one for each group of letters"),),
    output=_einsum,
    macs=_einsum_macs,
    words=_einsum_words,
    forward="torch.einsum({letters}, {inputs})",
    extra=_einsum_extra,
    examples=(
        example((3, 4), (4, 5)),
        example((3,), (5,), equation="ni, nj -> nij"),
        example((3, 4), (4,), equation="nij,nj->ni"),
        example((3,), (5, 3, 4), (4,), equation="ni,noij,nj->no"),
        example((2, 3, 4), (4, 5), equation="n...ij,njk->n...ik"),
    ),
)
