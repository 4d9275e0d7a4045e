"""The window as a person uses it: start page, editor, panels, palette, themes, closing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox

from nnstudio import theme
from nnstudio.app import errors
from nnstudio.app.rows import MENUS, ROWS, SUBMENUS
from nnstudio.app.settings import Settings
from nnstudio.theme import DARK, LIGHT, icons

LEFT = Qt.MouseButton.LeftButton


def open_by_click(hand: Any, name: str) -> None:
    """Click a card of the gallery."""
    gallery = hand.window.start.gallery
    cards = [gallery.model().index(i, 0) for i in range(gallery.model().rowCount())]
    at = gallery.visualRect(next(card for card in cards if card.data() == name)).center()
    hand.qtbot.mouseClick(gallery.viewport(), LEFT, pos=at)
    hand.open_editor()


def nodes(hand: Any) -> list[str]:
    """The names of the drawing's nodes."""
    return list(hand.window.editor.document.project.networks["main"].nodes)


@pytest.mark.warm
def test_a_worker_is_ready_before_anybody_asks(opened: Any) -> None:
    hand = opened()
    hand.until(lambda: hand.window.link._worker is not None)


def test_from_the_start_page_to_a_project_that_can_run(opened: Any) -> None:
    hand = opened()
    assert hand.there("start_page")
    open_by_click(hand, "LeNet-5")
    editor = hand.window.editor
    assert editor.document.origin == "template:lenet5"
    assert editor.document.project.networks["main"].nodes["image"].params["shape"] == (1, 8, 8)
    assert editor.run.hindrance() == ""
    assert hand.find("run_button").isEnabled()
    assert hand.find("project_name", QLineEdit).text() == "LeNet-5"
    assert hand.find("saved_state").text() == "new"
    assert "parameters" in hand.find("status_figures").text()
    assert hand.window.windowTitle() == "LeNet-5[*] — NN Studio"


def test_every_action_is_whole() -> None:
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))
    for row in (*ROWS, *SUBMENUS):
        assert not row.icon or row.icon in icons.names()
    keys = [key for row in ROWS for key in row.shortcuts]
    assert len(keys) == len(set(keys))


def test_a_disabled_action_says_why(opened: Any) -> None:
    hand = opened()
    hand.window.actions_made.refresh()
    save = hand.window.actions_made.by_id["file.save"]
    assert not save.isEnabled()
    assert save.toolTip() == "Save (Ctrl+S)\nOpen a project first."
    open_by_click(hand, "Perceptron")
    hand.window.actions_made.refresh()
    assert save.isEnabled()
    undo = hand.window.actions_made.by_id["edit.undo"]
    assert undo.toolTip() == "Undo (Ctrl+Z)\nNothing has been changed yet."
    copy = hand.window.actions_made.by_id["edit.copy"]
    assert copy.toolTip() == "Copy (Ctrl+C)\nSelect a layer on the canvas first."


def test_the_command_palette_does_what_is_typed(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.key(Qt.Key.Key_K, "ctrl")
    search = hand.find("command_search", QLineEdit)
    hand.qtbot.keyClicks(search, "light theme")
    hand.qtbot.keyClick(search, Qt.Key.Key_Return)
    assert theme.current() is LIGHT
    hand.key(Qt.Key.Key_P, "ctrl", "shift")
    search = hand.find("command_search", QLineEdit)
    shown = hand.find("command_palette").shown_texts()
    assert shown[0] == "View: Light theme", "what was used last stands in front"
    rows = [f"{row.menu}: {row.text}" for row in ROWS if row.name is None]
    rows.remove(shown[0])
    assert rows == [
        text for text in shown[1:]
        if text.partition(": ")[0] in MENUS
        and not text.startswith(("Edit: Undo", "Edit: Redo", "Run: Run"))
    ]  # fmt: skip
    hand.qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert not hand.there("command_palette")


def test_dragging_a_layer_in_is_one_named_step(opened: Any) -> None:
    hand = opened("template:mlp")
    before = nodes(hand)
    hand.drag_layer("Dropout", QPoint(300, 60))
    assert [name for name in nodes(hand) if name not in before] == ["dropout1"]
    hand.window.actions_made.refresh()
    undo = hand.window.actions_made.by_id["edit.undo"]
    assert undo.text().startswith("Undo: ")
    assert hand.find("saved_state").text() == "not saved"
    hand.click("edit_undo")
    assert nodes(hand) == before
    hand.click("edit_redo")
    assert "dropout1" in nodes(hand)


def test_escape_cancels_a_drag(opened: Any) -> None:
    hand = opened("template:mlp")
    listed = hand.window.editor.palette_panel.list
    item = next(listed.item(i) for i in range(listed.count()) if listed.item(i).text() == "ReLU")
    listed.scrollToItem(item)
    start = listed.visualItemRect(item).center()
    before = nodes(hand)
    hand.qtbot.mousePress(listed.viewport(), LEFT, pos=start)
    hand.move(listed.viewport(), start + QPoint(200, 0))
    assert listed.placing
    hand.key(Qt.Key.Key_Escape)
    assert not listed.placing
    hand.qtbot.mouseRelease(listed.viewport(), LEFT, pos=start + QPoint(300, 0))
    assert nodes(hand) == before


def test_typing_in_the_palette_appends_behind_the_selection(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.window.editor.select_node("relu2")
    search = hand.find("palette_search", QLineEdit)
    search.setFocus()
    hand.qtbot.keyClicks(search, "dropout")
    assert hand.window.editor.palette_panel.shown_types()[0] == "Dropout"
    hand.qtbot.keyClick(search, Qt.Key.Key_Return)
    wires = [str(w) for w in hand.window.editor.document.project.networks["main"].wires]
    assert "relu2.output -> dropout1.input" in wires


def test_enter_on_a_node_goes_to_its_parameters(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.canvas.select(("fc2",))
    editor.canvas.setFocus()
    hand.until(editor.canvas.hasFocus)
    hand.qtbot.keyClick(editor.canvas, Qt.Key.Key_Return)
    hand.until(lambda: (QApplication.focusWidget() or editor).objectName() == "field_in_features")


def test_code_and_canvas_select_each_other(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.canvas.select(("fc1",))
    source = editor.document.source("main")
    assert editor.code.view.marked == source.lines_of("fc1")
    view = editor.code.view
    view.setFocus()
    hand.until(view.hasFocus)
    line = source.lines_of("conv1")[0]
    block = view.document().findBlockByNumber(line - 1)
    cursor = view.textCursor()
    cursor.setPosition(block.position() + block.length() - 2)
    view.setTextCursor(cursor)
    assert editor.canvas.selected() == ("conv1",)


def test_code_shows_what_is_wrong_and_keeps_the_last_good(opened: Any) -> None:
    from nnstudio.document import steps

    hand = opened("template:mlp")
    editor = hand.window.editor
    good = editor.code.view.toPlainText()
    assert good == editor.document.source("main").text
    document = editor.document
    wire = next(w for w in document.project.networks["main"].wires if w.target == "fc2")
    document.do(steps.disconnect(document, "main", wire))
    hand.until(lambda: hand.there("code_strip"))
    assert (
        hand.find("code_strip")
        .text()
        .startswith("No code while there are errors. Below is the code from before.\n• ")
    )
    assert editor.code.view.toPlainText() == good
    assert editor.docks["problems"].windowTitle().startswith("Problems ")
    hand.click("run_button")
    assert hand.window.editor.notices.text("refused").startswith("This cannot run yet. ")
    assert editor.docks["problems"].in_front
    document.undo()
    hand.until(lambda: not hand.there("code_strip"))
    assert not hand.there("notice_refused")


def test_copying_the_code(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.click("copy_code")
    assert QGuiApplication.clipboard().text() == hand.window.editor.document.source("main").text


def test_train_py_is_shown_as_well(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.window.editor.code.tabs.setCurrentIndex(1)
    assert "import torch" in hand.window.editor.code.view.toPlainText()
    assert hand.window.editor.code.view.marked == ()


def test_themes_are_remembered(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.do("theme.light")
    assert theme.current() is LIGHT
    assert Settings().theme == "light"
    ground = hand.window.grab().toImage().pixelColor(4, 200).name()
    assert ground == LIGHT.panel
    hand.do("theme.dark")
    assert theme.current() is DARK
    assert hand.window.grab().toImage().pixelColor(4, 200).name() == DARK.panel


def test_panels_close_come_back_and_are_remembered(opened: Any) -> None:
    hand = opened("template:mlp")
    editor = hand.window.editor
    editor.docks["inspector"].close()
    assert not editor.docks["inspector"].isVisible()
    hand.window.close_at_once()
    again = opened("template:mlp")
    docks = again.window.editor.docks
    assert not docks["inspector"].isVisible()
    assert docks["palette"].isVisible()
    again.do("view.reset_panels")
    assert docks["inspector"].isVisible()
    title, toggle = again.window.editor.panel_toggles()[0]
    assert title == "Layers"
    toggle.trigger()
    assert not docks["palette"].isVisible()


def test_f6_walks_the_regions_and_back(opened: Any) -> None:
    hand = opened("template:mlp")
    editor = hand.window.editor
    editor.canvas.setFocus()
    hand.until(editor.canvas.hasFocus)
    seen = []
    for _ in editor.regions():
        hand.key(Qt.Key.Key_F6)
        focus = hand.window.focusWidget()
        seen.append(next(i for i, r in enumerate(editor.regions())
                         if r is focus or r.isAncestorOf(focus)))  # fmt: skip
    assert sorted(seen) == list(range(len(editor.regions())))
    assert editor.canvas.hasFocus() or editor.canvas.isAncestorOf(hand.window.focusWidget())
    hand.key(Qt.Key.Key_F6, "shift")
    assert not editor.canvas.hasFocus()


def test_renaming_the_project_is_undoable(opened: Any) -> None:
    hand = opened("template:mlp")
    field = hand.find("project_name", QLineEdit)
    hand.do("edit.rename")
    hand.qtbot.keyClicks(field, "My own")
    hand.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert hand.window.editor.document.project.name == "My own"
    assert hand.window.windowTitle() == "My own[*] — NN Studio"
    assert hand.window.isWindowModified()
    hand.do("edit.undo")
    assert hand.window.editor.document.project.name == "Multilayer perceptron"


def test_a_variant_is_one_undoable_step(opened: Any) -> None:
    hand = opened("template:lenet5@paper")
    editor = hand.window.editor
    before = editor.document.report("main").parameters
    assert before == 61706
    editor.apply_variant("demo")
    assert editor.document.report("main").parameters < before
    hand.do("edit.undo")
    assert editor.document.report("main").parameters == before
    assert not editor.document.can_undo


def test_without_changes_the_window_closes_at_once(opened: Any) -> None:
    hand = opened("template:mlp")
    assert hand.window.close()
    assert not hand.window.isVisible()
    page = opened()
    page.do("file.quit")
    assert not page.window.isVisible()


def test_closing_asks_once_about_changes(opened: Any, tmp_path: Path) -> None:
    hand = opened("template:mlp")
    hand.window.editor.apply_variant("demo")
    hand.drag_layer("ReLU", QPoint(200, 60))
    hand.window.close()
    assert hand.window.isVisible()
    box = hand.find("save_question", QMessageBox)
    assert box.text() == "Save the changes to Multilayer perceptron?"
    hand.window.close()
    hand.click("save_question_cancel")
    assert hand.window.isVisible()
    hand.window.close()
    hand.click("save_question_discard")
    hand.until(lambda: not hand.window.isVisible())


def test_an_error_in_a_slot_opens_the_panel_and_the_window_goes_on(opened: Any) -> None:
    hand = opened("template:mlp")
    before = nodes(hand)
    errors.report_exception(ValueError("what nobody foresaw"))
    assert "ValueError: what nobody foresaw" in hand.find("error_text").text()
    hand.click("error_copy")
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("ValueError: what nobody foresaw")
    assert "NN Studio" in copied
    assert len(errors.take()) == 1
    hand.click("error_dismiss")
    assert not hand.there("error_panel")
    assert nodes(hand) == before
    hand.drag_layer("ReLU", QPoint(200, 60))
    assert len(nodes(hand)) == len(before) + 1


def test_a_small_screen_clips_nothing(opened: Any) -> None:
    hand = opened("template:lenet5", (1366, 768))
    window, bar = hand.window, hand.window.editor.bar
    assert (window.width(), window.height()) == (1366, 768)
    for name in ("run_button", "step_button", "stop_button", "reset_button", "device_button",
                 "search_button", "menu_button"):  # fmt: skip
        button = hand.find(name)
        assert button.width() >= button.minimumSizeHint().width()
        right = button.mapTo(bar, QPoint(button.width(), 0)).x()
        assert 0 <= right <= bar.width()
    canvas = window.editor.canvas
    assert canvas.width() > 600
    assert canvas.height() > 300


def test_the_layer_reference_is_made_of_the_layers(opened: Any) -> None:
    hand = opened("template:mlp")
    hand.do("help.layers")
    text = hand.find("layer_reference_text")
    listed = hand.find("layer_reference_list")
    for row in range(listed.count()):
        listed.setCurrentRow(row)
        assert listed.item(row).text() in text.toPlainText()


def test_about_names_the_versions(opened: Any) -> None:
    hand = opened()
    hand.do("help.about")
    assert "Python" in hand.find("about_text").toPlainText()


def test_the_plan_stands_beside_run(opened: Any) -> None:
    hand = opened("template:lenet5", size=(1680, 1000))
    button = hand.find("plan_button")
    assert button.text() == hand.window.editor.plan.summary
    assert "epochs" in button.text()
    hand.click("plan_button")
    hand.until(lambda: hand.window.editor.docks["plan"].in_front)
    field = hand.find("field_epochs", QLineEdit)
    hand.qtbot.mouseClick(field, LEFT)
    field.selectAll()
    hand.qtbot.keyClicks(field, "7")
    hand.key(Qt.Key.Key_Return)
    assert "7 epochs" in button.text()
    hand.window.resize(1280, 800)
    hand.until(lambda: button.text() == "Plan")
    assert "7 epochs" in button.toolTip()
