"""Forms in the whole window: to the variable and back, the docs page, values on nodes, undo."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget, QWidget

from graph_compiler.files import project_text


def test_a_variable_is_gone_to_from_a_field(opened: Any) -> None:
    hand = opened("template:gpt2")
    editor = hand.window.editor
    editor.pointing.select(("blocks",))
    editor.inspector.variable_activated.emit("layers")
    hand.until(editor.variables.isVisible)
    index = editor.variables.table.currentIndex()
    assert editor.variables.model.variables[index.row()].name == "layers"
    assert editor.variables.table.hasFocus()


def test_a_name_that_the_block_has_is_gone_to_in_the_block(opened: Any) -> None:
    hand = opened("template:resnet@50")
    editor = hand.window.editor
    editor.open_drawing("Bottleneck")
    name = next(iter(editor.document.project.networks["Bottleneck"].params))
    editor.pointing.select(("conv2",))
    editor.inspector.variable_activated.emit(name)
    table = hand.find("block_params_table")
    hand.until(table.hasFocus)
    assert table.currentIndex().siblingAtColumn(0).data() == name
    assert editor.canvas.selected() == ()


def test_the_page_of_a_layer_opens_from_its_docs(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.pointing.select(("conv1",))
    hand.click("inspector_docs_fold")
    hand.click("inspector_docs_page")
    reference = hand.find("layer_reference")
    listed = reference.findChild(QListWidget, "layer_reference_list")
    assert listed.currentItem().text() == "Convolution 2D"
    reference.close()


def test_the_path_names_the_way_in(opened: Any) -> None:
    hand = opened("template:resnet@50")
    editor = hand.window.editor
    editor.drawings.enter("stage1")
    inside = next(iter(editor.document.network(editor.drawings.shown).nodes))
    editor.pointing.select((inside,))
    button = hand.find("inspector_copy_path")
    assert button.toolTip() == f"Copy the path stage1/{inside}"


def test_a_value_on_a_node_is_edited_by_keys_alone_and_undone(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor, document = hand.window.editor, hand.window.editor.document
    before = project_text(document.project)
    editor.pointing.select(("fc2",))
    editor.canvas.setFocus()
    hand.key(Qt.Key.Key_P)
    field = hand.find("canvas_value")
    hand.until(field.hasFocus)
    QTest.keyClicks(field, "2*21")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert document.network().nodes["fc2"].params["out_features"] == 42
    shown = editor.inspector.findChildren(QWidget, "field_out_features")
    assert [one.text() for one in shown if one.isVisible()] == ["42"]
    hand.until(hand.window.actions_made.by_id["edit.undo"].isEnabled)
    assert editor.canvas.hasFocus()
    hand.key(Qt.Key.Key_Z, "ctrl")
    assert project_text(document.project) == before


def test_layers_used_are_remembered(opened: Any) -> None:
    hand = opened("template:lenet5")
    editor = hand.window.editor
    editor.palette_panel.list.layer_activated.emit("Dropout")
    assert hand.window.settings.layers("recent")[0] == "Dropout"
    assert "Dropout" in {node.type for node in editor.document.network().nodes.values()}
