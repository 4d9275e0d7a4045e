"""How a node is built, to be changed: turns in a row, steps over time, shared weights.

Shows what it is given and tells what a person wants; changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.layer import Choice, Layer, Param
from graph_compiler.model import Node, Value
from graph_compiler.report import NodeFacts
from graph_compiler.turns import MOST_TURNS
from nnstudio.document.document import Document
from nnstudio.document.values import now
from nnstudio.document.visible import visible
from nnstudio.fields.kinds import ChoiceField
from nnstudio.fields.scope import scope_of
from nnstudio.panels.form import ParamForm
from nnstudio.panels.text import label

OWN = "its own"
ONCE = "once"
TIE = "tie_"
MOST = 2000
"""Nodes or weights that a list offers."""
SEARCHED = 12
"""Choices from which on a list is searched by typing."""

REPEAT = Param(
    "repeat",
    "int",
    1,
    "how often it stands in a row, each turn with weights of its own; an expression may read the "
    "variables, and the parameters may read the turn's number i",
    low=1,
    high=MOST_TURNS,
    label="times in a row",
)
SCAN = Choice(
    "scan",
    ONCE,
    (ONCE, "forward", "backward"),
    doc="whether the block reads a sequence step by step, its weights the same at every step; "
    "an output named like an input goes in again at the next step",
    label="over time",
)


class StructureForm(QWidget):
    """The section “Structure” of one node."""

    repeat_edited = Signal(object, str)
    """A number, an expression, or None for once; and the gesture."""
    scan_edited = Signal(str)
    shares_edited = Signal(str)
    """The node whose module is used; "" for one of its own."""
    tie_edited = Signal(str, object)
    """A weight, and the weight that it is; None for one of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_structure")
        self.form = ParamForm(with_variables=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addWidget(label("Structure", "section"))
        column.addWidget(self.form)
        self.form.value_edited.connect(self._edited)
        self._weights: dict[str, str] = {}
        """The name of a row to the weight that it is for."""

    def show_node(
        self,
        document: Document,
        network: str,
        node: Node,
        layer: Layer | None,
        facts: NodeFacts | None,
    ) -> None:
        """How a node is built; nothing where it can be built in one way only."""
        values: dict[str, Value] = {}
        params: list[Param] = []
        if node.repeat is not None or (layer is not None and layer.inputs and layer.outputs):
            params.append(REPEAT)
            values["repeat"] = 1 if node.repeat is None else node.repeat
        if node.scan or (layer is not None and layer.family == BLOCK):
            params.append(SCAN)
            values["scan"] = node.scan or ONCE
        nodes = document.network(network).nodes
        others = _alike(nodes, node) if node.shares or (facts and facts.parameters) else ()
        if others:
            params.append(_shares(others))
            values["shares"] = node.shares or OWN
        self._weights = {}
        for index, (weight, ends) in enumerate(_ties(document, network, node, facts)):
            name = f"{TIE}{index}"
            self._weights[name] = weight
            params.append(_tie(name, weight, ends))
            values[name] = node.ties.get(weight, OWN)
        self.form.set_params(tuple(params))
        for param in params:
            field = self.form.row(param.name).field
            if isinstance(field, ChoiceField) and param.name != "scan":
                # These are names, not words of ours.
                field.set_titles({one: one for one in param.choices})
                if len(param.choices) > SEARCHED:
                    field.make_searchable()
        self.setVisible(bool(params))
        names = visible(document.project, document.network(network))
        real: dict[str, Value] = {}
        if "repeat" in values:
            turns = sum(name.startswith("[") for name in facts.inside) if facts else 0
            real["repeat"] = turns or now(REPEAT, values["repeat"], names)
        scope = scope_of(document.project, document.network(network))
        self.form.set_values(values, real, _errors(document, network, node), scope)

    def refuse(self, name: str, value: Value, reason: str) -> None:
        """The last edit of a row was not accepted."""
        self.form.refuse(name, value, reason)

    def row_of(self, weight: str) -> str:
        """The name of the row of a weight."""
        return next((name for name, one in self._weights.items() if one == weight), "")

    def _edited(self, name: str, value: Value, gesture: str) -> None:
        if name == "repeat":
            self.repeat_edited.emit(value, gesture)
        elif name == "scan":
            self.scan_edited.emit("" if value in (None, ONCE) else str(value))
        elif name == "shares":
            self.shares_edited.emit("" if value in (None, OWN) else str(value))
        elif name in self._weights:
            target = None if value in (None, OWN) else str(value)
            self.tie_edited.emit(self._weights[name], target)


def _alike(nodes: Mapping[str, Node], node: Node) -> tuple[str, ...]:
    """Nodes of the same type, which could lend their module."""
    found = (
        one.name
        for one in nodes.values()
        if one.type == node.type and one.name != node.name and not one.shares
    )
    own = (node.shares,) if node.shares else ()
    return tuple(dict.fromkeys((*own, *islice(found, MOST))))


def _shares(others: tuple[str, ...]) -> Param:
    return Choice(
        "shares",
        OWN,
        (OWN, *others),
        doc="whose module it uses: the same weights at both places, counted once",
        label="module",
    )


def _tie(name: str, weight: str, ends: tuple[str, ...]) -> Param:
    return Choice(
        name,
        OWN,
        (OWN, *ends),
        doc="a weight of the same shape that it is, counted once and learned together",
        label=weight or "value",
    )


def _ties(
    document: Document, network: str, node: Node, facts: NodeFacts | None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each weight of the node that could be another's, with those that it could be."""
    if facts is None or node.shares or node.repeat is not None:
        own: dict[str, tuple[int, ...]] = {}
    else:
        own = dict(facts.weights)
    shapes = set(own.values())
    fitting: dict[tuple[int, ...], list[str]] = {shape: [] for shape in shapes}
    if shapes:
        for path, shape in _weights(document, network, node.name):
            if shape in shapes:
                fitting[shape].append(path)
                if len(fitting[shape]) == MOST:
                    shapes.discard(shape)
                    if not shapes:
                        break
    for weight in dict.fromkeys((*own, *node.ties)):
        given = node.ties.get(weight)
        ends = fitting[own[weight]] if weight in own else []
        found = tuple(dict.fromkeys((*((given,) if given else ()), *ends)))
        if found:
            yield weight, found


def _weights(document: Document, network: str, but: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The weights of a drawing's other nodes and of what lies in its blocks, by path."""
    for one in document.network(network).nodes.values():
        if one.name == but or one.repeat is not None or one.shares:
            continue
        facts = document.facts(network, one.name)
        if facts is not None and facts.parameters:
            yield from _paths(one.name, facts, one.ties)


def _paths(
    path: str, facts: NodeFacts, ties: Mapping[str, str]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for weight, shape in facts.weights.items():
        if weight not in ties:
            yield (f"{path}.{weight}" if weight else path), tuple(shape)
    for name, inner in facts.inside.items():
        if not name.startswith("["):
            yield from _paths(f"{path}/{name}", inner, {})


def _errors(document: Document, network: str, node: Node) -> dict[str, str]:
    return {
        one.port: f"Expected {one.expected}, got {one.got}. {one.remedy}"
        for one in document.problems(network, node.name)
        if one.node == node.name and one.port == "repeat" and one.severity == "error"
    }
