"""What the window remembers between starts: one field each, in the user's `settings.json`.

What a person chooses in the settings dialog is told to whoever listens. Every value is checked when
it is read. Qt and the standard library only, since the first paint waits for it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray

from nnstudio import places, theme
from nnstudio.app.store import Store
from nnstudio.theme import motion, scale, system
from nnstudio.theme.themes import named

THEMES = ("system", *(one.name for one in theme.THEMES))
RECENT = (5, 12, 25, 50)
"""How many files opened last may be listed."""
AUTOSAVE = (1, 2, 5, 15, 60)
"""Seconds from an edit until it is kept against a crash."""
USED = 12
SESSIONS = ("ask", "always", "never")
MOST_THREADS = 1024
MOST_KEPT = 1_000_000
MOST_ROOM = 10**15
CHOSEN: dict[str, Any] = {
    "theme": "system", "type_percent": 100, "motion": "system", "wires": "curved",
    "wires_by_size": False, "wire_shapes": True, "minimap": "", "autosave": 1,
    "recent_count": 12, "runs_folder": "", "device": "auto", "threads": 0, "processes": 1,
    "session": "ask", "evaluates": True, "keep": 20, "keep_room": 1_000_000_000,
    "unasked": [], "keys": {},
}  # fmt: skip
"""What a person chooses, with its defaults; everything else is remembered unasked."""


class Settings:
    """The remembered values; reading one that was never set gives its default."""

    def __init__(self) -> None:
        self._file = Store(places.home() / "settings.json")
        self._listeners: list[Callable[[str], None]] = []

    @property
    def fault(self) -> str:
        """What is wrong with the file, in words; "" where nothing is."""
        return self._file.fault

    # What a person chooses

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Have `listener` called with the name of each choice that changes; ends it when called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def choose(self, name: str, value: Any) -> None:
        """Take a choice, keep it, and tell everybody."""
        if self._file.value(name, CHOSEN[name]) != value:
            self._file.setValue(name, value)
            self._tell(name)

    def chosen(self, name: str) -> Any:
        """The value of a choice by its name."""
        return getattr(self, name) if hasattr(type(self), name) else self._plain(name)

    def _plain(self, name: str) -> Any:
        return self.flag(name) if isinstance(CHOSEN[name], bool) else self._text(name)

    def text(self, name: str, default: str) -> str:
        """A choice of words by its name."""
        value = self._file.value(name)
        return value if isinstance(value, str) else default

    def flag(self, name: str, default: bool | None = None) -> bool:
        """A switch by its name."""
        value = self._file.value(name)
        return value if isinstance(value, bool) else bool(CHOSEN[name])

    def set_value(self, name: str, value: str | bool) -> None:
        """Take a choice, keep it, and tell everybody."""
        self.choose(name, value)

    def reset(self, *names: str) -> None:
        """Back to the defaults, for these choices or for all."""
        changed = [name for name in names or CHOSEN if self._file.value(name) is not None]
        self._file.forget(*changed)
        for name in changed:
            self._tell(name)

    def _tell(self, name: str) -> None:
        for listener in tuple(self._listeners):
            listener(name)

    def _one_of(self, name: str, allowed: tuple[Any, ...]) -> Any:
        value = self._file.value(name, CHOSEN[name])
        return value if value in allowed and type(value) is type(CHOSEN[name]) else CHOSEN[name]

    def _whole(self, name: str, low: int, high: int | None = None) -> int:
        value = self._file.value(name)
        fits = type(value) is int and low <= value and (high is None or value <= high)
        return int(value if fits else CHOSEN[name])

    def _text(self, name: str) -> str:
        value = self._file.value(name)
        return value if isinstance(value, str) else str(CHOSEN.get(name, ""))

    @property
    def theme(self) -> str:
        """`system`, `dark`, `light`, `high-dark` or `high-light`."""
        return str(self._one_of("theme", THEMES))

    @theme.setter
    def theme(self, name: str) -> None:
        self.choose("theme", name)

    @property
    def type_percent(self) -> int:
        """How large type is, in percent."""
        return int(self._one_of("type_percent", scale.PERCENTS))

    @type_percent.setter
    def type_percent(self, percent: int) -> None:
        self.choose("type_percent", percent)

    @property
    def motion(self) -> str:
        """`system`, `full` or `reduced`."""
        return str(self._one_of("motion", motion.CHOICES))

    @motion.setter
    def motion(self, choice: str) -> None:
        self.choose("motion", choice)

    @property
    def autosave(self) -> int:
        """Seconds from an edit until it is kept against a crash."""
        return int(self._one_of("autosave", AUTOSAVE))

    @property
    def recent_count(self) -> int:
        """How many files opened last are listed."""
        return int(self._one_of("recent_count", RECENT))

    @property
    def runs_folder(self) -> str:
        """Where runs are kept; "" for the user's own folder. `places.runs` reads it as well."""
        return self._text("runs_folder")

    @property
    def device(self) -> str:
        """What runs train on unless the bar says otherwise; `auto` lets the worker choose."""
        return self._text("device")[:100] or "auto"

    @property
    def threads(self) -> int:
        """Threads of a run on the processor; 0 for all cores but one."""
        return self._whole("threads", 0, MOST_THREADS)

    @property
    def processes(self) -> int:
        """Processes that share every batch of a run."""
        return self._whole("processes", 1, MOST_THREADS)

    @property
    def keep(self) -> int:
        """How many checkpoints a run keeps beside the best. `runs.usual` reads it as well."""
        return self._whole("keep", 1, MOST_KEPT)

    @property
    def keep_room(self) -> int:
        """Bytes that these may take in all. `runs.usual` reads it as well."""
        return self._whole("keep_room", 0, MOST_ROOM)

    @property
    def session(self) -> str:
        """Whether the windows of last time come back: `ask`, `always` or `never`."""
        return str(self._one_of("session", SESSIONS))

    @property
    def unasked(self) -> list[str]:
        """Names of the questions that are not asked any more."""
        value = self._file.value("unasked")
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    def asks(self, question: str) -> bool:
        """Whether a question is asked."""
        return question not in self.unasked

    def set_asked(self, question: str, asked: bool) -> None:
        """Ask a question from now on, or no more."""
        others = [one for one in self.unasked if one != question]
        self.choose("unasked", others if asked else [*others, question])

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys a person gave to commands, by the command's name."""
        value = self._file.value("keys")
        found = value.items() if isinstance(value, dict) else ()
        return {
            name: [key for key in keys if isinstance(key, str)]
            for name, keys in found
            if isinstance(keys, list)
        }

    # What is remembered unasked

    @property
    def rails(self) -> str:
        """Which sides of the editor are folded, as text of its own; empty at first."""
        return str(self._file.value("rails", ""))

    @rails.setter
    def rails(self, state: str) -> None:
        self._file.setValue("rails", state)

    def use_look(self) -> None:
        """Put theme, size of type and motion to use as they were chosen."""
        use_theme(self.theme)
        scale.use(self.type_percent)
        motion.use(self.motion)

    def layers(self, kind: str) -> tuple[str, ...]:
        """The palette's `recent` or `favourite` layers."""
        return tuple(str(self._file.value(f"layers_{kind}", "")).split())

    def set_layers(self, kind: str, types: tuple[str, ...]) -> None:
        """Remember the palette's `recent` or `favourite` layers."""
        self._file.setValue(f"layers_{kind}", " ".join(types))

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened last, pinned ones first, then the newest; some may be gone by now."""
        stored = self._paths("recent")
        pinned = self.pinned
        kept = (*(one for one in stored if one in pinned), *(p for p in stored if p not in pinned))
        return kept[: max(self.recent_count, len(pinned))]

    @property
    def pinned(self) -> tuple[Path, ...]:
        """Recent files that stay on the list."""
        return self._paths("pinned")

    def add_recent(self, path: Path) -> None:
        """Put `path` at the head of the recent files."""
        full = path.resolve()
        kept = [full, *(other for other in self._paths("recent") if other != full)]
        pinned = self.pinned
        loose = [one for one in kept if one not in pinned][: RECENT[-1]]
        self._keep_paths("recent", [one for one in kept if one in pinned or one in loose])

    def remove_recent(self, path: Path) -> None:
        """Forget a recent file."""
        self.pin(path, False)
        self._keep_paths("recent", [p for p in self._paths("recent") if p != path])

    def clear_recent(self) -> None:
        """Forget all recent files but the pinned ones."""
        pinned = self.pinned
        self._keep_paths("recent", [one for one in self._paths("recent") if one in pinned])

    def pin(self, path: Path, pinned: bool) -> None:
        """Keep a file on the list, or let it go with the others."""
        others = [one for one in self.pinned if one != path]
        self._keep_paths("pinned", [*others, path] if pinned else others)

    def _paths(self, name: str) -> tuple[Path, ...]:
        stored = self._file.value(name)
        texts = stored if isinstance(stored, list) else []
        return tuple(Path(one) for one in texts if isinstance(one, str) and "\0" not in one)

    def _keep_paths(self, name: str, paths: list[Path]) -> None:
        self._file.setValue(name, [str(path) for path in paths])

    @property
    def used_actions(self) -> tuple[str, ...]:
        """The actions of the command palette used last, the newest first."""
        stored = self._file.value("used_actions")
        return tuple(one for one in stored if isinstance(one, str)) if _is_list(stored) else ()

    def use_action(self, name: str) -> None:
        """An action was used by way of the command palette."""
        others = [one for one in self.used_actions if one != name]
        self._file.setValue("used_actions", [name, *others][:USED])

    @property
    def folder(self) -> Path:
        """The folder of the last file dialog."""
        return Path(self._text("folder") or str(Path.home()))

    @folder.setter
    def folder(self, path: Path) -> None:
        self._file.setValue("folder", str(path))

    @property
    def geometry(self) -> QByteArray:
        """Size and place of the window; empty at first."""
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, state: QByteArray) -> None:
        self._keep_bytes("geometry", state)

    @property
    def docks(self) -> QByteArray:
        """Where the panels of the editor lie; empty at first."""
        return self._bytes("docks")

    @docks.setter
    def docks(self, state: QByteArray) -> None:
        self._keep_bytes("docks", state)

    def _bytes(self, key: str) -> QByteArray:
        try:
            return QByteArray(base64.b64decode(self._text(key), validate=True))
        except (binascii.Error, ValueError):
            return QByteArray()

    def _keep_bytes(self, key: str, state: QByteArray) -> None:
        self._file.setValue(key, base64.b64encode(state.data()).decode("ascii"))

    def sync(self) -> None:
        """Take in what another window has written."""
        self._file.sync()


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def use_theme(name: str) -> None:
    """Put the theme of that name to use, if it is not already; `system` asks the desktop."""
    wanted = named(name, dark=system.is_dark(), contrast=system.wants_contrast())
    if theme.current() is not wanted:
        theme.use(wanted)
