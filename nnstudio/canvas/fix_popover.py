"""What is wrong with a node and what can be done about it, as buttons beside it.

The first fix has the keyboard: Enter applies it, arrows walk among them, Esc closes. It applies
nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from graph_compiler.problems import Fix, Problem
from nnstudio.canvas.face import SEVERITIES
from nnstudio.canvas.look import look
from nnstudio.theme.style import mono, role, sans

WIDTH, MOST = 344, 3


class FixButton(QPushButton):
    """One fix: its label, and at the right what it gives."""

    left = Signal()

    def __init__(self, label: str, preview: str, primary: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._label, self._preview = label, preview
        self.setAccessibleName(f"{label}, gives {preview}" if preview else label)
        self.setMinimumHeight(30)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(True)
        if primary:
            role(self, "primary")

    def label(self) -> str:
        """What the fix does."""
        return self._label

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        shades = look()
        painter = QPainter(self)
        primary = self.property("role") == "primary"
        room = self.rect().adjusted(12, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setFont(mono(11))
        advance = painter.fontMetrics().horizontalAdvance(self._preview)
        wide = min(advance + 4 if advance else 0, room.width() // 2)
        shown = painter.fontMetrics().elidedText(self._preview, Qt.TextElideMode.ElideLeft, wide)
        painter.setPen(shades.on_accent if primary else shades.muted)
        painter.drawText(QRect(room.right() - wide, 0, wide + 2, room.height()), middle, shown)
        weight = self.font().Weight.DemiBold if primary else self.font().Weight.Normal
        painter.setFont(sans(12.5, weight))
        painter.setPen(shades.on_accent if primary else shades.text)
        left = QRect(room.left(), 0, room.width() - wide - 10, room.height())
        text = painter.fontMetrics().elidedText(
            self._label, Qt.TextElideMode.ElideRight, left.width()
        )
        painter.drawText(left, middle, text)
        painter.end()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.MouseFocusReason:
            self.left.emit()


class FixPopover(QFrame):
    """The card with a node's problems; `fix_chosen` carries a `Fix`, `dismissed` a code."""

    fix_chosen = Signal(object)
    dismissed = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget, problems: Sequence[Problem]) -> None:
        super().__init__(parent)
        self.setObjectName("fix_popover")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._over = False
        self._around = parent
        self.buttons: list[FixButton] = []
        ranked = sorted(problems, key=lambda one: SEVERITIES.index(one.severity))
        self.severity = ranked[0].severity
        self.setAccessibleName(ranked[0].text)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 14)
        layout.setSpacing(8)
        for index, problem in enumerate(ranked[:MOST]):
            if index:
                rule = QFrame(self)
                role(rule, "rule")
                layout.addWidget(rule)
            self._add(problem)
        if len(ranked) > MOST:
            layout.addWidget(self._words(f"And {len(ranked) - MOST} more in Problems.", "small"))
        self.setFixedWidth(min(WIDTH, parent.width() - 8))

    def texts(self) -> list[str]:
        """All that it says, for tests and screen readers."""
        return [label.text() for label in self.findChildren(QLabel)]

    def open_beside(self, node: QRect, others: Sequence[QRect] = ()) -> None:
        """Show next to a node without covering it, and as little as can be of the others."""
        self._column.activate()
        self.resize(self.width(), self._column.heightForWidth(self.width()))
        room = self._around.rect().adjusted(4, 4, -4, -4)
        wide, tall = self.width(), self.height()
        middle = node.center()
        spots = [
            (middle.x() - wide // 2, node.bottom() + 24),
            (node.left() - wide - 28, node.bottom() + 16),
            (node.right() + 28, node.bottom() + 16),
            (middle.x() - wide // 2, node.top() - tall - 24),
            (node.left() - wide - 28, middle.y() - tall // 2),
            (node.right() + 28, middle.y() - tall // 2),
        ]
        kept = [
            QRect(
                max(room.left(), min(x, room.right() - wide)),
                max(room.top(), min(y, room.bottom() - tall)),
                wide,
                tall,
            )
            for x, y in spots
        ]
        best = min(kept, key=lambda spot: _covered(spot, node) * 20 + _hidden(spot, others))
        self.move(best.topLeft())
        self.show()
        self.raise_()
        (self.buttons[0] if self.buttons else self).setFocus(Qt.FocusReason.PopupFocusReason)

    def finish(self) -> None:
        """Close; a second call does nothing."""
        if not self._over:
            self._over = True
            self.closed.emit()  # before hiding, which would give the keyboard away
            self.hide()
            self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.finish()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = QApplication.focusWidget()
            chosen = focused if focused in self.buttons else None
            if chosen is None and self.buttons:
                chosen = self.buttons[0]
            if isinstance(chosen, QPushButton):
                chosen.click()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.buttons:
            focused = QApplication.focusWidget()
            at = self.buttons.index(focused) if focused in self.buttons else -1
            by = 1 if key == Qt.Key.Key_Down else -1
            self.buttons[(at + by) % len(self.buttons)].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if self.buttons:
            focused = QApplication.focusWidget()
            at = self.buttons.index(focused) if focused in self.buttons else -1
            there = self.buttons[(at + (1 if forward else -1)) % len(self.buttons)]
            there.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(shades.severities[self.severity], 1.25))
        painter.setBrush(QColor(shades.theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
        painter.end()

    def _add(self, problem: Problem) -> None:
        layout = self._column
        fact = f"{problem.place}: expected {problem.expected}, got {problem.got}."
        layout.addWidget(self._words(fact, "title"))
        layout.addWidget(self._words(problem.remedy, "muted"))
        for fix in problem.fixes:
            button = self._button(fix.label, fix.preview, not self.buttons)
            button.clicked.connect(lambda _=False, chosen=fix: self._take(chosen))
        if problem.severity == "hint":
            button = self._button("Do not show this hint again", "", False)
            button.clicked.connect(lambda _=False, code=problem.code: self._dismiss(code))

    def _words(self, text: str, look_as: str) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setText(text)
        label.setWordWrap(True)
        if look_as == "title":
            label.setFont(sans(12.5, self.font().Weight.DemiBold))
        else:
            role(label, look_as)
        return label

    def _button(self, label: str, preview: str, primary: bool) -> FixButton:
        button = FixButton(label, preview, primary, self)
        button.setObjectName(f"fix_{len(self.buttons)}")
        button.left.connect(self._left)
        self.buttons.append(button)
        self._column.addWidget(button)
        return button

    def _left(self) -> None:
        if not self._over and QApplication.focusWidget() not in self.buttons:
            self.finish()

    def _take(self, fix: Fix) -> None:
        self.finish()
        self.fix_chosen.emit(fix)

    def _dismiss(self, code: str) -> None:
        self.finish()
        self.dismissed.emit(code)


def _covered(spot: QRect, node: QRect) -> int:
    shared = spot.intersected(node)
    return 0 if shared.isEmpty() else shared.width() * shared.height()


def _hidden(spot: QRect, others: Sequence[QRect]) -> int:
    return sum(_covered(spot, other) for other in others)
