"""Who hears of what happens in a document, and in which order.

Owns the listeners and the events that wait for them. One that fails keeps no other from hearing.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable

from nnstudio.document.events import Event

Listener = Callable[[Event], None]


class Listeners:
    """All who listen; an event that a listener causes is told when the present one is done."""

    def __init__(self) -> None:
        self._all: list[Listener] = []
        self._waiting: deque[Event] = deque()
        self._telling = False

    def __len__(self) -> int:
        return len(self._all)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with every event from now on; the returned call ends that."""
        self._all.append(listener)

        def remove() -> None:
            if listener in self._all:
                self._all.remove(listener)

        return remove

    def tell(self, events: Iterable[Event]) -> None:
        """Tell everybody of these events, after those that wait already."""
        self._waiting.extend(events)
        if self._telling:
            return
        self._telling = True
        try:
            while self._waiting:
                event = self._waiting.popleft()
                for listener in tuple(self._all):
                    try:
                        listener(event)
                    except Exception as error:
                        # The step is done; one broken part must not keep the others from hearing of
                        # it.
                        sys.excepthook(type(error), error, error.__traceback__)
        finally:
            self._telling = False
