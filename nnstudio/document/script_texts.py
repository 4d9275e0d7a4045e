"""The engine's texts that a script is made of: found, followed to what they import, and reworked.

Owns the rewriting of a text: a constant becomes a parameter, names get a prefix. Reads the
engine's files as text and imports none of them.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from nnstudio.document.pieces import WIDTH, call_text
from nnstudio.document.tables import ENGINE

_PARTS = "nnstudio.engine.parts."
KEPT = 256
"""Texts whose definitions and readings are kept: an edit changes few of them."""


def engine_text(folder: str, name: str) -> str:
    """The text of one file of the engine."""
    return (ENGINE / folder / f"{name}.py").read_text(encoding="utf-8")


def with_parts(text: str, known: Iterable[str]) -> list[str]:
    """The parts that a text imports, those that they import before them, and the text at the end.

    Parts in `known` are left out: they come from elsewhere.
    """
    seen = set(known)
    found: list[str] = []

    def follow(text: str) -> None:
        for name in imported_parts(text):
            if name not in seen:
                seen.add(name)
                part = engine_text("parts", name)
                follow(part)
                found.append(part)

    follow(text)
    return [*found, text]


@lru_cache(KEPT)
def imported_parts(text: str) -> tuple[str, ...]:
    """The names of the parts that a text imports from, in order."""
    return tuple(
        statement.module.removeprefix(_PARTS)
        for statement in ast.parse(text).body
        if isinstance(statement, ast.ImportFrom)
        and statement.module is not None
        and statement.module.startswith(_PARTS)
    )


@cache
def recipe_class(text: str) -> str:
    """The class with a method `steps`."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.ClassDef) and any(
            isinstance(method, ast.FunctionDef) and method.name == "steps"
            for method in statement.body
        ):
            return statement.name
    raise ValueError("a recipe without a class that has steps()")


@lru_cache(KEPT)
def definitions(text: str) -> Mapping[str, str]:
    """The constants, functions and classes of a text with what they stand for."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    for statement in ast.parse(text).body:
        match statement:
            case (
                ast.FunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                found[name] = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
    return found


@lru_cache(KEPT)
def literals(text: str) -> Mapping[str, Any]:
    """The constants in capitals of a text, with the values that they have there."""
    found: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.isupper():
                with suppress(ValueError):  # it is computed
                    found[name] = ast.literal_eval(value)
    return MappingProxyType(found)


def readers(text: str, constant: str) -> list[str]:
    """Where a constant is read: `function`, `Class.method`, or empty for the top of the text."""
    return [place for place, names in _readings(text) if constant in names]


@lru_cache(KEPT)
def _readings(text: str) -> list[tuple[str, frozenset[str]]]:
    """Every place of a text where names are read, with those names."""
    found: list[tuple[str, frozenset[str]]] = []
    for statement in ast.parse(text).body:
        match statement:
            case ast.FunctionDef(name=name):
                found.append((name, _read_in(statement)))
            case ast.ClassDef(name=name, body=body):
                for inner in body:
                    method = inner.name if isinstance(inner, ast.FunctionDef) else ""
                    found.append((f"{name}.{method}", _read_in(inner)))
            case ast.Import() | ast.ImportFrom():
                pass
            case _:
                found.append(("", _read_in(statement)))
    return found


def with_parameter(text: str, constant: str, kind: str) -> str:
    """The text with a constant turned into a parameter of the function that reads it."""
    for statement in ast.parse(text).body:
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        functions = [statement] if isinstance(statement, ast.FunctionDef) else statement.body
        for function in functions:
            if isinstance(function, ast.FunctionDef) and constant in _read_in(function):
                return _with_parameter(text, function, constant, kind)
    return text


def with_names(text: str, names: Collection[str], prefix: str) -> str:
    """The text with a prefix before some of its own names, each in the manner of its kind."""
    changed = {name: prefixed(name, prefix) for name in names}
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    lines = text.splitlines(keepends=True)
    depth = 0
    places: list[tuple[int, int, str]] = []
    for number, token in enumerate(tokens):
        if token.type == tokenize.OP:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        if token.type != tokenize.NAME or token.string not in changed:
            continue
        member = number > 0 and tokens[number - 1].string == "."
        keyword = depth > 0 and tokens[number + 1].string == "="
        if not member and not keyword:
            places.append((*token.start, token.string))
    for row, column, name in reversed(places):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + changed[name] + line[column + len(name) :]
    return "".join(map(_in_width, lines))


def _in_width(line: str) -> str:
    """A call that has become too long for its line, with its arguments on one of their own."""
    found = re.fullmatch(r"( *)([^()#]*\()(.+)(\)[^()]*)\n", line)
    if len(line) <= WIDTH + 1 or found is None:
        return line
    space, head, inner, tail = found.groups()
    return f"{space}{head}\n{space}    {inner}\n{space}{tail}\n"


def class_words(name: str) -> str:
    """A stage's name as the beginning of a class's name."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Stage{joined}"


def prefixed(name: str, prefix: str) -> str:
    """The name with a prefix before it, in the manner of its kind."""
    if name.isupper():
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", prefix).upper()
        return f"{snake}_{name}"
    if name[:1].isupper():
        return prefix + name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", prefix).lower() + f"_{name}"


def _read_in(part: ast.AST) -> frozenset[str]:
    return frozenset(
        n.id for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    )


def _with_parameter(text: str, function: ast.FunctionDef, constant: str, kind: str) -> str:
    lines = text.splitlines(keepends=True)
    name, first, body = constant.lower(), function.lineno - 1, function.body[0].lineno - 1
    type = {"int": "int", "float": "float", "bool": "bool"}.get(kind, "str")
    declared = [ast.unparse(argument) for argument in function.args.args] + [f"{name}: {type}"]
    result = f" -> {ast.unparse(function.returns)}:" if function.returns else ":"
    head = call_text(f"def {function.name}", declared, result, function.col_offset) + "\n"
    inner = "".join(lines[body : function.end_lineno])
    inner = re.sub(rf"\b{constant}\b", name, inner)
    return "".join([*lines[:first], head, inner, *lines[function.end_lineno :]])
