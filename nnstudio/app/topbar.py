"""The bar above everything: menu, name, undo, the run's buttons, speed, device, progress.

Shows what it is told and asks for actions; owns no state of the project or of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionFrame,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.labels import ElidedLabel, label
from nnstudio.app.more import More
from nnstudio.theme import icons, notifier, scale

SLOWEST, FASTEST, STOPS = 1.0, 1000.0, 100
HEIGHT = 48
ROOM_FOR_PLAN, ROOM_FOR_BOTH = 1560, 2000
"""Widths in pixels from which the plan stands in words beside Run: alone, and beside a run."""

NARROW, NARROW_AT_REST = 1060, 900
"""Below these widths undo is in the menu alone, plan and device are signs with a hint: beside a
run's progress, and without one."""


def speed_of(position: int) -> float | None:
    """Steps a second for a slider position, 0 to `STOPS`; None at the right end: full speed."""
    if position >= STOPS:
        return None
    share = position / (STOPS - 1)
    return round(SLOWEST * (FASTEST / SLOWEST) ** share, 1 if share < 0.34 else 0)


def position_of(speed: float | None) -> int:
    """The slider position for a speed."""
    if speed is None:
        return STOPS
    share = math.log(speed / SLOWEST) / math.log(FASTEST / SLOWEST)
    return max(0, min(STOPS - 1, round(share * (STOPS - 1))))


def _speed_caption(speed: float) -> str:
    return f"{speed:g} a second"


def speed_words(speed: float | None) -> str:
    """`full speed`, `1 step a second`, `25 steps a second`."""
    if speed is None:
        return "full speed"
    return "1 step a second" if speed == 1 else f"{speed:g} steps a second"


class NameEdit(QLineEdit):
    """The project's name, as wide as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("project_name")
        self.setAccessibleName("Project name")
        self.setProperty("role", "name")
        self.setMaxLength(200)
        self.textChanged.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        wide = QFontMetrics(self.font()).horizontalAdvance(self.text() or "Untitled") + 22
        return QSize(min(max(wide, 80), 240), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(72, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        room = self.contentsRect().adjusted(6, 0, -6, 0)
        metrics = self.fontMetrics()
        if self.hasFocus() or metrics.horizontalAdvance(self.text()) <= room.width():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        frame = QStyleOptionFrame()
        self.initStyleOption(frame)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, frame, painter, self)
        painter.setPen(self.palette().text().color())
        shortened = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shortened)


class ActionButton(QPushButton):
    """A button that says and does what its action does."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self._action = action
        action.changed.connect(self._follow)
        self.clicked.connect(action.trigger)
        self._follow()

    def _follow(self) -> None:
        self.setText(self._action.text())
        self.setAccessibleName(self._action.text())
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())


class TopBar(QFrame):
    """The bar; actions come as `QAction`, what a person enters leaves as signals."""

    name_edited = Signal(str)
    speed_changed = Signal(object)
    device_chosen = Signal(str)
    processes_chosen = Signal(int)
    search_clicked = Signal()
    plan_clicked = Signal()

    def __init__(self, actions: dict[str, QAction], menu: QMenu) -> None:
        super().__init__()
        self.setObjectName("top_bar")
        self.setAccessibleName("Toolbar")
        self.setProperty("role", "bar")
        self.setFixedHeight(HEIGHT)
        self._actions = actions
        self._plan, self._device = "", "Device"
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 0, 12, 0)
        line.setSpacing(6)
        self.menu_button = QToolButton()
        self.menu_button.setObjectName("menu_button")
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setToolTip("Menu (F10)")
        self.menu_button.setIcon(icons.icon("menu"))
        self.menu_button.setIconSize(QSize(18, 18))
        self.menu_button.setShortcut("F10")
        self.menu_button.setMenu(menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        line.addWidget(self.menu_button)
        self.name = NameEdit()
        self.name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.name.editingFinished.connect(lambda: self.name_edited.emit(self.name.text()))
        line.addWidget(self.name)
        self._saved = label("", "small")
        self._saved.setObjectName("saved_state")
        self._saved.setMinimumWidth(0)
        line.addWidget(self._saved)
        line.addStretch(1)
        self._history = [self._tool(actions[id]) for id in ("edit.undo", "edit.redo")]
        for button in self._history:
            line.addWidget(button)
        line.addStretch(1)
        self.run_button = self._push("run.toggle", "run_button", "primary")
        self.run_button.setMinimumWidth(104)
        self.step_button = self._push("run.step", "step_button")
        self.stop_button = self._push("run.stop", "stop_button")
        self.reset_button = QPushButton("Reset")
        self.reset_button.setObjectName("reset_button")
        reset = QMenu(self.reset_button)
        reset.setToolTipsVisible(True)
        reset.addAction(actions["run.reset_new"])
        reset.addAction(actions["run.reset_same"])
        self.reset_button.setMenu(reset)
        actions["run.reset_new"].changed.connect(self._follow_reset)
        for button in (self.run_button, self.step_button, self.stop_button, self.reset_button):
            line.addWidget(button)
        self.plan_button = QPushButton("Plan")
        self.plan_button.setObjectName("plan_button")
        self.plan_button.setIcon(icons.icon("plan", "muted"))
        self.plan_button.clicked.connect(self.plan_clicked)
        self._speed_box = self._speed_part()
        line.addWidget(self.plan_button)
        line.addSpacing(6)
        line.addWidget(self._speed_box)
        line.addSpacing(6)
        self.device_button = QPushButton("Device")
        self.device_button.setObjectName("device_button")
        self.device_button.setAccessibleName("Device")
        self.device_button.setIcon(icons.icon("dot", "good"))
        self.device_button.setMenu(QMenu(self.device_button))
        self.processes_menu = QMenu("Run on several processes", self.device_button)
        line.addWidget(self.device_button)
        line.addSpacing(6)
        line.addWidget(self._progress_part(), 40)
        line.addStretch(1)
        self.search_button = QPushButton("Search actions")
        self.search_button.setObjectName("search_button")
        self.search_button.setAccessibleName("Search actions")
        self.search_button.setIcon(icons.icon("search", "muted"))
        self.search_button.setProperty("role", "quiet")
        palette = actions["view.palette"]
        palette.changed.connect(lambda: self.search_button.setToolTip(palette.toolTip()))
        self.search_button.setToolTip(palette.toolTip())
        self.search_button.clicked.connect(self.search_clicked)
        self.more = More(self)
        line.addWidget(self.more)
        line.addWidget(self.search_button)
        self._fill_more()
        self._follow_reset()
        notifier.scale_changed.connect(self._fit)

    def _fill_more(self) -> None:
        """What stands behind "More" for each part that has no room in the bar."""
        more, actions = self.more, self._actions
        speeds = QMenu("Speed", more)
        for speed in (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, None):
            position = position_of(speed)
            speeds.addAction(speed_words(speed)).triggered.connect(
                lambda *_, position=position: self.speed.setValue(position)
            )
        more.offer(self._speed_box, speeds.menuAction())
        more.offer(self.reset_button, actions["run.reset_new"], actions["run.reset_same"])
        more.offer(self.plan_button, actions["run.plan"])
        more.offer(self.step_button, actions["run.step"])
        devices = self.device_button.menu()
        devices.setTitle("Device")
        more.offer(self.device_button, devices.menuAction())
        more.offer(self.stop_button, actions["run.stop"])

    def _tool(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setObjectName(action.objectName().replace(".", "_"))
        button.setAccessibleName(action.text())
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIconSize(QSize(18, 18))
        button.setProperty("role", "raised")
        return button

    def _push(self, id: str, name: str, role: str = "") -> ActionButton:
        button = ActionButton(self._actions[id])
        button.setObjectName(name)
        if role:
            button.setProperty("role", role)
        return button

    def _follow_reset(self) -> None:
        action = self._actions["run.reset_new"]
        self.reset_button.setEnabled(action.isEnabled())
        why = action.toolTip().partition("\n")[2]
        self.reset_button.setToolTip(f"Reset\n{why}" if why else "Reset the run")

    def _speed_part(self) -> QWidget:
        part = QWidget()
        lines = QVBoxLayout(part)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2)
        self._speed_label = label("speed", "small")
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setObjectName("speed_slider")
        self.speed.setAccessibleName("Speed")
        self.speed.setRange(0, STOPS)
        self.speed.setPageStep(10)
        self.speed.setValue(STOPS)
        self.speed.setFixedWidth(72)
        self.speed.setToolTip("Speed: full speed")
        self.speed.valueChanged.connect(self._speed_moved)
        lines.addStretch(1)
        lines.addWidget(self._speed_label)
        lines.addWidget(self.speed)
        lines.addStretch(1)
        return part

    def _progress_part(self) -> QWidget:
        self._progress_box = QWidget()
        self._progress_box.setObjectName("progress")
        grid = QGridLayout(self._progress_box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        self._where = ElidedLabel()
        self._where.setObjectName("progress_where")
        self._where.setProperty("role", "progress")
        self._where.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._rate = ElidedLabel()
        self._rate.setObjectName("progress_rate")
        self._rate.setProperty("role", "small")
        self._rate.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar()
        self._bar.setObjectName("progress_bar")
        self._bar.setAccessibleName("Progress of the run")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        grid.setRowStretch(0, 1)
        grid.addWidget(self._where, 1, 0)
        grid.addWidget(self._rate, 1, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self._bar, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(3, 1)
        self._progress_box.setMinimumWidth(120)
        self._progress_box.setMaximumWidth(420)
        self._progress_box.setVisible(False)
        kept = self._progress_box.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._progress_box.setSizePolicy(kept)
        return self._progress_box

    def _speed_moved(self, position: int) -> None:
        speed = speed_of(position)
        words = speed_words(speed)
        self._speed_label.setText("speed" if speed is None else _speed_caption(speed))
        self.speed.setToolTip(f"Speed: {words}")
        self.speed_changed.emit(speed)

    def show_name(self, name: str, saved: str) -> None:
        """The project's name and in a word whether it is saved."""
        if not self.name.hasFocus() or not self.name.isModified():
            self.name.setText(name)
            self.name.setToolTip(name)
            self.name.setCursorPosition(0)
        self._saved.setText(saved)

    def show_running(self, running: bool) -> None:
        """Which sign stands on the Run button."""
        self.run_button.setIcon(icons.icon("pause" if running else "run", "on_accent"))

    def show_device(self, text: str, hint: str, good: bool = True) -> None:
        """The device in use, with memory and threads in the hint."""
        self._device = text
        self._fit_device()
        self.device_button.setToolTip(hint)
        self.device_button.setAccessibleName(f"Device: {text}")
        self.device_button.setIcon(icons.icon("dot", "good" if good else "warning"))

    def _fit_device(self) -> None:
        self.device_button.setText(self._device if self._wide() else "")

    def show_devices(self, choices: Iterable[tuple[str, str, bool]]) -> None:
        """The menu of devices: what to choose, what it says, whether it is chosen."""
        menu = self.device_button.menu()
        menu.clear()
        for id, text, chosen in choices:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(chosen)
            action.triggered.connect(lambda *_, id=id: self.device_chosen.emit(id))

    def show_processes(self, counts: Iterable[int], chosen: int) -> None:
        """Below the devices: how many processes share every batch of a run."""
        self.processes_menu.clear()
        for count in counts:
            action = self.processes_menu.addAction(
                "1 process" if count == 1 else f"{count} processes"
            )
            action.setCheckable(True)
            action.setChecked(count == chosen)
            action.triggered.connect(lambda *_, count=count: self.processes_chosen.emit(count))
        self.device_button.menu().addSeparator()
        self.device_button.menu().addMenu(self.processes_menu)

    def show_plan(self, summary: str) -> None:
        """The plan in one line, beside Run where there is room."""
        self._plan = summary
        self.plan_button.setToolTip(f"Plan: {summary}")
        self.plan_button.setAccessibleName(f"Plan: {summary}")
        self._fit_plan()

    def _fit_plan(self) -> None:
        """The plan in words, unless a run's progress needs the room."""
        needed = scale.px(ROOM_FOR_PLAN if self._progress_box.isHidden() else ROOM_FOR_BOTH)
        words = self._plan if self._plan and self.width() >= needed else "Plan"
        self.plan_button.setText(words if self._wide() else "")

    def show_progress(self, where: str, rate: str, share: float | None) -> None:
        """Two short texts and how far the run is, 0 to 1; None hides the bar's filling."""
        if self._progress_box.isHidden() is bool(where):
            self._progress_box.setVisible(bool(where))
            self._fit()
        self._where.setText(where)
        self._rate.setText(rate)
        self._progress_box.setToolTip("\n".join(part for part in (where, rate) if part))
        self._bar.setVisible(share is not None)
        # Told of a value, the bar would paint at once, and with it all that is new in the plots:
        # what is read and what is painted are two turns, so that neither keeps the window long.
        self._bar.setUpdatesEnabled(False)
        self._bar.setValue(round(1000 * (share or 0.0)))
        self._bar.setUpdatesEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, HEIGHT)  # what does not fit goes into the menu behind "More"

    def _wide(self) -> bool:
        """Whether there is room for words on every button."""
        return self.width() >= scale.px(NARROW_AT_REST if self._progress_box.isHidden() else NARROW)

    def _fit(self) -> None:
        """Show in words, as signs or behind "More" what the width has room for."""
        self.setFixedHeight(max(HEIGHT, scale.px(34) + 6))
        wide = self._wide()
        self.search_button.setText("Search actions" if self.width() >= scale.px(1400) else "")
        for part in (self._saved, *self._history, self._rate):
            part.setVisible(wide)
        longest = self._speed_label.fontMetrics().horizontalAdvance(_speed_caption(FASTEST))
        self._speed_box.setFixedWidth(max(self.speed.width(), longest) + 4)
        self._fit_device()
        self._fit_plan()
        self.more.set_away(())
        away: list[QWidget] = []
        for part in (self._speed_box, self.reset_button, self.plan_button, self.step_button,
                     self.device_button, self.stop_button):  # fmt: skip
            if self.layout().minimumSize().width() <= self.width():
                break
            away.append(part)
            self.more.set_away(away)
