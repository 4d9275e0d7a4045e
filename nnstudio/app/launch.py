"""Opening the window: first the picture, then everything else.

Only Qt and the standard library until the first paint. Then a thread imports what is heavy, the
warm worker is started, and the editor is built in slices. `NNSTUDIO_TIMES=FILE` has the moments
written to FILE, one JSON object a line, for the benchmarks.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from nnstudio import __version__
from nnstudio.app import errors, rubbish
from nnstudio.app.settings import Settings
from nnstudio.app.window import Window
from nnstudio.app.windows import Windows
from nnstudio.theme import style, system

HEAVY = (
    "numpy",
    "networkx",
    "pydantic",
    "pyqtgraph",
    "graph_compiler",
    "torch",
    "sklearn",
    "pandas",
)
"""What must not be loaded when the window is first painted."""

MODULES = (
    "pygments.lexers.python",
    "graph_compiler.files",
    "graph_compiler.registry",
    "graph_compiler.emission",
    "nnstudio.document.document",
    "nnstudio.document.steps",
    "nnstudio.document.templates",
    "nnstudio.document.autosave",
    "nnstudio.document.recipes",
    "nnstudio.document.sources",
    "nnstudio.runs.reader",
    "nnstudio.runs.create",
    "nnstudio.runs.worker",
    "nnstudio.runs.listing",
    "nnstudio.canvas",
    "nnstudio.panels.palette",
    "nnstudio.panels.inspector",
    "nnstudio.panels.code",
    "nnstudio.panels.problems",
    "nnstudio.panels.variables",
    "nnstudio.panels.plan",
    "nnstudio.panels.data",
    "nnstudio.plots.training",
    "nnstudio.plots.gap",
    "nnstudio.app.actions",
    "nnstudio.app.command_palette",
    "nnstudio.app.editor",
    "nnstudio.app.files",
    "nnstudio.app.link",
)
"""What the thread imports after the first paint, in the order in which it is needed."""


def _note(moment: str) -> None:
    """Write a moment down for the benchmarks, if they asked for it."""
    target = os.environ.get("NNSTUDIO_TIMES")
    if target:
        import json

        loaded = [name for name in HEAVY if name in sys.modules]
        line = json.dumps({"moment": moment, "time": time.time(), "loaded": loaded})
        with open(target, "a", encoding="utf-8") as file:
            file.write(line + "\n")


class Launch(QObject):
    """The steps from the first paint to the finished window."""

    _imported = Signal()

    def __init__(self, window: Window, target: str | None) -> None:
        super().__init__(window)
        self._window, self._target = window, target
        rubbish.collect_here(window)
        window.first_painted.connect(self._painted)
        window.editor_ready.connect(lambda: _note("editor ready"))
        self._imported.connect(self._equip)
        self._thread: threading.Thread | None = None

    def _painted(self) -> None:
        _note("first paint")
        self._window.furnish()
        QTimer.singleShot(0, self, self._start)

    def _start(self) -> None:
        _note("start page")
        if all(name in sys.modules for name in MODULES):
            self._equip()  # an earlier window has brought everything in
            return
        self._thread = threading.Thread(target=self._import, name="imports", daemon=True)
        self._thread.start()

    def _import(self) -> None:
        import importlib

        for name in MODULES:
            try:
                importlib.import_module(name)
            except Exception as error:
                errors.report_exception(error, f"while {name} was being loaded")
        self._read_tables()
        gc.freeze()  # modules stay: no later collection needs to walk them
        self._imported.emit()

    @staticmethod
    def _read_tables() -> None:
        """What is read once and kept: layers, recipes, sources."""
        from graph_compiler.registry import layers
        from nnstudio.document.recipes import recipes
        from nnstudio.document.sources import sources

        try:
            layers(), recipes(), sources()
        except Exception as error:
            errors.report_exception(error, "while layers, recipes and sources were being read")

    def _equip(self) -> None:
        if self._thread is not None:
            self._thread.join()
        window = self._window
        if not window.isVisible():
            return
        window.equip()
        window.link.warm_up()
        window.files.unfinished.look()
        if self._target:
            window.files.opening.open_target(self._target)
        else:
            window.group.offer(window)
            if window.settings.fault:
                window.start.tell_fault(window.settings.fault)
        _note("usable")


def start(app: QApplication) -> Windows:
    """What all windows share, made once."""
    settings = Settings()
    settings.use_look()
    style.apply(app)
    windows = Windows(settings, Launch)
    look = Look(windows)
    system.follow(look.follow_system)
    return windows


class Look(QObject):
    """Follows the desktop's wishes for all windows."""

    def __init__(self, windows: Windows) -> None:
        super().__init__(windows)
        self._settings = windows.settings

    def follow_system(self, *_: object) -> None:
        """The desktop asks for another look."""
        self._settings.use_look()


def open_window(app: QApplication, target: str | None = None) -> Window:
    """A window that opens `target` (a file or `template:ID`), or the start page without one."""
    return start(app).add(target)


def open_windows(app: QApplication, targets: Sequence[str]) -> Windows:
    """A window for each target, each file once; without one, the windows of last time or one."""
    windows = start(app)
    once = {t if t.startswith("template:") else str(Path(t).resolve()): t for t in targets}
    if not once:
        windows.read_last()
    for target in list(once.values()) or [None]:
        windows.add(target)
    return windows


def main(*targets: str) -> int:
    """Open the windows and stay until all are closed; returns the exit status."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("NN Studio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("nnstudio")
    uninstall = errors.install()
    windows = open_windows(app, targets)
    windows.open[0].first_painted.connect(lambda: _watch_signals(windows))
    for window in windows.open:
        window.show()
    status = app.exec()
    uninstall()
    return status


def _watch_signals(windows: Windows) -> None:
    from nnstudio.app.signals import SignalWatch

    windows.all_closed.connect(SignalWatch(windows).close)
