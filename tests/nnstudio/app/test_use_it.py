"""Using what was learned, in a real window with the real worker: digits, rows, texts, samples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from nnstudio.app.run_control import Phase
from nnstudio.document import steps

SHOTS = os.environ.get("USE_SHOTS", "")


def shot(hand: Any, name: str) -> None:
    """Keep a picture for people who look for one."""
    if SHOTS:
        QApplication.processEvents()
        hand.window.grab().save(f"{SHOTS}/{name}.png")


def trained(opened: Any, template: str, **values: Any) -> Any:
    """A window with a finished run of a template, at the panel."""
    hand = opened(f"template:{template}")
    document, run = hand.window.editor.document, hand.window.editor.run
    for name, value in values.items():
        document.do(steps.set_stage(document, name, value))
    hand.click("run_button")
    hand.until(lambda: run.phase in (Phase.FINISHED, Phase.FAILED))
    assert run.phase is Phase.FINISHED, run.last_failure
    hand.window.editor.show_panel("use")
    hand.until(lambda: panel(hand)._described)
    return hand


def focus(hand: Any, widget: Any) -> None:
    """Give the keyboard to a part; the window may have lost it to another one meanwhile."""

    def has_it() -> bool:
        hand.window.activateWindow()
        widget.setFocus()
        return bool(widget.hasFocus())

    hand.until(has_it)


def panel(hand: Any) -> Any:
    """The panel."""
    return hand.window.editor.use


def words(hand: Any) -> str:
    """The answer in words."""
    return str(panel(hand).result.words.text())


def test_before_a_run_it_says_what_to_do(opened: Any) -> None:
    hand = opened("template:lenet5")
    hand.window.editor.show_panel("use")
    assert hand.find("use_state").text().startswith("Nothing has been trained here yet. Press Run;")
    assert not hand.there("use_pad")
    shot(hand, "empty")


def test_a_run_without_a_checkpoint_is_told(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.window.editor.show_panel("use")
    panel(hand).set_run(Path("nothing"))
    panel(hand).show_weights([], True)
    assert "no checkpoint yet" in hand.find("use_state").text()
    panel(hand).show_weights([], False)
    assert hand.find("use_state").text().startswith("The run ended without a checkpoint")


def test_a_digit_is_drawn_by_mouse_and_told(opened: Any) -> None:
    hand = trained(opened, "lenet5", epochs=6)
    pad = hand.find("use_pad")
    area = pad.area()
    stroke = [(0.5, 0.12), (0.5, 0.4), (0.5, 0.65), (0.5, 0.9)]
    places = [
        QPoint(round(area.left() + x * area.width()), round(area.top() + y * area.height()))
        for x, y in stroke
    ]
    hand.qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        hand.move(pad, place)
    hand.qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=places[-1])
    hand.until(lambda: words(hand).startswith("1, with "))
    assert panel(hand).result.bars.bars[0][0] == "1"
    seen = panel(hand).result.pictures.image(0)
    assert (seen.width(), seen.height()) == (8, 8)
    # The stroke stands in the middle and reaches from top to bottom, as those of the data do.
    grey = [[seen.pixelColor(x, y).lightness() for x in range(8)] for y in range(8)]
    assert min(max(line[3:5]) for line in grey) > 80
    assert max(grey[y][x] for y in range(8) for x in (0, 1, 6, 7)) == 0
    shot(hand, "digit")
    hand.click("use_clear")
    hand.until(lambda: not words(hand) or not panel(hand).result.words.isVisible())


def test_a_digit_is_drawn_by_keyboard(opened: Any) -> None:
    hand = trained(opened, "lenet5", epochs=2)
    pad = hand.find("use_pad")
    focus(hand, pad)
    for _ in range(10):
        hand.key(Qt.Key.Key_Up)
    for _ in range(20):
        hand.key(Qt.Key.Key_Down, "shift")
    assert not pad.is_clear
    hand.until(lambda: words(hand))
    assert not pad.is_clear
    assert "drawing" in pad.accessibleDescription()
    hand.key(Qt.Key.Key_E)
    assert hand.find("use_eraser").isChecked() or pad.erases
    hand.key(Qt.Key.Key_Space)
    hand.key(Qt.Key.Key_Delete)
    assert pad.is_clear


def test_a_picture_is_dropped_and_pasted(opened: Any, tmp_path: Path) -> None:
    hand = trained(opened, "lenet5", epochs=2)
    picture = QImage(40, 60, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    for y in range(10, 50):
        for x in range(18, 24):
            picture.setPixelColor(x, y, Qt.GlobalColor.black)
    path = tmp_path / "one.png"
    picture.save(str(path))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(20, 20), Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    panel(hand).dropEvent(event)
    hand.until(lambda: words(hand))
    assert "Dark on light was turned into light on dark" in panel(hand).result.notes.text()
    assert "one.png" in hand.find("use_given").text()
    dropped = panel(hand).result.bars.bars
    hand.click("use_clear")
    hand.until(lambda: not panel(hand).result.words.isVisible())
    QGuiApplication.clipboard().setImage(picture)
    hand.click("use_paste")
    hand.until(lambda: panel(hand).result.words.isVisible())
    assert panel(hand).result.bars.bars == dropped


def test_a_row_answers_while_it_is_typed(opened: Any) -> None:
    hand = trained(opened, "mlp", epochs=3)
    hand.until(lambda: words(hand))
    first = panel(hand).result.bars.bars
    form = panel(hand).input.form
    form.value_edited.emit("x", 9.0, "")
    hand.until(lambda: panel(hand).result.bars.bars != first)
    assert "x = 9 lies outside of what was learned from" in panel(hand).result.notes.text()
    hand.click("use_example")
    hand.until(lambda: panel(hand)._example_told.text().startswith("Example 1 of the validation"))
    shot(hand, "row")


def test_a_text_comes_piece_by_piece_and_stops_at_once(opened: Any) -> None:
    hand = trained(opened, "char-rnn", epochs=1)
    shot(hand, "text_before")
    panel(hand).options.value_edited.emit("most", 100_000, "")
    hand.click("use_ask")
    text = panel(hand).result.text
    hand.until(lambda: len(text.toPlainText()) > 40)
    assert text.toPlainText().startswith("The ")
    shot(hand, "text")
    hand.click("use_stop")
    told = text.toPlainText()
    assert not panel(hand).talk.is_writing
    hand.qtbot.wait(400)
    assert text.toPlainText() == told
    panel(hand).options.value_edited.emit("most", 12, "")
    panel(hand).options.value_edited.emit("seed", 3, "")
    results = []
    for _ in range(2):
        hand.click("use_ask")
        hand.until(lambda: panel(hand).talk.is_writing)
        hand.until(lambda: not panel(hand).talk.is_busy)
        results.append(text.toPlainText())
    assert results[0] == results[1] != "The "


def test_samples_are_made_and_seen_over_time(opened: Any) -> None:
    hand = trained(opened, "gan", epochs=3)
    hand.click("use_ask")
    hand.until(lambda: panel(hand).result.pictures.count == 16)
    hand.until(lambda: hand.there("use_moment"))
    slider = hand.find("use_moment")
    hand.until(lambda: slider.maximum() > 0)
    assert slider.value() == slider.maximum()
    pictures = panel(hand).seen.pictures
    hand.until(lambda: pictures.count)
    last = pictures.image(0)
    focus(hand, slider)
    hand.key(Qt.Key.Key_Home)
    hand.until(lambda: pictures.image(0) != last)
    shot(hand, "samples")


def test_a_run_in_training_answers_with_its_newest_weights(opened: Any) -> None:
    hand = opened("template:mlp")
    document, run = hand.window.editor.document, hand.window.editor.run
    document.do(steps.set_stage(document, "epochs", 100_000))
    hand.window.editor.show_panel("use")
    run.set_speed(20.0)
    hand.click("run_button")
    hand.until(lambda: run.state is not None and run.state.checkpoint)
    hand.window.editor.show_panel("use")
    hand.until(lambda: panel(hand)._described)
    hand.until(lambda: words(hand))
    assert panel(hand).weights.currentData() == "last"
    assert "The run is still in training." in panel(hand).result.step.text()
    before = panel(hand).result.step.text()
    hand.until(lambda: panel(hand).result.step.text() != before)
    run.stop()
    hand.until(lambda: not run.live)
