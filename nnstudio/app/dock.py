"""Panels that dock: a slim title where one stands alone, none where it is one of several tabs.

From either, a panel floats, closes, or is folded into a rail with its whole side."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QScrollArea,
    QTabBar,
    QToolButton,
    QWidget,
)

from nnstudio.app.labels import label
from nnstudio.theme import icons, scale

TITLE_HEIGHT = 28


class _Title(QFrame):
    """Name, buttons that fold the side, let the panel float, close it; the rest drags it."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.setProperty("role", "panel")
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 4, 6, 2)
        line.setSpacing(2)
        self._label = label(dock.windowTitle(), "section")
        line.addWidget(self._label, 1)
        for icon, hint, does in (
            ("minus", "Fold into a strip at the edge", dock.fold_wanted.emit),
            ("float", "Float or dock", lambda: dock.setFloating(not dock.isFloating())),
            ("close", "Close; the View menu brings it back", dock.close),
        ):
            button = QToolButton()
            button.setIcon(icons.icon(icon, "muted"))
            button.setIconSize(QSize(13, 13))
            button.setToolTip(f"{hint} ({dock.windowTitle()})")
            button.setAccessibleName(f"{hint.partition(';')[0]}: {dock.windowTitle()}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda *_, does=does: does())
            line.addWidget(button)
        dock.windowTitleChanged.connect(self._label.setText)

    def sizeHint(self) -> QSize:
        return QSize(self.layout().minimumSize().width(), scale.px(TITLE_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class _NoTitle(QWidget):
    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class Dock(QDockWidget):
    """One panel of the editor."""

    fold_wanted = Signal()
    """Its side is to give its room to the drawing."""

    def __init__(self, name: str, title: str, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setObjectName(f"{name}_dock")
        self.setAccessibleName(title)

    def hold(self, content: QWidget) -> None:
        """Show a panel that was made inside; the keyboard reaches it before the title's buttons."""
        self.setWidget(content)
        self._title, self._no_title = _Title(self), _NoTitle(self)
        self._no_title.hide()
        self.setTitleBarWidget(self._title)

    @property
    def in_front(self) -> bool:
        """Whether the panel can be seen: open, and the chosen one among its tabs."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def follow_tabs(self) -> None:
        """Show the title only where no tab says the same."""
        window = self.parentWidget()
        tabbed = isinstance(window, QMainWindow) and bool(window.tabifiedDockWidgets(self))
        wanted = self._no_title if tabbed and not self.isFloating() else self._title
        if self.titleBarWidget() is not wanted:
            other = self.titleBarWidget()
            self.setTitleBarWidget(wanted)
            wanted.show()
            if other is not None:
                other.hide()


def scrolled(content: QWidget, dock: Dock) -> QScrollArea:
    """The content in a view that scrolls where the dock is lower than it."""
    area = QScrollArea(dock)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


def dress_tabs(window: QMainWindow, docks: list[Dock]) -> None:
    """Give the tab bars of docked panels their look, and each tab a menu to float or close it."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if bar.property("dressed"):
            continue
        bar.setProperty("dressed", True)
        bar.setExpanding(False)
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        bar.customContextMenuRequested.connect(lambda at, bar=bar: _tab_menu(bar, at, docks))


def _tab_menu(bar: QTabBar, at: QPoint, docks: list[Dock]) -> None:
    title = bar.tabText(bar.tabAt(at))
    dock = next((dock for dock in docks if dock.windowTitle() == title), None)
    if dock is None:
        return
    menu = QMenu(bar)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction("Fold these panels into a strip", dock.fold_wanted.emit)
    menu.addAction(f"Float {title}", lambda: dock.setFloating(True))
    menu.addAction(f"Close {title}", dock.close)
    menu.popup(bar.mapToGlobal(at))
