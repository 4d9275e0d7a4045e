"""Bias and variance: training against validation error by epoch, the gap between them, the verdict.

Owns the widget `GapPlot`. Must not judge: that is `nnstudio.plotdata.verdict`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedLayout,
    QStyleOptionGraphicsItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.plotdata import curves
from nnstudio.plotdata.history import History, history
from nnstudio.plotdata.of_run import validation_rows
from nnstudio.plotdata.series import Series
from nnstudio.plotdata.verdict import Verdict, judge
from nnstudio.plots import look
from nnstudio.plots.curve import CurveItem
from nnstudio.plots.panel import MetricPanel
from nnstudio.plots.run import Reader
from nnstudio.plots.states import Elided, EmptyState
from nnstudio.plots.verdict_card import VerdictCard
from nnstudio.theme import style

if TYPE_CHECKING:
    from graph_compiler.model import Purpose

_NO_RUN = (
    "Press Run to compare training and validation",
    "The gap between the two errors tells what the network has learned by heart.",
)
_WAITING = (
    "Waiting for the first epoch",
    "Both errors are measured when an epoch ends.",
)
_TRAINING = curves.Curve("fit", "training", "training")
_VALIDATION = curves.Curve("val", "validation", "validation")


class GapShade(pg.GraphicsObject):
    """The area between two curves, and its size at the last epoch."""

    def __init__(self, panel: MetricPanel) -> None:
        super().__init__()
        self.setParentItem(panel.view)
        self.setZValue(-5)
        self._panel = panel
        self.label = ""

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._panel.view.rect()

    def paint(self, p: QPainter, opt: QStyleOptionGraphicsItem, widget: QWidget | None) -> None:
        """Fill between the curves wherever both have values; then mark the last gap."""
        fit, val = (self._panel.items_by_column.get(name) for name in ("fit", "val"))
        if fit is None or val is None:
            return
        low, high = self._points(fit), self._points(val)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(look.part_colour("validation", 46))
        for first, last in _runs(np.isfinite(low[1]) & np.isfinite(high[1])):
            edge = [QPointF(low[0][k], low[1][k]) for k in range(first, last)]
            edge += [QPointF(high[0][k], high[1][k]) for k in reversed(range(first, last))]
            p.drawPolygon(QPolygonF(edge))
        self._paint_label(p, low, high)

    def _points(self, item: CurveItem) -> tuple[np.ndarray, np.ndarray]:
        left, right = self._panel.view.viewRange()[0]
        line = item.series.polyline(left, right, int(self._panel.view.rect().width()))
        return item.to_pixels(line.x, line.y)

    def _paint_label(
        self, p: QPainter, low: tuple[np.ndarray, ...], high: tuple[np.ndarray, ...]
    ) -> None:
        if not self.label or not len(low[0]):
            return
        bottom, top = float(low[1][-1]), float(high[1][-1])
        if not (math.isfinite(bottom) and math.isfinite(top)) or abs(bottom - top) < 20:
            return
        x = float(low[0][-1])
        p.setPen(QPen(look.colour("muted"), 1.0))
        p.drawLine(QPointF(x - 5, bottom), QPointF(x - 5, top))
        width = look.width(self.label, look.text_font()) + 4
        if x - 10 - width < 0:
            return
        p.setFont(look.text_font())
        p.setPen(look.colour("text"))
        p.drawText(
            QRectF(x - 10 - width, (bottom + top) / 2 - 8, width, 16),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            self.label,
        )


class GapPlot(QWidget):
    """Training and validation error by epoch with their gap, and the verdict beside them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gap_plot")
        self.setAccessibleName("Bias and variance of the run")
        self._reader: Reader | None = None
        self._purpose: Purpose | None = None
        self._rows: int | None = None
        self._columns = curves.Columns()
        self._history = History((), ())
        self._seen: object = None
        self._by_loss = False
        self._finished = False
        self._build()
        self.set_run(None, None)

    def _build(self) -> None:
        self._empty = EmptyState("gap", *_NO_RUN)
        self._panel = MetricPanel(
            curves.Panel("gap", "Error by epoch", (_TRAINING, _VALIDATION)), caption="epoch"
        )
        self._panel.step_hovered.connect(self._panel.crosshair.show_at)
        self._panel.reset_requested.connect(self._panel.reset)
        self._shade = GapShade(self._panel)
        self._card = VerdictCard()
        self._error_button, self._loss_button = QToolButton(), QToolButton()
        self._measures = QButtonGroup(self)
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(12, 0, 4, 0)
        bar.setSpacing(4)
        self._hint = Elided()
        self._hint.set_whole("both measured on equally many rows, with the same weights")
        style.role(self._hint, "small")
        bar.addWidget(self._hint, 1)
        for button, name, text in (
            (self._error_button, "gap_by_error", "Error rate"),
            (self._loss_button, "gap_by_loss", "Loss"),
        ):
            button.setObjectName(name)
            button.setText(text)
            button.setCheckable(True)
            button.setAutoRaise(True)
            style.role(button, "segment")
            self._measures.addButton(button)
            bar.addWidget(button)
        self._error_button.setChecked(True)
        self._loss_button.toggled.connect(self.show_loss)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self._bar)
        left.addWidget(self._panel, 1)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(8, 6, 8, 4)
        row.setSpacing(12)
        row.addLayout(left, 1)
        row.addWidget(self._card)
        self._page = page
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(page)

    def set_run(
        self, reader: Reader | None, purpose: Purpose | None, rows: int | None = None
    ) -> None:
        """Show a run; `rows` is the number of validation rows, taken from the run if not given."""
        self._reader, self._purpose = reader, purpose
        path = getattr(reader, "path", None)
        known = rows is not None or path is None
        self._rows = rows if known else validation_rows(path, purpose)
        self._columns = curves.Columns()
        self._seen = None
        self._show_curves(Series(), Series())
        self._panel.reset()
        self._stack.setCurrentWidget(self._empty)
        self._empty.show_text(*(_NO_RUN if reader is None else _WAITING), "gap")
        self.refresh()

    def refresh(self) -> None:
        """Take in epochs that have ended since; nothing else costs anything."""
        reader = self._reader
        if reader is None:
            return
        for name in reader.names():
            if name.startswith(("fit_", "val_")):
                steps, values = reader.series(name)
                if len(values):
                    self._columns.follow(name, steps, values)
        state = reader.state()
        status = state.status
        seen = (status, {name: len(series) for name, series in self._columns.series.items()})
        if seen == self._seen:
            return
        self._seen = seen
        finished = status in ("done", "stopped")
        self._panel.end = float(state.epoch if finished else state.epochs) or None
        self._finished = finished
        self._history = history(self._columns.series, self._purpose, self._rows, finished)
        self._show()

    def show_loss(self, by_loss: bool) -> None:
        """Draw the losses instead of the errors; the verdict rests on both either way."""
        self._by_loss = by_loss
        (self._loss_button if by_loss else self._error_button).setChecked(True)
        self._show()
        self._panel.reset()

    def verdict(self) -> Verdict | None:
        """The verdict shown; None while there is no run."""
        return self._card.verdict() if self._stack.currentWidget() is self._page else None

    def empty_text(self) -> str:
        """What the empty state says; nothing while the plot is shown."""
        return self._empty.title() if self._stack.currentWidget() is self._empty else ""

    def panel(self) -> MetricPanel:
        """The plot."""
        return self._panel

    def dispose(self) -> None:
        """Let go of the run and stop listening."""
        self.set_run(None, None)
        self._panel.dispose()

    def showEvent(self, event: QShowEvent) -> None:
        """What came while it was hidden is drawn at once."""
        super().showEvent(event)
        self._panel.follow_data()
        self._panel.redraw()

    def _show(self) -> None:
        found = self._history
        has_error = found.measure != "loss"
        by_loss = self._by_loss or not has_error
        fit, val = (
            (found.fit_loss, found.val_loss) if by_loss else (found.fit_error, found.val_error)
        )
        if not len(fit) and not len(val):
            return
        measure = "loss" if by_loss else found.measure
        self._bar.setVisible(has_error)
        self._error_button.setText(found.measure.capitalize())
        self._panel.title.set_text(f"{measure.capitalize()} by epoch")
        self._show_curves(_by_epoch(fit), _by_epoch(val))
        gap = val[-1] - fit[-1] if len(val) and len(fit) else math.nan
        self._shade.label = f"gap {curves.number(gap)}" if math.isfinite(gap) else ""
        self._panel.follow_data(fit=self._finished)
        self._panel.redraw()
        self._shade.update()
        self._card.show_verdict(judge(found, self._purpose))
        self._stack.setCurrentWidget(self._page)

    def _show_curves(self, fit: Series, val: Series) -> None:
        if not self._panel.items_by_column:
            self._panel.set_panel(self._panel.panel, {"fit": fit, "val": val})
        self._panel.items_by_column["fit"].series = fit
        self._panel.items_by_column["val"].series = val


def _by_epoch(values: Sequence[float]) -> Series:
    series = Series()
    series.append_dense(1, np.array(values))
    return series


def _runs(chosen: np.ndarray) -> list[tuple[int, int]]:
    """The stretches of True as (first, behind the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], chosen.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
