"""The inspector's page of one node: name, layer, what is wrong, form, shapes, weights, cost, docs.

Shows what it is given and tells what a person wants; changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.code_rules import FAMILY as CODE
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Node
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import resolved
from nnstudio.document.document import Document
from nnstudio.document.values import now
from nnstudio.document.visible import visible
from nnstudio.fields.scope import scope_of
from nnstudio.panels.activation import ActivationPicture
from nnstudio.panels.block_ports import BlockPorts
from nnstudio.panels.form import ParamForm
from nnstudio.panels.labels import ElidedLabel
from nnstudio.panels.node_cost import cost_rows, dense_comparison, inside_rows, weight_rows
from nnstudio.panels.node_docs import NodeDocs
from nnstudio.panels.node_shape import shape_rows
from nnstudio.panels.page import page_column
from nnstudio.panels.problems import ProblemRow
from nnstudio.panels.section import Section
from nnstudio.panels.structure_form import StructureForm
from nnstudio.panels.text import label
from nnstudio.theme import icons, notifier, style


class NodePage(QWidget):
    """One node."""

    fix_chosen = Signal(object, object)
    """Problem and fix."""
    open_requested = Signal(str)
    """The node whose drawing a person wants to see."""
    reset_requested = Signal()
    """All parameters back to their defaults."""
    page_requested = Signal(str)
    """The type whose page in the reference a person wants to read."""

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
        self._formula = label("", "muted")
        style.wear(self._formula, style.mono)
        self._formula.setObjectName("inspector_formula")
        style.role(self._formula, "muted")
        self._name_error = label("", "bad", "inspector_name_error")
        self._problems = QVBoxLayout()
        self._problems.setSpacing(4)
        self._shown: tuple[Problem, ...] = ()
        self.form = ParamForm()
        self.structure = StructureForm()
        self.ports = BlockPorts()
        self.open = QPushButton()
        self.open.setObjectName("inspector_open_block")
        self.open.setToolTip("Show what is inside (Enter on the canvas)")
        style.role(self.open, "link")
        self.open.clicked.connect(lambda: self.open_requested.emit(self._shown_name))
        self._shown_name = ""
        self.path = QToolButton()
        self.path.setObjectName("inspector_copy_path")
        self.path.setIcon(icons.icon("copy", "muted"))
        self.path.setAccessibleName("Copy the node's path")
        self.path.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._path))
        self._path = ""
        self.reset = QPushButton("Reset all")
        self.reset.setObjectName("inspector_reset_all")
        self.reset.setToolTip("Every parameter back to its default")
        style.role(self.reset, "link")
        self.reset.clicked.connect(self.reset_requested)
        self._inside = Section("Inside", "inspector_inside")
        self._shape = Section("Shape", "inspector_shape")
        self._weights = Section("Weights", "inspector_weights")
        self._dense = label("", "small", "inspector_dense")
        self._cost = Section("Cost", "inspector_cost", mono=False)
        self._picture = ActivationPicture()
        self._function = QWidget()
        function = QVBoxLayout(self._function)
        function.setContentsMargins(0, 8, 0, 0)
        function.setSpacing(4)
        function.addWidget(label("Function", "section"))
        function.addWidget(self._picture)
        self.docs = NodeDocs()
        self.docs.page_requested.connect(self.page_requested)
        kind = QHBoxLayout()
        kind.setSpacing(8)
        kind.addWidget(self._glyph)
        kind.addWidget(self._kind, 1)
        kind.addWidget(self.path)
        column = page_column(self, self.name)
        column.addWidget(self._name_error)
        column.addLayout(kind)
        column.addWidget(self._formula)
        column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._problems)
        column.addSpacing(4)
        column.addWidget(self.form)
        column.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._function)
        column.addWidget(self.structure)
        column.addWidget(self.ports)
        column.addWidget(self._shape)
        column.addWidget(self._weights)
        column.addWidget(self._dense)
        column.addWidget(self._inside)
        column.addWidget(self._cost)
        column.addSpacing(4)
        column.addWidget(self.docs)
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

    def show_node(self, document: Document, network: str, node: Node, path: str = "") -> None:
        """All about a node; `path` is how it is called from outside its drawing."""
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
        self._formula.setVisible(bool(formula))
        self._name_error.setVisible(bool(self._name_error.text()))
        self._shown_name = node.name
        self.open.setVisible(layer is not None and layer.family in (BLOCK, CODE))
        self.open.setText(f"Open {layer.title if layer else ''}")
        self._show_form(document, network, node, layer, facts, problems)
        self.structure.show_node(document, network, node, layer, facts)
        self._show_ports(document, node)
        params = layer.params if layer else ()
        names = {param.name for param in params}
        self._show_problems(tuple(one for one in problems if one.port not in names or one.fixes))
        self._shape.show_rows(shape_rows(document, network, node, layer, facts))
        self._weights.show_rows(weight_rows(facts))
        self._dense.setText(dense_comparison(layer, facts))
        self._dense.setVisible(bool(self._dense.text()))
        self._inside.show_rows(inside_rows(facts))
        self._cost.show_rows(cost_rows(document, network, node, facts))
        self._show_function(document, network, node, layer, facts)
        self.docs.show_layer(node.type, layer, listed=node.type in layers())
        self._path = path or node.name
        self.path.setToolTip(f"Copy the path {self._path}")
        self.reset.setVisible(any(one.name in node.params for one in params))

    def _show_ports(self, document: Document, node: Node) -> None:
        block = document.project.networks.get(node.type)
        drawn = block is not None and block.is_block and block.code is None
        self.ports.setVisible(drawn)
        if block is not None and drawn:
            self.ports.show_block(document, block)

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
        scope = scope_of(document.project, document.network(network), node)
        self.form.set_values(values, real, errors, scope)

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

    def _show_function(
        self,
        document: Document,
        network: str,
        node: Node,
        layer: Layer | None,
        facts: NodeFacts | None,
    ) -> None:
        """The curve of an activation with its present parameters."""
        params: Params | None = None
        if layer is not None and layer.curve is not None:
            params = facts.params if facts is not None else None
            if params is None:
                names = visible(document.project, document.network(network), node)
                try:
                    params = resolved(node, layer, names)
                except Mismatch:
                    params = None
        self._function.setVisible(params is not None)
        if layer is not None and layer.curve is not None and params is not None:
            self._picture.show_function(layer.title, partial(layer.curve, params))
