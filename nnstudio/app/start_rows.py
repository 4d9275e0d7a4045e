"""The lists of the start page: rows with buttons below a heading.

Qt and the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.labels import ElidedLabel, label
from nnstudio.theme import icons, style


class Row(QFrame):
    """One line of a list: title, a second line, and what can be done with it."""

    activated = Signal()

    def __init__(self, title: str, detail: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(f"{title}, {detail}")
        self.setProperty("role", "row")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(10, 7, 10, 7)
        self._lines.setSpacing(1)
        self._lines.addWidget(ElidedLabel(title))
        second = ElidedLabel(detail, Qt.TextElideMode.ElideMiddle)
        style.role(second, "small")
        self._lines.addWidget(second)
        self._buttons: QHBoxLayout | None = None

    def add_aside(self, widget: QWidget) -> None:
        """A widget at the right of the lines."""
        first = self._lines.takeAt(0).widget()
        second = self._lines.takeAt(0).widget()
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(first)
        words.addWidget(second)
        across = QHBoxLayout()
        across.setSpacing(4)
        across.addLayout(words, 1)
        across.addWidget(widget)
        self._lines.addLayout(across)

    def add_button(self, text: str, name: str, does: Callable[[], None]) -> None:
        """A button below the lines."""
        if self._buttons is None:
            self._buttons = QHBoxLayout()
            self._buttons.setContentsMargins(0, 6, 0, 0)
            self._buttons.setSpacing(6)
            self._buttons.addStretch(1)
            self._lines.addLayout(self._buttons)
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(lambda *_, does=does: does())
        self._buttons.insertWidget(self._buttons.count() - 1, button)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.activated.emit()

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit()
        else:
            super().keyPressEvent(event)


class Group(QWidget):
    """A heading with rows below it; hidden while it has none, unless it has words for that."""

    def __init__(self, heading: str, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        lines.addWidget(label(heading, "section"))
        self._empty = label(empty, "muted")
        self._empty.setWordWrap(True)
        self._empty.setVisible(bool(empty))
        lines.addWidget(self._empty)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        lines.addLayout(self._rows)
        self._words = empty
        self.setVisible(bool(empty))

    def show_rows(self, rows: Iterable[Row]) -> None:
        """Replace the rows."""
        while self._rows.count():
            old = self._rows.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        shown = list(rows)
        for row in shown:
            self._rows.addWidget(row)
        self._empty.setVisible(bool(self._words) and not shown)
        self.setVisible(bool(shown) or bool(self._words))


class RecentRow(Row):
    """A file opened last; signs at the right pin it and take it off the list."""

    pinned = Signal(bool)
    removed = Signal()

    def __init__(self, path: Path, number: int, pinned: bool) -> None:
        there = path.exists()
        where = folder_words(path) if there else "not found"
        super().__init__(path.stem, where, f"recent_{number}")
        self.setToolTip(str(path))
        self.setProperty("missing", not there)
        self.there = there
        holder = QWidget(self)
        signs = QHBoxLayout(holder)
        signs.setContentsMargins(0, 0, 0, 0)
        signs.setSpacing(0)
        words = f"Unpin {path.stem}" if pinned else f"Keep {path.stem} at the top of the list"
        pin = _sign("pin", words, f"recent_pin_{number}", "accent" if pinned else "muted")
        pin.setCheckable(True)
        pin.setChecked(pinned)
        pin.clicked.connect(self.pinned)
        signs.addWidget(pin)
        if there:
            words = f"Take {path.stem} off the list"
            remove = _sign("close", words, f"recent_remove_{number}", "muted")
            remove.clicked.connect(lambda: self.removed.emit())
            signs.addWidget(remove)
        self.add_aside(holder)
        if not there:
            self.add_button(
                "Remove from list", f"recent_remove_{number}", lambda: self.removed.emit()
            )


def _sign(icon: str, words: str, name: str, colour: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setIcon(icons.icon(icon, colour))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(words)
    button.setAccessibleName(words)
    button.setAutoRaise(True)
    return button


def folder_words(path: Path) -> str:
    """The folder of a file, short below the home of the user."""
    home = str(Path.home())
    folder = str(path.parent)
    return "~" + folder.removeprefix(home) if folder.startswith(home) else folder
