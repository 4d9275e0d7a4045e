"""The panel of what a run has kept and of the runs that wait: two lists and what can be done.

It knows neither runs nor the queue: rows come in, what a person wants goes out as signals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.panels.flow import FlowLayout
from nnstudio.panels.tables import dress
from nnstudio.panels.text import label
from nnstudio.theme import scale, style

NONE_KEPT = "A run keeps states of itself, from which another can go on. None is there yet."
NONE_WAITS = "Runs that wait for their turn stand here. Each is frozen as it is when it is queued."
_ON = "A new run that goes on from this state exactly as this one did"
_FORK = "A new run of the drawing and plan as they are now, from these weights"
_LIVE = "The run goes on. Stop it first"
WIDE = 720
"""Pixels from which on the two lists stand side by side."""
LEAST = 84
"""How low a list may become."""


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A kept state: its name, what its columns say, and whether it can be removed."""

    name: str
    cells: tuple[str, ...]
    removable: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A run in the queue: its number, what its columns say, and whether it still waits."""

    number: int
    cells: tuple[str, ...]
    waits: bool


class RunsPanel(QWidget):
    """Kept checkpoints beside the queue, or above it where it is narrow."""

    fork_wanted = Signal(str, bool)
    """A checkpoint, and whether the drawing as it is now is to go on from it."""
    remove_wanted = Signal(str)
    keep_wanted = Signal(int)
    queue_wanted = Signal()
    """The project as it is now is to wait for its turn."""
    start_wanted = Signal()
    first_wanted = Signal(int)
    leave_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_panel")
        self.setAccessibleName("Runs")
        self._checkpoints: tuple[CheckpointRow, ...] = ()
        self._queue: tuple[QueueRow, ...] = ()
        self._may_start, self._rests = False, True
        page = QWidget()
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, page)
        self._line.setContentsMargins(12, 8, 12, 8)
        self._line.setSpacing(16)
        self._line.addWidget(self._kept_part(), 1)
        self._line.addWidget(self._queue_part(), 1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.show_checkpoints((), 20)
        self.show_queue((), may_queue="", may_start=False)

    def _kept_part(self) -> QWidget:
        self.kept = _table("kept_table", "Kept checkpoints", ("Steps done", "Loss", "Size"))
        self.kept.itemSelectionChanged.connect(self._follow)
        self._kept_none = label(NONE_KEPT, "muted", "kept_none")
        self.on = self._button("Go on from here", "fork_same", lambda: self._fork(False))
        self.fork = self._button("Fork with the drawing", "fork_changed", lambda: self._fork(True))
        self.fork.setToolTip(
            "A new run of the drawing and plan as they are now, from these weights"
        )
        self.remove = self._button("Remove", "remove_checkpoint", self._remove)
        self.keep = QSpinBox()
        self.keep.setObjectName("keep_count")
        self.keep.setAccessibleName("How many checkpoints this run keeps")
        self.keep.setRange(3, 1000)
        self.keep.setKeyboardTracking(False)
        self.keep.setPrefix("keep ")
        self.keep.findChild(QLineEdit).setTextMargins(6, 0, 0, 0)
        self.keep.setToolTip(
            "How many this run keeps beside the best; the newest three always stay"
        )
        self.keep.valueChanged.connect(self.keep_wanted)
        _Keys(self.kept, self._remove, lambda: self._fork(False))
        buttons = (self.on, self.fork, self.remove, self.keep)
        return _part("Kept checkpoints", self._kept_none, self.kept, buttons)

    def _queue_part(self) -> QWidget:
        self.queue = _table("queue_table", "Runs that wait", ("Run", "Epochs", "State"))
        self.queue.itemSelectionChanged.connect(self._follow)
        self._queue_none = label(NONE_WAITS, "muted", "queue_none")
        self.add = self._button("Queue this project", "queue_project", self.queue_wanted.emit)
        self.start = self._button("Start now", "queue_start", self.start_wanted.emit)
        self.first = self._button("Next", "queue_first", self._first)
        self.first.setToolTip("Let the chosen run be the next")
        self.leave = self._button("Remove", "queue_remove", self._leave)
        _Keys(self.queue, self._leave, self._first)
        buttons = (self.add, self.start, self.first, self.leave)
        return _part("Queue", self._queue_none, self.queue, buttons)

    def _button(self, text: str, name: str, does: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(lambda: does())
        return button

    def show_rest(self, rests: bool) -> None:
        """Whether the run at hand rests, so that another can begin where it stood."""
        self._rests = rests
        self._follow()

    def show_checkpoints(self, rows: Sequence[CheckpointRow], keep: int) -> None:
        """What the run at hand has kept, and how many it keeps."""
        if tuple(rows) != self._checkpoints:
            self._checkpoints = tuple(rows)
            _fill(self.kept, [row.cells for row in rows])
        self._kept_none.setVisible(not rows)
        self.kept.setVisible(bool(rows))
        self.keep.setVisible(bool(rows))
        if not self.keep.hasFocus():
            self.keep.blockSignals(True)
            self.keep.setValue(keep)
            self.keep.blockSignals(False)
        self._follow()

    def show_queue(self, rows: Sequence[QueueRow], may_queue: str, may_start: bool) -> None:
        """What waits; `may_queue` says why the project cannot be queued, `may_start` whether the
        next could begin now."""
        if tuple(rows) != self._queue:
            self._queue = tuple(rows)
            _fill(self.queue, [row.cells for row in rows])
        self._queue_none.setVisible(not rows)
        self.queue.setVisible(bool(rows))
        self.add.setEnabled(not may_queue)
        self.add.setToolTip(may_queue or "Freeze the project as it is into a run that waits")
        self._may_start = may_start
        self._follow()

    def _follow(self) -> None:
        """What can be done with the chosen rows."""
        kept, waiting = self._chosen_kept(), self._chosen_waiting()
        best = kept is not None and kept.name == "best"
        self.on.setEnabled(kept is not None and not best and self._rests)
        self.on.setToolTip(_ON if self._rests else _LIVE)
        self.fork.setEnabled(kept is not None and self._rests)
        self.fork.setToolTip(_FORK if self._rests else _LIVE)
        self.remove.setEnabled(kept is not None and kept.removable)
        self.remove.setToolTip(
            "Remove this checkpoint (Del)"
            if kept is None or kept.removable
            else "The newest, from which the run goes on, and the best stay"
        )
        self.first.setEnabled(waiting is not None and waiting.waits)
        self.leave.setEnabled(waiting is not None and waiting.waits)
        self.leave.setToolTip("Take the chosen run out of the queue (Del); its folder stays")
        waits = any(row.waits for row in self._queue)
        self.start.setEnabled(waits and self._may_start)
        self.start.setToolTip(
            "Begin with the first that waits"
            if self._may_start or not waits
            else "A run goes on; the next begins by itself when it is done"
        )

    def _chosen_kept(self) -> CheckpointRow | None:
        place = self.kept.currentRow() if self.kept.selectedItems() else -1
        return self._checkpoints[place] if 0 <= place < len(self._checkpoints) else None

    def _chosen_waiting(self) -> QueueRow | None:
        place = self.queue.currentRow() if self.queue.selectedItems() else -1
        return self._queue[place] if 0 <= place < len(self._queue) else None

    def _fork(self, changed: bool) -> None:
        row = self._chosen_kept()
        if row is not None and self._rests and (changed or row.name != "best"):
            self.fork_wanted.emit(row.name, changed)

    def _remove(self) -> None:
        row = self._chosen_kept()
        if row is not None and row.removable:
            self.remove_wanted.emit(row.name)

    def _first(self) -> None:
        row = self._chosen_waiting()
        if row is not None and row.waits:
            self.first_wanted.emit(row.number)

    def _leave(self) -> None:
        row = self._chosen_waiting()
        if row is not None and row.waits:
            self.leave_wanted.emit(row.number)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._line.setDirection(across if wide else down)


class _Keys(QObject):
    """Delete and Enter on a list."""

    def __init__(
        self, table: QTableWidget, delete: Callable[[], None], enter: Callable[[], None]
    ) -> None:
        super().__init__(table)
        self._does = {
            Qt.Key.Key_Delete: delete, Qt.Key.Key_Return: enter, Qt.Key.Key_Enter: enter,
        }  # fmt: skip
        table.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            does = self._does.get(Qt.Key(event.key()))
            if does is not None and not event.modifiers():
                does()
                return True
        return super().eventFilter(watched, event)


class _Table(QTableWidget):
    """A list that asks for little height and takes what there is."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), scale.px(LEAST))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), scale.px(LEAST))


def _table(name: str, title: str, heads: Sequence[str]) -> QTableWidget:
    table = _Table(0, len(heads))
    dress(table, name, title)
    table.setHorizontalHeaderLabels(list(heads))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column in range(1, len(heads)):
        table.horizontalHeader().setSectionResizeMode(
            column, QHeaderView.ResizeMode.ResizeToContents
        )
    table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    return table


def _fill(table: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    """Write the rows; the one that was chosen stays chosen by its first words."""
    chosen = table.item(table.currentRow(), 0) if table.selectedItems() else None
    words = chosen.text() if chosen is not None else ""
    table.blockSignals(True)
    table.setRowCount(len(rows))
    for place, cells in enumerate(rows):
        for column, text in enumerate(cells):
            table.setItem(place, column, QTableWidgetItem(text))
    table.clearSelection()
    table.blockSignals(False)
    for place, cells in enumerate(rows):
        if words and cells[0] == words:
            table.selectRow(place)


def _part(title: str, none: QWidget, table: QTableWidget, buttons: Sequence[QWidget]) -> QWidget:
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    heading = label(title)
    style.role(heading, "section")
    column.addWidget(heading)
    column.addWidget(none)
    column.addWidget(table, 1)
    below = QWidget()
    flow = FlowLayout(below)
    for button in buttons:
        flow.addWidget(button)
    column.addWidget(below)
    column.addStretch(0)
    return part
