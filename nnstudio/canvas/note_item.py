"""One note on the canvas: a tinted sheet with text, for people alone."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QTextOption
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from graph_compiler.model import Note
from nnstudio.canvas import tints
from nnstudio.canvas.level_of_detail import Detail, detail_at
from nnstudio.canvas.look import Look, font, look, metrics
from nnstudio.canvas.spatial import Box
from nnstudio.theme.tokens import RADIUS_CONTROL

Z_NOTE = 5.0
PADDING = 12.0
CORNER = 16.0
"""The lower right corner, by which a note is made larger."""
SMALLEST = (96.0, 48.0)
EMPTY = "Empty note. Double-click to write."
BAND = 4.0
PAPER = "yellow"
"""What a note looks like that was given no colour."""


class NoteItem(QGraphicsItem):
    """The picture of one note."""

    def __init__(self, note: Note) -> None:
        super().__init__()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(Z_NOTE)
        self.note = note
        self.selected = False
        self.hovered = False
        self.writing = False
        """Whether its text is being typed over it at this moment."""
        self._stands: Box = (0.0, 0.0, 0.0, 0.0)
        self.stand(note.at, note.size)

    def set_note(self, note: Note) -> None:
        """Show another text, place, size or colour."""
        if note != self.note:
            self.note = note
            self.update()
        self.stand(note.at, note.size)

    def stand(self, at: tuple[float, float], size: tuple[float, float]) -> None:
        """Stand somewhere, for the time of a move also elsewhere than the document says."""
        box = (at[0], at[1], at[0] + size[0], at[1] + size[1])
        if box != self._stands:
            self.prepareGeometryChange()
            self._stands = box
            self.update()

    def mark(self, *, selected: bool | None = None, hovered: bool | None = None) -> None:
        """How much it stands out; what is None stays."""
        before = (self.selected, self.hovered)
        self.selected = self.selected if selected is None else selected
        self.hovered = self.hovered if hovered is None else hovered
        if before != (self.selected, self.hovered):
            self.setZValue(Z_NOTE + 0.5 if self.selected else Z_NOTE)
            self.update()

    def set_writing(self, on: bool) -> None:
        """Hide the text while a field stands over it."""
        if on != self.writing:
            self.writing = on
            self.update()

    def box(self) -> Box:
        """Where it stands at this moment."""
        return self._stands

    def corner_box(self) -> Box:
        """The corner by which it is made larger."""
        _, _, right, bottom = self._stands
        return (right - CORNER, bottom - CORNER, right + 4, bottom + 4)

    def text_box(self) -> QRectF:
        """Where the text stands."""
        left, top, right, bottom = self._stands
        return QRectF(left, top + BAND, right - left, bottom - top - BAND).adjusted(
            PADDING, 6, -PADDING, -8
        )

    def boundingRect(self) -> QRectF:
        left, top, right, bottom = self._stands
        return QRectF(left, top, right - left, bottom - top).adjusted(-4, -4, 4, 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        shades, detail = look(), detail_at(painter.worldTransform().m11())
        left, top, right, bottom = self._stands
        box = QRectF(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1)
        tint = self.note.colour or PAPER
        painter.setBrush(tints.ground(tint, shades))
        edge = shades.control if self.hovered else tints.ground(tint, shades, 0.45)
        painter.setPen(QPen(shades.accent, 2) if self.selected else QPen(edge, 1))
        painter.drawRoundedRect(box, RADIUS_CONTROL, RADIUS_CONTROL)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tints.strong(tint, shades))
        painter.drawRoundedRect(QRectF(left + PADDING, top - 1, 34, 3), 1.5, 1.5)
        if detail is Detail.FAR or self.writing:
            return
        self._write(painter, shades)
        if detail is Detail.NEAR and (self.selected or self.hovered):
            self._draw_corner(painter, shades)

    def _write(self, painter: QPainter, shades: Look) -> None:
        room = self.text_box()
        painter.setFont(font("note"))
        painter.setPen(shades.text if self.note.text else shades.muted)
        wrapped = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        wrapped.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        painter.save()
        painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
        painter.drawText(room, self.note.text or EMPTY, wrapped)
        painter.restore()
        flags = int(Qt.TextFlag.TextWordWrap)
        needed = metrics("note").boundingRect(room, flags, self.note.text)
        if needed.height() > room.height() + 1:
            # What does not fit is told, never cut in silence.
            painter.setFont(font("foot"))
            painter.setPen(shades.muted)
            line = QRectF(room.left(), room.bottom() - 2, room.width() - 6, 10)
            painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), "more …")

    def _draw_corner(self, painter: QPainter, shades: Look) -> None:
        _, _, right, bottom = self._stands
        painter.setPen(QPen(shades.muted, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for by in (5.0, 9.0):
            painter.drawPolyline(
                QPolygonF([QPointF(right - by, bottom - 3), QPointF(right - 3, bottom - by)])
            )
