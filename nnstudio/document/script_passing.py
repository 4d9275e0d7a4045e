"""Constants that become parameters: passed down from a recipe's beginning to where they are read.

Owns the way of a value: a part's function that reads a constant takes it as a parameter, and so
does every function that calls it, up to the recipe's `__init__`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from nnstudio.document.pieces import call_text

TYPES = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "ints": "tuple[int, ...]",
    "groups": "list[tuple[list[str], dict[str, float]]]",
}


def can_be_passed(texts: Sequence[str], constant: str, begin: str) -> bool:
    """Whether all that read a constant are called from the `__init__` of the class `begin` alone.

    A constant that nothing reads can be.
    """
    known = [one for text in texts for one in _facts(text)]
    wanted = {one.name for one in known if constant in one.reads}
    reached: set[str] = set()
    while wanted - reached:
        name = (wanted - reached).pop()
        reached.add(name)
        if name != begin:
            callers = {one.name for one in known if name in one.calls}
            if not callers:
                return False
            wanted |= callers
    return all(one.is_begin for one in known if one.name in reached)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a function, or a class by its `__init__`, reads and calls by name."""

    name: str
    is_begin: bool
    """Whether it may be called when training begins, and is no method called at a later time."""
    reads: frozenset[str]
    calls: frozenset[str]


@cache
def _facts(text: str) -> tuple[_Facts, ...]:
    """The functions of a text; what stands outside of them is one more, which has no name."""
    found = [
        _Facts(name, begins, _names(node), _called(node)) for name, node, begins in _functions(text)
    ]
    outside = frozenset[str]().union(*map(_names, _outside(text)))
    return (*found, _Facts("", False, outside, frozenset()))


def _names(part: ast.AST) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(part) if isinstance(node, ast.Name))


def _called(part: ast.AST) -> frozenset[str]:
    return frozenset(
        node.func.id
        for node in ast.walk(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )


def passed_down(texts: Sequence[str], constant: str, kind: str, begin: str) -> list[str]:
    """The texts with a constant as a parameter of all that read it; see `can_be_passed`."""
    known = [one for text in texts for one in _facts(text) if one.name]
    takes = {one.name for one in known if constant in one.reads}
    while True:
        callers = {one.name for one in known if one.calls & (takes - {begin})}
        if callers <= takes:
            break
        takes |= callers
    return [_with_parameters(text, takes, begin, constant, kind) for text in texts]


def _with_parameters(text: str, takes: set[str], begin: str, constant: str, kind: str) -> str:
    done: set[str] = set()
    while True:
        function = next(
            ((name, node) for name, node, _ in _functions(text) if name in takes - done), None
        )
        if function is None:
            return text
        done.add(function[0])
        text = _with_parameter(text, function[1], takes - {begin}, constant, kind)


def _with_parameter(
    text: str, function: ast.FunctionDef, takes: set[str], constant: str, kind: str
) -> str:
    lines = text.splitlines(keepends=True)
    name, first, body = constant.lower(), function.lineno - 1, function.body[0].lineno - 1
    argument = f"{name}: {TYPES.get(kind, 'str')}"
    declared = [ast.unparse(one) for one in function.args.args] + [argument]
    result = f" -> {ast.unparse(function.returns)}:" if function.returns else ":"
    head = call_text(f"def {function.name}", declared, result, function.col_offset) + "\n"
    calls = sorted(_calls_any(function, takes), key=lambda call: -call.lineno)
    for call in calls:
        _add_argument(lines, call, name)
    inner = "".join(lines[body : function.end_lineno])
    inner = re.sub(rf"\b{constant}\b", name, inner)
    return "".join([*lines[:first], head, inner, *lines[function.end_lineno :]])


def _add_argument(lines: list[str], call: ast.Call, name: str) -> None:
    """One more argument in the lines of a call; the call keeps the number of lines it has."""
    arguments = [ast.unparse(one) for one in call.args] + [
        f"{one.arg}={ast.unparse(one.value)}" for one in call.keywords
    ]
    arguments.append(f"{name}={name}" if call.keywords else name)
    first, last = call.lineno - 1, (call.end_lineno or call.lineno) - 1
    before, after = lines[first][: call.col_offset], lines[last][call.end_col_offset :]
    head = before.lstrip() + ast.unparse(call.func)
    indent = len(before) - len(before.lstrip())
    written = call_text(head, arguments, after.rstrip("\n"), indent) + "\n"
    lines[first : last + 1] = [written, *[""] * (last - first)]


def _functions(text: str) -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    """What each function is called by, a class's `__init__` by the class; and whether it is no
    method of another kind."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.FunctionDef):
            yield statement.name, statement, True
        elif isinstance(statement, ast.ClassDef):
            for method in statement.body:
                if isinstance(method, ast.FunctionDef):
                    begins = method.name == "__init__"
                    name = statement.name if begins else f"{statement.name}.{method.name}"
                    yield name, method, begins


def _outside(text: str) -> Iterator[ast.AST]:
    """What stands in a text outside of functions."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ClassDef):
            yield from (one for one in statement.body if not isinstance(one, ast.FunctionDef))
        elif not isinstance(
            statement, ast.FunctionDef | ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign
        ):
            yield statement


def _calls_any(function: ast.FunctionDef, names: set[str]) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]
