"""The command palette: every action by name, found by any of its letters in order.

A frame inside the window, so that Escape, focus and themes behave as everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.actions import Entry
from nnstudio.theme import current, icons, style
from nnstudio.theme.tokens import TYPE_BODY, TYPE_SMALL

WIDTH, ROW, ROWS_SHOWN = 560, 32, 11
ENTRY = Qt.ItemDataRole.UserRole


def score(typed: str, text: str) -> int | None:
    """How well `typed` fits `text`, higher is better; None where a letter is missing.

    A whole word's beginning counts most, then a run of letters, then letters apart.
    """
    want, hay = typed.lower().replace(" ", ""), text.lower()
    if not want:
        return 0
    total, at, last = 0, 0, -2
    for letter in want:
        found = hay.find(letter, at)
        if found < 0:
            return None
        begins = found == 0 or not hay[found - 1].isalnum()
        total += 8 if begins else 5 if found == last + 1 else 1
        last, at = found, found + 1
    where = hay.find(typed.lower().strip())
    if where >= 0:
        total += 40 + (20 if where == 0 or not hay[where - 1].isalnum() else 0)
    return total * 10 - len(hay)


def ranked(typed: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that fit, the best first; in their own order where nothing was typed."""
    found = []
    for place, entry in enumerate(entries):
        by_text = score(typed, entry.text)
        by_words = score(typed, entry.words) if entry.words else None
        options = [
            s for s in (by_text, None if by_words is None else by_words - 60) if s is not None
        ]
        if options:
            found.append((-max(options) if typed.strip() else 0, place, entry))
    return [entry for _, _, entry in sorted(found, key=lambda row: row[:2])]


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(WIDTH - 20, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        entry: Entry = index.data(ENTRY)
        look = current()
        box = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(style.mix(look.raised, look.accent, 0.25)))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
        if entry.refused:
            painter.setOpacity(0.62)
        if entry.icon:
            side = QRect(box.left() + 10, box.center().y() - 8, 17, 17)
            icons.paint(painter, entry.icon, "muted", side.toRectF())
        painter.setFont(style.sans(TYPE_BODY))
        painter.setPen(QColor(look.text))
        keys_font = style.sans(TYPE_SMALL, QFont.Weight.Medium)
        right = entry.refused or entry.shortcut
        painter.setFont(keys_font)
        room = min(painter.fontMetrics().horizontalAdvance(right) + 8, box.width() // 2)
        painter.setPen(QColor(look.muted))
        shown = painter.fontMetrics().elidedText(right, Qt.TextElideMode.ElideRight, room)
        painter.drawText(
            box.adjusted(0, 0, -10, 0),
            int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter),
            shown,
        )
        painter.setFont(style.sans(TYPE_BODY))
        painter.setPen(QColor(look.text))
        words = box.adjusted(36, 0, -room - 18, 0)
        text = painter.fontMetrics().elidedText(
            entry.text, Qt.TextElideMode.ElideMiddle, words.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class CommandPalette(QFrame):
    """Search field and list; `open_with` shows it, Escape or a click outside hides it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("command_palette")
        self.setAccessibleName("All actions")
        self.setProperty("role", "card")
        lines = QVBoxLayout(self)
        lines.setContentsMargins(10, 10, 10, 10)
        lines.setSpacing(8)
        self._search = QLineEdit()
        self._search.setObjectName("command_search")
        self._search.setAccessibleName("Search actions")
        self._search.setPlaceholderText("Search actions")
        self._search.addAction(
            icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        self._search.textChanged.connect(self._list)
        self._search.installEventFilter(self)
        lines.addWidget(self._search)
        self._rows = QListWidget()
        self._rows.setObjectName("command_list")
        self._rows.setAccessibleName("Actions that were found")
        self._rows.setProperty("role", "bare")
        self._rows.setItemDelegate(_Painter(self._rows))
        self._rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._rows.itemClicked.connect(self._take)
        lines.addWidget(self._rows)
        self._entries: list[Entry] = []
        self._back: QWidget | None = None
        self.hide()

    def open_with(self, entries: Iterable[Entry]) -> None:
        """Show the palette with these lines."""
        self._entries = list(entries)
        self._back = self.window().focusWidget()
        self._search.clear()
        self._list()
        self.place()
        self.show()
        self.raise_()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        """Stand in the upper middle of the window."""
        room = self.parentWidget().rect()
        wide = min(WIDTH, room.width() - 32)
        high = min(ROWS_SHOWN * ROW + 66, room.height() - 32)
        top = max(16, room.height() // 9)
        self.setGeometry((room.width() - wide) // 2, min(top, room.height() - high), wide, high)

    def dismiss(self) -> None:
        """Hide, and give the focus back to where it was."""
        self.hide()
        if self._back is not None and self._back.isVisible():
            self._back.setFocus(Qt.FocusReason.PopupFocusReason)
        self._back = None

    def shown_texts(self) -> list[str]:
        """What is listed, from the top."""
        rows = (self._rows.item(i) for i in range(self._rows.count()))
        return [row.data(ENTRY).text for row in rows if row.data(ENTRY)]

    def _list(self) -> None:
        self._rows.clear()
        for entry in ranked(self._search.text(), self._entries):
            item = QListWidgetItem()
            item.setData(ENTRY, entry)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.text} {entry.shortcut}")
            item.setToolTip(entry.refused)
            self._rows.addItem(item)
        self._rows.setCurrentRow(0)

    def _take(self, item: QListWidgetItem) -> None:
        entry: Entry = item.data(ENTRY)
        self.dismiss()
        entry.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._search:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._key(event)
            if event.type() == QEvent.Type.FocusOut and self.isVisible():
                self.hide()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        step = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: ROWS_SHOWN - 1,
            Qt.Key.Key_PageUp: 1 - ROWS_SHOWN,
        }.get(Qt.Key(event.key()))
        if step is not None:
            last = self._rows.count() - 1
            self._rows.setCurrentRow(max(0, min(last, self._rows.currentRow() + step)))
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self._rows.currentItem()
            if item is not None:
                self._take(item)
            return True
        return False
