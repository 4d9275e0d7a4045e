"""The middle of the editor and the line at its foot: views, way into blocks, notices, messages.

Owns the strip of tabs above the drawing, the stack of pages below it, and the status line.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QStatusBar,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.breadcrumbs import Breadcrumbs, DrawingsButton
from nnstudio.app.labels import ElidedLabel
from nnstudio.app.notices import Notices
from nnstudio.theme import notifier

VIEWS = ("Network", "Computational graph")
SHORT = ("Network", "Graph")
"""Their names where room is short."""
MESSAGE_SECONDS = 8


class Middle(QWidget):
    """Tabs, breadcrumbs and notices above a stack of pages."""

    def __init__(self, drawing_actions: Iterable[QAction]) -> None:
        super().__init__()
        self.setObjectName("middle")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.strip = Strip(drawing_actions)
        self.tabs, self.crumbs = self.strip.tabs, self.strip.crumbs
        self.drawings_button = self.strip.drawings_button
        self.notices = Notices()
        self.notices.setObjectName("notices")
        self.pages = QStackedWidget()
        column.addWidget(self.strip)
        column.addWidget(self.notices)
        column.addWidget(self.pages, 1)


class Strip(QFrame):
    """Views at the left, the way to the drawing shown, and the list of drawings at the right.

    Where room is short, first the list loses its name, then the longest view gets a shorter one;
    the name of the drawing shown goes last.
    """

    def __init__(self, drawing_actions: Iterable[QAction]) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.tabs = _tabs()
        self.crumbs = Breadcrumbs()
        self.drawings_button = DrawingsButton(drawing_actions)
        across = QHBoxLayout(self)
        across.setContentsMargins(8, 0, 8, 0)
        across.addWidget(self.tabs)
        across.addSpacing(8)
        across.addWidget(self.crumbs, 1)
        across.addWidget(self.drawings_button)
        self._between = 24 + 3 * across.spacing()
        self.crumbs.resized.connect(self._fit)
        notifier.scale_changed.connect(self._fit)

    def _fit(self) -> None:
        button, needed = self.drawings_button, self.crumbs.short_width
        of_text = self.tabs.fontMetrics().horizontalAdvance
        saved = sum(of_text(one) for one in VIEWS) - sum(of_text(one) for one in SHORT)
        named = button.toolButtonStyle() is not Qt.ToolButtonStyle.ToolButtonIconOnly
        long = self.tabs.tabText(1) == VIEWS[1]
        held = self.tabs.sizeHint().width() + button.sizeHint().width()
        held += button.name_width * (not named) + saved * (not long)
        room = self.width() - held - self._between
        button.show_name(room >= needed)
        for index, name in enumerate(VIEWS if room + button.name_width >= needed else SHORT):
            if self.tabs.tabText(index) != name:
                self.tabs.setTabText(index, name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def _tabs() -> QTabBar:
    tabs = QTabBar()
    tabs.setObjectName("middle_tabs")
    tabs.setAccessibleName("Views of the network")
    tabs.setProperty("role", "top")
    tabs.setDrawBase(False)
    tabs.setExpanding(False)
    for view in VIEWS:
        tabs.setTabToolTip(tabs.addTab(view), view)
    return tabs


class StatusLine(QStatusBar):
    """Figures of the drawing at the left, the last message at the right for some seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status_line")
        self.setAccessibleName("Status")
        self.setSizeGripEnabled(False)
        self.setContentsMargins(6, 0, 6, 0)
        self._figures, self._said = ElidedLabel(), ElidedLabel()
        self._figures.setObjectName("status_figures")
        self._said.setObjectName("status_message")
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for words in (self._figures, self._said):
            words.setProperty("role", "small")
        self.addWidget(self._figures, 1)
        self.addPermanentWidget(self._said, 1)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(MESSAGE_SECONDS * 1000)
        self._quiet.timeout.connect(lambda: self._show(""))
        self._said.hide()

    def show_figures(self, text: str) -> None:
        """What there is to count in the drawing shown."""
        self._figures.setText(text)

    def say(self, text: str) -> None:
        """A sentence, for some seconds."""
        self._show(text)
        self._quiet.start()

    def _show(self, text: str) -> None:
        """The message; without one the figures have all the room."""
        self._said.setText(text)
        self._said.setToolTip(text)
        self._said.setVisible(bool(text))
