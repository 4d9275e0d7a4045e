"""What the window has chosen for all canvases of a project: wires, shapes along them, minimap.

Kept in the settings, put on every canvas when it is made and whenever the choice changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nnstudio.canvas.routing import WireLook
from nnstudio.canvas.wire_shapes import STYLES

if TYPE_CHECKING:
    from nnstudio.app.drawings import Drawings
    from nnstudio.app.settings import Settings
    from nnstudio.canvas import CanvasView

MINIMAP = {"yes": True, "no": False}


class CanvasLook(QObject):
    """The choices, and the canvases that follow them."""

    styles = STYLES

    def __init__(self, settings: Settings, drawings: Drawings) -> None:
        super().__init__(drawings)
        self._settings, self._drawings = settings, drawings
        drawings.canvas_made.connect(self._put_on)
        for canvas in drawings.canvases():
            self._put_on(canvas)

    @property
    def wires(self) -> WireLook:
        """How wires are drawn."""
        style = self._settings.text("wires", STYLES[0])
        return WireLook(
            style if style in STYLES else STYLES[0],
            self._settings.flag("wires_by_size", False),
            self._settings.flag("wire_shapes", True),
        )

    def set_style(self, style: str) -> None:
        """Curved, straight or orthogonal."""
        self._settings.set_value("wires", style)
        self.refresh()

    def toggle_by_size(self) -> None:
        """Wires as thick as what flows along, or all alike."""
        self._settings.set_value("wires_by_size", not self.wires.by_size)
        self.refresh()

    def toggle_shapes(self) -> None:
        """Shapes along wires, or only on what is selected or pointed at."""
        self._settings.set_value("wire_shapes", not self.wires.shapes)
        self.refresh()

    @property
    def minimap(self) -> bool:
        """Whether the canvas shown has its small picture."""
        return self._drawings.canvas.minimap.isVisibleTo(self._drawings.canvas)

    def toggle_minimap(self) -> None:
        """Show the small picture, or hide it, from now on."""
        self._settings.set_value("minimap", "no" if self.minimap else "yes")
        self.refresh()

    def refresh(self) -> None:
        """Put what is chosen on every canvas."""
        for canvas in self._drawings.canvases():
            self._put_on(canvas)

    def _put_on(self, canvas: CanvasView) -> None:
        look = self.wires
        if canvas.drawing.routing.look != look:
            canvas.drawing.routing.wear(look)
        canvas.minimap.want(MINIMAP.get(self._settings.text("minimap", "")))
