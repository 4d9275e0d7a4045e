"""What every mouse tool has in common.

A tool lives as long as its view, runs one gesture at a time, changes the document only at the end
of it, and leaves nothing behind when it is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

DRAG_FROM = 4
"""Pixels from which a press is a drag and no click."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the mouse is, in the view and in the scene, and what is held down with it."""

    place: QPoint
    scene: QPointF
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def shift(self) -> bool:
        """Whether Shift is down."""
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def ctrl(self) -> bool:
        """Whether Ctrl (Command on a Mac) is down."""
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)

    @property
    def alt(self) -> bool:
        """Whether Alt is down."""
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)

    def far_from(self, other: Pointer) -> bool:
        """Whether the way between the two is a drag."""
        return (self.place - other.place).manhattanLength() >= DRAG_FROM


class Tool(QObject):
    """One gesture; subclasses implement `move`, `release` and `clean_up`."""

    started = Signal()
    finished = Signal()
    cancelled = Signal()

    pans_at_edges = False
    """Whether the view moves along when the mouse comes to its edge."""

    survives = False
    """Whether it goes on while the document changes under it."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.running = False

    def begin(self) -> None:
        """Take the mouse."""
        self.running = True
        self.started.emit()

    def press(self, pointer: Pointer) -> None:
        """A button goes down while the tool is running: a second click."""

    def move(self, pointer: Pointer) -> None:
        """The mouse has moved."""

    def release(self, pointer: Pointer) -> None:
        """The button is up."""

    def cancel(self) -> None:
        """End without a change; nothing happens where the tool is not running."""
        if self.running:
            self.running = False
            self.clean_up()
            self.cancelled.emit()

    def finish(self) -> None:
        """End after the change is made."""
        if self.running:
            self.running = False
            self.clean_up()
            self.finished.emit()

    def clean_up(self) -> None:
        """Take away what was shown for the gesture."""
