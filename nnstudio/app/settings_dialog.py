"""The settings dialog: pages at the left, rows at the right, a field that searches all of them.

Every change holds at once and is kept at once; there is nothing to confirm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.keyboard_page import KeyboardPage
from nnstudio.app.labels import label
from nnstudio.app.preferences import PAGES, PREFERENCES
from nnstudio.app.questions import ask
from nnstudio.app.setting_rows import SettingRow
from nnstudio.theme import icons, notifier, scale

if TYPE_CHECKING:
    from nnstudio.app.window import Window

KEYBOARD = "Keyboard"
WIDE, HIGH, MARGIN = 760, 600, 40
NARROW = 640
"""Below this width, in pixels at 100 % type, controls stand below their words."""


class SettingsDialog(QDialog):
    """All settings of the program."""

    def __init__(self, window: Window, page: str = PAGES[0]) -> None:
        super().__init__(window)
        self.setObjectName("settings")
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._window = window
        self._rows = [SettingRow(one, window) for one in PREFERENCES]
        lines = QVBoxLayout(self)
        lines.setContentsMargins(16, 16, 16, 16)
        lines.setSpacing(12)
        lines.addLayout(self._head())
        across = QHBoxLayout()
        across.setSpacing(16)
        across.addWidget(self._page_list())
        self._pages = QStackedWidget()
        self._pages.addWidget(self._scrolled())
        self._keyboard = KeyboardPage(window)
        self._pages.addWidget(self._keyboard)
        across.addWidget(self._pages, 1)
        lines.addLayout(across, 1)
        lines.addLayout(self._foot())
        self._list.setCurrentRow((*PAGES, KEYBOARD).index(page))
        self._end_listening = window.settings.listen(self._changed)
        notifier.scale_changed.connect(self._fit)
        self.finished.connect(self._closed)
        self._fit()

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(label("Settings", "title"))
        head.addStretch(1)
        self._search = QLineEdit()
        self._search.setObjectName("settings_search")
        self._search.setAccessibleName("Search settings")
        self._search.setPlaceholderText("Search settings")
        self._search.setClearButtonEnabled(True)
        self._search.addAction(
            icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        self._search.textChanged.connect(self._show)
        head.addWidget(self._search, 1)
        return head

    def _page_list(self) -> QListWidget:
        self._list = QListWidget()
        self._list.setObjectName("settings_pages")
        self._list.setAccessibleName("Pages of the settings")
        self._list.setProperty("role", "bare")
        self._list.addItems([*PAGES, KEYBOARD])
        self._list.currentRowChanged.connect(self._page_chosen)
        return self._list

    def _scrolled(self) -> QScrollArea:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(0)
        self._fault = label("", "bad")
        self._fault.setObjectName("settings_fault")
        self._fault.setWordWrap(True)
        column.addWidget(self._fault)
        self._headings: dict[str, QWidget] = {}
        for page in PAGES:
            heading = label(page, "section")
            self._headings[page] = heading
            column.addWidget(heading)
            for row in self._rows:
                if row.preference.page == page:
                    column.addWidget(row)
        self._nothing = label("No setting fits.", "muted")
        self._nothing.setObjectName("settings_nothing")
        column.addWidget(self._nothing)
        self._keys_too = QPushButton("Look among the keyboard shortcuts")
        self._keys_too.setObjectName("settings_keys_too")
        self._keys_too.setProperty("role", "link")
        self._keys_too.clicked.connect(self._search_keys)
        column.addWidget(self._keys_too, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        return area

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        reset = QPushButton("Reset all settings…")
        reset.setObjectName("settings_reset_all")
        reset.setAutoDefault(False)
        reset.clicked.connect(self._ask_about_reset)
        foot.addWidget(reset)
        foot.addStretch(1)
        close = QPushButton("Close")
        close.setObjectName("settings_close")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        foot.addWidget(close)
        return foot

    def show_page(self, page: str) -> None:
        """Bring a page to the front."""
        self._search.clear()
        self._list.setCurrentRow((*PAGES, KEYBOARD).index(page))

    def _fit(self) -> None:
        """As large as type asks for, as small as the window's screen demands."""
        room = self._window.screen().availableSize()
        self.resize(
            min(scale.px(WIDE), room.width() - MARGIN), min(scale.px(HIGH), room.height() - MARGIN)
        )
        self._list.setFixedWidth(scale.px(128))
        for i in range(self._list.count()):
            self._list.item(i).setSizeHint(QSize(0, scale.px(28)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for row in self._rows:
            row.stack(self.width() < scale.px(NARROW))

    def _page_chosen(self, row: int) -> None:
        if self._search.text():
            self._search.clear()
        self._show()

    def _show(self) -> None:
        words = self._search.text().lower().split()
        page = (*PAGES, KEYBOARD)[max(0, self._list.currentRow())]
        on_keys = page == KEYBOARD and not words
        self._pages.setCurrentIndex(1 if on_keys else 0)
        shown: set[str] = set()
        for row in self._rows:
            fits = row.matches(words) if words else row.preference.page == page
            row.setVisible(fits)
            if fits:
                shown.add(row.preference.page)
        for name, heading in self._headings.items():
            heading.setVisible(name in shown and bool(words))
        self._nothing.setVisible(not shown)
        self._keys_too.setVisible(bool(words))
        self._fault.setText(self._window.settings.fault)
        self._fault.setVisible(bool(self._window.settings.fault))

    def _search_keys(self) -> None:
        text = self._search.text()
        self.show_page(KEYBOARD)
        self._keyboard.search_for(text)

    def _changed(self, name: str) -> None:
        for row in self._rows:
            row.refresh()
        self._keyboard.refresh()

    def refresh(self) -> None:
        """What can be chosen may be something else now."""
        self._changed("")

    def _ask_about_reset(self) -> None:
        def answered(answer: str) -> None:
            if answer == "reset":
                self._window.settings.reset()

        ask(
            self,
            "reset_settings",
            "Reset all settings?",
            "Everything in this dialog goes back to its default, the keyboard included. "
            "Recent files stay.",
            (("cancel", "Keep them", "cancel"), ("reset", "Reset all", "danger")),
            answered,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._search.text():
            self._search.clear()
            return
        super().keyPressEvent(event)

    def _closed(self) -> None:
        self._end_listening()
        notifier.scale_changed.disconnect(self._fit)
