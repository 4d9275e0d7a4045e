"""In a small window notices, lists and figures are whole, and nothing lies over another."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.panels.runs import CheckpointRow, RunsPanel

SMALL = (683, 384)


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint()), widget.size())


def test_two_notices_are_read_whole(opened: Any) -> None:
    hand = opened("template:lenet5", SMALL)
    editor = hand.window.editor
    editor.show_panel("problems")
    long = "A sentence that is so long that it cannot stand in a single line of a window this small"
    for key in ("one", "two"):
        editor.notices.show_notice(key, "hint", f"{long}: {key}.")
    for key in ("one", "two"):
        words = hand.find(f"notice_{key}_text")
        hand.until(lambda words=words: words.height() >= words.heightForWidth(words.width()))
    editor.notices.clear("one")
    hand.until(lambda: editor.notices.height() < 80)
    assert editor.canvas.isVisible()


def test_figures_have_the_room_of_a_message_that_is_gone(opened: Any) -> None:
    hand = opened("template:lenet5", SMALL)
    figures, editor = hand.find("status_figures"), hand.window.editor
    hand.until(lambda: figures.fontMetrics().horizontalAdvance(figures.text()) <= figures.width())
    editor.say("Something happened.")
    assert hand.find("status_message").text() == "Something happened."


def test_buttons_stand_below_the_checkpoints(qtbot: Any) -> None:
    panel = RunsPanel()
    qtbot.addWidget(panel)
    panel.resize(640, 190)
    panel.show()
    rows = [CheckpointRow(f"step-{k}", (str(k), "1.2", "257 kB"), True) for k in range(5)]
    panel.show_checkpoints(rows, 20)
    QApplication.processEvents()

    def apart() -> bool:
        table = place(panel.kept, panel)
        return not any(table.intersects(place(one, panel)) for one in (panel.on, panel.keep))

    qtbot.waitUntil(apart, timeout=60_000)
    panel.resize(1000, 190)
    qtbot.waitUntil(apart, timeout=60_000)
