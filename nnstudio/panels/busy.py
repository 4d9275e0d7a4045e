"""The bar that says that something is on its way, of which nobody knows how long it takes."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

from nnstudio.theme import motion, notifier


class BusyBar(QProgressBar):
    """Runs to and fro; where motion is reduced, it stands still and full."""

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextVisible(False)
        self.setAccessibleName(words)
        notifier.motion_changed.connect(self._move)
        self._move()

    def _move(self) -> None:
        if motion.reduced():
            self.setRange(0, 1)
            self.setValue(1)
        else:
            self.setRange(0, 0)
