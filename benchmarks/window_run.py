"""The real window training a template with its plots in view. Run as a script; prints JSON.

`window_run.py TEMPLATE HIDDEN EPOCHS` gives the run directory and how late a 10 ms timer was.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from nnstudio.app.launch import open_window

INTERVAL = 10
LIMIT = 300


class Session:
    """Opens the template, presses Run, measures until the run has ended."""

    def __init__(self, target: str, hidden: int, epochs: int) -> None:
        self.hidden, self.epochs = hidden, epochs
        self.late: list[float] = []
        self.window = open_window(QApplication.instance(), target)
        self.window.resize(1366, 768)
        self.window.editor_ready.connect(self.prepare)
        self.window.show()
        self.started = time.perf_counter()
        self.last = 0.0
        self.timer = QTimer()
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.setInterval(INTERVAL)
        self.timer.timeout.connect(self.tick)
        QTimer.singleShot(LIMIT * 1000, lambda: sys.exit(f"no end within {LIMIT} seconds"))

    def prepare(self) -> None:
        """Set units and epochs; give the warm worker time to load, as a person would."""
        from nnstudio.document import steps

        document = self.window.editor.document
        hidden = replace(document.project.variables["hidden"], value=self.hidden)
        document.do(steps.set_variable(document, hidden))
        document.do(steps.set_stage(document, "epochs", self.epochs))
        QTimer.singleShot(8000, self.run)

    def run(self) -> None:
        """Press Run."""
        control = self.window.editor.run
        control.progressed.connect(self.begin)
        control.ended.connect(self.finish)
        control.toggle()

    def begin(self) -> None:
        """Start the clock with the first progress."""
        if not self.timer.isActive():
            self.last = time.perf_counter()
            self.timer.start()

    def tick(self) -> None:
        """How much later than asked for this call came, in milliseconds."""
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self.last) * 1e3 - INTERVAL))
        self.last = now

    def finish(self) -> None:
        """Print what was found and leave."""
        self.timer.stop()
        late = sorted(self.late) or [0.0]
        found = {
            "run": str(self.window.editor.run.path),
            "ticks": len(self.late),
            "p99": late[int(len(late) * 0.99) - 1],
            "max": late[-1],
        }
        print(json.dumps(found), flush=True)
        self.window.close_at_once()
        QTimer.singleShot(200, QApplication.quit)


app = QApplication(sys.argv)
session = Session(f"template:{sys.argv[1]}", int(sys.argv[2]), int(sys.argv[3]))
app.exec()
