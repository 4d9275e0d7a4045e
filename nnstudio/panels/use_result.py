"""An answer as a person reads it: the winner in words, shares as bars, pictures, a table, text, a
tree, points, and what has to be said of them.

Shows what it is given; what came through the worker's pipe is not trusted.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.panels.text import label
from nnstudio.panels.use_outputs import OutputsView
from nnstudio.panels.use_shown import Bars, Pictures, Points, Table, listed, percent

MOST_NODES = 500


class ResultView(QWidget):
    """Everything that an answer may hold; what it has not is not shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_result")
        self.words = label("", "head", "use_words")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.step = label("", "small", "use_step")
        self.error = label("", "bad", "use_error")
        self.text = QPlainTextEdit()
        self.text.setObjectName("use_text")
        self.text.setAccessibleName("The text")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(96)
        self.pictures, self.bars, self.points = Pictures(), Bars(), Points()
        self.table = Table()
        self.outputs = OutputsView()
        self.tree = QTreeWidget()
        self.tree.setObjectName("use_tree")
        self.tree.setAccessibleName("Every part of the phrase")
        self.tree.setHeaderLabels(["part", "feeling", "share"])
        self.tree.setMinimumHeight(140)
        self.notes = label("", "muted", "use_notes")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        beside = QHBoxLayout()
        beside.setSpacing(16)
        top = Qt.AlignmentFlag.AlignTop
        for widget in self._parts():
            if widget is self.pictures:
                column.addLayout(beside)
            if widget in (self.pictures, self.bars):
                beside.addWidget(widget, 0 if widget is self.pictures else 1, top)
            else:
                column.addWidget(widget)
        column.addStretch(1)
        self.clear()

    def _parts(self) -> tuple[QWidget, ...]:
        return (
            self.error,
            self.words,
            self.text,
            self.pictures,
            self.bars,
            self.points,
            self.tree,
            self.table,
            self.outputs,
            self.notes,
            self.step,
        )

    def clear(self) -> None:
        """Show nothing."""
        for widget in self._parts():
            widget.hide()

    def refuse(self, text: str) -> None:
        """Show why there is no answer, in place of one."""
        self.clear()
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def begin_text(self, text: str, step: str, notes: Any) -> None:
        """An answer that comes piece by piece; the text is what it begins with."""
        self.clear()
        self.text.setPlainText(text)
        self.text.show()
        self._tell(notes, step)

    def add_text(self, piece: str) -> None:
        """A further piece of it."""
        cursor = self.text.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        cursor.insertText(piece)
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())

    def show_answer(self, answer: dict[str, Any], step: str) -> None:
        """All that an answer holds."""
        self.error.hide()
        words = str(answer.get("words") or "")
        text = str(answer.get("text") or "")
        self.words.setText(words)
        # Several outputs say it one by one.
        self.words.setVisible(bool(words) and not listed(answer.get("outputs")))
        self.text.setPlainText(text)
        self.text.setVisible(bool(text) and text != words and not words.startswith(text))
        self.pictures.show_pictures(answer.get("pictures"))
        self.bars.show_bars(answer.get("bars"))
        # A few pictures stand beside the bars; many take all the room there is.
        across = self.pictures.sizePolicy()
        few = bool(self.bars.bars) and self.pictures.count <= 2
        way = QSizePolicy.Policy
        across.setHorizontalPolicy(way.Fixed if few else way.Expanding)
        self.pictures.setSizePolicy(across)
        self.points.show_points(answer.get("points"))
        self._show_tree(listed(answer.get("tree"))[:MOST_NODES])
        self.table.show_table(answer.get("table"))
        self.outputs.show_outputs(answer.get("outputs"))
        self._tell(answer.get("notes"), step)

    def _tell(self, notes: Any, step: str) -> None:
        told = "\n".join(str(note) for note in listed(notes)[:12])
        self.notes.setText(told)
        self.notes.setVisible(bool(told))
        self.step.setText(step)
        self.step.setVisible(bool(step))

    def _show_tree(self, nodes: list[Any]) -> None:
        self.tree.clear()
        known = [node for node in nodes if isinstance(node, dict)]
        self.tree.setVisible(bool(known))
        if not known or len(known) != len(nodes):
            return
        waiting: list[tuple[int, QTreeWidgetItem | None, int]] = [(len(known) - 1, None, 0)]
        while waiting:
            place, above, depth = waiting.pop()
            node = known[place]
            cells = [str(node.get("text")), str(node.get("name")), percent(node.get("share"))]
            item = QTreeWidgetItem(cells)
            if above is None:
                self.tree.addTopLevelItem(item)
            else:
                above.addChild(item)
            for child in (node.get("right"), node.get("left")):
                if isinstance(child, int) and 0 <= child < place:
                    waiting.append((child, item, depth + 1))
        self.tree.expandAll()
        for column in range(3):
            self.tree.resizeColumnToContents(column)
        self.tree.setFixedHeight(min(300, 34 + 26 * len(known)))
