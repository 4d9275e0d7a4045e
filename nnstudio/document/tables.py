"""Literal tables at the head of the engine's recipes and data sources, read without importing them.

Owns where those files lie and how `NAME = {...}` in them becomes titles and parameters.
Imports nothing of the engine: a file is parsed and its literal evaluated, nothing in it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graph_compiler.layer import Param

PLACED = ("group", "rare", "when")
"""What a row says of the parameter's place in a form."""
ENGINE = Path(__file__).resolve().parent.parent / "engine"


def tables(folder: str, name: str) -> dict[str, Mapping[str, Any]]:
    """File stem to the literal called `name`, for every file of a folder that begins with one."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((ENGINE / folder).glob("*.py")):
        literal = _literal(path.read_text(encoding="utf-8"), name)
        if literal is not None:
            found[path.stem] = MappingProxyType(literal)
    return found


def params(rows: Any) -> tuple[Param, ...]:
    """The parameters that a table's rows describe; a row has fields of `Param` and of `PLACED`."""
    return tuple(Param(**{k: row[k] for k in row if k not in PLACED}) for row in rows)


def _literal(text: str, name: str) -> dict[str, Any] | None:
    for statement in ast.parse(text).body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == name
        ):
            value = ast.literal_eval(statement.value)
            return value if isinstance(value, dict) else None
    return None
