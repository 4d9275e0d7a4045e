"""Small plain pictures over the canvas: a card with a reason or an explanation, what an empty
canvas says, and the line that shows who has the keyboard.

They take no mouse events and no focus. Texts are shown as they are, never as markup.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from nnstudio.canvas.inside import Inside, picture_of
from nnstudio.canvas.look import Look, look
from nnstudio.theme import icons
from nnstudio.theme.style import sans

WIDEST = 320


class Card(QFrame):
    """A text near the cursor or near a node; `severity` gives its border."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self.setObjectName("canvas_card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._label = QLabel(self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self._label)
        self._picture = QLabel(self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.hide()
        layout.addWidget(self._picture)
        self._drawn: tuple[Inside, Look, float] | None = None
        self._severity = ""
        self.hide()

    @property
    def text(self) -> str:
        """What it says; "" while it is hidden."""
        return self._label.text() if self.isVisibleTo(self._around) else ""

    @property
    def severity(self) -> str:
        """What kind of a message it shows; "" for an explanation."""
        return self._severity

    @property
    def picture(self) -> QPixmap:
        """What a block looks like inside, below the text; a null one where none is shown."""
        return self._picture.pixmap() if self._picture.isVisibleTo(self._around) else QPixmap()

    def say(
        self, text: str, place: QPoint, severity: str = "", inside: Inside | None = None
    ) -> None:
        """Show a text beside a point of the parent, with the picture of a block below it."""
        self._severity = severity
        if text != self._label.text():
            self._label.setText(text)
            measure = self._label.fontMetrics()
            wide = max((measure.horizontalAdvance(line) for line in text.split("\n")), default=0)
            self._label.setFixedWidth(min(WIDEST, wide + 4))
        self._show_inside(inside)
        self.adjustSize()
        room = self._around.rect()
        x, y = place.x() + 16, place.y() + 18
        if x + self.width() > room.right() - 4:
            x = place.x() - self.width() - 12
        if y + self.height() > room.bottom() - 4:
            y = place.y() - self.height() - 12
        self.move(max(4, x), max(4, y))
        self.show()
        self.raise_()
        self.update()

    def _show_inside(self, inside: Inside | None) -> None:
        """Draws the picture where it is another one, or looks otherwise, than the last."""
        wanted = None if inside is None else (inside, look(), self.devicePixelRatioF())
        if wanted is not None and wanted != self._drawn:
            self._picture.setPixmap(picture_of(*wanted, WIDEST))
            self._drawn = wanted
        self._picture.setVisible(wanted is not None)

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = shades.severities.get(self._severity, QColor(shades.theme.control))
        painter.setPen(QPen(edge, 1))
        painter.setBrush(QColor(shades.theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


class FocusRing(QWidget):
    """A line around the canvas while it has the keyboard and was reached by it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_focus_ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        pen = QPen(look().accent, 2)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()


class EmptyState(QWidget):
    """What to do first, in the middle of a canvas without nodes."""

    LINES = (
        ("Drag a layer here", "or press Tab and type its name"),
        ("Begin with Input", "it gives the shape of one example"),
        ("End with Output", "it names what the network returns"),
    )

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_empty_state")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(320, 196)
        self.setAccessibleName(
            "Empty network. " + ". ".join(f"{head}: {tail}" for head, tail in self.LINES)
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        shades = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QPen(QColor(shades.theme.control), 1.25)
        edge.setDashPattern([5, 4])
        painter.setPen(edge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 12, 12)
        for index, (head, tail) in enumerate(self.LINES):
            top = 26 + index * 50
            self._draw_mark(painter, index, QRectF(28, top, 36, 36))
            painter.setPen(shades.text)
            painter.setFont(sans(14, self.font().Weight.DemiBold))
            painter.drawText(QPointF(80, top + 15), head)
            painter.setPen(shades.muted)
            painter.setFont(sans(12.5))
            painter.drawText(QPointF(80, top + 33), tail)
        painter.end()

    def _draw_mark(self, painter: QPainter, index: int, place: QRectF) -> None:
        shades = look()
        painter.setPen(QPen(shades.border, 1))
        painter.setBrush(shades.body)
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
        name = ("layers", "circle", "circle")[index]
        icons.paint(
            painter, name, "accent" if index == 0 else "muted", place.adjusted(9, 9, -9, -9)
        )
        if index:
            x = place.right() if index == 1 else place.left()
            painter.setPen(QPen(shades.kind("float"), 2))
            painter.setBrush(shades.ground)
            painter.drawEllipse(QPointF(x, place.center().y()), 4, 4)
