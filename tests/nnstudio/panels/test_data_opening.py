"""The user's folders in the data panel: chosen, looked at, adopted in one step; sets fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QProgressBar, QWidget
from pytestqt.qtbot import QtBot

from nnstudio import downloads
from nnstudio.document.document import Document
from nnstudio.panels.data import DataPanel

FOUND = {
    "source": "image_folder",
    "kind": "images",
    "rows": 30,
    "target": "class",
    "classes": [["cat", 10], ["dog", 20]],
    "images": [{"size": [2, 2, 3], "bytes": "AAAAAAAAAAAAAAAA", "label": "cat"}],
    "options": {"path": "/pets", "size": 32, "names": ["cat", "dog"], "rows": 30},
    "problem": "",
}


class Worker:
    """Keeps what was asked, answers when told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], Callable[[Any], None], Callable[[str], None]]]
        self.asked = []

    def __call__(
        self,
        kind: str,
        payload: dict[str, Any],
        done: Callable[[Any], None],
        failed: Callable[[str], None],
    ) -> None:
        self.asked.append((kind, payload, done, failed))

    def answer(self, kind: str, result: Any) -> None:
        asked, _, done, _ = self.asked[-1]
        assert asked == kind
        done(result)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def panel(document: Document, worker: Worker, shown: Callable[..., Any]) -> DataPanel:
    made: DataPanel = shown(DataPanel(document, worker), 900, 500)
    return made


def choose(panel: DataPanel, name: str) -> None:
    """Pick a source, and put its dialog away."""
    panel.source.setCurrentIndex(panel.source.findData(name))
    panel.source.activated.emit(panel.source.currentIndex())
    for dialog in panel.findChildren(QFileDialog):
        dialog.reject()


def text(panel: DataPanel, name: str) -> str:
    found = panel.findChild(QLabel, f"data_{name}")
    assert found is not None
    return found.text()


def test_a_folder_is_looked_at_and_adopted_in_one_step(
    panel: DataPanel, document: Document, worker: Worker
) -> None:
    choose(panel, "image_folder")
    assert panel.choose_button.text() == "Choose folder…"
    assert text(panel, "file") == "No folder yet"
    assert text(panel, "state").startswith("Choose a folder. Pictures of your own")
    panel.choose_file("/pets")
    kind, payload, _, _ = worker.asked[-1]
    assert kind == "preview"
    assert payload["data"]["source"] == "image_folder"
    assert payload["data"]["options"]["path"] == "/pets"
    worker.answer("preview", FOUND)
    assert document.undo_text == "Choose pets"
    assert document.project.data.options == {
        "path": "/pets",
        "size": 32,
        "names": ("cat", "dog"),
        "rows": 30,
    }
    assert document.purpose.data is not None
    assert document.purpose.data.classes == ("cat", "dog")
    assert text(panel, "facts") == "30 rows · 2×2 pixels · 2 classes"
    assert text(panel, "file") == "pets"
    document.undo()
    assert document.project.data.options == {}


def test_another_size_is_looked_at_anew(
    panel: DataPanel, document: Document, worker: Worker
) -> None:
    choose(panel, "image_folder")
    panel.choose_file("/pets")
    worker.answer("preview", FOUND)
    panel.options.value_edited.emit("size", 16, "")
    assert worker.asked[-1][1]["data"]["options"]["size"] == 16
    assert document.project.data.options["size"] == 32, "until the worker has looked"
    worker.answer("preview", {**FOUND, "options": {**FOUND["options"], "size": 16}})
    assert document.project.data.options["size"] == 16
    assert document.undo_text == "Change pets"


def test_a_folder_that_is_refused_changes_nothing(
    panel: DataPanel, document: Document, worker: Worker
) -> None:
    choose(panel, "wav_folder")
    panel.choose_file("/empty")
    worker.asked[-1][3]("/empty: expected folders with WAV files in it, got none. Choose …")
    assert text(panel, "error").startswith("/empty: expected folders with WAV files in it")
    assert document.project.data.options == {}


def test_a_set_is_fetched_only_when_asked_for(
    panel: DataPanel,
    document: Document,
    worker: Worker,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path))
    choose(panel, "moons")
    assert not panel.opening.isVisible()
    choose(panel, "idx")
    button = panel.opening.fetch_button
    assert button.isVisible()
    menu = button.menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == [
        f"{one.title}, {size} MB from {one.address}"
        for one, size in ((downloads.SETS["mnist"], 12), (downloads.SETS["fashion-mnist"], 31))
    ]
    assert {kind for kind, *_ in worker.asked} <= {"preview"}, "looking at the menu fetches nothing"
    menu.actions()[0].trigger()
    state = {
        "name": "mnist",
        "address": "https://here/",
        "file": "a.gz",
        "come": 25,
        "total": 100,
        "folder": "",
        "error": "",
        "under_way": True,
    }
    assert worker.asked[-1][:2] == ("download", {"name": "mnist"})
    worker.answer("download", state)
    bar = panel.findChild(QProgressBar, "data_fetched")
    assert bar is not None
    assert (bar.isVisible(), bar.value()) == (True, 250)
    assert text(panel, "fetch_told") == "a.gz from https://here/: 25 bytes of 100 bytes"
    qtbot.waitUntil(lambda: worker.asked[-1][0] == "download_state", timeout=60_000)
    worker.answer("download_state", {**state, "under_way": False, "folder": "/home/me/mnist"})
    assert not bar.isVisible()
    assert worker.asked[-1][1]["data"]["options"]["path"] == "/home/me/mnist"


def test_a_fetch_that_failed_says_why(
    panel: DataPanel, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path))
    choose(panel, "cifar")
    menu = panel.opening.fetch_button.menu()
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    worker.answer(
        "download", {"under_way": False, "error": "https://x: expected the file, got 404."}
    )
    assert text(panel, "fetch_told") == "https://x: expected the file, got 404."


def test_every_part_has_a_name_for_screen_readers(panel: DataPanel, qapp: QApplication) -> None:
    choose(panel, "idx")
    for name in ("data_choose", "data_fetch", "data_fetched"):
        widget = panel.findChild(QWidget, name)
        assert widget is not None
        assert widget.accessibleName() or getattr(widget, "text", str)()
