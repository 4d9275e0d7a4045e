"""What each of several outputs says: its name, its answer in words, bars, a table, a picture.

Shows what it is given; what came through the worker's pipe is not trusted.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.panels.text import label
from nnstudio.panels.use_shown import Bars, Pictures, Table, listed

MOST_OUTPUTS = 50


class OutputView(QWidget):
    """The answer of one output."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_output")
        self.name = label("", "section", "use_output_name")
        self.words = label("", "title", "use_output_words")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.pictures, self.bars, self.table = Pictures(), Bars(), Table()
        way = QSizePolicy.Policy
        across = self.pictures.sizePolicy()
        across.setHorizontalPolicy(way.Fixed)
        self.pictures.setSizePolicy(across)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        beside = QHBoxLayout()
        beside.setSpacing(16)
        top = Qt.AlignmentFlag.AlignTop
        beside.addWidget(self.pictures, 0, top)
        beside.addWidget(self.bars, 1, top)
        for widget in (self.name, self.words):
            column.addWidget(widget)
        column.addLayout(beside)
        column.addWidget(self.table)

    def show_output(self, entry: dict[str, Any]) -> None:
        """An entry of an answer's outputs."""
        name, words = str(entry.get("name", "")), str(entry.get("words", ""))
        self.name.setText(name)
        self.words.setText(words)
        self.pictures.show_pictures(entry.get("pictures"))
        self.bars.show_bars(entry.get("bars"))
        self.table.show_table(entry.get("table"))
        # Several numbers are read in the table.
        self.words.setVisible(bool(words) and not self.table.isVisibleTo(self))
        self.bars.setAccessibleName(f"Shares of {name}")
        self.table.setAccessibleName(f"Numbers of {name}")
        self.setAccessibleName(f"Output {name}")
        self.setAccessibleDescription(words)


class OutputsView(QWidget):
    """The answers of all outputs, one below the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_outputs")
        self.setAccessibleName("What each output says")
        self.views: list[OutputView] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def show_outputs(self, entries: Any) -> None:
        """Entries of an answer; what is none is passed over."""
        known = [one for one in listed(entries)[:MOST_OUTPUTS] if isinstance(one, dict)]
        while len(self.views) < len(known):
            view = OutputView()
            self.views.append(view)
            self._column.addWidget(view)
        while len(self.views) > len(known):
            view = self.views.pop()
            self._column.removeWidget(view)
            view.deleteLater()
        for view, entry in zip(self.views, known, strict=True):
            view.show_output(entry)
        self.setVisible(bool(known))
