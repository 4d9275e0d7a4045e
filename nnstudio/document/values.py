"""Parameter values as people give them: which are expressions, which names they use, what is
refused.

Owns the reading of what was typed into a field (`5`, `3, 5`, `4 * hidden`) and the check of one
value against its `Param`. The rules across nodes are the checker's.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import Value, Variable
from graph_compiler.resolve import environment, value_of
from nnstudio.document.edits import Refused


def with_name(value: Value, old: str, new: str) -> Value:
    """The value with every use of the variable `old` replaced by `new`, the text otherwise as
    written.
    """
    if isinstance(value, tuple):
        return tuple(with_name(item, old, new) for item in value)
    if not isinstance(value, str) or old not in variables_in(value):
        return value
    tree = ast.parse(value.strip(), mode="eval")
    starts = sorted(
        (
            node.col_offset
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id == old
        ),
        reverse=True,
    )
    data = value.strip().encode()
    for start in starts:
        data = data[:start] + new.encode() + data[start + len(old.encode()) :]
    return data.decode()


def checked(param: Param, value: Value, variables: Mapping[str, Variable]) -> Value:
    """The value in the form in which it is stored; raises `Refused` in words where it cannot be
    one.

    None is the parameter's default.
    """
    if value is None:
        return param.default
    value = _as_stored(param, value)
    try:
        value_of(param, value, environment(variables))
    except Mismatch as fault:
        raise Refused(
            f"{param.title}: expected {fault.expected}, got {fault.got}. {fault.remedy}"
        ) from None
    return value


def is_expression(param: Param, value: Value) -> bool:
    """Whether a stored value is, or a tuple holds, an expression over variables."""
    if isinstance(value, tuple):
        return any(is_expression(param, item) for item in value)
    return isinstance(value, str) and param.kind != "text" and value not in param.choices


def _as_stored(param: Param, value: Value) -> Value:
    """Whole numbers without `.0` where the parameter is whole, with it where it is not; texts
    stripped.
    """
    match value:
        case tuple():
            return tuple(_as_stored(param, item) for item in value)
        case str() if param.kind != "text":
            return value.strip()
        case bool():
            return value
        case float() if param.kind != "float" and value.is_integer():
            return int(value)
        case int() if param.kind == "float" and abs(value) < 2**53:
            return float(value)
        case int() if param.kind == "shape":
            return (value,)
        case _:
            return value
