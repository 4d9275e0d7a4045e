"""Which keys do what: the defaults of all rows, what a person changed, and what stands in the way.

One table for the window's actions and the canvas's commands. Keys that belong to gestures stay as
they are and are listed with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from nnstudio.app.rows import ROWS
from nnstudio.app.settings import Settings
from nnstudio.app.store import parsed
from nnstudio.canvas import keys as canvas_keys
from nnstudio.canvas.keys import TABLE, Chord, chord

_KEYPAD = Qt.KeyboardModifier.KeypadModifier
FORMAT, VERSION = "nnstudio-keys", 1
MOST_KEYS = 4
"""Keys of one command."""
LARGEST = 100_000
"""Bytes of a file of keys."""

GESTURES: tuple[tuple[str, str], ...] = (
    ("Esc", "End the gesture, else select nothing, else leave the block"),
    ("Space", "Hold and drag with the mouse to move the view"),
    ("Return", "Open the block, or edit the parameters"),
    ("Enter", "Open the block, or edit the parameters"),
    ("Left", "Go to a node, or to a point of a wire"),
    ("Right", "Go to a node, or to a point of a wire"),
    ("Up", "Go to a node"),
    ("Down", "Go to a node"),
    ("Shift+Left", "Take the next node into the selection"),
    ("Shift+Right", "Take the next node into the selection"),
    ("Shift+Up", "Take the next node into the selection"),
    ("Shift+Down", "Take the next node into the selection"),
    ("Alt+Left", "Move the selection by a step"),
    ("Alt+Right", "Move the selection by a step"),
    ("Alt+Up", "Move the selection by a step"),
    ("Alt+Down", "Move the selection by a step"),
    ("Alt+Shift+Left", "Move the selection far"),
    ("Alt+Shift+Right", "Move the selection far"),
    ("Alt+Shift+Up", "Move the selection far"),
    ("Alt+Shift+Down", "Move the selection far"),
    ("Ctrl+Alt+Left", "Make the note narrower"),
    ("Ctrl+Alt+Right", "Make the note wider"),
    ("Ctrl+Alt+Up", "Make the note lower"),
    ("Ctrl+Alt+Down", "Make the note higher"),
    ("Shift+Tab", "Go to the part before"),
    ("F10", "Open the menu"),
    ("Menu", "Open the context menu"),
)
"""Keys that cannot be changed, and what they do."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line of the table."""

    id: str
    menu: str
    text: str
    defaults: tuple[str, ...]
    canvas: bool
    """Whether its keys hold only while the drawing has the keyboard."""
    words: str = ""


COMMANDS: tuple[Command, ...] = tuple(
    Command(row.id, row.menu, row.text, row.shortcuts, row.canvas, row.words) for row in ROWS
)
BY_ID = {command.id: command for command in COMMANDS}


class KeyRefused(Exception):
    """A key or a file of keys cannot be used; the text says why."""


def gestures() -> list[tuple[str, str]]:
    """What the fixed keys do, each with all its keys."""
    found: dict[str, list[str]] = {}
    for key, text in GESTURES:
        found.setdefault(text, []).append(shown(key))
    return [(text, ", ".join(keys)) for text, keys in found.items()]


def shown(key: str) -> str:
    """A key as menus show it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def portable(key: QKeySequence | str) -> str:
    """A key as files keep it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


class Keymap:
    """The keys that hold at present."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def keys_of(self, id: str) -> tuple[str, ...]:
        """The keys of a command, the first one being the one that menus show."""
        changed = self._settings.keys.get(id)
        if changed is None or _faulty(BY_ID[id], changed):
            return tuple(portable(key) for key in BY_ID[id].defaults)
        return tuple(portable(key) for key in changed)

    def changed(self, id: str) -> bool:
        """Whether a command has other keys than at first."""
        return set(self.keys_of(id)) != {portable(key) for key in BY_ID[id].defaults}

    def holder(self, key: str, but: str = "") -> Command | None:
        """Which other command has a key."""
        wanted = portable(key)
        others = (one for one in COMMANDS if one.id != but)
        return next((one for one in others if wanted in self.keys_of(one.id)), None)

    def refused(self, id: str, key: str) -> str:
        """Why a command cannot have a key, whoever has it now; "" where it can."""
        return why_not(BY_ID[id], key)

    def give(self, id: str, keys: Iterable[str], *, take_over: bool = False) -> None:
        """Give a command these keys; with `take_over` whoever has one of them loses it."""
        wanted = tuple(dict.fromkeys(portable(key) for key in keys))
        table = {id: list(wanted)}
        for key in wanted:
            refused = self.refused(id, key)
            if refused:
                raise KeyRefused(refused)
            other = self.holder(key, id)
            if other is not None and not take_over:
                raise KeyRefused(f"{shown(key)} belongs to “{other.text}”.")
            if other is not None:
                left = table.get(other.id, list(self.keys_of(other.id)))
                table[other.id] = [one for one in left if one != key]
        if len(wanted) > MOST_KEYS:
            raise KeyRefused(f"A command takes at most {MOST_KEYS} keys.")
        self._keep(self._settings.keys | table)

    def reset(self, id: str) -> None:
        """Give a command its first keys back; who took one of them meanwhile loses it."""
        self.give(id, BY_ID[id].defaults, take_over=True)

    def reset_all(self) -> None:
        """Give all commands their first keys back."""
        self._settings.reset("keys")

    def _keep(self, table: Mapping[str, list[str]]) -> None:
        kept = {
            id: list(keys)
            for id, keys in table.items()
            if id in BY_ID and set(keys) != {portable(key) for key in BY_ID[id].defaults}
        }
        self._settings.choose("keys", kept)

    # Files

    def export_text(self) -> str:
        """What was changed, as a small JSON text."""
        keys = {one.id: list(self.keys_of(one.id)) for one in COMMANDS if self.changed(one.id)}
        return json.dumps({"format": FORMAT, "version": VERSION, "keys": keys}, indent=2) + "\n"

    def import_text(self, raw: bytes) -> int:
        """Take the keys of such a text in place of all changes; how many commands it names."""
        table = read_keys(raw)
        self._keep(table)
        return len(table)

    # The canvas

    def put_on_canvas(self) -> None:
        """Have the present keys hold on every canvas as well."""
        table: dict[Chord, str] = dict(TABLE)
        for command in COMMANDS:
            if not self.changed(command.id):
                continue
            first = {chord(key) for key in command.defaults}
            own = {TABLE[keys] for keys in first if keys in TABLE}
            for keys in [keys for keys, one in table.items() if one in own and _movable(keys)]:
                del table[keys]
            for key in self.keys_of(command.id):
                keys = chord(key)
                if keys is not None:
                    for one in own:
                        table[keys] = one
        canvas_keys.use(table)


def why_not(command: Command, key: str) -> str:
    """Why a command cannot have a key at all; "" where it can."""
    keys = chord(key)
    if keys is None:
        return "One key is expected, with Ctrl, Alt and Shift or without."
    fixed = dict(GESTURES).get(portable(key))
    if fixed is not None:
        return f"{shown(key)} is fixed: {fixed[0].lower()}{fixed[1:]}."
    if not command.canvas and _types(key):
        return (
            f"{shown(key)} alone would be in the way of typing. "
            "Hold Ctrl or Alt as well, or take a function key."
        )
    return ""


def read_keys(raw: bytes) -> dict[str, list[str]]:
    """The keys in a file, read as data; `KeyRefused` says what is wrong with it."""
    if len(raw) > LARGEST:
        raise KeyRefused(f"A file of keys has at most {LARGEST:,} bytes; this one has more.")
    try:
        value = parsed(raw)
    except ValueError as error:
        raise KeyRefused(f"This is no file of keys: {error}.") from None
    if value.get("format") != FORMAT or not isinstance(value.get("keys"), dict):
        raise KeyRefused("This is no file of keys that NN Studio has written.")
    version = value.get("version")
    if version != VERSION:
        raise KeyRefused(f"version: expected {VERSION}, got {_short(version)}. Update NN Studio.")
    table: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    for id, keys in value["keys"].items():
        if id not in BY_ID:
            raise KeyRefused(f"keys: expected names of commands, got {_short(id)}.")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise KeyRefused(f"{id}: expected a list of keys, got {_short(keys)}.")
        fault = _faulty(BY_ID[id], keys)
        if fault:
            raise KeyRefused(f"{id}: {fault}")
        table[id] = [portable(key) for key in keys]
    for command in COMMANDS:
        for key in table.get(command.id, [portable(one) for one in command.defaults]):
            if key in owner:
                raise KeyRefused(
                    f"{owner[key]} and {command.id}: expected different keys, got {key} for both."
                )
            owner[key] = command.id
    return table


def _faulty(command: Command, keys: list[str]) -> str:
    """What is wrong with the keys that a file gives a command; "" for nothing."""
    if len(keys) > MOST_KEYS:
        return f"expected at most {MOST_KEYS} keys, got {len(keys)}."
    for key in keys:
        refused = why_not(command, key) if len(key) <= 40 else "expected a key, got a long text."
        if refused:
            return f"{_short(key)}: {refused}"
    return ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _types(key: str) -> bool:
    """Whether a key writes a letter or moves the cursor in a field."""
    keys = chord(key)
    if keys is None or keys[0] & ~Qt.KeyboardModifier.ShiftModifier & ~_KEYPAD:
        return False
    return not Qt.Key.Key_F1 <= keys[1] <= Qt.Key.Key_F35


def _movable(keys: Chord) -> bool:
    """Whether a key of the canvas's table is no gesture's."""
    fixed = {chord(key) for key, _ in GESTURES}
    return keys not in fixed
