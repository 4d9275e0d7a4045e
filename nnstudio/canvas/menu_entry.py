"""One entry of a context menu: text, key at the right, what it does, and why it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from nnstudio.canvas import tints
from nnstudio.canvas.keys import present

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView


def add(
    menu: QMenu,
    text: str,
    keys: str,
    does: Callable[[], object],
    why_not: str = "",
    checked: bool | None = None,
) -> QAction:
    """Add an entry; `keys` are its first ones, `why_not` greys it out and is what hovering says."""
    keys = present(keys)
    # A tab sets the key apart at the right without making it a shortcut of its own.
    action = menu.addAction(f"{text}\t{keys}" if keys else text)
    action.triggered.connect(lambda _=False: does())
    if checked is not None:
        action.setCheckable(True)
        action.setChecked(checked)
    if why_not:
        action.setEnabled(False)
        action.setToolTip(why_not)
    else:
        action.setToolTip(text)
    return action


def submenu(menu: QMenu, text: str) -> QMenu:
    """A menu in a menu, with tooltips as well."""
    made = menu.addMenu(text)
    made.setToolTipsVisible(True)
    return made


def colours(canvas: CanvasView, menu: QMenu) -> None:
    """The colours for what is selected: swatches with their names."""
    made, held = submenu(menu, "Colour"), canvas.marking.tint()
    for tint, words in (("", "None"), *tints.NAMES):
        action = add(
            made,
            words,
            "",
            lambda tint=tint: canvas.marking.colour(tint),
            checked=tint == held,
        )
        action.setIcon(tints.swatch(tint))


def plain(name: str) -> str:
    """A name as a menu shows it, with no letter underlined."""
    return name.replace("&", "&&")
