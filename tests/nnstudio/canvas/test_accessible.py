"""What a screen reader is told of a canvas: nodes, ports, states, problems, the selection."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface

Text, Role = QAccessible.Text, QAccessible.Role


@pytest.fixture
def told(lenet: Any) -> QAccessibleInterface:
    """The interface of a canvas with LeNet."""
    return QAccessible.queryAccessibleInterface(lenet.canvas)


def children(one: QAccessibleInterface) -> list[QAccessibleInterface]:
    """All below an interface."""
    return [one.child(i) for i in range(one.childCount())]


def test_the_canvas_is_a_list_of_nodes(lenet: Any, told: QAccessibleInterface) -> None:
    assert told.role() == Role.List
    assert told.text(Text.Name) == "Network main"
    names = [node.text(Text.Name).partition(",")[0] for node in children(told)]
    assert names == list(lenet.network.nodes)
    assert {node.role() for node in children(told)} == {Role.ListItem}
    for i, node in enumerate(children(told)):
        assert told.indexOfChild(node) == i
        assert node.parent().role() == Role.List


def test_a_node_says_what_it_is_and_where(lenet: Any, told: QAccessibleInterface) -> None:
    node = told.child(list(lenet.network.nodes).index("conv1"))
    assert node.text(Text.Name) == (
        "conv1, Convolution 2D, output N×6×28×28, 156 parameters, from image, to relu1"
    )
    place = node.rect().center()
    assert lenet.canvas.node_rect("conv1").contains(lenet.canvas.viewport().mapFromGlobal(place))
    assert told.childAt(place.x(), place.y()).text(Text.Name) == node.text(Text.Name)


def test_a_node_has_its_ports(lenet: Any, told: QAccessibleInterface) -> None:
    node = told.child(list(lenet.network.nodes).index("conv1"))
    said = [port.text(Text.Name) for port in children(node)]
    assert said[0].startswith("input input, carries ")
    assert said[0].endswith(", from image")
    assert said[-1].startswith("output output, carries ")
    assert said[-1].endswith(", to relu1")
    assert node.child(0).role() == Role.Button
    assert node.indexOfChild(node.child(1)) == 1


def test_the_selection_is_told(lenet: Any, told: QAccessibleInterface) -> None:
    assert not told.child(0).state().selected
    lenet.canvas.select(("fc1",))
    node = told.child(list(lenet.network.nodes).index("fc1"))
    assert node.state().selected
    assert "Selected: fc1, Linear" in told.text(Text.Description)
    assert "Selected: fc1, Linear" in lenet.canvas.accessibleName()


def test_problems_are_told(lenet: Any, told: QAccessibleInterface) -> None:
    node = told.child(list(lenet.network.nodes).index("conv1"))
    assert not node.state().invalid
    lenet.canvas.select(("image",))
    lenet.canvas.delete_selection()
    node = told.child(list(lenet.network.nodes).index("conv1"))
    assert node.state().invalid
    assert "conv1.input: expected" in node.text(Text.Description)
    assert "problem" in node.text(Text.Name)
    lenet.canvas.undo()


def test_what_is_gone_says_nothing(lenet: Any, told: QAccessibleInterface) -> None:
    node = told.child(list(lenet.network.nodes).index("fc1"))
    port = node.child(0)
    lenet.canvas.select(("fc1",))
    lenet.canvas.delete_selection()
    assert not node.isValid()
    assert not port.isValid()
    assert node.text(Text.Name) == port.text(Text.Name) == ""
    assert node.childCount() == 0
    assert told.childCount() == len(lenet.network.nodes)


def test_a_listener_hears_of_another_selection(lenet: Any, told: QAccessibleInterface) -> None:
    QAccessible.setActive(True)
    try:
        lenet.canvas.select(("fc1",))
        lenet.canvas.select(("fc2",))
    finally:
        QAccessible.setActive(False)
    assert lenet.selections == [("fc1",), ("fc2",)]
