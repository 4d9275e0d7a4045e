"""Turns, scans, shared modules and tied weights in the inspector's form."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit

from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target
from nnstudio.panels.inspector import InspectorPanel


def choose(panel: Any, field: str, word: str) -> None:
    """Take an entry of a list by the keyboard, as a person who types its name."""
    box = panel.findChild(QComboBox, f"field_{field}")
    box.setFocus()
    box.setCurrentIndex(box.findText(word))
    box.activated.emit(box.currentIndex())


def words(panel: Any, field: str) -> list[str]:
    box = panel.findChild(QComboBox, f"field_{field}")
    return [box.itemText(index) for index in range(box.count())]


def small(document: Document) -> Document:
    """Two layers of one shape beside the others."""
    for name, place in (("left", 0.0), ("right", 200.0)):
        params = {"out_features": 8}
        document.do(steps.add_layer(document, "main", "Linear", (place, 300.0), params, name))
    document.do(steps.disconnect(document, "main", next(iter(document.network("main").wires))))
    for source, target in (("inputs", "left"), ("left", "right"), ("right", "fc1")):
        wire = type(next(iter(document.network("main").wires)))(source, "output", target, "input")
        document.do(steps.connect(document, "main", wire))
    return document


def test_a_module_is_shared_and_given_back(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(small(document)), 320)
    panel.show_nodes("main", ("right",))
    assert words(panel, "shares") == ["its own", "fc1", "fc2", "left"]
    choose(panel, "shares", "left")
    assert document.network("main").nodes["right"].shares == "left"
    before = document.report("main").parameters
    choose(panel, "shares", "its own")
    assert document.network("main").nodes["right"].shares == ""
    assert document.report("main").parameters == before + 8 * 8 + 8


def test_a_weight_is_tied_and_given_back(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(small(document)), 320)
    panel.show_nodes("main", ("right",))
    assert words(panel, "tie_0") == ["its own", "left.weight"]
    choose(panel, "tie_0", "left.weight")
    assert document.network("main").nodes["right"].ties == {"weight": "left.weight"}
    choose(panel, "tie_0", "its own")
    assert document.network("main").nodes["right"].ties == {}


def test_a_block_runs_over_time_and_tells_its_outputs_by_name(shown: Any) -> None:
    document = Document(load_target("template:lstm-from-scratch"))
    panel = shown(InspectorPanel(document), 320)
    panel.show_nodes("main", ("lstm",))
    assert words(panel, "scan") == ["once", "forward", "backward"]
    choose(panel, "scan", "backward")
    assert document.network("main").nodes["lstm"].scan == "backward"
    rows = panel.findChild(object, "inspector_shape").texts()
    assert [aside for text, aside in rows if text.startswith("out")] == [
        "c", "h", "last_c", "last_h",
    ]  # fmt: skip


def test_turns_take_an_expression_and_show_what_it_gives(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(document), 320)
    panel.show_nodes("main", ("relu1",))
    field = panel.findChild(QLineEdit, "field_repeat")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "hidden // 4")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert document.network("main").nodes["relu1"].repeat == "hidden // 4"
    assert panel.findChild(object, "inspector_inside").isVisible() is False
    document.undo()
    assert document.network("main").nodes["relu1"].repeat is None


def test_ends_have_no_structure(document: Document, shown: Any) -> None:
    panel = shown(InspectorPanel(document), 320)
    panel.show_nodes("main", ("inputs",))
    assert not panel.findChild(object, "inspector_structure").isVisible()


def test_a_long_list_of_modules_is_searched_by_typing(document: Document, shown: Any) -> None:
    for number in range(80):
        params = {"out_features": 8}
        document.do(
            steps.add_layer(document, "main", "Linear", (0, 90.0 * number), params, f"far{number}")
        )
    panel = shown(InspectorPanel(document), 320)
    panel.show_nodes("main", ("fc2",))
    assert len(words(panel, "shares")) == 82, "its own, fc1 and all eighty"
    box = panel.findChild(QComboBox, "field_shares")
    box.setFocus()
    box.lineEdit().setText("R77")  # as typed, without the list that opens below
    QTest.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert document.network("main").nodes["fc2"].shares == "far77"
    box = panel.findChild(QComboBox, "field_shares")
    box.lineEdit().setText("nothing of that name")
    box.lineEdit().editingFinished.emit()
    assert document.network("main").nodes["fc2"].shares == "far77"
    assert box.currentText() == "far77"
