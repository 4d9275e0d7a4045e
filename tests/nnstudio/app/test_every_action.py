"""Every action in several states: what cannot be done says why, everywhere it can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QMenu

from nnstudio.app.keymap import GESTURES, shown
from nnstudio.app.rows import MENUS, ROWS, SUBMENUS
from nnstudio.canvas import keys
from nnstudio.canvas.keys import TABLE

Opened = Callable[..., Any]
STATES = ("start", "new", "template", "selected", "block", "read only", "running")


@pytest.fixture(autouse=True)
def first_keys() -> Any:
    yield
    keys.use(TABLE)


def in_state(opened: Opened, state: str) -> Any:
    """A window in a state that a person meets every day."""
    if state == "start":
        return opened()
    hand = opened("template:resnet" if state == "block" else "template:mlp")
    editor = hand.window.editor
    if state == "new":
        hand.do("file.new")
        hand.until(lambda: hand.window.editor not in (None, editor))
    elif state == "selected":
        editor.canvas.select_all()
    elif state == "block":
        blocks = [n for n, one in editor.document.project.networks.items() if one.is_block]
        editor.open_drawing(blocks[0])
    elif state == "read only":
        editor.set_read_only("Another window has this project open, so it is read only here.")
    elif state == "running":
        editor.run.start()
        hand.until(lambda: editor.run.live)
    return hand


@pytest.mark.parametrize("state", STATES)
def test_what_cannot_be_done_says_why(opened: Opened, state: str) -> None:
    hand = in_state(opened, state)
    made = hand.window.actions_made
    made.refresh()
    for row in ROWS:
        action, refused = made.by_id[row.id], row.refused(hand.window)
        assert action.isEnabled() == (refused == ""), row.id
        text = action.text()
        assert action.toolTip().partition("\n")[0].startswith(text), row.id
        if refused:
            assert action.toolTip().endswith(f"\n{refused}"), row.id
            assert refused[0].isupper(), (row.id, refused)
            assert refused[-1] in ".!?", (row.id, refused)
            assert len(refused.split()) >= 3, (row.id, refused)
    if state == "running":
        hand.window.editor.run.stop()
        hand.until(lambda: not hand.window.editor.run.live)


@pytest.mark.parametrize("state", ["start", "template", "selected"])
def test_menus_show_every_row_and_greyed_lines_say_why(opened: Opened, state: str) -> None:
    hand = in_state(opened, state)
    made = hand.window.actions_made
    parent = QMenu(hand.window)
    seen: set[str] = set()
    for title in MENUS:
        menu = made.menu(title, parent)
        assert menu.toolTipsVisible(), title
        menu.aboutToShow.emit()
        for action in menu.actions():
            if action.menu() is not None:
                action.menu().aboutToShow.emit()
                for line in action.menu().actions():
                    assert line.isEnabled() or line.toolTip(), (title, line.text())
                    assert action.menu().toolTipsVisible()
            elif not action.isSeparator():
                seen.add(action.objectName())
                assert action.isEnabled() or "\n" in action.toolTip(), action.objectName()
    assert seen == {row.id for row in ROWS}
    parent.deleteLater()


def test_the_palette_lists_rows_submenus_and_gestures(opened: Opened) -> None:
    hand = opened("template:mlp")
    entries = list(hand.window.actions_made.entries())
    texts = {entry.text: entry for entry in entries}
    assert len(texts) == len(entries), "no two lines are the same"
    made = hand.window.actions_made
    for row in ROWS:
        text = f"{row.menu}: {row.name(hand.window) if row.name else row.text}"
        native = (
            made.by_id[row.id]
            .shortcut()
            .toString(made.by_id[row.id].shortcut().SequenceFormat.NativeText)
        )
        assert texts[text].shortcut == native, row.id
    for sub in SUBMENUS:
        items = [item.text for item in sub.items(hand.window)]
        for item in items:
            assert f"{sub.text}: {item}" in texts
        if not items:
            assert texts[sub.text].refused == f"{sub.empty}."
    for key, text in GESTURES:
        entry = texts[f"On the drawing: {text}"]
        assert shown(key) in entry.shortcut.split(", ")
        assert entry.refused == "Press the key while the drawing has the keyboard."


def test_what_was_used_last_stands_in_front(opened: Opened) -> None:
    hand = opened("template:mlp")
    for words in ("select all", "light theme"):
        hand.key(Qt.Key.Key_K, "ctrl")
        search = hand.find("command_search", QLineEdit)
        hand.qtbot.keyClicks(search, words)
        hand.qtbot.keyClick(search, Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_K, "ctrl")
    listed = hand.find("command_palette").shown_texts()
    assert listed[:2] == ["View: Light theme", "Edit: Select all"]
    assert listed.count("View: Light theme") == 1


def test_context_menus_show_the_present_keys(opened: Opened) -> None:
    from nnstudio.canvas import menus
    from nnstudio.canvas.hits import VOID

    hand = opened("template:mlp")
    canvas = hand.window.editor.canvas

    def keys_of(text: str) -> str:
        menu = menus.build(canvas, VOID, canvas.viewport().rect().center())
        line = next(a for a in menu.actions() if a.text().partition("\t")[0] == text)
        found = line.text().partition("\t")[2]
        menu.close()
        menu.deleteLater()
        return str(found)

    assert keys_of("Select all") == "Ctrl+A"
    keymap = hand.window.actions_made.keymap
    keymap.give("edit.select_all", ["Ctrl+Shift+A", "F7"])
    assert keys_of("Select all") == "Ctrl+Shift+A"
    keymap.give("edit.select_all", [])
    assert keys_of("Select all") == ""
