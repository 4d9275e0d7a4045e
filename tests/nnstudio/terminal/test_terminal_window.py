"""When the window is opened, and on what; the window itself is a stand-in here."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from nnstudio import doctor
from nnstudio.terminal import demo


@pytest.fixture
def opened(monkeypatch) -> list[tuple[str, ...]]:
    """A screen, and a window that only notes what it was opened on."""
    opened: list[tuple[str, ...]] = []
    launch = ModuleType("nnstudio.app.launch")

    def main(*targets: str) -> int:
        opened.append(targets)
        return 0

    launch.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nnstudio.app.launch", launch)
    monkeypatch.setattr(doctor, "has_display", lambda: True)
    monkeypatch.setattr(doctor, "missing_libraries", lambda window=None: [])
    return opened


def test_window_opens_on_what_is_named(terminal, opened, tmp_path):
    (tmp_path / "mine.nns").write_text("{}")
    assert terminal().status == 0
    assert terminal("template:lenet5@paper").status == 0
    assert terminal(tmp_path / "mine.nns").status == 0
    assert terminal(f"{tmp_path / 'mine.nns'}@demo").status == 0
    assert terminal(tmp_path / "mine.nns", "template:mlp").status == 0
    assert opened == [
        (),
        ("template:lenet5@paper",),
        (str(tmp_path / "mine.nns"),),
        (f"{tmp_path / 'mine.nns'}@demo",),
        (str(tmp_path / "mine.nns"), "template:mlp"),
    ]


def test_missing_file_is_told_before_a_window_opens(terminal, opened):
    said = terminal("missing.nns")
    assert said.status == 2
    assert said.err.startswith("missing.nns: expected a project file, got nothing under this name")
    assert opened == []


def test_missing_library_is_named_with_its_cure(terminal, opened, monkeypatch):
    monkeypatch.setattr(doctor, "missing_libraries", lambda window=None: ["libEGL.so.1"])
    monkeypatch.setattr(doctor, "install_command", lambda missing: "sudo apt-get install libegl1")
    assert terminal() == (
        2,
        "",
        "nnstudio: Qt misses libEGL.so.1. Install them: sudo apt-get install libegl1\n",
    )


def test_demo_opens_the_window_where_there_is_a_screen(terminal, opened):
    assert terminal("demo") == (0, "Opening the window on LeNet-5.\n", "")
    assert opened == [("template:lenet5@demo",)]


@pytest.mark.parametrize("arguments", [["--terminal"], ["--out", "here"]])
def test_demo_stays_in_the_terminal_when_asked(terminal, opened, monkeypatch, arguments):
    folders = []
    monkeypatch.setattr(demo, "do_it_here", lambda folder: folders.append(str(folder)) or 0)
    assert terminal("demo", *arguments).status == 0
    assert (opened, folders) == ([], [arguments[-1] if len(arguments) > 1 else "nnstudio-demo"])


def test_demo_says_why_it_stays_in_the_terminal(terminal, opened, monkeypatch):
    monkeypatch.setattr(demo, "do_it_here", lambda folder: 0)
    monkeypatch.setattr(doctor, "has_display", lambda: False)
    assert terminal("demo").out == (
        "There is no display here, so the job is done in the terminal.\n"
    )
