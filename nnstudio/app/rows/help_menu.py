"""The menu Help."""

from __future__ import annotations

from nnstudio.app.rows.row import Row

ROWS: tuple[Row, ...] = (
    Row(
        "help.layers", "Help", "Layer reference", lambda w: w.show_layer_reference(), ("F1",),
        "book", words="documentation docs help formula paper",
    ),
    Row(
        "help.shortcuts", "Help", "Keyboard shortcuts", lambda w: w.show_settings("Keyboard"),
        ("Ctrl+/",), "keyboard", words="keys keymap bindings change",
    ),
    Row(
        "help.about", "Help", "About NN Studio", lambda w: w.show_about(), (), "hint",
        words="version",
    ),
)  # fmt: skip
