"""The ring around whatever has the keyboard, unless a click gave it.

One ring a window, drawn over its widgets, so that lists, curves, tabs and sliders show the focus as
clearly as buttons do. Knows Qt and the tokens, nothing else of the product.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget
from shiboken6 import isValid

from nnstudio.theme.current import current
from nnstudio.theme.tokens import RADIUS_CONTROL

OWN_MARK = "own_focus_mark"
"""The dynamic property of a widget that shows its focus itself."""
OUT = 2
"""Pixels by which the ring stands off the widget."""
_MOVES = (
    QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Hide, QEvent.Type.Show,
    QEvent.Type.LayoutRequest,
)  # fmt: skip


class FocusRing(QWidget):
    """The ring of one window; follows the focus by itself."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("focus_ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._around: QWidget | None = None
        self._chain: list[QObject] = []
        self.hide()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._changed)

    @property
    def around(self) -> QWidget | None:
        """What the ring is drawn around; None while there is none."""
        return self._around

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES and watched in self._chain:
            self._place()
        return False

    def _changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        self._put_around(None if clicked else new)

    def _put_around(self, widget: QWidget | None) -> None:
        if widget is not None and (
            widget.window() is not self.parentWidget() or widget.property(OWN_MARK)
        ):
            widget = None
        for old in self._chain:
            if isValid(old):
                old.removeEventFilter(self)
        self._around, self._chain = widget, []
        here = widget
        while here is not None and here is not self.parentWidget():
            self._chain.append(here)
            here.installEventFilter(self)
            here = here.parentWidget()
        self._place()

    def _place(self) -> None:
        widget = self._around
        if widget is None or not isValid(widget) or not widget.isVisible():
            self.hide()
            return
        place = self._seen(widget)
        self.setVisible(not place.isEmpty())
        self.setGeometry(place.intersected(self.parentWidget().rect()))
        self.raise_()

    def _seen(self, widget: QWidget) -> QRect:
        """The part of the widget that no view around it cuts off, and a little more."""
        window = self.parentWidget()
        place = QRect(widget.mapTo(window, QPoint()), widget.size()).adjusted(-OUT, -OUT, OUT, OUT)
        here = widget.parentWidget()
        while here is not None and here is not window:
            if isinstance(here.parentWidget(), QAbstractScrollArea):
                place &= QRect(here.mapTo(window, QPoint()), here.size())
            here = here.parentWidget()
        return place

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        wide = 3.0 if theme.high_contrast else 2.0
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent), wide))
        half = wide / 2
        box = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(box, RADIUS_CONTROL + 1, RADIUS_CONTROL + 1)
        painter.end()
