"""Python text without the branches that constant switches turn off, comments kept.

Owns the cuts: places are found through `ast`, then spans of the text are taken out or moved left.
Knows nothing of recipes.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from nnstudio.document.pieces import names_in

_UNKNOWN = object()
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, among: one in among,
    ast.NotIn: lambda one, among: one not in among,
}


def fold(text: str, known: Mapping[str, Any]) -> str:
    """The text with every branch on `known` names decided, and without code behind a return."""
    text = _without_conditions(text, known)
    # Each definition by itself first, so that a cut in one does not read all others anew.
    return _folded("".join(_definition(part, known) for part in _definitions(text)), known)


def _definition(text: str, known: Mapping[str, Any]) -> str:
    names = names_in(text)
    given = tuple((name, value) for name, value in known.items() if name in names)
    try:
        return _kept(text, given)
    except TypeError:  # a list among the values
        return _folded(text, dict(given))


@lru_cache(2048)
def _kept(text: str, given: tuple[tuple[str, Any], ...]) -> str:
    return _folded(text, dict(given))


@lru_cache(64)
def _definitions(text: str) -> tuple[str, ...]:
    """The text in parts, each a statement at its top and what stands behind it."""
    lines = text.splitlines(keepends=True)
    starts = [
        min([one.lineno, *(d.lineno for d in getattr(one, "decorator_list", ()))]) - 1
        for one in ast.parse(text).body
    ]
    return tuple("".join(lines[a:b]) for a, b in pairwise([0, *starts[1:], len(lines)]))


def _folded(text: str, known: Mapping[str, Any]) -> str:
    while True:
        tree = ast.parse(text)
        shorter = (
            _fold_once(text, tree, known)
            or _without_dead_code(text, tree)
            or _with_direct_return(text, tree)
            or _without_pass(text, tree)
        )
        if shorter is None:
            # What is gone from a class leaves the blank lines before and behind it.
            return re.sub(r"\n{3,}(?= )", "\n\n", text)
        text = shorter


@cache
def switches(text: str) -> frozenset[str]:
    """The names that conditions of the text ask for, and its constants that are conditions."""
    tree = ast.parse(text)
    tests = [
        node.test for node in ast.walk(tree) if isinstance(node, ast.If | ast.IfExp | ast.While)
    ]
    tests += [condition.value for condition in _conditions(text).values()]
    return frozenset(
        node.id for test in tests for node in ast.walk(test) if isinstance(node, ast.Name)
    )


def decided(text: str, known: Mapping[str, Any]) -> dict[str, bool]:
    """The constants of a text that are conditions over `known` ones, with what they come to."""
    found = {name: _value(one.value, known) for name, one in _conditions(text).items()}
    return {name: bool(value) for name, value in found.items() if value is not _UNKNOWN}


def _without_conditions(text: str, known: Mapping[str, Any]) -> str:
    """The text without those of its constants that are conditions and are known."""
    gone = [condition for name, condition in _conditions(text).items() if name in known]
    spans = [(one.lineno - 1, one.end_lineno or one.lineno) for one in gone]
    return _without_lines(text, spans) or text


@lru_cache(256)
def _conditions(text: str) -> Mapping[str, ast.Assign]:
    """The constants of a text that are conditions, each with the statement that says so."""
    return {
        name: statement
        for statement in ast.parse(text).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.BoolOp | ast.Compare)
        and (name := ast.unparse(statement.targets[0])).isupper()
    }


def holds(condition: str, known: Mapping[str, Any]) -> bool:
    """Whether a condition over `known` names is true; one that cannot be decided is not."""
    decided = _value(ast.parse(condition, mode="eval").body, known)
    return decided is not _UNKNOWN and bool(decided)


def _fold_once(text: str, tree: ast.Module, known: Mapping[str, Any]) -> str | None:
    """The text after every cut that lies in no other; None where there is none to make."""
    cuts = sorted(_cuts(tree, known), key=_place, reverse=True)
    # From the end to the beginning, so that the places of the others stay right.
    for node, decided in cuts:
        text = (
            _without_branches(text, node, bool(decided))
            if isinstance(node, ast.If)
            else _replaced(text, node, decided)
        )
    return text if cuts else None


def _place(cut: tuple[Any, Any]) -> tuple[int, int]:
    return cut[0].lineno, cut[0].col_offset


def _cuts(node: ast.AST, known: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Decided conditions, each with its value, and expressions, each with what is left of them."""
    match node:
        case ast.If() if (decided := _value(node.test, known)) is not _UNKNOWN:
            yield node, decided
            return
        case ast.IfExp() if (decided := _value(node.test, known)) is not _UNKNOWN:
            yield node, node.body if decided else node.orelse
            return
        case ast.BoolOp(values=[first, rest]) if (decided := _value(first, known)) is not _UNKNOWN:
            # `SWITCH and other`: the switch alone, or the other alone.
            yield node, first if isinstance(node.op, ast.Or) is bool(decided) else rest
            return
    for child in ast.iter_child_nodes(node):
        yield from _cuts(child, known)


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """What an expression is worth, `_UNKNOWN` where it is not known before the program runs."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return known.get(name, _UNKNOWN)
        case ast.Tuple(elts=items):
            found = tuple(_value(item, known) for item in items)
            return _UNKNOWN if any(one is _UNKNOWN for one in found) else found
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            value = _value(operand, known)
            return value if value is _UNKNOWN else not value
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            one, other = _value(left, known), _value(right, known)
            if one is _UNKNOWN or other is _UNKNOWN:
                return _UNKNOWN
            return _COMPARISONS[type(op)](one, other)
        case ast.BoolOp(op=op, values=values):
            parts = [_value(part, known) for part in values]
            decisive = isinstance(op, ast.Or)
            if any(part is not _UNKNOWN and bool(part) is decisive for part in parts):
                return decisive
            return _UNKNOWN if any(part is _UNKNOWN for part in parts) else not decisive
    return _UNKNOWN


def _replaced(text: str, node: ast.expr, by: ast.expr) -> str:
    """The text with one expression in the place of a larger one around it."""
    lines = text.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: (node.end_lineno or 0) - 1])) + (node.end_col_offset or 0)
    data = text.encode()
    inner = (ast.get_source_segment(text, by) or "").encode()
    return (data[:start] + inner + data[end:]).decode()


def _without_branches(text: str, node: ast.If, decided: bool) -> str:
    """The text with a decided `if` or `elif` cut down to the branch that is left."""
    lines = text.splitlines(keepends=True)
    first, last = node.lineno - 1, node.end_lineno or node.lineno
    body_end = node.body[-1].end_lineno or node.lineno
    head, rest = lines[:first], lines[last:]
    chained = lines[first].lstrip().startswith("elif")
    following = node.orelse[0] if node.orelse else None
    if decided:
        body = lines[node.test.end_lineno or node.lineno : body_end]
        if chained:
            kept = [_indent(lines[first]) + "else:\n", *body]
        else:
            kept = _moved_left(body, node.body[0].col_offset - node.col_offset)
    elif following is None:
        kept = [] if chained else [_indent(lines[first]) + "pass\n"]
    elif isinstance(following, ast.If) and _is_elif(lines, following):
        kept = lines[following.lineno - 1 : last]
        if not chained:
            kept[0] = kept[0].replace("elif", "if", 1)
    else:
        line = following.lineno - 2
        while lines[line].strip() != "else:":
            line -= 1
        if chained:
            kept = lines[line:last]
        else:
            kept = _moved_left(lines[line + 1 : last], following.col_offset - node.col_offset)
    return "".join([*head, *kept, *rest])


def _is_elif(lines: list[str], node: ast.If) -> bool:
    return lines[node.lineno - 1].lstrip().startswith("elif")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _moved_left(lines: list[str], columns: int) -> list[str]:
    return [line[columns:] if line.strip() else line for line in lines]


def _without_dead_code(text: str, tree: ast.Module) -> str | None:
    """The text without what stands behind a return that is not the end of its block."""
    dead = []
    for block in _blocks(tree):
        for statement, following in pairwise(block):
            if isinstance(statement, ast.Return | ast.Raise | ast.Continue):
                end = block[-1].end_lineno or following.lineno
                dead.append((statement.end_lineno or statement.lineno, end))
                break
    return _without_lines(text, dead)


def _with_direct_return(text: str, tree: ast.Module) -> str | None:
    """The text with `return value` in the place of `name = value`, `return name`."""
    lines = text.splitlines(keepends=True)
    gone = []
    for block in _blocks(tree):
        for one, other in pairwise(block):
            match one, other:
                case (
                    ast.Assign(targets=[ast.Name(id=name)]),
                    ast.Return(value=ast.Name(id=returned)),
                ) if name == returned:
                    first, last = one.lineno - 1, one.end_lineno or one.lineno
                    lines[first] = lines[first].replace(f"{name} = ", "return ", 1)
                    gone.append((last, other.end_lineno or other.lineno))
    return _without_lines("".join(lines), gone)


def _without_pass(text: str, tree: ast.Module) -> str | None:
    """The text without a `pass` that stands for a branch that is gone, where others are left."""
    gone = [
        (one.lineno - 1, one.lineno)
        for block in _blocks(tree)
        if len(block) > 1
        # One stays where a block has no other statement.
        for one in block[all(isinstance(one, ast.Pass) for one in block) :]
        if isinstance(one, ast.Pass)
    ]
    return _without_lines(text, gone)


def _without_lines(text: str, spans: list[tuple[int, int]]) -> str | None:
    """The text without the lines from each first number on up to the second, counted from 0."""
    if not spans:
        return None
    lines: list[str | None] = list(text.splitlines(keepends=True))
    for first, last in spans:
        lines[first:last] = [None] * (last - first)
    return "".join(line for line in lines if line is not None)


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """The statements that stand one below the other, in each place of the text."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        for field in ("body", "orelse", "finalbody"):
            if block := getattr(node, field, None):
                yield block
                waiting += block
        waiting += getattr(node, "handlers", ())
        waiting += getattr(node, "cases", ())
