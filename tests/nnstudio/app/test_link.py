"""Background work of the window: what is read again and again shows what was so last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nnstudio.app.link import Link


@pytest.fixture
def link(qtbot: Any) -> Iterator[Link]:
    one = Link()
    yield one
    one.close()


class Slow:
    """A value that is read slowly: each reading waits to be let go and tells its begin."""

    def __init__(self) -> None:
        self.value = 0
        self.began: list[int] = []
        self.gate = threading.Semaphore(0)

    def read(self) -> int:
        found = self.value
        self.began.append(found)
        assert self.gate.acquire(timeout=60)
        return found


def test_what_changes_during_a_look_is_looked_at_after_it(link: Link, qtbot: Any) -> None:
    slow, shown = Slow(), []

    def look() -> None:
        link.look("here", slow.read, shown.append)

    look()
    qtbot.waitUntil(lambda: slow.began == [0])
    for value in (1, 2, 3):
        slow.value = value
        look()
    slow.gate.release()
    qtbot.waitUntil(lambda: shown == [0])
    slow.gate.release()
    qtbot.waitUntil(lambda: shown == [0, 3])
    assert slow.began == [0, 3], "three wishes during one look are one look after it"


def test_a_look_that_fails_keeps_none_waiting(link: Link, qtbot: Any) -> None:
    slow, shown, failed = Slow(), [], []

    def fail() -> int:
        slow.read()
        raise OSError("the folder is gone")

    link.look("here", fail, shown.append, lambda error: failed.append(str(error)))
    qtbot.waitUntil(lambda: slow.began == [0])
    link.look("here", slow.read, shown.append)
    slow.gate.release(2)
    qtbot.waitUntil(lambda: shown == [0])
    assert failed == ["the folder is gone"]


def test_looks_about_different_things_do_not_wait_for_each_other(link: Link, qtbot: Any) -> None:
    slow, shown = Slow(), []
    link.look("here", slow.read, shown.append)
    qtbot.waitUntil(lambda: slow.began == [0])
    link.look("there", lambda: "there", shown.append)
    qtbot.waitUntil(lambda: shown == ["there"])
    slow.gate.release()
    qtbot.waitUntil(lambda: shown == ["there", 0])
