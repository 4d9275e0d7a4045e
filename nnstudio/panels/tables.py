"""How the tables of the side panels look and which keys they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QToolButton, QWidget

from nnstudio.theme import icons

ROW = 28
"""How tall a row is."""
BUTTON = 28

_Key: TypeAlias = tuple[Qt.Key, bool]
"""A key, and whether Alt is held."""


def dress(table: QTableView, name: str, heading: str) -> None:
    """Give a table the look of all of them: plain rows, one of them chosen, no grid."""
    table.setObjectName(name)
    table.setAccessibleName(heading)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)


def tool_button(parent: QWidget, name: str, icon: str, text: str, keys: str) -> QToolButton:
    """A small button under a table, with its key in the tooltip."""
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setFixedSize(BUTTON, BUTTON)
    shown: QIcon = icons.icon(icon, "text")
    button.setIcon(shown)
    button.setAccessibleName(text)
    button.setToolTip(f"{text} ({keys})")
    return button


class TableKeys(QObject):
    """Hears the keys of a table while no cell is being typed into."""

    remove = Signal()
    up = Signal()
    down = Signal()

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        table.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._table and isinstance(event, QKeyEvent):
            editing = self._table.state() == QAbstractItemView.State.EditingState
            if event.type() == QEvent.Type.KeyPress and not editing:
                alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
                wanted: Mapping[_Key, Signal] = {
                    (Qt.Key.Key_Delete, False): self.remove,
                    (Qt.Key.Key_Up, True): self.up,
                    (Qt.Key.Key_Down, True): self.down,
                }
                key = Qt.Key(event.key())
                if (key, alt) in wanted:
                    wanted[key, alt].emit()
                    return True
                if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                    self._table.edit(self._table.currentIndex())
                    return True
        return super().eventFilter(watched, event)
