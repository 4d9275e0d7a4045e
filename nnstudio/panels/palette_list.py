"""The list inside the palette: draws layers and headings, turns a press and a pull into placing.

Knows no layers, only the roles that its items carry.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QApplication,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from nnstudio.theme import current, icons, scale, style
from nnstudio.theme.tokens import GLYPHS, TYPE_BODY, TYPE_SMALL

TYPE = Qt.ItemDataRole.UserRole
FAMILY = TYPE + 1
FOLDS = TYPE + 2
"""The family that a heading opens and closes."""
MORE = TYPE + 3
"""The family whose rest a row offers."""
OPEN = TYPE + 4
NEW = TYPE + 5
"""The family of what a row makes anew: a block, or a layer written in Python."""
ROW, HEADING = 26, 24
LEAST = 3
"""Letters that a shortened word keeps."""

BOTTOM = Qt.AlignmentFlag.AlignBottom


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        tall = index.data(TYPE) or index.data(MORE) or index.data(NEW)
        return QSize(80, scale.px(ROW if tall else HEADING))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        look, box = current(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not index.data(TYPE):
            painter.setFont(style.sans(TYPE_SMALL, QFont.Weight.DemiBold))
            painter.setPen(QColor(look.muted))
            lively = option.state & (
                QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected
            )
            row = index.data(MORE) or index.data(NEW)
            if lively and (index.data(FOLDS) or row):
                painter.setPen(QColor(look.text))
            at = box.adjusted(43 if row else 14, 0, -14, 0 if row else -3)
            upright = Qt.AlignmentFlag.AlignVCenter if row else BOTTOM
            if index.data(NEW):
                sign = QRectF(box.left() + 18, box.center().y() - 6.5, 14, 14)
                icons.paint(painter, "plus", "muted", sign)
            room = at.width() - (18 if index.data(FOLDS) else 0)
            words = painter.fontMetrics().elidedText(
                index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideRight, room
            )
            painter.drawText(at, int(upright | Qt.AlignmentFlag.AlignLeft), words)
            if index.data(FOLDS):
                sign = "−" if index.data(OPEN) else "+"
                painter.drawText(at, int(upright | Qt.AlignmentFlag.AlignRight), sign)
            painter.restore()
            return
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            ground = style.mix(look.panel, look.accent, 0.2) if chosen else look.raised
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(QRectF(box.adjusted(8, 1, -6, -1)), 6, 6)
        family = index.data(FAMILY)
        colour = look.family(family)
        chip = QRectF(box.left() + 16, box.center().y() - 8.5, 18, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(style.mix(look.panel, colour, 0.26)))
        painter.drawRoundedRect(chip, 4.5, 4.5)
        icons.paint(painter, GLYPHS.get(family, "layers"), colour, chip.adjusted(2, 2, -2, -2))
        painter.setFont(style.sans(TYPE_BODY))
        painter.setPen(QColor(look.text))
        room = QRect(box.left() + 43, box.top(), box.width() - 50, box.height())
        text = _shortened(
            index.data(Qt.ItemDataRole.DisplayRole), painter.fontMetrics(), room.width()
        )
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


def _shortened(title: str, metrics: QFontMetrics, room: int) -> str:
    """A title of a layer in a room: its longest word loses letters, so that the last one stays."""
    words = title.split(" ")
    longest = max(range(len(words)), key=lambda at: len(words[at]))
    word, kept = words[longest], title
    while metrics.horizontalAdvance(kept) > room and len(word) > LEAST:
        word = word[:-1]
        kept = " ".join([*words[:longest], f"{word}…", *words[longest + 1 :]])
    return metrics.elidedText(kept, Qt.TextElideMode.ElideMiddle, room)


class LayerList(QListWidget):
    """The layers; turns a press and a pull into a placing gesture."""

    layer_activated = Signal(str)
    family_toggled = Signal(str)
    rest_requested = Signal(str)
    new_requested = Signal(str)
    """A family of which something new is wanted."""
    menu_requested = Signal(str, object)
    """A layer, and where in global coordinates its menu is wanted."""
    placing_started = Signal(str)
    placing_moved = Signal(object)
    placing_finished = Signal(object)
    placing_cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("palette_list")
        self.setAccessibleName("Layers")
        self.setProperty("role", "bare")
        self.setItemDelegate(_Painter(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._pressed: QListWidgetItem | None = None
        self._press_at = QPoint()
        self._placing = False

    @property
    def placing(self) -> bool:
        """Whether a layer is being dragged."""
        return self._placing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        item = self.itemAt(event.position().toPoint())
        fits = event.button() == Qt.MouseButton.LeftButton and item is not None and item.data(TYPE)
        self._pressed = item if fits else None
        self._press_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        moved = (event.position().toPoint() - self._press_at).manhattanLength()
        if not self._placing and moved >= QApplication.startDragDistance():
            self._placing = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            QApplication.instance().installEventFilter(self)
            self.placing_started.emit(self._pressed.data(TYPE))
        if self._placing:
            self.placing_moved.emit(_point(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._placing:
            self._end()
            self.placing_finished.emit(_point(event))
            return
        self._pressed = None
        super().mouseReleaseEvent(event)
        item = self.itemAt(event.position().toPoint())
        if item is not None and event.button() == Qt.MouseButton.LeftButton:
            self._unfold(item)

    def _unfold(self, item: QListWidgetItem) -> bool:
        """Whether the row was one that opens or closes others."""
        family, rest = item.data(FOLDS), item.data(MORE)  # the item will be gone
        if family:
            self.family_toggled.emit(family)
        elif rest:
            self.rest_requested.emit(rest)
        elif item.data(NEW):
            self.new_requested.emit(item.data(NEW))
            return True
        return bool(family or rest)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        item = self.currentItem() if by_key else self.itemAt(event.pos())
        if item is not None and item.data(TYPE):
            place = self.visualItemRect(item).center() if by_key else event.pos()
            self.menu_requested.emit(item.data(TYPE), self.viewport().mapToGlobal(place))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and item.data(TYPE):
            self.layer_activated.emit(item.data(TYPE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item is not None and not self._unfold(item) and item.data(TYPE):
                self.layer_activated.emit(item.data(TYPE))
            return
        sideways = (Qt.Key.Key_Left, Qt.Key.Key_Right)
        if event.key() in sideways and item is not None and item.data(FOLDS):
            if item.data(OPEN) == (event.key() == Qt.Key.Key_Left):
                self._unfold(item)
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape ends a drag wherever the focus is."""
        if (
            self._placing
            and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self._end()
            self.placing_cancelled.emit()
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event: Any) -> None:
        if self._placing:
            self._end()
            self.placing_cancelled.emit()
        super().hideEvent(event)

    def _end(self) -> None:
        self._placing, self._pressed = False, None
        self.unsetCursor()
        QApplication.instance().removeEventFilter(self)


def _point(event: QMouseEvent) -> QPoint:
    at: QPointF = event.globalPosition()
    return at.toPoint()
