"""Tables from the web in the data panel: asked for, shown, cancelled, offered again, compared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from nnstudio import web_tables
from nnstudio.document.document import Document
from nnstudio.panels.data import DataPanel
from nnstudio.panels.data_web import compared

ADDRESS = "https://example.org/orders.csv"
UNDER_WAY = {
    "number": 1,
    "address": ADDRESS,
    "file": "orders.csv",
    "come": 2048,
    "total": 4096,
    "under_way": True,
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
def panel(
    document: Document,
    worker: Worker,
    shown: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> DataPanel:
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path))
    made: DataPanel = shown(DataPanel(document, worker), 900, 500)
    choose(made, "csv")
    return made


def choose(panel: DataPanel, name: str) -> None:
    """Pick a source, and put its dialog away."""
    panel.source.setCurrentIndex(panel.source.findData(name))
    panel.source.activated.emit(panel.source.currentIndex())
    for dialog in panel.findChildren(QFileDialog):
        dialog.reject()


def told(panel: DataPanel, name: str = "fetch_told") -> str:
    found = panel.findChild(QLabel, f"data_{name}")
    assert found is not None
    return found.text() if found.isVisible() else ""


def keep(text: str, address: str = ADDRESS, hours: float = 0) -> Path:
    """A table as it lies here after a fetch some hours ago."""
    folder = web_tables.folder_of(address)
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_text(text, encoding="utf-8")
    about = {
        "address": address,
        "file": "orders.csv",
        "fetched": time.time() - 3600 * hours,
        "size": len(text),
        "sha256": "0",
        "lines": text.count("\n"),
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    return folder / "orders.csv"


def menu(panel: DataPanel) -> dict[str, Any]:
    """What the menu of the web offers."""
    found = panel.opening.web_button.menu()
    found.aboutToShow.emit()
    return {action.text(): action for action in found.actions() if not action.isSeparator()}


def ask_for(panel: DataPanel, qtbot: QtBot, address: str) -> None:
    """Type an address as a person does."""
    next(iter(menu(panel).values())).trigger()
    panel.opening.address.field.clear()
    qtbot.keyClicks(panel.opening.address.field, address)
    qtbot.keyClick(panel.opening.address.field, Qt.Key.Key_Return)


def test_the_web_is_offered_for_tables_alone(panel: DataPanel) -> None:
    assert panel.opening.web_button.isVisible()
    choose(panel, "image_folder")
    assert not panel.opening.web_button.isVisible()
    choose(panel, "parquet")
    assert not panel.opening.web_button.isVisible()


def test_a_table_is_fetched_when_asked_for_and_then_chosen(
    panel: DataPanel, worker: Worker, qtbot: QtBot
) -> None:
    before = len(worker.asked)
    ask_for(panel, qtbot, f"  {ADDRESS} ")
    assert [(kind, payload) for kind, payload, *_ in worker.asked[before:]] == [
        ("download", {"table": ADDRESS})
    ]
    assert told(panel) == "Connecting…"
    worker.answer("download", UNDER_WAY)
    bar = panel.opening.fetching.progress
    assert (bar.isVisible(), bar.value()) == (True, 500)
    assert told(panel) == f"orders.csv from {ADDRESS}: 2 kB of 4 kB"
    assert not panel.opening.web_button.isEnabled()
    qtbot.waitUntil(lambda: worker.asked[-1][0] == "download_state", timeout=60_000)
    path = keep("a,b\n1,2\n")
    came = {**UNDER_WAY, "under_way": False, "path": str(path), "lines": 2}
    worker.answer("download_state", came)
    assert worker.asked[-1][0] == "preview"
    assert worker.asked[-1][1]["data"]["options"]["path"] == str(path)
    assert not bar.isVisible()
    assert not panel.opening.address.isVisible()
    assert told(panel) == ""


def test_the_cap_stands_below_the_address(panel: DataPanel) -> None:
    menu(panel)["An address…"].trigger()
    assert told(panel, "address_about").startswith(
        "CSV of at most 500 MB, or a JSON list of records of at most 100 MB."
    )


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("example.org/a.csv", "example.org/a.csv: expected an address that begins with https://"),
        ("ftp://a/b.csv", "ftp://a/b.csv: expected an address that begins with https://"),
        ("http://", "http://: expected an address that begins with https://"),
        ("", "Expected an address that begins with https://"),
    ],
)
def test_what_is_no_address_is_refused_at_the_field(
    panel: DataPanel, worker: Worker, qtbot: QtBot, typed: str, text: str
) -> None:
    before = len(worker.asked)
    ask_for(panel, qtbot, typed)
    assert told(panel, "address_refused").startswith(text)
    assert len(worker.asked) == before
    panel.opening.address.field.setText("https://")
    assert told(panel, "address_refused") == ""


def test_a_fetch_is_given_up(panel: DataPanel, worker: Worker, qtbot: QtBot) -> None:
    ask_for(panel, qtbot, ADDRESS)
    worker.answer("download", UNDER_WAY)
    assert panel.opening.fetching.cancel_button.accessibleName() == "Cancel fetching"
    panel.opening.fetching.cancel_button.click()
    worker.answer("download_cancel", {**UNDER_WAY, "under_way": False, "cancelled": True})
    assert told(panel) == "Cancelled. What was there before is as it was."
    assert panel.opening.address.isVisible(), "the address stays for another try"
    assert panel.opening.web_button.isEnabled()
    assert "preview" not in {kind for kind, *_ in worker.asked}


def test_why_nothing_came_is_told(panel: DataPanel, worker: Worker, qtbot: QtBot) -> None:
    ask_for(panel, qtbot, ADDRESS)
    reason = f"{ADDRESS}: expected the file, got 404 Not Found. Check …"
    worker.answer("download", {**UNDER_WAY, "under_way": False, "error": reason})
    assert told(panel) == reason
    ask_for(panel, qtbot, ADDRESS)
    worker.asked[-1][3]("The worker has taken up a run. Ask again.")
    assert told(panel) == "The worker has taken up a run. Ask again."
    ask_for(panel, qtbot, ADDRESS)
    worker.answer("download", UNDER_WAY)
    qtbot.waitUntil(lambda: worker.asked[-1][0] == "download_state", timeout=60_000)
    worker.answer("download_state", {"number": 0, "under_way": False})
    assert told(panel).startswith("The worker took up a run before all had come.")


def test_what_was_fetched_before_is_offered_with_its_age(panel: DataPanel, worker: Worker) -> None:
    path = keep("a,b\n1,2\n", hours=5)
    offered = menu(panel)
    assert [text for text in offered if text] == [
        "Another address…",
        "orders.csv, 5 h old",
        "Kept data…",
    ]
    assert offered["orders.csv, 5 h old"].toolTip() == f"{ADDRESS}\n{path}"
    offered["orders.csv, 5 h old"].trigger()
    assert {kind for kind, *_ in worker.asked} == {"preview"}
    assert worker.asked[-1][1]["data"]["options"]["path"] == str(path)


FOUND = {
    "source": "csv",
    "kind": "table",
    "rows": 2,
    "target": "value",
    "classes": [],
    "columns": [],
    "problem": "",
}


def test_fetched_anew_it_says_whether_it_is_another(
    panel: DataPanel, document: Document, worker: Worker, qtbot: QtBot
) -> None:
    path = keep("a,b\n1,2\n3,4\n", hours=72)
    columns = [["a", "feature", "number", []], ["b", "target", "number", []]]
    panel.choose_file(str(path))
    worker.answer("preview", {**FOUND, "options": {"path": str(path), "columns": columns}})
    assert document.project.data.options["path"] == str(path)
    assert panel.opening.origin.words.full_text() == f"3 days old, from {ADDRESS}"
    panel.opening.origin.button.click()
    assert worker.asked[-1][:2] == ("download", {"table": ADDRESS})
    done = {**UNDER_WAY, "under_way": False, "path": str(path), "again": True, "lines": 3}
    worker.answer("download", {**done, "before": 3})
    assert told(panel) == "The same as before."
    assert worker.asked[-1][0] == "download", "what is the same is not looked at again"
    panel.opening.origin.button.click()
    worker.answer("download", {**done, "changed": True, "before": 3, "lines": 1200})
    assert told(panel) == "Another than before: 3 lines then, 1\u202f200 now."
    kind, payload, _, _ = worker.asked[-1]
    assert kind == "preview"
    roles = [tuple(row)[:2] for row in payload["data"]["options"]["columns"]]
    assert roles == [("a", "feature"), ("b", "target")], "roles stay as they were chosen"


def test_what_is_not_known_of_before_is_not_told() -> None:
    assert compared({"again": False, "changed": False}) == ""
    assert compared({"again": True, "changed": True, "before": 0, "lines": 3}) == (
        "Another than before."
    )


def test_escape_puts_the_address_away(panel: DataPanel, qtbot: QtBot) -> None:
    menu(panel)["An address…"].trigger()
    assert panel.window().focusWidget() is panel.opening.address.field
    qtbot.keyClick(panel.opening.address.field, Qt.Key.Key_Escape)
    assert not panel.opening.address.isVisible()
    assert panel.window().focusWidget() is panel.opening.web_button


def test_another_source_gives_the_fetch_up(panel: DataPanel, worker: Worker, qtbot: QtBot) -> None:
    ask_for(panel, qtbot, ADDRESS)
    worker.answer("download", UNDER_WAY)
    choose(panel, "moons")
    assert "download_cancel" in {kind for kind, *_ in worker.asked}
