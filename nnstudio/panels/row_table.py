"""A small table of texts and choices with buttons that add and remove rows.

Knows nothing of what the rows mean: whoever shows them takes the edited rows and shows them anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.panels.text import label
from nnstudio.theme import icons, style

ROW = 28

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what it is for, and the words to choose from, if not free text."""

    title: str
    about: str
    choices: tuple[str, ...] = ()
    mono: bool = False


class RowTable(QWidget):
    """Rows of texts to be changed in place."""

    edited = Signal(object)
    """All rows as they would be, a tuple of tuples of texts."""

    def __init__(
        self,
        name: str,
        heading: str,
        columns: tuple[Column, ...],
        new: tuple[str, Row],
        none: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._columns, self._new = columns, new[1]
        self._rows: tuple[Row, ...] = ()
        self._showing = False
        self.table = self._made_table(name, heading)
        self._none = label(none, "muted", f"{name}_none")
        self.add_button = QPushButton(new[0], self)
        self.add_button.setObjectName(f"{name}_add")
        self.add_button.setIcon(icons.icon("plus", "text"))
        self.add_button.clicked.connect(self._add)
        self.remove_button = QToolButton(self)
        self.remove_button.setObjectName(f"{name}_remove")
        self.remove_button.setFixedSize(28, 28)
        self.remove_button.setIcon(icons.icon("delete", "text"))
        self.remove_button.setAccessibleName(f"Remove from {heading.lower()}")
        self.remove_button.setToolTip("Remove the row (Del)")
        self.remove_button.clicked.connect(self._remove)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addStretch(1)
        buttons.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(heading, "section"))
        column.addWidget(self._none)
        column.addWidget(self.table)
        column.addLayout(buttons)

    def _made_table(self, name: str, heading: str) -> QTableWidget:
        table = QTableWidget(0, len(self._columns), self)
        table.setObjectName(f"{name}_table")
        table.setAccessibleName(heading)
        table.setHorizontalHeaderLabels([one.title for one in self._columns])
        for place, one in enumerate(self._columns):
            table.horizontalHeaderItem(place).setToolTip(one.about)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for place, one in enumerate(self._columns):
            mode = QHeaderView.ResizeMode.Stretch
            if one.choices:
                mode = QHeaderView.ResizeMode.Fixed
                table.setColumnWidth(place, self._chooser(one).sizeHint().width() + 4)
            header.setSectionResizeMode(place, mode)
        table.setWordWrap(False)
        table.cellChanged.connect(self._changed)
        table.installEventFilter(self)
        return table

    def _chooser(self, column: Column) -> QComboBox:
        chosen = QComboBox(self)
        chosen.addItems(column.choices)
        chosen.setToolTip(column.about)
        chosen.setAccessibleName(column.title)
        chosen.hide()
        return chosen

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows last shown."""
        return self._rows

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Other rows; what is being typed in one that stays is kept."""
        shown = tuple(rows)
        self._none.setVisible(not shown)
        self.table.setVisible(bool(shown))
        self.remove_button.setEnabled(bool(shown))
        if shown == self._rows and self.table.rowCount() == len(shown):
            return
        self._rows = shown
        self._showing = True
        self.table.setRowCount(len(shown))
        for number, row in enumerate(shown):
            for place, one in enumerate(self._columns):
                self._fill(number, place, one, row[place])
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + ROW * len(shown) + 4)
        self._showing = False

    def _fill(self, number: int, place: int, column: Column, text: str) -> None:
        if column.choices:
            chosen = self.table.cellWidget(number, place)
            if not isinstance(chosen, QComboBox):
                chosen = self._chooser(column)
                chosen.activated.connect(lambda _: self._tell())
                self.table.setCellWidget(number, place, chosen)
            chosen.setCurrentIndex(max(0, chosen.findText(text)))
            return
        item = self.table.item(number, place)
        if item is None:
            item = QTableWidgetItem()
            item.setToolTip(column.about)
            if column.mono:
                item.setFont(style.mono())
            self.table.setItem(number, place, item)
        item.setText(text)

    def _read(self) -> tuple[Row, ...]:
        found = []
        for number in range(self.table.rowCount()):
            row = []
            for place in range(len(self._columns)):
                chosen = self.table.cellWidget(number, place)
                item = self.table.item(number, place)
                if isinstance(chosen, QComboBox):
                    row.append(chosen.currentText())
                else:
                    row.append(item.text().strip() if item is not None else "")
            found.append(tuple(row))
        return tuple(found)

    def _changed(self, *_: int) -> None:
        if not self._showing:
            self._tell()

    def _tell(self) -> None:
        rows = self._read()
        if rows != self._rows:
            self._rows = ()  # whatever is shown next is shown in full, also after a refusal
            self.edited.emit(rows)

    def _add(self) -> None:
        taken = {row[0] for row in self._rows}
        name, number = self._new[0], 2
        while name in taken:
            name, number = f"{self._new[0]}{number}", number + 1
        place = len(self._rows)
        self.edited.emit((*self._rows, (name, *self._new[1:])))
        if self.table.rowCount() > place:
            self.table.setCurrentCell(place, 0)
            self.table.setFocus()
            self.table.editItem(self.table.item(place, 0))

    def _remove(self) -> None:
        number = self.table.currentRow()
        number = number if 0 <= number < len(self._rows) else len(self._rows) - 1
        if number >= 0:
            self.edited.emit((*self._rows[:number], *self._rows[number + 1 :]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.table and isinstance(event, QKeyEvent):
            editing = self.table.state() == QAbstractItemView.State.EditingState
            pressed = event.type() == QEvent.Type.KeyPress and not editing
            if pressed and event.key() == Qt.Key.Key_Delete:
                self._remove()
                return True
        return super().eventFilter(watched, event)
