"""The window of a comparison: what is compared, the list of differences, the drawings.

Reading the sides happens in a thread; whichever cannot be read says so in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.app.compare import sides
from nnstudio.app.compare.pictures import WORDS, Pictures
from nnstudio.app.compare.sides import Side
from nnstudio.app.labels import label
from nnstudio.theme import icons, scale

if TYPE_CHECKING:
    from nnstudio.app.link import Link
    from nnstudio.app.window import Window
    from nnstudio.document.comparing import Difference
    from nnstudio.document.document import Document

ANOTHER = "Another file…"
FILES = "Projects (*.nns *.png *.svg)"
NARROW = 900
"""Below this width, in pixels at 100 % type, the bar has two lines."""
SMALLEST = QSize(560, 320)


class CompareWindow(QWidget):
    """Compares two sides; changes neither."""

    shown = Signal()
    """A comparison stands in the window."""

    def __init__(self, document: Document, link: Link, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("compare_window")
        self.setWindowTitle("Compare")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._link = link
        self._asked = 0
        self._pictures: Pictures | None = None
        self._choices: list[Side] = [*sides.of_document(document)]
        self._choices += sides.of_runs(document.project.name)
        self.older, self.newer = self._chooser("older"), self._chooser("newer")
        self.drawing = QComboBox()
        self.drawing.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.drawing.setMinimumContentsLength(16)
        self.drawing.setObjectName("compare_drawing")
        self.drawing.setAccessibleName("Drawing")
        self.drawing.currentTextChanged.connect(self._drawing_chosen)
        self.list = QTreeWidget()
        self._said = QLabel()
        self._figures = QLabel()
        self._build()
        self.setMinimumSize(SMALLEST)
        self.resize(min(1240, parent.width()), min(800, parent.height()))
        self._fill()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QFrame()
        bar.setProperty("role", "bar")
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, bar)
        self._rows.setContentsMargins(12, 8, 12, 8)
        self._rows.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._rows.addLayout(row, 6)
        row.addWidget(label("Older", "muted"))
        row.addWidget(self.older, 3)
        swap = QToolButton()
        swap.setObjectName("compare_swap")
        swap.setIcon(icons.icon("swap"))
        swap.setToolTip("Swap older and newer")
        swap.setAccessibleName("Swap older and newer")
        swap.clicked.connect(self.swap)
        row.addWidget(swap)
        row.addWidget(label("Newer", "muted"))
        row.addWidget(self.newer, 3)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._rows.addLayout(row, 1)
        row.addWidget(label("Drawing", "muted"))
        row.addWidget(self.drawing, 1)
        self._modes = QButtonGroup(self)
        for number, (name, words) in enumerate((("one", "As one"), ("pair", "Side by side"))):
            button = QPushButton(words)
            button.setObjectName(f"compare_{name}")
            button.setCheckable(True)
            button.setChecked(number == 0)
            self._modes.addButton(button, number)
            row.addWidget(button)
        self._modes.idClicked.connect(lambda _: self._show_mode())
        column.addWidget(bar)
        self._middle = QSplitter(Qt.Orientation.Horizontal)
        self._middle.setChildrenCollapsible(False)
        self._middle.addWidget(self._left())
        column.addWidget(self._middle, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        way = QBoxLayout.Direction
        narrow = self.width() < scale.px(NARROW)
        self._rows.setDirection(way.TopToBottom if narrow else way.LeftToRight)

    def _left(self) -> QWidget:
        left = QFrame()
        left.setProperty("role", "panel")
        left.setMinimumWidth(220)
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        self._said.setObjectName("compare_summary")
        for words in (self._said, self._figures):
            words.setWordWrap(True)
            words.setTextFormat(Qt.TextFormat.PlainText)
        self._figures.setProperty("role", "small")
        self._figures.setObjectName("compare_figures")
        self.list.setObjectName("compare_list")
        self.list.setAccessibleName("Differences")
        self.list.setHeaderHidden(True)
        self.list.setUniformRowHeights(True)
        self.list.currentItemChanged.connect(lambda item, _: self._chosen(item))
        column.addWidget(self._said)
        column.addWidget(self.list, 1)
        column.addWidget(self._figures)
        return left

    def _chooser(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(f"compare_{name}")
        box.setAccessibleName(name.capitalize())
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        box.activated.connect(lambda _: self._side_chosen(box))
        return box

    def _fill(self) -> None:
        keys = [one.key for one in self._choices]
        for box in (self.older, self.newer):
            box.clear()
            for one in self._choices:
                box.addItem(one.title, one.key)
            box.addItem(icons.icon("open"), ANOTHER, "")
        self.newer.setCurrentIndex(0)
        saved = keys.index("saved") if "saved" in keys else min(1, len(keys) - 1)
        self.older.setCurrentIndex(saved)
        self.compare()

    # Choosing

    def choose(self, older: str, newer: str) -> None:
        """Compare two sides by their keys: `now`, `saved`, `run:ID`, `file:PATH`."""
        for box, key in ((self.older, older), (self.newer, newer)):
            box.setCurrentIndex(max(0, box.findData(key)))
        self.compare()

    def add_file(self, path: Path) -> str:
        """Offer a file as a side; its key."""
        side = sides.of_file(path)
        if self.older.findData(side.key) < 0:
            self._choices.append(side)
            for box in (self.older, self.newer):
                box.insertItem(box.count() - 1, side.title, side.key)
        return side.key

    def swap(self) -> None:
        """The older becomes the newer."""
        older, newer = self.older.currentIndex(), self.newer.currentIndex()
        self.older.setCurrentIndex(newer)
        self.newer.setCurrentIndex(older)
        self.compare()

    def _side_chosen(self, box: QComboBox) -> None:
        if box.currentData():
            self.compare()
            return
        name, _ = QFileDialog.getOpenFileName(self, "Compare with", "", FILES)
        key = self.add_file(Path(name)) if name else "now"
        box.setCurrentIndex(box.findData(key))
        self.compare()

    def _side(self, box: QComboBox) -> Side:
        key = box.currentData()
        return next(one for one in self._choices if one.key == key)

    # Comparing

    def compare(self) -> None:
        """Read both sides anew and show what differs."""
        older, newer = self._side(self.older), self._side(self.newer)
        self._asked += 1
        asked = self._asked
        self._said.setText("Reading…")

        taken = {side.key: side.load() for side in (older, newer) if side.live}

        def read() -> Any:
            from nnstudio.document.comparing import compare

            found = []
            for side in (older, newer):
                try:
                    found.append(taken.get(side.key) or side.load())
                except (OSError, ValueError) as error:
                    raise ValueError(f"{side.title}: {error}") from error
            return found[0], found[1], compare(found[0], found[1])

        def done(result: Any) -> None:
            if asked == self._asked:
                self._show(*result)

        def failed(error: Exception) -> None:
            if asked == self._asked:
                self._take_away()
                self._said.setText(str(error))

        self._figures.setText(_table(older, newer))
        self._link.work(read, done, failed)

    def _take_away(self) -> None:
        if self._pictures is not None:
            self._pictures.dispose()
            self._pictures.setParent(None)
            self._pictures.deleteLater()
            self._pictures = None
        self.list.clear()
        self.drawing.clear()

    def _show(self, before: Any, after: Any, found: tuple[Difference, ...]) -> None:
        self._take_away()
        self._pictures = Pictures(before, after, self)
        self._middle.addWidget(self._pictures)
        self._middle.setSizes([300, max(400, self.width() - 300)])
        many = len(found)
        self._said.setText(
            "Nothing differs." if not many else f"{many} difference{'' if many == 1 else 's'}"
        )
        for part, group in groupby(found, key=lambda one: one.part):
            self._add_group(part, group)
        self.list.expandAll()
        for name in self._pictures.drawings:
            counts = self._pictures.counts(name)
            signs = " ".join(f"{WORDS[kind][0]}{number}" for kind, number in counts.items())
            self.drawing.addItem(f"{name}  {signs}".strip(), name)
        self._drawing_chosen()
        self._show_mode()
        self.shown.emit()

    def _add_group(self, part: str, group: Iterable[Difference]) -> None:
        head = QTreeWidgetItem([part.removeprefix("network ") if " " in part else part])
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.list.addTopLevelItem(head)
        for one in group:
            text = _words(one)
            line = QTreeWidgetItem([f"{WORDS[one.kind][0]} {text}"])
            line.setToolTip(0, f"{WORDS[one.kind][2:]}: {text}")
            line.setData(0, Qt.ItemDataRole.UserRole, one)
            head.addChild(line)

    def _drawing_chosen(self) -> None:
        name = self.drawing.currentData()
        if self._pictures is not None and name:
            self._pictures.show_drawing(name)
            self._show_mode()

    def _show_mode(self) -> None:
        if self._pictures is not None:
            self._pictures.show_pair(self._modes.checkedId() == 1)

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        one = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        if one is None or self._pictures is None or not one.part.startswith("network "):
            return
        at = self.drawing.findData(one.part.removeprefix("network "))
        if at >= 0:
            self.drawing.setCurrentIndex(at)
            self._pictures.select(_nodes_of(one))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._asked += 1
        if self._pictures is not None:
            self._pictures.dispose()
            self._pictures = None
        super().closeEvent(event)


def open_compare(window: Window) -> CompareWindow:
    """Compare the open project with its file, a run or another file."""
    if window.editor is None:
        raise ValueError("there is no project to compare")
    made = CompareWindow(window.editor.document, window.link, window)
    window.closed.connect(made.close)
    made.show()
    return made


def _words(one: Difference) -> str:
    """What a line of the list says behind its sign."""
    if one.kind == "renamed":
        return f"{one.before} → {one.after}"
    arrow = f"{one.before} → {one.after}" if one.before and one.after else ""
    words, what = arrow or one.before or one.after, one.what.replace(" -> ", " → ")
    return f"{what}: {words}" if words else what


def _nodes_of(one: Difference) -> list[str]:
    """The nodes that a difference speaks of, by their newer names."""
    if " -> " in one.what:
        return [end.partition(".")[0] for end in one.what.split(" -> ")]
    if one.kind == "renamed":
        return [one.after]
    return [one.what.partition(".")[0]]


def _table(older: Side, newer: Side) -> str:
    """What two runs came to, line by line; empty where neither side is a run."""
    was, now = dict(older.figures), dict(newer.figures)
    rows = dict.fromkeys((*was, *now))
    return "\n".join(f"{name}: {was.get(name, '–')} → {now.get(name, '–')}" for name in rows)
