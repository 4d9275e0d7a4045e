"""The start page: templates, recent projects, what was recovered, what is still training.

Qt and the standard library only: it is painted before anything else is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.chips import Chips
from nnstudio.app.gallery import Gallery
from nnstudio.app.labels import label
from nnstudio.app.notices import Notices
from nnstudio.app.shell import SIDE
from nnstudio.app.start_rows import Group, RecentRow, Row, folder_words
from nnstudio.theme import icons, notifier, scale

SCROLL_BAR = 10
SMALL = QSize(860, 560)
"""Below this, in pixels at 100 % type, the page is put together more tightly."""


class StartPage(QWidget):
    """What a person sees first."""

    template_activated = Signal(str)
    file_activated = Signal(object)
    recent_removed = Signal(object)
    recent_pinned = Signal(object, bool)
    recent_cleared = Signal()
    session_wanted = Signal()
    session_declined = Signal()
    open_requested = Signal()
    data_requested = Signal()
    new_requested = Signal()
    run_watched = Signal(object)
    run_stopped = Signal(object)
    recovery_restored = Signal(object)
    recovery_discarded = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("start_page")
        self.setAccessibleName("Start")
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self._side())
        across.addWidget(self._middle(), 1)
        self.setFocusProxy(self.gallery)
        notifier.scale_changed.connect(self._fit)

    def _side(self) -> QWidget:
        side = QFrame()
        side.setProperty("role", "side")
        self._side_part = side
        lines = QVBoxLayout(side)
        lines.setContentsMargins(16, 16, 8, 12)
        lines.setSpacing(8)
        brand = QHBoxLayout()
        brand.setSpacing(10)
        mark = QLabel()
        mark.setPixmap(icons.app_icon().pixmap(QSize(30, 30), self.devicePixelRatioF()))
        brand.addWidget(mark)
        brand.addWidget(label("NN Studio", "head"), 1)
        lines.addLayout(brand)
        lines.addSpacing(14)
        for text, icon, name, signal in (
            ("New project", "new", "start_new", self.new_requested),
            ("Open file…", "open", "start_open", self.open_requested),
            ("Start from your data (CSV)…", "data", "start_data", self.data_requested),
        ):
            button = QPushButton(icons.icon(icon), f"  {text}")
            button.setObjectName(name)
            button.setProperty("role", "wide")
            button.clicked.connect(signal)
            lines.addWidget(button)
        lines.addSpacing(14)
        inner = QWidget()
        self._lists = QVBoxLayout(inner)
        self._lists.setContentsMargins(0, 0, 8, 0)
        self._lists.setSpacing(18)
        self._running = Group("Still training")
        self._recovered = Group("Unsaved work from last time")
        self._recent = Group("Recent", "What you save or open is listed here.")
        for group in (self._running, self._recovered, self._recent):
            self._lists.addWidget(group)
        self._clear_recent = QPushButton("Clear the list")
        self._clear_recent.setObjectName("recent_clear")
        self._clear_recent.setProperty("role", "link")
        self._clear_recent.setToolTip("Pinned files stay")
        self._clear_recent.clicked.connect(self.recent_cleared)
        self._clear_recent.hide()
        self._lists.addWidget(self._clear_recent, 0, Qt.AlignmentFlag.AlignLeft)
        self._lists.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        lines.addWidget(scroll, 1)
        return side

    def _middle(self) -> QWidget:
        middle = QFrame()
        middle.setProperty("role", "well")
        lines = QVBoxLayout(middle)
        # The gallery's scroll bar stands beside what is above it, so that the edges are one line.
        lines.setContentsMargins(16, 20, 16 - SCROLL_BAR, 0)
        lines.setSpacing(12)
        self.notices = Notices()
        self.notices.setObjectName("start_notices")
        lines.addWidget(self.notices)
        self.gallery = Gallery()
        self.gallery.template_activated.connect(self.template_activated)
        top = QHBoxLayout()
        top.setContentsMargins(8, 0, 8 + SCROLL_BAR, 0)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label("Start from a template", "head"))
        self._advice = label(
            "Open one and press Run. Those without data of their own ask for some.", "muted"
        )
        self._advice.setWordWrap(True)
        words.addWidget(self._advice)
        top.addLayout(words, 1)
        self._search = QLineEdit()
        self._search.setObjectName("template_search")
        self._search.setAccessibleName("Search templates")
        self._search.setPlaceholderText("Search templates")
        self._search.setClearButtonEnabled(True)
        self._search.setMaximumWidth(240)
        self._search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._search.textChanged.connect(self._filter)
        top.addWidget(self._search, 1, Qt.AlignmentFlag.AlignBottom)
        lines.addLayout(top)
        self._tasks = Chips("task", "Any task", self._tags("task"))
        self._architectures = Chips("architecture", "Any kind", self._tags("architecture"))
        self._filters = filters = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        filters.setContentsMargins(8, 0, 8 + SCROLL_BAR, 0)
        filters.setSpacing(8)
        for chips in (self._tasks, self._architectures):
            chips.changed.connect(self._filter)
            filters.addWidget(chips)
        lines.addLayout(filters)
        self._nothing = QWidget()
        empty = QVBoxLayout(self._nothing)
        empty.setContentsMargins(0, 48, 0, 0)
        empty.addWidget(label("No template fits.", "title"), 0, Qt.AlignmentFlag.AlignHCenter)
        clear = QPushButton("Show all templates")
        clear.setObjectName("clear_filters")
        clear.clicked.connect(self._clear)
        empty.addWidget(clear, 0, Qt.AlignmentFlag.AlignHCenter)
        empty.addStretch(1)
        self._nothing.hide()
        lines.addWidget(self._nothing, 1)
        lines.addWidget(self.gallery, 1)
        return middle

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A page for the room there is: lists in place of buttons where it is low or narrow."""
        narrow = self.width() < scale.px(SMALL.width())
        compact = narrow or self.height() < scale.px(SMALL.height())
        side = min(scale.px(SIDE), max(scale.px(252), round(self.width() * 0.36)))
        self._side_part.setFixedWidth(side)
        self._advice.setVisible(not compact)
        way = QBoxLayout.Direction
        self._filters.setDirection(way.LeftToRight if compact else way.TopToBottom)
        for chips in (self._tasks, self._architectures):
            chips.set_compact(compact)

    def _tags(self, kind: str) -> list[str]:
        return sorted({tag for card in self.gallery.all_cards for tag in card.tagged(kind)})

    def _filter(self) -> None:
        found = self.gallery.filter(
            self._search.text(), self._tasks.chosen, self._architectures.chosen
        )
        self.gallery.setVisible(bool(found))
        self._nothing.setVisible(not found)

    def _clear(self) -> None:
        self._search.clear()
        for chips in (self._tasks, self._architectures):
            chips.findChildren(QPushButton)[0].click()

    def show_recent(self, paths: Sequence[Path], pinned: Collection[Path] = ()) -> None:
        """List the files opened last; one that is gone says so."""
        rows: list[Row] = []
        for i, path in enumerate(paths):
            row = RecentRow(path, i, path in pinned)
            if row.there:
                row.activated.connect(lambda path=path: self.file_activated.emit(path))
            row.pinned.connect(lambda on, path=path: self.recent_pinned.emit(path, on))
            row.removed.connect(lambda path=path: self.recent_removed.emit(path))
            rows.append(row)
        self._recent.show_rows(rows)
        self._clear_recent.setVisible(any(path not in pinned for path in paths))

    def offer_session(self, names: Sequence[str]) -> None:
        """Ask whether the windows of last time are to be opened again."""
        listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

        def answer(signal: SignalInstance) -> None:
            self.notices.clear("session")
            signal.emit()

        self.notices.show_notice(
            "session",
            "hint",
            f"Last time you had {listed} open.",
            ("Open again", "session_open", lambda: answer(self.session_wanted)),
            ("Not now", "session_decline", lambda: answer(self.session_declined)),
        )

    def tell_missing(self, files: Sequence[str]) -> None:
        """Files of last time that are not there any more."""
        places = ", ".join(f"{Path(one).name} in {folder_words(Path(one))}" for one in files)
        text = f"Not found any more: {places}. Moved files open by “Open file…”."
        self.notices.show_notice("missing", "warning", text)

    def tell_fault(self, text: str) -> None:
        """Something is wrong with the settings."""
        self.notices.show_notice("settings_fault", "warning", text)

    def show_running(self, runs: Iterable[tuple[str, str, object]]) -> None:
        """List runs still going: title, detail, and what the signals carry."""
        rows = []
        for i, (title, detail, run) in enumerate(runs):
            row = Row(title, detail, f"running_{i}")
            row.activated.connect(lambda run=run: self.run_watched.emit(run))
            row.add_button("Watch", f"watch_{i}", lambda run=run: self.run_watched.emit(run))
            row.add_button("Stop", f"stop_{i}", lambda run=run: self.run_stopped.emit(run))
            rows.append(row)
        self._running.show_rows(rows)

    def show_recoveries(self, found: Iterable[tuple[str, str, object]]) -> None:
        """List unsaved work: title, detail, and what the signals carry."""
        rows = []
        for i, (title, detail, item) in enumerate(found):
            row = Row(title, detail, f"recovery_{i}")
            row.activated.connect(lambda item=item: self.recovery_restored.emit(item))
            row.add_button(
                "Restore", f"restore_{i}", lambda item=item: self.recovery_restored.emit(item)
            )
            row.add_button(
                "Discard", f"discard_{i}", lambda item=item: self.recovery_discarded.emit(item)
            )
            rows.append(row)
        self._recovered.show_rows(rows)
