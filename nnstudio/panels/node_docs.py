"""The docs page of a layer in place: what it does, and unfolded its parameters, paper and example.

Made from the layer's own description; the full page is one click away.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from graph_compiler.layer import Example, Layer, Mismatch
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from nnstudio.document.values import shown
from nnstudio.panels.row import help_of
from nnstudio.panels.section import Section
from nnstudio.panels.text import label
from nnstudio.theme import style

STRANGER = "This program does not know this layer."


class NodeDocs(QWidget):
    """What is known of the selected node's layer."""

    page_requested = Signal(str)
    """The type whose full page a person wants to read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._type = ""
        self._doc = label("", "muted", "inspector_doc")
        self._paper = label("", "small", "inspector_paper")
        self.fold = QPushButton("More about this layer")
        self.fold.setObjectName("inspector_docs_fold")
        self.fold.setCheckable(True)
        style.role(self.fold, "link")
        self.fold.toggled.connect(self._unfold)
        self._params = Section("Parameters", "inspector_docs_params", mono=False)
        self._example = Section("Example", "inspector_docs_example")
        self.page = QPushButton("Open the full page")
        self.page.setObjectName("inspector_docs_page")
        self.page.setToolTip("Formula, parameters and paper in the layer reference")
        style.role(self.page, "link")
        self.page.clicked.connect(lambda: self.page_requested.emit(self._type))
        self._more = QWidget()
        more = QVBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setSpacing(4)
        more.addWidget(self._params)
        more.addWidget(self._example)
        line = QHBoxLayout()
        line.addWidget(self.page)
        line.addStretch(1)
        more.addLayout(line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._doc)
        column.addWidget(self._paper)
        column.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._more)
        self._unfold(False)

    def show_layer(self, type: str, layer: Layer | None, *, listed: bool) -> None:
        """The page of a layer; one that is not `listed` in the reference has no full page."""
        self._type = type
        self._doc.setText(layer.doc if layer else STRANGER)
        self._doc.setVisible(bool(self._doc.text()))
        self._paper.setText(layer.paper if layer else "")
        self._paper.setVisible(bool(layer and layer.paper))
        params = (
            [(f"{one.title}: {_said(help_of(one))}", "") for one in layer.params] if layer else []
        )
        self._params.show_rows(params)
        example = example_of(layer) if layer else ""
        self._example.show_rows([(example, "")] if example else [])
        self.page.setVisible(listed)
        self.fold.setVisible(bool(params or example or listed))
        self._more.setVisible(self.fold.isChecked() and self.fold.isVisibleTo(self))

    def _unfold(self, on: bool) -> None:
        self.fold.setText("Less about this layer" if on else "More about this layer")
        self._more.setVisible(on)


def example_of(layer: Layer) -> str:
    """One of the layer's own examples worked out: `N×3×28×28 → N×8×26×26, with filters 8`."""
    for example in layer.examples[:1]:
        given = _inputs(layer, example)
        params, faults = resolve(example.params, layer, {})
        if faults:
            return ""
        try:
            found = layer.output(params, *given)
        except (Mismatch, TypeError, ValueError, AttributeError):
            return ""
        made = (found,) if isinstance(found, TensorType) else tuple(found)
        sides = [", ".join(str(one) for one in side if one is not None) for side in (given, made)]
        titles = {one.name: one.title for one in layer.params}
        words = [f"{titles.get(key, key)} {shown(value)}" for key, value in example.params.items()]
        return " → ".join(side for side in sides if side) + (
            f", with {', '.join(words)}" if words else ""
        )
    return ""


def _inputs(layer: Layer, example: Example) -> list[TensorType | None]:
    found: list[TensorType | None] = []
    for place, shape in enumerate(example.inputs):
        port = layer.inputs[min(place, len(layer.inputs) - 1)]
        kind = port.dtype if port.dtype in ("float", "int", "bool") else "float"
        if place < len(example.dtypes):
            kind = example.dtypes[place]
        found.append(None if shape is None else TensorType((N, *shape), kind))
    return found


def _said(help: str) -> str:
    return "; ".join(help.split("\n")[:-1])
