"""Values changed where they stand on their node: by a field, and by a drag.

Each edit is a step of the document; a field stays open while the document changes under it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

from graph_compiler.layer import Param
from graph_compiler.model import Value
from nnstudio.canvas.commands import READ_ONLY
from nnstudio.canvas.value_field import ValueField
from nnstudio.canvas.value_places import value_box
from nnstudio.document import steps
from nnstudio.document.edits import Refused
from nnstudio.document.values import now
from nnstudio.fields.scope import scope_of
from nnstudio.fields.stepping import steppable

if TYPE_CHECKING:
    from nnstudio.canvas.view import CanvasView

NOTHING_SELECTED = "Select a node first; then P edits its values where they stand."


class ValueEditing:
    """The values on the nodes of one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._node = ""

    # By a field

    def edit(self) -> None:
        """The first value of the selected node."""
        name = self._canvas.drawing.selection.last
        if name is None:
            self._canvas.refuse(NOTHING_SELECTED)
        elif not self.editable(name):
            self._canvas.refuse(f"{name} shows no value that could be changed.")
        else:
            self._canvas.camera.reveal(self._canvas.drawing.bounds((name,)))
            self.open(name, self.editable(name)[0])

    def editable(self, name: str) -> tuple[str, ...]:
        """The parameters whose values stand on a node."""
        return tuple(row.param for row in self._canvas.drawing.face(name).rows if row.param)

    def open(self, name: str, param: str) -> None:
        """A field over a value."""
        canvas = self._canvas
        spec = self.spec(name, param)
        if canvas.property("read_only"):
            canvas.refuse(READ_ONLY)
            return
        if spec is None:
            return
        field = ValueField(canvas, spec, self._place(name, param))
        field.edited.connect(lambda value, gesture: self._set(field, value, gesture))
        field.next_wanted.connect(self._next)
        canvas.popups.show(field)
        self._node = name
        self._show(field)
        field.open()

    def refresh(self) -> bool:
        """The document has changed: whether the open field still has its value."""
        field = self._canvas.popups.open
        if not isinstance(field, ValueField):
            return False
        if self.spec(self._node, field.param.name) != field.param:
            return False
        self._show(field)
        return True

    def _show(self, field: ValueField) -> None:
        document, network = self._canvas.drawing.document, self._canvas.drawing.network
        drawing = document.network(network)
        node = drawing.nodes[self._node]
        value = node.params.get(field.param.name, field.param.default)
        scope = scope_of(document.project, drawing, node)
        facts = document.facts(network, self._node)
        known = vars(facts.params) if facts is not None and facts.params is not None else {}
        real = known.get(field.param.name, now(field.param, value, scope.variables))
        field.show_value(value, real, scope)

    def _set(self, field: ValueField, value: Value, gesture: str) -> None:
        scene, name = self._canvas.drawing, field.param.name
        try:
            step = steps.set_param(scene.document, scene.network, self._node, name, value)
            scene.document.do(step, gesture)
        except Refused as refused:
            field.refuse("" if value is None else str(value), refused.reason)

    def _next(self, way: int) -> None:
        """From one value of the node to the next, around the end."""
        field = self._canvas.popups.open
        if not isinstance(field, ValueField):
            return
        names = self.editable(self._node)
        here = names.index(field.param.name) if field.param.name in names else -way
        if names:
            self.open(self._node, names[(here + way) % len(names)])

    # By a drag

    def number(self, name: str, row: int) -> tuple[Param, Value] | None:
        """The parameter and the number of a row that a drag may change."""
        rows = self._canvas.drawing.face(name).rows
        spec = self.spec(name, rows[row].param) if 0 <= row < len(rows) else None
        if spec is None or self._canvas.property("read_only"):
            return None
        value = self._canvas.drawing.model.nodes[name].params.get(spec.name, spec.default)
        return (spec, value) if steppable(spec, value) else None

    def spec(self, name: str, param: str) -> Param | None:
        """The description of a node's parameter; None where node or parameter are gone."""
        node = self._canvas.drawing.model.nodes.get(name)
        layer = self._canvas.drawing.document.types.get(node.type) if node is not None else None
        return next((one for one in layer.params if one.name == param), None) if layer else None

    def _place(self, name: str, param: str) -> QRect:
        """The whole row of a value, in the coordinates of the canvas."""
        canvas = self._canvas
        item = canvas.drawing.nodes[name]
        names = [row.param for row in item.face.rows]
        row = names.index(param) if param in names else 0
        box = value_box(item.face, row).translated(item.x(), item.y())
        box.setLeft(item.x())
        box.setRight(item.x() + item.face.width)
        place = canvas.mapFromScene(box).boundingRect()
        return place.translated(canvas.viewport().pos())
