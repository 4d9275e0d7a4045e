"""Parameter values as people give them: which are expressions, which names they use, what is
refused.

Owns the reading of what was typed into a field (`5`, `3, 5`, `4 * hidden`) and the check of one
value against its `Param`. The rules across nodes are the checker's.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from graph_compiler.expressions import ExpressionError, parse, variables_in
from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import Value, Variable
from graph_compiler.resolve import environment, value_of
from nnstudio.document.edits import Refused


def with_name(value: Value, old: str, new: str) -> Value:
    """The value with the variable `old` named `new`, the text otherwise as written."""
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
    if param.kind == "shape" and isinstance(value, int) and not isinstance(value, bool):
        value = (value,)
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
    """Numbers of the parameter's kind, where that loses nothing; texts stripped."""
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
        case _:
            return value


def typed(param: Param, text: str) -> Value:
    """What somebody typed into the parameter's field: a number, several, or an expression as text.

    Nothing typed is None, the default. `3, 5`, `(3, 5)` and `3×5` are the same two numbers.
    """
    if param.kind == "text":
        return text
    text = text.strip()
    if not text:
        return None
    if param.kind in ("size", "shape"):
        parts = _parts(text.replace("×", ","))
        if len(parts) > 1 or (param.kind == "shape" and parts):
            return tuple(_number(part) for part in parts)
        text = parts[0] if parts else text
    return _number(text)


def shown(value: Value) -> str:
    """A stored value as its field shows it; `typed` reads it back."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(shown(item) for item in value)
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value)


def now(param: Param, value: Value, variables: Mapping[str, Variable]) -> Value:
    """What an expression stands for at present; the value itself where it is none."""
    if not is_expression(param, value):
        return value
    try:
        real: Value = value_of(param, value, environment(variables))
    except Mismatch:
        return None
    return real


def _number(text: str) -> Value:
    """The number that a text is, or that a sum without names comes to; else the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    try:
        parsed = parse(text)
        real = None if parsed.names else parsed.evaluate({})
    except ExpressionError:
        return text
    return real if isinstance(real, int | float) and not isinstance(real, bool) else text


def _parts(text: str) -> list[str]:
    """Split at the commas that stand in no bracket, after taking off brackets around all of it."""
    text = text.strip()
    if text[:1] in ("(", "[") and text[-1:] in (")", "]") and _closes_last(text):
        text = text[1:-1]
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _closes_last(text: str) -> bool:
    """Whether the bracket that the text begins with is closed by its last character."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return index == len(text) - 1
    return False


def literal(text: str) -> Value:
    """What somebody typed as a variable's value: a number, several, a word, yes or no, a sum.

    Raises `Refused` for anything else.
    """
    text = text.strip()
    if not text:
        raise Refused("A variable needs a value, such as 64.")
    parts = _parts(text)
    if len(parts) > 1:
        return tuple(literal(part) for part in parts)
    word = parts[0] if parts else text
    if word.lower() in ("yes", "true", "no", "false"):
        return word.lower() in ("yes", "true")
    number = _number(word)
    if not isinstance(number, str):
        if isinstance(number, float) and not math.isfinite(number):
            raise Refused(f"{word} is no number that a network can work with.")
        return number
    if word.isidentifier():
        return word
    try:
        return parse(word).evaluate({})
    except ExpressionError as error:
        raise Refused(f"“{word}” is no value: {error}") from None
