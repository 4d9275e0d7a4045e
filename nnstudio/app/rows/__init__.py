"""The table of actions and submenus: identity, words, keys, icon, what it does, why not.

One file for each menu. Adding an action is adding a row. Handlers are one call into the part that
does the work.
"""

from __future__ import annotations

from nnstudio.app.rows import (
    drawing_menu,
    edit_menu,
    file_menu,
    help_menu,
    panels_menu,
    run_menu,
    select_menu,
    view_menu,
    wire_menu,
)
from nnstudio.app.rows.row import Item, Row, Submenu

__all__ = ["MENUS", "ROWS", "SUBMENUS", "Item", "Row", "Submenu"]

MENUS = ("File", "Edit", "Select", "Wire", "Drawing", "View", "Panels", "Run", "Help")
ROWS: tuple[Row, ...] = (
    *file_menu.ROWS, *edit_menu.ROWS, *select_menu.ROWS, *wire_menu.ROWS, *drawing_menu.ROWS,
    *view_menu.ROWS, *panels_menu.ROWS, *run_menu.ROWS, *help_menu.ROWS,
)  # fmt: skip
SUBMENUS: tuple[Submenu, ...] = (
    *file_menu.SUBMENUS, *edit_menu.SUBMENUS, *drawing_menu.SUBMENUS, *view_menu.SUBMENUS,
    *panels_menu.SUBMENUS,
)  # fmt: skip
