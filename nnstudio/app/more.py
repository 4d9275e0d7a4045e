"""The button "More" of a bar: a menu of what the bar has no room for."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from nnstudio.theme import icons


class More(QToolButton):
    """Hidden while everything fits."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("more_button")
        self.setAccessibleName("More")
        self.setToolTip("What the bar has no room for")
        self.setIcon(icons.icon("more"))
        self.setIconSize(QSize(18, 18))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.setMenu(self._menu)
        self._offers: dict[QWidget, tuple[QAction, ...]] = {}
        self.hide()

    def offer(self, part: QWidget, *actions: QAction) -> None:
        """The actions that do what a part of the bar does."""
        self._offers[part] = actions

    def set_away(self, away: Collection[QWidget]) -> None:
        """Hide these parts of those offered and no others; the menu does their work."""
        for action in self._menu.actions():
            self._menu.removeAction(action)
        for part, actions in self._offers.items():
            part.setVisible(part not in away)
            if part in away:
                self._menu.addActions(actions)
        self.setVisible(bool(away))
