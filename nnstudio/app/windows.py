"""All windows of the program: opening more, finding a file's, quitting, the session.

What the windows show is kept while they are open and when the last one is closed, so that the next
start can bring it back. Qt and the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from nnstudio.app import session
from nnstudio.app.session import WindowState, read_session, state_of, write_session
from nnstudio.app.settings import Settings
from nnstudio.app.window import Window

KEEP = 5000
"""Milliseconds between two times at which what the windows show is kept."""
ASIDE = 32
"""Pixels by which a further window stands beside the one before."""


class Windows(QObject):
    """The windows of one process; they share the settings."""

    all_closed = Signal()

    def __init__(self, settings: Settings, launch: Callable[[Window, str | None], object]) -> None:
        super().__init__()
        self.settings, self._launch = settings, launch
        self.open: list[Window] = []
        self.last_session: tuple[WindowState, ...] = ()
        """The windows of last time, until they were brought back or declined."""
        self._kept: tuple[WindowState, ...] | None = None
        self._quitting = False
        self._clock = QTimer(self)
        self._clock.setObjectName("session clock")
        self._clock.setInterval(KEEP)
        self._clock.timeout.connect(self.keep)

    def add(self, target: str | None = None, state: WindowState | None = None) -> Window:
        """Another window, not shown yet, on a file or `template:ID`, or on the start page."""
        words = f"Opening {_short(target)}…" if target else ""
        window = Window(self.settings, words, self)
        window.returning = state
        if state is not None and state.geometry:
            window.restoreGeometry(session.as_bytes(state.geometry))
        elif self.open:
            window.move(self.open[-1].pos().x() + ASIDE, self.open[-1].pos().y() + ASIDE)
            window.resize(self.open[-1].size())
        self.open.append(window)
        window.closed.connect(lambda: self._closed(window))
        self._launch(window, target)
        self._clock.start()
        return window

    def new(self, target: str | None = None, state: WindowState | None = None) -> Window:
        """Another window, shown."""
        window = self.add(target, state)
        window.show()
        window.activateWindow()
        return window

    def showing(self, path: Path, but: Window | None = None) -> Window | None:
        """The window that shows a file, besides `but`; one that is opening it counts."""
        wanted = path.resolve()
        others = (one for one in self.open if one is not but)
        return next((one for one in others if one.shows(wanted)), None)

    # The session

    def keep(self) -> None:
        """Keep what the windows show, if it has changed."""
        if self._quitting:
            return
        states = tuple(state for state in map(state_of, self.open) if state.target)
        if self.last_session and not states:
            return  # the question about last time's windows has not been answered
        if states != self._kept:
            self._kept = states
            write_session(states)

    def read_last(self) -> None:
        """See what was open last time; for the start without a file."""
        if self.settings.session != "never":
            self.last_session = read_session()

    def offer(self, first: Window) -> None:
        """Open the windows of last time, or ask whether to, as the settings say."""
        if not self.last_session:
            return
        if self.settings.session == "always":
            self.bring_back(first)
        else:
            first.start.offer_session([state.name for state in self.last_session])

    def bring_back(self, first: Window) -> None:
        """Open the windows of last time, the first one in `first`; what is missing is told."""
        states, self.last_session = self.last_session, ()
        missing = [one for one in states if one.is_file and not Path(one.target).exists()]
        for state in states:
            if state in missing:
                continue
            if first.editor is None and first.returning is None:
                first.come_back(state)
            else:
                self.new(state.target, state)
        if missing:
            first.start.tell_missing([state.target for state in missing])

    def decline_last(self) -> None:
        """The windows of last time are not wanted."""
        self.last_session = ()
        self.keep()

    # Ending

    def quit(self) -> None:
        """Close all windows; each asks about what would be lost, and one "Cancel" ends it."""
        if len(self.open) > 1 and self.settings.asks("quit"):
            self._ask_about_quitting()
        else:
            self._quit()

    def _ask_about_quitting(self) -> None:
        from nnstudio.app.questions import ask

        front = next((one for one in self.open if one.isActiveWindow()), self.open[-1])
        ask(
            front,
            "quit_question",
            f"Close all {len(self.open)} windows?",
            "Changes that are not saved are asked about, window by window.",
            (("quit", "Close all", "yes"), ("cancel", "Cancel", "cancel")),
            lambda answer: self._quit() if answer == "quit" else None,
            lambda: self.settings.set_asked("quit", False),
        )

    def _quit(self) -> None:
        self.keep()
        self._quitting = True
        self._close_next(list(self.open))

    def _close_next(self, waiting: Iterable[Window]) -> None:
        left = [one for one in waiting if one in self.open]
        if not left or not self._quitting:
            return
        window = left[0]
        window.closed.connect(lambda: QTimer.singleShot(0, self, lambda: self._close_next(left)))
        window.close_cancelled.connect(self._stay)
        window.close()

    def _stay(self) -> None:
        """A person wants to go on."""
        self._quitting = False

    def close_at_once(self) -> None:
        """Close all without questions: what is not saved stays recoverable, runs go on."""
        self.keep()
        self._quitting = True
        for window in list(self.open):
            window.close_at_once()

    def before_closing(self) -> None:
        """A window is about to go; the last one is what comes back."""
        if len(self.open) == 1:
            self.keep()
            self._quitting = True

    def _closed(self, window: Window) -> None:
        if window in self.open:
            self.open.remove(window)
        if not self.open:
            self._clock.stop()
            self.all_closed.emit()
            return
        window.deleteLater()
        if not self._quitting:
            self.keep()


def activate(window: Window) -> None:
    """Bring a window to the front."""
    if window.isMinimized():
        window.showNormal()
    window.raise_()
    window.activateWindow()
    QApplication.alert(window)


def _short(target: str) -> str:
    return target.removeprefix("template:") if target.startswith("template:") else Path(target).name
