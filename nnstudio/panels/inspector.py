"""The inspector: what is selected, all about it, and its parameters to change.

One node: name, layer, formula, what is wrong, form, shapes in words, weights, picture, help.
Several: the parameters they share. None: the network as a whole. Mirrors the document; changes it
by steps alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from graph_compiler.model import Value
from graph_compiler.problems import Fix, Problem
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import (
    Event,
    HistoryChanged,
    NetworkRenamed,
    NodeChanged,
    NodeRemoved,
    NodeRenamed,
    NodesMoved,
)
from nnstudio.fields.stepping import steppable, stepped
from nnstudio.panels.drawing_page import DrawingPage
from nnstudio.panels.form import ParamForm
from nnstudio.panels.many_page import ManyPage, value_of
from nnstudio.panels.node_page import NodePage
from nnstudio.panels.page import scrolling


class InspectorPanel(QWidget):
    """All about the selected nodes of the drawing shown."""

    open_requested = Signal(str)
    """The node whose drawing a person wants to see."""
    measure_requested = Signal(str)
    """The Python layer whose shapes a person wants measured."""
    variable_activated = Signal(str)
    """The variable that a person wants to see."""
    page_requested = Signal(str)
    """The type whose page in the reference a person wants to read."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_panel")
        self.setAccessibleName("Inspector")
        self._document = document
        self._network = "main"
        self._names: tuple[str, ...] = ()
        self._above = ""
        """The path of the node by which the drawing was entered."""
        self._starts: tuple[str, dict[str, Value]] = ("", {})
        """A gesture on differing values, and the values from which it began."""
        self._stale = True
        self._pages = QStackedLayout(self)
        self._pages.setContentsMargins(0, 0, 0, 0)
        self._node = NodePage(self)
        self._many = ManyPage(self)
        self._whole = DrawingPage(document, self)
        for page in (self._node, self._many, self._whole):
            self._pages.addWidget(scrolling(page, self))
        self._node.name.editingFinished.connect(self._rename)
        self._node.open_requested.connect(self.open_requested)
        self._whole.titled.connect(self._retitle)
        self._whole.renamed.connect(self._rename_drawing)
        self._whole.described.connect(self._describe)
        self._whole.code.measure_requested.connect(self.measure_requested)
        for form in (self._node.form, self._many.form):
            form.value_edited.connect(self._set_param)
            form.value_nudged.connect(self._nudge_param)
            form.variable_requested.connect(self._make_variable)
            form.variable_activated.connect(self.variable_activated)
        for built in (self._node.structure, self._many.structure):
            built.form.variable_activated.connect(self.variable_activated)
            built.repeat_edited.connect(self._set_repeat)
            built.scan_edited.connect(self._set_scan)
        self._many.structure.bypass_edited.connect(self._set_bypassed)
        self._many.structure.colour_edited.connect(self._set_colour)
        self._node.reset_requested.connect(self._reset)
        self._node.page_requested.connect(self.page_requested)
        structure = self._node.structure
        structure.shares_edited.connect(self._set_shares)
        structure.tie_edited.connect(self._set_tie)
        self._node.fix_chosen.connect(self._apply_fix)
        self._unsubscribe = document.subscribe(self._heard)
        self._refresh()

    def dispose(self) -> None:
        """Stop listening."""
        self._unsubscribe()

    def show_nodes(self, network: str, names: Iterable[str]) -> None:
        """What is selected; nothing shows the network as a whole."""
        self.commit()
        self._network, self._names = network, tuple(dict.fromkeys(names))
        self._node.clear_refusals()
        self._refresh()

    def show_way(self, above: str) -> None:
        """The path of the node that the drawing shown lies in; "" for one that stands alone."""
        if above != self._above:
            self._above = above
            self._refresh()

    def show_block_param(self, name: str) -> None:
        """Choose a parameter of the block shown, while nothing is selected."""
        self._whole.params.choose(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes shown."""
        return self._names

    def say_of_code(self, text: str) -> None:
        """What came of measuring a Python layer, beside its rules."""
        self._whole.code.say(text)

    def commit(self) -> None:
        """Do what stands typed in a field, as before saving or running."""
        page = self._pages.currentIndex()
        if page == 0:
            self._rename()
            self._node.form.commit()
            self._node.structure.form.commit()
        elif page == 1:
            self._many.form.commit()
            self._many.structure.form.commit()
        else:
            self._whole.commit()

    def edit_name(self) -> None:
        """Put the cursor into the name of the drawing, while nothing is selected."""
        self._whole.edit_name()

    # Changing

    def _do(self, make: Step, gesture: str = "") -> None:
        self._document.do(make, gesture)

    def _set_param(self, name: str, value: Value, gesture: str) -> None:
        try:
            step = steps.set_param(self._document, self._network, self._names, name, value)
            self._do(step, gesture)
        except Refused as refused:
            self._form.refuse(name, value, refused.reason)
        else:
            self._refresh()

    def _nudge_param(self, name: str, ways: float, gesture: str) -> None:
        """Each node's own number goes the same steps on."""
        if self._starts[0] != gesture:
            nodes = self._document.network(self._network).nodes
            types = self._document.types
            values = {one: value_of(types, nodes[one], name) for one in self._names}
            self._starts = (gesture, values)
        try:
            after: dict[str, Value] = {}
            for node, value in self._starts[1].items():
                param = self._form.row(name).param
                if not steppable(param, value):
                    raise Refused(
                        f"{param.title} of {node} is no number. Give the nodes numbers first."
                    )
                after[node] = stepped(param, value, ways)
            self._do(steps.set_param_each(self._document, self._network, name, after), gesture)
        except Refused as refused:
            self._form.row(name).show_error(refused.reason)

    def _reset(self) -> None:
        try:
            self._do(steps.reset_params(self._document, self._network, self._names))
        except Refused as refused:
            self._node.show_name_error(refused.reason)

    def _make_variable(self, name: str, variable: str) -> None:
        node = self._names[0]
        try:
            self._do(steps.make_variable(self._document, self._network, node, name, variable))
        except Refused as refused:
            self._form.row(name).show_error(refused.reason)

    def _rename(self) -> None:
        field = self._node.name
        if len(self._names) != 1 or not field.isModified():
            return
        field.setModified(False)
        try:
            self._do(steps.rename(self._document, self._network, self._names[0], field.text()))
        except Refused as refused:
            self._node.show_name_error(refused.reason)
        else:
            self._node.show_name_error("")
            field.setText(self._names[0])

    def _set_repeat(self, count: int | str | None, gesture: str) -> None:
        self._build(
            "repeat",
            count,
            lambda: steps.set_repeat(self._document, self._network, self._names, count),
            gesture,
        )

    def _set_scan(self, scan: str) -> None:
        self._build(
            "scan", scan, lambda: steps.set_scan(self._document, self._network, self._names, scan)
        )

    def _set_bypassed(self, out: bool) -> None:
        document, network, names = self._document, self._network, self._names
        self._build("bypassed", out, lambda: steps.set_bypassed(document, network, names, out))

    def _set_colour(self, tint: str) -> None:
        document, network, names = self._document, self._network, self._names
        self._build("colour", tint, lambda: steps.set_colour(document, network, names, tint))

    def _set_shares(self, other: str) -> None:
        node = self._names[0]
        self._build(
            "shares", other, lambda: steps.set_shares(self._document, self._network, node, other)
        )

    def _set_tie(self, weight: str, target: str | None) -> None:
        node = self._names[0]
        self._build(
            self._node.structure.row_of(weight),
            target,
            lambda: steps.set_tie(self._document, self._network, node, weight, target),
        )

    def _build(self, row: str, value: Value, make: Callable[[], Step], gesture: str = "") -> None:
        """Do a step on how the nodes are built; a refusal stands in its row."""
        try:
            self._do(make(), gesture)
        except Refused as refused:
            self._refresh()
            page = self._node if len(self._names) == 1 else self._many
            page.structure.refuse(row, value, refused.reason)
        else:
            self._refresh()

    def _retitle(self, title: str) -> None:
        self._on_drawing(lambda: steps.set_title(self._document, self._network, title))

    def _rename_drawing(self, name: str) -> None:
        self._on_drawing(lambda: steps.rename_drawing(self._document, self._network, name))

    def _describe(self, about: str) -> None:
        self._on_drawing(lambda: steps.describe_drawing(self._document, self._network, about))

    def _on_drawing(self, make: Callable[[], Step]) -> None:
        try:
            self._do(make())
        except Refused as refused:
            self._refresh()
            self._whole.show_error(refused.reason)
        else:
            self._whole.show_error("")
            self._refresh()

    def _apply_fix(self, problem: Problem, fix: Fix) -> None:
        try:
            self._do(steps.apply_fix(self._document, problem.network, fix))
        except Refused as refused:
            self._node.show_name_error(refused.reason)

    @property
    def _form(self) -> ParamForm:
        return self._node.form if len(self._names) == 1 else self._many.form

    # Following

    def _heard(self, event: Event) -> None:
        match event:
            case NodeRenamed(self._network, old, new):
                self._names = tuple(new if name == old else name for name in self._names)
            case NetworkRenamed(self._network, new):
                self._network = new
            case NodeRemoved(self._network, node):
                self._names = tuple(name for name in self._names if name != node)
            case NodesMoved():
                return
            case NodeChanged(self._network, node) if node not in self._names:
                return
            case HistoryChanged():
                if self._stale:
                    self._refresh()
                return
        self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.commit()

    def _refresh(self) -> None:
        self._stale = False
        found = self._document.project.networks.get(self._network)
        nodes = [found.nodes[name] for name in self._names if name in found.nodes] if found else []
        if len(nodes) == 1:
            node = nodes[0]
            path = f"{self._above}/{node.name}" if self._above else node.name
            self._node.show_node(self._document, self._network, node, path)
            self._pages.setCurrentIndex(0)
        elif nodes:
            self._many.show_nodes(self._document, self._network, nodes)
            self._pages.setCurrentIndex(1)
        else:
            self._whole.show_drawing(self._document, self._network)
            self._pages.setCurrentIndex(2)
