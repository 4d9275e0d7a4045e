"""One fetch as the window sees it: begun, asked after, given up; its bar, words and Cancel.

The worker fetches; nothing is fetched unless somebody calls `begin`. It does not know what is done
with what came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from nnstudio.panels.text import label, size

Request = Callable[[str, dict[str, Any], Callable[[Any], None], Callable[[str], None]], None]
ASK_AFTER = 200
"""Milliseconds between two questions how far a fetch is."""
LOST = "The worker took up a run before all had come. Fetch it once more."


class FetchLine(QWidget):
    """Shows a fetch while it is under way, and why one failed; hidden else."""

    came = Signal(object)
    """All is there: the last state of the fetch."""
    busy_changed = Signal(bool)
    """Whether a fetch is under way."""

    def __init__(self, request: Request, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request = request
        self._number: int | None = None
        """Of the fetch that is watched; 0 until the worker has told it."""
        self.progress = QProgressBar()
        self.progress.setObjectName(f"{name}_fetched")
        self.progress.setAccessibleName("Fetching")
        self.progress.setTextVisible(False)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setObjectName(f"{name}_fetch_cancel")
        self.cancel_button.setAccessibleName("Cancel fetching")
        self.cancel_button.setToolTip("Give up the fetch; what was there before stays")
        self.cancel_button.clicked.connect(self.cancel)
        self.told = label("", "muted", f"{name}_fetch_told")
        self._timer = QTimer(self)
        self._timer.setInterval(ASK_AFTER)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self._ask("download_state"))
        self._line = QWidget()
        line = QHBoxLayout(self._line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.progress, 1)
        line.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._line)
        column.addWidget(self.told)
        self._line.hide()
        self.told.hide()
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether a fetch is under way."""
        return self._number is not None

    def begin(self, payload: dict[str, Any]) -> None:
        """Have the worker fetch a set (`name`) or a table (`table`)."""
        if self.busy:
            return
        self._number = 0
        self.progress.setRange(0, 0)
        self.say("Connecting…")
        self._line.show()
        self.busy_changed.emit(True)
        self._request("download", payload, self._heard, self._failed)

    def cancel(self) -> None:
        """Give it up."""
        if self.busy:
            self._timer.stop()
            self._ask("download_cancel")

    def dispose(self) -> None:
        """Ask for nothing more; what is under way is given up."""
        self._timer.stop()
        if self.busy:
            self._number = None
            self._request("download_cancel", {}, lambda _: None, lambda _: None)

    def say(self, text: str, role: str = "muted") -> None:
        """Words below the bar; none hides them."""
        self.told.setText(text)
        self.told.setVisible(bool(text))
        self.setVisible(bool(text) or self.busy)

    def _ask(self, kind: str) -> None:
        self._request(kind, {}, self._heard, self._failed)

    def _heard(self, state: Any) -> None:
        if not self.busy or not isinstance(state, dict):
            return
        number = state.get("number")
        if self._number and number != self._number:
            self._failed(LOST)
            return
        self._number = number if isinstance(number, int) else 0
        if state.get("under_way"):
            self._show(state)
            self._timer.start()
        elif state.get("cancelled"):
            self._end("Cancelled. What was there before is as it was.")
        elif error := str(state.get("error") or ""):
            self._failed(error)
        elif state.get("folder") or state.get("path"):
            self._end("")
            self.came.emit(state)
        else:
            self._failed(LOST)

    def _show(self, state: dict[str, Any]) -> None:
        come, total = (
            value if isinstance(value := state.get(name), int) else 0 for name in ("come", "total")
        )
        known = total > 0
        self.progress.setRange(0, 1000 if known else 0)
        if known:
            self.progress.setValue(min(1000 * come // total, 1000))
        far = f": {size(come)}" + (f" of {size(total)}" if known else "") if come else ""
        self.say(f"{state.get('file') or 'Connecting'} from {state.get('address')}{far}")

    def _failed(self, text: str) -> None:
        self._end(text)

    def _end(self, text: str) -> None:
        self._timer.stop()
        was, self._number = self.busy, None
        self._line.hide()
        self.say(text)
        if was:
            self.busy_changed.emit(False)
