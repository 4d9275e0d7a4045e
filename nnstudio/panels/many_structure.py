"""How several nodes are built and look, changed for all at once: turns, scan, bypass, colour.

Shows what it is given and tells what a person wants; changes nothing itself.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.layer import Bool, Choice, Param
from graph_compiler.model import Node, Value
from nnstudio.document.document import Document
from nnstudio.document.values import now
from nnstudio.document.visible import visible
from nnstudio.fields.kinds import ChoiceField
from nnstudio.fields.scope import scope_of
from nnstudio.fields.stepping import MIXED
from nnstudio.panels.form import ParamForm
from nnstudio.panels.structure_form import ONCE, REPEAT, SCAN
from nnstudio.panels.text import label
from nnstudio.theme.tokens import TINTS

PLAIN = "none"

_BYPASSED = Bool(
    "bypassed",
    False,
    doc="whether they are out of run and export alike; what comes in goes on as it is",
    label="bypassed",
)


class ManyStructure(QWidget):
    """The section “Structure” of several nodes; what not all of them can be is not offered."""

    repeat_edited = Signal(object, str)
    """A number, an expression, or None for once; and the gesture."""
    scan_edited = Signal(str)
    bypass_edited = Signal(bool)
    colour_edited = Signal(str)
    """A tint; "" for none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_many_structure")
        self.form = ParamForm(with_variables=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addWidget(label("Structure", "section"))
        column.addWidget(self.form)
        self.form.value_edited.connect(self._edited)

    def show_nodes(self, document: Document, network: str, nodes: list[Node]) -> None:
        """What the nodes share; where they differ, that there are several values."""
        layers = [document.types.get(node.type) for node in nodes]
        known = [layer for layer in layers if layer is not None]
        all_known = len(known) == len(nodes)
        params: list[Param] = []
        values: dict[str, Value] = {}
        if all_known and all(layer.inputs and layer.outputs for layer in known):
            params.append(REPEAT)
            values["repeat"] = _common([1 if n.repeat is None else n.repeat for n in nodes])
            params.append(_BYPASSED)
            values["bypassed"] = _common([node.bypassed for node in nodes])
        if all_known and all(layer.family == BLOCK for layer in known):
            params.append(SCAN)
            values["scan"] = _common([node.scan or ONCE for node in nodes])
        colours = tuple(dict.fromkeys((*TINTS, *(node.colour for node in nodes if node.colour))))
        params.append(
            Choice("colour", PLAIN, (PLAIN, *colours), doc="a tint of yours", label="colour")
        )
        values["colour"] = _common([node.colour or PLAIN for node in nodes])
        self.form.set_params(tuple(params))
        field = self.form.row("colour").field
        if isinstance(field, ChoiceField):
            field.set_titles({one: one.capitalize() for one in (PLAIN, *colours)})
        drawing = document.network(network)
        names = visible(document.project, drawing)
        real: dict[str, Value] = {}
        if "repeat" in values and values["repeat"] is not MIXED:
            real["repeat"] = now(REPEAT, values["repeat"], names)
        self.form.set_values(values, real, scope=scope_of(document.project, drawing))

    def refuse(self, name: str, value: Value, reason: str) -> None:
        """The last edit of a row was not accepted."""
        self.form.refuse(name, value, reason)

    def _edited(self, name: str, value: Value, gesture: str) -> None:
        if name == "repeat":
            self.repeat_edited.emit(value, gesture)
        elif name == "bypassed":
            self.bypass_edited.emit(bool(value))
        elif name == "scan":
            self.scan_edited.emit("" if value in (None, ONCE) else str(value))
        else:
            self.colour_edited.emit("" if value in (None, PLAIN) else str(value))


def _common(values: list[Value]) -> Value:
    first = values[0]
    same = all(type(one) is type(first) and one == first for one in values)
    return first if same else MIXED
