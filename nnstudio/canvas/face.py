"""What a node shows, as a frozen value read from the document: words, ports, size.

No painting and no widgets; only font measures, so that a node is as wide as its words. Two nodes
with equal faces look the same, which is what "the scene mirrors the document" is tested by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.layer import Layer, Param, Params
from graph_compiler.model import Network, Node, Value, Wire
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import environment, resolve
from graph_compiler.turns import INDEX
from nnstudio.canvas import look, port_kinds
from nnstudio.canvas.inside import STRIP, Inside, inside_of
from nnstudio.canvas.marks import PLAIN, Env, Marks, marks_of
from nnstudio.document.document import Document
from nnstudio.document.looking import outlets
from nnstudio.document.steps.ports import place
from nnstudio.document.values import is_expression
from nnstudio.document.visible import visible

GRID = 4.0
PADDING = 10.0
GLYPH_GAP, TITLE_GAP = 5.0, 8.0
HEADER, ROW, FOOTER = 32.0, 17.0, 24.0
GLYPH = 14.0
LINK = 14.0
"""Room for the sign that a row names another node."""
NARROWEST, WIDEST = 112.0, 168.0
PORT_Y, PORT_PITCH = 24.0, 22.0
"""Ports stand at one height in every node, so that a wire between nodes of one row is straight."""
PORT_NAME, PORT_GAP = 56.0, 6.0
"""How wide the name of a port is at most, and how far it is from the words beside it."""
MOST_ROWS = 4
MOST_LINKS = 2
"""Tied weights that stand on a node."""
ALWAYS_SHOWN = 2
"""Of the parameters meant for the node, the first two stand there even at their defaults, unless
they choose between words."""

SEVERITIES = ("error", "warning", "hint")


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter: its label, its value, and what an expression comes to."""

    label: str
    value: str
    result: str = ""
    linked: bool = False
    """Whether it names another node whose weights this one uses."""
    param: str = ""
    """The parameter that it shows and that can be edited there."""


@dataclass(frozen=True, slots=True)
class PortFace:
    """One port: its name, the kind of data, whether it has a wire, where it stands in the node."""

    name: str
    side: str
    """`in` or `out`."""
    dtype: str
    wired: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class NodeFace:
    """Everything that is painted of a node; `x` and `y` are its top left corner."""

    name: str
    type: str
    title: str
    family: str
    x: float
    y: float
    width: float
    height: float
    rows: tuple[Row, ...]
    shape: str
    parameters: str
    inputs: tuple[PortFace, ...]
    outputs: tuple[PortFace, ...]
    severity: str
    """The worst problem's severity, or ""."""
    messages: tuple[str, ...]
    marks: Marks = PLAIN
    left: float = 0.0
    right: float = 0.0
    """Room at the sides for the names of the ports; 0 where they are not written."""
    inside: Inside | None = None
    """What a block holds, as a small picture above the foot."""
    tint: str = ""
    """The name of the colour that the user has given the node; empty for its family's."""
    bypassed: bool = False

    @property
    def ports(self) -> tuple[PortFace, ...]:
        """All ports, inputs first."""
        return (*self.inputs, *self.outputs)

    def port(self, side: str, name: str) -> PortFace | None:
        """The port of that side and name."""
        for one in self.inputs if side == "in" else self.outputs:
            if one.name == name:
                return one
        return None


def thousands(number: int) -> str:
    """`61 706`, grouped by thin spaces."""
    return f"{number:,}".replace(",", "\u2009")


def shown(value: object) -> str:
    """A value as it stands on a node: `5×5`, `yes`, `0.5`."""
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return "×".join(shown(item) for item in value)
        case float():
            return f"{value:g}"
        case None:
            return "follows"
        case _:
            return str(value)


def face_of(
    document: Document, network: str, name: str, arriving: list[Wire], leaving: list[Wire]
) -> NodeFace:
    """The face of a node that is there; `arriving` and `leaving` are its wires."""
    drawing = document.network(network)
    node = drawing.nodes[name]
    layer = document.types.get(node.type)
    facts = document.facts(network, name)
    problems = document.problems(network, name)
    env = environment(visible(document.project, drawing))
    marks = marks_of(node, layer, facts, env)
    rows = _rows(node, layer, facts, env) + _links(marks)
    title = layer.title if layer else node.type
    shape = str(facts.outputs[0]) if facts and facts.outputs else ""
    parameters = thousands(facts.parameters) if facts and facts.parameters else ""
    ins = _inputs(layer, facts, arriving)
    outs = _outputs(node, layer, facts, leaving, document.project.networks)
    left, right = _columns(layer, ins, outs)
    wide, title = _width(name, title, node.type, rows, shape, parameters, left + right)
    block = document.project.networks.get(node.type) if marks.block else None
    inside = inside_of(block, document.types) if block is not None else None
    tall = _height(rows, max(len(ins), len(outs), 1), bool(left or right), inside is not None)
    severity = next((s for s in SEVERITIES if any(p.severity == s for p in problems)), "")
    states = port_kinds.states_of(layer, node.type, document.project.networks)
    return NodeFace(
        name=name,
        type=node.type,
        title=title,
        family=layer.family if layer else "",
        x=node.at[0],
        y=node.at[1],
        width=wide,
        height=tall,
        rows=rows,
        shape=shape,
        parameters=parameters,
        inputs=_placed(ins, "in", 0.0, states),
        outputs=_placed(outs, "out", wide, states),
        severity=severity,
        messages=tuple(problem.text for problem in problems),
        marks=marks,
        left=left,
        right=right,
        inside=inside,
        tint=node.colour,
        bypassed=node.bypassed,
    )


def preview_face(type: str, name: str = "", types: Mapping[str, Layer] | None = None) -> NodeFace:
    """The face of a node that is not there yet, for the ghost under the cursor."""
    layer = (layers() if types is None else types).get(type)
    node = Node(name or type, type)
    rows = _rows(node, layer, None, {})
    title = layer.title if layer else type
    shown_name = name or (layer.short if layer and layer.short else type.lower())
    ins, outs = _inputs(layer, None, []), _outputs(node, layer, None, [], {})
    left, right = _columns(layer, ins, outs)
    wide, title = _width(shown_name, title, type, rows, "", "", left + right)
    marks = marks_of(node, layer, None, {})
    return NodeFace(
        name=shown_name,
        type=type,
        title=title,
        family=layer.family if layer else "",
        x=0.0,
        y=0.0,
        width=wide,
        height=_height(rows, max(len(ins), len(outs), 1), bool(left or right), marks.block),
        rows=rows,
        shape="",
        parameters="",
        inputs=_placed(ins, "in", 0.0),
        outputs=_placed(outs, "out", wide),
        severity="",
        messages=(),
        marks=marks,
        left=left,
        right=right,
    )


def _links(marks: Marks) -> tuple[Row, ...]:
    """Whose weights the node uses."""
    found = [Row("as", marks.shares, linked=True)] if marks.shares else []
    found += [Row(weight, other, linked=True) for weight, other in marks.ties[:MOST_LINKS]]
    return tuple(found)


def _rows(node: Node, layer: Layer | None, facts: NodeFacts | None, env: Env) -> tuple[Row, ...]:
    if layer is None:
        return tuple(Row(key, shown(value)) for key, value in list(node.params.items())[:MOST_ROWS])
    wanted = [param for param in layer.params if param.on_node]
    chosen = [
        param
        for index, param in enumerate(wanted)
        if (index < ALWAYS_SHOWN and param.kind != "choice")
        or node.params.get(param.name, param.default) != param.default
    ]
    chosen = [p for p in chosen if node.params.get(p.name, p.default) is not None]
    # Where the node stands several times, the first turn tells.
    results: Params | None = facts.params if facts else None
    rows = []
    for param in chosen[:MOST_ROWS]:
        value = node.params.get(param.name, param.default)
        result = ""
        if is_expression(param, value):
            if results is None:
                turn = env if node.repeat is None else {**env, INDEX: 0}
                results = resolve(node.params, layer, turn)[0]
            result = _result(param, value, getattr(results, param.name, None))
        rows.append(Row(param.title, shown(value), result, param=param.name))
    return tuple(rows)


def _result(param: Param, value: Value, result: object) -> str:
    text = shown(result)
    return "" if result is None or text == shown(value) else text


_Ports = list[tuple[str, str, bool]]


def _inputs(layer: Layer | None, facts: NodeFacts | None, wires: list[Wire]) -> _Ports:
    taken = {wire.target_port for wire in wires}
    found: _Ports = []
    # Facts know only what arrives, so ports without a wire show what they are declared to take.
    kinds = iter([one.dtype for one in facts.inputs] if facts else [])
    for port in layer.inputs if layer else ():
        if not port.many:
            wired = port.name in taken
            found.append((port.name, next(kinds, port.dtype) if wired else port.dtype, wired))
            continue
        numbers = sorted(
            int(name.removeprefix(port.name))
            for name in taken
            if place(name, layer.inputs if layer else ()) is port
        )
        for number in numbers:
            found.append((f"{port.name}{number}", next(kinds, port.dtype), True))
        free = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
        found.append((f"{port.name}{free}", port.dtype, False))
    known = {name for name, _, _ in found}
    # A wire into a port that the layer does not have must still end somewhere.
    found += [(name, "any", True) for name in sorted(taken - known)]
    return found


def _outputs(
    node: Node,
    layer: Layer | None,
    facts: NodeFacts | None,
    wires: list[Wire],
    networks: Mapping[str, Network],
) -> _Ports:
    used = {wire.source_port for wire in wires}
    names = list(outlets(node, layer, facts.params if facts else None, networks)) if layer else []
    names += sorted(used - set(names))
    kinds = [one.dtype for one in facts.outputs] if facts else []
    return [(name, _kind("float", kinds, index), name in used) for index, name in enumerate(names)]


def _kind(declared: str, found: list[str], index: int) -> str:
    return found[index] if index < len(found) else declared


def _placed(
    ports: _Ports, side: str, x: float, states: frozenset[str] = port_kinds.NONE
) -> tuple[PortFace, ...]:
    return tuple(
        PortFace(
            name,
            side,
            "state" if name in states else kind,
            wired,
            x,
            PORT_Y + index * PORT_PITCH,
        )
        for index, (name, kind, wired) in enumerate(ports)
    )


def _columns(layer: Layer | None, ins: _Ports, outs: _Ports) -> tuple[float, float]:
    """The room for the names of the ports: of a block's, and where a side has more than one."""
    block = layer is not None and layer.family == BLOCK
    found = []
    for ports in (ins, outs):
        wide = max((look.width("port", name) for name, _, _ in ports), default=0.0)
        named = ports and (block or len(ports) > 1)
        found.append(min(wide, PORT_NAME) + PORT_GAP if named else 0.0)
    return found[0], found[1]


def _height(rows: tuple[Row, ...], ports: int, named: bool, pictured: bool) -> float:
    """Room for the rows, the picture of the inside and all ports, on the grid."""
    inside = HEADER + len(rows) * ROW + FOOTER - (6.0 if not rows else 0.0)
    inside += STRIP + 4.0 if pictured else 0.0
    last = (ports - 1) * PORT_PITCH
    needed = PORT_Y + last + 8.0 + FOOTER if named and ports > 1 else 2 * (PORT_Y - 2) + last
    return -(-max(inside, needed) // GRID) * GRID


def _width(
    name: str,
    title: str,
    type: str,
    rows: tuple[Row, ...],
    shape: str,
    parameters: str,
    columns: float = 0.0,
) -> tuple[float, str]:
    """The width that the words need, within limits, and the title or what is short enough.

    `columns` is the room for the names of ports, beside the words of head and rows.
    """
    head = 2 * PADDING + GLYPH + GLYPH_GAP + look.width("name", name) + columns
    for words in (title, type, ""):
        total = head + (TITLE_GAP + look.width("title", words) if words else 0)
        if total <= WIDEST or not words:
            break
    needed = [total, 2 * PADDING + look.width("foot", shape) + look.width("foot", parameters) + 12]
    for row in rows:
        value = look.width("value", row.value)
        value += look.width("value", f" = {row.result}") if row.result else 0
        value += LINK if row.linked else 0
        needed.append(2 * PADDING + columns + look.width("label", row.label) + 12 + value)
    wide = -(-max(needed) // (2 * GRID)) * 2 * GRID
    return max(NARROWEST, min(WIDEST, wide)), words
