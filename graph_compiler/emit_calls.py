"""A node's constructor, its call and its forward text, from the texts of its layer.

Owns the language of `module`, `call`, `forward`, `template` and `unpack` in layer entries, reads
one node at a time, and says no more than needed. The gaps of that language:

- `{x}` the variable of the first input, `{PORT}` that of a port, `{inputs}` all wires of the port
  `many`; a joint may stand behind a colon: `{inputs: + }`. `{self}` is the node's own module.
- `{PARAM}` a parameter's value, or its expression over the constructor's arguments; `{PARAM:raw}`
  the bare word of a choice (`torch.{op:raw}({x})`); `{PARAM:*}` a tuple's items without brackets.
- `{x.last}`, `{x[1]}`, `{PORT.last}`, `{PORT[1]}` sizes of an input; `{y.last}`, `{y[1]}` of the
  first output; `{NAME}` a value that the layer's `extra` rule returns under that name.

`keyword={PARAM}` is left out where the parameter is at its default, unless it is `explicit`;
`keyword={PORT}` where the port has no wire. In its place among the positional arguments such a port
is `None`, and left out at the end. Without a `forward` text a module is called with the values that
`call` names, else with all inputs in the order of the ports. In the forward pass an argument of the
constructor is read as `self.NAME`. Operands get parentheses where their place needs them, and a
value that a text reads twice gets a name first. `unpack` names several outputs, `{output},
({hidden}, {cell})`; those that nobody reads become `_`.

Blocks and choices have no texts of their own and are not seen here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, TypeAlias

from graph_compiler.emit_layout import Piece
from graph_compiler.emit_text import expression, is_fixed, literal, names_in
from graph_compiler.inferred import Inferred
from graph_compiler.layer import Layer, Param
from graph_compiler.tensors import TensorType

Keep: TypeAlias = Callable[[str], str]
"""Gives the forward pass's text for an argument of the constructor: `hidden` as `self.hidden`."""

_TOKEN = re.compile(
    r"\{(?P<name>\w+)(?:\.(?P<attribute>\w+)|\[(?P<axis>-?\d+)\])?(?::(?P<form>[^{}]*))?\}"
    r"|(?P<text>\"[^\"\n]*\"|'[^'\n]*')|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,\s*)"
)
_KEYWORD = re.compile(r"(\w+)=(?!=)")
_NAME = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.])[A-Za-z_]\w*")

CONDITIONAL, SUM, PRODUCT, UNARY, ATOM = 0, 8, 9, 10, 13
_TIGHTNESS: dict[type[ast.AST], int] = {
    ast.Lambda: 0,
    ast.IfExp: CONDITIONAL,
    ast.Or: 1,
    ast.And: 2,
    ast.Not: 3,
    ast.Compare: 4,
    ast.BitOr: 5,
    ast.BitXor: 6,
    ast.BitAnd: 7,
    ast.LShift: 7,
    ast.RShift: 7,
    ast.Add: SUM,
    ast.Sub: SUM,
    ast.Mult: PRODUCT,
    ast.MatMult: PRODUCT,
    ast.Div: PRODUCT,
    ast.FloorDiv: PRODUCT,
    ast.Mod: PRODUCT,
    ast.UAdd: UNARY,
    ast.USub: UNARY,
    ast.Invert: UNARY,
    ast.Pow: 11,
    ast.Await: 12,
}
"""How tightly Python's operators bind; everything else is one piece."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """A gap in a text, and how tightly what fills it must bind."""

    kind: str
    """`self`, `wire`, `size`, `output`, `param` or `extra`."""
    name: str
    place: int = 0
    """For a wire or a size: which of the layer's input ports."""
    attribute: str = ""
    axis: int | None = None
    form: str | None = None
    param: Param | None = None
    many: bool = False
    needed: int = 0
    joined: int = 0
    """For the later wires of a port `many`: how tightly the joint binds."""


@dataclass(frozen=True, slots=True)
class _Group:
    """What stands in brackets: items divided at commas, each with its keyword or none."""

    opening: str
    is_call: bool
    items: tuple[tuple[str, tuple[_Part, ...]], ...]


_Part: TypeAlias = str | _Gap | _Group


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of a layer, read once."""

    parts: tuple[_Part, ...]
    level: int
    """How tightly the whole binds."""
    gaps: tuple[_Gap, ...]


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


def constructor(node: Inferred) -> Constructor:
    """The constructor's call of a node that has a module."""
    filler = _Filler(node, None)
    piece = filler.fill(_module(node.layer).parts)
    return Constructor(piece.text, tuple(filler.names))


def class_of(node: Inferred) -> str:
    """What the constructor calls: `nn.Linear`, `Step`."""
    return _head(node.layer.module)


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
    return _heads(filled.fill(_forward(node).parts).text)


def reads(node: Inferred) -> Mapping[str, int]:
    """Input port with a wire to how often the node's forward text reads it."""
    return _reads(_forward(node), tuple(w.target_port for w in node.wires))


def is_alias(node: Inferred) -> bool:
    """Whether the node's value is its only input's, as that of a sum of one."""
    if node.layer.module or len(node.wires) != 1:
        return False
    parts = _forward(node).parts
    return len(parts) == 1 and isinstance(parts[0], _Gap) and parts[0].kind == "wire"


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

    def fill(self, parts: Sequence[_Part]) -> Piece:
        piece = Piece("")
        for part in parts:
            if isinstance(part, str):
                piece.add(part)
            elif isinstance(part, _Group):
                piece.add(self._group(part))
            else:
                piece.add(self._gap(part))
        return piece

    def _group(self, group: _Group) -> Piece:
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

    def _is_single(self, group: _Group) -> bool:
        """Whether brackets hold one gap for many things, of which there is only one."""
        if len(group.items) != 1 or len(group.items[0][1]) != 1:
            return False
        gap = group.items[0][1][0]
        if not isinstance(gap, _Gap):
            return False
        if gap.kind == "wire" and gap.many:
            return len(self._wires(gap)) == 1
        value = self._value(gap) if gap.form == "*" else None
        return isinstance(value, tuple) and len(value) == 1

    def _gap(self, gap: _Gap) -> Piece:
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
        if gap.needed and not text.isalnum() and _level(text) < gap.needed:
            text = f"({text})"
        return Piece(text)

    def _wires(self, gap: _Gap) -> list[Operand]:
        found = []
        if self._operands is not None:
            for wire in self._node.wires:
                port = wire.target_port
                if port == gap.name or (gap.many and _stem(port) == gap.name):
                    found.append(self._operands.wires[port])
        return found

    def _is_missing(self, gap: _Gap) -> bool:
        return gap.kind == "wire" and not self._wires(gap)

    def _is_default(self, gap: _Gap) -> bool:
        param = gap.param
        if param is None or param.explicit or param.name in self._node.texts:
            return False
        value = getattr(self._node.params, param.name)
        return is_fixed(value) and param.default in (value, _short_size(value))

    def _written(self, gap: _Gap) -> str:
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

    def _value(self, gap: _Gap) -> Any:
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


def _only_gap(parts: Sequence[_Part]) -> _Gap | None:
    """The gap that an argument consists of; it may be off in evaluation."""
    alone = len(parts) == 1 or (len(parts) == 2 and parts[1] == " if self.training else 0.0")
    return parts[0] if alone and isinstance(parts[0], _Gap) else None


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


# reading the texts

_TEXTS: dict[tuple[int, str], tuple[Layer, _Text]] = {}
_MODULES: dict[int, tuple[Layer, _Text]] = {}


def _module(layer: Layer) -> _Text:
    known = _MODULES.get(id(layer))
    if known is None:
        known = _MODULES[id(layer)] = (layer, _read(layer.module, layer))
    return known[1]


def _forward(node: Inferred) -> _Text:
    layer = node.layer
    text = _forward_text(node)
    known = _TEXTS.get((id(layer), text))
    if known is None:
        if len(_TEXTS) > 4096:
            _TEXTS.clear()
        known = _TEXTS[id(layer), text] = (layer, _read(text, layer))
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


def _read(text: str, layer: Layer) -> _Text:
    """A text taken apart; `ValueError` where it cannot be read."""
    gaps: list[_Gap] = []
    needed, joints, level = _tightness(text)
    parts, end = _items(text, 0, layer, gaps, needed, joints)
    if end != len(text):
        raise ValueError(f"a bracket too many in {text!r}")
    flat: list[_Part] = []
    for number, (keyword, item) in enumerate(parts):
        flat.extend([", "] if number else [])
        flat.extend([f"{keyword}="] if keyword else [])
        flat.extend(item)
    return _Text(tuple(flat), level, tuple(gaps))


def _items(
    text: str,
    start: int,
    layer: Layer,
    gaps: list[_Gap],
    needed: Sequence[int],
    joints: Sequence[int],
) -> tuple[list[tuple[str, tuple[_Part, ...]]], int]:
    """The items from `start` to the bracket that closes them, and where that stands."""
    items: list[tuple[str, tuple[_Part, ...]]] = []
    parts: list[_Part] = []
    keyword = ""

    def plain(piece: str) -> None:
        nonlocal keyword
        if not parts and not keyword:
            piece = piece.lstrip()
            match = _KEYWORD.match(piece)
            if match and start:
                keyword, piece = match[1], piece[match.end() :]
        if piece:
            parts.append(piece)

    at = start
    while at < len(text):
        match = _TOKEN.search(text, at)
        if match is None:
            plain(text[at:])
            at = len(text)
            break
        if match.start() > at:
            plain(text[at : match.start()])
        at = match.end()
        if match["name"]:
            number = len(gaps)
            gap = _gap(match, layer, needed[number], joints[number])
            gaps.append(gap)
            parts.append(gap)
        elif match["text"]:
            plain(match["text"])
        elif match["open"]:
            before = text[: match.start()].rstrip()
            is_call = match["open"] == "(" and bool(re.search(r"[\w)\]}]$", before))
            is_call = is_call and not re.search(r"\b(?:if|else|in|not|and|or|is)$", before)
            inner, at = _items(text, at, layer, gaps, needed, joints)
            if at >= len(text):
                raise ValueError(f"a bracket stays open in {text!r}")
            parts.append(_Group(match["open"], is_call, tuple(inner)))
            at += 1
        elif match["close"]:
            at = match.start()
            break
        else:
            items.append((keyword, tuple(parts)))
            parts, keyword = [], ""
    if parts or keyword:
        items.append((keyword, tuple(parts)))
    return items, at


def _gap(match: re.Match[str], layer: Layer, needed: int, joined: int) -> _Gap:
    name, attribute, form = match["name"], match["attribute"] or "", match["form"]
    axis = int(match["axis"]) if match["axis"] else None
    if name == "self":
        return _Gap("self", name)
    places = {port.name: number for number, port in enumerate(layer.inputs)}
    sized = bool(attribute) or axis is not None
    param = next((param for param in layer.params if param.name == name), None)
    if param is not None and not sized and name not in places:
        return _Gap("param", name, form=form, param=param, needed=needed)
    if name == "y" and sized and name not in places:
        return _Gap("output", name, 0, attribute, axis, form, needed=needed)
    if name == "x" and name not in places and layer.inputs:
        place = 0
    elif name == "inputs" and name not in places and any(port.many for port in layer.inputs):
        place = next(number for number, port in enumerate(layer.inputs) if port.many)
    elif name in places:
        place = places[name]
    else:
        return _Gap("extra", name, form=form, needed=needed)
    port = layer.inputs[place]
    if sized:
        return _Gap("size", port.name, place, attribute, axis, form, needed=needed)
    return _Gap("wire", port.name, place, form=form, many=port.many, needed=needed, joined=joined)


def _tightness(text: str) -> tuple[list[int], list[int], int]:
    """For each gap how tightly its filling must bind, also behind a joint; and the whole text."""
    forms: list[str | None] = []

    def place(match: re.Match[str]) -> str:
        if not match["name"]:
            return match[0]
        forms.append(match["form"])
        return f"gap_{len(forms) - 1}_"

    plain = _TOKEN.sub(place, text)
    needed, joints = [0] * len(forms), [0] * len(forms)
    if not forms:
        return needed, joints, _level(text)
    tree = ast.parse(f"({plain})", mode="eval").body
    for parent in ast.walk(tree):
        for child, tightness in _demands(parent):
            match = re.fullmatch(r"gap_(\d+)_", child.id) if isinstance(child, ast.Name) else None
            if match:
                needed[int(match[1])] = tightness
    for number, form in enumerate(forms):
        if form is not None and form.strip() not in ("", ",", "raw", "*"):
            joint = ast.parse(f"a{form}b", mode="eval").body
            own = _level_of(joint)
            needed[number] = max(needed[number], own)
            joints[number] = own + 1
    if len(forms) == 1 and isinstance(tree, ast.Name):
        return needed, joints, joints[0] - 1 if joints[0] else ATOM
    return needed, joints, _level_of(tree)


def _demands(parent: ast.AST) -> list[tuple[ast.AST, int]]:
    """The operands of an operator, each with how tightly it must bind."""
    match parent:
        case ast.BinOp(left=left, op=ast.Pow() as op, right=right):
            own = _TIGHTNESS[type(op)]
            return [(left, own + 1), (right, UNARY)]
        case ast.BinOp(left=left, op=op, right=right):
            own = _TIGHTNESS[type(op)]
            return [(left, own), (right, own + 1)]
        case ast.UnaryOp(op=op, operand=operand):
            return [(operand, _TIGHTNESS[type(op)])]
        case ast.Compare(left=left, comparators=others):
            return [(part, _TIGHTNESS[ast.Compare] + 1) for part in (left, *others)]
        case ast.BoolOp(op=op, values=values):
            return [(part, _TIGHTNESS[type(op)] + 1) for part in values]
        case ast.IfExp(body=body, test=test):
            return [(body, 1), (test, 1)]
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return [(value, ATOM)]
        case ast.Call(func=func):
            return [(func, ATOM)]
        case ast.Starred(value=value):
            return [(value, 5)]
    return []


@lru_cache(maxsize=4096)
def _level(text: str) -> int:
    try:
        return _level_of(ast.parse(f"({text})", mode="eval").body)
    except SyntaxError:
        return ATOM


def _level_of(tree: ast.expr) -> int:
    match tree:
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.BoolOp(op=op):
            return _TIGHTNESS[type(op)]
    return _TIGHTNESS.get(type(tree), ATOM)


@cache
def _head(text: str) -> str:
    return text.partition("(")[0]


@lru_cache(maxsize=2048)
def _heads(text: str) -> frozenset[str]:
    """Everything that a forward text calls; `.name` for methods of values."""
    return frozenset(
        head_of(node)
        for node in ast.walk(ast.parse(f"({text})", mode="eval"))
        if isinstance(node, ast.Call)
    )


def head_of(call: ast.Call) -> str:
    """What is called: `nn.Linear`, `Step`, `self.features`; `.mean` for a method of a value."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=("nn" | "torch" | "F" | "self") as owner), attr=name):
            return f"{owner}.{name}"
        case ast.Attribute(attr=name):
            return f".{name}"
    return ""


def _reads(text: _Text, ports: tuple[str, ...]) -> Mapping[str, int]:
    return {
        port: sum(
            gap.kind == "wire" and (gap.name == port or (gap.many and gap.name == _stem(port)))
            for gap in text.gaps
        )
        for port in ports
    }
