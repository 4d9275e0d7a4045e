"""Unforeseen errors: caught wherever they surface, kept as reports, told to the window.

Owns the hooks of Python (`sys.excepthook`, threads, unraisable) and of Qt's messages. Standard
library and QtCore only, so that it stands before everything else.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, QtMsgType, Signal, qInstallMessageHandler, qVersion

HARMLESS = ("This plugin does not support", "QStandardPaths: XDG_RUNTIME_DIR")
"""Beginnings of Qt messages that concern the platform and nobody else."""


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """One unforeseen error: a line for people and the details for whoever mends it."""

    title: str
    details: str


class Reporter(QObject):
    """Tells about each report, on the thread of the window."""

    reported = Signal(object)


reporter = Reporter()
_unseen: list[ErrorReport] = []


def take() -> tuple[ErrorReport, ...]:
    """The reports since the last call."""
    taken = tuple(_unseen)
    _unseen.clear()
    return taken


def report(title: str, details: str) -> ErrorReport:
    """Keep a report and tell the window about it; any thread may call."""
    made = ErrorReport(title, f"{title}\n\n{details.strip()}\n\n{versions()}")
    _unseen.append(made)
    del _unseen[:-50]
    reporter.reported.emit(made)
    return made


def report_exception(error: BaseException, where: str = "") -> ErrorReport:
    """Report an exception with its traceback."""
    import traceback

    title = f"{type(error).__name__}: {error}" + (f" ({where})" if where else "")
    return report(title, "".join(traceback.format_exception(error)))


def versions() -> str:
    """What a report has to say about the machine."""
    import platform

    from nnstudio import __version__

    return (
        f"NN Studio {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )


def install() -> Callable[[], None]:
    """Put the hooks in place; returns what takes them out again."""
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    def raised(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before[0](kind, error, trace)
            return
        import traceback

        print("".join(traceback.format_exception(kind, error, trace)), file=sys.stderr)
        report_exception(error)

    def raised_in_thread(args: Any) -> None:
        if args.exc_type is not SystemExit and args.exc_value is not None:
            name = args.thread.name if args.thread is not None else "a thread"
            report_exception(args.exc_value, name)

    def unraisable(args: Any) -> None:
        if args.exc_value is not None:
            report_exception(args.exc_value, str(args.err_msg or "while an object was released"))

    previous: Any = None

    def said(kind: QtMsgType, context: Any, text: str) -> None:
        loud = kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        if loud and not text.startswith(HARMLESS):
            report(f"Qt: {text}", f"{context.category or ''} {context.function or ''}")
        if previous is not None:
            previous(kind, context, text)

    sys.excepthook, threading.excepthook, sys.unraisablehook = raised, raised_in_thread, unraisable
    previous = qInstallMessageHandler(said)

    def uninstall() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        qInstallMessageHandler(previous)

    return uninstall
