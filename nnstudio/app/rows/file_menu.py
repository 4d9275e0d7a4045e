"""The menu File."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import editable, project, whole
from nnstudio.app.rows.row import Item, Row, Submenu

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def _recent(window: Window) -> Iterable[Item]:
    for path in window.settings.recent:
        yield Item(str(path), lambda path=path: window.files.opening.open_path(path))


def _templates(window: Window) -> Iterable[Item]:
    for card in window.start.gallery.all_cards:
        yield Item(card.name, lambda id=card.id: window.files.opening.open_template(id))


def _compare(window: Window) -> None:
    from nnstudio.app.compare.view import open_compare

    open_compare(window)


def _kept(window: Window) -> None:
    from nnstudio.app.kept_page import show_kept

    show_kept(window)


ROWS: tuple[Row, ...] = (
    Row("file.new", "File", "New project", lambda w: w.files.opening.new(), ("Ctrl+N",), "new"),
    Row(
        "file.window", "File", "New window", lambda w: w.group.new() and None, ("Ctrl+Alt+N",),
        "window", words="another second",
    ),
    Row("file.open", "File", "Open file…", lambda w: w.files.opening.open(), ("Ctrl+O",), "open"),
    Row(
        "file.data",
        "File",
        "New project from your data (CSV)…",
        lambda w: w.files.opening.open_data(),
        icon="data",
        words="table import",
    ),
    Row(
        "file.kept", "File", "Kept data…", lambda w: _kept(w), (), "stack",
        words="downloads cache web tables sets packed rows delete refresh space disk",
    ),
    Row(
        "file.start", "File", "Start page", lambda w: w.files.opening.show_start(),
        ("Ctrl+Shift+H",), "home", words="templates gallery welcome close project",
    ),
    Row(
        "file.save", "File", "Save", lambda w: w.files.saving.save(), ("Ctrl+S",), "save",
        editable, separated=True,
    ),
    Row(
        "file.save_as", "File", "Save as…", lambda w: w.files.saving.save_as(),
        ("Ctrl+Shift+S",), "save-as", project,
    ),
    Row(
        "file.export_model", "File", "Export model.py…", lambda w: w.files.exporting.model(),
        ("Ctrl+E",), "export", whole, separated=True, words="python pytorch code",
    ),
    Row(
        "file.export_script", "File", "Export model.py and train.py…",
        lambda w: w.files.exporting.script(), ("Ctrl+Shift+E",), "export", whole,
        words="python pytorch code script training",
    ),
    Row(
        "file.export_picture", "File", "Export picture…", lambda w: w.files.exporting.picture(),
        (), "picture", project, words="svg pdf png image figure paper",
    ),
    Row(
        "file.compare", "File", "Compare…", lambda w: _compare(w), ("Ctrl+Shift+D",), "compare",
        project, words="diff versions runs merged picture side by side changes",
    ),
    Row(
        "file.settings", "File", "Settings…", lambda w: w.show_settings(), ("Ctrl+,",), "settings",
        separated=True, words="preferences options configure theme autosave device threads",
    ),
    Row(
        "file.close", "File", "Close the window", lambda w: w.close(), ("Ctrl+W",), "close",
        separated=True, words="exit",
    ),
    Row(
        "file.quit", "File", "Quit", lambda w: w.group.quit(), ("Ctrl+Q",), "quit",
        words="exit close all windows",
    ),
)  # fmt: skip

SUBMENUS: tuple[Submenu, ...] = (
    Submenu("File", "file.open", "Open recent", _recent, "Nothing opened yet", "recent"),
    Submenu("File", "file.open", "Open template", _templates, "No templates installed", "cards"),
)  # fmt: skip
