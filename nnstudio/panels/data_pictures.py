"""Pictures of data: images with their classes, points in the plane, the split as a bar, histograms.

Each widget draws what it is given; none knows where it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.panels.preview_images import Shown, shown_of, tinted
from nnstudio.theme import Theme, current, notifier, style

CELL, CAPTION, ARROW, WIDEST = 52, 16, 16, 240
"""Side of an image, height of the class below it, room for an arrow, most room for words."""


class ImageGrid(QWidget):
    """Pictures in lines, each with its class, its outlines or the picture that follows it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_images")
        self._images: list[Shown] = []
        self._masks: list[QImage | None] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        notifier.theme_changed.connect(self._colour)

    def show_images(self, images: Sequence[Any]) -> None:
        """Entries as the worker sends them; what is no picture is passed over."""
        self._images = [shown for entry in images if (shown := shown_of(entry))]
        labels = ", ".join(sorted({one.label for one in self._images if one.label}))
        of = f" of the classes {labels}" if labels else ""
        self.setAccessibleName(f"{len(self._images)} images{of}")
        self._colour()
        self.updateGeometry()

    def _colour(self) -> None:
        colours = class_colours(current())
        self._masks = [tinted(one.mask, colours) if one.mask else None for one in self._images]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 240)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = -(-len(self._images) // self._columns(width))
        return max(lines, 1) * self._step().height()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(style.mono(11))
        columns, step = self._columns(self.width()), self._step()
        for index, (one, mask) in enumerate(zip(self._images, self._masks, strict=True)):
            line, column = divmod(index, columns)
            place = QRect(column * step.width(), line * step.height(), CELL, CELL)
            self._paint(painter, place, one, mask)
            painter.setPen(QColor(current().muted))
            below = QRect(place.left(), place.bottom() + 1, step.width() - 8, CAPTION)
            text = painter.fontMetrics().elidedText(
                one.label, Qt.TextElideMode.ElideRight, below.width()
            )
            painter.drawText(below, self._alignment(), text)

    def _paint(self, painter: QPainter, place: QRect, one: Shown, mask: QImage | None) -> None:
        theme = current()
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, one.picture.width() > place.width()
        )
        painter.drawImage(place, one.picture)
        if mask is not None:
            painter.drawImage(place, mask)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.validation), 1.5))
        for x, y, width, height in one.boxes:
            painter.drawRect(
                QRectF(
                    place.left() + (x - width / 2) * CELL,
                    place.top() + (y - height / 2) * CELL,
                    width * CELL,
                    height * CELL,
                )
            )
        if one.following is not None:
            beside = place.translated(CELL + ARROW, 0)
            painter.drawImage(beside, one.following)
            painter.setPen(QColor(theme.muted))
            between = QRect(place.right() + 1, place.top(), ARROW, CELL)
            painter.drawText(between, Qt.AlignmentFlag.AlignCenter, "→")

    def _step(self) -> QSize:
        """From one picture to the next."""
        width = CELL
        if any(one.following is not None for one in self._images):
            width = 2 * CELL + ARROW
        if any(" " in one.label for one in self._images):  # words to be read in full
            metrics = QFontMetrics(style.mono(11))
            width = max(width, *(metrics.horizontalAdvance(one.label) for one in self._images))
        caption = CAPTION if any(one.label for one in self._images) else 4
        return QSize(min(width, WIDEST) + 8, CELL + caption + 4)

    def _alignment(self) -> Qt.AlignmentFlag:
        middle = Qt.AlignmentFlag.AlignVCenter
        narrow = self._step().width() == CELL + 8
        return middle | (Qt.AlignmentFlag.AlignHCenter if narrow else Qt.AlignmentFlag.AlignLeft)

    def _columns(self, width: int) -> int:
        step = self._step().width()
        return max(1, (width + 8) // step)


class PointPicture(QWidget):
    """Points in the plane, classes by colour and shape; or values over one variable."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_points")
        self.setMinimumHeight(220)
        self._points: list[tuple[float, float, float]] = []
        self._classes: list[str] = []
        self._names = ("x1", "x2")
        notifier.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(260, 240)

    def show_points(
        self, points: Sequence[Any], classes: Sequence[str], names: Sequence[str]
    ) -> None:
        """Points of two coordinates and a class's number, or of one coordinate and a value."""
        self._points = []
        self._classes = list(classes)
        for point in points:
            if not isinstance(point, list):
                continue
            numbers = [float(n) for n in point if isinstance(n, int | float) and math.isfinite(n)]
            if len(numbers) == 3:
                self._points.append((numbers[0], numbers[1], numbers[2]))
            elif len(numbers) == 2:
                value = (numbers[0], 0.0, numbers[1]) if classes else (numbers[0], numbers[1], 0.0)
                self._points.append(value)
        first = names[0] if names else "x"
        second = names[1] if len(names) > 1 else "" if classes else "target"
        self._names = (first, second)
        self.setAccessibleName(f"{len(self._points)} points over {first} and {second}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._points:
            return
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.mono(10))
        legend = 18 if self._classes else 0
        area = QRectF(self.rect()).adjusted(36, 6, -8, -22 - legend)
        xs, ys = _span([p[0] for p in self._points]), _span([p[1] for p in self._points])
        self._axes(painter, area, xs, ys)
        for x, y, kind in self._points:
            at = QPointF(
                area.left() + (x - xs[0]) / (xs[1] - xs[0]) * area.width(),
                area.bottom() - (y - ys[0]) / (ys[1] - ys[0]) * area.height(),
            )
            mark(painter, at, int(kind) if self._classes else 0, 2.6, theme)
        if self._classes:
            self._legend(painter, QRectF(self.rect().left() + 36, self.rect().bottom() - 16, 0, 0))

    def _axes(
        self,
        painter: QPainter,
        area: QRectF,
        xs: tuple[float, float],
        ys: tuple[float, float],
    ) -> None:
        theme = current()
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.drawRect(area)
        painter.setPen(QColor(theme.muted))
        metrics = painter.fontMetrics()
        low, high = (f"{value:.3g}".replace("-", "−") for value in xs)
        base = area.bottom() + 14
        painter.drawText(QPointF(area.left(), base), low)
        painter.drawText(QPointF(area.right() - metrics.horizontalAdvance(high), base), high)
        name = self._names[0]
        painter.drawText(
            QPointF(area.center().x() - metrics.horizontalAdvance(name) / 2, base), name
        )
        if self._names[1]:
            painter.drawText(QPointF(area.left() + 5, area.top() + 12), self._names[1])
            for value, y in ((ys[1], area.top() + 9), (ys[0], area.bottom())):
                text = f"{value:.2g}".replace("-", "−")
                painter.drawText(
                    QPointF(area.left() - metrics.horizontalAdvance(text) - 4, y), text
                )

    def _legend(self, painter: QPainter, at: QRectF) -> None:
        theme, x = current(), at.left() + 4
        metrics = painter.fontMetrics()
        for index, name in enumerate(self._classes):
            width = metrics.horizontalAdvance(name)
            if x + width + 20 > self.width():
                painter.setPen(QColor(theme.muted))
                painter.drawText(QPointF(x, at.top() + 9), "…")
                return
            mark(painter, QPointF(x, at.top() + 5), index, 3.5, theme)
            painter.setPen(QColor(theme.muted))
            painter.drawText(QPointF(x + 8, at.top() + 9), name)
            x += width + 24


class SplitBar(QWidget):
    """The three parts of the data as one bar, each with its share."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("split_bar")
        self.setFixedHeight(20)
        self._split = (0.6, 0.15, 0.25)
        notifier.theme_changed.connect(self.update)

    def show_split(self, split: tuple[float, float, float]) -> None:
        """The shares of training, validation and test part."""
        self._split = split
        names = ("training", "validation", "test")
        parts = [f"{name} {share:.0%}" for name, share in zip(names, split, strict=True)]
        self.setAccessibleName("Split: " + ", ".join(parts))
        self.setToolTip("\n".join(parts))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.mono(10))
        x, width = 0.0, float(self.width())
        colours = (theme.training, theme.validation, theme.test)
        for share, colour in zip(self._split, colours, strict=True):
            if share <= 0:
                continue
            part = QRectF(x, 0, max(share * width - 2, 1), self.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(style.mix(theme.panel, colour, 0.45)))
            painter.drawRoundedRect(part, 4, 4)
            text = f"{share:.0%}"
            if painter.fontMetrics().horizontalAdvance(text) + 4 < part.width():
                painter.setPen(QColor(theme.text))
                painter.drawText(part, Qt.AlignmentFlag.AlignCenter, text)
            x += share * width


def class_colours(theme: Theme) -> list[QColor]:
    """The colours of classes, in their order; after the last the first comes again."""
    colours = (
        theme.training,
        theme.validation,
        theme.gradient,
        theme.test,
        theme.family("pooling"),
        theme.family("regularization"),
    )
    return [QColor(colour) for colour in colours]


def mark(painter: QPainter, at: QPointF, kind: int, size: float, theme: Theme) -> None:
    """A point of a class: the shape tells as much as the colour."""
    colours = class_colours(theme)
    colour = colours[kind % len(colours)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    match kind % 4:
        case 0:
            painter.drawEllipse(at, size, size)
        case 1:
            painter.drawPolygon(_polygon(at, size * 1.3, 3, -90))
        case 2:
            painter.drawPolygon(_polygon(at, size * 1.25, 4, 45))
        case _:
            painter.drawPolygon(_polygon(at, size * 1.3, 4, 0))


def paint_histogram(painter: QPainter, area: QRectF, counts: Sequence[float], colour: str) -> None:
    """Bars as wide as they fit, the highest as high as the area."""
    most = max(counts, default=0)
    if most <= 0:
        return
    width = area.width() / len(counts)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    for index, count in enumerate(counts):
        height = area.height() * count / most
        bar = QRectF(area.left() + index * width, area.bottom() - height, max(width - 1, 1), height)
        painter.drawRect(bar)


def _polygon(at: QPointF, size: float, corners: int, turn: float) -> QPolygonF:
    angles = [math.radians(turn + 360 * index / corners) for index in range(corners)]
    return QPolygonF(
        [QPointF(at.x() + size * math.cos(a), at.y() + size * math.sin(a)) for a in angles]
    )


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.05 or 1.0
    return low - room, high + room
