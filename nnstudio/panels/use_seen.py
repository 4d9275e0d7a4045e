"""What a training showed of itself over time: samples of a generator, filters of a machine, with a
slider over the moments."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from nnstudio.panels.text import label, number
from nnstudio.panels.use_shown import Pictures, Points


class SeenView(QWidget):
    """One moment of those there are; the newest as long as nobody moves the slider back."""

    wanted = Signal(int)
    """The number of the moment that is to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use_seen")
        self._steps: list[int] = []
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("use_moment")
        self.slider.setAccessibleName("Moment of the training")
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._moved)
        self.told = label("", "small", "use_moment_told", wrap=False)
        self.pictures, self.points = Pictures(), Points()
        self.pictures.setObjectName("use_seen_pictures")
        self.points.setObjectName("use_seen_points")
        line = QHBoxLayout()
        line.addWidget(self.slider, 1)
        line.addWidget(self.told)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label("Seen over time", "section"))
        column.addLayout(line)
        column.addWidget(self.pictures)
        column.addWidget(self.points)
        column.addStretch(1)
        self.hide()

    def show_moments(self, steps: list[int]) -> None:
        """Other moments; who looks at the newest goes on doing so."""
        if steps == self._steps:
            return
        newest = not self._steps or self.slider.value() == len(self._steps) - 1
        before = self._steps[self.slider.value()] if self._steps and not newest else -1
        self._steps = steps
        self.setVisible(bool(steps))
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(steps) - 1))
        place = steps.index(before) if before in steps else len(steps) - 1
        self.slider.setValue(max(0, place))
        self.slider.blockSignals(False)
        if steps:
            self._moved(self.slider.value())

    def show_look(self, place: int, look: dict[str, Any]) -> None:
        """What was seen at a moment; passed over where another one is wanted by now."""
        if place == self.slider.value():
            self.pictures.show_pictures(look.get("pictures"))
            self.points.show_points(look.get("points"))

    def _moved(self, place: int) -> None:
        words = f"step {number(self._steps[place])}" if place < len(self._steps) else ""
        self.told.setText(words)
        self.slider.setAccessibleDescription(words)
        self.wanted.emit(place)
