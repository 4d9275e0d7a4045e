"""Several windows, the session that comes back, and quitting, under real keys and clicks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from graph_compiler import save_project
from nnstudio import theme
from nnstudio.app import launch
from nnstudio.app.session import WindowState, read_session, write_session
from nnstudio.app.settings import Settings
from nnstudio.app.window import Window
from nnstudio.app.windows import Windows
from nnstudio.document import steps
from nnstudio.document.templates import load_target
from nnstudio.theme import DARK
from tests.nnstudio.app.conftest import Hand

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
Start = Callable[..., Windows]


def project(path: Path, template: str = "template:mlp") -> Path:
    save_project(load_target(template), path)
    return path


def wait(qtbot: Any, what: Callable[[], Any]) -> None:
    qtbot.waitUntil(lambda: bool(what()), timeout=120_000)


@pytest.fixture
def start(qtbot: Any, qapp: QApplication) -> Iterator[Start]:
    """Starts the program on targets and waits until every window can be used."""
    groups: list[Windows] = []

    def begin(*targets: str) -> Windows:
        group = launch.open_windows(qapp, targets)
        groups.append(group)
        for window in group.open:
            window.show()
        wait(qtbot, lambda: all(hasattr(one, "files") for one in group.open))
        if targets:
            wait(qtbot, lambda: all(one.editor is not None for one in group.open))
        return group

    yield begin
    for group in groups:
        group.close_at_once()
    for window in QApplication.topLevelWidgets():
        if isinstance(window, Window):
            window.deleteLater()
    theme.use(DARK)


def names(group: Windows) -> list[str]:
    documents = [one.files.document for one in group.open]
    return [one.path.name if one is not None and one.path else "" for one in documents]


def test_each_file_of_the_command_line_has_a_window_once(start: Start, tmp_path: Path) -> None:
    a, b = project(tmp_path / "a.nns"), project(tmp_path / "b.nns")
    group = start(str(a), str(b), str(tmp_path / "." / "a.nns"))
    assert names(group) == ["a.nns", "b.nns"]
    assert group.open[0].settings is group.open[1].settings


def test_a_new_window_is_opened_by_its_key_and_shares_the_look(start: Start, qtbot: Any) -> None:
    group = start()
    first = group.open[0]
    first.activateWindow()
    wait(qtbot, first.isActiveWindow)
    qtbot.keyClick(first, Qt.Key.Key_N, CTRL | ALT)
    wait(qtbot, lambda: len(group.open) == 2 and hasattr(group.open[1], "files"))
    second = group.open[1]
    first.set_theme("light")
    assert second.settings.theme == "light"
    assert theme.current().name == "light"
    second.actions_made.keymap.give("edit.tidy", ["T"])
    assert first.actions_made.by_id["edit.tidy"].shortcut().toString() == "T"
    second.actions_made.keymap.reset_all()
    second.close()
    wait(qtbot, lambda: group.open == [first])
    assert first.isVisible()


def test_a_file_opened_twice_is_brought_to_the_front(
    start: Start, qtbot: Any, tmp_path: Path
) -> None:
    a, b = project(tmp_path / "a.nns"), project(tmp_path / "b.nns")
    group = start(str(a), str(b))
    first, second = group.open
    second.activateWindow()
    wait(qtbot, second.isActiveWindow)
    second.files.opening.open_path(tmp_path / "." / "a.nns")
    wait(qtbot, first.isActiveWindow)
    assert names(group) == ["a.nns", "b.nns"]
    assert not second.findChildren(type(second), "locked")


def test_files_dropped_together_get_a_window_each(start: Start, qtbot: Any, tmp_path: Path) -> None:
    files = [project(tmp_path / f"{name}.nns") for name in "abc"]
    group = start()
    window = group.open[0]
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(one)) for one in files])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(50, 50), copy, mime, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, mime, left, none))
    wait(
        qtbot,
        lambda: (
            sorted(names(group) if all(hasattr(one, "files") for one in group.open) else [])
            == ["a.nns", "b.nns", "c.nns"]
        ),
    )


def test_quitting_asks_once_about_windows_and_then_about_changes(
    start: Start, qtbot: Any, tmp_path: Path
) -> None:
    a, b = project(tmp_path / "a.nns"), project(tmp_path / "b.nns")
    group = start(str(a), str(b))
    second = group.open[1]
    hand = Hand(qtbot, second)
    document = second.editor.document
    document.do(steps.set_name(document, "Changed"))
    hand.do("file.quit")
    assert hand.find("quit_question").text() == "Close all 2 windows?"
    hand.click("quit_question_cancel")
    assert len(group.open) == 2
    hand.do("file.quit")
    hand.click("quit_question_again")
    hand.click("quit_question_quit")
    wait(qtbot, lambda: group.open == [second])
    assert not Settings().asks("quit")
    hand.click("save_question_cancel")
    assert second.isVisible()
    hand.do("file.quit")
    hand.click("save_question_save")
    wait(qtbot, lambda: group.open == [])
    assert "Changed" in b.read_text()


def test_after_a_cancelled_quit_a_closed_window_does_not_take_the_others_along(
    start: Start, qtbot: Any, tmp_path: Path
) -> None:
    group = start(*(str(project(tmp_path / f"{name}.nns")) for name in "ab"))
    first, second = group.open
    document = first.editor.document
    document.do(steps.set_name(document, "Changed"))
    hand = Hand(qtbot, second)
    hand.do("file.quit")
    hand.click("quit_question_quit")
    hand.click("save_question_cancel")
    assert len(group.open) == 2
    first.close()
    hand.click("save_question_discard")
    wait(qtbot, lambda: group.open == [second])
    qtbot.wait(100)
    assert second.isVisible()


def test_the_session_comes_back_after_a_question(start: Start, qtbot: Any, tmp_path: Path) -> None:
    a = project(tmp_path / "a.nns", "template:resnet")
    b = project(tmp_path / "b.nns")
    group = start(str(a), str(b))
    first = group.open[0]
    editor = first.editor
    block = next(n for n, one in editor.document.project.networks.items() if one.is_block)
    editor.open_drawing(block)
    editor.canvas.zoom_in()
    editor.canvas.zoom_in()
    zoom = editor.canvas.camera.zoom
    editor.show_panel("problems")
    qtbot.wait(50)
    group.open[1].editor.show_graph()
    group.settings.set_asked("quit", False)
    group.quit()
    wait(qtbot, lambda: group.open == [])

    again = start()
    hand = Hand(qtbot, again.open[0])
    words = hand.find("notice_session_text").text()
    assert words == "Last time you had a.nns, b.nns open."
    hand.click("session_open")
    wait(qtbot, lambda: len(again.open) == 2)
    wait(qtbot, lambda: all(getattr(one, "editor", None) is not None for one in again.open))
    wait(qtbot, lambda: names(again) == ["a.nns", "b.nns"])
    editor = again.open[0].editor
    wait(qtbot, lambda: editor.drawings.shown == block)
    assert editor.canvas.camera.zoom == pytest.approx(zoom)
    wait(qtbot, lambda: editor.docks["problems"].in_front)
    wait(qtbot, lambda: again.open[1].editor.tabs.currentIndex() == 1)
    assert again.open[0].editor.tabs.currentIndex() == 0


def test_the_session_comes_back_by_itself_and_tells_what_is_missing(
    start: Start, qtbot: Any, tmp_path: Path
) -> None:
    a, b = project(tmp_path / "a.nns"), project(tmp_path / "b.nns")
    group = start(str(a), str(b))
    group.settings.choose("session", "always")
    group.settings.set_asked("quit", False)
    group.quit()
    wait(qtbot, lambda: group.open == [])
    b.unlink()
    again = start()
    wait(qtbot, lambda: again.open[0].editor is not None)
    assert names(again) == ["a.nns"]
    again.open[0].files.opening.show_start()
    hand = Hand(qtbot, again.open[0])
    told = hand.find("notice_missing_text").text()
    assert told.startswith(f"Not found any more: b.nns in {tmp_path}")


def test_a_declined_session_is_not_offered_again(start: Start, qtbot: Any, tmp_path: Path) -> None:
    write_session((WindowState(str(project(tmp_path / "a.nns"))),))
    group = start()
    hand = Hand(qtbot, group.open[0])
    hand.click("session_decline")
    assert not hand.there("notice_session")
    group.quit()
    wait(qtbot, lambda: group.open == [])
    assert read_session() == ()


def test_never_means_never(start: Start, qtbot: Any, tmp_path: Path) -> None:
    write_session((WindowState(str(project(tmp_path / "a.nns"))),))
    Settings().choose("session", "never")
    group = start()
    qtbot.wait(100)
    assert not Hand(qtbot, group.open[0]).there("notice_session")


def test_closing_one_of_two_windows_takes_it_out_of_the_session(
    start: Start, qtbot: Any, tmp_path: Path
) -> None:
    group = start(*(str(project(tmp_path / f"{name}.nns")) for name in "ab"))
    first, second = group.open
    first.close()
    wait(qtbot, lambda: group.open == [second])
    assert [one.name for one in read_session()] == ["b.nns"]
    second.close()
    wait(qtbot, lambda: group.open == [])
    assert [one.name for one in read_session()] == ["b.nns"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'{"windows": 3}', b'{"windows": [1, {"target": 5}, {"tab": 1}]}',
        b'{"windows": [{"target": "a\\u0000b"}]}', b"[" * 100_000, b"\xff",
    ],
)  # fmt: skip
def test_a_hostile_session_is_passed_over(own_home: Path, content: bytes) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / "session.json").write_bytes(content)
    assert read_session() == ()


def test_what_does_not_fit_in_a_session_is_left_out(
    start: Start, qtbot: Any, own_home: Path, tmp_path: Path
) -> None:
    a = project(tmp_path / "a.nns")
    state = {
        "target": str(a), "geometry": "no base 64", "docks": 7, "rails": "{", "tab": 9,
        "trail": [["no such", "x"], [1, 2], "main"],
        "views": {"main": [0, 1, 2], "gone": [1, 2, 3], "x": ["a"], "y": [1, 2]},
    }  # fmt: skip
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / "session.json").write_text(json.dumps({"windows": [state] * 50}))
    found = read_session()
    assert len(found) == 20
    assert found[0].trail == (("no such", "x"),)
    assert found[0].views == {"gone": (1, 2, 3)}
    write_session(found[:1])
    Settings().choose("session", "always")
    group = start()
    wait(qtbot, lambda: group.open[0].editor is not None)
    qtbot.wait(50)
    assert group.open[0].editor.drawings.shown == "main"


def test_broken_settings_are_told_on_the_start_page(
    start: Start, qtbot: Any, own_home: Path
) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / "settings.json").write_text("{broken")
    group = start()
    hand = Hand(qtbot, group.open[0])
    words = hand.find("notice_settings_fault_text").text()
    assert "It was kept as settings.broken.json." in words
    shutil.copy(own_home / "settings.broken.json", own_home / "again.json")
