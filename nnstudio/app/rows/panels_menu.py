"""The menu Panels: go to one by a key, fold the sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import project
from nnstudio.app.rows.row import Item, Row, Submenu

if TYPE_CHECKING:
    from nnstudio.app.rails import Side
    from nnstudio.app.window import Window

_PANELS = (
    ("inspector", "Inspector", "Ctrl+4", "inspector", "parameters fields properties"),
    ("palette", "Layers", "Ctrl+5", "layers", "palette add"),
    ("code", "Code", "Ctrl+6", "code", "python source"),
    ("training", "Training", "Ctrl+7", "chart", "curves loss plots"),
    ("data", "Data", "Ctrl+8", "data", "table images split"),
    ("problems", "Problems", "Ctrl+9", "problems", "errors warnings hints"),
    ("plan", "Plan", "", "plan", "loss optimizer epochs"),
    ("gap", "Bias and variance", "", "gap", "generalisation overfitting"),
    ("runs", "Runs", "", "recent", "checkpoints queue waiting kept fork"),
    ("variables", "Variables", "", "variables", "expressions numbers"),
)


def _panels(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        for title, action in window.editor.panel_toggles():
            yield Item(title, action.trigger, action.isChecked())


def _go(name: str) -> Callable[[Window], None]:
    return lambda window: window.editor.docking.go_to(name)


def _fold(side: Side) -> Callable[[Window], None]:
    return lambda window: window.editor.docking.rails.toggle(side)


def _anything(side: Side) -> Callable[[Window], str]:
    def refused(window: Window) -> str:
        missing = project(window)
        if missing or window.editor.docking.rails.has_panels(side):
            return missing
        return "No panel is open there."

    return refused


def _open(side: Side) -> Callable[[Window], bool]:
    def is_open(window: Window) -> bool:
        if window.editor is None:
            return False
        rails = window.editor.docking.rails
        return rails.has_panels(side) and not rails.is_folded(side)

    return is_open


ROWS: tuple[Row, ...] = (
    *(
        Row(
            f"panel.{name}", "Panels", f"Go to {title}", _go(name), (keys,) if keys else (), icon,
            project, words=f"panel focus show {words}",
        )
        for name, title, keys, icon, words in _PANELS
    ),
    Row(
        "view.left", "Panels", "Panels at the left", _fold("left"), ("Ctrl+B",), "side-left",
        _anything("left"), checked=_open("left"), separated=True, words="fold collapse rail",
    ),
    Row(
        "view.bottom", "Panels", "Panels at the bottom", _fold("bottom"), ("Ctrl+J",),
        "side-bottom", _anything("bottom"), checked=_open("bottom"), words="fold collapse rail",
    ),
    Row(
        "view.right", "Panels", "Panels at the right", _fold("right"), ("Ctrl+Alt+B",),
        "side-right", _anything("right"), checked=_open("right"), words="fold collapse rail",
    ),
)  # fmt: skip

SUBMENUS: tuple[Submenu, ...] = (
    Submenu(
        "Panels", "panel.variables", "Show or hide", _panels, "Open a project first", "panel",
        "dock close open",
    ),
)  # fmt: skip
