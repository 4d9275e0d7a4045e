"""Everything a person can do, as rows of data, and the Qt actions made of them.

Menus, command palette, shortcuts and toolbar are all built from `ROWS`. A row's `refused` says why
it cannot be done now, "" where it can: that text is what hovering shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from nnstudio.app.keymap import Keymap, gestures
from nnstudio.app.rows import ROWS, SUBMENUS, Row, Submenu
from nnstudio.theme import icons

if TYPE_CHECKING:
    from nnstudio.app.window import Window


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the command palette: what it says, its shortcut, why not, and what it does."""

    text: str
    shortcut: str
    refused: str
    trigger: Callable[[], None]
    words: str = ""
    icon: str = ""
    id: str = ""
    """By which it is remembered as used."""


class Actions(QObject):
    """The Qt actions of one window, kept up to date with what can be done."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._made: dict[str, QAction] = {}
        self._canvas: QWidget | None = None
        self.keymap = Keymap(window.settings)
        self.keymap.put_on_canvas()
        for row in ROWS:
            self._made[row.id] = self._make(row)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        self.refresh()

    @property
    def by_id(self) -> dict[str, QAction]:
        """The actions by the identity of their row."""
        return self._made

    def _make(self, row: Row) -> QAction:
        action = QAction(row.text, self)
        action.setObjectName(row.id)
        if row.icon:
            action.setIcon(icons.icon(row.icon))
        self._give_keys(row, action)
        action.setCheckable(row.checked is not None)
        action.triggered.connect(lambda: self._trigger(row))
        if not row.canvas:
            self._window.addAction(action)
        return action

    def _give_keys(self, row: Row, action: QAction) -> None:
        keys = self.keymap.keys_of(row.id)
        # Fields on the canvas need Tab for themselves: there the canvas hears it, not the window.
        context = (
            Qt.ShortcutContext.WidgetShortcut
            if "Tab" in keys
            else (
                Qt.ShortcutContext.WidgetWithChildrenShortcut
                if row.canvas
                else Qt.ShortcutContext.WindowShortcut
            )
        )
        action.setShortcutContext(context)
        action.setShortcuts([QKeySequence(key) for key in keys])

    def take_keys(self) -> None:
        """The keys have been changed: menus, tooltips and canvases follow."""
        for row in ROWS:
            self._give_keys(row, self._made[row.id])
        self.keymap.put_on_canvas()
        self.refresh()

    def _trigger(self, row: Row) -> None:
        if self._window.editor is not None:
            self._window.editor.commit()
        refused = row.refused(self._window)
        if refused:
            self._window.show_message(refused)
        else:
            row.does(self._window)
        self.refresh_soon()

    def use_canvas(self, canvas: QWidget | None) -> None:
        """Give the shortcuts that belong to the canvas to this one."""
        rows = [row for row in ROWS if row.canvas]
        if self._canvas is not None:
            for row in rows:
                self._canvas.removeAction(self._made[row.id])
        self._canvas = canvas
        if canvas is not None:
            for row in rows:
                canvas.addAction(self._made[row.id])

    def refresh_soon(self) -> None:
        """Bring texts and states up to date once the present work is over."""
        if not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """Bring texts and states up to date."""
        for row in ROWS:
            action = self._made[row.id]
            refused = row.refused(self._window)
            text = row.name(self._window) if row.name else row.text
            action.setText(text)
            action.setEnabled(not refused)
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            hint = f"{text} ({shortcut})" if shortcut else text
            action.setToolTip(f"{hint}\n{refused}" if refused else hint)
            if row.checked is not None:
                action.setChecked(row.checked(self._window))

    def menu(self, title: str, parent: QWidget) -> QMenu:
        """The menu of that title, its submenus filled when they open."""
        menu = QMenu(title, parent)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.refresh)
        for row in ROWS:
            if row.menu == title:
                if row.separated:
                    menu.addSeparator()
                menu.addAction(self._made[row.id])
            for sub in SUBMENUS:
                if sub.menu == title and sub.after == row.id:
                    menu.addMenu(self._submenu(sub, menu))
        return menu

    def _submenu(self, sub: Submenu, parent: QMenu) -> QMenu:
        menu = QMenu(sub.text, parent)
        menu.setToolTipsVisible(True)
        if sub.icon:
            menu.setIcon(icons.icon(sub.icon))

        def fill() -> None:
            menu.clear()
            items = list(sub.items(self._window))
            if not items:
                nothing = menu.addAction(sub.empty)
                nothing.setEnabled(False)
                nothing.setToolTip(sub.empty)
            for item in items:
                action = menu.addAction(item.text)
                action.setCheckable(item.checked is not None)
                action.setChecked(bool(item.checked))
                action.triggered.connect(lambda *_, does=item.does: does())

        menu.aboutToShow.connect(fill)
        return menu

    def entries(self) -> Iterator[Entry]:
        """Every line of the command palette, what was used last in front."""
        used = self._window.settings.used_actions
        lines = list(self._lines())
        by_id = {line.id: line for line in lines}
        front = [by_id[id] for id in used if id in by_id]
        yield from front
        yield from (line for line in lines if line not in front)

    def _lines(self) -> Iterator[Entry]:
        for row in ROWS:
            action = self._made[row.id]
            yield Entry(
                f"{row.menu}: {row.name(self._window) if row.name else row.text}",
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                row.refused(self._window),
                partial(self._use, row.id, partial(self._trigger, row)),
                row.words,
                row.icon,
                row.id,
            )
        for sub in SUBMENUS:
            yield from self._lines_of(sub)
        for text, keys in gestures():
            why = "Press the key while the drawing has the keyboard."
            tell = partial(self._window.show_message, f"{text}: {keys}. {why}")
            yield Entry(f"On the drawing: {text}", keys, why, tell, "gesture key", "command", text)

    def _lines_of(self, sub: Submenu) -> Iterator[Entry]:
        items = list(sub.items(self._window))
        if not items:
            tell = partial(self._window.show_message, f"{sub.empty}.")
            yield Entry(sub.text, "", f"{sub.empty}.", tell, sub.words, sub.icon, sub.text)
        for item in items:
            text = f"{sub.text}: {item.text}"
            does = partial(self._use, text, item.does)
            yield Entry(text, "", "", does, sub.words, sub.icon, text)

    def _use(self, id: str, does: Callable[[], None]) -> None:
        self._window.settings.use_action(id)
        does()
