"""The list of a block's ports: typed names, chosen types, order by drag, keys and buttons, undo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel

from graph_compiler.blocks import ports_in, ports_out
from graph_compiler.files import project_text
from graph_compiler.model import Network, Project, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.block_ports import BlockPorts
from nnstudio.panels.row_table import RowTable


@pytest.fixture
def document() -> Document:
    """`Pass` hands on x; it stands twice in the main network."""
    document = Document(Project("P", networks={"main": Network("main")}))
    document.do(steps.add_block(document, "Pass"))
    document.do(steps.add_layer(document, "main", "Input", (0, 0), name="data"))
    for name in ("one", "two"):
        document.do(steps.add_layer(document, "main", "Pass", (200, 0), name=name))
        document.do(steps.connect(document, "main", Wire("data", "output", name, "x")))
    return document


@pytest.fixture
def ports(document: Document, qtbot: object) -> Iterator[BlockPorts]:
    widget = BlockPorts()
    widget.resize(300, 500)
    widget.show_block(document, document.network("Pass"))
    widget.show()
    yield widget
    widget.close()
    widget.deleteLater()


def _texts(widget: BlockPorts) -> dict[str, str]:
    names = ("block_ports_about", "block_ports_refused")
    return {name: widget.findChild(QLabel, name).text() for name in names}


def _names(table: RowTable) -> list[str]:
    return [row[0] for row in table.rows]


def test_add_name_and_undo(document: Document, ports: BlockPorts) -> None:
    before = project_text(document.project)
    QTest.mouseClick(ports.inputs.add_button, Qt.MouseButton.LeftButton)
    assert ports_in(document.network("Pass")) == ("x", "x2")
    assert document.undo_text == "Add x2 to Pass"
    ports.inputs.table.item(1, 0).setText("mask")
    assert ports_in(document.network("Pass")) == ("x", "mask")
    assert document.undo_text == "Rename x2 of Pass to mask"
    QTest.mouseClick(ports.outputs.add_button, Qt.MouseButton.LeftButton)
    assert ports_out(document.network("Pass")) == ("y", "y2")
    for _ in range(3):
        document.undo()
    assert project_text(document.project) == before


def test_a_name_that_cannot_be_is_told_and_the_old_one_stands(
    document: Document, ports: BlockPorts
) -> None:
    ports.inputs.table.item(0, 0).setText("y")
    assert _texts(ports)["block_ports_refused"] == (
        "There is already a node “y” in Pass. Choose another name."
    )
    assert ports.inputs.table.item(0, 0).text() == "x"
    ports.inputs.table.item(0, 0).setText("left side")
    assert _names(ports.inputs) == ["left_side"]
    assert not ports.findChild(QLabel, "block_ports_refused").isVisible()
    assert Wire("data", "output", "two", "left_side") in document.network().wires


def test_the_type_is_chosen_from_words(document: Document, ports: BlockPorts) -> None:
    chooser = ports.inputs.table.cellWidget(0, 1)
    assert isinstance(chooser, QComboBox)
    assert [chooser.itemText(n) for n in range(chooser.count())] == [
        "float",
        "indices",
        "mask",
        "state",
    ]
    chooser.setCurrentIndex(1)
    chooser.activated.emit(1)
    assert document.network("Pass").nodes["x"].params == {"dtype": "int"}
    assert document.undo_text == "Set the type of x of Pass"


def _with(document: Document, ports: BlockPorts, *names: str) -> None:
    for name in names:
        document.do(steps.add_port(document, "Pass", "in", name))
    ports.show_block(document, document.network("Pass"))


def test_order_by_buttons_and_keys(document: Document, ports: BlockPorts) -> None:
    _with(document, ports, "a", "b")
    ports.inputs.choose("x")
    QTest.mouseClick(ports.inputs.down_button, Qt.MouseButton.LeftButton)
    assert ports_in(document.network("Pass")) == ("a", "x", "b")
    assert _names(ports.inputs) == ["a", "x", "b"]
    QTest.keyClick(ports.inputs.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert ports_in(document.network("Pass")) == ("a", "b", "x")
    assert not ports.inputs.down_button.isEnabled()
    QTest.keyClick(ports.inputs.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert ports_in(document.network("Pass")) == ("a", "x", "b")
    document.undo()
    assert ports_in(document.network("Pass")) == ("a", "b", "x")


def test_order_by_dragging_a_row(document: Document, ports: BlockPorts) -> None:
    _with(document, ports, "a", "b")
    table = ports.inputs.table
    table.setCurrentCell(0, 0)
    place = table.visualItemRect(table.item(2, 0)).center()

    class Drop(QDropEvent):
        def source(self) -> object:
            return table

    event = Drop(
        QPointF(place),
        Qt.DropAction.MoveAction,
        QMimeData(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    table.dropEvent(event)
    assert ports_in(document.network("Pass")) == ("a", "b", "x")
    assert document.undo_text == "Reorder the ports of Pass"
    assert isinstance(place, QPoint)


def test_removing_tells_which_wires_go(document: Document, ports: BlockPorts) -> None:
    ports.inputs.table.setCurrentCell(0, 0)
    ports.inputs.row_chosen.emit(0)
    assert _texts(ports)["block_ports_about"] == (
        "x has 2 wires outside, which would go with it:\n"
        "main: data.output -> one.x\nmain: data.output -> two.x"
    )
    QTest.keyClick(ports.inputs.table, Qt.Key.Key_Delete)
    assert ports_in(document.network("Pass")) == ()
    assert not document.network().wires
    assert _texts(ports)["block_ports_about"] == (
        "2 wires of x went with it. Undo brings them back."
    )
    document.undo()
    assert len(document.network().wires) == 2


def test_the_lists_fit_a_narrow_panel(ports: BlockPorts) -> None:
    assert ports.minimumSizeHint().width() <= 160
    ports.resize(170, 500)
    for table in (ports.inputs, ports.outputs):
        for button in (table.add_button, table.remove_button):
            right = button.mapTo(ports, button.rect().bottomRight()).x()
            assert right < ports.width(), button.objectName()
