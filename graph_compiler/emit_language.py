"""The texts of layers, taken apart: plain pieces, gaps, brackets; how tightly each place binds.

Owns the language of `module`, `call`, `forward`, `template`, `unpack` in layer entries. Its gaps:

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

Knows no nodes; `graph_compiler.emit_calls` fills the gaps.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias

from graph_compiler.layer import Layer, Param

_TOKEN = re.compile(
    r"\{(?P<name>\w+)(?:\.(?P<attribute>\w+)|\[(?P<axis>-?\d+)\])?(?::(?P<form>[^{}]*))?\}"
    r"|(?P<text>\"[^\"\n]*\"|'[^'\n]*')|(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,\s*)"
)
_KEYWORD = re.compile(r"(\w+)=(?!=)")

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
class Gap:
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
class Group:
    """What stands in brackets: items divided at commas, each with its keyword or none."""

    opening: str
    is_call: bool
    items: tuple[tuple[str, tuple[Part, ...]], ...]


Part: TypeAlias = str | Gap | Group


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a layer, read once."""

    parts: tuple[Part, ...]
    level: int
    """How tightly the whole binds."""
    gaps: tuple[Gap, ...]


def read(text: str, layer: Layer) -> Text:
    """A text taken apart; `ValueError` where it cannot be read."""
    gaps: list[Gap] = []
    needed, joints, level = _tightness(text)
    parts, end = _items(text, 0, layer, gaps, needed, joints)
    if end != len(text):
        raise ValueError(f"a bracket too many in {text!r}")
    flat: list[Part] = []
    for number, (keyword, item) in enumerate(parts):
        flat.extend([", "] if number else [])
        flat.extend([f"{keyword}="] if keyword else [])
        flat.extend(item)
    return Text(tuple(flat), level, tuple(gaps))


def _items(
    text: str,
    start: int,
    layer: Layer,
    gaps: list[Gap],
    needed: Sequence[int],
    joints: Sequence[int],
) -> tuple[list[tuple[str, tuple[Part, ...]]], int]:
    """The items from `start` to the bracket that closes them, and where that stands."""
    items: list[tuple[str, tuple[Part, ...]]] = []
    parts: list[Part] = []
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
            parts.append(Group(match["open"], is_call, tuple(inner)))
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


def _gap(match: re.Match[str], layer: Layer, needed: int, joined: int) -> Gap:
    name, attribute, form = match["name"], match["attribute"] or "", match["form"]
    axis = int(match["axis"]) if match["axis"] else None
    if name == "self":
        return Gap("self", name)
    places = {port.name: number for number, port in enumerate(layer.inputs)}
    sized = bool(attribute) or axis is not None
    param = next((param for param in layer.params if param.name == name), None)
    if param is not None and not sized and name not in places:
        return Gap("param", name, form=form, param=param, needed=needed)
    if name == "y" and sized and name not in places:
        return Gap("output", name, 0, attribute, axis, form, needed=needed)
    if name == "x" and name not in places and layer.inputs:
        place = 0
    elif name == "inputs" and name not in places and any(port.many for port in layer.inputs):
        place = next(number for number, port in enumerate(layer.inputs) if port.many)
    elif name in places:
        place = places[name]
    else:
        return Gap("extra", name, form=form, needed=needed)
    port = layer.inputs[place]
    if sized:
        return Gap("size", port.name, place, attribute, axis, form, needed=needed)
    return Gap("wire", port.name, place, form=form, many=port.many, needed=needed, joined=joined)


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
        return needed, joints, level_of_text(text)
    tree = ast.parse(f"({plain})", mode="eval").body
    for parent in ast.walk(tree):
        for child, tightness in _demands(parent):
            match = re.fullmatch(r"gap_(\d+)_", child.id) if isinstance(child, ast.Name) else None
            if match:
                needed[int(match[1])] = tightness
    for number, form in enumerate(forms):
        if form is not None and form.strip() not in ("", ",", "raw", "*"):
            joint = ast.parse(f"a{form}b", mode="eval").body
            own = level_of(joint)
            needed[number] = max(needed[number], own)
            joints[number] = own + 1
    if len(forms) == 1 and isinstance(tree, ast.Name):
        return needed, joints, joints[0] - 1 if joints[0] else ATOM
    return needed, joints, level_of(tree)


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
def level_of_text(text: str) -> int:
    try:
        return level_of(ast.parse(f"({text})", mode="eval").body)
    except SyntaxError:
        return ATOM


def level_of(tree: ast.expr) -> int:
    match tree:
        case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.BoolOp(op=op):
            return _TIGHTNESS[type(op)]
    return _TIGHTNESS.get(type(tree), ATOM)


@cache
def called(text: str) -> str:
    return text.partition("(")[0]


@lru_cache(maxsize=2048)
def calls_in(text: str) -> frozenset[str]:
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
