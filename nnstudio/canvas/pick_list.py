"""A list to pick from by typing: field above, choices below, opened on the canvas.

The keyboard stays in the field: letters narrow the list, arrows walk in it, Enter takes and Esc
closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.canvas.fuzzy import NO_MATCH, score
from nnstudio.canvas.look import look
from nnstudio.theme.style import mix, role, sans

WIDTH, ROW, MOST_ROWS = 320, 30, 9
_KEY = Qt.ItemDataRole.UserRole
_DETAIL = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to pick: a key for the program, the rest for people."""

    key: object
    title: str
    detail: str = ""
    icon: QIcon | None = None
    words: tuple[str, ...] = ()
    """Further words that find it."""


class PickList(QFrame):
    """The popup; `chosen` carries the key, `closed` comes after every end."""

    chosen = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget, choices: Sequence[Choice], hint: str, nothing: str) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_search")
        self.setAccessibleName(hint)
        self._around = parent
        self._choices = tuple(choices)
        self._over = False
        self.field = QLineEdit(self)
        self.field.setObjectName("canvas_search_field")
        self.field.setPlaceholderText(hint)
        self.field.setAccessibleName(hint)
        self.list = QListWidget(self)
        self.list.setObjectName("canvas_search_list")
        self.list.setAccessibleName("Choices")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Rows(self.list))
        self.list.setMouseTracking(True)
        role(self.list, "bare")
        self._nothing = QLabel(nothing, self)
        self._nothing.setTextFormat(Qt.TextFormat.PlainText)
        self._nothing.setWordWrap(True)
        role(self._nothing, "muted")
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        layout.addWidget(self._nothing)
        self.field.textEdited.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._take_item)
        self.setFocusProxy(self.field)
        self._narrow("")

    def open_at(self, x: int, y: int) -> None:
        """Show near a point of the parent, inside it."""
        self._fit()
        room = self._around.rect()
        x = max(4, min(x, room.width() - self.width() - 4))
        y = max(4, min(y, room.height() - self.height() - 4))
        self.move(x, y)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def titles(self) -> list[str]:
        """What is offered at the moment, best first."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def finish(self) -> None:
        """Close without a choice; a second call does nothing."""
        if not self._over:
            self._over = True
            self.field.removeEventFilter(self)
            self.closed.emit()  # before hiding, which would give the keyboard away
            self.hide()
            self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and not self._over:
            reason = event.reason()  # type: ignore[attr-defined]
            if reason in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.OtherFocusReason):
                self.finish()
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(shades.accent, 1))
        painter.setBrush(shades.body)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)
        painter.end()

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.finish()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self._take_item(item)
            return True
        steps: dict[int, int] = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Backtab: -1,
            Qt.Key.Key_PageDown: MOST_ROWS - 1,
            Qt.Key.Key_PageUp: 1 - MOST_ROWS,
        }
        if key not in steps:
            return False
        if self.list.count():
            by = steps[key]
            row = self.list.currentRow() + by
            if abs(by) == 1:
                row %= self.list.count()
            self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
        return True

    def _narrow(self, text: str) -> None:
        ranked = [(score(text, one.title, one.words), one) for one in self._choices]
        fitting = [(rank, one) for rank, one in ranked if rank != NO_MATCH]
        if text:
            fitting.sort(key=lambda pair: -pair[0])
        self.list.clear()
        for _, choice in fitting:
            item = QListWidgetItem(choice.title)
            item.setData(_KEY, choice.key)
            item.setData(_DETAIL, choice.detail)
            if choice.icon is not None:
                item.setIcon(choice.icon)
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)
        self.list.setVisible(bool(fitting))
        self._nothing.setVisible(not fitting)
        if self.isVisible():
            self._fit()

    def _fit(self) -> None:
        rows = min(MOST_ROWS, self.list.count())
        room = self._around.height() - 70
        height = max(ROW, min(rows * ROW, room // ROW * ROW)) + 2
        self.list.setFixedHeight(height)
        self.setFixedWidth(min(WIDTH, self._around.width() - 8))
        self._column.activate()
        self.resize(self.width(), self.sizeHint().height())

    def _take_item(self, item: QListWidgetItem) -> None:
        key = item.data(_KEY)
        self.finish()
        self.chosen.emit(key)


class _Rows(QStyledItemDelegate):
    """A row: icon, title, and the detail muted at the right."""

    def __init__(self, shown: QListWidget) -> None:
        super().__init__(shown)
        self._list = shown

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(WIDTH - 40, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        shades = look()
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        current = index.row() == self._list.currentRow()
        hovered = bool(state & state.__class__.State_MouseOver)
        if current or hovered:
            theme = shades.theme
            share = 0.28 if current else 0.1
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QPen(mix(theme.panel, theme.accent, share)).color())
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 6, 6)
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        left = rect.left() + 8
        if isinstance(icon, QIcon):
            icon.paint(painter, QRect(left, rect.center().y() - 8, 17, 17))
            left += 26
        detail = str(index.data(_DETAIL) or "")
        painter.setFont(sans(11))
        wide = painter.fontMetrics().horizontalAdvance(detail)
        painter.setPen(shades.text if current else shades.muted)
        right = QRect(rect.right() - wide - 8, rect.top(), wide + 2, rect.height())
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(right, middle, detail)
        painter.setFont(sans())
        painter.setPen(shades.text)
        room = right.left() - 12 - left
        title = painter.fontMetrics().elidedText(
            str(index.data(Qt.ItemDataRole.DisplayRole)), Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(QRect(left, rect.top(), room, rect.height()), middle, title)
        painter.restore()
