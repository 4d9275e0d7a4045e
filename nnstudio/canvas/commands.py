"""What a person can do to the drawing, each as one undoable step of the document.

Every refusal is told in words; nothing here paints or handles events.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from graph_compiler.model import Wire
from graph_compiler.problems import Fix
from nnstudio.canvas import placement
from nnstudio.canvas.face import GRID, PORT_Y
from nnstudio.canvas.fits import End, Fits, wire_between
from nnstudio.canvas.placement import Place
from nnstudio.document import clipboard, steps
from nnstudio.document.edits import Refused, Step
from nnstudio.document.look_edits import MoveNodes
from nnstudio.document.network_edits import PutNode

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

READ_ONLY = "This project is open read only. Save it under another name to change it."

_gestures = itertools.count(1)


def new_gesture(kind: str) -> str:
    """An id under which several steps become one for undo."""
    return f"canvas-{kind}-{next(_gestures)}"


class Commands:
    """The edits of one canvas; what concerns the selection takes it from the scene."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._scene = canvas.drawing
        self._document, self._network = canvas.drawing.document, canvas.drawing.network
        self._asked: tuple[tuple[str, ...], str] | None = None
        """What was answered on whether these nodes can become a block."""
        self._scene.mirrored.connect(self._changed)

    def do(self, make: Callable[[], Step], gesture: str = "") -> bool:
        """Make and do a step; False, and the reason told, where it is refused."""
        if self._canvas.property("read_only"):
            self._canvas.refuse(READ_ONLY)
            return False
        try:
            self._document.do(make(), gesture)
        except Refused as refused:
            self._canvas.refuse(refused.reason)
            return False
        return True

    @staticmethod
    def gesture(kind: str) -> str:
        """An id under which several steps become one for undo."""
        return new_gesture(kind)

    def undo(self) -> None:
        """Take the last step back."""
        if not self._canvas.property("read_only"):
            self._document.undo()

    def redo(self) -> None:
        """Do the step again that was taken back last."""
        if not self._canvas.property("read_only"):
            self._document.redo()

    # New nodes

    def append(self, type: str) -> str | None:
        """A new layer behind the selected node, wired, and selected in its turn."""
        after = self._scene.selection.last
        return self._added(
            lambda: self._well_placed(
                steps.append_layer(self._document, self._network, after, type), after
            )
        )

    def add(self, type: str, at: Place) -> str | None:
        """A new layer at a place, or the nearest free one below."""
        spot = placement.free(self._scene, at, placement.size_of(type, self._scene))
        return self._added(lambda: steps.add_layer(self._document, self._network, type, spot))

    def add_or_append(self, type: str, at: Place) -> str | None:
        """What a search chose: behind the selected node where there is one, else at a place."""
        if self._scene.selection.last is not None:
            return self.append(type)
        return self.add(type, placement.snapped(at[0], at[1]))

    def insert(self, type: str, wire: Wire) -> str | None:
        """A new layer on a wire, with room made for it."""
        return self._added(lambda: steps.insert_on_wire(self._document, self._network, wire, type))

    def place(self, type: str, at: Place, wire: Wire | None, port: End | None) -> str | None:
        """A layer dropped on a wire, on a port, or on the void."""
        if wire is not None:
            # Between neighbours that stand close, the step makes room of its own.
            spot = (
                at
                if placement.is_free(self._scene, at, placement.size_of(type, self._scene))
                else None
            )
            return self._added(
                lambda: steps.insert_on_wire(self._document, self._network, wire, type, spot)
            )
        if port is not None:
            return self.add_wired(type, port, self._beside(port, type))
        return self._added(lambda: steps.add_layer(self._document, self._network, type, at))

    def add_wired(self, type: str, fixed: End, at: Place) -> str | None:
        """A new layer whose first fitting port is wired to an end; one step."""
        gesture = new_gesture("add")
        spot = placement.free(self._scene, at, placement.size_of(type, self._scene))
        name = self._added(
            lambda: steps.add_layer(self._document, self._network, type, spot), gesture
        )
        if name is None:
            return None
        fits = Fits(self._scene, fixed)
        end = fits.first_free(name) or next(iter(fits.ends_of(name)), None)
        wire = wire_between(fixed, end) if end is not None else None
        if wire is not None:
            text = self._document.undo_text
            self.do(
                lambda: replace(steps.connect(self._document, self._network, wire), text=text),
                gesture,
            )
        return name

    def drop_place(self, type: str, fixed: End, x: float, y: float) -> Place:
        """Where a new layer stands so that its port is under the end of a wire."""
        width, _ = placement.size_of(type, self._scene)
        left = x if fixed.side == "out" else x - width
        return placement.snapped(left, y - PORT_Y)

    # The selection

    def delete(self) -> None:
        """Delete the selected nodes and wires; a selected frame goes and its nodes stay.

        Where a point of a wire is selected, only the point goes.
        """
        selection = self._scene.selection
        nodes, wires, frame = selection.names, tuple(selection.wires), selection.frame
        if selection.wire is not None and selection.point >= 0:
            self._canvas.wires.remove_point(selection.wire, selection.point)
        elif nodes or wires:
            # The wires of a deleted node go with it and must not be named twice.
            loose = [w for w in wires if w.source not in nodes and w.target not in nodes]
            self.do(lambda: steps.delete(self._document, self._network, nodes, loose))
        elif frame:
            self._canvas.frames.remove(frame)
        elif selection.note:
            self._canvas.notes.remove(selection.note)

    def dissolve(self) -> None:
        """Take the selected nodes out and heal the wires."""
        names = self._scene.selection.names
        if names:
            self.do(lambda: steps.dissolve(self._document, self._network, names))

    def group(self) -> None:
        """The selected nodes become a block; its use stands in their place, selected."""
        names = self._scene.selection.names
        if names:
            self._bring(lambda: steps.group(self._document, self._network, names))

    def why_not_group(self) -> str:
        """Why the selected nodes cannot become a block; "" where they can.

        Asked whenever actions are brought up to date: worked out anew only where something changed.
        """
        names = self._scene.selection.names
        if not names:
            return "Select a node first."
        if self._asked is None or self._asked[0] != names:
            self._asked = (names, steps.why_not_group(self._document, self._network, names))
        return self._asked[1]

    def _changed(self) -> None:
        self._asked = None

    def ungroup(self) -> None:
        """What the selected blocks hold stands in their place, selected; one step."""
        names = self._scene.selection.names
        if not names:
            return
        before, gesture = set(self._scene.nodes), new_gesture("ungroup")
        for name in names:
            step = partial(steps.ungroup, self._document, self._network, name)
            if not self.do(step, gesture):
                break
        self._scene.selection.set(name for name in self._scene.nodes if name not in before)

    def nudge(self, dx: int, dy: int) -> None:
        """Move what is selected by steps of the grid; one run of nudges is one step."""
        selection = self._scene.selection
        names = selection.names
        if selection.frame and not names:
            names = self._scene.model.frames[selection.frame].nodes
        if selection.note:
            self._canvas.notes.nudge(dx, dy)
        elif selection.point >= 0:
            self._canvas.wires.nudge_point(dx, dy)
        elif names:
            places = {
                name: (
                    self._scene.nodes[name].face.x + dx * GRID,
                    self._scene.nodes[name].face.y + dy * GRID,
                )
                for name in names
            }
            gesture = f"canvas-nudge-{','.join(names)}"
            self.do(lambda: steps.move(self._document, self._network, places), gesture)

    # Clipboard

    def copy(self) -> bool:
        """The selected nodes as readable text."""
        names = self._scene.selection.names
        if not names:
            return False
        text = clipboard.copy_text(self._document, self._network, names)
        QGuiApplication.clipboard().setText(text)
        count = "1 node" if len(names) == 1 else f"{len(names)} nodes"
        self._canvas.message.emit(f"Copied {count} as text.")
        return True

    def cut(self) -> None:
        """Copy the selected nodes and delete them."""
        if self.copy():
            self.delete()

    def paste(self, at: Place) -> None:
        """The nodes of the clipboard's text, at the nearest place of the grid, selected."""
        spot = placement.snapped(*at)
        text = QGuiApplication.clipboard().text()
        self._bring(lambda: steps.paste(self._document, self._network, text, spot))

    def duplicate(self) -> None:
        """Copies of the selected nodes beside them, selected."""
        names = self._scene.selection.names
        if names:
            self._bring(lambda: steps.duplicate(self._document, self._network, names))

    # Names, types

    def rename(self, old: str, new: str) -> bool:
        """Another name for a node."""
        return self.do(lambda: steps.rename(self._document, self._network, old, new))

    def replace_type(self, name: str, type: str) -> bool:
        """Another layer in a node's place; what it could not take over is told."""
        before, wires = self._scene.model.nodes[name], set(self._scene.model.wires)
        ports = {wire for wire in wires if name in (wire.source, wire.target)}
        if not self.do(lambda: steps.replace_type(self._document, self._network, name, type)):
            return False
        after = self._scene.model.nodes[name]
        kept = [key for key in before.params if key in after.params]
        gone = [key for key in before.params if key not in after.params]
        left = {wire for wire in self._scene.model.wires if name in (wire.source, wire.target)}
        lost = len(ports) - len(left)
        told = [f"Kept {', '.join(kept)}."] if kept else []
        told += [f"Dropped {', '.join(gone)}."] if gone else []
        if lost > 0:
            told.append(f"{'1 wire' if lost == 1 else f'{lost} wires'} found no port.")
        if told:
            self._canvas.message.emit(" ".join(told))
        return True

    def apply_fix(self, fix: Fix) -> None:
        """Do what a fix offers."""
        if self.do(lambda: steps.apply_fix(self._document, self._network, fix)):
            self._canvas.fix_applied.emit(fix)

    def dismiss_hint(self, node: str, code: str) -> None:
        """Do not show a hint again."""
        self.do(lambda: steps.dismiss_hint(self._document, self._network, node, code))

    # Inside

    def _added(self, make: Callable[[], Step], gesture: str = "") -> str | None:
        names = self._bring(make, gesture)
        return names[0] if names else None

    def _bring(self, make: Callable[[], Step], gesture: str = "") -> tuple[str, ...]:
        """Do a step that makes nodes, select them and bring them into view."""
        before = set(self._scene.nodes)
        if not self.do(make, gesture):
            return ()
        names = tuple(name for name in self._scene.nodes if name not in before)
        self._scene.selection.set(names)
        self._canvas.camera.reveal(self._scene.bounds(names))
        return names

    def _well_placed(self, step: Step, after: str | None) -> Step:
        """The step with its new node where the canvas has room, unless others made room for it."""
        if any(isinstance(edit, MoveNodes) for edit in step.edits):
            return step
        edits = []
        for edit in step.edits:
            if isinstance(edit, PutNode) and edit.before is None and edit.after is not None:
                node = edit.after
                size = placement.size_of(node.type, self._scene)
                if after is not None and self._scene.wires_out_of(after):
                    at = placement.free(self._scene, node.at, size)
                elif after is not None:
                    seen = self._canvas.camera.visible()
                    at = placement.behind(self._scene, after, size, seen)
                else:
                    at = placement.free(self._scene, self._first_place(node.at), size)
                edit = replace(edit, after=replace(node, at=at))
            edits.append(edit)
        return Step(step.text, tuple(edits))

    def _first_place(self, wanted: Place) -> Place:
        """In an empty drawing a new node stands in view."""
        if self._scene.nodes:
            return wanted
        seen = self._canvas.camera.visible()
        x = seen.left() + min(80.0, seen.width() / 8)
        return placement.snapped(x, seen.center().y() - 40)

    def _beside(self, port: End, type: str) -> Place:
        width, height = placement.size_of(type, self._scene)
        if port.side == "out":
            seen = self._canvas.camera.visible()
            return placement.behind(self._scene, port.node, (width, height), seen)
        left, top, _, _ = self._scene.nodes[port.node].box()
        return placement.snapped(left - placement.GAP_X - width, top)
