"""The code panel: the very Python that runs, coupled with the selection both ways.

`model.py` and `train.py`, read-only and highlighted. Selected nodes' lines light up; the cursor on
a line selects its node. While the drawing has errors the last good code stays, greyed, below a
strip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.panels.code_view import CodeView
from nnstudio.theme import icons, notifier

if TYPE_CHECKING:
    from graph_compiler.source import Source, Span
    from nnstudio.document.document import Document
    from nnstudio.document.events import Event

DELAY = 120
"""Milliseconds of quiet after an edit before code is emitted anew."""

ROOM_FOR_CODE = 112
"""Pixels that tabs and a few lines of code need."""
MODEL, TRAIN = 0, 1


class CodePanel(QFrame):
    """`model.py` and `train.py` of the open project."""

    place_activated = Signal(str, str)
    """The drawing and the node in it whose line a person chose."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code_panel")
        self.setAccessibleName("Code")
        self.setProperty("role", "well")
        self._document = document
        self._source: Source | None = None
        self._network, self._drawing = "main", "main"
        self._nodes: tuple[str, ...] = ()
        self._script = ""
        self._choosing = False
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        lines.addWidget(self._head())
        self._strip = QLabel()
        self._strip.setObjectName("code_strip")
        self._strip.setTextFormat(Qt.TextFormat.PlainText)
        self._strip.setWordWrap(True)
        self._strip.setProperty("role", "notice")
        self._strip.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._strip.hide()
        self._wrong = ""
        lines.addWidget(self._strip)
        self.view = CodeView("code_view")
        self.view.setAccessibleName("Python code of the network")
        self.view.line_chosen.connect(self._line_chosen)
        self.view.explain = self._explain
        lines.addWidget(self.view, 1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DELAY)
        self._soon.timeout.connect(self.refresh)
        notifier.theme_changed.connect(self._theme_changed)
        self._unsubscribe = document.subscribe(self._heard)
        self.refresh()

    def _head(self) -> QWidget:
        head = QFrame()
        head.setProperty("role", "panel")
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 0, 6, 2)
        self.tabs = QTabBar()
        self.tabs.setObjectName("code_tabs")
        self.tabs.setAccessibleName("File")
        self.tabs.setProperty("role", "top")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.addTab("model.py")
        self.tabs.addTab("train.py")
        self.tabs.currentChanged.connect(self.refresh)
        row.addWidget(self.tabs)
        row.addStretch(1)
        self._copy = QToolButton()
        self._copy.setObjectName("copy_code")
        self._copy.setAccessibleName("Copy the code")
        self._copy.setToolTip("Copy the code")
        self._copy.setIcon(icons.icon("copy", "muted"))
        self._copy.setIconSize(QSize(15, 15))
        self._copy.clicked.connect(self._copy_all)
        row.addWidget(self._copy)
        return head

    def dispose(self) -> None:
        """Stop listening to the document and the theme."""
        self._soon.stop()
        self._unsubscribe()
        notifier.theme_changed.disconnect(self._theme_changed)

    def show_drawing(self, network: str, drawing: str) -> None:
        """Show a network's code; nodes are those of a drawing in it, a block or the network."""
        other, turned = network != self._network, drawing != self._drawing
        self._network, self._drawing, self._nodes = network, drawing, ()
        if other:
            self._source, self._script = None, ""
            self.refresh()
        if turned:
            self._show_class()

    def _show_class(self) -> None:
        """Bring the class of the drawing shown into view."""
        if self._source is None or self.tabs.currentIndex() != MODEL or self._choosing:
            return
        name = self._source.classes.get(self._drawing)
        for number, line in enumerate(self._source.text.splitlines(), 1):
            if name is not None and line.startswith((f"class {name}(", f"class {name}:")):
                self.view.show_line(number)
                return

    def show_nodes(self, names: tuple[str, ...]) -> None:
        """Light up the lines of these nodes of the drawing shown."""
        self._nodes = tuple(names)
        self._mark(reveal=not self._choosing)

    def refresh(self) -> None:
        """Show the code as it is now."""
        self._soon.stop()
        source = self._document.source(self._network)
        errors = self._errors()
        if source is not None:
            self._source = source
        self._strip.setVisible(source is None)
        if source is None:
            self._wrong = self._what_is_wrong(errors)
            self._fit_strip()
        if self._source is None:
            self.view.show_code("")
            return
        if self.tabs.currentIndex() == TRAIN:
            self.view.show_code(self._train(), grey=source is None)
        else:
            self.view.show_code(self._source.text, grey=source is None)
        self._mark(reveal=False)

    def _fit_strip(self) -> None:
        """The whole list where code fits below it, else its first sentence and a tooltip."""
        head, _, listed = self._wrong.partition("\n")
        self._strip.setToolTip(listed)
        self._strip.setText(self._wrong)
        needed = self._strip.heightForWidth(self.width())
        if listed and self.isVisible() and needed > self.height() - ROOM_FOR_CODE:
            self._strip.setText(f"{head} See the Problems panel.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._wrong:
            self._fit_strip()

    def _errors(self) -> list[str]:
        report = self._document.report(self._network)
        return [problem.text for problem in report.problems if problem.severity == "error"]

    def _what_is_wrong(self, errors: list[str]) -> str:
        stays = "" if self._source is None else " Below is the code from before."
        if not errors:
            return f"There is no code for this drawing yet.{stays}"
        more = len(errors) - 3
        listed = "\n".join(f"• {text}" for text in errors[:3])
        also = f"\n… and {more} more" if more > 0 else ""
        return f"No code while there are errors.{stays}\n{listed}{also}"

    def _train(self) -> str:
        """The script of the plan's networks, whichever is shown; the last one while one errs."""
        source = self._document.planned_source()
        if source is not None:
            from nnstudio.document.script import train_script

            self._script = train_script(self._document.project, source)
        return self._script

    def _mark(self, *, reveal: bool) -> None:
        if self._source is None or self.tabs.currentIndex() != MODEL:
            self.view.mark(())
            return
        spans = self._spans()
        lines = sorted(
            {
                line
                for name in self._nodes
                for span in spans.get(name, ())
                for line in range(span.line, span.end_line + 1)
            }
        )
        self.view.mark(tuple(lines), reveal=reveal)

    def _spans(self) -> Mapping[str, tuple[Span, ...]]:
        """The drawing's nodes to their pieces of text."""
        assert self._source is not None
        if self._drawing == self._network:
            return self._source.spans
        return self._source.parts.get(self._drawing, {})

    def _place_at(self, line: int, column: int) -> tuple[str, str] | None:
        """The drawing and the node of a place in the code."""
        if self._source is None or self.tabs.currentIndex() != MODEL:
            return None
        found = self._source.place_at(line, column)
        if found is None:
            node = self._source.node_at(line, column)
            return None if node is None else (self._network, node)
        return found

    def _explain(self, line: int, column: int) -> str:
        found = self._place_at(line, column)
        if found is None:
            return ""
        drawing, node = found
        if drawing == self._drawing:
            return f"{node}: click to select it"
        return f"{node} in {drawing}: click to go there"

    def _line_chosen(self, line: int, column: int) -> None:
        found = self._place_at(line, column)
        if found is None or (self._drawing, self._nodes) == (found[0], (found[1],)):
            return
        self._choosing = True
        try:
            self.place_activated.emit(*found)
        finally:
            self._choosing = False

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.view.toPlainText())

    def _heard(self, event: Event) -> None:
        from nnstudio.document import events

        if not isinstance(event, events.NodesMoved | events.Saved):
            self._soon.start()

    def _theme_changed(self, look: object) -> None:
        self.view.repaint_code()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._mark(reveal=False)
        return super().event(event)
