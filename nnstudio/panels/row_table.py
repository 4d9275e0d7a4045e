"""A small table of texts and choices with buttons that add, move and remove rows.

Knows nothing of what the rows mean: whoever shows them takes the edited rows and shows them anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.panels.flow import FlowLayout
from nnstudio.panels.tables import ROW, TableKeys, dress, tool_button
from nnstudio.panels.text import label
from nnstudio.theme import icons, style

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what it is for, and the words to choose from, if not free text."""

    title: str
    about: str
    choices: tuple[str, ...] = ()
    mono: bool = False
    fixed: bool = False
    """Whether it is only to be read."""
    open: bool = False
    """Whether words are offered, see `RowTable.offer`, and others may be typed."""


class _Rows(QTableWidget):
    """A table whose rows can be dragged to another place; it tells where and moves nothing."""

    dragged = Signal(int, int)
    """A row, and the place among the others that it was dropped at."""

    def dropEvent(self, event: QDropEvent) -> None:
        if event.source() is not self:
            return
        row = self.currentRow()
        point = event.position().toPoint()
        target = self.rowAt(point.y())
        if target < 0:
            target = self.rowCount() - 1
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if row >= 0 and target != row:
            self.dragged.emit(row, target)


class RowTable(QWidget):
    """Rows of texts to be changed in place."""

    edited = Signal(object)
    """All rows as they would be, a tuple of tuples of texts."""
    row_chosen = Signal(int)
    """The row that is the current one; −1 for none."""

    def __init__(
        self,
        name: str,
        heading: str,
        columns: tuple[Column, ...],
        new: tuple[str, Row],
        none: str,
        parent: QWidget | None = None,
        *,
        orderable: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._columns, self._new = columns, new[1]
        self._offered: tuple[str, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._showing = False
        self.table = self._made_table(name, heading, orderable)
        self._none = label(none, "muted", f"{name}_none")
        self.add_button = QPushButton(new[0], self)
        self.add_button.setObjectName(f"{name}_add")
        self.add_button.setIcon(icons.icon("plus", "text"))
        self.add_button.clicked.connect(self._add)
        what = heading.lower()
        self.remove_button = tool_button(
            self, f"{name}_remove", "delete", f"Remove from {what}", "Del"
        )
        self.remove_button.clicked.connect(self.remove)
        self.up_button = tool_button(
            self, f"{name}_up", "chevron-up", f"Move up in {what}", "Alt+Up"
        )
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button = tool_button(
            self, f"{name}_down", "chevron-down", f"Move down in {what}", "Alt+Down"
        )
        self.down_button.clicked.connect(lambda: self._move(1))
        self._orderable = orderable
        self.up_button.setVisible(orderable)
        self.down_button.setVisible(orderable)
        on_rows = QWidget()
        beside = QHBoxLayout(on_rows)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(4)
        for button in (self.up_button, self.down_button, self.remove_button):
            beside.addWidget(button)
        buttons = FlowLayout(spacing=4)  # in a second line where the panel is narrow
        buttons.addWidget(self.add_button)
        buttons.addWidget(on_rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(heading, "section"))
        column.addWidget(self._none)
        column.addWidget(self.table)
        column.addLayout(buttons)

    def _made_table(self, name: str, heading: str, orderable: bool) -> _Rows:
        table = _Rows(0, len(self._columns), self)
        dress(table, f"{name}_table", heading)
        table.setHorizontalHeaderLabels([one.title for one in self._columns])
        for place, one in enumerate(self._columns):
            table.horizontalHeaderItem(place).setToolTip(one.about)
        header = table.horizontalHeader()
        for place, one in enumerate(self._columns):
            mode = QHeaderView.ResizeMode.Stretch
            if one.choices and not one.open:
                mode = QHeaderView.ResizeMode.Fixed
                table.setColumnWidth(place, self._chooser(one).sizeHint().width() + 4)
            header.setSectionResizeMode(place, mode)
        if orderable:
            table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
            table.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
            table.setDragDropOverwriteMode(False)
            table.dragged.connect(self._dragged)
        keys = TableKeys(table)
        keys.remove.connect(self.remove)
        if orderable:
            keys.up.connect(lambda: self._move(-1))
            keys.down.connect(lambda: self._move(1))
        table.cellChanged.connect(self._changed)
        table.currentCellChanged.connect(lambda row, *_: self._chosen(row))
        return table

    def _chooser(self, column: Column) -> QComboBox:
        chosen = QComboBox(self)
        chosen.addItems(column.choices)
        if column.open:
            chosen.setEditable(True)
            chosen.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            chosen.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            chosen.setMinimumContentsLength(4)
            edit = chosen.lineEdit()
            edit.setAccessibleName(column.title)
            edit.editingFinished.connect(self._changed)
            if column.mono:
                edit.setFont(style.mono())
        chosen.setToolTip(column.about)
        chosen.setAccessibleName(column.title)
        chosen.hide()
        return chosen

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows last shown."""
        return self._rows

    @property
    def current(self) -> int:
        """The number of the row that the buttons are about: the chosen one, else the last."""
        number = self.table.currentRow()
        return number if 0 <= number < len(self._rows) else len(self._rows) - 1

    def offer(self, words: tuple[str, ...], *new: str) -> None:
        """What an open column offers from now on, and the row that is added next."""
        self._new = new
        self.add_button.setEnabled(bool(new[0]))
        if words == self._offered:
            return
        self._offered = words
        for number in range(self.table.rowCount()):
            for place, one in enumerate(self._columns):
                chosen = self.table.cellWidget(number, place)
                if one.open and isinstance(chosen, QComboBox):
                    self._refill(chosen)

    def _refill(self, chosen: QComboBox) -> None:
        text, self._showing = chosen.currentText(), True
        chosen.clear()
        chosen.addItems(self._offered)
        _write(chosen, text)
        self._showing = False

    def choose(self, name: str) -> None:
        """Let the row that begins with a text be the current one."""
        for number, row in enumerate(self._rows):
            if row[0] == name and self.table.currentRow() != number:
                self.table.setCurrentCell(number, 0)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Other rows; what is being typed in one that stays is kept."""
        shown = tuple(rows)
        self._none.setVisible(not shown)
        self.table.setVisible(bool(shown))
        if shown != self._rows or self.table.rowCount() != len(shown):
            self._rows = shown
            self._showing = True
            self.table.setRowCount(len(shown))
            for number, row in enumerate(shown):
                for place, one in enumerate(self._columns):
                    self._fill(number, place, one, row[place])
            head = self.table.horizontalHeader().sizeHint().height()
            self.table.setFixedHeight(head + ROW * len(shown) + 4)
            self._showing = False
        self._enable()

    def _fill(self, number: int, place: int, column: Column, text: str) -> None:
        if column.choices or column.open:
            chosen = self.table.cellWidget(number, place)
            if not isinstance(chosen, QComboBox):
                chosen = self._chooser(column)
                chosen.activated.connect(lambda _: self._tell())
                if column.open:
                    chosen.addItems(self._offered)
                    chosen.installEventFilter(self)
                self.table.setCellWidget(number, place, chosen)
            if column.open:
                _write(chosen, text)
            else:
                chosen.setCurrentIndex(max(0, chosen.findText(text)))
            return
        item = self.table.item(number, place)
        if item is None:
            item = QTableWidgetItem()
            if column.fixed:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            if column.mono:
                item.setFont(style.mono())
            self.table.setItem(number, place, item)
        item.setToolTip(text if column.fixed and text else column.about)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Who types into a row means that one with the buttons below.
        if event.type() == QEvent.Type.FocusIn and not self._showing:
            for number in range(self.table.rowCount()):
                for place in range(len(self._columns)):
                    if self.table.cellWidget(number, place) is watched:
                        self.table.setCurrentCell(number, place)
        return super().eventFilter(watched, event)

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
            chosen = self.table.cellWidget(place, 0)
            if chosen is not None:
                chosen.setFocus()
                return
            self.table.setFocus()
            self.table.editItem(self.table.item(place, 0))

    def remove(self) -> None:
        """Want the current row away."""
        number = self.current
        if number >= 0:
            self.edited.emit((*self._rows[:number], *self._rows[number + 1 :]))

    # The order

    def _move(self, by: int) -> None:
        number = self.current
        if self._rows and 0 <= number + by < len(self._rows):
            self._dragged(number, number + by)

    def _dragged(self, number: int, target: int) -> None:
        rows = list(self._rows)
        row = rows.pop(number)
        rows.insert(target, row)
        self.edited.emit(tuple(rows))
        self.choose(row[0])

    def _chosen(self, row: int) -> None:
        self._enable()
        if not self._showing:
            self.row_chosen.emit(row)

    def _enable(self) -> None:
        number, last = self.current, len(self._rows) - 1
        self.remove_button.setEnabled(last >= 0)
        self.up_button.setEnabled(number > 0)
        self.down_button.setEnabled(0 <= number < last)


def _write(chosen: QComboBox, text: str) -> None:
    """Another text in an open field, of which the beginning is seen."""
    chosen.setEditText(text)
    if not chosen.lineEdit().hasFocus():
        chosen.lineEdit().setCursorPosition(0)
