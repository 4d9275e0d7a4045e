"""Push the picture: middle drag, or left drag while the space bar is down."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from nnstudio.canvas.tools.tool import Pointer, Tool


class PanTool(Tool):
    """Moves the camera with the mouse."""

    _last = QPoint()

    def start(self, pointer: Pointer) -> None:
        """Take hold of the picture."""
        self._last = pointer.place
        self.canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self.begin()

    def move(self, pointer: Pointer) -> None:
        by = pointer.place - self._last
        self._last = pointer.place
        self.canvas.camera.pan(by.x(), by.y())

    def release(self, pointer: Pointer) -> None:
        self.finish()

    def clean_up(self) -> None:
        self.canvas.viewport().unsetCursor()
