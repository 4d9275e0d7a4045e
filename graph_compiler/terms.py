"""Expressions moved from one scope into another: from a block to its caller, to one turn of a row.

Owns the substitution of names in expressions, and the working out of what is then a plain number.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from graph_compiler.expressions import ExpressionError, parse, symbolic_value, variables_in
from graph_compiler.model import Network, Node, Value
from graph_compiler.symbols import Dim, N, Symbolic


def source_of(value: Any) -> str:
    """A value as an expression; texts are expressions already."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        inner = ", ".join(source_of(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return str(value)


def in_terms(size: Dim, terms: Mapping[str, str], env: Mapping[str, Value]) -> Dim:
    """A size in a block's terms in those of its caller: `terms` says what each name stands for."""
    if size is N or not isinstance(size, Symbolic):
        return size
    if size.is_constant:
        return size.value
    tree = _Substitution(terms).visit(ast.parse(str(size), mode="eval").body)
    found = symbolic_value(folded(tree), env)
    return found if isinstance(found, Symbolic | int) else size.value


def names_of(node: Node) -> frozenset[str]:
    """Variables, parameters and turn numbers that a node reads."""
    return frozenset().union(*(variables_in(v) for v in (*node.params.values(), node.repeat)))


def plain(value: Any) -> Any:
    """A value without its symbols."""
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value.value if isinstance(value, Symbolic) else value


class _Substitution(ast.NodeTransformer):
    def __init__(self, terms: Mapping[str, str]) -> None:
        self._terms = terms

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self._terms.get(node.id)
        return node if text is None else ast.parse(text, mode="eval").body

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [self.visit(argument) for argument in node.args]
        return node


def at_turn(node: Node, turn: int) -> Node:
    """A node of a row at one turn: its parameters with the turn's number in place of `i`."""
    return replace(node, params={k: _at(value, turn) for k, value in node.params.items()})


def _at(value: Value, turn: int) -> Value:
    if isinstance(value, tuple):
        return tuple(_at(item, turn) for item in value)
    if not isinstance(value, str):
        return value
    return _text_at(value, turn)


@lru_cache(maxsize=16384)
def _text_at(text: str, turn: int) -> Value:
    try:
        if "i" not in parse(text).names:
            return text
    except ExpressionError:
        return text
    tree = _Substitution({"i": str(turn)}).visit(ast.parse(text.strip(), mode="eval").body)
    tree = folded(tree)
    if isinstance(tree, ast.Constant):
        return tree.value  # type: ignore[return-value]
    return ast.unparse(tree)


def folded(tree: ast.expr) -> ast.expr:
    """The expression with everything worked out that reads no name."""
    result: ast.expr = _Folder().visit(tree)
    return result


class _Folder(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.IfExp) and isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        if isinstance(node, ast.BoolOp):
            return _logic(node)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Constant | ast.Name | ast.Tuple):
            return node
        if any(isinstance(part, ast.Name) and part.id not in _CALLED for part in ast.walk(node)):
            return node
        try:
            value = parse(ast.unparse(node)).evaluate({})
        except ExpressionError:
            return node
        if isinstance(value, tuple):
            return node
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            return node
        return ast.Constant(value)


_CALLED = ("min", "max", "len")


def _logic(node: ast.BoolOp) -> ast.expr:
    """`x and True` stays what decides it; only plain truth values are taken out."""
    all_of = isinstance(node.op, ast.And)
    kept: list[ast.expr] = []
    for part in node.values:
        if isinstance(part, ast.Constant) and isinstance(part.value, bool):
            if part.value is not all_of:
                return part if not kept else ast.BoolOp(node.op, [*kept, part])
            continue
        kept.append(part)
    if not kept:
        return ast.Constant(all_of)
    return kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)


def renamed_drawing(drawing: Network, names: Mapping[str, str]) -> Network:
    """The drawing with other names in its expressions."""
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return drawing
    nodes = {name: renamed_node(node, changed) for name, node in drawing.nodes.items()}
    return replace(drawing, nodes=nodes)


def renamed_node(node: Node, names: Mapping[str, str]) -> Node:
    """The node with other names in its expressions."""
    terms = dict(names)
    return replace(
        node,
        params={key: _renamed(value, terms) for key, value in node.params.items()},
        repeat=_renamed(node.repeat, terms),
    )


def _renamed(value: Value, terms: Mapping[str, str]) -> Value:
    if isinstance(value, tuple):
        return tuple(_renamed(item, terms) for item in value)
    if not isinstance(value, str):
        return value
    try:
        if not parse(value).names & terms.keys():
            return value
    except ExpressionError:
        return value
    return ast.unparse(_Substitution(terms).visit(ast.parse(value.strip(), mode="eval").body))
