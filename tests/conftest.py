"""Guards around every test: its own home, and a failure for whatever goes wrong behind its back.

A test fails when, while it ran, a slot raised (pytest-qt sees to that), Qt warned, the product
reported an error, or when it leaves a running thread, an active timer or a window behind.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if "PYTEST_XDIST_WORKER" in os.environ:
    # The cores are shared among the tests: threads of one would wait for those of another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# No test asserts a time: machines are shared. The gate answers the same each time; who runs the
# tests at home tries new cases each time.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("patient")

HARMLESS = re.compile(
    r"This plugin does not support (propagateSizeHints|raise|setParent)"
    r"|QStandardPaths: XDG_RUNTIME_DIR|Could not (connect|register) .*(DBus|dbus)"
)
"""What Qt says about the offscreen platform itself."""

PATIENCE = 3.0
"""Seconds that a thread may take to end after its test."""


class QtGuard:
    """What Qt said during one test; `allow` names a message that the test provokes on purpose."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """Let messages pass that match the regular expression."""
        self.allowed.append(pattern)

    def unexpected(self) -> list[str]:
        """The messages that nobody allowed."""
        return [
            text
            for text in self.messages
            if not HARMLESS.search(text) and not any(re.search(p, text) for p in self.allowed)
        ]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh `NNSTUDIO_HOME`, so that no test sees the user's runs, recoveries or settings."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("NNSTUDIO_HOME", str(home))
    _settings_below(home)
    return home


def _settings_below(home: Path) -> None:
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        for form in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
                QSettings.setPath(form, scope, str(home / "settings"))


@pytest.fixture(autouse=True)
def qt_guard(request: pytest.FixtureRequest) -> Iterator[QtGuard]:
    """Watches the test; see the module's docstring."""
    guard = QtGuard()
    threads = set(threading.enumerate())
    uses_qt = "qapp" in request.fixturenames or "qtbot" in request.fixturenames
    windows = set(_windows()) if uses_qt else set()
    restore = _listen(guard) if uses_qt else None
    yield guard
    left: list[str] = []
    if uses_qt:
        _settle()
        left += [f"window {name}" for name, key in _windows_with_keys() if key not in windows]
        left += [f"active timer {name}" for name in _active_timers()]
        left += _running_qt_threads()
        # What outlives a test is kept for good: the next collection need not walk it again, which
        # took longer than the tests themselves.
        gc.freeze()
    left += [f"thread {thread.name}" for thread in _threads_left(threads)]
    if restore is not None:
        restore()
    left += [f"error reported by the product: {text}" for text in _reported()]
    left += [f"Qt message: {text}" for text in guard.unexpected()]
    if left:
        pytest.fail("left behind or said during the test:\n  " + "\n  ".join(left), pytrace=False)


def _listen(guard: QtGuard) -> Any:
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    loud = (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    previous: Any = None

    def heard(kind: QtMsgType, context: Any, text: str) -> None:
        if kind in loud:
            guard.messages.append(text)
        if previous is not None:
            previous(kind, context, text)

    previous = qInstallMessageHandler(heard)
    return lambda: qInstallMessageHandler(previous)


def _settle() -> None:
    """Let windows that were told to go, go."""
    from PySide6.QtCore import QCoreApplication, QEvent, QThreadPool

    QThreadPool.globalInstance().waitForDone(int(PATIENCE * 1000))
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()
        gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _windows_with_keys() -> list[tuple[str, int]]:
    from PySide6.QtWidgets import QApplication, QMenu
    from shiboken6 import Shiboken

    found = []
    for widget in QApplication.topLevelWidgets():
        if widget.metaObject().className() == "QTipLabel":  # Qt keeps one for the next tooltip
            continue
        if isinstance(widget, QMenu) and not widget.isVisible():  # menus of plots have no parent
            continue
        name = f"{type(widget).__name__} {widget.objectName() or widget.windowTitle()!r}"
        found.append((name, Shiboken.getCppPointer(widget)[0]))
    return found


def _windows() -> list[int]:
    return [key for _, key in _windows_with_keys()]


def _qt_objects(kind: type) -> list[Any]:
    from shiboken6 import Shiboken

    return [o for o in gc.get_objects() if issubclass(type(o), kind) and Shiboken.isValid(o)]


def _active_timers() -> list[str]:
    from PySide6.QtCore import QTimer

    return [
        f"{timer.objectName() or type(timer.parent()).__name__} ({timer.interval()} ms)"
        for timer in _qt_objects(QTimer)
        if timer.isActive()
    ]


def _running_qt_threads() -> list[str]:
    from PySide6.QtCore import QCoreApplication, QThread

    app = QCoreApplication.instance()
    own = app.thread() if app is not None else None
    running = []
    for thread in _qt_objects(QThread):
        if thread is not own and thread.isRunning() and not thread.isCurrentThread():
            running.append(f"Qt thread {thread.objectName() or type(thread).__name__}")
    return running


def _threads_left(before: set[threading.Thread]) -> list[threading.Thread]:
    end = time.monotonic() + PATIENCE
    while True:
        left = [
            thread
            for thread in threading.enumerate()
            if thread not in before and not isinstance(thread, threading._DummyThread)
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.01)


def _reported() -> list[str]:
    """What the product's error reporting caught; a test that provokes an error takes it."""
    errors = sys.modules.get("nnstudio.app.errors")
    return [report.title for report in errors.take()] if errors is not None else []
