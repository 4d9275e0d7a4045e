"""Where things are: a coarse grid that answers "what is here?" without asking every item.

Plain numbers, no Qt. A rectangle is `(left, top, right, bottom)` in canvas units.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import floor
from typing import Generic, TypeVar

Box = tuple[float, float, float, float]
Key = TypeVar("Key")

CELL = 320.0
MOST_CELLS = 400
"""What covers more cells than this is kept in a list of its own."""


def touches(one: Box, two: Box) -> bool:
    """Whether two boxes share a point."""
    return one[0] <= two[2] and two[0] <= one[2] and one[1] <= two[3] and two[1] <= one[3]


def union(boxes: list[Box]) -> Box:
    """The smallest box around boxes; there must be one."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


class Spatial(Generic[Key]):
    """Keys with a box each, found by place."""

    def __init__(self) -> None:
        self._boxes: dict[Key, Box] = {}
        self._cells: dict[tuple[int, int], dict[Key, None]] = {}
        self._large: dict[Key, None] = {}

    def put(self, key: Key, box: Box) -> None:
        """Add a key, or give it another box."""
        before = self._boxes.get(key)
        if before == box:
            return
        if before is not None:
            self.remove(key)
        self._boxes[key] = box
        cells = self._covered(box)
        if cells is None:
            self._large[key] = None
            return
        for cell in cells:
            self._cells.setdefault(cell, {})[key] = None

    def remove(self, key: Key) -> None:
        """Take a key out; nothing happens where it is not in."""
        box = self._boxes.pop(key, None)
        if box is None:
            return
        cells = self._covered(box)
        if cells is None:
            del self._large[key]
            return
        for cell in cells:
            held = self._cells[cell]
            del held[key]
            if not held:
                del self._cells[cell]

    def box(self, key: Key) -> Box | None:
        """A key's box."""
        return self._boxes.get(key)

    def within(self, box: Box) -> list[Key]:
        """All keys whose boxes touch `box`, in no order that means anything."""
        cells = self._covered(box)
        if cells is None:
            return [key for key, own in self._boxes.items() if touches(own, box)]
        found: dict[Key, None] = dict(self._large)
        for cell in cells:
            held = self._cells.get(cell)
            if held:
                found.update(held)
        return [key for key in found if touches(self._boxes[key], box)]

    def items(self) -> Iterator[tuple[Key, Box]]:
        """Every key with its box."""
        yield from self._boxes.items()

    def bounds(self) -> Box | None:
        """The box around everything; None where there is nothing."""
        return union(list(self._boxes.values())) if self._boxes else None

    def __len__(self) -> int:
        return len(self._boxes)

    @staticmethod
    def _covered(box: Box) -> list[tuple[int, int]] | None:
        left, top = floor(box[0] / CELL), floor(box[1] / CELL)
        right, bottom = floor(box[2] / CELL), floor(box[3] / CELL)
        if (right - left + 1) * (bottom - top + 1) > MOST_CELLS:
            return None
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
