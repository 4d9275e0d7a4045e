"""The settings dialog under real clicks and keys: every row does something at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QTreeWidget, QWidget

from nnstudio import places, theme
from nnstudio.app.preferences import PAGES, PREFERENCES
from nnstudio.app.settings import CHOSEN, Settings
from nnstudio.canvas import keys
from nnstudio.canvas.keys import TABLE
from nnstudio.runs import queue
from nnstudio.runs.kept import Budget, budget_of
from nnstudio.theme import motion, scale

Opened = Callable[..., Any]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def as_before() -> Any:
    yield
    scale.use(100)
    motion.use("system")
    keys.use(TABLE)


def settings_of(hand: Any) -> Any:
    hand.qtbot.keyClick(hand.window, Qt.Key.Key_Comma, CTRL)
    return hand.find("settings")


def choose(hand: Any, name: str, value: object) -> None:
    """Choose a line of a list with the keyboard, as a person does."""
    box = hand.find(f"setting_control_{name}", QComboBox)
    box.setFocus()
    at = next(i for i in range(box.count()) if box.itemData(i) == value)
    step = Qt.Key.Key_Down if at > box.currentIndex() else Qt.Key.Key_Up
    while box.currentIndex() != at:
        hand.qtbot.keyClick(box, step)


def test_every_choice_has_a_row_and_every_row_a_choice() -> None:
    rows = [one.name for one in PREFERENCES if one.kind != "question"]
    assert sorted(rows) == sorted(set(CHOSEN) - {"keys", "unasked"})
    assert {one.page for one in PREFERENCES} == set(PAGES)


def test_look_changes_at_once_and_is_kept(opened: Opened) -> None:
    hand = opened()
    settings_of(hand)
    choose(hand, "theme", "light")
    assert theme.current().name == "light"
    choose(hand, "theme", "high-dark")
    assert theme.current().name == "high-dark"
    choose(hand, "type_percent", 150)
    assert scale.percent() == 150
    choose(hand, "motion", "reduced")
    assert motion.reduced()
    assert (Settings().theme, Settings().type_percent) == ("high-dark", 150)
    hand.click("setting_reset_type_percent")
    assert scale.percent() == 100
    assert not hand.there("setting_reset_type_percent")


def test_the_drawing_follows(opened: Opened) -> None:
    hand = opened("template:lenet5")
    canvas = hand.window.editor.canvas
    settings_of(hand)
    hand.find("settings_pages").setCurrentRow(PAGES.index("Drawing"))
    choose(hand, "wires", "orthogonal")
    assert canvas.drawing.routing.look.style == "orthogonal"
    hand.click("setting_control_wire_shapes")
    assert not canvas.drawing.routing.look.shapes
    hand.click("setting_control_wires_by_size")
    assert canvas.drawing.routing.look.by_size
    choose(hand, "minimap", "yes")
    assert canvas.minimap.wanted is True
    choose(hand, "minimap", "no")
    assert canvas.minimap.wanted is False


@pytest.mark.warm
def test_files_and_runs_follow(opened: Opened, tmp_path: Path) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    settings_of(hand)
    pages = hand.find("settings_pages")
    pages.setCurrentRow(PAGES.index("Files"))
    choose(hand, "autosave", 15)
    assert hand.window.files._autosave.delay == 15
    choose(hand, "recent_count", 5)
    assert Settings().recent_count == 5
    choose(hand, "session", "never")
    assert Settings().session == "never"
    pages.setCurrentRow(PAGES.index("Runs"))
    choose(hand, "threads", 1)
    assert editor.run.threads == 1
    hand.until(lambda: "cpu" in hand.window.known_devices)
    choose(hand, "device", "cpu")
    assert editor.run.device == "cpu"
    folder = tmp_path / "my runs"
    folder.mkdir()
    hand.click("setting_choose_runs_folder")
    dialog = hand.find("folder_dialog")
    dialog.findChild(QWidget, "fileNameEdit").setText(str(folder))
    dialog.accept()
    hand.until(lambda: places.runs() == folder)
    assert hand.find("setting_folder_runs_folder").text() == str(folder)


def test_what_runs_keep_is_chosen_and_told(opened: Opened) -> None:
    hand = opened("template:lenet5")
    settings_of(hand)
    hand.find("settings_pages").setCurrentRow(PAGES.index("Runs"))
    told = hand.find("setting_effect_keep_room", QLabel)
    # Each weight and two moments of it, of four bytes, and a count of steps for each tensor.
    assert told.text() == (
        "A checkpoint of this project takes about 237.1 kB. "
        "A run keeps at most 20 and the best: 5 MB in all."
    )
    choose(hand, "keep", 500)
    choose(hand, "keep_room", 50_000_000)
    assert told.text() == (
        "A checkpoint of this project takes about 237.1 kB. "
        "A run keeps at most 210 and the best, for no more fit into 50 MB: 50 MB in all."
    )
    hand.click("settings_close")
    hand.do("run.queue")
    hand.until(lambda: len(queue.entries()) == 1)
    assert budget_of(queue.entries()[0].run) == Budget(500, 50_000_000)


def test_without_a_project_no_size_is_told(opened: Opened) -> None:
    hand = opened()
    settings_of(hand)
    hand.find("settings_pages").setCurrentRow(PAGES.index("Runs"))
    assert hand.there("setting_keep_room")
    assert not hand.there("setting_effect_keep_room")


def test_questions_are_turned_off_and_on_again(opened: Opened) -> None:
    hand = opened()
    settings_of(hand)
    hand.find("settings_pages").setCurrentRow(PAGES.index("Questions"))
    hand.click("setting_control_quit")
    assert not Settings().asks("quit")
    hand.click("setting_control_quit")
    assert Settings().asks("quit")


def test_the_field_finds_settings_on_all_pages(opened: Opened) -> None:
    hand = opened()
    dialog = settings_of(hand)
    hand.qtbot.keyClicks(hand.find("settings_search"), "cpu")
    shown = [one.name for one in PREFERENCES if hand.there(f"setting_{one.name}")]
    assert shown == ["device", "threads"]
    hand.find("settings_search").clear()
    hand.qtbot.keyClicks(hand.find("settings_search"), "no such thing")
    assert hand.there("settings_nothing")
    hand.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert hand.find("settings_search").text() == ""
    assert dialog.isVisible()
    hand.qtbot.keyClicks(hand.find("settings_search"), "tidy")
    hand.click("settings_keys_too")
    assert _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L")


def test_all_is_reset_after_a_question(opened: Opened) -> None:
    hand = opened()
    settings_of(hand)
    choose(hand, "theme", "light")
    hand.window.actions_made.keymap.give("edit.tidy", ["T"])
    hand.click("settings_reset_all")
    hand.click("reset_settings_cancel")
    assert Settings().theme == "light"
    hand.click("settings_reset_all")
    hand.click("reset_settings_reset")
    hand.until(lambda: Settings().theme == "system")
    assert hand.window.actions_made.by_id["edit.tidy"].shortcut().toString() == "Ctrl+L"


def _listed(hand: Any) -> list[tuple[str, str]]:
    table = hand.find("keys_table", QTreeWidget)
    lines = [table.topLevelItem(i) for i in range(table.topLevelItemCount())]
    return [(line.text(0), line.text(1)) for line in lines]


def keyboard_page(hand: Any) -> QTreeWidget:
    settings_of(hand)
    hand.find("settings_pages").setCurrentRow(len(PAGES))
    return hand.find("keys_table", QTreeWidget)


def pick(hand: Any, text: str) -> None:
    field = hand.find("keys_search")
    field.clear()
    hand.qtbot.keyClicks(field, text)


def press(hand: Any, button: str, key: Qt.Key, held: Any = Qt.KeyboardModifier.NoModifier) -> None:
    hand.click(button)
    assert hand.find(button).text() == "Press a key, Esc to give up"
    hand.qtbot.keyClick(hand.find(button), key, held)


def test_a_key_is_given_by_pressing_it_and_works_everywhere(opened: Opened) -> None:
    hand = opened("template:lenet5")
    keyboard_page(hand)
    pick(hand, "edit: tidy")
    assert _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L")
    press(hand, "keys_add", Qt.Key.Key_T)
    assert _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L   T")
    hand.click("keys_take_0")
    assert _listed(hand)[0] == ("Edit: Tidy", "T")
    hand.click("settings_close")
    action = hand.window.actions_made.by_id["edit.tidy"]
    assert action.toolTip().startswith("Tidy (T)")
    entries = {entry.text: entry.shortcut for entry in hand.window.actions_made.entries()}
    assert entries["Edit: Tidy"] == "T"
    canvas = hand.window.editor.canvas
    canvas.setFocus()
    canvas.commands.nudge(0, 0)
    document = hand.window.editor.document
    canvas.select(("conv1",)) if "conv1" in canvas.drawing.nodes else canvas.select_all()
    canvas.commands.nudge(3, 40)
    before = document.undo_text
    hand.qtbot.keyClick(canvas, Qt.Key.Key_L, CTRL)
    assert document.undo_text == before
    hand.qtbot.keyClick(canvas, Qt.Key.Key_T)
    hand.until(lambda: document.undo_text != before)


def test_a_taken_key_is_asked_about(opened: Opened) -> None:
    hand = opened()
    keyboard_page(hand)
    pick(hand, "edit: tidy")
    press(hand, "keys_add", Qt.Key.Key_C, CTRL)
    question = hand.find("key_taken")
    assert question.text() == "Ctrl+C belongs to “Copy”."
    hand.click("key_taken_keep")
    assert _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L")
    press(hand, "keys_add", Qt.Key.Key_C, CTRL)
    hand.click("key_taken_take")
    hand.until(lambda: _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L   Ctrl+C"))
    assert hand.window.actions_made.by_id["edit.copy"].shortcut().isEmpty()
    hand.click("keys_reset")
    assert _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L")


def test_fixed_keys_are_refused_in_words_and_escape_gives_up(opened: Opened) -> None:
    hand = opened()
    keyboard_page(hand)
    pick(hand, "edit: tidy")
    press(hand, "keys_add", Qt.Key.Key_Left)
    told = hand.find("keys_told", QLabel)
    assert told.text() == "Left is fixed: go to a node, or to a point of a wire."
    press(hand, "keys_add", Qt.Key.Key_Escape)
    assert hand.find("keys_add").text() == "Add a key…"
    assert hand.there("settings")
    pick(hand, "file: save")
    press(hand, "keys_add", Qt.Key.Key_S)
    assert told.text().startswith("S alone would be in the way of typing.")


def test_commands_are_found_by_pressing_their_key(opened: Opened) -> None:
    hand = opened()
    keyboard_page(hand)
    press(hand, "keys_find", Qt.Key.Key_D, CTRL)
    assert _listed(hand) == [("Edit: Duplicate", "Ctrl+D")]
    press(hand, "keys_find", Qt.Key.Key_Tab)
    assert _listed(hand) == [("Edit: Add a layer…", "Tab")]
    press(hand, "keys_find", Qt.Key.Key_F12)
    assert _listed(hand) == []


def test_keys_go_to_a_file_and_come_back(opened: Opened, tmp_path: Path) -> None:
    hand = opened()
    keyboard_page(hand)
    pick(hand, "edit: tidy")
    press(hand, "keys_add", Qt.Key.Key_T)
    path = tmp_path / "mine.json"
    hand.click("keys_export")
    hand.choose_file("export_keys", path)
    hand.until(path.is_file)
    assert json.loads(path.read_text())["keys"] == {"edit.tidy": ["Ctrl+L", "T"]}
    hand.click("keys_reset_all")
    hand.click("reset_keys_reset")
    hand.until(lambda: _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L"))
    hand.click("keys_import")
    hand.choose_file("import_keys", path)
    hand.until(lambda: _listed(hand)[0] == ("Edit: Tidy", "Ctrl+L   T"))
    bad = tmp_path / "bad.json"
    bad.write_bytes(b'{"format": "nnstudio-keys", "version": 1, "keys": {"x": []}}')
    hand.click("keys_import")
    hand.choose_file("import_keys", bad)
    told = hand.find("keys_told", QLabel)
    hand.until(lambda: "bad.json" in told.text())
    assert told.text() == ("bad.json was not taken. keys: expected names of commands, got 'x'.")


@pytest.mark.parametrize("page", [*PAGES, "Keyboard"])
def test_nothing_is_cut_on_a_small_screen(opened: Opened, page: str) -> None:
    hand = opened(size=(1366, 768))
    hand.window.show_settings(page)
    dialog = hand.find("settings")
    dialog.resize(620, 420)
    QApplication.processEvents()
    for part in dialog.findChildren(QWidget):
        if part.isVisible() and part.objectName().startswith(("setting_control", "keys_", "set")):
            right = part.mapTo(dialog, QPoint(part.width(), 0)).x()
            assert right <= dialog.width(), part.objectName()
    for row in PREFERENCES:
        if row.page == page:
            assert hand.there(f"setting_{row.name}")


def test_a_key_stands_as_tall_as_the_buttons_beside_it(opened: Opened) -> None:
    hand = opened("template:lenet5")
    hand.do("help.shortcuts")
    key, add = hand.find("keys_take_0"), hand.find("keys_add")
    hand.until(lambda: key.height() == add.height())
    assert key.y() == add.y()
