"""What opens over the canvas: searches, fixes, name fields; one at a time.

Each closes on Esc and on a click elsewhere, and gives the keyboard back to the canvas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QApplication, QGraphicsLineItem, QWidget

from graph_compiler.model import Wire
from nnstudio.canvas import tints
from nnstudio.canvas.commands import READ_ONLY
from nnstudio.canvas.fits import End, layers_that_fit, usable
from nnstudio.canvas.fix_popover import FixPopover
from nnstudio.canvas.layer_search import HINT, NOTHING, NOTHING_FITS, layer_choices
from nnstudio.canvas.look import look
from nnstudio.canvas.name_field import NameField
from nnstudio.canvas.note_field import NoteField
from nnstudio.canvas.note_item import PAPER
from nnstudio.canvas.pick_list import Choice, PickList
from nnstudio.canvas.tools.tool import Pointer
from nnstudio.canvas.value_field import ValueField

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

Popup = PickList | FixPopover | NameField | NoteField | ValueField
Z_LEADER = 50.0
BELOW = 100
"""Where a popup opened by the keyboard stands: this far below the top of the node."""


class Popups:
    """The popup that is open, if one is."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._open: Popup | None = None
        self._fixed_node = ""
        self._leader: QGraphicsLineItem | None = None

    @property
    def open(self) -> Popup | None:
        """The popup that is open."""
        return self._open

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._open.finish()

    def show(self, popup: ValueField) -> None:
        """Take a popup that was made elsewhere; it closes as the others do."""
        self.close()
        self._canvas.card.hide()
        popup.closed.connect(self._closed)
        self._open = popup

    # Searches

    def search(self, place: QPoint) -> None:
        """Any layer: placed here, wired to the selected node when that has a free output."""
        at = self._canvas.mapToScene(place)
        self.pick(
            layer_choices(usable(self._canvas.drawing)),
            HINT,
            NOTHING,
            place,
            lambda type: self._canvas.commands.add_or_append(type, (at.x(), at.y())),
        )
        self._canvas.search_requested.emit(at)

    def search_for_wire(self, fixed: End, pointer: Pointer) -> None:
        """Layers that a wire from that end could lead to; the chosen one is wired."""
        commands, x, y = self._canvas.commands, pointer.scene.x(), pointer.scene.y()
        self.pick(
            self._choices(layers_that_fit(self._canvas.drawing, fixed)),
            f"Layers that fit {fixed.node}",
            NOTHING_FITS,
            pointer.place,
            lambda type: commands.add_wired(type, fixed, commands.drop_place(type, fixed, x, y)),
        )

    def insert(self, wire: Wire, place: QPoint) -> None:
        """Layers that could stand on a wire."""
        fixed = End(wire.source, "out", wire.source_port)
        fitting = layers_that_fit(self._canvas.drawing, fixed)
        known = usable(self._canvas.drawing)
        self.pick(
            self._choices([type for type in fitting if known[type].outputs]),
            "Layer to insert",
            NOTHING_FITS,
            place,
            lambda type: self._canvas.commands.insert(type, wire),
        )

    def replace(self, name: str) -> None:
        """Layers that could stand in a node's place: with inputs and outputs where it has them."""
        if name not in self._canvas.drawing.nodes:
            return
        known = usable(self._canvas.drawing)
        old = known.get(self._canvas.drawing.face(name).type)
        only = [
            type
            for type, layer in known.items()
            if layer is not old
            and (
                old is None
                or (bool(layer.inputs), bool(layer.outputs))
                == (bool(old.inputs), bool(old.outputs))
            )
        ]
        self.pick(
            self._choices(only),
            f"Replace {name} by",
            NOTHING_FITS,
            self.below(name),
            lambda type: self._canvas.commands.replace_type(name, type),
        )

    # Fixes

    def fixes(self, name: str) -> None:
        """What is wrong with a node, and the fixes."""
        canvas = self._canvas
        if name not in canvas.drawing.nodes:
            return
        problems = canvas.drawing.document.problems(canvas.drawing.network, name)
        if not problems:
            canvas.message.emit(f"{name} has no problems.")
            return
        self.close()
        canvas.card.hide()
        canvas.camera.reveal(canvas.drawing.bounds((name,)))
        popover = FixPopover(canvas, problems)
        popover.fix_chosen.connect(canvas.commands.apply_fix)
        popover.dismissed.connect(lambda code: canvas.commands.dismiss_hint(name, code))
        popover.closed.connect(self._closed)
        self._open, self._fixed_node = popover, name
        self._stand_beside(popover)

    def follow(self) -> None:
        """The camera has moved: a popover stays beside its node, other popups close."""
        if isinstance(self._open, FixPopover) and self._fixed_node in self._canvas.drawing.nodes:
            self._stand_beside(self._open)
        elif isinstance(self._open, NameField | NoteField | ValueField):
            self.close()

    def _stand_beside(self, popover: FixPopover) -> None:
        canvas, scene, name = self._canvas, self._canvas.drawing, self._fixed_node
        seen = canvas.camera.visible()
        near = scene.node_places.within((seen.left(), seen.top(), seen.right(), seen.bottom()))
        others = [self._in_canvas(canvas.node_rect(one)) for one in near[:200] if one != name]
        popover.open_beside(self._in_canvas(canvas.node_rect(name)), others)
        self._draw_leader(popover)

    def _draw_leader(self, popover: FixPopover) -> None:
        """A line from the popover to its node."""
        scene = self._canvas.drawing
        if self._leader is None:
            self._leader = QGraphicsLineItem()
            self._leader.setZValue(Z_LEADER)
            scene.addItem(self._leader)
        pen = QPen(look().severities[popover.severity], 1.25)
        pen.setCosmetic(True)
        self._leader.setPen(pen)
        card = popover.geometry().translated(-self._offset())
        node = self._canvas.node_rect(self._fixed_node)
        start, end = _nearest_points(card, node)
        self._leader.setLine(QLineF(self._canvas.mapToScene(start), self._canvas.mapToScene(end)))

    # Names

    def rename_node(self, name: str) -> None:
        """A field over the node's name."""
        box = self._canvas.drawing.nodes[name].name_box()
        place = self._canvas.mapFromScene(box).boundingRect()
        self.ask_name(name, place, "node", lambda new: self._canvas.commands.rename(name, new))

    def rename_frame(self, name: str) -> None:
        """A field over the frame's title."""
        if name not in self._canvas.drawing.frames:
            return
        left, top, right, bottom = self._canvas.drawing.frames[name].title_box()
        corner = self._canvas.mapFromScene(QPointF(left + 14, top))
        other = self._canvas.mapFromScene(QPointF(right, bottom))
        self.ask_name(
            name,
            QRect(corner, other),
            "frame",
            lambda new: self._canvas.frames.rename(name, new),
        )

    def name_link(self, wire: Wire, suggested: str) -> None:
        """A field in which the link that a wire becomes is named."""
        self._canvas.camera.reveal(self._canvas.drawing.wires[wire].boundingRect())
        middle = self._canvas.wire_position(wire)
        place = QRect(middle - QPoint(70, 15), middle + QPoint(70, 15))
        self.ask_name(
            suggested,
            place,
            "link",
            lambda name: self._canvas.wires.set_link(wire, name),
            keeps=False,
        )

    def write_note(self, name: str) -> None:
        """A field over a note; what is typed there is one step."""
        scene, canvas = self._canvas.drawing, self._canvas
        if name not in scene.notes:
            return
        if canvas.property("read_only"):
            canvas.refuse(READ_ONLY)
            return
        self.close()
        canvas.card.hide()
        item = scene.notes[name]
        place = canvas.mapFromScene(item.text_box()).boundingRect()
        ground = tints.ground(item.note.colour or PAPER, look()).name()
        field = NoteField(
            canvas, item.note.text, self._in_canvas(place), canvas.camera.zoom, ground
        )
        item.set_writing(True)
        self._open = field
        field.closed.connect(lambda: self._note_closed(name))
        field.written.connect(lambda text: canvas.notes.write(name, text))

    def _note_closed(self, name: str) -> None:
        if name in self._canvas.drawing.notes:
            self._canvas.drawing.notes[name].set_writing(False)
        self._closed()

    def ask_name(
        self,
        name: str,
        place: QRect,
        what: str,
        rename: Callable[[str], bool],
        *,
        keeps: bool = True,
    ) -> None:
        """A field over a place of the view; it stays open while `rename` returns False.

        Where it `keeps`, a text that is not changed is no rename.
        """
        self.close()
        self._canvas.card.hide()
        field = NameField(self._canvas, name, self._in_canvas(place), what)
        self._open = field

        def named(text: str) -> None:
            if (keeps and text.strip() == name) or rename(text):
                field.finish()

        field.named.connect(named)
        field.closed.connect(self._closed)

    # Inside

    def _choices(self, only: Sequence[str]) -> list[Choice]:
        return layer_choices(self._canvas.drawing.document.types, only)

    def pick(
        self,
        choices: Sequence[Choice],
        hint: str,
        nothing: str,
        place: QPoint,
        chosen: Callable[..., object],
    ) -> None:
        """Open a list; what is taken from it goes to `chosen`."""
        self.close()
        self._canvas.card.hide()
        popup = PickList(self._canvas, choices, hint, nothing)
        popup.chosen.connect(chosen)
        popup.closed.connect(self._closed)
        self._open = popup
        spot = place + self._offset()
        popup.open_at(spot.x(), spot.y())

    def _closed(self) -> None:
        had_keyboard = self._owns_keyboard()
        self._open, self._fixed_node = None, ""
        if self._leader is not None:
            self._canvas.drawing.removeItem(self._leader)
            self._leader = None
        self._canvas.card.hide()
        if had_keyboard:
            self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _owns_keyboard(self) -> bool:
        focused = QApplication.focusWidget()
        popup = self._open
        return focused is None or (
            isinstance(popup, QWidget) and (focused is popup or popup.isAncestorOf(focused))
        )

    def below(self, name: str) -> QPoint:
        """Where a list stands that concerns a node."""
        node = self._canvas.node_rect(name)
        return QPoint(node.left(), node.bottom() + 8)

    def _offset(self) -> QPoint:
        return self._canvas.viewport().pos()

    def _in_canvas(self, place: QRect) -> QRect:
        return place.translated(self._offset())


def _nearest_points(card: QRect, node: QRect) -> tuple[QPoint, QPoint]:
    """The ends of the shortest line between two boxes, at the middle of what they share."""

    def between(a1: int, a2: int, b1: int, b2: int) -> tuple[int, int]:
        if a2 < b1:
            return a2, b1
        if b2 < a1:
            return a1, b2
        middle = (max(a1, b1) + min(a2, b2)) // 2
        return middle, middle

    x1, x2 = between(card.left(), card.right(), node.left(), node.right())
    y1, y2 = between(card.top(), card.bottom(), node.top(), node.bottom())
    return QPoint(x1, y1), QPoint(x2, y2)
