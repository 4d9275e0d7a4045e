"""The bar over the window: its slider of speed, its room, a run's progress."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QProgressBar, QWidget

from nnstudio.app.topbar import STOPS, NameEdit, position_of, speed_of, speed_words


def test_the_slider_goes_from_one_step_a_second_to_full() -> None:
    assert speed_of(0) == 1
    assert speed_of(STOPS) is None
    assert speed_of(STOPS - 1) == 1000
    speeds = [speed_of(i) for i in range(STOPS)]
    assert speeds == sorted(speeds)


@pytest.mark.parametrize("position", [0, 20, 50, 80, STOPS - 1, STOPS])
def test_a_speed_leads_back_to_its_position(position: int) -> None:
    assert abs(position_of(speed_of(position)) - position) <= 1


def test_words() -> None:
    assert speed_words(None) == "full speed"
    assert speed_words(1) == "1 step a second"
    assert speed_words(25) == "25 steps a second"


def test_a_run_gets_the_room_of_the_plan(opened: Any) -> None:
    bar = opened("template:mlp", (1680, 1000)).window.editor.bar
    assert bar.plan_button.text() == "Adam 0.01 · batch 32 · 60 epochs · cross-entropy"
    bar.show_progress("epoch 160 of 300 · step 12 516", "12 600 samples/s · 3 min left", 0.5)
    QApplication.processEvents()
    assert bar.plan_button.text() == "Plan"
    for name in ("progress_where", "progress_rate"):
        words = bar.findChild(QLabel, name)
        assert words.fontMetrics().horizontalAdvance(words.text()) <= words.width()
    bar.show_progress("", "", None)
    assert bar.plan_button.text() != "Plan"


@pytest.mark.parametrize(("name", "same"), [("LeNet", True), ("LeNet-5 on many digits", False)])
def test_a_long_name_ends_in_dots_instead_of_half_a_letter(
    qtbot: Any, name: str, same: bool
) -> None:
    pictures = []
    for field in (NameEdit(), QLineEdit()):
        qtbot.addWidget(field)
        field.setProperty("role", "name")
        field.setText(name)
        field.setCursorPosition(0)
        field.resize(110, 30)
        pictures.append(field.grab().toImage())
    assert (pictures[0] == pictures[1]) is same


def test_the_search_names_the_key_that_holds_now(opened: Any) -> None:
    hand = opened("template:perceptron")
    search = hand.find("search_button")
    assert search.toolTip() == "All actions… (Ctrl+K)"
    hand.window.actions_made.by_id["view.palette"].setShortcut("Ctrl+J")
    hand.window.actions_made.refresh()
    assert search.toolTip() == "All actions… (Ctrl+J)"


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.times = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False


def test_progress_is_painted_in_a_turn_of_its_own(opened: Any) -> None:
    hand = opened("template:lenet5")
    bar = hand.window.editor.bar
    bar.show_progress("epoch 1 of 2 · step 1", "", 0.1)
    filling = bar.findChild(QProgressBar)
    seen = Painted(filling)
    hand.until(lambda: seen.times > 0)
    before = seen.times
    bar.show_progress("epoch 2 of 2 · step 2", "", 0.9)
    assert (filling.value(), seen.times) == (900, before)
    hand.until(lambda: seen.times > before)
