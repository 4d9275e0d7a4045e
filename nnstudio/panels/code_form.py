"""What the author of a Python layer states about it: inputs, outputs, sizes, weights.

Mirrors the document; each change is one step. The Python itself stands in `python_editor`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from graph_compiler.code_model import Code, CodeOutput, CodePort
from graph_compiler.model import Network
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.panels.row_table import Column, Row, RowTable
from nnstudio.panels.text import count, label

_KINDS = ("float", "int", "bool", "number", "any")
_SAME = "as input"
_NEEDED = ("needed", "optional")
_NAME = Column("Name", "The name, as in the code; double-click to change it", mono=True)


class CodeForm(QWidget):
    """Ports and rules of one layer written in Python."""

    measure_requested = Signal(str)
    """The layer whose shapes a person wants measured by the worker."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code_form")
        self._document = document
        self._layer = ""
        self._refused = label("", "bad", "code_form_refused")
        self._refused.hide()
        self._about = label(
            "Nothing of it runs before you trust it: shapes come from the rules stated here, or "
            "the worker measures them.",
            "muted",
        )
        self.match = QPushButton("Match the code", self)
        self.match.setObjectName("code_match")
        self.match.setToolTip("Take inputs and parameters from forward and __init__")
        self.match.clicked.connect(self._match)
        self.measure = QPushButton("Measure shapes", self)
        self.measure.setObjectName("code_measure")
        self.measure.setToolTip("Run the layer on made-up inputs in a process of its own")
        self.measure.clicked.connect(lambda: self.measure_requested.emit(self._layer))
        self._build_tables()
        buttons = QHBoxLayout()
        buttons.addWidget(self.match)
        buttons.addWidget(self.measure)
        buttons.addStretch(1)
        self._measured = label("", "muted", "code_measured")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._about)
        column.addWidget(self._refused)
        column.addLayout(buttons)
        column.addWidget(self._measured)
        for table in (self.inputs, self.outputs, self.sizes, self.weights):
            column.addWidget(table)

    def _build_tables(self) -> None:
        self.inputs = RowTable(
            "code_inputs",
            "Inputs",
            (
                _NAME,
                Column("Axes", "How many, the batch included: 2, 2-4 or any"),
                Column("Numbers", "What kind of number it takes", _KINDS),
                Column("Wire", "Whether it may stay without a wire", _NEEDED),
            ),
            ("Add input", ("x", "any", "float", "needed")),
            "None yet. A layer needs at least one input.",
        )
        self.outputs = RowTable(
            "code_outputs",
            "Outputs",
            (
                _NAME,
                Column(
                    "Shape",
                    "Sizes without the batch: x for all of an input's, x[:-1], 2 * x[-1]; empty to "
                    "have the worker measure them",
                    mono=True,
                ),
                Column("Numbers", "What kind of number comes out", (_SAME, *_KINDS[:3])),
            ),
            ("Add output", ("y", "", _SAME)),
            "None yet. A layer needs at least one output.",
        )
        self.sizes = RowTable(
            "code_sizes",
            "Arguments from sizes",
            (
                _NAME,
                Column("Value", "An expression over inputs and parameters: x[-1]", mono=True),
            ),
            ("Add argument", ("in_features", "x[-1]")),
            "None. An argument of __init__ that follows from an input's size stands here.",
        )
        self.weights = RowTable(
            "code_weights",
            "Weights",
            (
                Column("Name", "As torch names it: linear.weight", mono=True),
                Column("Shape", "Sizes over inputs and parameters: 2 * width, x[-1]", mono=True),
            ),
            ("Add weight", ("weight", "x[-1]")),
            "None stated. They only count parameters; measuring finds them by itself.",
        )
        self.inputs.edited.connect(self._set_inputs)
        self.outputs.edited.connect(self._set_outputs)
        self.sizes.edited.connect(self._set_sizes)
        self.weights.edited.connect(self._set_weights)

    def show_layer(self, layer: Network) -> None:
        """What is stated about a layer."""
        if layer.name != self._layer:
            self._layer = layer.name
            self._refuse("")
        code = layer.code
        if code is None:
            return
        self.inputs.show_rows([_input_row(port) for port in code.inputs])
        self.outputs.show_rows(
            [(port.name, port.shape, port.dtype or _SAME) for port in code.outputs]
        )
        self.sizes.show_rows(code.sizes)
        self.weights.show_rows(code.weights)
        many = len(code.measured)
        self._measured.setText(f"Measured for {count(many, 'use')}.")
        self._measured.setVisible(bool(many))

    def say(self, text: str) -> None:
        """What came of measuring, where it was wanted."""
        self._refuse(text)

    # Changing

    def _match(self) -> None:
        self._do(lambda: steps.match_code(self._document, self._layer))

    def _set_inputs(self, rows: tuple[Row, ...]) -> None:
        code = self._code()
        if code is None:
            return
        known = {port.name: port for port in code.inputs}
        ports = []
        for place, (name, axes, kind, needed) in enumerate(rows):
            rank = _rank(axes)
            if rank is None:
                self._refuse(f"{name}: expected axes such as 2, 2-4 or any, got {axes}.")
                self._show_again()
                return
            old = known.get(name) or (
                code.inputs[place] if len(rows) == len(code.inputs) else CodePort(name)
            )
            ports.append(
                replace(old, name=name, rank=rank, dtype=kind, optional=needed == _NEEDED[1])
            )
        self._do(lambda: steps.set_code_inputs(self._document, self._layer, ports))

    def _set_outputs(self, rows: tuple[Row, ...]) -> None:
        ports = [
            CodeOutput(name, shape, "" if kind == _SAME else kind) for name, shape, kind in rows
        ]
        self._do(lambda: steps.set_code_outputs(self._document, self._layer, ports))

    def _set_sizes(self, rows: tuple[Row, ...]) -> None:
        pairs = [(name, rule) for name, rule in rows]
        self._do(lambda: steps.set_code_sizes(self._document, self._layer, pairs))

    def _set_weights(self, rows: tuple[Row, ...]) -> None:
        pairs = [(name, rule) for name, rule in rows]
        self._do(lambda: steps.set_code_weights(self._document, self._layer, pairs))

    def _do(self, make: Callable[[], Step]) -> None:
        try:
            self._document.do(make())
        except Refused as refused:
            self._refuse(refused.reason)
        else:
            self._refuse("")
        self._show_again()

    def _show_again(self) -> None:
        layer = self._document.project.networks.get(self._layer)
        if layer is not None:
            self.show_layer(layer)

    def _code(self) -> Code | None:
        layer = self._document.project.networks.get(self._layer)
        return layer.code if layer is not None else None

    def _refuse(self, reason: str) -> None:
        self._refused.setText(reason)
        self._refused.setVisible(bool(reason))


def _input_row(port: CodePort) -> Row:
    low, high = port.rank
    axes = "any" if high is None and low <= 1 else f"{low}-{'' if high is None else high}"
    axes = str(low) if low == high else axes
    return port.name, axes, port.dtype, _NEEDED[port.optional]


def _rank(text: str) -> tuple[int, int | None] | None:
    """The bounds in `2`, `2-4`, `2-` or `any`; None for anything else."""
    plain = text.strip().lower()
    if plain in ("any", ""):
        return 1, None
    low, dash, high = plain.partition("-")
    if not low.isdecimal() or (high and not high.isdecimal()) or len(plain) > 5:
        return None
    return int(low), (int(high) if high else None) if dash else int(low)
