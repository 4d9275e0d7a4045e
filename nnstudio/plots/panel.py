"""One metric's plot: axes, curves, names, crosshair, zoom and pan.

Owns the ranges: they follow the data until the user zooms, and again after a reset. Must not read
runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QStyleOptionGraphicsItem, QWidget

from nnstudio.plotdata import curves
from nnstudio.plotdata.series import Series, SmoothedSeries
from nnstudio.plots import look
from nnstudio.plots.axes import Grid, StepAxis, ValueAxis
from nnstudio.plots.curve import CurveItem
from nnstudio.plots.kept import KeptMarks
from nnstudio.plots.overlay import Crosshair, Mark, Names
from nnstudio.theme import notifier

_TOP = 26
_GROWTH = 1.3
"""A range that the data has left is made this much longer, so that it is set rarely."""


class PlotView(pg.ViewBox):
    """The inside of a plot: the wheel zooms at the cursor, a drag pans, a double click resets."""

    reset_requested = Signal()
    hovered = Signal(object)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=True)
        self.disableAutoRange()
        self.setLimits(minXRange=2)

    def wheelEvent(self, ev, axis=None) -> None:  # type: ignore[no-untyped-def]
        """Zoom along the steps; with Ctrl, or over the value axis, along the values."""
        along_values = bool(ev.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().wheelEvent(ev, axis if axis is not None else int(along_values))

    def mouseDragEvent(self, ev, axis=None) -> None:  # type: ignore[no-untyped-def]
        """Pan with the left or the middle button."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.ignore()
            return
        super().mouseDragEvent(ev, axis)

    def mouseClickEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        """A double click shows everything again."""
        if ev.double() and ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.reset_requested.emit()

    def hoverEvent(self, ev) -> None:  # type: ignore[no-untyped-def]
        """Tell where the pointer is; None when it leaves."""
        self.hovered.emit(None if ev.isExit() else ev.pos())


class _Title(pg.GraphicsObject):
    """The metric's name above the plot."""

    def __init__(self, plot: pg.PlotItem, text: str) -> None:
        super().__init__()
        self.setParentItem(plot)
        self.text = text

    def set_text(self, text: str) -> None:
        self.prepareGeometryChange()
        self.text = text
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(10, 2, 4 + look.width(self.text, look.text_font(bold=True)), _TOP - 6)

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        p.setFont(look.text_font(bold=True))
        p.setPen(look.colour("text"))
        p.drawText(
            self.boundingRect(),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            self.text,
        )


class MetricPanel(pg.GraphicsView):
    """The plot of one metric; `step_hovered` carries a step or None, `view_changed` the range."""

    step_hovered = Signal(object)
    view_changed = Signal(object)
    reset_requested = Signal()

    def __init__(self, panel: curves.Panel, caption: str = "step", parent: QWidget | None = None):
        super().__init__(parent)
        self.panel = panel
        self.follows = True
        """Whether the ranges follow the data; a zoom or pan by hand ends it."""
        self.log = False
        self.end: float | None = None
        """The last step that is planned, if known."""
        self._bounds: tuple[float, float] | None = None
        self._silent = False
        self._build(caption)
        self.items_by_column: dict[str, CurveItem] = {}
        self._listens = True
        notifier.theme_changed.connect(self._recolour)
        self._recolour()

    def _build(self, caption: str) -> None:
        self._name()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(180, 84)
        self.values_axis, self.steps_axis = ValueAxis(), StepAxis(caption)
        self.view = PlotView()
        self.plot = pg.PlotItem(
            viewBox=self.view, axisItems={"left": self.values_axis, "bottom": self.steps_axis}
        )
        self.plot.hideButtons()
        self.plot.layout.setContentsMargins(4, _TOP, 8, 4)
        self.plot.layout.setSpacing(0)
        self.setCentralItem(self.plot)
        self.grid = Grid(self.view, self.values_axis, self.steps_axis)
        self.title = _Title(self.plot, self.panel.title)
        self.mark = Mark(self.view)
        self.kept = KeptMarks(self.view)
        self.names = Names(self.view)
        self.mark.names, self.names.mark = self.names, self.mark
        self.crosshair = Crosshair(self.view)
        self.crosshair.names = self.names
        self.crosshair.caption = caption
        self.view.sigRangeChangedManually.connect(self._moved_by_hand)
        self.view.sigXRangeChanged.connect(self._range_changed)
        self.view.sigYRangeChanged.connect(self.redraw)
        self.view.reset_requested.connect(self.reset_requested)
        self.view.hovered.connect(self._hovered)

    def _name(self) -> None:
        self.setObjectName(f"plot_{self.panel.metric}")
        self.setAccessibleName(f"{self.panel.title} plot")

    def dispose(self) -> None:
        """Stop listening to the theme; a second call does nothing."""
        if self._listens:
            self._listens = False
            notifier.theme_changed.disconnect(self._recolour)

    def reuse(self, panel: curves.Panel) -> None:
        """Become the plot of another metric or run, as if made anew, which takes longer."""
        for item in self.items_by_column.values():
            self.view.scene().removeItem(item)
        self.items_by_column = {}
        self.names.items = self.crosshair.items = ()
        self.panel = panel
        self.title.set_text(panel.title)
        self._name()
        self.follows, self.end, self._bounds = True, None, None
        self.log = self.values_axis.log = False
        self.steps_axis.end = None
        self.mark.show_at(None)
        self.crosshair.show_at(None)
        self.set_epochs(curves.Epochs())
        self._silent = True
        self.view.setXRange(0, 1, padding=0)
        self._silent = False

    def set_curve(self, curve: curves.Curve, series: Series) -> None:
        """Show a column."""
        if curve.column in self.items_by_column:
            return
        item = CurveItem(self.view, curve, series)
        item.log = self.log
        self.items_by_column[curve.column] = item
        ordered = tuple(self.items_by_column.values())
        self.names.items = self.crosshair.items = ordered

    def set_panel(self, panel: curves.Panel, series: dict[str, Series]) -> None:
        """Show what a panel holds now; curves that are no longer in it go."""
        self.panel = panel
        columns = {curve.column for curve in panel.curves}
        for column in [c for c in self.items_by_column if c not in columns]:
            item = self.items_by_column.pop(column)
            self.view.scene().removeItem(item)
        for curve in panel.curves:
            self.set_curve(curve, series[curve.column])
        self.names.items = self.crosshair.items = tuple(self.items_by_column.values())

    def set_smoothing(self, column: str, smooth: SmoothedSeries | None) -> None:
        """Draw a moving average of a column over its raw values."""
        self.items_by_column[column].smooth = smooth
        self.redraw()

    def set_log(self, log: bool) -> None:
        """Switch the value axis between linear and logarithmic."""
        if log == self.log:
            return
        self.log = self.values_axis.log = log
        for item in self.items_by_column.values():
            item.log = log
        self._bounds = None
        self.follow_data(values_only=not self.follows)
        self.redraw()

    def set_epochs(self, epochs: curves.Epochs) -> None:
        """Mark where epochs end."""
        self.steps_axis.set_epochs(epochs)
        self.crosshair.epochs = epochs

    def redraw(self) -> None:
        """Compute and paint everything again at the next turn of the event loop."""
        for item in self.items_by_column.values():
            item.refresh()
        self.grid.update()
        self.names.update()

    def follow_data(self, fit: bool = False, values_only: bool = False) -> None:
        """Set the ranges if data has left them, or in any case if `fit`."""
        if not (self.follows or values_only):
            return
        if not values_only:
            self._follow_steps(fit)
        self._follow_values(fit or values_only)

    def reset(self) -> None:
        """Show everything, and follow the data again."""
        self.follows = True
        self._bounds = None
        self.follow_data(fit=True)
        self.redraw()

    def show_steps(self, left: float, right: float) -> None:
        """Show a range of steps, as another plot does."""
        self.follows = False
        self.steps_axis.end = None
        self._silent = True
        self.view.setXRange(left, right, padding=0)
        self._silent = False
        self._follow_values(fit=True)

    def _follow_steps(self, fit: bool) -> None:
        filled = [item.series for item in self.items_by_column.values() if len(item.series)]
        last = max((series.step(-1) for series in filled), default=1)
        left, right = self.view.viewRange()[0]
        size = max(self.view.rect().width(), 1.0)
        room = min(self.names.room() / size, 0.5)
        start = 0
        if self.end is not None:
            stop = max(self.end, last, start + 1)
        elif not fit and start == left and last <= left + (right - left) * (1 - room):
            return
        else:
            stop = start + max(1.0, (last - start) * (1.0 if fit else _GROWTH))
        self.steps_axis.end = stop
        wanted = (start, start + (stop - start) / (1 - room))
        if (left, right) != wanted:
            self._silent = True
            self.view.setXRange(*wanted, padding=0)
            self._silent = False

    def _follow_values(self, fit: bool) -> None:
        bounds = self._data_bounds()
        if bounds is None:
            return
        low, high = bounds
        known = self._bounds
        if known is not None and not fit and known[0] <= low and high <= known[1]:
            return
        if known is not None and not fit:
            low, high = min(low, known[0]), max(high, known[1])
        wanted = curves.value_range(low, high, self.panel.metric, self.log, self.follows)
        self._bounds = (10 ** wanted[0], 10 ** wanted[1]) if self.log else wanted
        self.view.setYRange(*wanted, padding=0)

    def _data_bounds(self) -> tuple[float, float] | None:
        left, right = self.view.viewRange()[0]
        lows, highs = [], []
        for item in self.items_by_column.values():
            series = item.series
            found = series.extremes(series.index(left), series.index(right) + 1)
            if found is not None and self.log and found[0] <= 0:
                found = self._positive_bounds(series, left, right)
            if found is not None:
                lows.append(found[0])
                highs.append(found[1])
        return (min(lows), max(highs)) if lows else None

    def _positive_bounds(
        self, series: Series, left: float, right: float
    ) -> tuple[float, float] | None:
        shown = series.polyline(left, right, int(self.view.rect().width())).y
        positive = shown[np.isfinite(shown) & (shown > 0)]
        return (float(positive.min()), float(positive.max())) if len(positive) else None

    def _moved_by_hand(self, moved: Sequence[bool]) -> None:
        self.follows = False
        self.steps_axis.end = None
        if not moved[1]:
            self._follow_values(fit=True)
        self.view_changed.emit(tuple(self.view.viewRange()[0]))

    def _range_changed(self) -> None:
        self.redraw()
        if not self._silent:
            self.view_changed.emit(tuple(self.view.viewRange()[0]))

    def _hovered(self, place: QPointF | None) -> None:
        if place is None:
            self.step_hovered.emit(None)
            return
        (left, right), _ = self.view.viewRange()
        step = left + place.x() / max(self.view.rect().width(), 1) * (right - left)
        self.step_hovered.emit(self.nearest(step))

    def nearest(self, step: float) -> int | None:
        """The measured step nearest to `step` over all curves."""
        found = []
        for item in self.items_by_column.values():
            index = item.series.nearest(step)
            if index is not None:
                found.append(item.series.step(index))
        return min(found, key=lambda s: abs(s - step), default=None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the crosshair, + and − zoom, Home resets, Escape hides the crosshair."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._walk(-1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom(1.25 if key == Qt.Key.Key_Minus else 0.8)
        elif key == Qt.Key.Key_Home:
            self.reset_requested.emit()
        elif key == Qt.Key.Key_Escape and self.crosshair.step is not None:
            self.step_hovered.emit(None)
        else:
            event.ignore()

    def _walk(self, direction: int) -> None:
        left, right = self.view.viewRange()[0]
        pixel = (right - left) / max(self.view.rect().width(), 1)
        here = self.crosshair.step
        if here is None:
            self.step_hovered.emit(self.nearest((left + right) / 2))
            return
        ahead = self.nearest(here + direction * max(1.0, 4 * pixel))
        self.step_hovered.emit(here if ahead is None else ahead)

    def _zoom(self, factor: float) -> None:
        left, right = self.view.viewRange()[0]
        centre = self.crosshair.step if self.crosshair.step is not None else (left + right) / 2
        self._moved_by_hand((True, False))
        self.view.setXRange(
            centre - (centre - left) * factor, centre + (right - centre) * factor, padding=0
        )
        self._follow_values(fit=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ranges hold room for the names, so they depend on the width."""
        super().resizeEvent(event)
        if hasattr(self, "items_by_column"):
            self.follow_data(fit=False)
            self.redraw()

    def leaveEvent(self, event: QEvent) -> None:
        """The crosshair goes when the pointer does."""
        super().leaveEvent(event)
        self.step_hovered.emit(None)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The ring that shows the keyboard's focus."""
        if self.hasFocus():
            painter.resetTransform()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(look.colour("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.viewport().rect().adjusted(0, 0, -1, -1), 6, 6)

    def _recolour(self, theme: QObject | None = None) -> None:
        self.setBackground(look.colour("panel"))
        self.redraw() if hasattr(self, "items_by_column") else None
        self.viewport().update()
