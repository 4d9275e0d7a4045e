"""What training will need, under the plan's summary: memory, the largest batch, time an epoch.

It is told what to show; that somebody wants steps to be timed, or no more, comes out as signals.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from nnstudio.panels.busy import BusyBar
from nnstudio.panels.text import label, spaced
from nnstudio.theme import style

TIME, CANCEL = "Time an epoch", "Cancel"


class ForecastLine(QWidget):
    """Two lines of words and a button."""

    time_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("forecast_line")
        self.setAccessibleName("Forecast")
        self._memory = label("", "muted", "forecast_memory")
        self._time = label("", "muted", "forecast_time")
        self._busy = BusyBar("forecast_busy", "Timing some steps")
        self._timing = False
        self.button = QPushButton(TIME)
        self.button.setObjectName("forecast_button")
        self.button.clicked.connect(self._clicked)
        words = QVBoxLayout()
        words.setSpacing(2)
        for one in (self._memory, self._time, self._busy):
            words.addWidget(one)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addLayout(words, 1)
        line.addWidget(self.button)
        self.show_memory("", False)
        self.show_time("")

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(filter(None, (self._memory.text(), self._time.text())))

    def show_memory(self, text: str, too_much: bool) -> None:
        """What training needs of memory; nothing hides the line."""
        self._memory.setText(spaced(text))
        style.role(self._memory, "bad" if too_much else "muted")
        self.setVisible(bool(text))
        self.button.setEnabled(not too_much)

    def show_time(self, text: str) -> None:
        """How long an epoch takes, or why that is not known."""
        self._timing = False
        self._show(text)

    def show_timing(self) -> None:
        """Some steps are being timed."""
        self._timing = True
        self._show("Timing some real steps; the project and its runs stay as they are.")

    def _show(self, text: str) -> None:
        self._time.setText(spaced(text))
        self._time.setVisible(bool(text))
        self._busy.setVisible(self._timing)
        self.button.setText(CANCEL if self._timing else TIME)
        self.button.setToolTip(
            "Stop timing" if self._timing else "Do some real steps, on data that are thrown away"
        )

    def _clicked(self) -> None:
        (self.cancel_wanted if self._timing else self.time_wanted).emit()
