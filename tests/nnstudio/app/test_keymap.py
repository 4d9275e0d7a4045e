"""The table of keys: defaults, changes, conflicts, files that are read as data."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from nnstudio.app.keymap import BY_ID, COMMANDS, GESTURES, Keymap, KeyRefused, portable, why_not
from nnstudio.app.settings import Settings
from nnstudio.canvas import keys
from nnstudio.canvas.keys import TABLE, chord

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def keymap(qapp: QApplication) -> Keymap:
    yield Keymap(Settings())
    keys.use(TABLE)


def does(key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> str:
    return keys.command_of(QKeyEvent(QEvent.Type.KeyPress, key, held))


def test_no_two_commands_share_a_default_key(keymap: Keymap) -> None:
    owner: dict[str, str] = {}
    for command in COMMANDS:
        for key in keymap.keys_of(command.id):
            assert key not in owner, f"{command.id} and {owner.get(key)} share {key}"
            owner[key] = command.id
    assert owner["Ctrl+C"] == "edit.copy"


def test_every_default_key_could_be_given_by_hand(keymap: Keymap) -> None:
    for command in COMMANDS:
        for key in command.defaults:
            assert why_not(command, key) == "", (command.id, key)


def test_every_key_of_the_canvas_is_a_row_or_a_gesture(keymap: Keymap) -> None:
    rows = {chord(key) for command in COMMANDS for key in command.defaults}
    fixed = {chord(key) for key, _ in GESTURES}
    missing = [name for keys_, name in TABLE.items() if keys_ not in rows | fixed]
    assert missing == []


def test_a_key_given_is_kept_and_holds_on_the_canvas(keymap: Keymap) -> None:
    keymap.give("edit.tidy", ["Ctrl+L", "T"])
    keymap.put_on_canvas()
    assert keymap.keys_of("edit.tidy") == ("Ctrl+L", "T")
    assert keymap.changed("edit.tidy")
    assert does(Qt.Key.Key_T) == "tidy"
    assert does(Qt.Key.Key_L, CTRL) == "tidy"
    assert Keymap(Settings()).keys_of("edit.tidy") == ("Ctrl+L", "T")
    keymap.give("edit.tidy", [])
    keymap.put_on_canvas()
    assert keymap.keys_of("edit.tidy") == ()
    assert does(Qt.Key.Key_L, CTRL) == does(Qt.Key.Key_T) == ""
    keymap.reset("edit.tidy")
    keymap.put_on_canvas()
    assert does(Qt.Key.Key_L, CTRL) == "tidy"
    assert Settings().keys == {}


def test_a_key_that_is_taken_is_told_and_taken_over_on_demand(keymap: Keymap) -> None:
    with pytest.raises(KeyRefused, match="Ctrl\\+C belongs to “Copy”"):
        keymap.give("edit.tidy", ["Ctrl+C"])
    assert keymap.holder("Ctrl+C", "edit.copy") is None
    assert keymap.holder("Ctrl+C", "edit.tidy") is BY_ID["edit.copy"]
    keymap.give("edit.tidy", ["Ctrl+C"], take_over=True)
    keymap.put_on_canvas()
    assert keymap.keys_of("edit.copy") == ()
    assert does(Qt.Key.Key_C, CTRL) == "tidy"
    assert does(Qt.Key.Key_L, CTRL) == ""
    keymap.reset("edit.copy")
    keymap.put_on_canvas()
    assert keymap.keys_of("edit.tidy") == ()
    assert does(Qt.Key.Key_C, CTRL) == "copy"
    keymap.reset_all()
    assert keymap.keys_of("edit.tidy") == ("Ctrl+L",)


def test_two_commands_may_swap_their_keys(keymap: Keymap) -> None:
    text = json.dumps(
        {"format": "nnstudio-keys", "version": 1,
         "keys": {"edit.copy": ["Ctrl+X"], "edit.cut": ["Ctrl+C"]}}
    )  # fmt: skip
    assert keymap.import_text(text.encode()) == 2
    keymap.put_on_canvas()
    assert (does(Qt.Key.Key_C, CTRL), does(Qt.Key.Key_X, CTRL)) == ("cut", "copy")


@pytest.mark.parametrize(
    ("id", "key", "why"),
    [
        ("edit.copy", "Esc", "Esc is fixed: end the gesture, else select nothing, else leave the "
         "block."),
        ("edit.copy", "Left", "Left is fixed: go to a node, or to a point of a wire."),
        ("edit.copy", "Ctrl+K, Ctrl+C", "One key is expected, with Ctrl, Alt and Shift or "
         "without."),
        ("edit.copy", "nothing", "One key is expected, with Ctrl, Alt and Shift or without."),
        ("edit.copy", "", "One key is expected, with Ctrl, Alt and Shift or without."),
        ("file.save", "S", "S alone would be in the way of typing. Hold Ctrl or Alt as well, or "
         "take a function key."),
        ("file.save", "Shift+1", "Shift+1 alone would be in the way of typing. Hold Ctrl or Alt "
         "as well, or take a function key."),
        ("file.save", "F9", ""), ("file.save", "Shift+F9", ""), ("edit.copy", "Y", ""),
        ("file.save", "Ctrl++", ""),
    ],
)  # fmt: skip
def test_what_a_key_cannot_be(keymap: Keymap, id: str, key: str, why: str) -> None:
    assert keymap.refused(id, key) == why


def test_keys_come_back_from_a_file(keymap: Keymap) -> None:
    keymap.give("edit.tidy", ["T"])
    keymap.give("file.save", ["F9", "Ctrl+S"])
    text = keymap.export_text()
    assert json.loads(text) == {
        "format": "nnstudio-keys",
        "version": 1,
        "keys": {"edit.tidy": ["T"], "file.save": ["F9", "Ctrl+S"]},
    }
    keymap.reset_all()
    assert keymap.import_text(text.encode()) == 2
    assert keymap.keys_of("file.save") == ("F9", "Ctrl+S")
    assert keymap.export_text() == text


def _file(keys: object, **more: object) -> bytes:
    return json.dumps({"format": "nnstudio-keys", "version": 1, "keys": keys} | more).encode()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x80\x04K\x01.", "This is no file of keys: expected text in UTF-8, got other bytes."),
        (b"import os", "This is no file of keys: expected JSON, got something else at line 1, "
         "column 1."),
        (b"{}", "This is no file of keys that NN Studio has written."),
        (_file([]), "This is no file of keys that NN Studio has written."),
        (_file({}, version=2), "version: expected 1, got 2. Update NN Studio."),
        (_file({"os.system": ["F9"]}), "keys: expected names of commands, got 'os.system'."),
        (_file({"edit.copy": "F9"}), "edit.copy: expected a list of keys, got 'F9'."),
        (_file({"edit.copy": [{"a": 1}]}), "edit.copy: expected a list of keys, got [{'a': 1}]."),
        (_file({"edit.copy": ["Esc"]}), "edit.copy: 'Esc': Esc is fixed: end the gesture, else "
         "select nothing, else leave the block."),
        (_file({"edit.copy": ["F"] * 5}), "edit.copy: expected at most 4 keys, got 5."),
        (_file({"edit.copy": ["x" * 90_000]}), "edit.copy: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…:"
         " expected a key, got a long text."),
        (_file({"edit.copy": ["Ctrl+X"]}), "edit.cut and edit.copy: expected different keys, got "
         "Ctrl+X for both."),
        (b" " * 100_001, "A file of keys has at most 100,000 bytes; this one has more."),
        (b"[" * 90_000, "This is no file of keys: expected at most 6 levels, got more."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_words(
    keymap: Keymap, raw: bytes, why: str
) -> None:
    keymap.give("edit.tidy", ["T"])
    with pytest.raises(KeyRefused) as refused:
        keymap.import_text(raw)
    assert str(refused.value) == why
    assert keymap.keys_of("edit.tidy") == ("T",)


def test_faulty_keys_in_the_settings_are_passed_over(keymap: Keymap) -> None:
    Settings().choose("keys", {"edit.copy": ["Esc"], "edit.cut": ["F9"], "no.such": ["F8"]})
    again = Keymap(Settings())
    assert again.keys_of("edit.copy") == ("Ctrl+C",)
    assert again.keys_of("edit.cut") == ("F9",)


def test_present_names_the_key_that_holds_now(keymap: Keymap) -> None:
    assert keys.present("Ctrl+L") == "Ctrl+L"
    keymap.give("edit.tidy", ["T"])
    keymap.put_on_canvas()
    assert keys.present("Ctrl+L") == "T"
    assert keys.present("Esc") == "Esc"
    keymap.give("edit.tidy", [])
    keymap.put_on_canvas()
    assert keys.present("Ctrl+L") == ""
    assert portable("Ctrl+shift+a") == "Ctrl+Shift+A"
