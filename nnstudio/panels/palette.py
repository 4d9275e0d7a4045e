"""The palette: every layer by family, found by typing, placed by dragging, appended by Enter.

Knows the registry and nothing of canvas or document: what a person does leaves as signals.
Dragging is the window's own mouse gesture, so that it works on every platform and can be cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from graph_compiler.layer import Layer
from graph_compiler.registry import layers
from nnstudio.theme import current, icons, notifier, style
from nnstudio.theme.tokens import GLYPHS, TYPE_BODY, TYPE_SMALL

TYPE = Qt.ItemDataRole.UserRole
FAMILY = TYPE + 1
ROW, HEADING = 26, 24

FAMILIES = ("io", "dense", "convolution", "pooling", "activation", "shape", "regularization")
"""The order in which families stand; others follow by name."""

TITLES = {"io": "Input and output"}


def found_by(layer: Layer, type: str, text: str) -> bool:
    """Whether every typed word is in the layer's title, type, family, keywords or description."""
    hay = " ".join((layer.title, type, layer.family, *layer.keywords, layer.doc)).lower()
    return all(word in hay for word in text.lower().split())


def rank(layer: Layer, type: str, text: str) -> int:
    """0 where title or type begin with the text, 1 where they hold it, 2 otherwise."""
    typed = text.lower().strip()
    names = (layer.title.lower(), type.lower())
    if any(name.startswith(typed) for name in names):
        return 0
    return 1 if any(typed in name for name in names) else 2


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        return QSize(80, ROW if index.data(TYPE) else HEADING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        look, box = current(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not index.data(TYPE):
            painter.setFont(style.sans(TYPE_SMALL, QFont.Weight.DemiBold))
            painter.setPen(QColor(look.muted))
            at = box.adjusted(14, 0, -4, -3)
            flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
            painter.drawText(at, int(flags), index.data(Qt.ItemDataRole.DisplayRole))
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
        text = painter.fontMetrics().elidedText(
            index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


class LayerList(QListWidget):
    """The layers; turns a press and a pull into a placing gesture."""

    layer_activated = Signal(str)
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

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and item.data(TYPE):
            self.layer_activated.emit(item.data(TYPE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item is not None and item.data(TYPE):
                self.layer_activated.emit(item.data(TYPE))
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


class PalettePanel(QFrame):
    """Search, layers by family, and below them the templates."""

    layer_activated = Signal(str)
    placing_started = Signal(str)
    placing_moved = Signal(object)
    """Where the mouse is, in global coordinates."""
    placing_finished = Signal(object)
    placing_cancelled = Signal()
    template_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette_panel")
        self.setAccessibleName("Layers and templates")
        self.setProperty("role", "panel")
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 4, 0, 8)
        self._lines.setSpacing(4)
        self.search = QLineEdit()
        self.search.setObjectName("palette_search")
        self.search.setAccessibleName("Search layers")
        self.search.setPlaceholderText("Search layers")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        margin = QVBoxLayout()
        margin.setContentsMargins(12, 0, 10, 4)
        margin.addWidget(self.search)
        self._lines.addLayout(margin)
        self.list = LayerList()
        for name in (
            "layer_activated", "placing_started", "placing_moved", "placing_finished",
            "placing_cancelled",
        ):  # fmt: skip
            getattr(self.list, name).connect(getattr(self, name))
        self._lines.addWidget(self.list, 1)
        self._templates: QWidget | None = None
        notifier.theme_changed.connect(self._repaint)
        self._fill()

    def dispose(self) -> None:
        """Stop following the theme."""
        notifier.theme_changed.disconnect(self._repaint)

    def show_templates(self, templates: Iterable[tuple[str, str]]) -> None:
        """Offer these below the layers: identity and name each."""
        if self._templates is not None:
            self._templates.deleteLater()
        self._templates = QFrame()
        self._templates.setProperty("role", "templates")
        lines = QVBoxLayout(self._templates)
        lines.setContentsMargins(10, 8, 8, 0)
        lines.setSpacing(0)
        heading = QPushButton("Templates")
        heading.setProperty("role", "heading")
        heading.setEnabled(False)
        lines.addWidget(heading)
        for id, name in templates:
            button = QPushButton(name)
            button.setObjectName(f"palette_template_{id}")
            button.setProperty("role", "item")
            button.setToolTip(f"Open the template {name}")
            button.clicked.connect(lambda *_, id=id: self.template_activated.emit(id))
            lines.addWidget(button)
        self._lines.addWidget(self._templates)

    def shown_types(self) -> list[str]:
        """The layers listed, from the top."""
        items = (self.list.item(i) for i in range(self.list.count()))
        return [item.data(TYPE) for item in items if item.data(TYPE)]

    def _fill(self) -> None:
        typed = self.search.text().strip()
        self.list.clear()
        fitting = [(t, one) for t, one in layers().items() if found_by(one, t, typed)]
        if typed:
            for type, layer in sorted(fitting, key=lambda row: rank(row[1], row[0], typed)):
                self.list.addItem(self._row(type, layer))
            first = 0
        else:
            first = -1
            for family in _families(one.family for _, one in fitting):
                self.list.addItem(self._heading(TITLES.get(family, family.capitalize())))
                for type, layer in fitting:
                    if layer.family == family:
                        self.list.addItem(self._row(type, layer))
        if not fitting:
            self.list.addItem(self._heading("No layer fits"))
        elif first == 0:
            self.list.setCurrentRow(0)

    @staticmethod
    def _heading(text: str) -> QListWidgetItem:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        return item

    @staticmethod
    def _row(type: str, layer: Layer) -> QListWidgetItem:
        item = QListWidgetItem(layer.title)
        item.setData(TYPE, type)
        item.setData(FAMILY, layer.family)
        formula = f"\n{layer.formula}" if layer.formula else ""
        item.setToolTip(
            f"{layer.title}{formula}\n{layer.doc}\n"
            "Drag it to the canvas; Enter appends it to the selected node."
        )
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, layer.doc)
        return item

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys and Enter in the search field go to the list."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            key = event.key() if isinstance(event, QKeyEvent) else 0
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentItem() is None and self.shown_types():
                    self._choose_first()
                else:
                    self.list.keyPressEvent(event)
                return True
            if key == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    def _choose_first(self) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(TYPE):
                self.list.setCurrentRow(row)
                return

    def _repaint(self, look: object) -> None:
        self.list.viewport().update()


def _families(present: Iterable[str]) -> list[str]:
    there = set(present)
    return [
        *(family for family in FAMILIES if family in there),
        *sorted(there.difference(FAMILIES)),
    ]
