"""The computational graph of the network on one batch, with values and gradients.

Owns the widget `GraphPlot`: what is shown, toggles, empty and error states. Drawing is in
`nnstudio.plots.graph_view`, layout in `nnstudio.plotdata.oplayout`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.plotdata.curves import number
from nnstudio.plotdata.opgraph import GraphError, OpGraph, read_probe
from nnstudio.plots.graph_details import DetailsPane
from nnstudio.plots.graph_items import Shows
from nnstudio.plots.graph_view import GraphView
from nnstudio.plots.states import EmptyState
from nnstudio.theme import icons, style

_NOTHING = (
    "The computational graph of your network",
    "It appears when the network is free of errors and has seen a batch.",
)
_TOGGLES = (
    ("values", "Values", "First numbers, mean and range of every operation's result"),
    ("gradients", "Gradients", "How the loss changes with every result, and the way back"),
    ("shapes", "Shapes", "The shape of every result"),
    ("parameters", "Parameters", "Weights and biases as cards of their own"),
)


class _Summary(QLabel):
    """What is shown, in words; where there is no room for them, a hint has them."""

    def __init__(self) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str) -> None:
        """Say something else."""
        self.setText(text)
        self.setToolTip(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.fontMetrics().horizontalAdvance(self.text()) <= self.width():
            super().paintEvent(event)


class GraphPlot(QWidget):
    """Operations as cards, left to right; `node_activated` carries the path of a clicked node."""

    node_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_plot")
        self.setAccessibleName("Computational graph")
        self._graph = OpGraph()
        self._toggles: dict[str, QToolButton] = {}
        self._view = GraphView()
        self._details = DetailsPane()
        self._summary = _Summary()
        style.role(self._summary, "small")
        self._empty = EmptyState("graph", *_NOTHING)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._build_bar())
        self._note = QLabel()
        self._note.setObjectName("graph_note")
        self._note.setWordWrap(True)
        self._note.setContentsMargins(12, 0, 12, 6)
        style.role(self._note, "small")
        column.addWidget(self._note)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._view, 1)
        row.addWidget(self._details)
        column.addLayout(row, 1)
        self._page = page
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(page)
        self._view.current_changed.connect(self._show_details)
        self._view.node_activated.connect(self.node_activated)
        self._view.far_changed.connect(self._say_far)

    def _build_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 4)
        bar.setSpacing(4)
        for name, text, tip in _TOGGLES:
            button = QToolButton()
            button.setObjectName(f"show_{name}")
            button.setAccessibleName(f"Show {text.lower()}")
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setChecked(True)
            button.setAutoRaise(True)
            button.toggled.connect(self._redraw)
            self._toggles[name] = button
            bar.addWidget(button)
        self._far = QToolButton()
        self._far.setObjectName("graph_read")
        self._far.setText("Names only: zoom in to read the numbers")
        self._far.setToolTip("Zoom in on the current operation, or on the first (F)")
        self._far.setIcon(icons.icon("zoom-in", "accent"))
        self._far.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._far.setAutoRaise(True)
        self._far.clicked.connect(self._view.read)
        self._far.hide()
        bar.addWidget(self._far)
        bar.addSpacing(8)
        bar.addWidget(self._summary, 1)
        bar.addSpacing(8)
        for name, icon, tip in (
            ("graph_zoom_out", "zoom-out", "Zoom out (−)"),
            ("graph_zoom_in", "zoom-in", "Zoom in (+)"),
            ("graph_show_all", "frame-all", "Show everything (Home)"),
        ):
            button = QToolButton()
            button.setObjectName(name)
            button.setAccessibleName(tip.split(" (")[0])
            button.setToolTip(tip)
            button.setIcon(icons.icon(icon, "muted"))
            button.setIconSize(QSize(16, 16))
            button.setAutoRaise(True)
            bar.addWidget(button)
            actions = {
                "graph_zoom_out": lambda: self._view.zoom(0.8),
                "graph_zoom_in": lambda: self._view.zoom(1.25),
                "graph_show_all": self._view.show_all,
            }
            button.clicked.connect(actions[name])
        return bar

    def show_graph(self, probe: Mapping[str, Any]) -> None:
        """Show a probe's answer; one that cannot be believed is told in words instead."""
        try:
            self._graph = read_probe(probe)
        except GraphError as error:
            self.clear(str(error), failed=True)
            return
        if not self._graph.operations:
            self.clear("")
            return
        self._note.setText(self._graph.note)
        self._note.setVisible(bool(self._graph.note))
        self._stack.setCurrentWidget(self._page)
        self._page.layout().activate()  # the graph is placed in the room that the note leaves
        self._redraw()
        count, rows = len(self._graph.operations), self._graph.rows
        self._summary.show_text(
            f"{count} operations, loss {number(self._graph.loss)} on {rows} "
            f"{'row' if rows == 1 else 'rows'}"
        )

    def clear(self, text: str = "", failed: bool = False) -> None:
        """Show no graph, and say why."""
        self._graph = OpGraph()
        self._view.clear()
        if failed:
            self._empty.show_text("The graph cannot be shown", text, "error", "bad")
        else:
            self._empty.show_text(_NOTHING[0], text or _NOTHING[1], "graph")
        self._stack.setCurrentWidget(self._empty)

    def select_nodes(self, names: Iterable[str]) -> None:
        """Mark all operations of these nodes."""
        self._view.select_nodes(names)

    def selected_nodes(self) -> frozenset[str]:
        """The nodes whose operations are marked."""
        return self._view.selected_nodes()

    def view(self) -> GraphView:
        """The drawn graph."""
        return self._view

    def details(self) -> DetailsPane:
        """The pane beside it."""
        return self._details

    def text(self) -> str:
        """What is said while no graph is shown."""
        shown = self._stack.currentWidget() is self._empty
        return f"{self._empty.title()}\n{self._empty.text()}" if shown else ""

    def dispose(self) -> None:
        """Stop listening."""
        self.clear()
        self._view.dispose()
        self._details.dispose()

    def _say_far(self, far: bool) -> None:
        """From far off no card shows numbers: say so, and do not pretend that a toggle does it."""
        self._far.setVisible(far)
        for name in ("values", "gradients", "shapes"):
            self._toggles[name].setEnabled(not far)

    def _redraw(self) -> None:
        chosen = {name: button.isChecked() for name, button in self._toggles.items()}
        self._view.show_graph(self._graph, Shows(**chosen))
        self._show_details(self._view.current)

    def _show_details(self, key: str | None) -> None:
        self._details.show_operation(None if key is None else self._graph.operations.get(key))
