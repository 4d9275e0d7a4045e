"""What is stated about a Python layer, changed in the inspector's tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QPushButton,
    QTableWidget,
    QToolButton,
    QWidget,
)

from graph_compiler.code_model import CodeOutput, CodePort
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.inspector import InspectorPanel


@pytest.fixture
def panel(document: Document, shown: Callable[..., Any]) -> Any:
    document.do(steps.add_code_layer(document, "Swell"))
    made = shown(InspectorPanel(document), 320, 1200)
    made.show_nodes("Swell", ())
    return made


def part(panel: Any, name: str, kind: type = object) -> Any:
    (found,) = [w for w in panel.findChildren(kind) if w.objectName() == name]
    return found


def code(document: Document) -> Any:
    return document.project.networks["Swell"].code


def test_the_tables_show_what_is_stated(panel: Any, document: Document) -> None:

    assert part(panel, "code_inputs", QWidget).rows == (("x", "any", "float", "needed"),)
    assert part(panel, "code_outputs", QWidget).rows == (("y", "x", "as input"),)
    assert part(panel, "code_sizes", QWidget).rows == ()
    assert part(panel, "code_weights", QWidget).rows == (("factor", "()"),)


def test_cells_become_steps(panel: Any, document: Document) -> None:

    inputs = part(panel, "code_inputs_table", QTableWidget)
    inputs.item(0, 0).setText("features")
    assert code(document).inputs == (CodePort("features", doc="any tensor"),)
    inputs.item(0, 1).setText("2-4")
    kinds = inputs.cellWidget(0, 2)
    assert isinstance(kinds, QComboBox)
    kinds.setCurrentText("any")
    kinds.activated.emit(kinds.currentIndex())
    assert code(document).inputs == (CodePort("features", (2, 4), "any", False, "any tensor"),)
    outputs = part(panel, "code_outputs_table", QTableWidget)
    outputs.item(0, 1).setText("features[:-1], 3")
    assert code(document).outputs == (CodeOutput("y", "features[:-1], 3"),)
    document.undo()
    assert outputs.item(0, 1).text() == "x"


def test_rows_come_and_go(panel: Any, document: Document) -> None:

    part(panel, "code_sizes_add", QPushButton).click()
    assert code(document).sizes == (("in_features", "x[-1]"),)
    part(panel, "code_sizes_remove", QToolButton).click()
    assert code(document).sizes == ()


def test_what_cannot_be_is_refused_and_the_cell_goes_back(panel: Any, document: Document) -> None:

    inputs = part(panel, "code_inputs_table", QTableWidget)
    inputs.item(0, 1).setText("many")
    refused = part(panel, "code_form_refused", QLabel)
    assert refused.text() == "x: expected axes such as 2, 2-4 or any, got many."
    assert inputs.item(0, 1).text() == "any"
    inputs.item(0, 0).setText("two words")
    assert refused.text().startswith("Names consist of letters, digits and _")
    assert inputs.item(0, 0).text() == "x"


def test_match_takes_what_the_text_takes(panel: Any, document: Document) -> None:

    text = "class Swell(nn.Module):\n    def forward(self, a, b):\n        return a + b\n"
    document.do(steps.set_code_text(document, "Swell", text))
    part(panel, "code_match", QPushButton).click()
    assert [port.name for port in code(document).inputs] == ["a", "b"]
    assert document.project.networks["Swell"].params == {}


def test_measuring_is_only_asked_for(panel: Any, document: Document) -> None:

    wanted: list[str] = []
    panel.measure_requested.connect(wanted.append)
    part(panel, "code_measure", QPushButton).click()
    assert wanted == ["Swell"]
