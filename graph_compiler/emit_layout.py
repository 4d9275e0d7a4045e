"""The page that emitted text is written on: laid out as the formatter would, places known.

Owns line breaking at 100 columns and the spans. A piece is one line of source with marks for the
nodes in it; one that is too long is read as Python and broken at its outermost brackets
and operators.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

WIDTH = 100
_STEP = 4

_PRECEDENCE: dict[type[ast.operator], int] = {
    ast.Add: 1,
    ast.Sub: 1,
    ast.Mult: 2,
    ast.Div: 2,
    ast.FloorDiv: 2,
    ast.Mod: 2,
}


Place: TypeAlias = tuple[int, int, int, int]
"""Where a piece of text stands on a page: line from 1, column from 0, and the same of its end."""


@dataclass(slots=True)
class Piece:
    """Source on one line, and which part of it belongs to which node: start, end, node."""

    text: str
    marks: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, other: Piece | str) -> Piece:
        """Appends a text or another piece, marks included; returns itself."""
        if isinstance(other, str):
            self.text += other
        else:
            shift = len(self.text)
            self.text += other.text
            self.marks.extend(
                (start + shift, end + shift, node) for start, end, node in other.marks
            )
        return self

    def mark(self, node: str, start: int = 0) -> Piece:
        """Makes a node responsible for everything from `start` on; returns itself."""
        self.marks.append((start, len(self.text), node))
        return self


class Page:
    """The text under construction, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: dict[str, list[Place]] = {}
        """By node, in the order of writing."""

    def put(self, indent: int, piece: Piece | str) -> None:
        """Writes a statement, or an entry of a list, on as many lines as it needs."""
        text = piece if isinstance(piece, str) else piece.text
        marks = () if isinstance(piece, str) else piece.marks
        if indent + len(text) <= WIDTH:
            self.lines.append(" " * indent + text if text else "")
            line = len(self.lines)
            for start, end, node in marks:
                place = (line, indent + start, line, indent + end)
                self.places.setdefault(node, []).append(place)
            return
        broken = _Breaker(text, indent, len(self.lines))
        self.lines.extend(broken.lines)
        for start, end, node in marks:
            line, column = broken.position(start)
            end_line, end_column = broken.position(end - 1)
            self.places.setdefault(node, []).append((line, column, end_line, end_column + 1))

    def entry(self, indent: int, text: str, node: str) -> None:
        """Writes an entry of a list, a comma behind it, that belongs to one node."""
        if indent + len(text) + 1 > WIDTH:
            self.put(indent, Piece(text).mark(node).add(","))
            return
        self.lines.append(f"{' ' * indent}{text},")
        line = len(self.lines)
        place = (line, indent, line, indent + len(text))
        if node in self.places:
            self.places[node].append(place)
        else:
            self.places[node] = [place]

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "\n".join(self.lines) + "\n"


class _Breaker:
    """Breaks one long statement, remembering where each part of the original text went."""

    def __init__(self, text: str, indent: int, lines_before: int) -> None:
        self._text = text
        self._base = lines_before
        self.lines: list[str] = [" " * indent]
        self._moved: list[tuple[int, int, int, int]] = []
        self._statement(indent)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of the original text."""
        for start, end, line, column in self._moved:
            if start <= offset < end:
                return line, column + offset - start
        return self._base + 1, 0

    def _statement(self, indent: int) -> None:
        text = self._text
        if text.endswith(":"):
            self._signature(indent)
            return
        if text.endswith(","):  # an entry of a list
            starred = text.startswith("*")
            value = ast.parse(f"({text[1:-1]})" if starred else text[:-1], mode="eval").body
            self._copy(0, int(starred))
            self._expression(value, int(starred), len(text) - 1, indent, 1)
            self._copy(len(text) - 1, len(text))
            return
        statement = ast.parse(text).body[0]
        if not isinstance(statement, ast.Assign | ast.Return) or statement.value is None:
            self._copy(0, len(text))
            return
        value = statement.value
        start = value.col_offset
        self._copy(0, start)
        loose = isinstance(value, ast.BinOp | ast.IfExp | ast.BoolOp | ast.Compare)
        bare_tuple = isinstance(value, ast.Tuple) and text[start] != "("
        if loose or (bare_tuple and isinstance(value, ast.Tuple)):
            self._write("(")
            self._newline(indent + _STEP)
            if isinstance(value, ast.Tuple):
                self._one_a_line(value.elts, indent + _STEP)
            else:
                self._expression(value, start, len(text), indent + _STEP, 0)
            self._newline(indent)
            self._write(")")
            return
        self._expression(value, start, len(text), indent, 0)

    def _signature(self, indent: int) -> None:
        """`def name(parameters) -> result:` with the parameters on one line or one a line."""
        text = self._text
        function = ast.parse(text + " ...").body[0]
        if not isinstance(function, ast.FunctionDef):
            self._copy(0, len(text))
            return
        opening = text.index("(") + 1
        arguments = function.args.args
        defaults = [None] * (len(arguments) - len(function.args.defaults)) + function.args.defaults
        ends = [
            (default or argument).end_col_offset or 0
            for argument, default in zip(arguments, defaults, strict=True)
        ]
        closing = text.index(")", ends[-1])
        self._copy(0, opening)
        self._newline(indent + _STEP)
        if indent + _STEP + closing - opening <= WIDTH:
            self._copy(opening, closing)
        else:
            for number, (argument, default) in enumerate(zip(arguments, defaults, strict=True)):
                if number:
                    self._newline(indent + _STEP)
                if default is None:
                    self._copy(argument.col_offset, ends[number])
                else:
                    self._copy(argument.col_offset, default.col_offset)
                    self._expression(default, default.col_offset, ends[number], indent + _STEP, 1)
                self._write(",")
        self._newline(indent)
        self._copy(closing, len(text))

    def _expression(self, node: ast.expr, start: int, end: int, indent: int, tail: int) -> None:
        """Writes the text from `start` to `end`, which is `node` and perhaps parentheses around it.

        `tail` is how many columns of what follows must stay on the same line.
        """
        if len(self.lines[-1]) + end - start + tail <= WIDTH:
            self._copy(start, end)
            return
        if start < node.col_offset and self._text[start] == "(":
            self._copy(start, start + 1)
            self._newline(indent + _STEP)
            self._expression(node, start + 1, end - 1, indent + _STEP, 0)
            self._newline(indent)
            self._copy(end - 1, end)
            return
        match node:
            case ast.Call(args=args, keywords=keywords) if args or keywords:
                self._call(node, indent)
            case ast.Subscript(value=ast.Call() as call) if call.args or call.keywords:
                self._call(call, indent)
                self._copy(call.end_col_offset or 0, end)
            case ast.Tuple(elts=[_, _, *_]):
                self._write("(")
                self._newline(indent + _STEP)
                self._one_a_line(node.elts, indent + _STEP)
                self._newline(indent)
                self._write(")")
            case ast.List(elts=[_, *_]):
                self._write("[")
                self._newline(indent + _STEP)
                self._one_a_line(node.elts, indent + _STEP)
                self._newline(indent)
                self._write("]")
            case ast.Starred(value=value):
                self._copy(node.col_offset, node.col_offset + 1)
                self._expression(value, node.col_offset + 1, end, indent, tail)
            case ast.GeneratorExp(elt=element, generators=[loop]):
                self._generator(node, element, loop, indent)
            case ast.UnaryOp(operand=operand):
                inner = self._operand_start(operand, start)
                self._copy(start, inner)
                self._expression(operand, inner, end, indent, tail)
            case ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.IfExp():
                self._chain(node, start, end, indent, tail)
            case _:
                self._copy(start, end)

    def _call(self, node: ast.Call, indent: int) -> None:
        opening = (node.func.end_col_offset or 0) + 1
        closing = (node.end_col_offset or 0) - 1
        match node.args:
            case [ast.GeneratorExp(elt=element, generators=[loop]) as rest] if (
                rest.col_offset == opening - 1
            ):
                self._copy(node.col_offset, opening - 1)
                self._generator(rest, element, loop, indent)
                return
        self._copy(node.col_offset, opening)
        self._newline(indent + _STEP)
        if indent + _STEP + closing - opening <= WIDTH:
            self._copy(opening, closing)
        else:
            items: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
            self._one_a_line(items, indent + _STEP)
        self._newline(indent)
        self._copy(closing, closing + 1)

    def _generator(
        self, node: ast.GeneratorExp, element: ast.expr, loop: ast.comprehension, indent: int
    ) -> None:
        start, end = node.col_offset, node.end_col_offset or 0
        middle = self._text.index(" for ", element.end_col_offset or 0)
        self._copy(start, start + 1)
        self._newline(indent + _STEP)
        self._expression(element, start + 1, middle, indent + _STEP, 0)
        self._newline(indent + _STEP)
        self._copy(middle + 1, end - 1)
        self._newline(indent)
        self._copy(end - 1, end)

    def _one_a_line(self, items: Sequence[ast.expr | ast.keyword], indent: int) -> None:
        for number, item in enumerate(items):
            if number:
                self._newline(indent)
            start, end = item.col_offset, item.end_col_offset or 0
            value = item.value if isinstance(item, ast.keyword) else item
            if value is not item:
                self._copy(start, value.col_offset)
                start = value.col_offset
            self._expression(value, start, end, indent, 1)
            self._write(",")

    def _chain(self, node: ast.expr, start: int, end: int, indent: int, tail: int) -> None:
        """Operands one a line, each operator before its operand."""
        parts = _operands(node)
        if len(parts) == 1:
            self._copy(start, end)
            return
        place = start
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            stop = end if last else self._operand_end(part, place)
            if number:
                self._newline(indent)
                begin = self._operand_start(part, place)
                self._copy(place, begin)
                place = begin
            self._expression(part, place, stop, indent, tail if last else 0)
            place = stop + 1

    def _operand_end(self, part: ast.expr, place: int) -> int:
        """Where an operand ends, closing parentheses of its own included."""
        end = part.end_col_offset or 0
        opened = self._text.count("(", self._operand_start(part, place), part.col_offset)
        for _ in range(opened):
            end = self._text.index(")", end) + 1
        return end

    def _operand_start(self, part: ast.expr, place: int) -> int:
        """Where an operand begins behind its operator, opening parentheses of its own included."""
        start = part.col_offset
        while start > place and self._text[start - 1] == "(":
            start -= 1
        return start

    def _copy(self, start: int, end: int) -> None:
        self._moved.append((start, end, self._base + len(self.lines), len(self.lines[-1])))
        self.lines[-1] += self._text[start:end]

    def _write(self, text: str) -> None:
        self.lines[-1] += text

    def _newline(self, indent: int) -> None:
        self.lines.append(" " * indent)


def _operands(node: ast.expr) -> list[ast.expr]:
    """The operands of the loosest operators of an expression, left to right."""
    match node:
        case ast.BinOp(op=op) if type(op) in _PRECEDENCE:
            level = _PRECEDENCE[type(op)]
            operands: list[ast.expr] = [node.right]
            left = node.left
            while (
                isinstance(left, ast.BinOp)
                and _PRECEDENCE.get(type(left.op)) == level
                and left.col_offset == node.col_offset
            ):
                operands.append(left.right)
                left = left.left
            return [left, *reversed(operands)]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.BoolOp(values=values):
            return list(values)
        case ast.BinOp(op=ast.Pow()) if node.left.end_col_offset != node.right.col_offset - 2:
            return [node.left, node.right]  # `a**b`, without spaces, stays in one piece
        case ast.IfExp(body=body, test=test, orelse=orelse):
            return [body, test, *(_operands(orelse) if isinstance(orelse, ast.IfExp) else [orelse])]
    return [node]
