"""The ports of a block as two lists: names, types, order; what goes with the one that is chosen.

The same lists serve inside the block and at each use of it. Mirrors the document; each change is
one step, and the wires of all uses follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from graph_compiler.model import Network
from graph_compiler.tensors import TensorType
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.block_ports import BlockPort, block_ports, wires_at
from nnstudio.panels.row_table import Column, Row, RowTable
from nnstudio.panels.text import count, label

TYPES: Mapping[str, str] = {
    "float": "float",
    "int": "indices",
    "bool": "mask",
    "state": "state",
}
"""What an input carries, in words."""

_NAME = Column("Name", "The name, inside and at every use; double-click to change it", mono=True)
_TYPE = Column(
    "Type",
    "Float numbers, indices of words or classes, a mask of yes and no, or a state that goes in "
    "again at the next step or turn",
    tuple(TYPES.values()),
)
_SHAPE = Column("Carries", "What leads to it, as far as it is known", mono=True, fixed=True)
_WIRES_NAMED = 3


class BlockPorts(QWidget):
    """Inputs and outputs of one block, to be changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("block_ports")
        self._document: Document | None = None
        self._block = ""
        self._side, self._chosen = "", ""
        self.inputs = RowTable(
            "block_inputs",
            "Inputs",
            (_NAME, _TYPE),
            ("Add input", ("x", TYPES["float"])),
            "None. A block without inputs makes its numbers itself.",
            orderable=True,
        )
        self.outputs = RowTable(
            "block_outputs",
            "Outputs",
            (_NAME, _SHAPE),
            ("Add output", ("y", "")),
            "None yet. A block needs an output to be of use.",
            orderable=True,
        )
        self._refused = label("", "bad", "block_ports_refused")
        self._refused.hide()
        self._about = label("", "muted", "block_ports_about")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.inputs)
        column.addWidget(self.outputs)
        column.addWidget(self._refused)
        column.addWidget(self._about)
        for side, table in (("in", self.inputs), ("out", self.outputs)):
            table.edited.connect(lambda rows, side=side: self._edited(side, rows))
            table.row_chosen.connect(lambda row, side=side: self._row_chosen(side, row))

    def show_block(self, document: Document, block: Network) -> None:
        """The ports of a block that is drawn."""
        if block.name != self._block:
            self._block, self._side, self._chosen = block.name, "", ""
            self._refuse("")
        self._document = document
        self.inputs.show_rows([(port.name, TYPES[port.kind]) for port in self._ports("in")])
        self.outputs.show_rows(
            [(port.name, _carried(document, block, port)) for port in self._ports("out")]
        )
        self._tell_of_wires()

    # Changing

    def _edited(self, side: str, rows: tuple[Row, ...]) -> None:
        document, block = self._document, self._block
        if document is None:
            return
        ports = self._ports(side)
        before, after = [port.name for port in ports], [row[0] for row in rows]
        if len(after) > len(before):
            taken = document.project.networks[block].nodes
            name = after[-1] if after[-1] not in taken else None
            self._do(lambda: steps.add_port(document, block, side, name))
        elif len(after) < len(before):
            gone = next(name for name in before if name not in after)
            self._remove(side, gone)
        elif sorted(before) == sorted(after) and before != after:
            self._do(lambda: steps.order_ports(document, block, after, side))
        else:
            self._changed(ports, rows)
        self._show_again()

    def _changed(self, ports: tuple[BlockPort, ...], rows: tuple[Row, ...]) -> None:
        """One port has another name or another type."""
        document, block = self._document, self._block
        assert document is not None
        kinds = {words: kind for kind, words in TYPES.items()}
        for port, row in zip(ports, rows, strict=True):
            if row[0] != port.name:
                self._do(partial(steps.rename_port, document, block, port.name, row[0], port.side))
                return
            if port.side == "in" and kinds[row[1]] != port.kind:
                kind = kinds[row[1]]
                self._do(partial(steps.set_port_kind, document, block, port.name, kind))
                return

    def _remove(self, side: str, port: str) -> None:
        document, block = self._document, self._block
        assert document is not None
        lost = wires_at(document.project, block, side, port)
        if self._do(lambda: steps.remove_port(document, block, port, side)) and lost:
            self._about.setText(
                f"{count(len(lost), 'wire')} of {port} went with it. Undo brings them back."
            )
            self._about.show()

    def _do(self, make: Callable[[], Step]) -> bool:
        assert self._document is not None
        try:
            self._document.do(make())
        except Refused as refused:
            self._refuse(refused.reason)
            return False
        self._refuse("")
        return True

    def _show_again(self) -> None:
        if self._document is None:
            return
        block = self._document.project.networks.get(self._block)
        if block is not None:
            told = self._about.text() if "went with it" in self._about.text() else ""
            self.show_block(self._document, block)
            if told:
                self._about.setText(told)
                self._about.show()

    def _refuse(self, reason: str) -> None:
        self._refused.setText(reason)
        self._refused.setVisible(bool(reason))

    # Asking

    def _ports(self, side: str) -> tuple[BlockPort, ...]:
        assert self._document is not None
        return block_ports(self._document.project.networks[self._block], side)

    def _row_chosen(self, side: str, row: int) -> None:
        if self._document is None:
            return
        ports = self._ports(side)
        if 0 <= row < len(ports):
            self._side, self._chosen = side, ports[row].name
            self._tell_of_wires()

    def _tell_of_wires(self) -> None:
        """Which wires the chosen port has at the uses of the block: they would go with it."""
        text = ""
        if self._document is not None and self._chosen:
            found = wires_at(self._document.project, self._block, self._side, self._chosen)
            if found:
                named = [f"{drawing}: {wire}" for drawing, wire in found[:_WIRES_NAMED]]
                more = len(found) - len(named)
                named += [f"and {more} more"] if more else []
                many = count(len(found), "wire")
                text = f"{self._chosen} has {many} outside, which would go with it:\n" + "\n".join(
                    named
                )
            else:
                text = f"{self._chosen} has no wires outside."
        self._about.setText(text)
        self._about.setVisible(bool(text))


def _carried(document: Document, block: Network, port: BlockPort) -> str:
    """The shape at an output, as of the first use of the block."""
    facts = document.facts(block.name, port.node)
    shapes: tuple[TensorType, ...] = facts.inputs if facts is not None else ()
    shape = str(shapes[0]) if shapes else ""
    return f"{shape} state".strip() if port.kind == "state" else shape
