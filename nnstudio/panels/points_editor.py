"""Painting points by hand: the plane, the classes, the tools, and sliders for noise and split.

It does not know the document: edits come out as signals, one for each gesture.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.panels.data_pictures import mark
from nnstudio.panels.points_plane import TOOLS, Point, PointsPlane
from nnstudio.panels.text import label
from nnstudio.theme import current, notifier, scale, style

MOST_CLASSES = 9
BESIDE = 640
"""Pixels at 100 % type from which the plane stands beside the tools, not below."""
FIRST_NAMES = ("A", "B")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class PointsEditor(QWidget):
    """Everything there is to do with painted points."""

    points_edited = Signal(object, object, str)
    """All points, the classes' names, and what was done, as the text of a step."""
    noise_edited = Signal(float, str)
    """Another noise, and the gesture it belongs to."""
    training_edited = Signal(float, str)
    """Another share of the training part in percent, and the gesture it belongs to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("points_editor")
        self._names: tuple[str, ...] = FIRST_NAMES
        self._gestures = 0
        self.plane = PointsPlane()
        self.plane.edited.connect(self._painted)
        self.plane.class_asked.connect(self._choose_class)
        self.plane.tool_asked.connect(self._choose_tool)
        self._tools = QButtonGroup(self)
        self._classes = QButtonGroup(self)
        self._classes.idToggled.connect(self._class_toggled)
        self._tools.idToggled.connect(self._tool_toggled)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addLayout(self._build_tools())
        column.addLayout(self._build_classes())
        column.addLayout(self._build_sliders())
        column.addStretch(1)
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._sides.setContentsMargins(0, 0, 0, 0)
        self._sides.setSpacing(12)
        self._sides.addLayout(column)
        self._sides.addWidget(self.plane, 1)
        notifier.theme_changed.connect(self._dress)
        self._rebuild_classes()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        beside = self.width() >= scale.px(BESIDE)
        self._sides.setDirection(ways.LeftToRight if beside else ways.TopToBottom)

    def _build_tools(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        for number, tool in enumerate(TOOLS):
            button = QToolButton()
            button.setObjectName(f"points_{tool}")
            button.setText(tool.capitalize())
            button.setCheckable(True)
            button.setToolTip(f"{tool.capitalize()} points ({tool[0].upper()})")
            self._tools.addButton(button, number)
            line.addWidget(button)
        self._tools.button(0).setChecked(True)
        self.clear_button = QPushButton("Clear")
        self.clear_button.setObjectName("points_clear")
        self.clear_button.setToolTip("Delete all points")
        self.clear_button.clicked.connect(self._clear)
        self._counts = label("", "muted", "points_counts")
        line.addSpacing(8)
        line.addWidget(self._counts, 1)
        line.addWidget(self.clear_button)
        return line

    def _build_classes(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        self._class_line = QHBoxLayout()
        self._class_line.setSpacing(4)
        line.addLayout(self._class_line)
        self.name_field = QLineEdit()
        self.name_field.setObjectName("points_class_name")
        self.name_field.setAccessibleName("Name of the class")
        self.name_field.setMaxLength(40)
        self.name_field.setMaximumWidth(120)
        self.name_field.editingFinished.connect(self._rename)
        self.add_button = QToolButton()
        self.add_button.setObjectName("points_add_class")
        self.add_button.setText("+")
        self.add_button.setToolTip("Another class")
        self.add_button.setAccessibleName("Another class")
        self.add_button.clicked.connect(self._add_class)
        self.remove_button = QToolButton()
        self.remove_button.setObjectName("points_remove_class")
        self.remove_button.setText("−")
        self.remove_button.setToolTip("Remove this class and its points")
        self.remove_button.setAccessibleName("Remove this class and its points")
        self.remove_button.clicked.connect(self._remove_class)
        for widget in (self.name_field, self.add_button, self.remove_button):
            line.addWidget(widget)
        line.addStretch(1)
        return line

    def _build_sliders(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        self.noise = self._slider("points_noise", "Noise", 0, 100)
        self.noise.valueChanged.connect(self._noise_changed)
        self.training = self._slider("points_training", "Training part", 10, 90)
        self.training.valueChanged.connect(self._training_changed)
        self._told = (QLabel(), QLabel())
        rows = (("Noise", self.noise), ("Training part", self.training))
        for row, (name, slider) in enumerate(rows):
            words = QLabel(name)
            words.setBuddy(slider)
            for one in (words, self._told[row]):
                style.role(one, "small")
            grid.addWidget(words, row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(self._told[row], row, 2)
        widest = max(one.fontMetrics().horizontalAdvance("0.00 %") for one in self._told)
        grid.setColumnMinimumWidth(2, widest)
        grid.setColumnStretch(1, 1)
        return grid

    def _slider(self, name: str, words: str, low: int, high: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName(name)
        slider.setAccessibleName(words)
        slider.setRange(low, high)
        slider.setPageStep(5)
        slider.sliderPressed.connect(self._begin_gesture)
        return slider

    def _begin_gesture(self) -> None:
        self._gestures += 1

    # Showing

    def show_points(
        self, points: Sequence[Point], names: Sequence[str], noise: float, training: float
    ) -> None:
        """Show what the document holds; `training` is a share from 0 to 1."""
        self.plane.show_points(points, noise)
        names = tuple(names) or FIRST_NAMES
        if names != self._names:
            self._names = names
            self._rebuild_classes()
        for slider, value in ((self.noise, noise * 100), (self.training, training * 100)):
            slider.blockSignals(True)
            slider.setValue(round(value))
            slider.blockSignals(False)
        self._told[0].setText(f"{noise:.2f}")
        self._told[1].setText(f"{training:.0%}")
        counts = [sum(kind == number for _, _, kind in points) for number in range(len(names))]
        pairs = zip(names, counts, strict=True)
        self._counts.setText("   ".join(f"{name} {count}" for name, count in pairs))
        self.clear_button.setEnabled(bool(points))

    def _rebuild_classes(self) -> None:
        for button in self._classes.buttons():
            self._classes.removeButton(button)
            self._class_line.removeWidget(button)
            button.hide()
            button.deleteLater()
        for number, name in enumerate(self._names):
            button = QToolButton()
            button.setObjectName(f"points_class_{number}")
            button.setText(name)
            button.setCheckable(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setToolTip(f"Paint points of {name} ({number + 1})")
            self._classes.addButton(button, number)
            self._class_line.addWidget(button)
        self._dress()
        self._choose_class(min(self.plane.kind, len(self._names) - 1))
        self.add_button.setEnabled(len(self._names) < MOST_CLASSES)
        self.remove_button.setEnabled(len(self._names) > 2)

    def _dress(self) -> None:
        """Marks of the classes in the theme's colours."""
        for button in self._classes.buttons():
            picture = QPixmap(QSize(28, 28))
            picture.setDevicePixelRatio(2)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            mark(painter, QPointF(7, 7), self._classes.id(button), 4.0, current())
            painter.end()
            button.setIcon(QIcon(picture))

    # Editing

    def _painted(self, points: list[Point], text: str) -> None:
        self.points_edited.emit(points, self._names, text)

    def _clear(self) -> None:
        self.points_edited.emit([], self._names, "Delete all points")

    def _choose_class(self, number: int) -> None:
        button = self._classes.button(number)
        if button is not None:
            button.setChecked(True)

    def _class_toggled(self, number: int, on: bool) -> None:
        if on:
            self.plane.kind = number
            self.name_field.setText(self._names[number])

    def _choose_tool(self, tool: str) -> None:
        self._tools.button(TOOLS.index(tool)).setChecked(True)

    def _tool_toggled(self, number: int, on: bool) -> None:
        if on:
            self.plane.tool = TOOLS[number]

    def _rename(self) -> None:
        name, kind = self.name_field.text().strip(), self.plane.kind
        if not name or (name in self._names and name != self._names[kind]):
            self.name_field.setText(self._names[kind])
        elif name != self._names[kind]:
            names = [*self._names[:kind], name, *self._names[kind + 1 :]]
            self.points_edited.emit(list(self.plane.points), tuple(names), "Rename a class")

    def _add_class(self) -> None:
        name = next(letter for letter in LETTERS if letter not in self._names)
        names = (*self._names, name)
        self.points_edited.emit(list(self.plane.points), names, "Add a class")
        self._choose_class(len(names) - 1)

    def _remove_class(self) -> None:
        gone = self.plane.kind
        names = tuple(name for number, name in enumerate(self._names) if number != gone)
        points = [(x, y, kind - (kind > gone)) for x, y, kind in self.plane.points if kind != gone]
        self.points_edited.emit(points, names, "Remove a class")

    def _noise_changed(self, value: int) -> None:
        self.noise_edited.emit(value / 100, self._gesture(self.noise, "noise"))

    def _training_changed(self, value: int) -> None:
        self.training_edited.emit(float(value), self._gesture(self.training, "training"))

    def _gesture(self, slider: QSlider, name: str) -> str:
        """The gesture that a change belongs to: a drag is one, each key another one."""
        return f"points_{name}_{self._gestures}" if slider.isSliderDown() else ""
