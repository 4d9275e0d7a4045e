"""A table from the web in the data panel: its address, what is kept of it, fetching it anew.

Owns the field, and the words on the table that is used. It fetches nothing by itself; kept tables
are looked at on the disk alone.
"""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnstudio import web_tables
from nnstudio.panels.labels import ElidedLabel
from nnstudio.panels.text import label, number

MOST_OFFERED = 12
"""Tables that a menu offers; the others stand in the list of kept data."""
NO_ADDRESS = (
    "expected an address that begins with https:// or http://. Copy it from the browser's "
    "line of addresses."
)


def age(when: float) -> str:
    """`just now`, `5 min old`, `3 days old`."""
    seconds = max(0.0, time.time() - when)
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{round(seconds / 60)} min old"
    if seconds < 2 * 86400:
        return f"{round(seconds / 3600)} h old"
    return f"{round(seconds / 86400)} days old"


def compared(state: dict[str, object]) -> str:
    """What a fetch says of the table of before: the same, or another and how it differs."""
    if not state.get("again"):
        return ""
    if not state.get("changed"):
        return "The same as before."
    then, now = state.get("before"), state.get("lines")
    if not isinstance(then, int) or not isinstance(now, int) or not then:
        return "Another than before."
    return f"Another than before: {number(then)} lines then, {number(now)} now."


def into_view(widget: QWidget) -> None:
    """Scroll to a part once it has its place, where it is in something that scrolls."""

    def scroll() -> None:
        area = widget.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and widget.isVisible():
            area.ensureWidgetVisible(widget, 0, 8)

    QTimer.singleShot(0, widget, scroll)


class AddressBox(QWidget):
    """A field for an address, with what will happen said below it."""

    wanted = Signal(str)
    """The address whose table is to be fetched."""
    left = Signal()
    """A person has put the field away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.setObjectName("data_address")
        self.field.setAccessibleName("Address of the table")
        self.field.setPlaceholderText("https://…/table.csv")
        self.field.setToolTip("The address of a CSV or JSON file in the web")
        self.field.setMaxLength(4000)
        self.field.textChanged.connect(lambda _: self._refuse(""))
        self.field.returnPressed.connect(self._fetch)
        self.button = QPushButton("Fetch")
        self.button.setObjectName("data_address_fetch")
        self.button.setAccessibleName("Fetch the table")
        self.button.clicked.connect(self._fetch)
        most, of_json = (n // 1_000_000 for n in (web_tables.MOST_BYTES, web_tables.MOST_JSON))
        about = (
            f"CSV of at most {most} MB, or a JSON list of records of at most {of_json} MB. It is "
            "fetched when you press Fetch, not before, and kept on this computer."
        )
        self._refused = label("", "bad", "data_address_refused")
        self._refused.hide()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.field, 1)
        line.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self._refused)
        column.addWidget(label(about, "muted", "data_address_about"))
        self.hide()

    def ask(self) -> None:
        """Show the field and let a person type."""
        self.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()
        into_view(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _fetch(self) -> None:
        address = self.field.text().strip()
        if web_tables.is_address(address):
            self.wanted.emit(address)
        else:
            self._refuse(f"{address or 'Nothing'}: {NO_ADDRESS}" if address else _first_up())

    def _refuse(self, text: str) -> None:
        self._refused.setText(text)
        self._refused.setVisible(bool(text))
        if text:
            into_view(self._refused)


def _first_up() -> str:
    return NO_ADDRESS[0].upper() + NO_ADDRESS[1:]


class OriginLine(QWidget):
    """Where the used table came from and how old it is, with a button that fetches it anew."""

    anew = Signal(str)
    """The address to be fetched anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._address = ""
        self.words = ElidedLabel("")
        self.words.setObjectName("data_origin")
        self.button = QPushButton("Fetch anew")
        self.button.setObjectName("data_anew")
        self.button.clicked.connect(lambda: self.anew.emit(self._address))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.words, 1)
        line.addWidget(self.button)
        self.hide()

    def show_path(self, path: str) -> None:
        """What is known of a file; nothing for one that did not come from the web."""
        found = web_tables.table_at(path) if path else None
        self._address = found.address if found is not None else ""
        self.setVisible(found is not None)
        if found is not None:
            self.words.setText(f"{age(found.fetched)}, from {found.address}")
            self.words.setToolTip(f"Fetched from {found.address}")
            self.button.setToolTip(
                f"Fetch {found.address} again and tell whether it is another than before"
            )
