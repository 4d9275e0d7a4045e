"""One drawing in three canvases: ours, the naive and the tuned one. Run as a script; prints JSON.

`canvas_run.py gestures SIZE` gives the milliseconds of every frame, taken in turn in one process.
`canvas_run.py open SIZE KIND` opens a project file in one of them and gives seconds and memory;
garbage is not collected meanwhile, as it is not wherever the program's window is open.
A frame is a step of a gesture until the viewport has painted; a step without a paint is an error.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QApplication, QGraphicsView

from benchmarks.canvas_drawing import project
from graph_compiler.files import load_project, save_project
from graph_compiler.model import Project

SIZE = (1400, 900)
ROUNDS = 6
FRAMES = {"ours": 20, "tuned": 10, "naive": 4}
"""Frames in a round; the slow ones get fewer."""
MOVED = 100
NEAR_PAN, ZOOM = QPoint(7, 5), 1.02


class Paints(QObject):
    """Counts the paint events of a viewport."""

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view)
        self.count = 0
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False

    def frame(self, step: Callable[[], object]) -> float:
        """Milliseconds of a step until it has been painted."""
        before, start = self.count, time.perf_counter()
        step()
        for _ in range(50):
            QApplication.processEvents()
            if self.count > before:
                return (time.perf_counter() - start) * 1e3
        raise RuntimeError("a step of a gesture was not painted")


class Canvas(Protocol):
    """What every canvas can do here."""

    view: QGraphicsView

    def whole(self) -> None: ...
    def near(self) -> None: ...
    def zoom(self, factor: float) -> None: ...
    def pan(self, by: QPoint) -> None: ...
    def hold(self, names: list[str]) -> None: ...
    def drag(self, dx: float, dy: float) -> None: ...
    def drop(self) -> None: ...


class Plain:
    """A plain view of items, moved by its transform and its scroll bars."""

    def __init__(self, model: Project, kind: str) -> None:
        from benchmarks.canvas_naive import NaiveView
        from benchmarks.canvas_tuned import TunedView

        network = model.networks["main"]
        self.view = NaiveView(network) if kind == "naive" else TunedView(network)
        self._from: dict[str, QPointF] = {}

    def _look(self, scale: float, middle: QPointF) -> None:
        set_near = getattr(self.view, "set_near", None)
        if set_near is not None:
            set_near(scale >= 0.4)
        self.view.setTransform(QTransform.fromScale(scale, scale))
        self.view.centerOn(middle)

    def _box(self) -> QRectF:
        return self.view.scene().itemsBoundingRect()

    def whole(self) -> None:
        box, room = self._box(), self.view.viewport().rect()
        scale = min((room.width() - 64) / box.width(), (room.height() - 64) / box.height(), 1.0)
        self._look(scale, box.center())

    def near(self) -> None:
        self._look(1.0, self._box().center())

    def zoom(self, factor: float) -> None:
        self.view.scale(factor, factor)

    def pan(self, by: QPoint) -> None:
        across, down = self.view.horizontalScrollBar(), self.view.verticalScrollBar()
        across.setValue(across.value() - by.x())
        down.setValue(down.value() - by.y())

    def hold(self, names: list[str]) -> None:
        self._from = {name: self.view.nodes[name].pos() for name in names}

    def drag(self, dx: float, dy: float) -> None:
        for name, place in self._from.items():
            item = self.view.nodes[name]
            move = getattr(item, "move_to", item.setPos)
            move(place.x() + dx, place.y() + dy)

    def drop(self) -> None:
        self.drag(0.0, 0.0)


class Ours:
    """The program's canvas, by the calls that mouse and wheel end in."""

    def __init__(self, document: object) -> None:
        from nnstudio.canvas import CanvasView

        self.view = CanvasView(document)
        self._hand = QPointF()

    def whole(self) -> None:
        self.view.frame_all()

    def near(self) -> None:
        self.view.zoom_reset()
        self.view.camera.centre_on(self.view.drawing.bounds().center())

    def zoom(self, factor: float) -> None:
        self.view.camera.zoom_at(self.view.viewport().rect().center(), factor)

    def pan(self, by: QPoint) -> None:
        self.view.camera.pan(by.x(), by.y())

    def hold(self, names: list[str]) -> None:
        from nnstudio.canvas.tools.tool import Pointer

        self._hand = QPointF(*self.view.drawing.model.nodes[names[0]].at)
        self.view.drawing.selection.set(names)
        self.view.mouse.take(self.view.mouse.moving)
        start = Pointer(self.view.mapFromScene(self._hand), self._hand)
        self.view.mouse.moving.start(start, names, names[0], "")

    def drag(self, dx: float, dy: float) -> None:
        from nnstudio.canvas.tools.tool import Pointer

        place = self._hand + QPointF(dx, dy)
        seen = self.view.mapFromScene(place) + QPoint(9, 0)
        modifiers = Qt.KeyboardModifier.AltModifier
        self.view.mouse.moving.move(Pointer(seen, place, modifiers))

    def drop(self) -> None:
        self.view.mouse.end_gesture()
        self.view.drawing.selection.clear()


def gestures(size: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds of each frame: gesture, canvas, frames."""
    from nnstudio.document.document import Document

    model = project(size)
    canvases: dict[str, Canvas] = {
        "ours": Ours(Document(project(size))),
        "tuned": Plain(model, "tuned"),
        "naive": Plain(model, "naive"),
    }
    paints = {kind: Paints(canvas.view) for kind, canvas in canvases.items()}
    for canvas in canvases.values():
        canvas.view.resize(*SIZE)
        canvas.view.show()
    settle()
    first = (size - MOVED) // 2
    names = list(model.networks["main"].nodes)[first : first + MOVED]
    found: dict[str, dict[str, list[float]]] = {
        gesture: {kind: [] for kind in canvases} for gesture in ("zoom", "drag", "pan")
    }
    gc.collect()
    gc.disable()
    for turn in range(ROUNDS + 1):
        for kind, canvas in canvases.items():
            frame, frames = paints[kind].frame, FRAMES[kind]
            canvas.whole()
            settle()
            zooms = [
                frame(lambda i=i, c=canvas: c.zoom(ZOOM if i % 2 else 1 / ZOOM))
                for i in range(frames)
            ]
            canvas.whole()
            canvas.hold(names)
            settle()
            drags = [
                frame(lambda i=i, c=canvas: c.drag(20.0 * (i + 1), 12.0 * (i + 1)))
                for i in range(frames + 1)
            ]
            canvas.drop()
            canvas.near()
            settle()
            pans = [frame(lambda c=canvas: c.pan(NEAR_PAN)) for _ in range(frames)]
            if turn:
                found["zoom"][kind] += zooms
                found["drag"][kind] += drags[1:]
                found["pan"][kind] += pans
    gc.enable()
    return found


def settle() -> None:
    """Let everything that is due be done."""
    for _ in range(20):
        QApplication.processEvents()
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        QApplication.processEvents()


def opened(size: int, kind: str) -> dict[str, float]:
    """Seconds from the file to the first frame, and the megabytes that the canvas takes."""
    from nnstudio.document.document import Document

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawing.nns"
        save_project(project(size), path)
        _warm(kind)
        gc.collect()
        gc.disable()
        start = time.perf_counter()
        held = Document.open(path) if kind == "ours" else load_project(path)
        before, read = memory(), time.perf_counter()
        canvas = Ours(held) if kind == "ours" else Plain(held, kind)
        paints = Paints(canvas.view)
        canvas.view.resize(*SIZE)
        canvas.whole()
        paints.frame(canvas.view.show)
        end = time.perf_counter()
        gc.enable()
        settle()
        return {"seconds": end - start, "canvas": end - read, "megabytes": memory() - before}


def _warm(kind: str) -> None:
    """Modules and fonts are loaded once a session, not once a drawing."""
    from nnstudio.document.document import Document

    small = project(20)
    canvas = Ours(Document(small)) if kind == "ours" else Plain(small, kind)
    canvas.view.show()
    settle()
    canvas.view.close()


def memory() -> float:
    """Megabytes that the process holds."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """What was asked for, as JSON."""
    application = QApplication(sys.argv[:1])
    size = int(sys.argv[2])
    found = gestures(size) if sys.argv[1] == "gestures" else opened(size, sys.argv[3])
    print(json.dumps(found))
    application.quit()


if __name__ == "__main__":
    main()
