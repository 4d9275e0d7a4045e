"""The box that finds: a field, how many there are, and a list with the way to each.

Knows no drawing: it is given what was found and tells what was chosen. Escape closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtCore import Signal as Told
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.theme import current, icons, style
from nnstudio.theme.tokens import TYPE_BODY, TYPE_SMALL

WIDTH, ROW, ROWS_SHOWN, ASIDE = 400, 44, 6, 12
_LINE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the name, what of it was met, the way there, and the icon of what it is."""

    title: str
    words: str
    path: str
    icon: str


class _Rows(QStyledItemDelegate):
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(WIDTH - 24, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        line: Line = index.data(_LINE)
        look = current()
        box = QRect(option.rect)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(style.mix(look.raised, look.accent, 0.25)))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
        mark = QRect(box.left() + 8, box.top() + 6, 16, 16)
        icons.paint(painter, line.icon, "muted", mark.toRectF())
        upper = QRect(box.left() + 32, box.top() + 3, box.width() - 40, 20)
        lower = upper.translated(0, 19)
        painter.setFont(style.sans(TYPE_SMALL))
        measure = painter.fontMetrics()
        wide = min(measure.horizontalAdvance(line.words) + 2, upper.width() // 2)
        painter.setPen(QColor(look.muted))
        side = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words = measure.elidedText(line.words, Qt.TextElideMode.ElideRight, wide)
        painter.drawText(upper, side, words)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        path = measure.elidedText(line.path, Qt.TextElideMode.ElideMiddle, lower.width())
        painter.drawText(lower, left, path)
        painter.setFont(style.sans(TYPE_BODY))
        painter.setPen(QColor(look.text))
        room = upper.adjusted(0, 0, -wide - 10, 0)
        title = painter.fontMetrics().elidedText(
            line.title, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, left, title)
        painter.restore()


class FindBox(QFrame):
    """Typed text goes out by `typed`, a chosen row by `chosen`, F3 by `stepped`."""

    typed = Told(str)
    chosen = Told(int)
    stepped = Told(int)
    closed = Told()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("find_box")
        self.setAccessibleName("Find in the drawings")
        self.setProperty("role", "card")
        self.field = QLineEdit()
        self.field.setObjectName("find_field")
        self.field.setAccessibleName("Find nodes, values, frames and notes")
        self.field.setPlaceholderText("Node, layer, value, frame, note")
        self.field.addAction(
            icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        self.count = QLabel()
        self.count.setObjectName("find_count")
        style.role(self.count, "small")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.field, 1)
        head.addWidget(self.count)
        self._buttons = [
            self._button("chevron-up", "Previous (Shift+F3)", lambda: self.stepped.emit(-1)),
            self._button("chevron-down", "Next (F3)", lambda: self.stepped.emit(1)),
            self._button("close", "Close (Esc)", self.dismiss),
        ]
        for button in self._buttons:
            head.addWidget(button)
        self.rows = QListWidget()
        self.rows.setObjectName("find_list")
        self.rows.setAccessibleName("What was found")
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows.setItemDelegate(_Rows(self.rows))
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        style.role(self.rows, "bare")
        self._nothing = QLabel("Nothing of that name. Try fewer letters.")
        self._nothing.setWordWrap(True)
        style.role(self._nothing, "muted")
        lines = QVBoxLayout(self)
        lines.setContentsMargins(8, 8, 8, 8)
        lines.setSpacing(8)
        lines.addLayout(head)
        lines.addWidget(self.rows)
        lines.addWidget(self._nothing)
        self.field.textEdited.connect(self.typed)
        self.field.installEventFilter(self)
        self.rows.itemClicked.connect(lambda item: self.chosen.emit(self.rows.row(item)))
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show with the last words selected, ready to be typed over."""
        self.place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        self.field.selectAll()

    def dismiss(self) -> None:
        """Close."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def show_lines(self, lines: Sequence[Line], at: int) -> None:
        """List what was found; `at` is the row to stand on."""
        self.rows.clear()
        for line in lines:
            item = QListWidgetItem()
            item.setData(_LINE, line)
            spoken = ", ".join(part for part in (line.title, line.words, line.path) if part)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            item.setToolTip(line.path)
            self.rows.addItem(item)
        self.stand_on(at)
        typed = bool(self.field.text().strip())
        self.rows.setVisible(bool(lines))
        self._nothing.setVisible(typed and not lines)
        for button in self._buttons[:2]:
            button.setEnabled(bool(lines))
        self.place()

    def stand_on(self, at: int) -> None:
        """Mark one row and say which of how many it is."""
        count = self.rows.count()
        if count:
            self.rows.setCurrentRow(at)
        self.count.setText(f"{at + 1} of {count}" if count else "")

    def titles(self) -> list[str]:
        """What is listed, from the top."""
        return [self.rows.item(row).data(_LINE).title for row in range(self.rows.count())]

    def place(self) -> None:
        """Stand in the upper right corner of what is searched."""
        room = self.parentWidget().rect()
        wide = max(200, min(WIDTH, room.width() - 2 * ASIDE))
        shown = min(self.rows.count(), ROWS_SHOWN, max(1, (room.height() - 90) // ROW))
        self.rows.setFixedHeight(shown * ROW + 2)
        self.setFixedWidth(wide)
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.resize(wide, self.sizeHint().height())
        self.move(room.right() - wide - ASIDE, ASIDE)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            if self.isVisible():
                self.place()
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key, back = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps: dict[int, int] = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: ROWS_SHOWN - 1,
            Qt.Key.Key_PageUp: 1 - ROWS_SHOWN,
        }
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key == Qt.Key.Key_F3:
            self.stepped.emit(-1 if back else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.rows.count():
                self.chosen.emit(max(0, self.rows.currentRow()))
        elif key in steps and self.rows.count():
            last = self.rows.count() - 1
            self.stand_on(max(0, min(last, self.rows.currentRow() + steps[key])))
        else:
            return key in steps
        return True

    def _button(self, icon: str, text: str, does: object) -> QToolButton:
        button = QToolButton()
        button.setIcon(icons.icon(icon))
        button.setAccessibleName(text.split(" (")[0])
        button.setToolTip(text)
        button.setAutoRaise(True)
        button.clicked.connect(does)
        return button
