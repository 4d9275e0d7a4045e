"""The start page: templates, recent projects, what was recovered, what is still training.

Qt and the standard library only: it is painted before anything else is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
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

from nnstudio.app.gallery import Gallery
from nnstudio.app.labels import ElidedLabel, label
from nnstudio.app.shell import SIDE
from nnstudio.panels.flow import FlowLayout
from nnstudio.theme import icons, style


class Row(QFrame):
    """One line of a list: title, a second line, and what can be done with it."""

    activated = Signal()

    def __init__(self, title: str, detail: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(f"{title}, {detail}")
        self.setProperty("role", "row")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(10, 7, 10, 7)
        self._lines.setSpacing(1)
        self._lines.addWidget(ElidedLabel(title))
        second = ElidedLabel(detail, Qt.TextElideMode.ElideMiddle)
        style.role(second, "small")
        self._lines.addWidget(second)
        self._buttons: QHBoxLayout | None = None

    def add_button(self, text: str, name: str, does: Callable[[], None]) -> None:
        """A button below the lines."""
        if self._buttons is None:
            self._buttons = QHBoxLayout()
            self._buttons.setContentsMargins(0, 6, 0, 0)
            self._buttons.setSpacing(6)
            self._buttons.addStretch(1)
            self._lines.addLayout(self._buttons)
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(lambda *_, does=does: does())
        self._buttons.insertWidget(self._buttons.count() - 1, button)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.activated.emit()

    def keyPressEvent(self, event: object) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit()
        else:
            super().keyPressEvent(event)


class Group(QWidget):
    """A heading with rows below it; hidden while it has none, unless it has words for that."""

    def __init__(self, heading: str, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(4)
        lines.addWidget(label(heading, "section"))
        self._empty = label(empty, "muted")
        self._empty.setWordWrap(True)
        self._empty.setVisible(bool(empty))
        lines.addWidget(self._empty)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        lines.addLayout(self._rows)
        self._words = empty
        self.setVisible(bool(empty))

    def show_rows(self, rows: Iterable[Row]) -> None:
        """Replace the rows."""
        while self._rows.count():
            old = self._rows.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        shown = list(rows)
        for row in shown:
            self._rows.addWidget(row)
        self._empty.setVisible(bool(self._words) and not shown)
        self.setVisible(bool(shown) or bool(self._words))


class Chips(QWidget):
    """One choice of several words, the first of which means "any"."""

    changed = Signal()

    def __init__(self, name: str, any_word: str, words: Iterable[str]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        line = FlowLayout(self, spacing=6)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for i, word in enumerate((any_word, *words)):
            button = QPushButton(word)
            button.setObjectName(f"{name}_{word.replace(' ', '_').lower()}")
            button.setCheckable(True)
            button.setChecked(i == 0)
            button.setProperty("role", "segment")
            self._group.addButton(button, i)
            line.addWidget(button)
        self._words = ("", *words)
        self._group.idClicked.connect(lambda _: self.changed.emit())

    @property
    def chosen(self) -> str:
        """The chosen word, "" for any."""
        return self._words[self._group.checkedId()]


class StartPage(QWidget):
    """What a person sees first."""

    template_activated = Signal(str)
    file_activated = Signal(object)
    recent_removed = Signal(object)
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

    def _side(self) -> QWidget:
        side = QFrame()
        side.setProperty("role", "side")
        side.setFixedWidth(SIDE)
        lines = QVBoxLayout(side)
        lines.setContentsMargins(20, 24, 12, 16)
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
        lines.setContentsMargins(24, 28, 16, 0)
        lines.setSpacing(12)
        self.gallery = Gallery()
        self.gallery.template_activated.connect(self.template_activated)
        top = QHBoxLayout()
        top.setContentsMargins(8, 0, 8, 0)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label("Start from a template", "head"))
        words.addWidget(
            label("Open one and press Run. Those without data of their own ask for some.", "muted"),
        )
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
        filters = QVBoxLayout()
        filters.setContentsMargins(8, 0, 8, 0)
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

    def show_recent(self, paths: Iterable[Path]) -> None:
        """List the files opened last; one that is gone says so and can be taken off the list."""
        rows = []
        for i, path in enumerate(paths):
            there = path.exists()
            row = Row(path.stem, _folder(path) if there else "not found", f"recent_{i}")
            row.setToolTip(str(path))
            if there:
                row.activated.connect(lambda path=path: self.file_activated.emit(path))
            else:
                row.add_button(
                    "Remove from list",
                    f"recent_remove_{i}",
                    lambda path=path: self.recent_removed.emit(path),
                )
            rows.append(row)
        self._recent.show_rows(rows)

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


def _folder(path: Path) -> str:
    home = str(Path.home())
    folder = str(path.parent)
    return "~" + folder.removeprefix(home) if folder.startswith(home) else folder
