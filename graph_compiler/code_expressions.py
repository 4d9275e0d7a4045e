"""The language of shape rules: items between commas, each an expression or all sizes of an input.

Owns the reading and the working out of such a rule; expressions are `graph_compiler.expressions`'.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.layer import Mismatch

MOST_AXES = 16
_CHARACTERS = re.compile(r"[ -~]*")


def items(rule: str, ports: frozenset[str]) -> list[tuple[ast.expr, frozenset[str]]]:
    """The items of a rule with the names they read; raises `ExpressionError`."""
    text = rule.strip()
    if len(text) > 500 or not _CHARACTERS.fullmatch(text):
        raise ExpressionError("more than 500 or strange characters", 1, "Shorten the rule.")
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(
            "broken syntax", error.offset or 1, "Check brackets and commas."
        ) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("too much nesting", 1, "Write it in a simpler way.") from None
    found = []
    for item in tree.elts if isinstance(tree, ast.Tuple) else [tree]:
        port = _sliced(item)
        if port in ports:
            found.append((item, frozenset({port})))
        else:
            found.append((item, parse(ast.unparse(item)).names))
    if len(found) > MOST_AXES:
        raise ExpressionError(f"more than {MOST_AXES} axes", 1, "State fewer.")
    return found


def _sliced(item: ast.expr) -> str:
    """The name in `x[1:]`, where the bounds are plain numbers; empty for anything else."""
    match item:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice(lower=low, upper=high)):
            plain = all(_bound(tree) is not False for tree in (low, high))
            return name if plain and item.slice.step is None else ""  # type: ignore[attr-defined]
    return ""


def _bound(tree: ast.expr | None) -> int | bool | None:
    """A bound of a slice; False for what is none."""
    match tree:
        case None:
            return None
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return False


def is_single(rule: str) -> bool:
    """Whether a rule is one expression that stands for one value, and no list of them."""
    try:
        return not isinstance(ast.parse(rule.strip(), mode="eval").body, ast.Tuple)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False


def worked_out(
    name: str, place: str, rule: str, env: Mapping[str, Any], ports: Sequence[str]
) -> tuple[Any, ...]:
    """The values of a rule's items, tuples taken apart."""
    try:
        return tuple(_values(rule, env, frozenset(ports)))
    except (ExpressionError, TypeError, ValueError) as error:
        reason = error.reason if isinstance(error, ExpressionError) else "arithmetic that fails"
        remedy = error.remedy if isinstance(error, ExpressionError) else "Use // for sizes."
        raise Mismatch(
            "bad_code",
            place,
            expected="a rule that can be worked out",
            got=f"{reason} in {rule[:60]}",
            remedy=f"{remedy} The rule stands in {name}.",
        ) from None


def _values(rule: str, env: Mapping[str, Any], ports: frozenset[str]) -> Iterator[Any]:
    for item, _ in items(rule, ports):
        port = _sliced(item)
        if port in ports:
            part = item.slice  # type: ignore[attr-defined]
            yield from env[port][_bound(part.lower) : _bound(part.upper)]
            continue
        value = parse(ast.unparse(item)).evaluate(env)
        if isinstance(value, tuple):
            yield from value
        else:
            yield value
