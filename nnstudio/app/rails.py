"""Sides of the editor folded into rails: a slim strip with icon and name of each panel there.

A person folds a side, or the window does where the room is too small; what the window folded comes
back with the room. Owns which sides are folded and the strips; the panels belong to `docking`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow

from nnstudio.app.rail import Rail
from nnstudio.theme import notifier, scale

if TYPE_CHECKING:
    from nnstudio.app.dock import Dock

Side = Literal["left", "right", "bottom"]
By = Literal["person", "room", "presenting"]
SIDES: tuple[Side, ...] = ("left", "right", "bottom")
_AREAS: dict[Side, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_BARS: dict[Side, Qt.ToolBarArea] = {
    "left": Qt.ToolBarArea.LeftToolBarArea,
    "right": Qt.ToolBarArea.RightToolBarArea,
    "bottom": Qt.ToolBarArea.BottomToolBarArea,
}
ROOM_ACROSS, ROOM_DOWN = 400, 200
"""Pixels at 100 % type that the drawing keeps; with less, sides are folded."""
USEFUL_ACROSS, USEFUL_DOWN = 160, 150
"""Pixels at 100 % type below which a squeezed panel is of no use, and is folded as well."""
SOON = 40
"""Milliseconds after which tabs and titles stand as they will."""
SLACK = 48
"""As much more must be free before a side comes back, so that none comes and goes."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A folded side: its panels, the one in front, who folded it, how much room it took."""

    names: tuple[str, ...]
    front: str
    by: By
    size: int


class Rails(QObject):
    """The foldable sides of one editor."""

    changed = Signal()
    """A side was folded or came back."""

    def __init__(self, editor: QMainWindow, docks: dict[str, Dock]) -> None:
        super().__init__(editor)
        self._editor, self._docks = editor, docks
        self._folds: dict[Side, Fold] = {}
        self._kept: set[Side] = set()
        """Sides that a person opened where the room is small: only another one folds them."""
        self._sizes: dict[Side, int] = {}
        """How large each side was while there was room."""
        self._grown: tuple[Dock, int, Side] | None = None
        self._busy = False
        self._ready = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON)
        self._soon.timeout.connect(self._settle)
        self.rails: dict[Side, Rail] = {}
        for side in SIDES:
            rail = Rail(side, editor)
            rail.panel_chosen.connect(self.open_panel)
            editor.addToolBar(_BARS[side], rail)
            rail.hide()
            self.rails[side] = rail
        editor.installEventFilter(self)
        notifier.scale_changed.connect(self.fit)

    def watch(self, name: str, dock: Dock) -> None:
        """Follow a panel: one that is opened elsewhere brings its side back."""
        dock.visibilityChanged.connect(lambda there, name=name: there and self._came(name))
        dock.fold_wanted.connect(lambda name=name: self._fold_side_of(name))
        dock.windowTitleChanged.connect(lambda _: self._show())

    # What is so

    def is_folded(self, side: Side) -> bool:
        """Whether a side is folded."""
        return side in self._folds

    def has_panels(self, side: Side) -> bool:
        """Whether there is anything on a side, open or folded."""
        return side in self._folds or bool(self._open(side))

    def shown(self) -> list[Rail]:
        """The strips that can be seen."""
        return [rail for rail in self.rails.values() if rail.isVisible()]

    # Folding

    def toggle(self, side: Side) -> None:
        """Fold a side that is open, bring back one that is folded."""
        self.unfold(side) if self.is_folded(side) else self.fold(side)

    def fold(self, side: Side, by: By = "person") -> None:
        """Put the panels of a side away; their strip stands in their place."""
        names = self._open(side)
        if not names or side in self._folds:
            return
        fronts = [name for name in names if self._docks[name].in_front]
        front = fronts[0] if fronts else names[0]
        dock = self._docks[front]
        size = dock.height() if side == "bottom" else dock.width()
        self._kept.discard(side)
        size = size if size >= self._useful(side) else self._sizes.get(side, self._usual(side))
        self._folds[side] = Fold(names, front, by, size)
        self._busy = True
        for name in names:
            self._docks[name].hide()
        self._busy = False
        self._show()

    def unfold(self, side: Side, front: str = "") -> None:
        """Bring the panels of a side back, one of them in front."""
        fold = self._folds.pop(side, None)
        if fold is None:
            return
        self._kept.add(side)
        self._busy = True
        for name in fold.names:
            self._docks[name].show()
        self._busy = False
        first = self._docks[front or fold.front]
        first.raise_()
        self._resize(first, fold.size, side)
        self._grown = (first, fold.size, side)
        self._soon.start()
        self._show()
        self._make_room(side)

    def _resize(self, dock: Dock, size: int, side: Side) -> None:
        ways = Qt.Orientation
        self._editor.resizeDocks(
            [dock], [size], ways.Vertical if side == "bottom" else ways.Horizontal
        )

    def _settle(self) -> None:
        """Once all is laid out: tabs and borders took some of what a side was given."""
        if self._grown is not None:
            (dock, size, side), self._grown = self._grown, None
            has = dock.height() if side == "bottom" else dock.width()
            if has and has != size and not dock.isHidden():
                self._resize(dock, size + size - has, side)
        self.fit()

    def unfold_all(self) -> None:
        """Bring every side back."""
        for side in tuple(self._folds):
            self.unfold(side)

    def open_panel(self, name: str) -> None:
        """Bring one panel back, with its side, and give it the keyboard."""
        for side, fold in tuple(self._folds.items()):
            if name in fold.names:
                self.unfold(side, name)
        from nnstudio.app.regions import first_stop

        panel = self._docks[name].widget()
        # A panel with nothing to use in it takes the keyboard itself, so that Tab goes on from it.
        (first_stop(panel) or panel).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def present(self, on: bool) -> None:
        """Put all sides away without their strips, or bring back what stood there before."""
        if on:
            for side in SIDES:
                self.fold(side, "presenting")
        else:
            for side in [s for s, fold in self._folds.items() if fold.by == "presenting"]:
                self.unfold(side)
                self._kept.discard(side)
        for rail in self.rails.values():
            rail.muted = on
        self._show()
        self.fit()

    # Remembering

    def state(self) -> str:
        """What is folded, to be given to `restore`."""
        by = {"person": "person", "room": "room", "presenting": "room"}
        folds = self._folds.items()
        return json.dumps({s: [list(f.names), f.front, by[f.by], f.size] for s, f in folds})

    def restore(self, stored: str) -> None:
        """Fold what was folded when the window was closed, as far as it is hidden still."""
        try:
            found = dict(json.loads(stored)) if stored else {}
            folds = {
                side: Fold(tuple(v[0]), str(v[1]), v[2], int(v[3])) for side, v in found.items()
            }
        except (ValueError, TypeError, IndexError, KeyError):
            folds = {}
        for side in SIDES:
            fold = folds.get(side)
            if fold is None:
                continue
            hidden = tuple(n for n in fold.names if n in self._docks and self._docks[n].isHidden())
            if hidden:
                front = fold.front if fold.front in hidden else hidden[0]
                self._folds[side] = replace(fold, names=hidden, front=front)
        self._ready = True
        self._show()
        self.fit()

    # Room

    def fit(self) -> None:
        """Fold sides where the drawing has too little room; bring back those folded for that."""
        if not self._ready or self._busy or not self._editor.isVisible():
            return
        if any(rail.muted for rail in self.rails.values()):
            return
        back = set()
        for side in SIDES:
            fold = self._folds.get(side)
            if fold is None or fold.by != "room":
                continue
            if self._free(side) - fold.size >= self._least(side) + SLACK:
                self.unfold(side)
                self._kept.discard(side)
                back.add(side)
        for side in SIDES:
            taken = self._taken(side)
            if side in self._folds or side in back or not taken:
                continue  # what has just come back has its size only once all is laid out
            if taken >= self._useful(side):
                self._sizes[side] = taken
            squeezed = taken < self._useful(side) or self._free(side) < self._least(side)
            if squeezed and side not in self._kept:
                self.fold(side, "room")

    def _make_room(self, opened: Side) -> None:
        """One side in place of another, where both do not fit."""
        if not self._ready:
            return
        for side in ("left", "right"):
            if side != opened and opened != "bottom" and self._free(side) < self._least(side):
                self.fold(side, "room")

    def _least(self, side: Side) -> int:
        return scale.px(ROOM_DOWN if side == "bottom" else ROOM_ACROSS)

    def _useful(self, side: Side) -> int:
        return scale.px(USEFUL_DOWN if side == "bottom" else USEFUL_ACROSS)

    def _usual(self, side: Side) -> int:
        """The room of a side that was never seen at its own size."""
        return self._useful(side) * 4 // 3

    def _free(self, side: Side) -> int:
        """What the drawing has of the editor in that direction."""
        editor = self._editor
        if side == "bottom":
            bars = [editor.menuWidget(), editor.statusBar()]
            taken = sum(bar.sizeHint().height() for bar in bars if bar is not None)
            return editor.height() - taken - self._taken("bottom")
        return editor.width() - self._taken("left") - self._taken("right")

    def _taken(self, side: Side) -> int:
        if side in self._folds:
            rail = self.rails[side]
            return rail.sizeHint().height() if side == "bottom" else rail.sizeHint().width()
        docks = [self._docks[name] for name in self._open(side)]
        if side == "bottom":
            return max((dock.height() for dock in docks if dock.in_front), default=0)
        return max((dock.width() for dock in docks if dock.in_front), default=0)

    # Following

    def _open(self, side: Side) -> tuple[str, ...]:
        """The panels that stand open on a side, hidden behind a tab or not."""
        return tuple(
            name
            for name, dock in self._docks.items()
            if not dock.isHidden()
            and not dock.isFloating()
            and self._editor.dockWidgetArea(dock) == _AREAS[side]
        )

    def _came(self, name: str) -> None:
        if not self._busy:
            for side, fold in tuple(self._folds.items()):
                if name in fold.names:
                    self.unfold(side, name)

    def _fold_side_of(self, name: str) -> None:
        for side in SIDES:
            if name in self._open(side):
                self.fold(side)
                self.rails[side].give_focus(name)

    def _show(self) -> None:
        for side, rail in self.rails.items():
            fold = self._folds.get(side)
            rail.show_panels(self._titles(fold.names) if fold is not None else ())
        self.changed.emit()

    def _titles(self, names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, self._docks[name].windowTitle()) for name in names]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor and event.type() == QEvent.Type.Resize:
            self.fit()
        if watched is self._editor and event.type() == QEvent.Type.Show:
            self._soon.start()  # panels have their sizes once all is laid out
        return False

    def dispose(self) -> None:
        """Follow no more."""
        self._ready = False
        self._soon.stop()
        self._editor.removeEventFilter(self)
        notifier.scale_changed.disconnect(self.fit)
