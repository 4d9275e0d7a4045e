"""The file of the open project, changed, replaced, deleted and taken over behind our back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox

from graph_compiler import load_project, save_project
from nnstudio.document import steps
from nnstudio.document.lock import Lock
from nnstudio.document.templates import load_target

Opened = Callable[..., Any]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.nns"
    save_project(load_target("template:mlp"), path)
    return path


def change_outside(path: Path, name: str) -> None:
    project = load_project(path)
    project.name = name
    save_project(project, path)


def told(hand: Any) -> str:
    return str(hand.window.editor.notices.text("changed"))


def name_of(hand: Any) -> str:
    return str(hand.window.editor.document.project.name)


def edit(hand: Any, name: str) -> None:
    document = hand.window.editor.document
    document.do(steps.set_name(document, name))


def test_a_change_is_told_by_itself_and_taken_in(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    editor = hand.window.editor
    editor.canvas.zoom_in()
    zoom = editor.canvas.camera.zoom
    change_outside(mine, "Theirs")
    hand.until(lambda: told(hand))
    assert told(hand) == "mine.nns was changed by another program."
    hand.click("reload_file")
    hand.until(lambda: hand.window.editor not in (None, editor))
    hand.until(lambda: name_of(hand) == "Theirs")
    hand.until(lambda: hand.window.editor.canvas.camera.zoom == pytest.approx(zoom))
    assert not hand.there("locked")
    assert hand.window.editor.read_only_reason == ""
    assert not hand.window.editor.document.dirty


def test_reloading_asks_about_changes_that_are_not_saved(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    edit(hand, "Mine")
    change_outside(mine, "Theirs")
    hand.until(lambda: told(hand))
    assert told(hand).endswith("Changes of yours are not saved yet.")
    hand.click("reload_file")
    assert hand.find("reload_question", QMessageBox).text() == "Reload mine.nns?"
    hand.click("reload_question_cancel")
    assert hand.window.editor.document.project.name == "Mine"
    hand.click("reload_file")
    hand.click("reload_question_reload")
    hand.until(lambda: hand.window.editor and name_of(hand) == "Theirs")


def test_mine_is_kept_and_written_by_the_next_save(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    name = hand.window.editor.document.project.name
    change_outside(mine, "Theirs")
    hand.until(lambda: told(hand))
    hand.click("keep_mine")
    assert told(hand) == ""
    assert hand.window.editor.document.dirty
    hand.window.files.watching.look()
    assert told(hand) == ""
    hand.do("file.save")
    hand.until(lambda: load_project(mine).name == name)
    assert not hand.there("changed_on_disk")


def test_both_are_compared(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    change_outside(mine, "Theirs")
    hand.until(lambda: told(hand))
    hand.click("compare_file")
    window = hand.find("compare_window")
    hand.until(lambda: window.list.topLevelItemCount() > 0)
    assert window.older.currentData() == "saved"
    assert window.newer.currentData() == "now"
    window.close()


def test_a_deleted_file_is_told_and_saved_again(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    mine.unlink()
    hand.until(lambda: told(hand))
    assert told(hand) == "mine.nns is not there any more: it was deleted, moved or renamed."
    assert hand.window.editor.document.dirty
    hand.click("save_again")
    hand.until(mine.is_file)
    hand.until(lambda: not hand.window.editor.document.dirty)
    hand.window.files.watching.look()
    assert told(hand) == ""


def test_a_file_that_comes_back_needs_no_words(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    text = mine.read_bytes()
    mine.unlink()
    hand.until(lambda: told(hand))
    mine.write_bytes(text)
    hand.until(lambda: not told(hand))


def test_a_broken_file_is_told_and_not_read_in(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    name = hand.window.editor.document.project.name
    mine.write_text("{ not a project")
    hand.until(lambda: told(hand))
    assert told(hand).startswith("mine.nns was replaced by something that is no project. ")
    assert not hand.there("reload_file")
    hand.click("keep_mine")
    hand.do("file.save")
    hand.until(lambda: mine.read_bytes().startswith(b"{") and b"not a project" not in
               mine.read_bytes())  # fmt: skip
    assert load_project(mine).name == name


def test_opening_the_own_file_again_changes_nothing(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    editor = hand.window.editor
    hand.window.files.opening.open_path(mine)
    assert hand.window.editor is editor
    assert not hand.there("locked")


def test_who_holds_the_file_is_told(opened: Opened, mine: Path) -> None:
    other = Lock(mine)
    assert other.acquire()
    hand = opened()
    hand.window.files.opening.open_path(mine)
    words = hand.find("locked", QMessageBox).informativeText()
    assert words.startswith(f"It is held by process {os.getpid()}, opened just now. ")
    hand.click("locked_take")
    hand.open_editor()
    assert hand.window.editor.read_only_reason == ""
    assert other.lost
    other.release()


def test_a_file_taken_over_is_read_only_from_then_on(opened: Opened, mine: Path) -> None:
    hand = opened(str(mine))
    thief = Lock(mine)
    thief.take()
    hand.until(lambda: hand.window.editor.read_only_reason)
    assert hand.window.editor.read_only_reason == (
        "Another window has taken mine.nns over, so it is read only here."
    )
    hand.until(lambda: hand.there("save_copy"))
    hand.window.close()
    assert thief.file.exists()
    thief.release()
