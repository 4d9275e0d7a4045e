"""A script's text taken apart and put together: imports, constants, definitions, only what is used.

Owns the order and the layout of an assembled script. Knows nothing of recipes or projects.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graph_compiler.emit_text import string

WIDTH = 100


@dataclass(slots=True)
class Pieces:
    """Imports, constants and definitions of several texts, each name once."""

    imports: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Name in the text to module, name there (empty for the module itself), and name here."""
    constants: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    def take(self, text: str, constants: Mapping[str, Any], tables: Iterable[str]) -> None:
        """Add a module's text; its constants get the given values, its `tables` are left out."""
        lines = text.splitlines(keepends=True)
        for statement in ast.parse(text).body:
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self._import(statement)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    first = min([statement.lineno, *(d.lineno for d in statement.decorator_list)])
                    self.definitions[name] = "".join(lines[first - 1 : statement.end_lineno])
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ):
                    if name not in tables and name not in self.constants:
                        value = statement.value
                        assert value is not None
                        given = constants.get(name, _Absent)
                        literal = ast.literal_eval(value) if given is _Absent else given
                        self.constants[name] = f"{name} = {literal_text(literal, len(name) + 3)}"

    def text(self, head: str, roots: Iterable[str], tail: str) -> str:
        """The script: head, then what `roots` and `tail` use, then tail."""
        self._drop_unused(set(roots) | names_in(tail))
        parts = [head + import_text(self.imports.values())]
        if self.constants:
            parts[0] += "\n" + "\n".join(self.constants.values()) + "\n"
        return "\n\n".join([*parts, *self.definitions.values(), tail])

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                name = alias.asname or alias.name
                self.imports[name] = (alias.name, "", name)
            return
        module = statement.module or ""
        if module == "__future__" or module.split(".")[0] == "nnstudio":
            return
        for alias in statement.names:
            name = alias.asname or alias.name
            self.imports[name] = (module, alias.name, name)

    def _drop_unused(self, wanted: set[str]) -> None:
        used: set[str] = set()
        while wanted - used:
            name = (wanted - used).pop()
            used.add(name)
            if name in self.definitions:
                self.definitions[name] = without_unused_methods(self.definitions[name])
                wanted |= names_in(self.definitions[name])
            elif name in self.constants:
                wanted |= names_in(self.constants[name])
        for table in (self.definitions, self.constants, self.imports):
            for name in [name for name in table if name.split(".")[0] not in used]:
                del table[name]


class _Absent:
    """Marks a constant that keeps its value."""


@lru_cache(2048)
def names_in(text: str) -> frozenset[str]:
    """Every name that a text reads or writes."""
    return frozenset(node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name))


def without_unused_methods(text: str) -> str:
    """A class without the private methods that none of its others calls."""
    (definition,) = ast.parse(text).body
    if not isinstance(definition, ast.ClassDef):
        return text
    called = {node.attr for node in ast.walk(definition) if isinstance(node, ast.Attribute)}
    lines: list[str | None] = list(text.splitlines(keepends=True))
    for method in definition.body:
        if (
            isinstance(method, ast.FunctionDef)
            and re.match(r"_[a-z]", method.name)
            and method.name not in called
        ):
            # With the blank line before it.
            start, end = method.lineno - 2, method.end_lineno or method.lineno
            lines[start:end] = [None] * (end - start)
    return "".join(line for line in lines if line is not None)


def import_text(imports: Iterable[tuple[str, str, str]]) -> str:
    """Import statements in the customary order: standard library, packages, files beside."""
    sections: dict[int, list[tuple[int, str, str]]] = {}
    members: dict[str, set[str]] = {}
    for module, name, here in imports:
        if name:
            members.setdefault(module, set()).add(name if name == here else f"{name} as {here}")
        else:
            text = f"import {module}" if module == here else f"import {module} as {here}"
            sections.setdefault(_section(module), []).append((0, module, text))
    for module, names in members.items():
        listed = ", ".join(sorted(names, key=lambda name: (not name[0].isupper(), name)))
        sections.setdefault(_section(module), []).append(
            (1, module, f"from {module} import {listed}")
        )
    return "\n".join(
        "".join(f"{text}\n" for _, _, text in sorted(rows)) for _, rows in sorted(sections.items())
    )


def _section(module: str) -> int:
    root = module.split(".")[0]
    if root in sys.stdlib_module_names:
        return 0
    return 2 if root == "model" else 1


def literal_text(value: Any, column: int = 0, indent: int = 0) -> str:
    """A value as source, one item a line where it does not fit behind `column`."""
    flat = _flat(value)
    if column + len(flat) <= WIDTH or not isinstance(value, tuple | list | dict) or not value:
        return flat
    space = " " * (indent + 4)
    if isinstance(value, dict):
        rows = []
        for key, item in value.items():
            head = f"{_flat(key)}: "
            rows.append(head + literal_text(item, len(space) + len(head) + 1, indent + 4))
        opening, closing = "{}"
    else:
        rows = [literal_text(item, len(space) + 1, indent + 4) for item in value]
        opening, closing = "()" if isinstance(value, tuple) else "[]"
    inner = "".join(f"{space}{row},\n" for row in rows)
    return f"{opening}\n{inner}{' ' * indent}{closing}"


class Written(str):
    """An expression that stands in a literal as it is written."""


def _flat(value: Any) -> str:
    match value:
        case Written():
            return str(value)
        case str():
            return string(value)
        case list():
            return "[" + ", ".join(map(_flat, value)) + "]"
        case tuple():
            return "(" + ", ".join(map(_flat, value)) + (",)" if len(value) == 1 else ")")
        case dict():
            return "{" + ", ".join(f"{_flat(k)}: {_flat(v)}" for k, v in value.items()) + "}"
    return repr(value)


def call_text(head: str, arguments: Iterable[str], tail: str, indent: int) -> str:
    """A call or signature on one line, or one argument a line where it is too long."""
    listed = list(arguments)
    line = f"{' ' * indent}{head}({', '.join(listed)}){tail}"
    broken = any("\n" in argument for argument in listed)
    if (len(line) <= WIDTH and not broken) or not listed:
        return line
    space = " " * (indent + 4)
    rows = [argument.replace("\n", f"\n{space}") for argument in listed]
    inner = "".join(f"{space}{argument},\n" for argument in rows)
    return f"{' ' * indent}{head}(\n{inner}{' ' * indent}){tail}"
