"""What lies over the curves: names at their ends, the crosshair and its readings, a failure's mark.

Owns these drawings in pixels of the view. Must not read runs or change ranges.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from nnstudio.plotdata import curves
from nnstudio.plots import look
from nnstudio.plots.curve import CurveItem
from nnstudio.theme.tokens import RADIUS_CONTROL

_LINE = 16.0
_GAP = 8.0


@dataclass(frozen=True, slots=True)
class Name:
    """A name as placed: the curve's label, its latest value, its rectangle and the line's end."""

    label: str
    value: str
    rect: QRectF
    end: QPointF
    part: str


class Names(pg.GraphicsObject):
    """Every curve's name and latest value at its right end, pushed apart where they overlap."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self.setParentItem(view)
        self.setZValue(10)
        self._view = view
        self.items: tuple[CurveItem, ...] = ()
        self.mark: Mark | None = None

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._view.rect()

    def room(self) -> float:
        """Pixels that the names need beyond the end of the longest curve."""
        return self._widest() + (0.0 if self._narrow() else self._value_width()) + _GAP + 4

    def _widest(self) -> float:
        font = look.text_font()
        return max((look.width(item.curve.label, font) for item in self.items), default=0.0)

    def _value_width(self) -> float:
        return look.width("0.0000", look.number_font()) + _GAP

    def _narrow(self) -> bool:
        """Whether there is no room for the values beside the names."""
        return 2.6 * (self._widest() + self._value_width()) > self._view.rect().width()

    def placed(self) -> tuple[Name, ...]:
        """Where the names stand now."""
        rect = self._view.rect()
        found = [(item, item.end()) for item in self.items]
        ends = [(item, *end) for item, end in found if end is not None]
        ends = [e for e in ends if -1 <= e[1].x() <= rect.width() + 1]
        wanted = [min(max(place.y(), 0), rect.height()) for _, place, _ in ends]
        tops = curves.push_apart(wanted, [_LINE] * len(ends), 0, rect.height())
        names = []
        barred = self.mark.pixel() if self.mark is not None else None
        for (item, place, value), middle in zip(ends, tops, strict=True):
            text = "" if self._narrow() else curves.number(value)
            width = look.width(item.curve.label, look.text_font()) + 2
            width += look.width(text, look.number_font()) + 6 if text else 0
            left = place.x() + _GAP
            if barred is not None and left - 4 <= barred <= left + width:
                left = barred + 5
            left = min(left, rect.width() - width)
            box = QRectF(left, middle - _LINE / 2, width, _LINE)
            names.append(Name(item.curve.label, text, box, place, item.curve.part))
        return tuple(names)

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Names in the text colour, values in the muted one, a leader in the curve's."""
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for name in self.placed():
            p.setPen(QPen(look.part_colour(name.part), 1.25))
            if name.rect.left() > name.end.x() + 2:
                start = QPointF(name.end.x() + 1.5, name.end.y())
                p.drawLine(start, QPointF(name.rect.left() - 2, name.rect.center().y()))
            p.setPen(look.colour("text"))
            p.setFont(look.text_font())
            p.drawText(name.rect, middle, name.label)
            p.setPen(look.colour("muted"))
            p.setFont(look.number_font())
            p.drawText(
                name.rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name.value
            )


class Crosshair(pg.GraphicsObject):
    """A vertical line at a step, a dot on each curve and a card with all values there."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self.setParentItem(view)
        self.setZValue(20)
        self._view = view
        self.items: tuple[CurveItem, ...] = ()
        self.names: Names | None = None
        self.epochs = curves.Epochs()
        self.caption = "step"
        self.step: int | None = None

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._view.rect()

    def show_at(self, step: int | None) -> None:
        """Move to a step; None hides it."""
        if step != self.step:
            self.step = step
            self.update()

    def readings(self) -> tuple[curves.Reading, ...]:
        """The measured values nearest to the crosshair, in the order of the curves."""
        if self.step is None:
            return ()
        found = [
            curves.reading(item.series, item.curve, self.step, self._reach(item))
            for item in self.items
        ]
        return tuple(r for r in found if r is not None)

    def headline(self) -> str:
        """The step and its epoch."""
        if self.step is None:
            return ""
        text = f"{self.caption} {self.step:,}".replace(",", "\u2009")
        epoch = self.epochs.at(self.step)
        return text if epoch is None else f"{text} · epoch {epoch}"

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Line, dots and card, the card on the side where there is room."""
        if self.step is None:
            return
        rect = self._view.rect()
        (left, right), _ = self._view.viewRange()
        x = rect.width() * (self.step - left) / max(right - left, 1e-12)
        if not 0 <= x <= rect.width():
            return
        p.setPen(QPen(look.colour("muted"), 1.0, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(x, 0), QPointF(x, rect.height()))
        readings = self.readings()
        self._paint_dots(p, readings)
        self._paint_card(p, rect, x, readings)

    def _reach(self, item: CurveItem) -> float:
        """How far, in steps, a measured value may be from the crosshair."""
        count = len(item.series)
        if count < 2:
            return max(self.epochs.length, 1.0)
        span = item.series.step(-1) - item.series.step(0)
        return max(1.0, 0.75 * span / (count - 1))

    def _paint_dots(self, p: QPainter, readings: tuple[curves.Reading, ...]) -> None:
        by_label = {item.curve.label: item for item in self.items}
        p.setPen(QPen(look.colour("panel"), 1.5))
        for reading in readings:
            place = by_label[reading.label].pixels(reading.step, reading.value)
            if place is not None:
                p.setBrush(look.part_colour(reading.part))
                p.drawEllipse(place, 4, 4)

    def _paint_card(
        self, p: QPainter, rect: QRectF, x: float, readings: tuple[curves.Reading, ...]
    ) -> None:
        rows = [(r.label, curves.number(r.value), r.part) for r in readings]
        numbers, names = look.number_font(), look.text_font()
        head = self.headline()
        label_width = max((look.width(label, names) for label, _, _ in rows), default=0.0)
        value_width = max((look.width(value, numbers) for _, value, _ in rows), default=0.0)
        width = max(look.width(head, look.small_font()), 22 + label_width + 14 + value_width) + 20
        height = 14 + _LINE * (1 + len(rows))
        lefts: tuple[float, ...] = (x + 10, x - 10 - width)
        if x + 12 + width > rect.width():
            lefts = lefts[1:]
        lefts = tuple(max(2.0, min(left, rect.width() - width - 2)) for left in lefts)
        tops = (6.0, max(6.0, rect.height() - height - 6))
        card = _free(
            [QRectF(left, top, width, height) for left in lefts for top in tops], self.names
        )
        p.setPen(QPen(look.colour("line"), 1.0))
        p.setBrush(look.colour("raised"))
        p.drawRoundedRect(card, RADIUS_CONTROL, RADIUS_CONTROL)
        row = QRectF(card.left() + 10, card.top() + 7, width - 20, _LINE)
        middle = Qt.AlignmentFlag.AlignVCenter
        p.setFont(look.small_font())
        p.setPen(look.colour("muted"))
        p.drawText(row, Qt.AlignmentFlag.AlignLeft | middle, head)
        for label, value, part in rows:
            row.translate(0, _LINE)
            p.setPen(look.curve_pen(part))
            p.drawLine(
                QPointF(row.left(), row.center().y()), QPointF(row.left() + 16, row.center().y())
            )
            p.setPen(look.colour("text"))
            p.setFont(names)
            p.drawText(row.adjusted(22, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | middle, label)
            p.setFont(numbers)
            p.drawText(row, Qt.AlignmentFlag.AlignRight | middle, value)


class Mark(pg.GraphicsObject):
    """A vertical line with a word at a step where something happened, such as a failure."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self.setParentItem(view)
        self.setZValue(5)
        self._view = view
        self.names: Names | None = None
        self.step: int | None = None
        self.text = ""

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._view.rect()

    def show_at(self, step: int | None, text: str = "") -> None:
        """Mark a step; None removes the mark."""
        if (step, text) != (self.step, self.text):
            self.step, self.text = step, text
            self.update()

    def pixel(self) -> float | None:
        """Where the mark stands in the view; None without one."""
        if self.step is None:
            return None
        (left, right), _ = self._view.viewRange()
        return self._view.rect().width() * (self.step - left) / max(right - left, 1e-12)

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """A dotted line, its text at the bottom on the side where there is room."""
        if self.step is None:
            return
        rect = self._view.rect()
        x = self.pixel() or 0.0
        p.setPen(QPen(look.colour("bad"), 1.5, Qt.PenStyle.DotLine))
        p.drawLine(QPointF(x, 0), QPointF(x, rect.height()))
        font = look.text_font()
        width = QFontMetricsF(font).horizontalAdvance(self.text) + 8
        start = x + 6 if x + 6 + width <= rect.width() else x - 6 - width
        p.setFont(font)
        p.setPen(look.colour("bad"))
        tops = (4.0, rect.height() - _LINE - 4, rect.height() / 2)
        place = _free([QRectF(start, top, width, _LINE) for top in tops], self.names)
        p.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text)


def _free(places: list[QRectF], names: Names | None) -> QRectF:
    """The first place that covers no name; the first of all if there is none."""
    taken = [name.rect for name in names.placed()] if names is not None else []
    return next((p for p in places if not any(p.intersects(t) for t in taken)), places[0])
