"""The bar's slider of speed."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from nnstudio.app.topbar import STOPS, position_of, speed_of, speed_words


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
