"""Tables of data: the first rows, and the columns with what each is for.

Models over plain values; a changed role or type leaves as a signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.document.tabular import ROLES, TYPES
from nnstudio.panels.data_pictures import paint_histogram
from nnstudio.panels.text import measured
from nnstudio.theme import current, style

_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_Role = Qt.ItemDataRole

NAME, ROLE, TYPE, MISSING, VALUES = range(5)
_TITLES = ("Column", "Role", "Type", "Empty", "Values")
_CHOICES = {ROLE: ROLES, TYPE: TYPES}


class HeadModel(QAbstractTableModel):
    """The first rows of a table, as texts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self._rows: list[list[str]] = []

    def show(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Other rows."""
        self.beginResetModel()
        self._names = [str(name) for name in names]
        self._rows = [[str(cell) for cell in row] for row in rows if isinstance(row, list)]
        self.endResetModel()

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._names)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if role != _Role.DisplayRole:
            return None
        return self._names[section] if orientation == Qt.Orientation.Horizontal else section + 1

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        row = self._rows[index.row()] if index.isValid() else []
        if role == _Role.DisplayRole and index.column() < len(row):
            return row[index.column()]
        if role == _Role.FontRole:
            return style.mono(11)
        return None


class ColumnModel(QAbstractTableModel):
    """What a preview found out about each column; role and type can be changed where `editable`."""

    change_requested = Signal(str, str, str)
    """Column, `role` or `type`, and the new one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: list[dict[str, Any]] = []
        self.editable = False

    def show(self, columns: Sequence[Any], editable: bool) -> None:
        """Other columns."""
        self.beginResetModel()
        self.columns = [column for column in columns if isinstance(column, dict)]
        self.editable = editable
        self.endResetModel()

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == _Role.DisplayRole:
            return _TITLES[section]
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.editable and index.column() in _CHOICES:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.row()]
        if role in (_Role.DisplayRole, _Role.EditRole):
            match index.column():
                case 0:
                    return str(column.get("name", ""))
                case 1:
                    return str(column.get("role", ""))
                case 2:
                    return str(column.get("type", ""))
                case 3:
                    return str(column.get("missing", 0) or "–")
                case _:
                    return range_text(column)
        if role == _Role.ToolTipRole:
            return _help(column)
        if role == _Role.UserRole:
            return column.get("histogram")
        return None

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        if role != _Role.EditRole or index.column() not in _CHOICES or value == self.data(index):
            return False
        field = "role" if index.column() == ROLE else "type"
        self.change_requested.emit(self.columns[index.row()]["name"], field, str(value))
        return True


class ChoiceDelegate(QStyledItemDelegate):
    """Edits role and type by a list of words."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        combo = QComboBox(parent)
        combo.addItems(list(_CHOICES[index.column()]))
        combo.activated.connect(lambda _: self._finish(combo))
        return combo

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(index.data(_Role.EditRole))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentText(), _Role.EditRole)

    def _finish(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo)


class HistogramDelegate(QStyledItemDelegate):
    """Values as a small histogram, with their range beside it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        counts = index.data(_Role.UserRole)
        if not isinstance(counts, list) or not counts:
            return
        room = QRectF(option.rect).adjusted(4, 5, -4, -5)
        text = painter.fontMetrics().horizontalAdvance(str(index.data())) + 16
        area = QRectF(room.right() - min(72.0, room.width() - text), room.top(), 0, room.height())
        area.setRight(room.right())
        if area.width() > 16:
            theme = current()
            painter.save()
            colour = style.mix(theme.panel, theme.accent, 0.7)
            paint_histogram(painter, area, [float(c) for c in counts], colour)
            painter.restore()


class ColumnTable(QTableView):
    """The columns; where it is narrow, what matters least is left to the tooltip."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnHidden(MISSING, self.width() < 420)
        self.setColumnHidden(VALUES, self.width() < 340)


def head_table(parent: QWidget | None = None) -> tuple[QTableView, HeadModel]:
    """The view of the first rows."""
    view, model = QTableView(parent), HeadModel(parent)
    _dress(view, "data_head", "First rows")
    view.setModel(model)
    view.verticalHeader().show()
    view.verticalHeader().setDefaultSectionSize(24)
    view.horizontalHeader().setDefaultSectionSize(96)
    view.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
    return view, model


def column_table(parent: QWidget | None = None) -> tuple[QTableView, ColumnModel]:
    """The view of the columns."""
    view, model = ColumnTable(parent), ColumnModel(parent)
    _dress(view, "data_columns", "Columns")
    view.setModel(model)
    choice, histogram = ChoiceDelegate(view), HistogramDelegate(view)
    view.setItemDelegateForColumn(ROLE, choice)
    view.setItemDelegateForColumn(TYPE, choice)
    view.setItemDelegateForColumn(VALUES, histogram)
    view.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
    header = view.horizontalHeader()
    header.setMinimumSectionSize(48)
    for column in (NAME, VALUES):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
    for column, width in ((ROLE, 76), (TYPE, 84), (MISSING, 64)):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        view.setColumnWidth(column, width)
    return view, model


def range_text(column: dict[str, Any]) -> str:
    """The values of a column in short: `0.1 to 7.9`, `3 categories`."""
    if column.get("type") == "category":
        return f"{column.get('distinct', 0)} categories"
    low, high = column.get("min"), column.get("max")
    if isinstance(low, int | float) and isinstance(high, int | float):
        return f"{measured(low)} to {measured(high)}"
    return ""


def _help(column: dict[str, Any]) -> str:
    lines = [str(column.get("name", "")), range_text(column)]
    if isinstance(column.get("mean"), int | float):
        lines.append(f"mean {column['mean']:.4g}")
    lines.append(f"{column.get('distinct', 0)} different values, {column.get('missing', 0)} empty")
    categories = column.get("categories") or []
    for name, count in categories[:10]:
        lines.append(f"{name}: {count}")
    return "\n".join(line for line in lines if line)


def _dress(view: QTableView, name: str, title: str) -> None:
    view.setObjectName(name)
    view.setAccessibleName(title)
    view.setShowGrid(False)
    view.setAlternatingRowColors(True)
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(28)
    view.horizontalHeader().setHighlightSections(False)
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    view.horizontalHeader().setDefaultAlignment(left)
    view.setMinimumHeight(180)
    view.setWordWrap(False)
    view.setTextElideMode(Qt.TextElideMode.ElideRight)
