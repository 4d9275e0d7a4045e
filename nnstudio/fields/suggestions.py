"""The list of names under a field in which an expression is being typed.

The keyboard stays in the field, which asks the list to go up and down; a click takes a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.fields.scope import Name
from nnstudio.theme import current, scale, style
from nnstudio.theme.tokens import RADIUS_CONTROL

NAME, VALUE, KIND = (Qt.ItemDataRole.UserRole + one for one in range(3))
ROW, WIDTH, MOST_ROWS = 26, 260, 7


class Suggestions(QFrame):
    """Names, what they stand for, and what they are."""

    taken = Signal(str)

    def __init__(self, field: QWidget) -> None:
        super().__init__(field, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("field_suggestions")
        self.setAccessibleName("Names that fit")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        style.role(self, "raised")
        self.list = QListWidget(self)
        self.list.setObjectName("field_suggestions_list")
        self.list.setAccessibleName("Names that fit")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setMouseTracking(True)
        style.role(self.list, "bare")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.list)
        self.list.itemClicked.connect(lambda item: self.taken.emit(item.data(NAME)))

    def names(self) -> list[str]:
        """What is offered, best first."""
        return [self.list.item(row).data(NAME) for row in range(self.list.count())]

    def offer(self, names: Sequence[Name], below: QWidget) -> None:
        """Show names under a field; none hides the list."""
        if not names:
            self.hide()
            return
        self.list.clear()
        for one in names:
            item = QListWidgetItem(one.name)
            item.setData(NAME, one.name)
            item.setData(VALUE, one.value)
            item.setData(KIND, one.kind)
            words = ", ".join(word for word in (one.kind, one.value, one.about) if word)
            item.setToolTip(one.about)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one.name}, {words}")
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFixedHeight(scale.px(ROW) * min(len(names), MOST_ROWS) + 2)
        self.setFixedSize(max(below.width(), scale.px(WIDTH)), self.list.height() + 8)
        self.move(self._place(below))
        self.show()
        self.raise_()

    def step(self, way: int) -> None:
        """Go down or up, around the ends."""
        self.list.setCurrentRow((self.list.currentRow() + way) % max(self.list.count(), 1))

    def take(self) -> None:
        """Take the marked name."""
        item = self.list.currentItem()
        if item is not None:
            self.taken.emit(item.data(NAME))

    def _place(self, below: QWidget) -> QPoint:
        """Under the field, or above it where the screen ends."""
        at = below.mapToGlobal(QPoint(0, below.height() + 2))
        screen = below.screen()
        if screen is None:
            return at
        room = screen.availableGeometry()
        if at.y() + self.height() > room.bottom():
            at.setY(below.mapToGlobal(QPoint(0, 0)).y() - self.height() - 2)
        at.setX(max(room.left(), min(at.x(), room.right() - self.width())))
        return at


class _Rows(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        return QSize(80, scale.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        look, box = current(), option.rect
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            ground = style.mix(look.raised, look.accent, 0.2 if chosen else 0.08)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(QRectF(box), RADIUS_CONTROL, RADIUS_CONTROL)
        room = box.adjusted(8, 0, -8, 0)
        painter.setFont(style.sans(11))
        painter.setPen(QColor(look.muted))
        flags = Qt.AlignmentFlag.AlignVCenter
        kind = index.data(KIND)
        painter.drawText(room, int(flags | Qt.AlignmentFlag.AlignRight), kind)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(kind) - 12)
        painter.setFont(style.mono(12))
        metrics = painter.fontMetrics()
        value = f"= {index.data(VALUE)}" if index.data(VALUE) else ""
        value = metrics.elidedText(value, Qt.TextElideMode.ElideRight, room.width() // 2)
        painter.drawText(room, int(flags | Qt.AlignmentFlag.AlignRight), value)
        room.setRight(room.right() - metrics.horizontalAdvance(value) - 8)
        painter.setPen(QColor(look.text))
        name = metrics.elidedText(index.data(NAME), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, int(flags | Qt.AlignmentFlag.AlignLeft), name)
        painter.restore()
