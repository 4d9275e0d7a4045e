"""Parameter expressions over a project's variables: parsed by a whitelist, evaluated by a walk.

Owns what an expression may contain and how large it may grow. Text never becomes code: the tree is
interpreted here, node kind by node kind, and whatever is not listed is refused with its position.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graph_compiler.model import Value
from graph_compiler.symbols import Symbolic

MAX_LENGTH = 500
"""Characters of one expression."""
MAX_DEPTH = 24
"""Levels of nesting."""
MAX_INTEGER = 10**15
"""Largest whole number, in a literal or as a result."""
MAX_POWER = 64
"""Largest exponent."""

_CHARACTERS = re.compile(r"[A-Za-z0-9_ \t+\-*/%<>=!()\[\],.'\"]*")


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated: what is wrong, where, and what to do."""

    def __init__(self, reason: str, column: int, remedy: str) -> None:
        super().__init__(f"{reason} at column {column}. {remedy}")
        self.reason, self.column, self.remedy = reason, column, remedy


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text and the names of the variables it reads."""

    text: str
    names: frozenset[str]
    _tree: ast.expr

    def evaluate(self, env: Mapping[str, Value]) -> Value:
        """Its value with the variables of `env`; raises `ExpressionError`."""
        value: Value = _evaluated(self._tree, env)
        return value

    def symbolic(self, env: Mapping[str, Value]) -> Any:
        """Its value, whole numbers as `Symbolic` over the names; raises `ExpressionError`."""
        return _symbolic(self._tree, env)

    @property
    def source(self) -> str:
        """The expression as formatted Python."""
        return ast.unparse(self._tree)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Reads an expression; raises `ExpressionError` for what is not on the list."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"more than {MAX_LENGTH} characters", MAX_LENGTH + 1, "Split it into several variables."
        )
    strange = _CHARACTERS.match(text)
    if strange is None or strange.end() < len(text):
        at = strange.end() if strange else 0
        raise ExpressionError(
            f"the character {text[at]!a}",
            at + 1,
            "Use names, numbers, + - * / // % ** and brackets.",
        )
    stripped = text.strip()
    if not stripped:
        raise ExpressionError("nothing", 1, "Write a number or an expression.")
    shift = len(text) - len(text.lstrip()) + 1
    try:
        tree = ast.parse(stripped, mode="eval").body
    except SyntaxError as error:
        column = min(error.offset or len(stripped), len(stripped)) + shift - 1
        raise ExpressionError("broken syntax", column, "Check brackets and operators.") from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("too much nesting", 1, "Split it into several variables.") from None
    names: set[str] = set()
    _check(tree, 1, names, shift)
    return Expression(text, frozenset(names), tree)


def symbolic_value(tree: ast.expr, env: Mapping[str, Value]) -> Any:
    """The value of an expression of our own making, whole numbers as `Symbolic` over the names."""
    return _symbolic(tree, env)


def variables_in(value: Value, *, text: bool = False) -> frozenset[str]:
    """Names that a stored parameter value reads; none where it is broken, or plain text."""
    if isinstance(value, str) and not text:
        try:
            return parse(value).names
        except ExpressionError:
            return frozenset()
    if isinstance(value, tuple | list):
        found: frozenset[str] = frozenset()
        return found.union(*(variables_in(item) for item in value)) if value else found
    return frozenset()


_ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISON: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS = ("min", "max", "len")
_POLYNOMIAL = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)


def _check(tree: ast.expr, depth: int, names: set[str], shift: int) -> None:
    """Refuses everything that is not on the list; collects the names."""
    column = tree.col_offset + shift
    if depth > MAX_DEPTH:
        raise ExpressionError("too much nesting", column, "Split it into several variables.")
    match tree:
        case ast.Constant(value=bool() | float() | str()):
            if isinstance(tree.value, float) and not math.isfinite(tree.value):
                raise ExpressionError("a number that is too large", column, "Use a smaller number.")
            return
        case ast.Constant(value=int(number)):
            if abs(number) > MAX_INTEGER:
                raise ExpressionError(
                    "a number of more than 15 digits", column, "Use a smaller number."
                )
            return
        case ast.Name(id=name):
            names.add(name)
            return
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            parts: list[ast.expr] = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            parts = [operand]
        case ast.BoolOp(values=values):
            parts = list(values)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            type(op) in _COMPARISON for op in ops
        ):
            parts = [left, *others]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            parts = [test, body, orelse]
        case ast.Subscript(value=table, slice=index) if not isinstance(
            index, ast.Slice | ast.Tuple
        ):
            parts = [table, index]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS and args:
            parts = list(args)
        case ast.Tuple(elts=elements):
            parts = list(elements)
        case _:
            raise ExpressionError(
                _kind(tree),
                column,
                "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len.",
            )
    for part in parts:
        _check(part, depth + 1, names, shift)


def _kind(tree: ast.expr) -> str:
    words = {
        ast.Attribute: "an attribute",
        ast.Call: "a call",
        ast.Lambda: "a function",
        ast.Subscript: "a slice",
        ast.Starred: "a star",
        ast.List: "a list",
        ast.Constant: "a constant of this kind",
    }
    return words.get(type(tree), "something")


def _evaluated(tree: ast.expr, env: Mapping[str, Any]) -> Any:
    match tree:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name not in env:
                raise _unknown(name, tree, env)
            return env[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _computed(tree, type(op), _evaluated(left, env), _evaluated(right, env))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _evaluated(operand, env)
        case ast.UnaryOp(op=op, operand=operand):
            value = _number(_evaluated(operand, env), operand)
            return -value if isinstance(op, ast.USub) else value
        case ast.BoolOp(op=op, values=values):
            return _chosen(isinstance(op, ast.And), values, env)
        case ast.Compare():
            return _compared(tree, env)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _evaluated(body if _evaluated(test, env) else orelse, env)
        case ast.Subscript(value=table, slice=index):
            return _indexed(tree, _evaluated(table, env), _evaluated(index, env))
        case ast.Tuple(elts=elements):
            return tuple(_evaluated(element, env) for element in elements)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(tree, name, [_evaluated(argument, env) for argument in args])
    raise ExpressionError("something unreadable", tree.col_offset + 1, "Write it in another way.")


def _unknown(name: str, tree: ast.expr, env: Mapping[str, Any]) -> ExpressionError:
    near = difflib.get_close_matches(name, env, 1) if len(env) <= 1000 else []
    remedy = (
        f"Did you mean {near[0]}?" if near else f"Define the variable {name}, or correct its name."
    )
    return ExpressionError(f"the unknown variable {name}", tree.col_offset + 1, remedy)


def _number(value: Any, tree: ast.expr) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Symbolic):
        raise ExpressionError(
            f"arithmetic on {ascii(value)[:40]}", tree.col_offset + 1, "Use numbers here."
        )
    return value


def _computed(tree: ast.BinOp, op: type[ast.AST], left: Any, right: Any) -> Any:
    left, right = _number(left, tree.left), _number(right, tree.right)
    column = tree.col_offset + 1
    if op is ast.Pow and (abs(right) > MAX_POWER or (left == 0 and right < 0)):
        raise ExpressionError(
            f"the power {right}", column, f"Use an exponent between 0 and {MAX_POWER}."
        )
    if op in (ast.Div, ast.FloorDiv, ast.Mod) and right == 0:
        raise ExpressionError("a division by zero", column, "Make the divisor another number.")
    try:
        result = _ARITHMETIC[op](left, right)
    except (OverflowError, ZeroDivisionError, ValueError):
        result = math.inf
    if isinstance(result, complex):
        raise ExpressionError("the root of a negative number", column, "Use a positive number.")
    large = abs(result) > MAX_INTEGER if isinstance(result, int) else not math.isfinite(result)
    if large:
        raise ExpressionError("a result of more than 15 digits", column, "Use smaller numbers.")
    return result


def _chosen(all_of: bool, values: list[ast.expr], env: Mapping[str, Any]) -> Any:
    value: Any = all_of
    for part in values:
        value = _evaluated(part, env)
        if bool(value) is not all_of:
            return value
    return value


def _compared(tree: ast.Compare, env: Mapping[str, Any]) -> bool:
    left = _evaluated(tree.left, env)
    for op, part in zip(tree.ops, tree.comparators, strict=True):
        right = _evaluated(part, env)
        try:
            if not _COMPARISON[type(op)](left, right):
                return False
        except TypeError:
            raise ExpressionError(
                f"a comparison of {ascii(left)[:40]} with {ascii(right)[:40]}",
                tree.col_offset + 1,
                "Compare values of one kind.",
            ) from None
        left = right
    return True


def _indexed(tree: ast.Subscript, table: Any, index: Any) -> Any:
    column = tree.col_offset + 1
    if not isinstance(table, tuple | list):
        raise ExpressionError(
            f"an index into {ascii(table)[:40]}", column, "Index a table or tuple."
        )
    if (
        isinstance(index, bool)
        or not isinstance(index, int)
        or not -len(table) <= index < len(table)
    ):
        raise ExpressionError(
            f"the index {ascii(index)[:40]}", column, f"Use an index from 0 to {len(table) - 1}."
        )
    return table[index]


def _called(tree: ast.Call, name: str, args: list[Any]) -> Any:
    column = tree.col_offset + 1
    if name == "len":
        if len(args) != 1 or not isinstance(args[0], tuple | list | str):
            raise ExpressionError("len of no table", column, "Give len one table or tuple.")
        return len(args[0])
    values = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
    if not values:
        raise ExpressionError(f"{name} of nothing", column, f"Give {name} at least one number.")
    numbers = [_number(value, tree) for value in values]
    return min(numbers) if name == "min" else max(numbers)


def _symbolic(tree: ast.expr, env: Mapping[str, Any]) -> Any:
    """Polynomials stay taken apart; anything else that yields a whole number becomes opaque."""
    match tree:
        case ast.Name(id=name):
            value = _evaluated(tree, env)
            return Symbolic.name(name, value) if type(value) is int else value
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _POLYNOMIAL):
            whole = _computed(tree, type(op), _evaluated(left, env), _evaluated(right, env))
            if type(whole) is not int:
                return whole
            return _ARITHMETIC[type(op)](_symbolic(left, env), _symbolic(right, env))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _symbolic(operand, env)
            return _evaluated(tree, env) if isinstance(value, bool) else -value
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _symbolic(operand, env)
        case ast.Tuple(elts=elements):
            return tuple(_symbolic(element, env) for element in elements)
    value = _evaluated(tree, env)
    if type(value) is int and any(isinstance(part, ast.Name) for part in ast.walk(tree)):
        text = ast.unparse(tree)
        whole_piece = isinstance(tree, ast.Call | ast.Subscript)
        return Symbolic.opaque(text, value, atom=whole_piece)
    return value
