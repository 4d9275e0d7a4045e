"""What parts of an answer look like: shares as bars, pictures side by side, points of the plane, a
table.

Shows what it is given; what came through the worker's pipe is not trusted.
"""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem, QWidget

from nnstudio.panels.preview_images import picture_of
from nnstudio.theme import current, notifier, scale, style

LINE, NAMES, SHARES = 22, 180, 56
"""Height of a bar's line, most room for its name, room for its share."""
TILE, LARGE, CAPTION = 60, 112, 18
"""Sides of a picture in a grid and of one that stands alone, and room for its title."""
MOST_BARS, MOST_PICTURES, MOST_ROWS = 20, 256, 400


class Bars(QWidget):
    """A share for each name, the winner's in the accent colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_bars")
        self._bars: list[tuple[str, float]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        notifier.theme_changed.connect(self.update)

    @property
    def bars(self) -> tuple[tuple[str, float], ...]:
        """Names and shares as they are shown."""
        return tuple(self._bars)

    def show_bars(self, entries: Any) -> None:
        """Entries of an answer; what is none is passed over."""
        self._bars = [bar for entry in listed(entries)[:MOST_BARS] if (bar := _bar(entry))]
        self.setVisible(bool(self._bars))
        self.setAccessibleName("Shares")
        told = ", ".join(f"{name} {percent(share)}" for name, share in self._bars)
        self.setAccessibleDescription(told)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, scale.px(LINE) * len(self._bars))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, line = current(), scale.px(LINE)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(style.sans(12.5))
        metrics = QFontMetrics(painter.font())
        widest = max((metrics.horizontalAdvance(name) for name, _ in self._bars), default=0)
        names = min(widest + 12, scale.px(NAMES), self.width() // 3)
        shares = scale.px(SHARES)
        best = max((share for _, share in self._bars), default=0.0)
        for row, (name, share) in enumerate(self._bars):
            top = row * line
            wins = share == best
            painter.setPen(QColor(theme.text if wins else theme.muted))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, names - 8)
            left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRect(0, top, names, line), left, text)
            room = QRectF(names, top + 5, max(1, self.width() - names - shares), line - 10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(room, 3, 3)
            painter.setBrush(QColor(theme.accent if wins else theme.control))
            bar = QRectF(room)
            bar.setWidth(room.width() * min(1.0, max(0.0, share)))
            if bar.width() >= 1:
                painter.drawRoundedRect(bar, 3, 3)
            painter.setPen(QColor(theme.text if wins else theme.muted))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            place = QRect(self.width() - shares, top, shares, line)
            painter.drawText(place, right, percent(share))


class Pictures(QWidget):
    """Pictures side by side, each with its title where it has one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_pictures")
        self._pictures: list[tuple[QImage, str]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        notifier.theme_changed.connect(self.update)

    @property
    def count(self) -> int:
        """How many are shown."""
        return len(self._pictures)

    def image(self, number: int) -> QImage:
        """One of them as it came."""
        return self._pictures[number][0]

    def show_pictures(self, entries: Any) -> None:
        """Entries of an answer; what is none is passed over."""
        self._pictures = []
        for entry in listed(entries)[:MOST_PICTURES]:
            if (picture := picture_of(entry)) is not None:
                self._pictures.append((picture, str(entry.get("title", ""))))
        self.setVisible(bool(self._pictures))
        self.setAccessibleName(f"{self.count} pictures" if self.count != 1 else "A picture")
        titles = [title for _, title in self._pictures if title]
        self.setAccessibleDescription(", ".join(titles))
        self.updateGeometry()
        self.update()

    def _step(self) -> QSize:
        titled = any(title for _, title in self._pictures)
        side = scale.px(LARGE if titled else TILE)
        return QSize(side + (24 if titled else 6), side + (2 * scale.px(CAPTION) if titled else 6))

    def _columns(self, width: int) -> int:
        return max(1, (width + 6) // self._step().width())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return -(-len(self._pictures) // self._columns(width)) * self._step().height()

    def sizeHint(self) -> QSize:
        return QSize(self._least(), self.heightForWidth(max(self.width(), self._least())))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(160, self._least()), self._step().height())

    def _least(self) -> int:
        return self._step().width() * min(2, max(1, self.count))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, step = current(), self._step()
        painter = QPainter(self)
        painter.setFont(style.sans(11))
        columns = self._columns(self.width())
        titled = any(title for _, title in self._pictures)
        side = scale.px(LARGE if titled else TILE)
        for number, (picture, title) in enumerate(self._pictures):
            line, column = divmod(number, columns)
            box = QRect(column * step.width(), line * step.height(), side, side)
            size = picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(box.topLeft(), size)
            smooth = picture.width() > size.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(place, picture)
            painter.setPen(QColor(theme.line))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            if title:
                painter.setPen(QColor(theme.muted))
                below = QRect(
                    box.left(), place.bottom() + 3, step.width() - 8, 2 * scale.px(CAPTION)
                )
                flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
                painter.drawText(below, int(flags), title)


class Points(QWidget):
    """Points of the plane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_points")
        self.setAccessibleName("Points that were made")
        self._points: list[tuple[float, float]] = []
        self.setMinimumSize(180, 180)
        notifier.theme_changed.connect(self.update)

    def show_points(self, entries: Any) -> None:
        """Pairs of numbers; what is none is passed over."""
        self._points = [
            (float(one[0]), float(one[1]))
            for one in listed(entries)
            if isinstance(one, list)
            and len(one) == 2
            and all(isinstance(n, int | float) and math.isfinite(n) for n in one)
        ]
        self.setVisible(bool(self._points))
        self.setAccessibleDescription(f"{len(self._points)} points")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height()) - 12
        area = QRectF(6, 6, side, side)
        painter.setPen(QColor(theme.line))
        painter.drawRect(area)
        if not self._points:
            return
        low, high = ([f(p[axis] for p in self._points) for axis in (0, 1)] for f in (min, max))
        spans = [max(h - lo, 1e-9) for lo, h in zip(low, high, strict=True)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        for x, y in self._points:
            across = area.left() + 8 + (x - low[0]) / spans[0] * (side - 16)
            down = area.bottom() - 8 - (y - low[1]) / spans[1] * (side - 16)
            painter.drawEllipse(QRectF(across - 2.5, down - 2.5, 5, 5))


class Table(QTableWidget):
    """Cells that can be read and copied, not changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_table")
        self.setAccessibleName("The answer as a table")
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def show_table(self, entry: Any) -> None:
        """The entry of an answer; a single value is not shown, since the words tell it."""
        entry = entry if isinstance(entry, dict) else {}
        columns = [str(name) for name in listed(entry.get("columns"))]
        rows = [
            [str(cell) for cell in listed(row)] for row in listed(entry.get("rows"))[:MOST_ROWS]
        ]
        self.setVisible(bool(columns and rows) and not (len(rows) == 1 == len(columns) - 1))
        if not columns or not rows:
            return
        self.setColumnCount(len(columns))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderLabels(columns)
        for line, row in enumerate(rows):
            for place, cell in enumerate(row[: len(columns)]):
                self.setItem(line, place, QTableWidgetItem(cell))
        high = sum(self.rowHeight(line) for line in range(min(len(rows), 8)))
        self.setFixedHeight(high + self.horizontalHeader().sizeHint().height() + 8)


def _bar(entry: Any) -> tuple[str, float] | None:
    share = entry.get("share") if isinstance(entry, dict) else None
    if not isinstance(share, int | float) or not math.isfinite(share):
        return None
    return str(entry.get("name", "")), float(share)


def percent(share: Any) -> str:
    """A share as people read it; nothing for what is none."""
    if not isinstance(share, int | float) or not math.isfinite(share):
        return ""
    return f"{100 * share:.1f}\N{NARROW NO-BREAK SPACE}%"


def listed(value: Any) -> list[Any]:
    """What is a list; an empty one for anything else."""
    return value if isinstance(value, list) else []
