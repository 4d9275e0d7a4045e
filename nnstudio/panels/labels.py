"""Labels that end in an ellipsis, and labels that can be dragged to change a number."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.panels.stepping import MIXED, next_gesture, steppable, stepped


class ElidedLabel(QLabel):
    """A label that ends in … where it is too narrow, and then tells all in its tooltip."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._full = text
        super().setText(text)

    def setText(self, text: str) -> None:
        self._full = text
        self._elide()
        self.updateGeometry()

    def full_text(self) -> str:
        """All of it."""
        return self._full

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        super().setText(metrics.elidedText(self._full, Qt.TextElideMode.ElideRight, self.width()))


class ScrubLabel(ElidedLabel):
    """The name of a field; dragging it sideways changes the field's number."""

    scrubbed = Signal(object, str)
    """Value and gesture, for every change on the way."""

    PIXELS = 4
    """Movement of the mouse for one step."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param.title, parent)
        self._param = param
        self._value: Value = param.default
        self._start: tuple[float, Value] | None = None
        self._gesture = ""
        self._sent: Value = None

    def show_value(self, value: Value) -> None:
        """The number from which scrubbing starts."""
        self._value = value
        can = value is not MIXED and steppable(self._param, value)
        self.setCursor(Qt.CursorShape.SizeHorCursor if can else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._value is not MIXED and steppable(self._param, self._value):
            self._start = (event.globalPosition().x(), self._value)
            self._gesture = next_gesture("scrub")
            self._sent = self._value
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is None:
            super().mouseMoveEvent(event)
            return
        origin, value = self._start
        steps = int((event.globalPosition().x() - origin) / self.PIXELS)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps *= 10
        after = stepped(self._param, value, steps)
        if after != self._sent:
            self._sent = after
            self.scrubbed.emit(after, self._gesture)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._start = None
        super().mouseReleaseEvent(event)
