"""Curves as files: PNG and SVG of plots as they stand, CSV of all measured values.

Owns writing pictures; text goes through a thread, so that long runs do not hold the window. Must
not decide what is shown.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from nnstudio.plots import look

_SCALE = 2
"""Pictures have this many dots a pixel."""


def write_picture(plots: Sequence[pg.GraphicsView], path: Path, title: str) -> None:
    """Draw plots side by side into a PNG or SVG, by the file's ending (ValueError, OSError)."""
    size = QSize(sum(plot.width() for plot in plots), max(plot.height() for plot in plots))
    if path.suffix.lower() == ".svg":
        _write_svg(plots, path, size, title)
    elif path.suffix.lower() == ".png":
        image = QImage(size * _SCALE, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(_SCALE)
        image.fill(look.colour("panel"))
        painter = QPainter(image)
        _render(plots, painter)
        painter.end()
        if not image.save(str(path)):
            raise OSError(f"{path}: could not be written. Choose another folder.")
    else:
        raise ValueError(f"{path.name}: expected a name that ends in .png or .svg.")


def _write_svg(plots: Sequence[pg.GraphicsView], path: Path, size: QSize, title: str) -> None:
    if not os.access(path.parent, os.W_OK):
        raise OSError(f"{path}: could not be written. Choose another folder.")
    made = QSvgGenerator()
    made.setFileName(str(path))
    made.setSize(size)
    made.setViewBox(QRectF(0, 0, size.width(), size.height()))
    made.setTitle(title)
    painter = QPainter(made)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), look.colour("panel"))
    _render(plots, painter)
    painter.end()


def _render(plots: Sequence[pg.GraphicsView], painter: QPainter) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    left = 0.0
    for plot in plots:
        source = QRectF(0, 0, plot.width(), plot.height())
        target = source.translated(left, 0)
        plot.scene().render(painter, target, source, Qt.AspectRatioMode.IgnoreAspectRatio)
        left += plot.width()


class TextWriter(QObject):
    """Writes text to a file in a thread; `finished` carries the path and an error or ""."""

    finished = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def write(self, path: Path, pieces: Callable[[], Iterable[str]]) -> None:
        """Begin to write; a file under the name appears only when it is complete."""
        self.wait()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, args=(path, pieces), daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is being written."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def dispose(self) -> None:
        """Give up what is being written."""
        self._stopped.set()
        self.wait()

    def _run(self, path: Path, pieces: Callable[[], Iterable[str]]) -> None:
        part = path.with_name(path.name + ".part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                for piece in pieces():
                    if self._stopped.is_set():
                        break
                    file.write(piece)
            if self._stopped.is_set():
                part.unlink(missing_ok=True)
            else:
                part.replace(path)
                self.finished.emit(path, "")
        except OSError as error:
            part.unlink(missing_ok=True)
            self.finished.emit(path, f"{path}: {error.strerror or error}. Choose another folder.")
