"""Emitted text read again in pieces: what a line calls, which names it reads, what it comes to.

Owns the small questions that `graph_compiler.emit_verify` asks of a syntax tree.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from graph_compiler.emit_calls import class_of
from graph_compiler.emit_language import head_of
from graph_compiler.emit_written import Written
from graph_compiler.expressions import ExpressionError, parse


class UnfaithfulError(RuntimeError):
    """The emitted text does not say what the graph says: the program's fault, not the drawing's."""


def read_alone(made: Written, lines: list[str]) -> dict[int, str]:
    """Number of each line that is one sound entry of a chain, to the module path it gives.

    A line that is a whole call and a comma by itself can change nothing but the chain it stands in.
    """
    arguments = {argument.name for argument in made.arguments}
    found: dict[int, str] = {}
    for part in made.taken.parts:
        if not part.is_chain or made.sequence:
            continue
        entries: dict[int, str] = {}
        for node in part.nodes:
            inferred = made.body.nodes[node]
            if inferred.body is not None:
                break
            at, _, last, end = made.page.places[node][0]
            line = lines[at + made.first_line - 1]
            if last != at or line[end:] != ",":
                break
            head, names = _call_alone(line[:end].lstrip(" "), inferred.layer.module)
            if head != class_of(inferred) or not names <= arguments:
                break
            entries[at + made.first_line] = made.modules[node]
        else:
            found.update(entries)
    return found


@lru_cache(maxsize=1024)
def _call_alone(text: str, own: str) -> tuple[str, frozenset[str]]:
    """What a text calls and the names in its arguments; an empty name if it is no single call."""
    try:
        tree = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return "", frozenset()
    if not isinstance(tree, ast.Call) or (tree.col_offset, tree.end_col_offset) != (
        1,
        len(text) + 1,
    ):
        return "", frozenset()
    values = (*tree.args, *(keyword.value for keyword in tree.keywords))
    if not all(made_inside(value, own) for value in values):
        return "", frozenset()
    return head_of(tree), frozenset().union(*(names_read(value) for value in values))


def check_statements(body: Sequence[ast.stmt]) -> None:
    for statement in body:
        if isinstance(statement, ast.For):
            expect(not statement.orelse, "the forward pass")
            check_statements(statement.body)
        elif isinstance(statement, ast.Expr):
            value = statement.value
            expect(isinstance(value, ast.Call) and head_of(value) == ".append", "a statement")
        else:
            expect(isinstance(statement, ast.Assign), "the forward pass")


def sequence_of(value: ast.expr, head: str) -> ast.Call:
    if not isinstance(value, ast.Call) or head_of(value) != head or value.keywords:
        raise UnfaithfulError(f"the emitted text has no {head} where it should")
    return value


def is_place(value: ast.expr) -> bool:
    """`self.head[3].weight`"""
    while not isinstance(value, ast.Name):
        if isinstance(value, ast.Subscript) and not isinstance(value.slice, ast.Constant):
            return False
        if not isinstance(value, ast.Subscript | ast.Attribute):
            return False
        value = value.value
    return value.id == "self"


def evaluated(tree: ast.expr, env: Mapping[str, Any]) -> Any:
    try:
        return parse(ast.unparse(tree)).evaluate(env)
    except ExpressionError as error:
        raise UnfaithfulError(f"an argument that cannot be worked out: {error}") from None


def made_inside(node: ast.expr, text: str) -> bool:
    """Whether what is called inside of a constructor's arguments stands in the layer's own text."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return all(f"{head_of(c)}(" in text for c in calls if isinstance(c.func, ast.Attribute))


def names_read(node: ast.expr) -> set[str]:
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    called = {id(n) for head in calls for n in ast.walk(head)}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) not in called}


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise UnfaithfulError(f"the emitted text differs from the graph in {what}")
