"""What refers to itself in a circle is never destroyed on a worker's thread."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer


class Circle:
    """Holds itself, so that only a collection can end it; notes the thread on which it ends."""

    def __init__(self, ended: list[str]) -> None:
        self.me = self
        weakref.finalize(self, lambda: ended.append(threading.current_thread().name))


def allocate_much() -> None:
    """Enough to make Python collect on this thread, were it to."""
    for _ in range(20_000):
        held: list[Any] = []
        held.append(held)


def test_circles_end_on_the_qt_thread_while_a_window_is_open(opened: Callable[..., Any]) -> None:
    hand = opened("template:perceptron")
    assert not gc.isenabled()
    ended: list[str] = []
    Circle(ended)
    worker = threading.Thread(target=allocate_much, name="some worker")
    worker.start()
    worker.join()
    assert ended == []
    hand.until(lambda: ended)
    assert ended == ["MainThread"]
    hand.window.close_at_once()
    assert gc.isenabled()


def test_a_forgotten_timer_does_not_take_the_window_along(opened: Callable[..., Any]) -> None:
    """A running timer in a circle that is let go while threads work."""
    hand = opened("template:perceptron")

    class Holder(QObject):
        def __init__(self) -> None:
            super().__init__()
            self.me = self
            self.timer = QTimer()
            self.timer.start(1)

    for _ in range(5):
        Holder()
        worker = threading.Thread(target=allocate_much)
        worker.start()
        worker.join()
        hand.qtbot.wait(20)
    assert hand.window.isVisible()
