"""Tidies a large drawing beside the window: in a thread of its own, to be given up at any time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QObject, QThread

from nnstudio.canvas import arranging
from nnstudio.canvas.arranging import Box, Place, Way


class Tidying(QThread):
    """One layout being worked out; knows neither scene nor document."""

    def __init__(
        self,
        boxes: Mapping[str, Box],
        wires: Sequence[tuple[str, str]],
        groups: Mapping[str, Collection[str]],
        way: Way,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._given = (boxes, wires, groups, way)
        self.places: dict[str, Place] = {}
        """Where the nodes go; empty until it has ended."""

    def run(self) -> None:
        self.places = arranging.tidy(*self._given)
