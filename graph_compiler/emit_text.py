"""Values and expressions as Python source, written as the formatter would write them.

Owns literals (numbers finite, strings in ASCII) and the normal form of expressions. A text that
is no expression over variables is refused.
"""

from __future__ import annotations

import ast
import math
import re
from functools import lru_cache
from typing import Any

from graph_compiler.expressions import parse
from graph_compiler.symbols import Symbolic

_WORD = re.compile(r"[A-Za-z_]\w*|\d+", re.ASCII)
_POWER = re.compile(r"(?<![\w.)\]])(-?[\w.]+) \*\* (-?[\w.]+)(?![\w.(\[]| \*\*)", re.ASCII)
_SINGLE_QUOTED = re.compile(r"'([^'\"\\]*)'")

_EXPRESSION_NODES = (
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Subscript,
    ast.Call,
    ast.Tuple,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
)
_FUNCTIONS = frozenset({"min", "max", "len"})


def literal(value: Any) -> str:
    """A parameter's value as source; symbols as the expression they stand for."""
    match value:
        case None | bool():
            return str(value)
        case int():
            return str(value)
        case Symbolic():
            return str(value.value) if value.is_constant else expression(str(value))
        case float():
            if not math.isfinite(value):
                raise ValueError("a number that is not finite")
            return repr(value)
        case str():
            return string(value)
        case tuple():
            inner = ", ".join(literal(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
    raise TypeError(f"a value of type {type(value).__name__}")


def string(text: str) -> str:
    """A string literal in ASCII and, where that needs no escape, in double quotes."""
    quoted = ascii(text)
    if '"' in text or "\\'" in quoted:
        return quoted
    return f'"{quoted[1:-1]}"'


def is_fixed(value: Any) -> bool:
    """Whether no variable is left in a resolved value."""
    if isinstance(value, tuple):
        return all(is_fixed(item) for item in value)
    return not isinstance(value, Symbolic) or value.is_constant


@lru_cache(maxsize=4096)
def expression(text: str) -> str:
    """An expression over variables in its normal form; `ValueError` for anything else."""
    if _WORD.fullmatch(text):
        return text
    written = ast.unparse(_Plainer().visit(_parsed(text)))
    if _WORD.fullmatch(written):
        return written
    written = _SINGLE_QUOTED.sub(r'"\1"', written)
    return _POWER.sub(r"\1**\2", written)


@lru_cache(maxsize=4096)
def names_in(text: str) -> tuple[str, ...]:
    """The variables that an expression or literal reads, in the order of their first appearance."""
    if not any(c.isalpha() for c in text):
        return ()
    names = [
        (node.lineno, node.col_offset, node.id)
        for node in ast.walk(_parsed(text))
        if isinstance(node, ast.Name) and node.id not in _FUNCTIONS
    ]
    return tuple(dict.fromkeys(name for _, _, name in sorted(names)))


def renamed(text: str, names: dict[str, str]) -> str:
    """The expression with variables renamed; a text that is no expression comes back as it is."""
    try:
        tree = _parsed(text)
    except ValueError:
        return text
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called:
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree)


class _Plainer(ast.NodeTransformer):
    """Takes out what a linter would remark on: numbers before names, choices without difference."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if _is_number(node):
            return ast.Constant(bool(parse(ast.unparse(node)).evaluate({})))
        turned = _TURNED.get(type(node.ops[0]))
        right = node.comparators[0]
        if len(node.ops) == 1 and turned and _is_number(node.left) and not _is_number(right):
            return ast.Compare(right, [turned()], [node.left])
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node.body if ast.dump(node.body) == ast.dump(node.orelse) else node


_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}


def _is_number(node: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name) for part in ast.walk(node))


def _parsed(text: str) -> ast.expr:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError("no expression") from None
    for node in ast.walk(tree):
        if not isinstance(node, _EXPRESSION_NODES):
            raise ValueError("no expression over variables")
    return tree
