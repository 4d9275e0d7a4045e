"""Everything a person can do, as rows of data, and the Qt actions made of them.

Menus, command palette, shortcuts and toolbar are all built from `ROWS`. A row's `refused` says why
it cannot be done now, "" where it can: that text is what hovering shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

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


class Actions(QObject):
    """The Qt actions of one window, kept up to date with what can be done."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._made: dict[str, QAction] = {}
        self._canvas: QWidget | None = None
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
        if row.shortcuts:
            action.setShortcuts([QKeySequence(keys) for keys in row.shortcuts])
            if row.canvas:
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            else:
                action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(row.checked is not None)
        action.triggered.connect(lambda: self._trigger(row))
        if not row.canvas:
            self._window.addAction(action)
        return action

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
                menu.addAction(sub.empty).setEnabled(False)
            for item in items:
                action = menu.addAction(item.text)
                action.setCheckable(item.checked is not None)
                action.setChecked(bool(item.checked))
                action.triggered.connect(lambda *_, does=item.does: does())

        menu.aboutToShow.connect(fill)
        return menu

    def entries(self) -> Iterator[Entry]:
        """Every line of the command palette."""
        for row in ROWS:
            action = self._made[row.id]
            yield Entry(
                f"{row.menu}: {row.name(self._window) if row.name else row.text}",
                action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                row.refused(self._window),
                lambda row=row: self._trigger(row),
                row.words,
                row.icon,
            )
        for sub in SUBMENUS:
            for item in sub.items(self._window):
                yield Entry(f"{sub.text}: {item.text}", "", "", item.does, sub.words, sub.icon)
