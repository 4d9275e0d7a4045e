"""The inspector's page of a whole drawing: its name, what it does, its figures, its parameters.

Shown while nothing is selected. The main network keeps its name and has a title instead.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from graph_compiler.model import Network
from nnstudio.document.document import Document
from nnstudio.panels.block_params import BlockParams
from nnstudio.panels.block_ports import BlockPorts
from nnstudio.panels.code_form import CodeForm
from nnstudio.panels.page import page_column
from nnstudio.panels.section import Section
from nnstudio.panels.text import brief, label, number, size
from nnstudio.theme import style

MAIN = "main"


class DrawingPage(QWidget):
    """Nothing is selected: the network or block as a whole."""

    titled = Signal(str)
    """Another title for the main network."""
    renamed = Signal(str)
    """Another name for any other drawing."""
    described = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing = ""
        self.title = QLineEdit(self)
        self.title.setObjectName("inspector_title")
        style.role(self.title, "name")
        self._kind = label("", "muted", "inspector_drawing_kind")
        self._refused = label("", "bad", "inspector_title_error")
        self._refused.hide()
        self.about = QLineEdit(self)
        self.about.setObjectName("inspector_about")
        self.about.setAccessibleName("What it does")
        self.about.setPlaceholderText("What it does, in one sentence")
        self._facts = Section("", "inspector_facts", mono=False)
        self.params = BlockParams(document)
        self.ports = BlockPorts()
        self.code = CodeForm(document)
        self._advice = label(
            "Select a node to see and change its parameters, or drag a layer from the palette.",
            "muted",
        )
        column = page_column(self, self.title)
        column.addWidget(self._refused)
        column.addWidget(self._kind)
        column.addWidget(self.about)
        column.addWidget(self._facts)
        column.addWidget(self.params)
        column.addWidget(self.ports)
        column.addWidget(self.code)
        column.addSpacing(8)
        column.addWidget(self._advice)
        column.addStretch(1)
        self.title.editingFinished.connect(self._named)
        self.about.editingFinished.connect(self._described)

    def show_drawing(self, document: Document, name: str) -> None:
        """What there is to tell of a drawing."""
        found = document.project.networks.get(name)
        if found is None:
            return
        if name != self._drawing:
            self._drawing = name
            self.show_error("")
            self.title.setModified(False)
            self.about.setModified(False)
        self._show_words(found, document.project.name)
        self.params.setVisible(found.is_block)
        if found.is_block:
            self.params.show_block(found)
        drawn = found.is_block and found.code is None
        self.ports.setVisible(drawn)
        if drawn:
            self.ports.show_block(document, found)
        self.code.setVisible(found.code is not None)
        self._advice.setVisible(found.code is None)
        if found.code is not None:
            self.code.show_layer(found)
            lines = found.code.text.count("\n") + 1
            self._facts.show_rows([("lines of Python", number(lines))])
            return
        report = document.report(name)
        rows = [
            ("nodes", number(len(found.nodes))),
            ("wires", number(len(found.wires))),
            ("parameters", number(report.parameters)),
            (
                "multiply-accumulates",
                ("at least " if report.uncounted else "") + brief(report.macs),
            ),
            ("weights in memory", size(4 * report.parameters)),
        ]
        self._facts.show_rows(rows)

    def show_error(self, reason: str) -> None:
        """Why the drawing cannot have that name; "" if it can."""
        self._refused.setText(reason)
        self._refused.setVisible(bool(reason))

    def edit_name(self) -> None:
        """Put the cursor into the name."""
        self.title.setFocus()
        self.title.selectAll()

    def commit(self) -> None:
        """Tell what stands typed and has not been told yet."""
        self._named()
        self._described()
        self.params.commit()

    def _show_words(self, drawing: Network, project: str) -> None:
        main = drawing.name == MAIN
        if not (self.title.hasFocus() and self.title.isModified()):
            self.title.setText(drawing.title if main else drawing.name)
            self.title.setModified(False)
        if not (self.about.hasFocus() and self.about.isModified()):
            self.about.setText(drawing.about)
            self.about.setModified(False)
            self.about.setCursorPosition(0)
            self.about.setToolTip(drawing.about or "Stands in the palette and in tooltips")
        kind = "block" if drawing.is_block else "network"
        self.title.setPlaceholderText(project if main else "")
        self.title.setAccessibleName(f"Title of the {kind}" if main else f"Name of the {kind}")
        self.title.setToolTip(
            "The network's title; its class in the code is named after it"
            if main
            else f"The {kind}'s name; what uses it follows"
        )
        self._kind.setText("Python layer" if drawing.code is not None else kind.capitalize())
        self._kind.setVisible(not main)
        self.about.setVisible(not main or bool(drawing.about))

    def _named(self) -> None:
        if self.title.isModified():
            self.title.setModified(False)
            text = self.title.text()
            (self.titled if self._drawing == MAIN else self.renamed).emit(text)

    def _described(self) -> None:
        if self.about.isModified():
            self.about.setModified(False)
            self.described.emit(self.about.text())
