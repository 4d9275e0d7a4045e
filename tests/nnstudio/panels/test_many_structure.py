"""The section Structure of several nodes: common rows, several values, one step for all."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QWidget

from graph_compiler.files import project_text
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target
from nnstudio.panels.inspector import InspectorPanel

MANY = "inspector_many_structure"


def structure(panel: Any) -> Any:
    return panel.findChild(QWidget, MANY)


def field(panel: Any, kind: type, name: str) -> Any:
    return structure(panel).findChild(kind, f"field_{name}")


def type_(line: Any, text: str) -> None:
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_all_get_one_colour_in_one_step(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(document), 320)
    document.do(steps.set_colour(document, "main", "fc1", "red"))
    panel.show_nodes("main", ("fc1", "relu1"))
    before = project_text(document.project)
    box = field(panel, QComboBox, "colour")
    assert (box.currentIndex(), box.placeholderText()) == (-1, "several values")
    assert box.itemText(0) == "None"
    box.setCurrentIndex(box.findText("Violet"))
    box.activated.emit(box.currentIndex())
    nodes = document.network("main").nodes
    assert nodes["fc1"].colour == nodes["relu1"].colour == "violet"
    assert document.undo_text == "Colour 2 nodes"
    document.undo()
    assert project_text(document.project) == before
    assert box.currentIndex() == -1


def test_all_stand_in_a_row_or_none_with_the_reason(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(document), 320)
    document.do(steps.set_repeat(document, "main", "relu1", 3))
    panel.show_nodes("main", ("fc1", "relu1"))
    line = field(panel, QLineEdit, "repeat")
    type_(line, "2")
    assert [document.network("main").nodes[name].repeat for name in ("fc1", "relu1")] == [2, 2]
    assert document.undo_text == "Repeat 2 nodes 2 times"
    before = project_text(document.project)
    type_(line, "nobody")
    assert project_text(document.project) == before
    assert "nobody" in " ".join(one.text() for one in structure(panel).findChildren(QLabel))
    document.undo()
    assert [document.network("main").nodes[name].repeat for name in ("fc1", "relu1")] == [None, 3]


def test_all_are_bypassed_and_run_again(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(document), 320)
    document.do(steps.append_layer(document, "main", "relu1", "Dropout"))
    drop = next(n.name for n in document.network("main").nodes.values() if n.type == "Dropout")
    document.do(steps.set_bypassed(document, "main", drop, True))
    panel.show_nodes("main", ("relu1", drop))
    switch = field(panel, QCheckBox, "bypassed")
    assert switch.text() == "several values"
    switch.click()
    nodes = document.network("main").nodes
    assert nodes["relu1"].bypassed
    assert nodes[drop].bypassed
    assert switch.text() == "yes"
    switch.click()
    nodes = document.network("main").nodes
    assert not nodes["relu1"].bypassed
    assert not nodes[drop].bypassed
    document.undo()
    document.undo()
    assert (nodes := document.network("main").nodes)[drop].bypassed
    assert not nodes["relu1"].bypassed


def test_only_what_all_can_be_is_offered(shown: Any) -> None:
    document = Document(load_target("template:resnet@18"))
    panel = shown(InspectorPanel(document), 320)
    panel.show_nodes("main", ("stage1", "stage2"))
    assert field(panel, QComboBox, "scan") is not None
    panel.show_nodes("main", ("stage1", "conv"))
    assert not _is_shown(panel, "scan")
    assert _is_shown(panel, "repeat")
    panel.show_nodes("main", ("stage1", "image"))
    assert not _is_shown(panel, "repeat")
    assert not _is_shown(panel, "bypassed")
    assert _is_shown(panel, "colour")


def _is_shown(panel: Any, name: str) -> bool:
    found = field(panel, QWidget, name)
    return found is not None and bool(found.isVisibleTo(panel))
