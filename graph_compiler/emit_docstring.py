"""The docstring of a class: what it does in a sentence, and the shapes that go in and come out.

Owns which sizes are written as expressions, which as letters, and which are left open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product

from graph_compiler.emit_calls import in_forward
from graph_compiler.emit_layout import Piece
from graph_compiler.emit_text import literal, names_in
from graph_compiler.expressions import ExpressionError, parse
from graph_compiler.inferred import Body
from graph_compiler.naming import sentence
from graph_compiler.symbols import Dim, N
from graph_compiler.tensors import TensorType

_LONGEST_SIZE = 24
_LONGEST_SHAPE = 64
"""Characters; beyond, a size is left open or written as its number, a shape as `(N, ...)`."""
_LONGEST_LINE = 92
_LETTERS = {2: "NF", 3: "NTF", 4: "NCHW", 5: "NCDHW"}
"""The axes of an input by its rank."""
_MORE = {"F": "FGKM", "T": "TSUR", "C": "CEKM", "D": "DdEe", "H": "HhYy", "W": "WwXx"}
"""Letters for the same axis of further inputs."""
_DIVISORS = (2, 3, 4, 8, 16, 32)


def docstring(
    body: Body, arguments: Mapping[str, str], returned: Mapping[str, str], used: Collection[str]
) -> list[Piece]:
    """The lines of the docstring, quotes included.

    `arguments` and `returned` name the values that go in and come out, by node; `used` are the
    constructor's arguments, which sizes may be told by.
    """
    shapes = _Shapes(body, used)
    nodes = body.nodes
    pieces = []
    for number, (node, name) in enumerate(arguments.items()):
        comma = "," if number < len(arguments) - 1 else ""
        shape = shapes.of(nodes[node].outputs[0])
        pieces.append(Piece(f"{name} {shape}").mark(node).add(comma))
    for number, (node, name) in enumerate(returned.items()):
        comma = "," if number < len(returned) - 1 else ""
        label = shapes.of(nodes[node].inputs[0])
        if not body.network.is_block or len(returned) > 1:
            fed_back = node.endswith("_") and node[:-1] in body.inputs
            label = f"{arguments[node[:-1]] if fed_back else name} {label}"
        pieces.append(Piece("" if number else "-> ").add(Piece(label).mark(node)).add(comma))
    about = sentence(body.network.about) if body.network.is_block else ""
    lines = [Piece(text) for text in _wrapped(about)]
    if lines:
        lines.append(Piece(""))
    lines += _filled(pieces)
    lines[0] = Piece('"""').add(lines[0])
    if len(lines) > 1:
        lines.append(Piece(""))
    lines[-1].add('"""')
    return lines


def _filled(pieces: list[Piece]) -> list[Piece]:
    """The pieces in a row, on as many lines as they need."""
    lines = [Piece("")]
    for piece in pieces:
        if lines[-1].text and len(lines[-1].text) + 1 + len(piece.text) > _LONGEST_LINE - 2:
            lines.append(Piece(""))
        lines[-1].add(" " if lines[-1].text else "").add(piece)
    return lines


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > _LONGEST_LINE:
            yield line
            line = ""
        line += f" {word}" if line else word
    if line:
        yield line


class _Shapes:
    """Writes the shapes of one drawing."""

    def __init__(self, body: Body, used: Collection[str]) -> None:
        self._body, self._used = body, used
        self._block = body.network.is_block
        self._shown = self._letters() if self._block else {}

    def of(self, tensor: TensorType) -> str:
        """`(N, 10)`"""
        sizes = [self._size(size) for size in tensor.shape]
        while sizes[-2:] == ["...", "..."]:
            sizes.pop()
        if "..." in sizes[:-1]:
            sizes = [*sizes[: sizes.index("...")], "..."]
        text = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        return text if len(text) <= _LONGEST_SHAPE else "(N, ...)"

    def _size(self, size: Dim) -> str:
        """Over the constructor's arguments, the letters and variables; a number, or left open."""
        if size is N:
            return "N"
        text = literal(size)
        names = names_in(text)
        if {*names} <= {*self._used, *self._shown}:
            short = in_forward(text, tuple(self._shown), lambda name: self._shown[name])
            divided = self._fraction(text, names) if ") // " in short else ""
            if divided or len(short) <= _LONGEST_SIZE:
                return divided or short
        if not self._block:  # what the constructor need not know may be any size
            return text if names and len(text) <= _LONGEST_SIZE else str(int(size))
        return self._fraction(text, names) or "..."

    def _fraction(self, text: str, names: Collection[str]) -> str:
        """`H / stride`, where that is the size for all heights that the stride divides."""
        if len(text) > _LONGEST_LINE:
            return ""
        for name in names:
            if name not in self._body.sizes:
                continue
            label = self._shown.get(name, name)
            divisors: list[str | int] = [other for other in names if other in self._used]
            for divisor in (*divisors, *_DIVISORS):
                if divisor != name and self._is_fraction(text, name, divisor):
                    return f"{label} / {divisor}"
        return ""

    def _is_fraction(self, text: str, name: str, divisor: str | int) -> bool:
        expression = parse(text)
        among = (1, 2, 3, 4) if isinstance(divisor, str) else (divisor,)
        for by, times in product(among, (7, 8, 30)):
            env = {**self._body.values, name: by * times}
            if isinstance(divisor, str):
                env[divisor] = by
            try:
                if expression.evaluate(env) != times:
                    return False
            except ExpressionError:
                return False
        return True

    def _letters(self) -> dict[str, str]:
        """Sizes of inputs that are no arguments, as letters: H and W of an image.

        Equal sizes of several inputs are the same letter.
        """
        body = self._body
        found: dict[str, str] = {}
        taken: dict[str, int] = {}
        earlier: dict[str, int] = {}
        before = 0
        for name, (number, axis) in body.sizes.items():
            node = body.nodes.get(body.inputs[number])
            if name in self._used or node is None:
                continue
            tensor = node.outputs[0]
            size = int(tensor.shape[axis])
            batched = tensor.shape[0] is N and tensor.rank in _LETTERS
            if size == 1 and len(body.inputs) > 1:
                found[name] = "1"
                continue
            plain = _LETTERS.get(tensor.rank, "")[axis : axis + 1] if batched else "T"
            if plain == "F" and tensor.dtype == "int":
                plain = "T"
            if number != before:
                before, earlier = number, dict(taken)
            equal = [letter for letter, known in earlier.items() if known == size]
            if plain != "C" and equal:
                found[name] = equal[0]
                continue
            letter = next((w for w in _MORE[plain] if taken.setdefault(w, size) == size), name)
            found[name] = letter
        return found
