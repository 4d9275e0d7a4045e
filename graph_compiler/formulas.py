"""Formulas over tensors: read by a whitelist, typed, and written as the forward text of a layer.

Owns what a formula may say. Its text never becomes code: it is parsed, every node is looked up in
the lists here, and what is emitted is written anew from what was found.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graph_compiler.broadcasting import broadcast, promoted
from graph_compiler.layer import Mismatch
from graph_compiler.tensors import TensorType

MAX_LENGTH = 300
MAX_DEPTH = 24

FLOAT_FUNCTIONS = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "erf",
)  # fmt: skip
"""Functions of one value that give real numbers."""
KEEPING_FUNCTIONS = ("abs", "square", "sign", "round", "floor", "ceil", "relu")
"""Functions of one value that leave whole numbers whole."""
FUNCTIONS = (*FLOAT_FUNCTIONS, *KEEPING_FUNCTIONS, "where", "min", "max", "clamp")
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}

_SUM, _PRODUCT, _UNARY, _POWER, _ATOM, _COMPARE, _OR, _XOR, _AND = 5, 6, 7, 8, 9, 1, 2, 3, 4
_BINARY: Mapping[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", _SUM),
    ast.Sub: ("-", _SUM),
    ast.Mult: ("*", _PRODUCT),
    ast.Div: ("/", _PRODUCT),
    ast.Mod: ("%", _PRODUCT),
}
_FOLDS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_RELATIONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that has been read: its tree and the names of the inputs in it, sorted."""

    tree: ast.expr
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """Part of a formula: its forward text, how tightly it binds, and what it is.

    `type` is None for a number by itself, whose kind is then `dtype`.
    """

    text: str
    level: int
    dtype: str
    type: TensorType | None = None


def _bad(expected: str, got: str, remedy: str) -> Mismatch:
    return Mismatch("bad_formula", "formula", expected=expected, got=got, remedy=remedy)


def _quoted(text: str) -> str:
    plain = ascii(text)[1:-1]
    return f"`{plain if len(plain) <= 60 else plain[:57] + '...'}`"


@lru_cache(maxsize=512)
def read(text: str, ports: tuple[str, ...]) -> Formula:
    """A formula over the ports; raises `Mismatch` for all that is not on the lists."""
    if len(text) > MAX_LENGTH:
        raise _bad(
            f"at most {MAX_LENGTH} characters", f"{len(text)}", "Use several formulas in a row."
        )
    try:
        if not text.isascii() or not text.isprintable():
            raise SyntaxError
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise _bad(
            "a formula such as a * b + 1", _quoted(text), "Check brackets and operators."
        ) from None
    names: set[str] = set()
    _check(tree, 1, names, ports)
    if not names:
        raise _bad(
            f"a formula that reads {ports[0]}", _quoted(text), "Use a Constant for mere numbers."
        )
    return Formula(tree, tuple(sorted(names)))


def _check(tree: ast.expr, depth: int, names: set[str], ports: tuple[str, ...]) -> None:
    """Refuses every node that is not listed; collects the names of inputs."""
    if depth > MAX_DEPTH:
        raise _bad(f"at most {MAX_DEPTH} levels", "more", "Use several formulas in a row.")
    inner: list[ast.expr]
    match tree:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if not abs(value) < (1e30 if isinstance(value, float) else 10**15):
                raise _bad(
                    "numbers below 1e30, whole ones of at most 15 digits",
                    "a larger one",
                    "Use a smaller number.",
                )
            return
        case ast.Name(id=name):
            if name in ports:
                names.add(name)
            elif name not in CONSTANTS:
                raise _bad(
                    f"the inputs {', '.join(ports)}, or pi and e",
                    _quoted(name),
                    "Use these names.",
                )
            return
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY or isinstance(
            op, ast.Pow
        ):
            inner = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            inner = [operand]
        case ast.BoolOp(values=values):
            inner = values
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _RELATIONS:
            inner = [left, right]
        case ast.IfExp(test=test, body=body, orelse=other):
            inner = [test, body, other]
        case ast.Call(func=ast.Name(id=function), args=values, keywords=[]):
            counts = {"where": 3, "clamp": 3, "min": 2, "max": 2}
            if function not in FUNCTIONS:
                raise _bad(
                    f"one of the functions {', '.join(FUNCTIONS)}",
                    _quoted(function),
                    "Use one of these.",
                )
            if len(values) != counts.get(function, 1):
                raise _bad(
                    f"{counts.get(function, 1)} values in {function}(…)",
                    f"{len(values)}",
                    "Correct its arguments.",
                )
            inner = values
        case _:
            raise _bad(
                "arithmetic, comparisons and functions of the list",
                _quoted(ast.unparse(tree)),
                "Take it out.",
            )
    for part in inner:
        _check(part, depth + 1, names, ports)


def written(formula: Formula, inputs: Mapping[str, TensorType]) -> Written:
    """The formula as forward text with its type; raises `Mismatch` where shapes do not fit."""
    return _Writer(inputs).write(formula.tree)


class _Writer:
    """Writes a checked tree, node by node."""

    def __init__(self, inputs: Mapping[str, TensorType]) -> None:
        self._inputs = inputs

    def write(self, tree: ast.expr) -> Written:
        match tree:
            case ast.Constant(value=int() | float() as value):
                return self._number(value)
            case ast.Name(id=name) if name in CONSTANTS and name not in self._inputs:
                return self._number(CONSTANTS[name])
            case ast.Name(id=name):
                x = self._inputs[name]
                return Written(f"{{{name}}}", _ATOM, x.dtype, x)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(self.write(left), self.write(right))
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(self.write(left), type(op), self.write(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                part = self._condition(self.write(operand))
                return Written(f"~{_in(part, _UNARY)}", _UNARY, "bool", part.type)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                part = self._numeric(self.write(operand), "beside -")
                if part.type is None:
                    return self._number(-ast.literal_eval(part.text))
                return Written(f"-{_in(part, _UNARY)}", _UNARY, part.dtype, part.type)
            case ast.UnaryOp(operand=operand):
                return self.write(operand)
            case ast.BoolOp(op=op, values=values):
                return self._logic(isinstance(op, ast.And), [self.write(v) for v in values])
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                one, two = self.write(left), self.write(right)
                sides = f"{_in(one, _COMPARE + 1)} {_RELATIONS[type(op)]} {_in(two, _COMPARE + 1)}"
                return Written(sides, _COMPARE, "bool", self._common("bool", one, two))
            case ast.IfExp(test=test, body=body, orelse=other):
                return self._where(self.write(test), self.write(body), self.write(other))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, [self.write(arg) for arg in args])
        raise AssertionError(tree)  # `_check` lets nothing else pass

    def _number(self, value: float) -> Written:
        dtype = "float" if isinstance(value, float) else "int"
        return Written(repr(value), _UNARY if value < 0 else _ATOM, dtype)

    def _common(self, dtype: str, *parts: Written) -> TensorType | None:
        """The shape of several parts in a kind of number; None for numbers by themselves."""
        shaped = [part for part in parts if part.type is not None]
        if not shaped:
            return None
        ports = [part.text.strip("{}") if part.level == _ATOM else "formula" for part in shaped]
        ports = [port if port in self._inputs else "formula" for port in ports]
        common = broadcast(ports, [part.type for part in shaped if part.type is not None])
        return TensorType(common.shape, dtype)

    def _numeric(self, part: Written, place: str) -> Written:
        if part.dtype == "bool":
            raise _bad(f"numbers {place}", "true and false", "Use where(condition, 1, 0) for them.")
        return part

    def _condition(self, part: Written) -> Written:
        if part.dtype != "bool" or part.type is None:
            raise _bad("a condition on an input", "numbers", "Compare them first, as in a > 0.")
        return part

    def _binary(self, one: Written, op: type[ast.operator], two: Written) -> Written:
        sign, level = _BINARY[op]
        dtype = promoted(*(self._numeric(part, f"beside {sign}").dtype for part in (one, two)))
        dtype = "float" if op is ast.Div else dtype
        if one.type is None and two.type is None:
            return self._folded(one, op, two)
        if op in (ast.Div, ast.Mod) and two.type is None and float(two.text) == 0:
            raise _bad(f"a number other than 0 behind {sign}", two.text, "Correct it.")
        text = f"{_in(one, level)} {sign} {_in(two, level + 1)}"
        return Written(text, level, dtype, self._common(dtype, one, two))

    def _folded(self, one: Written, op: type[ast.operator], two: Written) -> Written:
        """The result of arithmetic between two numbers."""
        left, right = ast.literal_eval(one.text), ast.literal_eval(two.text)
        try:
            value = _FOLDS[op](left, right)
        except (ZeroDivisionError, OverflowError):
            value = math.inf
        if not abs(value) < 1e30:
            raise _bad("numbers that are finite", f"{one.text} and {two.text}", "Correct them.")
        return self._number(value)

    def _power(self, one: Written, two: Written) -> Written:
        dtype = promoted(*(self._numeric(part, "beside **").dtype for part in (one, two)))
        if two.type is None and two.text.startswith("-") and one.dtype == "int":
            raise _bad("powers of at least 0 for whole numbers", two.text, "Use a real number.")
        common = self._common(dtype, one, two)
        if common is None:
            raise _bad("an input beside **", "two numbers", "Work the number out yourself.")
        if one.type is not None:
            return Written(f"{_in(one, _ATOM)}.pow({two.text})", _ATOM, dtype, common)
        return Written(f"{_in(one, _ATOM)} ** {_in(two, _UNARY)}", _POWER, dtype, common)

    def _logic(self, both: bool, parts: list[Written]) -> Written:
        sign, level = ("&", _AND) if both else ("|", _OR)
        texts = [_in(self._condition(part), level + 1) for part in parts]
        return Written(f" {sign} ".join(texts), level, "bool", self._common("bool", *parts))

    def _where(self, test: Written, one: Written, two: Written) -> Written:
        dtype = promoted(one.dtype, two.dtype)
        common = self._common(dtype, self._condition(test), one, two)
        text = f"torch.where({test.text}, {one.text}, {two.text})"
        return Written(text, _ATOM, dtype, common)

    def _call(self, name: str, parts: list[Written]) -> Written:
        if name == "where":
            return self._where(parts[0], parts[1], parts[2])
        for part in parts:
            self._numeric(part, f"in {name}")
        if name in ("min", "max"):
            return self._extreme(name, parts[0], parts[1])
        first = parts[0]
        if first.type is None:
            raise _bad(f"an input in {name}(…)", first.text, "Work the number out yourself.")
        if name == "clamp":
            if parts[1].type is not None or parts[2].type is not None:
                raise _bad("numbers as bounds in clamp", "inputs", "Use min and max instead.")
            dtype = promoted(*(part.dtype for part in parts))
            bounds = f"{parts[1].text}, {parts[2].text}"
            text = f"{_in(first, _ATOM)}.clamp({bounds})"
            return Written(text, _ATOM, dtype, TensorType(first.type.shape, dtype))
        dtype = first.dtype if name in KEEPING_FUNCTIONS else "float"
        text = f"torch.{name}({first.text})"
        return Written(text, _ATOM, dtype, TensorType(first.type.shape, dtype))

    def _extreme(self, name: str, one: Written, two: Written) -> Written:
        dtype = promoted(one.dtype, two.dtype)
        common = self._common(dtype, one, two)
        if one.type is not None and two.type is not None:
            return Written(f"torch.{name}imum({one.text}, {two.text})", _ATOM, dtype, common)
        if one.type is None and two.type is None:
            raise _bad(f"an input in {name}(…)", "two numbers", "Write the number itself.")
        tensor, number = (two, one) if one.type is None else (one, two)
        bound = "min" if name == "max" else "max"
        return Written(f"{_in(tensor, _ATOM)}.clamp({bound}={number.text})", _ATOM, dtype, common)


def _in(part: Written, level: int) -> str:
    """The text in brackets where its place binds more tightly."""
    return part.text if part.level >= level else f"({part.text})"
