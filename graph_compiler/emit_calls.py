"""A node's constructor, its call and its forward text, from the texts of its layer.

Owns what stands in the gaps of those texts: says no more than needed, reads one node at a time. The
language itself is `graph_compiler.emit_language`'s.

Blocks and choices have no texts of their own and are not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, TypeAlias

from graph_compiler.emit_language import (
    ATOM,
    Gap,
    Group,
    Part,
    Text,
    called,
    calls_in,
    level_of_text,
    read,
)
from graph_compiler.emit_layout import Piece
from graph_compiler.emit_text import expression, is_fixed, literal, names_in
from graph_compiler.inferred import Inferred
from graph_compiler.layer import Layer
from graph_compiler.tensors import TensorType

Keep: TypeAlias = Callable[[str], str]
"""Gives the forward pass's text for an argument of the constructor: `hidden` as `self.hidden`."""

_NAME = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.])[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Operand:
    """The expression that goes in at one wire."""

    piece: Piece
    level: int = ATOM


@dataclass(slots=True)
class Operands:
    """What the gaps of a forward text are filled with."""

    wires: Mapping[str, Operand]
    """By the name of the port that the wire ends in."""
    itself: str = ""
    """`self.conv1`, for a node that has a module."""
    keep: Keep = field(default=str)


@dataclass(frozen=True, slots=True)
class Constructor:
    """The call that makes a node's module, `nn.Linear(400, hidden)`, and the variables it reads."""

    text: str
    names: tuple[str, ...]
    entries: tuple[str, ...] = ()
    """For a row: what stands in the brackets."""


def constructor(node: Inferred) -> Constructor:
    """The constructor's call of a node that has a module."""
    filler = _Filler(node, None)
    piece = filler.fill(_module(node.layer).parts)
    return Constructor(piece.text, tuple(filler.names))


def class_of(node: Inferred) -> str:
    """What the constructor calls: `nn.Linear`, `Step`."""
    return called(node.layer.module)


def forward(node: Inferred, operands: Operands) -> Operand:
    """The expression that computes the node from its inputs' expressions."""
    text = _forward(node)
    return Operand(_Filler(node, operands).fill(text.parts), text.level)


def forward_names(node: Inferred) -> tuple[str, ...]:
    """The constructor's arguments that the forward text reads."""
    if not any(gap.kind in ("param", "size", "extra", "output") for gap in _forward(node).gaps):
        return ()
    wires = {wire.target_port: Operand(Piece("x")) for wire in node.wires}
    filler = _Filler(node, Operands(wires, "self"))
    filler.fill(_forward(node).parts)
    return tuple(filler.names)


def forward_heads(node: Inferred) -> frozenset[str]:
    """What the forward text may call: `torch.cat`, `F.relu`, and methods as `.transpose`."""
    wires = {wire.target_port: Operand(Piece("gap")) for wire in node.wires}
    filled = _Filler(node, Operands(wires, "self.gap", lambda name: f"self.{name}"))
    return calls_in(filled.fill(_forward(node).parts).text)


def reads(node: Inferred) -> Mapping[str, int]:
    """Input port with a wire to how often the node's forward text reads it."""
    return _reads(_forward(node), tuple(w.target_port for w in node.wires))


def is_alias(node: Inferred) -> bool:
    """Whether the node's value is its only input's, as that of a sum of one."""
    if node.layer.module or len(node.wires) != 1:
        return False
    parts = _forward(node).parts
    return len(parts) == 1 and isinstance(parts[0], Gap) and parts[0].kind == "wire"


def is_link(node: Inferred) -> bool:
    """Whether the node is a module of one value in and one out, as `nn.Sequential` wants it."""
    if node.turns is not None or node.scan is not None:
        return False
    if node.body is not None:
        return len(node.wires) == 1 and len(node.outputs) == 1
    return is_plain_link(node)


def is_plain_link(node: Inferred) -> bool:
    """The same for a layer, whether or not it stands in a row."""
    layer = node.layer
    if not layer.module or layer.forward or layer.template is not None:
        return False
    if len(node.wires) != 1 or len(node.outputs) != 1:
        return False
    if not layer.call:
        return node.wires[0].target_port == layer.inputs[0].name
    filled = _Filler(node, Operands({node.wires[0].target_port: Operand(Piece("x"))}, ""))
    return filled.fill(_forward(node).parts).text == "(x)"


def unpacked(node: Inferred, names: Mapping[str, str]) -> str:
    """The left side of the assignment of a node with several outputs: `x, (_, cell)`."""
    text = node.layer.unpack or ", ".join(f"{{{port}}}" for port in node.ports_out)
    left = re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], "_"), text)
    while (shorter := re.sub(r"\(_(?:, _)*\)", "_", left)) != left:
        left = shorter
    return left


class _Filler:
    """Fills the gaps of one node's texts; in the constructor where there are no operands."""

    def __init__(self, node: Inferred, operands: Operands | None) -> None:
        self._node, self._operands = node, operands
        self._extra: Mapping[str, Any] | None = None
        self.names: list[str] = []

    def fill(self, parts: Sequence[Part]) -> Piece:
        piece = Piece("")
        for part in parts:
            if isinstance(part, str):
                piece.add(part)
            elif isinstance(part, Group):
                piece.add(self._group(part))
            else:
                piece.add(self._gap(part))
        return piece

    def _group(self, group: Group) -> Piece:
        items: list[Piece] = []
        open_ended = 0
        """Items without those at the end that stand for missing wires."""
        keywords: list[Piece] = []
        for keyword, parts in group.items:
            gap = _only_gap(parts)
            if keyword:
                if gap is None or not (self._is_default(gap) or self._is_missing(gap)):
                    keywords.append(Piece(f"{keyword}=").add(self.fill(parts)))
                continue
            missing = group.is_call and gap is not None and self._is_missing(gap)
            items.append(Piece("None") if missing else self.fill(parts))
            if not missing:
                open_ended = len(items)
        if group.is_call:
            items = items[:open_ended]
        piece = Piece(group.opening)
        for number, item in enumerate([*(item for item in items if item.text), *keywords]):
            piece.add(", " if number else "").add(item)
        if group.opening == "(" and not group.is_call and self._is_single(group):
            piece.add(",")
        return piece.add(")" if group.opening == "(" else "]")

    def _is_single(self, group: Group) -> bool:
        """Whether brackets hold one gap for many things, of which there is only one."""
        if len(group.items) != 1 or len(group.items[0][1]) != 1:
            return False
        gap = group.items[0][1][0]
        if not isinstance(gap, Gap):
            return False
        if gap.kind == "wire" and gap.many:
            return len(self._wires(gap)) == 1
        value = self._value(gap) if gap.form == "*" else None
        return isinstance(value, tuple) and len(value) == 1

    def _gap(self, gap: Gap) -> Piece:
        if gap.kind == "self":
            return Piece(self._operands.itself if self._operands else "self")
        if gap.kind == "wire":
            piece = Piece("")
            for number, operand in enumerate(self._wires(gap)):
                if number:
                    piece.add(", " if gap.form is None else gap.form)
                if operand.level < (gap.joined if number else gap.needed):
                    piece.add("(").add(operand.piece).add(")")
                else:
                    piece.add(operand.piece)
            return piece if piece.text else Piece("None")
        text = self._written(gap)
        if gap.needed and not text.isalnum() and level_of_text(text) < gap.needed:
            text = f"({text})"
        return Piece(text)

    def _wires(self, gap: Gap) -> list[Operand]:
        found = []
        if self._operands is not None:
            for wire in self._node.wires:
                port = wire.target_port
                if port == gap.name or (gap.many and _stem(port) == gap.name):
                    found.append(self._operands.wires[port])
        return found

    def _is_missing(self, gap: Gap) -> bool:
        return gap.kind == "wire" and not self._wires(gap)

    def _is_default(self, gap: Gap) -> bool:
        param = gap.param
        if param is None or param.explicit or param.name in self._node.texts:
            return False
        value = getattr(self._node.params, param.name)
        return is_fixed(value) and param.default in (value, _short_size(value))

    def _written(self, gap: Gap) -> str:
        """A value as text, over the constructor's arguments where it depends on them."""
        param, node = gap.param, self._node
        value = self._value(gap)
        if gap.form == "raw":
            return str(value)
        text = node.texts.get(param.name) if param is not None else None
        whole = isinstance(value, tuple) and text is not None and is_fixed(value)
        if (text is not None and param is not None and param.kind in _NO_SYMBOLS) or whole:
            written = expression(text or "")
            written = f"*{written}" if gap.form == "*" else written
        elif gap.form == "*" and isinstance(value, tuple):
            written = ", ".join(literal(item) for item in value)
        else:
            written = literal(value)
        return self._in_reach(written)

    def _in_reach(self, text: str) -> str:
        """The text as the constructor or the forward pass reads it; notes the names in it."""
        if text.isdigit():
            return text
        names = names_in(text.removeprefix("*")) if not text.startswith(('"', "'")) else ()
        if not names:
            return text
        self.names.extend(names)
        if self._operands is None:
            return text
        return in_forward(text, names, self._operands.keep)

    def _value(self, gap: Gap) -> Any:
        node = self._node
        if gap.kind == "param":
            value = getattr(node.params, gap.name)
            return _short_size(value) if gap.param and gap.param.kind == "size" else value
        if gap.kind == "extra":
            if self._extra is None:
                rule = node.layer.extra
                first = node.outputs[0] if node.outputs else None
                self._extra = rule(node.params, first, *node.inputs) if rule else {}
            return self._extra[gap.name]
        tensor = node.outputs[0] if gap.kind == "output" else node.inputs[gap.place]
        if not isinstance(tensor, TensorType):
            return None
        if gap.axis is not None:
            return tensor.shape[gap.axis]
        return tensor.last if gap.attribute == "last" else getattr(tensor, gap.attribute)


def _only_gap(parts: Sequence[Part]) -> Gap | None:
    """The gap that an argument consists of; it may be off in evaluation."""
    alone = len(parts) == 1 or (len(parts) == 2 and parts[1] == " if self.training else 0.0")
    return parts[0] if alone and isinstance(parts[0], Gap) else None


_NO_SYMBOLS = ("float", "bool", "choice", "floats")
"""Kinds whose values carry no symbol of their own."""


def in_forward(text: str, names: Sequence[str], keep: Keep) -> str:
    """An expression over the constructor's arguments, as the forward pass reads it."""
    known = set(names)
    return _NAME.sub(lambda match: keep(match[0]) if match[0] in known else match[0], text)


def _short_size(value: Any) -> Any:
    """`(3, 3)` as 3, where both are the same expression."""
    if isinstance(value, tuple) and value:
        first = value[0]
        if all(literal(item) == literal(first) for item in value):
            return first
    return value


@lru_cache(maxsize=4096)
def _stem(port: str) -> str:
    return port.rstrip("0123456789")


_TEXTS: dict[tuple[int, str], tuple[Layer, Text]] = {}
_MODULES: dict[int, tuple[Layer, Text]] = {}


def _module(layer: Layer) -> Text:
    known = _MODULES.get(id(layer))
    if known is None:
        known = _MODULES[id(layer)] = (layer, read(layer.module, layer))
    return known[1]


def _forward(node: Inferred) -> Text:
    layer = node.layer
    text = _forward_text(node)
    known = _TEXTS.get((id(layer), text))
    if known is None:
        if len(_TEXTS) > 4096:
            _TEXTS.clear()
        known = _TEXTS[id(layer), text] = (layer, read(text, layer))
    return known[1]


def _forward_text(node: Inferred) -> str:
    layer = node.layer
    if layer.template is not None:
        return layer.template(node.params, *node.inputs)
    if layer.forward:
        return layer.forward
    return _called(layer.call, tuple((port.name, port.many) for port in layer.inputs))


@cache
def _called(call: str, ports: tuple[tuple[str, bool], ...]) -> str:
    inside = call or ", ".join("{inputs}" if many else f"{{{name}}}" for name, many in ports)
    return f"{{self}}({inside})"


def _reads(text: Text, ports: tuple[str, ...]) -> Mapping[str, int]:
    return {
        port: sum(
            gap.kind == "wire" and (gap.name == port or (gap.many and gap.name == _stem(port)))
            for gap in text.gaps
        )
        for port in ports
    }
