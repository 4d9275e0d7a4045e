"""How the command palette finds actions, and how it behaves under keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QMainWindow

from nnstudio.app.actions import Entry
from nnstudio.app.command_palette import CommandPalette, ranked, score

TEXTS = (
    "File: Save", "File: Save as…", "File: Export model.py…", "Edit: Select all", "Edit: Undo",
    "View: Show everything", "Run: Step", "Run: Stop", "View: Dark theme",
)  # fmt: skip


def entries(log: list[str]) -> list[Entry]:
    """One entry a text; taking it notes its text."""
    return [Entry(t, "", "", lambda t=t: log.append(t)) for t in TEXTS]


def first(typed: str) -> str:
    """The best match."""
    return ranked(typed, entries([]))[0].text


def test_letters_in_order_are_enough() -> None:
    assert score("sv", "File: Save") is not None
    assert score("vs", "File: Save") is None
    assert score("", "anything") == 0


def test_whole_words_and_beginnings_come_first() -> None:
    assert first("save") == "File: Save"
    assert first("saveas") == "File: Save as…"
    assert first("stop") == "Run: Stop"
    assert first("dark") == "View: Dark theme"
    assert first("expmod") == "File: Export model.py…"


def test_without_text_the_order_stays() -> None:
    assert [entry.text for entry in ranked("", entries([]))] == list(TEXTS)


def test_further_words_find_an_action() -> None:
    entry = Entry("View: Computational graph", "", "", lambda: None, "autograd gradients")
    assert ranked("autograd", [entry]) == [entry]


def test_keys(qtbot: object) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    field = QLineEdit()
    window.setCentralWidget(field)
    window.resize(900, 600)
    palette = CommandPalette(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus, timeout=60_000)
    log: list[str] = []
    palette.open_with(entries(log))
    search = palette.findChild(QLineEdit, "command_search")
    assert search.hasFocus()
    assert palette.shown_texts() == list(TEXTS)
    qtbot.keyClicks(search, "undo")
    assert palette.shown_texts()[0] == "Edit: Undo"
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert log == ["Edit: Undo"]
    assert palette.isHidden()
    assert field.hasFocus()
    palette.open_with(entries(log))
    qtbot.keyClick(search, Qt.Key.Key_Down)
    qtbot.keyClick(search, Qt.Key.Key_Down)
    qtbot.keyClick(search, Qt.Key.Key_Up)
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert log == ["Edit: Undo", "File: Save as…"]
    palette.open_with(entries(log))
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert len(log) == 2
