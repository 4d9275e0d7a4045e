"""The shape of a line of the menus: an action, a submenu, a line of a submenu."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import always

if TYPE_CHECKING:
    from nnstudio.app.window import Window


@dataclass(frozen=True, slots=True)
class Row:
    """One action."""

    id: str
    menu: str
    text: str
    does: Callable[[Window], None]
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    refused: Callable[[Window], str] = always
    name: Callable[[Window], str] | None = None
    checked: Callable[[Window], bool] | None = None
    canvas: bool = False
    """Whether its keys hold only while the canvas has the focus."""
    separated: bool = False
    """Whether a line stands above it in the menu."""
    words: str = ""
    """Further words that find it in the command palette."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a submenu; `checked` is None where it is no choice."""

    text: str
    does: Callable[[], None]
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Submenu:
    """Lines that depend on what is open, below the row `after`."""

    menu: str
    after: str
    text: str
    items: Callable[[Window], Iterable[Item]]
    empty: str
    icon: str = ""
    words: str = ""
