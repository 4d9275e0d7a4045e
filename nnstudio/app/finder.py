"""Find in all drawings: joins the box that is typed into, what is found, and the canvases.

Owns what was looked for last, so that F3 goes on after the box is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from nnstudio.app import trail as ways
from nnstudio.app.find_box import FindBox, Line
from nnstudio.document.finding import Found, find
from nnstudio.theme.tokens import GLYPHS

if TYPE_CHECKING:
    from nnstudio.app.drawings import Drawings
    from nnstudio.document.document import Document

ICONS = {"frame": "layers", "note": "edit", "drawing": "block"}
BETWEEN = " › "


class Finder(QObject):
    """The search of one editor."""

    def __init__(self, document: Document, drawings: Drawings) -> None:
        super().__init__(drawings)
        self._document, self._drawings = document, drawings
        self.text = ""
        self.found: tuple[Found, ...] = ()
        self.at = 0
        self.box: FindBox | None = None

    def open(self) -> None:
        """Show the box; what was looked for last stands there to be typed over."""
        box = self.box
        if box is None:
            box = self.box = FindBox(self._drawings)
            box.typed.connect(self._typed)
            box.chosen.connect(self._chosen)
            box.stepped.connect(self.step)
            box.closed.connect(self._closed)
        self._look()
        box.show_lines(self._lines(), self.at)
        box.open()

    def step(self, by: int) -> None:
        """Go to the next or to the previous place; without words, ask for them."""
        if not self.text.strip():
            self.open()
            return
        before = self.found[self.at] if self.at < len(self.found) else None
        self._look()
        if not self.found:
            self.open()
            return
        if before in self.found:
            self.at = (self.found.index(before) + by) % len(self.found)
        else:
            self.at = 0
        if self.box is not None and self.box.isVisible():
            self.box.show_lines(self._lines(), self.at)
        self._go(self.found[self.at])

    def _typed(self, text: str) -> None:
        self.text, self.at = text, 0
        self._look()
        if self.box is not None:
            self.box.show_lines(self._lines(), 0)

    def _chosen(self, row: int) -> None:
        self.at = row
        if self.box is not None:
            self.box.dismiss()
        if row < len(self.found):
            self._go(self.found[row])

    def _closed(self) -> None:
        self._drawings.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _look(self) -> None:
        document = self._document
        self.found = find(document.project, document.types, self.text, self._drawings.shown)
        self.at = min(self.at, max(0, len(self.found) - 1))

    def _go(self, found: Found) -> None:
        self._drawings.show_drawing(found.drawing)
        if found.kind != "drawing":
            self._drawings.canvas.selecting.show(found.kind, found.name)

    def _lines(self) -> list[Line]:
        return [
            Line(
                found.name if found.kind != "note" else found.words,
                "note" if found.kind == "note" else found.words,
                self._path(found),
                self._icon(found),
            )
            for found in self.found
        ]

    def _path(self, found: Found) -> str:
        networks = self._document.project.networks
        trail = ways.way_to(networks, found.drawing)
        names = [trail[0].drawing, *(place.node for place in trail[1:])]
        inside = f" ({found.drawing})" if len(trail) > 1 else ""
        return BETWEEN.join(names) + inside

    def _icon(self, found: Found) -> str:
        if found.kind != "node":
            return ICONS[found.kind]
        node = self._document.project.networks[found.drawing].nodes[found.name]
        layer = self._document.types.get(node.type)
        return GLYPHS.get(layer.family if layer else "", "layers")
