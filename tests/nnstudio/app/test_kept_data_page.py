"""Data from the web in a real window, from a server on this machine; the list of what is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget

from graph_compiler.model import DataSource, Network, Project
from nnstudio import places, web_tables
from nnstudio.app.kept_page import KeptPage
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.data import DataPanel
from nnstudio.runs import heartbeat
from nnstudio.theme import scale, style
from tests.nnstudio.app.test_names_for_readers import nameless
from tests.nnstudio.app.test_nothing_cut import DOUBLED, SMALL_SCREEN, complaints, lasting
from tests.nnstudio.terminal.test_web_tables import Server, address, quiet
from tests.nnstudio.terminal.test_web_tables import server as server  # a fixture


def pack(name: str = "0123456789abcdef") -> Path:
    """Rows as a run packs them, of a table that is not there."""
    folder = places.packed() / name
    folder.mkdir(parents=True)
    (folder / "training.rows").write_bytes(b"\0" * 3000)
    (folder / "about.json").write_text('{"path": "/tables/large.csv"}', encoding="utf-8")
    return folder


class Threadless:
    """A link that works at once and keeps what the worker is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.done: Callable[[Any], None] = lambda _: None

    def look(self, about: object, job: Any, done: Any, failed: Any) -> None:
        self.work(job, done, failed)

    def work(self, job: Any, done: Any, failed: Any) -> None:
        try:
            result = job()
        except Exception as error:
            failed(error)
        else:
            done(result)

    def request(self, kind: str, payload: dict[str, Any], done: Any, failed: Any) -> None:
        self.asked.append((kind, payload))
        self.done = done


@pytest.fixture
def page(qtbot: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Opens the list over a window of a size."""
    parents = []

    def make(size: tuple[int, int] = SMALL_SCREEN, used: str = "") -> Any:
        parent = QWidget()
        parent.resize(*size)
        qtbot.addWidget(parent)
        parents.append(parent)
        parent.show()
        made = KeptPage(parent, Threadless(), used)  # type: ignore[arg-type]
        made.open()
        qtbot.wait(30)
        return made

    yield make
    parents.clear()


def cells(page: KeptPage, row: int) -> list[str]:
    return [page.table.item(row, column).text() for column in range(page.table.columnCount())]


def told(page: KeptPage, name: str) -> str:
    return page.findChild(QLabel, name).text()


@pytest.mark.slow
def test_a_table_is_fetched_chosen_and_deleted_in_the_window(server: Server, opened: Any) -> None:
    hand = opened("template:mlp")
    editor = hand.window.editor
    editor.document.do(steps.set_data(editor.document, DataSource("csv")))
    editor.show_panel("data")
    box = editor.data.opening
    hand.until(box.web_button.isVisible)
    box.web_button.menu().aboutToShow.emit()
    box.web_button.menu().actions()[0].trigger()
    assert server.asked == [], "nothing is fetched before it is asked for"
    hand.qtbot.keyClicks(box.address.field, address(server, "/none.csv"))
    hand.qtbot.keyClick(box.address.field, Qt.Key.Key_Return)
    hand.until(lambda: "404 Not Found" in box.fetching.told.text())
    box.address.field.setText(address(server, "/orders.csv"))
    hand.click("data_address_fetch")
    hand.until(lambda: editor.document.project.data.options.get("path"))
    (found,) = web_tables.kept()
    assert editor.document.project.data.options["path"] == str(found.path)
    assert editor.document.purpose.data.rows == 60
    server.pages["/orders.csv"] += b"60,1,x\n"
    hand.click("data_anew")
    hand.until(lambda: box.fetching.told.text() == "Another than before: 61 lines then, 62 now.")
    hand.until(lambda: editor.document.purpose.data.rows == 61)
    hand.do("file.kept")
    listed = hand.find("kept_data_table")
    hand.until(lambda: listed.rowCount() == 1)
    assert "The open project reads it." in hand.find("kept_about").text()
    hand.click("kept_delete")
    hand.click("delete_kept_delete")
    hand.until(lambda: web_tables.kept() == ())
    hand.until(lambda: listed.rowCount() == 0)
    hand.click("kept_close")


def test_all_that_is_kept_is_listed(server: Server, page: Any) -> None:
    assert told(page(), "kept_sum").startswith("Nothing is kept yet.")
    found, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    folder = pack()
    shown = page()
    assert cells(shown, 0) == ["orders.csv", "web table", "419 B", "just now", str(found.path)]
    assert cells(shown, 1)[:3] == ["rows of large.csv", "packed rows", "2.96 kB"]
    assert cells(shown, 1)[4] == str(folder)
    assert told(shown, "kept_sum") == "2 entries, 3.37 kB"
    assert told(shown, "kept_about") == f"From {found.address}"


def test_packed_rows_are_deleted_after_one_question(server: Server, page: Any, qtbot: Any) -> None:
    folder = pack()
    shown = page()
    assert not shown.refresh_button.isEnabled()
    assert "made anew by the next run" in shown.refresh_button.toolTip()
    qtbot.keyClick(shown.table, Qt.Key.Key_Delete)
    box = shown.findChild(QMessageBox, "delete_kept")
    assert str(folder) in box.informativeText()
    assert folder.exists()
    next(one for one in box.buttons() if one.objectName() == "delete_kept_cancel").click()
    assert folder.exists()
    qtbot.keyClick(shown.table, Qt.Key.Key_Delete)
    box = shown.findChildren(QMessageBox, "delete_kept")[-1]
    next(one for one in box.buttons() if one.objectName() == "delete_kept_delete").click()
    assert not folder.exists()
    assert told(shown, "kept_fetch_told") == "rows of large.csv is deleted."


def test_what_a_run_reads_cannot_be_deleted(server: Server, page: Any, qtbot: Any) -> None:
    found, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    run = places.runs() / "2026-01-01-000000-abcd"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}", encoding="utf-8")
    (run / "train.py").write_text(f'PATH = "{found.path}"\n', encoding="utf-8")
    shown = page()
    assert shown.delete_button.isEnabled()
    heartbeat.write(run, os.getpid(), 0)
    shown._ask_to_delete()
    box = shown.findChild(QMessageBox, "delete_kept")
    next(one for one in box.buttons() if one.objectName() == "delete_kept_delete").click()
    assert found.path.exists(), "a run that began meanwhile keeps its data"
    assert "got a run at work or waiting (2026-01-01" in told(shown, "kept_fetch_told")
    assert not shown.delete_button.isEnabled()
    assert "(2026-01-01" in shown.delete_button.toolTip()


def test_a_table_is_refreshed_and_compared(server: Server, page: Any) -> None:
    found, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    shown = page(used=str(found.path))
    link, places_ = shown._link, []
    shown.renewed.connect(places_.append)
    shown.refresh_button.click()
    assert link.asked[-1] == ("download", {"table": found.address})
    assert not shown.delete_button.isEnabled()
    done = {"number": 1, "path": str(found.path), "again": True, "lines": 3, "before": 61}
    link.done({**done, "changed": True})
    assert told(shown, "kept_fetch_told") == "Another than before: 61 lines then, 3 now."
    assert places_ == [str(found.path)]
    shown.refresh_button.click()
    shown.reject()
    assert link.asked[-1][0] == "download_cancel", "what nobody waits for is given up"


@pytest.mark.parametrize(("width", "type_size"), [(260, 100), (300, 150), (700, 100)])
def test_nothing_of_the_panel_is_cut(
    server: Server, qtbot: Any, width: int, type_size: int, qapp: QApplication
) -> None:
    found, _ = web_tables.get(address(server, "/orders.csv"), quiet)
    link = Threadless()
    document = Document(Project("Test", networks={"main": Network("main", "Network")}))
    document.do(steps.set_data(document, DataSource("csv", {"path": str(found.path)})))
    style.apply(qapp)
    scale.use(type_size)
    panel = DataPanel(document, link.request)
    qtbot.addWidget(panel)
    panel.resize(width, 900)
    panel.show()
    box = panel.opening
    try:
        box.address.ask()
        box.address.field.setText("example.org/orders-of-the-year-before-last.csv")
        box.address.button.click()
        qtbot.wait(30)
        assert lasting(qtbot, box) == []
        assert nameless(box) == set()
        box.origin.button.click()
        link.done({"number": 1, "address": found.address, "under_way": True, "come": 10})
        qtbot.wait(30)
        assert lasting(qtbot, box) == []
        assert nameless(box) == set()
    finally:
        panel.dispose()
        scale.use(100)


@pytest.mark.parametrize("size", [SMALL_SCREEN, DOUBLED], ids=["1366x768", "200 %"])
def test_nothing_of_the_list_is_cut(
    server: Server, page: Any, qtbot: Any, size: tuple[int, int]
) -> None:
    web_tables.get(address(server, "/orders.csv"), quiet)
    pack()
    shown = page(size)
    assert shown.width() <= size[0]
    assert shown.height() <= size[1]
    assert complaints(shown) == []
    assert nameless(shown) == set()
    shown.refresh_button.click()
    shown._link.done(
        {"number": 1, "address": "https://example.org/" + "a" * 60, "under_way": True, "come": 10}
    )
    qtbot.wait(30)
    assert lasting(qtbot, shown) == []
    assert nameless(shown) == set()
    shown.reject()
