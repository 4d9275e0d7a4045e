"""The talk with the worker about a run in use: one question at a time, the newest counts.

Owns what is on its way: an answer that nobody waits for any more is passed over, and a text that is
being written ends when it is told to.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

Request = Callable[[str, dict[str, Any], Callable[[Any], None], Callable[[str], None]], None]
Done = Callable[[dict[str, Any]], None]
Failed = Callable[[str], None]
DELAY = 120
"""Milliseconds that a change may be followed by another one before the question goes out."""


class Talk(QObject):
    """Questions, and the signals that bring their answers."""

    answered = Signal(object)
    began = Signal(object)
    """A text has begun; its pieces follow."""
    wrote = Signal(str)
    ended = Signal()
    """The text is complete."""
    refused = Signal(str)

    def __init__(self, request: Request, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._request = request
        self._turn = 0
        """Counts up with every question; answers to earlier ones are passed over."""
        self._out = False
        """Whether a question of the kind that follows the input is on its way."""
        self._next: dict[str, Any] | None = None
        self._waits = False
        self._text: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY)
        self._timer.timeout.connect(self._send)

    @property
    def is_busy(self) -> bool:
        """Whether an answer that was asked for is on its way, or a text is being written."""
        return self._waits or self._text is not None

    @property
    def is_writing(self) -> bool:
        """Whether a text is being written."""
        return self._text is not None

    def dispose(self) -> None:
        """Ask for nothing more, and hear no late answer."""
        self.forget()

    def forget(self) -> None:
        """Wait for nothing any more; a text ends here."""
        self._timer.stop()
        self._turn += 1
        self._next, self._waits = None, False
        if self._text is not None:
            number, self._text = self._text, None
            self._request("use_stop", {"number": number}, _ignored, _ignored)

    def describe(self, run: Path, done: Done, failed: Failed) -> None:
        """Ask what can be done with a run."""
        self.forget()
        self._ask("use_describe", {"run": str(run)}, done, failed)

    def example(self, run: Path, weights: str, number: int, done: Done, failed: Failed) -> None:
        """Ask for a row that was not learned from."""
        payload = {"run": str(run), "weights": weights, "example": number}
        self._ask("use_example", payload, done, failed)

    def ask_soon(self, question: dict[str, Any]) -> None:
        """Ask when the input has been quiet for a moment, and the answer before is there."""
        self._next = question
        self._timer.start()

    def ask(self, question: dict[str, Any]) -> None:
        """Ask now; what was asked before is forgotten."""
        self.forget()
        self._waits = True
        self._ask("use", question, self._got, self._failed)

    def write(self, question: dict[str, Any]) -> None:
        """Have a text written, piece by piece."""
        self.forget()
        self._waits = True
        self._ask("use_begin", question, self._begin, self._failed)

    def _ask(self, kind: str, payload: dict[str, Any], done: Done, failed: Failed) -> None:
        turn = self._turn

        def answered(found: Any) -> None:
            if turn == self._turn:
                if isinstance(found, dict):
                    done(found)
                else:
                    failed("The answer came back in a form that cannot be read. Ask again.")
            elif kind == "use_begin" and isinstance(found, dict):
                # Stopped before it began: the worker need not go on.
                self._request("use_stop", {"number": found.get("number", 0)}, _ignored, _ignored)

        def refused(text: str) -> None:
            if turn == self._turn:
                failed(text)

        self._request(kind, payload, answered, refused)

    def _send(self) -> None:
        """Send the newest question, one at a time, so that none piles up."""
        if self._out or self._next is None:
            return
        question, self._next = self._next, None
        turn = self._turn
        self._out = True

        def settled(tell: Callable[[Any], None], found: Any) -> None:
            self._out = False
            if turn == self._turn:
                tell(found)
            if self._next is not None:
                self._timer.start()

        self._request(
            "use",
            question,
            lambda found: settled(self._got, found),
            lambda text: settled(self._failed, text),
        )

    def _got(self, found: Any) -> None:
        self._waits = False
        if isinstance(found, dict):
            self.answered.emit(found)
        else:
            self._failed("The answer came back in a form that cannot be read. Ask again.")

    def _failed(self, text: str) -> None:
        self._waits, self._text = False, None
        self.refused.emit(text)

    def _begin(self, found: dict[str, Any]) -> None:
        self._waits = False
        self._text = int(found.get("number", 0))
        self.began.emit(found)
        self._more()

    def _more(self) -> None:
        if self._text is not None:
            self._ask("use_more", {"number": self._text}, self._wrote, self._failed)

    def _wrote(self, found: dict[str, Any]) -> None:
        piece = found.get("text")
        if isinstance(piece, str) and piece:
            self.wrote.emit(piece)
        if found.get("done"):
            self._text = None
            self.ended.emit()
        else:
            self._more()


def _ignored(found: Any) -> None:
    """Nobody waits for this answer."""
