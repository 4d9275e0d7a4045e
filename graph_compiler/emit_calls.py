"""A node's constructor and forward text, from the templates of its layer.

Owns the reading of templates such as `nn.Linear({x.last}, {out_features}, bias={bias})`; what
equals torch's default is left out. Knows one node at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from graph_compiler.emit_layout import Piece
from graph_compiler.emit_text import expression, is_fixed, literal, names_in
from graph_compiler.layer import Layer, Param
from graph_compiler.registry import layers
from graph_compiler.symbolic_inference import Inferred
from graph_compiler.symbols import Symbolic

_PLACE = re.compile(r"\{(\w+)(?:\.(\w+)|\[(-?\d+)\])?(?::([^{}]*))?\}")
_KEYWORD = re.compile(r"(\w+)=(?!=)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Place:
    """A gap in a template: a parameter, or something of the first input's type."""

    name: str
    attribute: str = ""
    axis: int | None = None
    joint: str = ", "
    param: Param | None = None


@dataclass(frozen=True, slots=True)
class _Argument:
    keyword: str
    parts: tuple[str | _Place, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    head: str
    arguments: tuple[_Argument, ...]


@cache
def _call(type_name: str) -> _Call:
    layer = layers()[type_name]
    head, _, rest = layer.module.partition("(")
    inner = rest.strip().removesuffix(")")
    arguments = []
    for text in _split(inner):
        match = _KEYWORD.fullmatch(text)
        keyword, value = (match[1], match[2]) if match else ("", text)
        arguments.append(_Argument(keyword, _parts(value, layer)))
    return _Call(head, tuple(arguments))


@cache
def _forward(type_name: str) -> tuple[str | _Place, ...]:
    layer = layers()[type_name]
    return _parts(layer.forward, layer)


@dataclass(frozen=True, slots=True)
class Constructor:
    """The call that makes a node's module, `nn.Linear(400, hidden)`, and the variables it reads."""

    text: str
    names: tuple[str, ...]


def constructor(node: Inferred) -> Constructor:
    """The constructor's call of a node that has a module."""
    call = _call(node.node.type)
    written = []
    names: list[str] = []
    for argument in call.arguments:
        if argument.keyword:
            place = argument.parts[0]
            if isinstance(place, _Place) and _is_default(place, node):
                continue
        value = _filled(argument.parts, node)
        names.extend(names_in(value))
        written.append(f"{argument.keyword}={value}" if argument.keyword else value)
    return Constructor(f"{call.head}({', '.join(written)})", tuple(names))


def class_of(node: Inferred) -> str:
    """What the constructor calls: `nn.Linear`, `Step`."""
    return _call(node.node.type).head


def is_alias(node: Inferred) -> bool:
    """Whether the node's value is its only input's, as that of a sum of one."""
    parts = _forward(node.node.type)
    return len(parts) == 1 and isinstance(parts[0], _Place) and len(node.wires) == 1


def is_infix(node: Inferred) -> bool:
    """Whether the node's forward text is operands around an operator, outside all brackets."""
    return any(isinstance(p, _Place) and _bare(p) for p in _forward(node.node.type)[:1])


def forward(node: Inferred, operands: list[Piece], loose: list[bool]) -> Piece:
    """The expression that computes the node from its inputs' expressions.

    `loose` says which operands are operations themselves and so may need parentheses.
    """
    piece = Piece("")
    infix = is_infix(node)
    parts = _forward(node.node.type)
    for number, part in enumerate(parts):
        if isinstance(part, str):
            piece.add(part)
        elif part.name == "inputs":
            for place, operand in enumerate(operands):
                piece.add(part.joint if place else "")
                _operand(piece, operand, infix and loose[place] and place > 0)
            if len(operands) == 1 and _in_tuple(parts, number):
                piece.add(",")
        elif part.name == "x" and part.param is None and not part.attribute and part.axis is None:
            _operand(piece, operands[0], infix and loose[0])
        else:
            piece.add(_plain(part, node))
    return piece


def _operand(piece: Piece, operand: Piece, wrapped: bool) -> None:
    if wrapped:
        piece.add("(").add(operand).add(")")
    else:
        piece.add(operand)


def _in_tuple(parts: tuple[str | _Place, ...], number: int) -> bool:
    """Whether the gap stands alone between parentheses that call nothing."""
    before = parts[number - 1] if number else ""
    after = parts[number + 1] if number + 1 < len(parts) else ""
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    return before.endswith("((") and after.startswith(")")


def _bare(place: _Place) -> bool:
    return place.name == "x" or (place.name == "inputs" and place.joint.strip() != ",")


def _parts(text: str, layer: Layer) -> tuple[str | _Place, ...]:
    params = {param.name: param for param in layer.params}
    parts: list[str | _Place] = []
    last = 0
    for match in _PLACE.finditer(text):
        if match.start() > last:
            parts.append(text[last : match.start()])
        last = match.end()
        name, attribute, axis, joint = match.groups()
        parts.append(
            _Place(
                name,
                attribute or "",
                int(axis) if axis else None,
                ", " if joint is None else joint,
                params.get(name),
            )
        )
    if last < len(text):
        parts.append(text[last:])
    return tuple(parts)


def _split(text: str) -> list[str]:
    """The arguments of a call, divided at the commas outside all brackets."""
    pieces, depth, current = [], 0, ""
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            pieces.append(current.strip())
            current = ""
        else:
            current += character
    return [*pieces, current.strip()] if current.strip() else pieces


def _filled(parts: tuple[str | _Place, ...], node: Inferred) -> str:
    return "".join(part if isinstance(part, str) else _value(part, node) for part in parts)


def _value(place: _Place, node: Inferred) -> str:
    param = place.param
    if param is None:
        return literal(_of_input(place, node))
    if param.kind in ("float", "bool", "choice") and param.name in node.texts:
        return expression(node.texts[param.name])  # these carry no symbol of their own
    value = getattr(node.params, param.name)
    return literal(_short_size(value) if param.kind == "size" else value)


def _plain(place: _Place, node: Inferred) -> str:
    """A value in forward text, out of reach of the constructor's arguments: a literal."""
    value = getattr(node.params, place.name) if place.param else _of_input(place, node)
    return literal(_concrete(value))


def _concrete(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_concrete(item) for item in value)
    return value.value if isinstance(value, Symbolic) else value


def _of_input(place: _Place, node: Inferred) -> Any:
    first = node.inputs[0]
    if place.axis is not None:
        return first.shape[place.axis]
    return first.last if place.attribute == "last" else getattr(first, place.attribute)


def _is_default(place: _Place, node: Inferred) -> bool:
    param = place.param
    if param is None or param.explicit or param.name in node.texts:
        return False
    value = getattr(node.params, param.name)
    return is_fixed(value) and param.default in (value, _short_size(value))


def _short_size(value: Any) -> Any:
    """`(3, 3)` as 3, where both are the same expression."""
    if isinstance(value, tuple) and value:
        first = value[0]
        if all(literal(item) == literal(first) for item in value):
            return first
    return value
