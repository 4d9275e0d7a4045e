"""The drawings of a comparison: the two beside each other, moved together, or both as one.

Owns the canvases, which can be looked at and not changed, and the colours of what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from nnstudio import theme
from nnstudio.canvas import CanvasView
from nnstudio.canvas.legend import Key
from nnstudio.canvas.tint_item import Tint
from nnstudio.document.comparing import Kind, Marks
from nnstudio.document.document import Document
from nnstudio.document.merging import Merged, merged

if TYPE_CHECKING:
    from graph_compiler.model import Project, Wire

WORDS: Mapping[Kind, str] = {
    "added": "+ added",
    "removed": "− removed",
    "changed": "~ changed",
    "renamed": "> renamed",
}


class Pictures(QWidget):
    """One comparison, drawing by drawing."""

    def __init__(self, before: Project, after: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._merged: Merged = merged(before, after)
        self._before, self._after = Document(before), Document(after)
        self._both = Document(self._merged.project)
        self._drawing = ""
        self._canvases: dict[str, CanvasView] = {}
        self._stack = QStackedWidget()
        self._one = _column("", self._stack)
        self._pair = QSplitter(Qt.Orientation.Horizontal)
        self._pair.setChildrenCollapsible(False)
        self._stack.addWidget(self._one)
        self._stack.addWidget(self._pair)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._following = False
        theme.notifier.theme_changed.connect(self._paint)

    def dispose(self) -> None:
        """Let the canvases go."""
        theme.notifier.theme_changed.disconnect(self._paint)
        self._clear()

    @property
    def drawings(self) -> tuple[str, ...]:
        """The drawings of either side, those that differ first."""
        names = sorted(self._merged.project.networks)
        return tuple(sorted(names, key=lambda name: not self._differs(name)))

    @property
    def canvases(self) -> Mapping[str, CanvasView]:
        """`merged`, `before` and `after` of the drawing shown; sides that lack it are left out."""
        return self._canvases

    def counts(self, drawing: str) -> dict[Kind, int]:
        """How many nodes of a drawing were added, removed, changed, renamed."""
        kinds = list(self._merged.marks[drawing].nodes.values())
        return {kind: kinds.count(kind) for kind in WORDS if kind in kinds}

    def show_drawing(self, name: str) -> None:
        """Show one drawing."""
        if name == self._drawing:
            return
        self._clear()
        self._drawing = name
        self._put("merged", self._both, self._one)
        for side, document, title in (
            ("before", self._before, "Older"),
            ("after", self._after, "Newer"),
        ):
            column = _column(title, self._pair)
            self._pair.addWidget(column)
            if name in document.project.networks:
                self._put(side, document, column)
            else:
                missing = QLabel("This drawing is not in it.")
                missing.setProperty("role", "muted")
                missing.setAlignment(Qt.AlignmentFlag.AlignCenter)
                _layout(column).addWidget(missing, 1)
        self._paint()

    def show_pair(self, pair: bool) -> None:
        """Show the two beside each other, or both as one."""
        self._stack.setCurrentIndex(int(pair))
        for side, canvas in self._canvases.items():
            if (side != "merged") == pair:
                canvas.frame_all()

    def select(self, names: Iterable[str]) -> None:
        """Select nodes by their newer name wherever they are."""
        wanted = list(names)
        old = {new: before for before, new in self._how().renamed.items()}
        for side, canvas in self._canvases.items():
            canvas.select([old.get(n, n) for n in wanted] if side == "before" else wanted)

    def _how(self) -> Marks:
        return self._merged.marks[self._drawing]

    def _differs(self, name: str) -> bool:
        how = self._merged.marks[name]
        sides = (self._before.project.networks, self._after.project.networks)
        return bool(how.nodes or how.wires) or not all(name in side for side in sides)

    def _put(self, side: str, document: Document, into: QWidget) -> None:
        canvas = CanvasView(document, self._drawing)
        canvas.setProperty("read_only", True)
        canvas.setAccessibleName(f"Drawing, {side}")
        canvas.setMinimumSize(160, 120)
        canvas.camera.moved.connect(lambda: self._follow(side))
        self._canvases[side] = canvas
        _layout(into).addWidget(canvas, 1)

    def _clear(self) -> None:
        for canvas in self._canvases.values():
            canvas.dispose()
            canvas.setParent(None)
            canvas.deleteLater()
        self._canvases.clear()
        while self._pair.count():
            column = self._pair.widget(0)
            column.setParent(None)
            column.deleteLater()

    def _follow(self, side: str) -> None:
        """What is seen of one side is seen of the other."""
        other = self._canvases.get({"before": "after", "after": "before"}.get(side, ""))
        if other is None or self._following:
            return
        self._following = True
        try:
            leader = self._canvases[side]
            other.steered = True
            other.camera.zoom_to(leader.camera.zoom)
            other.camera.centre_on(leader.camera.visible().center())
        finally:
            self._following = False

    def _paint(self, _: object = None) -> None:
        if not self._drawing:
            return
        how = self._how()
        old = {new: before for before, new in how.renamed.items()}
        shown: dict[str, tuple[dict[str, Kind], dict[Wire, Kind]]] = {
            "merged": (dict(how.nodes), dict(how.wires)),
            "before": (
                {old.get(n, n): kind for n, kind in how.nodes.items() if kind != "added"},
                {w: kind for w, kind in how.wires.items() if kind == "removed"},
            ),
            "after": (
                {n: kind for n, kind in how.nodes.items() if kind != "removed"},
                {w: kind for w, kind in how.wires.items() if kind == "added"},
            ),
        }
        for side, canvas in self._canvases.items():
            nodes, wires = shown[side]
            key = self._key(how) if side != "after" else None
            canvas.show_marks(
                {name: _tint(kind) for name, kind in nodes.items()},
                {wire: _tint(kind) for wire, kind in wires.items()},
                key,
            )

    def _key(self, how: Marks) -> Key:
        kinds = {*how.nodes.values(), *how.wires.values()}
        signs = [(_colour(kind), words) for kind, words in WORDS.items() if kind in kinds]
        moved = len(how.moved)
        note = "" if not moved else f"{moved} {'node was' if moved == 1 else 'nodes were'} moved."
        if not signs:
            note = f"Nothing differs in this drawing. {note}".strip()
        return Key("Differences", note=note, signs=signs, closes=False)


def _tint(kind: Kind) -> Tint:
    return Tint(_colour(kind), WORDS[kind], dashed=kind == "removed")


def _colour(kind: Kind) -> str:
    now = theme.current()
    return {
        "added": now.good, "removed": now.bad, "changed": now.warning, "renamed": now.accent,
    }[kind]  # fmt: skip


def _column(title: str, parent: QWidget) -> QWidget:
    column = QWidget(parent)
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    if title:
        head = QLabel(title)
        head.setProperty("role", "section")
        head.setContentsMargins(8, 4, 8, 0)
        layout.addWidget(head)
    return column


def _layout(column: QWidget) -> QVBoxLayout:
    layout = column.layout()
    assert isinstance(layout, QVBoxLayout)
    return layout
