"""Expressions with names replaced by what they stand for, the text otherwise as written.

Owns how a value stands inside an expression, and when one that reads no name is worked out.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from graph_compiler.expressions import ExpressionError, parse, variables_in
from graph_compiler.model import Value
from nnstudio.document.edits import Refused


def with_values(value: Value, given: Mapping[str, Value], literal: frozenset[str]) -> Value:
    """The value with every name of `given` replaced by an expression or a literal.

    Names in `literal` stand for their text itself, not for an expression. Raises `Refused` where no
    expression says the same.
    """
    if isinstance(value, tuple):
        return tuple(with_values(item, given, literal) for item in value)
    if not isinstance(value, str) or variables_in(value).isdisjoint(given):
        return value
    text = value.strip()
    if text in given:
        return given[text]
    tree = ast.parse(text, mode="eval")
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    places = sorted(
        (
            (node.col_offset, node.id)
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id in given and id(node) not in functions
        ),
        reverse=True,
    )
    for start, name in places:
        inner = _inside(given[name], name in literal)
        text = text[:start] + inner + text[start + len(name) :]
    try:
        expression = parse(text)
        if not expression.names:
            return expression.evaluate({})
    except ExpressionError as error:
        raise Refused(f"“{value}” cannot take its values in place: {error}") from None
    return text


def _inside(value: Value, literal: bool) -> str:
    """The value as part of an expression, in brackets where it could come apart."""
    if not isinstance(value, str) or literal:
        text = repr(value)
        negative = isinstance(value, int | float) and value < 0
        return f"({text})" if negative else text
    text = value.strip()
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise Refused(f"“{value}” is no expression. Correct it first.") from None
    whole = isinstance(tree, ast.Name | ast.Constant | ast.Call | ast.Subscript)
    return text if whole else f"({text})"
