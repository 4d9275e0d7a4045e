"""Loss and metrics of a run while it trains.

Owns the widget `TrainingPlots`: which panels there are, smoothing, log scale, shared zoom and
crosshair, export, and what is said when there is no run or one that failed. A refresh takes in only
what is new, and redraws one plot, so that drawing does not take the training's core.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.plotdata import curves
from nnstudio.plotdata.series import SmoothedSeries
from nnstudio.plots.export import TextWriter, write_picture
from nnstudio.plots.panel import MetricPanel
from nnstudio.plots.run import Reader, State
from nnstudio.plots.states import EmptyState, Notice
from nnstudio.theme import icons, scale, style

_COLUMNS = 3
_LINE = 140
"""Least height of a line of plots where there are more than two."""
_AHEAD = 2
"""Plots made before a run needs them, since each takes longer than a frame."""
_WINDOWS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)
"""Steps that smoothing looks back on, by the slider's position; 1 is off."""
_DEFAULT_WINDOW = 3
_NOTHING = curves.Panel("none", "", ())
_NO_RUN = (
    "Press Run to see the loss fall",
    "Training is drawn solid, validation dashed; each name stands at the end of its line.",
)
_BAD = {"failed": "error", "lost": "warning"}
_OVER = ("done", "stopped")


class TrainingPlots(QWidget):
    """Loss and metrics side by side; `message` carries a sentence for the window's status line."""

    message = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_plots")
        self.setAccessibleName("Loss and metrics of the run")
        self._reader: Reader | None = None
        self._columns = curves.Columns()
        self._panels: dict[str, MetricPanel] = {}
        self._spare: list[MetricPanel] = []
        self._smooth: dict[str, SmoothedSeries] = {}
        self._dirty: list[str] = []
        self._known: tuple[str, ...] = ()
        self._status = ""
        self._planned = 0.0
        self._kept: tuple[int, ...] = ()
        self._writer = TextWriter(self)
        self._writer.finished.connect(self._written)
        self._build()
        self.set_run(None)

    def _build(self) -> None:
        self._empty = EmptyState("chart", *_NO_RUN)
        self._notice = Notice()
        self._page = QWidget()
        column = QVBoxLayout(self._page)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(0)
        column.addLayout(self._build_bar())
        column.addWidget(self._notice)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        inside = QWidget()
        inside.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._area = QScrollArea()
        self._area.setAccessibleName("The plots")
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidgetResizable(True)
        self._area.setWidget(inside)
        column.addWidget(self._area, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._page)

    def _build_bar(self) -> QHBoxLayout:
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("smoothing_slider")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setRange(0, len(_WINDOWS) - 1)
        self._smoothing.setPageStep(1)
        self._smoothing.setFixedWidth(96)
        self._smoothing.setValue(_DEFAULT_WINDOW)
        self._smoothing.valueChanged.connect(self._smoothing_changed)
        self._window_label = QLabel()
        style.role(self._window_label, "small")
        self._window_label.setMinimumWidth(
            self._window_label.fontMetrics().horizontalAdvance("smoothing 1000 steps ")
        )
        self._log = self._button(
            "log_button", "log", "Logarithmic values (zero and below are gaps)"
        )
        self._log.setCheckable(True)
        self._log.toggled.connect(self.set_log)
        reset = self._button("reset_zoom_button", "", "Show everything (Home, or double click)")
        reset.setIcon(icons.icon("frame-all", "muted"))
        reset.setAccessibleName("Show everything")
        reset.clicked.connect(self.reset_view)
        export = self._button("export_curves_button", "Export", "Save the curves")
        export.setIcon(icons.icon("export", "muted"))
        export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(export)
        for kind in ("PNG", "SVG", "CSV"):
            action = menu.addAction(f"{kind} …")
            action.setObjectName(f"export_{kind.lower()}")
            action.triggered.connect(lambda _=False, kind=kind: self._ask_and_export(kind))
        export.setMenu(menu)
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 0, 4, 0)
        bar.setSpacing(8)
        bar.addStretch(1)
        for widget in (self._window_label, self._smoothing, self._log, reset, export):
            bar.addWidget(widget)
        return bar

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAutoRaise(True)
        button.setIconSize(QSize(16, 16))
        button.setAccessibleName(text or tip)
        return button

    def set_run(self, reader: Reader | None) -> None:
        """Show a run from its first step on; None shows the empty state."""
        self._reader = reader
        self._columns = curves.Columns()
        self._smooth, self._dirty, self._known, self._status = {}, [], (), ""
        for panel in self._panels.values():
            self._grid.removeWidget(panel)
            panel.hide()
            panel.reuse(_NOTHING)
        self._spare += self._panels.values()
        self._panels = {}
        self._kept = ()
        self._notice.clear()
        self._stack.setCurrentWidget(self._empty)
        self._empty.show_text(*_NO_RUN, "chart")
        if reader is not None:
            self.refresh()
            self._redraw_all()

    def refresh(self) -> None:
        """Take in what is new, and redraw one of the plots that it changes."""
        reader = self._reader
        if reader is None:
            return
        self._read(reader)
        self._show_state(reader.state())
        for column, smooth in self._smooth.items():
            if smooth.advance():
                self._mark(column)
        if self._dirty:
            panel = self._panels[self._dirty.pop(0)]
            panel.follow_data()
            panel.redraw()

    @property
    def behind(self) -> bool:
        """Whether a plot shows less than is known; each refresh redraws one."""
        return bool(self._dirty)

    def set_smoothing(self, window: int) -> None:
        """Average over about `window` steps back; 1 shows the raw values alone."""
        position = min(range(len(_WINDOWS)), key=lambda k: abs(_WINDOWS[k] - window))
        self._smoothing.setValue(position)

    def set_log(self, log: bool) -> None:
        """Switch values between linear and logarithmic; accuracy and R² stay linear."""
        self._log.setChecked(log)
        for panel in self._panels.values():
            panel.set_log(log and curves.kind_of(panel.panel.metric) not in ("accuracy", "r2"))

    def show_kept(self, steps: Sequence[int]) -> None:
        """Mark the steps after which the run has kept a state of itself."""
        self._kept = tuple(steps)
        for panel in self._panels.values():
            panel.kept.show_steps(self._kept)

    def reset_view(self) -> None:
        """Show the whole run again and follow it."""
        for panel in self._panels.values():
            panel.reset()

    def panels(self) -> tuple[MetricPanel, ...]:
        """The plots, from left to right."""
        return tuple(self._panels.values())

    def notice(self) -> str:
        """What the line above the plots says."""
        return self._notice.text()

    def empty_text(self) -> str:
        """What the empty state says; nothing while plots are shown."""
        return self._empty.title() if self._stack.currentWidget() is self._empty else ""

    def export(self, path: Path) -> None:
        """Write the plots as PNG or SVG, or all values as CSV, by the file's ending.

        A CSV file is written in a thread; `message` tells when it is there.
        """
        if path.suffix.lower() == ".csv":
            columns = dict(self._columns.series)
            self._writer.write(path, lambda: curves.csv_lines(columns))
            return
        try:
            write_picture(self.panels(), path, "Training curves")
        except (OSError, ValueError) as error:
            self.message.emit(str(error))
        else:
            self.message.emit(f"Saved {path.name}")

    def dispose(self) -> None:
        """Let go of the run and stop listening."""
        self.set_run(None)
        for panel in self._spare:
            panel.dispose()
        self._writer.dispose()

    def showEvent(self, event: QShowEvent) -> None:
        """What came while it was hidden is drawn at once."""
        super().showEvent(event)
        self._redraw_all()

    def _redraw_all(self) -> None:
        self._dirty = []
        for panel in self._panels.values():
            panel.follow_data()
            panel.redraw()

    def _read(self, reader: Reader) -> None:
        changed = []
        for name in reader.names():
            steps, values = reader.series(name)
            if len(values) and self._columns.follow(name, steps, values):
                changed.append(name)
        columns = tuple(self._columns.series)
        if columns != self._known:
            self._known = columns
            self._arrange()
        if changed:
            self._mark_epochs(reader)
        for column in changed:
            self._mark(column)

    def _arrange(self) -> None:
        for panel in curves.panels(self._known):
            if panel.metric in self._panels:
                self._panels[panel.metric].set_panel(panel, self._columns.series)
            else:
                self._panels[panel.metric] = self._new_panel(panel)
        order = [p.metric for p in curves.panels(self._known)]
        self._panels = {metric: self._panels[metric] for metric in order}
        for place, panel in enumerate(self._panels.values()):
            self._grid.addWidget(panel, place // _COLUMNS, place % _COLUMNS)
        lines = -(-len(self._panels) // _COLUMNS)
        for line in range(self._grid.rowCount()):
            # Two lines share what room there is; more of them are scrolled.
            high = _LINE if line < lines and lines > 2 else 0
            self._grid.setRowMinimumHeight(line, scale.px(high))
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, int(column < len(self._panels)))
        self._smoothing_changed()
        self.set_log(self._log.isChecked())
        if self._panels:
            self._stack.setCurrentWidget(self._page)
        self._dirty = list(self._panels)

    def prepare(self) -> bool:
        """Make one plot ahead of its use; whether there are more to be made."""
        if len(self._spare) < _AHEAD:
            self._spare.append(self._made(_NOTHING))
        return len(self._spare) < _AHEAD

    def _made(self, panel: curves.Panel) -> MetricPanel:
        made = MetricPanel(panel, parent=self._page)
        made.hide()
        made.step_hovered.connect(self._show_crosshair)
        made.view_changed.connect(self._link_views)
        made.reset_requested.connect(self.reset_view)
        return made

    def _new_panel(self, panel: curves.Panel) -> MetricPanel:
        made = self._spare.pop(0) if self._spare else self._made(panel)
        made.reuse(panel)
        made.set_panel(panel, self._columns.series)
        made.kept.show_steps(self._kept)
        made.show()
        return made

    def _mark(self, column: str) -> None:
        for metric, panel in self._panels.items():
            if column in panel.items_by_column and metric not in self._dirty:
                self._dirty.append(metric)

    def _mark_epochs(self, reader: Reader) -> None:
        state = reader.state()
        sparse = [s for n, s in self._columns.series.items() if n.startswith(("val_", "fit_"))]
        ends = max(sparse, key=len).steps if sparse else np.zeros(0, dtype=np.int64)
        length = state.steps_per_epoch
        epochs = curves.Epochs.from_steps(ends, float(length) if length else None)
        self._planned = state.planned_steps
        for panel in self._panels.values():
            panel.set_epochs(epochs)
            panel.end = self._end(state)

    def _end(self, state: State) -> float | None:
        """Where the axis of steps ends: with the plan, after a run with its last step."""
        if state.status in _OVER:
            return float(state.step) or None
        return self._planned or None

    def _smoothing_changed(self) -> None:
        window = _WINDOWS[self._smoothing.value()]
        unit = "step" if window == 1 else "steps"
        self._window_label.setText("no smoothing" if window == 1 else f"smoothing {window} {unit}")
        for column in self._columns.series:
            if column.startswith("train_"):
                self._set_smooth(column)

    def _set_smooth(self, column: str) -> None:
        window = _WINDOWS[self._smoothing.value()]
        smooth = None
        self._smooth.pop(column, None)
        if window > 1:
            smooth = SmoothedSeries(self._columns.series[column], 1 - 1 / window)
            smooth.advance()
            self._smooth[column] = smooth
        for panel in self._panels.values():
            if column in panel.items_by_column:
                panel.set_smoothing(column, smooth)

    def _show_state(self, state: State) -> None:
        if state.status == self._status:
            return
        self._status = state.status
        reason = " ".join(state.reason.split())
        if state.status in _BAD:
            word = "Training failed" if state.status == "failed" else "The training process is gone"
            text = f"{word} at step {state.step}" + (f": {reason}" if reason else ".")
            self._notice.show_text(
                text, _BAD[state.status], "bad" if state.status == "failed" else "warning"
            )
            self._empty.show_text(
                f"{word} before the first step", reason, _BAD[state.status], "bad"
            )
            for panel in self._panels.values():
                panel.mark.show_at(
                    state.step, "failed here" if state.status == "failed" else "lost here"
                )
        else:
            self._notice.clear()
            for panel in self._panels.values():
                panel.mark.show_at(None)
        for panel in self._panels.values():
            panel.end = self._end(state)
            if state.status in _OVER:
                panel.follow_data(fit=True)
        self._dirty = list(self._panels)

    def _show_crosshair(self, step: int | None) -> None:
        for panel in self._panels.values():
            panel.crosshair.show_at(step)

    def _link_views(self, steps: tuple[float, float]) -> None:
        sender = self.sender()
        if isinstance(sender, MetricPanel) and sender.follows:
            return
        for panel in self._panels.values():
            if panel is not sender and tuple(panel.view.viewRange()[0]) != steps:
                panel.show_steps(*steps)

    def _ask_and_export(self, kind: str) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self,
            f"Save the curves as {kind}",
            f"curves.{kind.lower()}",
            f"{kind} (*.{kind.lower()})",
        )
        if name:
            path = Path(name)
            self.export(path if path.suffix else path.with_suffix(f".{kind.lower()}"))

    def _written(self, path: Path, error: str) -> None:
        self.message.emit(error or f"Saved {path.name}")
