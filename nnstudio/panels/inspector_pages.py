"""The pages of the inspector: one node, several nodes, the network as a whole.

Each shows what it is given and tells what a person wants; none of them changes the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.code_rules import FAMILY as CODE
from graph_compiler.layer import Layer, Mismatch, Param
from graph_compiler.model import Node, Value, Wire
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import resolved
from graph_compiler.tensors import TensorType
from nnstudio.document.document import Document
from nnstudio.document.looking import outlets
from nnstudio.document.values import now
from nnstudio.document.visible import visible
from nnstudio.panels.activation import ActivationPicture
from nnstudio.panels.form import ParamForm
from nnstudio.panels.labels import ElidedLabel
from nnstudio.panels.problems import ProblemRow
from nnstudio.panels.section import Section
from nnstudio.panels.stepping import MIXED
from nnstudio.panels.structure_form import StructureForm
from nnstudio.panels.text import count, label, number
from nnstudio.theme import icons, notifier, style

MOST_INSIDE = 12
"""Lines that tell what a block holds."""


class NodePage(QWidget):
    """One node."""

    fix_chosen = Signal(object, object)
    """Problem and fix."""
    open_requested = Signal(str)
    """The node whose drawing a person wants to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit(self)
        self.name.setObjectName("inspector_name")
        self.name.setAccessibleName("Name")
        self.name.setToolTip("The node's name, in the code as well")
        style.role(self.name, "name")
        self._glyph = QLabel()
        self._glyph.setFixedSize(16, 16)
        self._family = ""
        self._kind = ElidedLabel("")
        style.role(self._kind, "muted")
        self._formula = ElidedLabel("")
        self._formula.setFont(style.mono())
        self._formula.setObjectName("inspector_formula")
        style.role(self._formula, "muted")
        self._name_error = label("", "bad", "inspector_name_error")
        self._problems = QVBoxLayout()
        self._problems.setSpacing(4)
        self._shown: tuple[Problem, ...] = ()
        self.form = ParamForm()
        self.structure = StructureForm()
        self.open = QPushButton()
        self.open.setObjectName("inspector_open_block")
        self.open.setToolTip("Show what is inside (Enter on the canvas)")
        style.role(self.open, "link")
        self.open.clicked.connect(lambda: self.open_requested.emit(self._shown_name))
        self._shown_name = ""
        self._inside = Section("Inside", "inspector_inside")
        self._shape = Section("Shape", "inspector_shape")
        self._weights = Section("Weights", "inspector_weights")
        self._cost = label("", "small", "inspector_cost")
        self._picture = ActivationPicture()
        self._function = QWidget()
        function = QVBoxLayout(self._function)
        function.setContentsMargins(0, 8, 0, 0)
        function.setSpacing(4)
        function.addWidget(label("Function", "section"))
        function.addWidget(self._picture)
        self._doc = label("", "muted", "inspector_doc")
        self._paper = label("", "small", "inspector_paper")
        kind = QHBoxLayout()
        kind.setSpacing(8)
        kind.addWidget(self._glyph)
        kind.addWidget(self._kind, 1)
        column = page_column(self, self.name)
        column.addWidget(self._name_error)
        column.addLayout(kind)
        column.addWidget(self._formula)
        column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._problems)
        column.addSpacing(4)
        column.addWidget(self.form)
        column.addWidget(self.structure)
        column.addWidget(self._shape)
        column.addWidget(self._weights)
        column.addWidget(self._inside)
        column.addWidget(self._cost)
        column.addWidget(self._function)
        column.addSpacing(4)
        column.addWidget(self._doc)
        column.addWidget(self._paper)
        column.addStretch(1)
        notifier.theme_changed.connect(self._paint_glyph)

    def clear_refusals(self) -> None:
        """Another selection: what was refused before does not matter any more."""
        self.show_name_error("")
        self.name.setModified(False)

    def show_name_error(self, text: str) -> None:
        """Why the node cannot have that name; "" if it can."""
        self._name_error.setText(text)
        self._name_error.setVisible(bool(text))

    def show_node(self, document: Document, network: str, node: Node) -> None:
        """All about a node."""
        layer = document.types.get(node.type)
        facts = document.facts(network, node.name)
        problems = document.problems(network, node.name)
        if not (self.name.hasFocus() and self.name.isModified()):
            self.name.setText(node.name)
            self.name.setModified(False)
        self._kind.setText(layer.title if layer else node.type)
        self._family = layer.family if layer else ""
        self._paint_glyph()
        formula = layer.formula if layer else ""
        self._formula.setText(formula)
        self._formula.setToolTip(formula)
        self._formula.setVisible(bool(formula))
        self._name_error.setVisible(bool(self._name_error.text()))
        self._shown_name = node.name
        self.open.setVisible(layer is not None and layer.family in (BLOCK, CODE))
        self.open.setText(f"Open {layer.title if layer else ''}")
        self._show_form(document, network, node, layer, facts, problems)
        self.structure.show_node(document, network, node, layer, facts)
        params = layer.params if layer else ()
        names = {param.name for param in params}
        self._show_problems(tuple(one for one in problems if one.port not in names or one.fixes))
        self._show_shape(document, network, node, layer, facts)
        self._show_weights(facts)
        has_curve = layer is not None and layer.curve is not None
        self._function.setVisible(has_curve)
        if layer is not None and layer.curve is not None:
            self._picture.show_function(layer.title, layer.curve)
        self._doc.setText(layer.doc if layer else "This program does not know this layer.")
        self._paper.setText(layer.paper if layer else "")
        self._paper.setVisible(bool(layer and layer.paper))

    def _paint_glyph(self, _theme: object = None) -> None:
        icon = icons.family_icon(self._family)
        self._glyph.setPixmap(icon.pixmap(QSize(16, 16), self.devicePixelRatioF()))

    def _show_form(
        self,
        document: Document,
        network: str,
        node: Node,
        layer: Layer | None,
        facts: NodeFacts | None,
        problems: Sequence[Problem],
    ) -> None:
        params = layer.params if layer else ()
        self.form.set_params(params)
        self.form.setVisible(bool(params))
        variables = visible(document.project, document.network(network), node)
        values = {param.name: node.params.get(param.name, param.default) for param in params}
        # What was worked out comes before the defaults of the block that the node stands in.
        known = vars(facts.params) if facts is not None and facts.params is not None else {}
        real = {
            param.name: known.get(param.name, now(param, values[param.name], variables))
            for param in params
        }
        names = {param.name for param in params}
        errors = {
            one.port: f"Expected {one.expected}, got {one.got}. {one.remedy}"
            for one in problems
            if one.node == node.name
            and one.port in names
            and one.severity == "error"
            and not one.fixes
        }
        self.form.set_values(values, real, errors)

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        if problems == self._shown:
            return
        self._shown = problems
        while (item := self._problems.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for problem in problems:
            row = ProblemRow(problem, self)
            style.role(row, "raised")
            row.fix_chosen.connect(self.fix_chosen)
            self._problems.addWidget(row)

    def _show_shape(
        self,
        document: Document,
        network: str,
        node: Node,
        layer: Layer | None,
        facts: NodeFacts | None,
    ) -> None:
        rows: list[tuple[str, str]] = []
        if facts is not None:
            for wire, given in _arriving(document, network, node, layer, facts):
                if given is not None:
                    rows.append((f"in   {given}", f"from {wire.source}" if wire else ""))
            rows += [
                (f"out  {given}", name) for name, given in _named(document, node, layer, facts)
            ]
            rows += [(line, "") for line in _words(document, network, node, layer, facts)]
        self._shape.show_rows(rows or [("not known yet", "")])

    def _show_weights(self, facts: NodeFacts | None) -> None:
        rows = []
        if facts is not None:
            for name, shape in facts.weights.items():
                size = 1
                for axis in shape:
                    size *= int(axis)
                rows.append((f"{name}  {'×'.join(map(str, shape))}", number(size)))
        self._weights.show_rows(rows)
        self._inside.show_rows(_inside(facts))
        parts = []
        if facts is not None and facts.parameters:
            parts.append(count(facts.parameters, "parameter"))
        if facts is not None and facts.macs:
            parts.append(count(facts.macs, "multiply-accumulate"))
        self._cost.setText(" · ".join(parts))
        self._cost.setVisible(bool(parts))


class ManyPage(QWidget):
    """Several nodes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "title", "inspector_many")
        self._types = label("", "muted")
        self.form = ParamForm(with_variables=False)
        self._none = label("These layers share no parameter.", "muted")
        self._cost = label("", "small")
        column = page_column(self)
        column.addWidget(self._title)
        column.addWidget(self._types)
        column.addSpacing(4)
        column.addWidget(self.form)
        column.addWidget(self._none)
        column.addWidget(self._cost)
        column.addStretch(1)

    def show_nodes(self, document: Document, network: str, nodes: list[Node]) -> None:
        """What the nodes share."""
        self._title.setText(count(len(nodes), "node"))
        titles: dict[str, int] = {}
        for node in nodes:
            layer = document.types.get(node.type)
            title = layer.title if layer else node.type
            titles[title] = titles.get(title, 0) + 1
        self._types.setText(
            ", ".join(f"{many} × {title}" if many > 1 else title for title, many in titles.items())
        )
        params = _shared(document.types, nodes)
        self.form.set_params(params)
        values: dict[str, Value] = {}
        for param in params:
            given = [_value_of(document.types, node, param.name) for node in nodes]
            same = all(type(one) is type(given[0]) and one == given[0] for one in given)
            values[param.name] = given[0] if same else MIXED
        variables = visible(document.project, document.network(network))
        real = {
            param.name: now(param, values[param.name], variables)
            for param in params
            if values[param.name] is not MIXED
        }
        self.form.set_values(values, real)
        self.form.setVisible(bool(params))
        self._none.setVisible(not params)
        facts = [document.facts(network, node.name) for node in nodes]
        total = sum(one.parameters for one in facts if one is not None)
        self._cost.setText(f"{count(total, 'parameter')} together")


def _shared(types: Mapping[str, Layer], nodes: list[Node]) -> tuple[Param, ...]:
    """The parameters that all the nodes' layers have in common."""
    specs = [types.get(node.type) for node in nodes]
    if any(layer is None for layer in specs):
        return ()
    first, *others = [layer for layer in specs if layer is not None]

    def known(layer: Layer, param: Param) -> bool:
        same = [one for one in layer.params if one.name == param.name]
        return bool(same) and (same[0].kind, same[0].choices) == (param.kind, param.choices)

    return tuple(param for param in first.params if all(known(layer, param) for layer in others))


def _value_of(types: Mapping[str, Layer], node: Node, name: str) -> Value:
    layer = types[node.type]
    default = next(param.default for param in layer.params if param.name == name)
    return node.params.get(name, default)


def _named(
    document: Document, node: Node, layer: Layer | None, facts: NodeFacts
) -> list[tuple[str, object]]:
    """The outputs with their names; a single one needs none."""
    if layer is None or len(facts.outputs) < 2:
        return [("", given) for given in facts.outputs]
    names = outlets(node, layer, facts.params, document.project.networks)
    return list(zip(names, facts.outputs, strict=False))


def _inside(facts: NodeFacts | None) -> list[tuple[str, str]]:
    """What lies inside a block or a row of turns, with the parameters of each."""
    if facts is None or not facts.inside:
        return []
    rows = [
        (_turn(name) if name.startswith("[") else f"{name}  {inner.type}", number(inner.parameters))
        for name, inner in facts.inside.items()
        if inner.parameters
    ]
    more = len(rows) - MOST_INSIDE
    return [*rows[:MOST_INSIDE], (f"and {more} more", "")] if more > 0 else rows


def _turn(name: str) -> str:
    return f"turn {int(name[1:-1]) + 1}"


def _words(
    document: Document, network: str, node: Node, layer: Layer | None, facts: NodeFacts
) -> tuple[str, ...]:
    """The derivation of the shape; nothing where parameters are wrong or there are turns."""
    if layer is None or not facts.outputs or node.repeat is not None or layer.family == BLOCK:
        return ()
    try:
        seen = facts.params is not None
        names = visible(document.project, document.network(network), node)
        params = facts.params if seen else resolved(node, layer, names)
    except Mismatch:
        return ()
    arriving = _arriving(document, network, node, layer, facts)
    return layer.words(params, facts.outputs[0], *(given for _, given in arriving))


def _arriving(
    document: Document, network: str, node: Node, layer: Layer | None, facts: NodeFacts
) -> list[tuple[Wire | None, TensorType | None]]:
    """For each input port in order its wire and what it brings; both None without a wire."""
    feeds = {w.target_port: w for w in document.network(network).wires if w.target == node.name}
    found: list[Wire | None] = []
    for port in layer.inputs if layer else ():
        if not port.many:
            found.append(feeds.pop(port.name, None))
            continue
        numbered = [name for name in feeds if name.removeprefix(port.name).isdigit()]
        numbered.sort(key=lambda name: int(name.removeprefix(port.name)))
        found += [feeds.pop(name) for name in numbered]
    brought = iter(facts.inputs)
    return [(wire, next(brought, None) if wire else None) for wire in found]


def page_column(page: QWidget, name: QLineEdit | None = None) -> QVBoxLayout:
    """The page's column; the text of `name` stands flush with it, its frame does not."""
    outer = QVBoxLayout(page)
    outer.setContentsMargins(6, 8, 12, 16)
    outer.setSpacing(0)
    if name is not None:
        outer.addWidget(name)
    column = QVBoxLayout()
    column.setContentsMargins(6, 4, 0, 0)
    column.setSpacing(4)
    outer.addLayout(column)
    return column


def scrolling(page: QWidget) -> QScrollArea:
    """The page in an area that scrolls up and down only."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
