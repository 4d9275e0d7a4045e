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
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from nnstudio import __version__
from nnstudio.app import errors
from nnstudio.app.settings import Settings, use_theme
from nnstudio.app.window import Window
from nnstudio.theme import style

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
        self._thread = threading.Thread(target=self._import, name="imports", daemon=True)
        self._thread.start()

    def _import(self) -> None:
        import importlib

        gc.disable()  # a collection amid thousands of new modules' objects would hold the window up
        try:
            for name in MODULES:
                try:
                    importlib.import_module(name)
                except Exception as error:
                    errors.report_exception(error, f"while {name} was being loaded")
            self._read_tables()
            gc.freeze()  # modules stay: no later collection needs to walk them
        finally:
            gc.enable()
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
        _note("usable")


def open_window(app: QApplication, target: str | None = None) -> Window:
    """A window that opens `target` (a file or `template:ID`), or the start page without one."""
    settings = Settings()
    use_theme(settings.theme, style.system_is_dark(app))
    style.apply(app)
    window = Window(settings, f"Opening {_short(target)}…" if target else "")
    Launch(window, target)
    return window


def main(target: str | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit status."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("NN Studio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("nnstudio")
    uninstall = errors.install()
    window = open_window(app, target)
    window.first_painted.connect(lambda: _watch_signals(window))
    window.show()
    status = app.exec()
    uninstall()
    return status


def _watch_signals(window: Window) -> None:
    from nnstudio.app.signals import SignalWatch

    window.closed.connect(SignalWatch(window).close)


def _short(target: str) -> str:
    return target.removeprefix("template:") if target.startswith("template:") else Path(target).name
