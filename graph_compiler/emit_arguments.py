"""The arguments of a class's constructor: their types and where their values come from.

Owns the annotation of values. Which arguments a class has is `graph_compiler.emit_classes`'.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph_compiler.model import Value


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a class's constructor."""

    name: str
    annotation: str
    default: str = ""
    size: tuple[int, int] | None = None
    """For the size of an input: the number of the input and the axis."""
    param: str = ""
    """For a block's parameter: its name in the drawing."""


def annotation(value: Value) -> str:
    """The type of a constructor's argument."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case tuple():
            kinds = {annotation(item) for item in value}
            if len(kinds) == 1 and not any(kind.startswith("tuple") for kind in kinds):
                return f"tuple[{kinds.pop()}, ...]"
            return "tuple[float, ...]" if kinds == {"int", "float"} else "tuple"
    return "object"
