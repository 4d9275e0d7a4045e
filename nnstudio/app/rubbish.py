"""Garbage is collected on the Qt thread only, for as long as a window is open.

Python collects what refers to itself in circles on whichever thread allocates next. A widget or a
timer in such a circle would then be destroyed on a worker's thread, which Qt forbids: a timer that
is not taken off its own thread's list fires into freed memory. So automatic collection rests while
there are windows, and a timer on their thread does the work.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from nnstudio.app.window import Window

PAUSE = 100
"""Milliseconds between two looks."""
FULL_PAUSE = 60.0
"""Seconds between two collections of everything: they take longer than a frame."""

_windows: set[int] = set()
_timer: QTimer | None = None
_last_full = 0.0


def collect_here(window: Window) -> None:
    """From now until this window closes, collect on the thread that calls this."""
    global _timer
    key = id(window)
    if not _windows:
        gc.disable()
        _timer = QTimer()
        _timer.setInterval(PAUSE)
        _timer.timeout.connect(_look)
        _timer.start()
    _windows.add(key)
    window.closed.connect(lambda: _gone(key))


def _gone(key: int) -> None:
    global _timer
    _windows.discard(key)
    if not _windows and _timer is not None:
        _timer.stop()
        _timer = None
        gc.enable()


def _look() -> None:
    """Do what Python's own rule would have done by now."""
    global _last_full
    counts, limits = gc.get_count(), gc.get_threshold()
    if counts[2] > limits[2] and time.monotonic() - _last_full > FULL_PAUSE:
        gc.collect(2)
        _last_full = time.monotonic()
    elif counts[1] > limits[1]:
        gc.collect(1)
    elif counts[0] > limits[0]:
        gc.collect(0)
