"""The field that edits one value where it stands on its node: the same as in a form.

Enter tells and closes, Tab goes to the next value of the node, Esc gives up what was typed. What is
refused stays, with the reason below.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.canvas.look import look
from nnstudio.fields.kinds import Field, field_for
from nnstudio.fields.number import NumberField
from nnstudio.fields.scope import Scope
from nnstudio.theme import scale, style
from nnstudio.theme.tokens import RADIUS_NODE

NARROWEST, TALL = 232, 28
ABOVE = 0.25
"""How far it may reach above its row, in rows: the title of the node stands there."""
_STAYS = (
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.MenuBarFocusReason,
)


class ValueField(QFrame):
    """One parameter, over its row."""

    edited = Signal(object, str)
    """Value and gesture."""
    next_wanted = Signal(int)
    """Tab: 1 for the next value, -1 for the one before."""
    closed = Signal()

    def __init__(self, parent: QWidget, param: Param, place: QRect) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_value_field")
        self.param = param
        self._over = False
        self.field: Field = field_for(param, self)
        self.field.setObjectName("canvas_value")
        title = QLabel(param.title)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setBuddy(self.field)
        style.role(title, "muted")
        self.error = QLabel()
        self.error.setObjectName("canvas_value_error")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.setWordWrap(True)
        style.role(self.error, "bad")
        self.error.hide()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(title)
        line.addWidget(self.field, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 6, 4)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.error)
        self.field.edited.connect(self.edited)
        if isinstance(self.field, NumberField):
            self.field.reverted.connect(lambda: self.show_error(""))
        self.field.installEventFilter(self)
        self.setFocusProxy(self.field)
        self._place = place
        self._fit()

    def open(self) -> None:
        """Show it and give it the keyboard."""
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        if isinstance(self.field, NumberField):
            self.field.selectAll()

    def show_value(self, value: Value, resolved: Value, scope: Scope) -> None:
        """The value as it is now, and what an expression may name."""
        self.field.set_scope(scope)
        self.field.show_value(value, resolved)
        self.show_error("")

    def show_error(self, text: str) -> None:
        """Why it cannot have that value; "" where it can."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        self._fit()

    def refuse(self, text: str, reason: str) -> None:
        """What was typed stays, with the reason below."""
        self.field.reject(text)
        self.show_error(reason)

    def finish(self) -> None:
        """Close; a second call does nothing."""
        if not self._over:
            self._over = True
            self.field.removeEventFilter(self)
            self.closed.emit()  # before hiding, which would give the keyboard away
            self.hide()
            self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        if (
            isinstance(event, QFocusEvent)
            and event.type() == QEvent.Type.FocusOut
            and event.reason() not in _STAYS
        ):
            self.field.commit()
            self.finish()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(shades.accent, 1))
        painter.setBrush(shades.body)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS_NODE, RADIUS_NODE)

    def _key(self, event: QKeyEvent) -> bool:
        """Whether a key was used; the list of names comes first."""
        if isinstance(self.field, NumberField) and self.field.suggesting:
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            if isinstance(self.field, NumberField):
                self.field.setModified(False)
            self.finish()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.field.commit()
            if not self.error.text() and not self._over:
                if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                    self.finish()
                else:
                    self.next_wanted.emit(-1 if key == Qt.Key.Key_Backtab else 1)
        else:
            return False
        return True

    def _fit(self) -> None:
        """Over the row but not over the title, inside the canvas, as tall as the reason needs."""
        around = self.parentWidget().rect().adjusted(4, 4, -4, -4)
        wide = min(max(self._place.width(), scale.px(NARROWEST)), around.width())
        self.setFixedWidth(wide)
        self.layout().activate()
        tall = max(self.layout().heightForWidth(wide), scale.px(TALL) + 8)
        left = self._place.center().x() - wide // 2
        left = max(around.left(), min(left, around.right() - wide))
        middle = self._place.center().y() - (scale.px(TALL) + 8) // 2
        below_title = self._place.top() - round(self._place.height() * ABOVE)
        top = max(around.top(), min(max(middle, below_title), around.bottom() - tall))
        self.setGeometry(left, top, wide, tall)
