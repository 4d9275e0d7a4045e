"""SIGINT and SIGTERM close all windows at once; what is not saved stays recoverable."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSocketNotifier

if TYPE_CHECKING:
    from nnstudio.app.windows import Windows


class SignalWatch(QObject):
    """Python runs handlers only between its own instructions, so a socket wakes the event loop."""

    def __init__(self, windows: Windows) -> None:
        super().__init__(windows)
        self._windows = windows
        self._before: dict[int, Any] = {}
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, lambda *_: None)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)

    def _woken(self) -> None:
        try:
            numbers = self._read.recv(64)
        except OSError:
            return
        if any(number in (signal.SIGINT, signal.SIGTERM) for number in numbers):
            self._windows.close_at_once()

    def close(self) -> None:
        """Put the handlers back that were there before."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()
