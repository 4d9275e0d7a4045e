"""A heading with lines of text below it, each with something at its right end."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.panels.text import label
from nnstudio.theme import style


class Section(QWidget):
    """A heading with lines of text, each with something at its right end."""

    def __init__(
        self, title: str, name: str, parent: QWidget | None = None, *, mono: bool = True
    ) -> None:
        super().__init__(parent)
        self._mono = mono
        self.setObjectName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 8, 0, 0)
        self._column.setSpacing(4)
        if title:
            self._column.addWidget(label(title, "section"))
        self._lines: list[tuple[QWidget, QLabel, QLabel]] = []
        self._rows: list[tuple[str, str]] = []

    def show_rows(self, rows: list[tuple[str, str]]) -> None:
        """The lines; the section goes where there is none."""
        self.setVisible(bool(rows))
        if rows == self._rows:
            return
        self._rows = rows
        while len(self._lines) < len(rows):
            self._add_line()
        for (line, left, right), (text, aside) in zip(self._lines, rows, strict=False):
            left.setText(text)
            right.setText(aside)
            right.setVisible(bool(aside))
            line.show()
        for line, _, _ in self._lines[len(rows) :]:
            line.hide()

    def texts(self) -> list[tuple[str, str]]:
        """What is shown."""
        return list(self._rows)

    def _add_line(self) -> None:
        line = QWidget(self)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        left = label("", "")
        if self._mono:
            style.wear(left, style.mono)
        left.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        right = label("", "muted", wrap=False)
        style.wear(right, style.mono)
        right.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        row.addWidget(left, 1)
        row.addWidget(right)
        self._column.addWidget(line)
        self._lines.append((line, left, right))
