"""What is remembered between starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from nnstudio.app.settings import Settings
from nnstudio.runs.kept import Budget
from nnstudio.runs.usual import usual_budget


def test_defaults(own_home: Path) -> None:
    settings = Settings()
    assert settings.theme == "system"
    assert settings.recent == ()
    assert settings.geometry.isEmpty()
    assert settings.docks.isEmpty()
    assert settings.folder == Path.home()


def test_values_come_back(own_home: Path, tmp_path: Path) -> None:
    settings = Settings()
    settings.theme = "light"
    settings.docks = QByteArray(b"state")
    settings.folder = tmp_path
    settings.add_recent(tmp_path / "a.nns")
    settings.add_recent(tmp_path / "b.nns")
    settings.add_recent(tmp_path / "a.nns")
    settings.sync()
    again = Settings()
    assert again.theme == "light"
    assert again.docks == QByteArray(b"state")
    assert again.folder == tmp_path
    assert again.recent == (tmp_path / "a.nns", tmp_path / "b.nns")
    again.remove_recent(tmp_path / "a.nns")
    assert again.recent == (tmp_path / "b.nns",)
    assert (own_home / "settings.json").is_file()


def test_the_list_of_recent_files_ends(tmp_path: Path) -> None:
    settings = Settings()
    for i in range(60):
        settings.add_recent(tmp_path / f"{i}.nns")
    assert len(settings.recent) == 12
    assert settings.recent[0] == tmp_path / "59.nns"
    settings.choose("recent_count", 25)
    assert len(settings.recent) == 25
    settings.choose("recent_count", 7)
    assert len(settings.recent) == 12


def test_pinned_files_stay_in_front(tmp_path: Path) -> None:
    settings = Settings()
    a, b, c = (tmp_path / f"{name}.nns" for name in "abc")
    for path in (a, b, c):
        settings.add_recent(path)
    settings.pin(a, True)
    assert settings.recent == (a, c, b)
    for i in range(60):
        settings.add_recent(tmp_path / f"{i}.nns")
    assert settings.recent[0] == a
    settings.clear_recent()
    assert settings.recent == (a,)
    settings.remove_recent(a)
    assert settings.recent == ()
    assert settings.pinned == ()


def test_a_spoilt_file_gives_defaults(own_home: Path) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    values = {
        "theme": "pink", "geometry": 7, "docks": "not base 64", "recent": "one", "threads": -3,
        "autosave": True, "keys": {"edit.cut": "Ctrl+X", "edit.copy": [1, "F9"]}, "unasked": {},
        "type_percent": 1000, "minimap": 3, "wire_shapes": "yes", "runs_folder": ["a"],
        "keep_room": 10**300,
    }  # fmt: skip
    (own_home / "settings.json").write_text(json.dumps(values))
    settings = Settings()
    assert settings.theme == "system"
    assert settings.geometry.isEmpty()
    assert settings.docks.isEmpty()
    assert settings.recent == ()
    assert settings.unasked == []
    assert (settings.threads, settings.autosave, settings.type_percent) == (0, 1, 100)
    assert settings.keys == {"edit.copy": ["F9"]}
    assert settings.text("minimap", "") == ""
    assert settings.flag("wire_shapes")
    assert settings.runs_folder == ""
    assert settings.keep_room == usual_budget().room == Budget().room
    assert settings.fault == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "expected JSON, got something else at line 1, column 2"),
        (b"[]", "expected an object with named values, got something else"),
        (b'{"theme": NaN}', "expected a number, got NaN"),
        (b'{"theme": "\xff"}', "expected text in UTF-8, got other bytes"),
        (b'{"a": ' * 7 + b"1" + b"}" * 7, "expected at most 6 levels, got more"),
        (b"[" * 200_000, "expected at most 6 levels, got more"),
        (b" " * 1_000_001, "expected at most 1,000,000 bytes, got more"),
    ],
)
def test_a_broken_file_is_kept_aside_and_told(own_home: Path, content: bytes, why: str) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / "settings.json").write_bytes(content)
    settings = Settings()
    assert settings.theme == "system"
    assert settings.fault == (
        f"settings.json could not be read: {why}. It was kept as settings.broken.json. "
        "The settings start from scratch."
    )
    settings.theme = "dark"
    assert (own_home / "settings.broken.json").read_bytes() == content
    assert Settings().theme == "dark"
    assert Settings().fault == ""


def test_two_windows_do_not_undo_each_others_settings(tmp_path: Path) -> None:
    one, other = Settings(), Settings()
    one.theme = "light"
    other.add_recent(tmp_path / "a.nns")
    one.choose("autosave", 5)
    again = Settings()
    assert (again.theme, again.autosave, again.recent) == ("light", 5, (tmp_path / "a.nns",))


def test_listeners_hear_changes_alone() -> None:
    settings, heard = Settings(), []
    end = settings.listen(heard.append)
    settings.choose("autosave", 5)
    settings.choose("autosave", 5)
    settings.set_value("wire_shapes", False)
    settings.set_asked("run", False)
    assert heard == ["autosave", "wire_shapes", "unasked"]
    assert not settings.asks("run")
    assert settings.asks("quit")
    settings.reset()
    assert sorted(heard[3:]) == ["autosave", "unasked", "wire_shapes"]
    assert settings.asks("run")
    assert settings.autosave == 1
    end()
    settings.choose("autosave", 2)
    assert len(heard) == 6


def test_how_it_looks_comes_back(own_home: Path) -> None:
    settings = Settings()
    assert (settings.type_percent, settings.motion, settings.rails) == (100, "system", "")
    settings.theme, settings.type_percent, settings.motion = "high-dark", 150, "reduced"
    settings.rails = "left"
    settings.sync()
    again = Settings()
    assert (again.theme, again.type_percent, again.motion) == ("high-dark", 150, "reduced")
    assert again.rails == "left"
