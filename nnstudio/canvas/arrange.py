"""Tidying, aligning and spreading on the canvas: one undoable step each, shown as a short glide.

The places come from `arranging`; the step is done first, then the nodes glide to where it put them,
so that what is shown late is never what is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QVariantAnimation

from graph_compiler.blocks import natural
from nnstudio.canvas import arranging
from nnstudio.canvas.arranging import Box, Place, Side, Way
from nnstudio.canvas.tidying import Tidying
from nnstudio.document import steps
from nnstudio.theme import motion

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

GLIDE = 180
"""Milliseconds."""
MOST_AT_ONCE = 300
"""Larger drawings are tidied in a thread, while the window goes on."""
MOST_GLIDING = 400
"""More nodes than these jump: a glide that stutters explains nothing."""


class Arrange:
    """What puts nodes in order on one canvas; with a selection of several nodes, only those."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._from: dict[str, Place] = {}
        self._to: dict[str, Place] = {}
        self._job: Tidying | None = None
        self._before: object = None
        """The state of the document that is being tidied."""
        self._glide = QVariantAnimation(canvas)
        self._glide.setDuration(GLIDE)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._stand)
        self._glide.finished.connect(self._scene.end_preview)
        self._scene.mirrored.connect(self.stop)

    def tidy(self, way: Way = "across") -> None:
        """Layers along the wires: the selected nodes, or all of them."""
        boxes = self._boxes(2)
        wires = sorted(self._scene.model.wires, key=lambda w: (w.target, natural(w.target_port)))
        frames = {frame.name: frame.nodes for frame in self._scene.model.frames.values()}
        pairs = [(wire.source, wire.target) for wire in wires]
        if len(boxes) > MOST_AT_ONCE:
            self._tidy_beside(Tidying(boxes, pairs, frames, way, self._canvas))
        else:
            self._tidied(arranging.tidy(boxes, pairs, frames, way))

    @property
    def busy(self) -> bool:
        """Whether a large drawing is being tidied."""
        return self._job is not None

    def cancel(self) -> None:
        """Give up tidying; nothing has changed."""
        job, self._job = self._job, None
        if job is not None:
            job.finished.disconnect(self._job_ended)
            job.finished.connect(job.deleteLater)
            self._canvas.message.emit("Tidying was given up.")

    def dispose(self) -> None:
        """The canvas goes: end what runs beside it."""
        for job in self._canvas.findChildren(Tidying):
            job.wait()
        self._job = None

    def align(self, side: Side) -> None:
        """One edge of the selected nodes in line."""
        boxes = self._boxes(2, only_selected=True)
        if boxes:
            self._move("Align", arranging.align(boxes, side))

    def distribute(self, way: Way) -> None:
        """The same room between the selected nodes."""
        boxes = self._boxes(3, only_selected=True)
        if boxes:
            self._move("Distribute", arranging.distribute(boxes, way))

    def stop(self) -> None:
        """Stand where the document has the nodes, at once."""
        if self._glide.state() is not QAbstractAnimation.State.Stopped:
            self._glide.stop()
            self._scene.end_preview()

    def _tidy_beside(self, job: Tidying) -> None:
        if self._job is not None:
            self.cancel()
        self._job, self._before = job, self._scene.document.state
        job.finished.connect(self._job_ended)
        count = f"{len(self._scene.nodes):,}".replace(",", "\u2009")
        self._canvas.message.emit(f"Tidying {count} nodes. Escape gives it up.")
        job.start()

    def _job_ended(self) -> None:
        job, self._job = self._job, None
        if job is None:
            return
        job.deleteLater()
        if self._scene.document.state is not self._before:
            self._canvas.message.emit("Not tidied: the drawing has changed meanwhile. Tidy again.")
        else:
            self._tidied(job.places)

    def _tidied(self, places: dict[str, Place]) -> None:
        self._move("Tidy", places, straighten=True)
        if not self._selected(2):
            self._canvas.frame_all()

    def _selected(self, least: int) -> tuple[str, ...]:
        names = self._scene.selection.names
        return names if len(names) >= least else ()

    def _boxes(self, least: int, *, only_selected: bool = False) -> dict[str, Box]:
        self.stop()
        names = self._selected(least)
        if not names and only_selected:
            self._canvas.refuse(f"Select at least {least} nodes first.")
            return {}
        wanted = [n for n in self._scene.model.nodes if not names or n in names]
        faces = [self._scene.nodes[n].face for n in wanted]
        return {face.name: Box(face.x, face.y, face.width, face.height) for face in faces}

    def _move(self, verb: str, places: dict[str, Place], *, straighten: bool = False) -> None:
        faces = {name: self._scene.nodes[name].face for name in places}
        moved = {n: at for n, at in places.items() if at != (faces[n].x, faces[n].y)}
        if not moved:
            self._canvas.message.emit("All stand in order already.")
            return
        scene = self._scene
        count = "1 node" if len(moved) == 1 else f"{len(moved)} nodes"

        def step() -> steps.Step:
            made = steps.move(scene.document, scene.network, moved)
            return replace(made, text=f"{verb} {count}")

        gesture = self._canvas.commands.gesture("arrange")
        if not self._canvas.edit(step, gesture):
            return
        if straighten:
            self._straighten(moved, f"{verb} {count}", gesture)
        self._from = {name: (faces[name].x, faces[name].y) for name in moved}
        self._to = moved
        if not motion.reduced() and len(moved) <= MOST_GLIDING and self._canvas.isVisible():
            self._stand(0.0)
            self._glide.start()

    def _straighten(self, moved: Collection[str], text: str, gesture: str) -> None:
        """Wires between nodes that were put in order take the way that this order gives them."""
        scene = self._scene
        bent = {
            wire: replace(route, points=())
            for wire, route in scene.model.routes.items()
            if route.points and wire.source in moved and wire.target in moved
        }
        if bent:
            self._canvas.edit(
                lambda: replace(steps.set_routes(scene.document, scene.network, bent), text=text),
                gesture,
            )

    def _stand(self, share: float) -> None:
        """The nodes a share of their way along."""
        self._scene.preview_places(
            {
                name: (x + (tx - x) * share, y + (ty - y) * share)
                for name, (x, y) in self._from.items()
                for tx, ty in (self._to[name],)
                if name in self._scene.model.nodes
            }
        )
