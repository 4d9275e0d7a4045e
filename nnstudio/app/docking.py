"""The panels around the drawing: which there are, where they lie at first, how they come and go.

Owns the docks of one editor and their layout. What stands in a panel is none of its concern.
"""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QTabWidget, QWidget

from nnstudio.app.dock import Dock, dress_tabs
from nnstudio.app.rails import Rails

LAYOUT_VERSION = 1
BOTTOM, LEFT, RIGHT = (
    Qt.DockWidgetArea.BottomDockWidgetArea,
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
)
LOWER = ("training", "gap", "use", "runs", "problems", "plan", "data", "variables")
"""The panels that share the bottom, in the order of their tabs."""
TALL = 980
"""From this height on the inspector takes what the code panel can spare."""
SMALL = QSize(1440, 860)
"""Below this, panels are narrower and inspector and code share one place."""


class Docking(QObject):
    """The docks of one editor."""

    tidied = Signal()
    """Panels were moved, opened or closed, and their titles follow."""

    def __init__(self, editor: QMainWindow) -> None:
        super().__init__(editor)
        self._editor = editor
        self.docks: dict[str, Dock] = {}
        self._empty: dict[str, Dock] = {}
        self.rails = Rails(editor, self.docks)
        self._default_state = QByteArray()
        self._tidy = QTimer(self)
        self._tidy.setSingleShot(True)
        self._tidy.setInterval(0)
        self._tidy.timeout.connect(self.tidy)
        editor.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks
        )
        editor.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        editor.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        editor.setCorner(Qt.Corner.BottomRightCorner, BOTTOM)
        editor.setCorner(Qt.Corner.TopLeftCorner, LEFT)
        editor.setCorner(Qt.Corner.TopRightCorner, RIGHT)

    def host(self, name: str, title: str) -> Dock:
        """The dock of a panel, which is made inside it: what changes its parent is dressed anew."""
        dock = self._empty[name] = Dock(name, title, self._editor)
        return dock

    def add(self, name: str, content: QWidget, area: Qt.DockWidgetArea) -> None:
        """Take in a panel that was made inside its dock."""
        dock = self.docks[name] = self._empty.pop(name)
        dock.hold(content)
        self._editor.addDockWidget(area, dock)
        dock.visibilityChanged.connect(self.tidy_soon)
        dock.topLevelChanged.connect(self.tidy_soon)
        dock.dockLocationChanged.connect(self.tidy_soon)
        self.rails.watch(name, dock)

    def lay_out(self, stored: QByteArray, folded: str = "") -> None:
        """Put all panels where they were last, or where they lie at first; `folded` tells which
        sides were rails."""
        for first, second in pairwise(self.docks[name] for name in LOWER):
            self._editor.tabifyDockWidget(first, second)
        self.docks["training"].raise_()
        self._default_sizes()
        self._default_state = self._editor.saveState(LAYOUT_VERSION)
        if stored.isEmpty() or not self._editor.restoreState(stored, LAYOUT_VERSION):
            self._default_sizes()
        self.rails.restore(folded)
        self.tidy()

    def restore(self, stored: QByteArray, folded: str) -> None:
        """Put all panels where another window had them."""
        if not stored.isEmpty() and self._editor.restoreState(stored, LAYOUT_VERSION):
            self.rails.restore(folded)
            self.tidy_soon()

    def state(self) -> QByteArray:
        """Where the panels lie, to be given to `lay_out` again."""
        return self._editor.saveState(LAYOUT_VERSION)

    def reset(self) -> None:
        """All panels open and where they were at first."""
        self.rails.unfold_all()
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        self._editor.restoreState(self._default_state, LAYOUT_VERSION)
        self._default_sizes()
        self.tidy_soon()

    def _default_sizes(self) -> None:
        editor = self._editor
        wide, high = max(editor.width(), 860), max(editor.height(), 540)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        small, low = wide < SMALL.width(), high < SMALL.height()
        inspector, code = self.docks["inspector"], self.docks["code"]
        if low:
            editor.tabifyDockWidget(inspector, code)
            inspector.raise_()
        else:
            editor.splitDockWidget(inspector, code, down)
        bottom = round(high * (0.31 if low else 0.36))
        editor.resizeDocks([self.docks["palette"]], [184 if small else 212], across)
        editor.resizeDocks([inspector], [272 if small else 324], across)
        editor.resizeDocks([self.docks["training"]], [bottom], down)
        if not low:
            upper, lower = (0.38, 0.22) if high >= TALL else (0.34, 0.26)
            editor.resizeDocks([inspector, code], [round(high * upper), round(high * lower)], down)

    def show_panel(self, name: str) -> None:
        """Open a panel and bring it to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def go_to(self, name: str) -> None:
        """Open a panel and give it the keyboard."""
        self.show_panel(name)
        self.rails.open_panel(name)

    def toggles(self) -> list[tuple[str, QAction]]:
        """Title and toggle of each panel, for the View menu."""
        return [(dock.windowTitle(), dock.toggleViewAction()) for dock in self.docks.values()]

    def shown(self) -> list[QWidget]:
        """What stands in the panels that can be seen."""
        panels = [dock.widget() for dock in self.docks.values() if dock.in_front]
        return [*panels, *self.rails.shown()]

    def tidy_soon(self) -> None:
        """Let titles and tabs follow once the present work is over."""
        self._tidy.start()

    def tidy(self) -> None:
        """Let titles and tabs follow where the panels lie."""
        for dock in self.docks.values():
            dock.follow_tabs()
        dress_tabs(self._editor, list(self.docks.values()))
        self.tidied.emit()

    def dispose(self) -> None:
        """Follow no more."""
        self.rails.dispose()
        self._tidy.stop()
