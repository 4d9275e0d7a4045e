"""What can be set in the settings dialog, as rows of data: words, page, and how it is chosen.

Names and defaults are those of the settings; adding a setting is adding a row here and there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nnstudio.app.device_choice import process_counts
from nnstudio.app.settings import AUTOSAVE, MOST_THREADS, RECENT
from nnstudio.theme import scale

if TYPE_CHECKING:
    from nnstudio.app.window import Window

Kind = Literal["choice", "flag", "folder", "question"]
Options = tuple[tuple[Any, str], ...]
KEPT = (3, 5, 10, 20, 50, 100, 500)
"""How many checkpoints a run may keep beside the best."""
KEPT_ROOM = tuple(round(1e9 * gigabytes) for gigabytes in (0.05, 0.2, 0.5, 1, 2, 5, 20, 100))
"""Bytes that they may take in all."""
PAGES = ("Look", "Drawing", "Files", "Runs", "Questions")


@dataclass(frozen=True, slots=True)
class Preference:
    """One row of the dialog; `options` are value and words of a choice."""

    name: str
    page: str
    title: str
    help: str
    kind: Kind
    options: Callable[[Window], Options] | None = None
    words: str = ""
    """Further words that find it."""
    effect: Callable[[Window], str] | None = None
    """What the choice comes to for the project at hand, in a sentence; "" where none is."""


def _themes(window: Window) -> Options:
    return (
        ("system", "As the system"), ("dark", "Dark"), ("light", "Light"),
        ("high-dark", "High contrast, dark"), ("high-light", "High contrast, light"),
    )  # fmt: skip


def _sizes(window: Window) -> Options:
    return tuple((percent, f"{percent} %") for percent in scale.PERCENTS)


def _motion(window: Window) -> Options:
    return (("system", "As the system"), ("full", "Never"), ("reduced", "Always"))


def _wires(window: Window) -> Options:
    return (("curved", "Curved"), ("straight", "Straight"), ("orthogonal", "With right angles"))


def _minimap(window: Window) -> Options:
    return (("", "For large drawings"), ("yes", "Always"), ("no", "Never"))


def _autosave(window: Window) -> Options:
    return tuple((one, "1 minute" if one == 60 else _plural(one, "second")) for one in AUTOSAVE)


def _recent(window: Window) -> Options:
    return tuple((one, f"{one} files") for one in RECENT)


def _session(window: Window) -> Options:
    return (("ask", "Ask"), ("always", "Always"), ("never", "Never"))


def _devices(window: Window) -> Options:
    known = dict(window.known_devices)
    chosen = window.settings.device
    if chosen not in ("auto", *known):
        known[chosen] = f"{chosen} (not found on this machine)"
    return (("auto", "Choose by itself"), *known.items())


def _threads(window: Window) -> Options:
    cores = os.cpu_count() or 1
    most = max(cores, min(window.settings.threads, MOST_THREADS))
    spare = max(1, cores - 1)
    return (
        (0, f"All cores but one ({spare})"),
        *((one, _plural(one, "thread")) for one in range(1, most + 1)),
    )


def _processes(window: Window) -> Options:
    counts = process_counts(window.known_devices, window.settings.processes)
    return tuple((one, _plural(one, "process", "processes")) for one in counts)


def _kept(window: Window) -> Options:
    return tuple((one, f"{one:,} and the best") for one in sorted({*KEPT, window.settings.keep}))


def _kept_room(window: Window) -> Options:
    return tuple((one, _size(one)) for one in sorted({*KEPT_ROOM, window.settings.keep_room}))


def _kept_here(window: Window) -> str:
    """How many checkpoints a run of the project at hand will keep, and how large they are."""
    from nnstudio.runs.kept import SAFE

    one, most, room = (
        window.applying.checkpoint_size,
        window.settings.keep,
        window.settings.keep_room,
    )
    if not one:
        return ""
    many = max(SAFE, min(most, room // one))
    why = f", for no more fit into {_size(room)}" if many < most else ""
    return (
        f"A checkpoint of this project takes about {_size(one)}. A run keeps at most {many:,} and "
        f"the best{why}: {_size(one * (many + 1))} in all."
    )


def _size(count: int) -> str:
    from nnstudio.runs.room import memory

    return memory(count).replace(".0 ", " ")


def _plural(many: int, what: str, several: str = "") -> str:
    return f"{many} {what}" if many == 1 else f"{many} {several or what + 's'}"


PREFERENCES: tuple[Preference, ...] = (
    Preference("theme", "Look", "Theme", "Colours of everything in the window.", "choice",
               _themes, "dark light contrast colour"),
    Preference("type_percent", "Look", "Size of type",
               "Of menus, panels and dialogs. The drawing has a zoom of its own.", "choice", _sizes,
               "font scale zoom text large small"),
    Preference("motion", "Look", "Reduced motion",
               "Where motion is reduced, nothing glides: everything is at once where it belongs.",
               "choice", _motion, "animation accessibility"),
    Preference("wires", "Drawing", "Wires",
               "A wire with a style of its own keeps it.", "choice", _wires,
               "style curved straight orthogonal spline line"),
    Preference("wire_shapes", "Drawing", "Shapes along wires",
               "Where there is room for them; a selected wire always shows its shape.", "flag",
               None, "size tensor label"),
    Preference("wires_by_size", "Drawing", "Wires as thick as what flows along",
               "Ten times the numbers make a wire a little thicker.", "flag", None, "width"),
    Preference("minimap", "Drawing", "Minimap",
               "The whole drawing in a corner, with a frame around what is seen.", "choice",
               _minimap, "overview small picture map"),
    Preference("session", "Files", "Bring back the windows of last time",
               "Files, drawings shown, places and panels, when NN Studio is started without a "
               "file.", "choice", _session, "session restore start reopen"),
    Preference("autosave", "Files", "Keep changes against a crash after",
               "Beside the file, never over it. After a crash the newest state is offered.",
               "choice", _autosave, "autosave recovery interval backup"),
    Preference("recent_count", "Files", "Recent files",
               "How many are listed. Pinned files stay whatever their number.", "choice", _recent,
               "history list"),
    Preference("runs_folder", "Runs", "Folder of the runs",
               "New runs are kept there, and runs are listed from there, in the terminal too.",
               "folder", None, "directory path training checkpoints"),
    Preference("device", "Runs", "Device",
               "What a run trains on, unless the bar of a window says otherwise.", "choice",
               _devices, "gpu cpu cuda mps graphics"),
    Preference("threads", "Runs", "Threads on the processor",
               "More than the cores makes a run slower; one core is left for the window.",
               "choice", _threads, "cores cpu parallel"),
    Preference("processes", "Runs", "Processes of a run",
               "Several share every batch, each on an accelerator or on a share of the cores.",
               "choice", _processes, "parallel gpus distributed torchrun"),
    Preference("keep", "Runs", "Checkpoints of a run",
               "States of a training from which it can go on or be forked. The best and the newest "
               "three always stay; the others lie close together early and far apart later.",
               "choice", _kept, "checkpoint budget keep thin states"),
    Preference("keep_room", "Runs", "Disk for the checkpoints of a run",
               "Where it is full, older ones give way. Counted without the best. Runs that exist "
               "keep what they were begun with.",
               "choice", _kept_room, "checkpoint budget space room size", _kept_here),
    Preference("evaluates", "Runs", "Read the test part when a run ends",
               "Each reading is counted. Otherwise the part stays closed until “Final evaluation” "
               "in the menu Run is chosen. Holds for the queue and the terminal, too.",
               "flag", None, "final evaluation score measure"),
    Preference("run", "Questions", "Before a project is left whose run is going on",
               "Otherwise the run goes on, and the start page lists it.", "question", None,
               "confirm ask again"),
    Preference("quit", "Questions", "Before several windows are closed at once",
               "Changes that are not saved are always asked about.", "question", None,
               "confirm ask again quit"),
    Preference("discard", "Questions", "Before unsaved work of last time is discarded",
               "It cannot be brought back.", "question", None, "confirm ask again recovery"),
)  # fmt: skip
