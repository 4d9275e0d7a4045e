"""What the windows showed when they were last open: one value a window, kept in `session.json`.

The file is read as data with caps; what does not fit is passed over. Qt's core alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QPointF

from nnstudio import places
from nnstudio.app.store import read

if TYPE_CHECKING:
    from nnstudio.app.drawings import Drawings
    from nnstudio.app.editor import Editor
    from nnstudio.app.window import Window

MOST_WINDOWS = 20
View = tuple[float, float, float]
"""Zoom, and the place of the drawing in the middle of the view."""


@dataclass(frozen=True, slots=True)
class WindowState:
    """One window: the file or `template:ID` it showed, and how."""

    target: str = ""
    geometry: str = ""
    docks: str = ""
    rails: str = ""
    tab: int = 0
    trail: tuple[tuple[str, str], ...] = ()
    """The way to the drawing shown: drawing, and the node by which it was entered."""
    views: Mapping[str, View] = field(default_factory=dict)
    """What was seen of each drawing that was looked at."""

    @property
    def is_file(self) -> bool:
        """Whether it showed a file."""
        return bool(self.target) and not self.target.startswith("template:")

    @property
    def name(self) -> str:
        """What it showed, in short."""
        return Path(self.target).name if self.is_file else self.target.partition(":")[2]


def file() -> Path:
    """Where the session is kept."""
    return places.home() / "session.json"


def read_session() -> tuple[WindowState, ...]:
    """The windows of last time; none where there is no file, or one that is broken."""
    try:
        windows = read(file()).get("windows")
    except (OSError, ValueError):
        return ()
    rows = windows[:MOST_WINDOWS] if isinstance(windows, list) else []
    states = [_state(row) for row in rows if isinstance(row, dict)]
    return tuple(state for state in states if state.target)


def write_session(states: tuple[WindowState, ...]) -> None:
    """Keep the windows for the next start; a folder that cannot be written to keeps none."""
    rows = [
        {
            "target": one.target, "geometry": one.geometry, "docks": one.docks,
            "rails": one.rails, "tab": one.tab, "trail": [list(place) for place in one.trail],
            "views": {name: list(view) for name, view in one.views.items()},
        }
        for one in states[:MOST_WINDOWS]
    ]  # fmt: skip
    spare = file().with_name(f".session.json.{os.getpid()}")
    with suppress(OSError):
        spare.parent.mkdir(parents=True, exist_ok=True)
        spare.write_text(json.dumps({"windows": rows}), encoding="utf-8")
        os.replace(spare, file())


def _state(row: dict[str, Any]) -> WindowState:
    text = {name: row[name] for name in ("target", "geometry", "docks", "rails")
            if isinstance(row.get(name), str) and "\0" not in row[name]}  # fmt: skip
    trail, views = row.get("trail"), row.get("views")
    places_ = [one for one in trail if _words(one, 2)] if isinstance(trail, list) else []
    seen = views.items() if isinstance(views, dict) else ()
    return WindowState(
        **text,
        tab=1 if row.get("tab") == 1 else 0,
        trail=tuple((one[0], one[1]) for one in places_),
        views={name: (view[0], view[1], view[2]) for name, view in seen if _numbers(view)},
    )


def _words(value: Any, many: int) -> bool:
    fits = isinstance(value, list) and len(value) == many
    return fits and all(isinstance(one, str) for one in value)


def _numbers(value: Any) -> bool:
    fits = isinstance(value, list) and len(value) == 3
    plain = fits and all(type(one) in (int, float) and math.isfinite(one) for one in value)
    return bool(plain and value[0] > 0)


# What a window shows


def as_text(state: QByteArray) -> str:
    """Qt's bytes as text."""
    return base64.b64encode(state.data()).decode("ascii")


def as_bytes(text: str) -> QByteArray:
    """Qt's bytes again; empty where the text is none of them."""
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QByteArray()


def state_of(window: Window) -> WindowState:
    """What a window shows now; without a target where that could not be opened again."""
    editor, geometry = window.editor, as_text(window.saveGeometry())
    if editor is None:
        return WindowState("", geometry)
    document = editor.document
    target = str(document.path.resolve()) if document.path is not None else document.origin
    trail = tuple((place.drawing, place.node) for place in editor.drawings.trail)
    return WindowState(
        target,
        geometry,
        as_text(editor.docking.state()),
        editor.docking.rails.state(),
        editor.tabs.currentIndex(),
        trail,
        _views(editor.drawings),
    )


def _views(drawings: Drawings) -> dict[str, View]:
    found = {}
    for name, canvas in drawings.by_name().items():
        view = canvas.view_state()
        if view is not None:
            found[name] = (view[0], view[1].x(), view[1].y())
    return found


def put_on(editor: Editor, state: WindowState) -> None:
    """Show an editor's project as it was shown; what is not there any more is passed over."""
    from nnstudio.app.trail import Place, holds

    editor.docking.restore(as_bytes(state.docks), state.rails)
    networks = editor.document.project.networks
    trail = tuple(Place(drawing, node) for drawing, node in state.trail)
    drawings = editor.drawings
    if trail and all(one.drawing in networks for one in trail) and holds(networks, trail):
        drawings.go(trail)

    def look(name: str) -> None:
        view = state.views.get(name)
        if view is not None:
            drawings.by_name()[name].restore_view((view[0], QPointF(view[1], view[2])))

    for name in drawings.by_name():
        look(name)
    waiting = set(state.views) - set(drawings.by_name())

    def shown(name: str) -> None:
        if name in waiting:
            waiting.discard(name)
            look(name)

    drawings.shown_changed.connect(shown)
    editor.tabs.setCurrentIndex(state.tab)
