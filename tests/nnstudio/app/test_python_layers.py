"""Python layers in the window: made, typed, measured, and run only after the question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from graph_compiler import load_project, save_project
from graph_compiler.code_model import Code, CodeOutput
from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Wire
from nnstudio.app.run_control import Phase
from nnstudio.document import steps
from nnstudio.document.clipboard import copy_text
from nnstudio.document.document import Document
from nnstudio.runs import trust


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A project whose layer leaves a mark as soon as anything of it runs."""
    text = (
        f"import pathlib\n\npathlib.Path({str(tmp_path / 'mark')!r}).touch()\n\n\n"
        "class Double(nn.Module):\n    def forward(self, x):\n        return 2 * x\n"
    )
    main = Network("main")
    row = (
        Node("point", "Input", {"shape": (2,)}),
        Node("double", "Double", at=(200, 0)),
        Node("fc", "Linear", {"out_features": 2}, (400, 0)),
        Node("out", "Output", at=(600, 0)),
    )
    main.nodes = {node.name: node for node in row}
    main.wires = {
        Wire("point", "output", "double", "x"): None,
        Wire("double", "y", "fc", "input"): None,
        Wire("fc", "output", "out", "input"): None,
    }
    double = Network("Double", params={}, code=Code(text, outputs=(CodeOutput("y", "x"),)))
    path = tmp_path / "double.nns"
    project = Project(
        "Double",
        networks={"main": main, "Double": double},
        data=DataSource("spirals"),
        plan=Plan((Stage(settings={"epochs": 2}),)),
    )
    save_project(project, path)
    return path


def editor_of(hand: Any) -> Any:
    return hand.window.editor


def test_a_run_asks_once_with_the_code_shown(opened: Any, file: Path) -> None:
    hand = opened(str(file))
    run, mark = editor_of(hand).run, file.parent / "mark"
    hand.click("run_button")
    view = hand.find("trust_code_Double")
    assert "return 2 * x" in view.toPlainText()
    assert view.isReadOnly()
    hand.click("trust_no")
    hand.until(lambda: not hand.there("trust_question"))
    assert run.phase is Phase.IDLE
    assert not mark.exists()
    hand.click("run_button")
    hand.click("trust_yes")
    hand.until(lambda: run.phase is Phase.FINISHED)
    assert mark.exists()
    hand.click("run_button")
    assert not hand.there("trust_question")
    hand.until(lambda: run.phase is Phase.FINISHED)


def test_a_pasted_layer_asks_before_a_run_and_never_earlier(
    opened: Any, file: Path, tmp_path: Path
) -> None:
    mark = file.parent / "mark"
    source = Document(load_project(file))
    other = source.project.networks["main"]
    del other.nodes["double"]
    other.wires = {
        Wire("point", "output", "fc", "input"): None,
        Wire("fc", "output", "out", "input"): None,
    }
    text = copy_text(Document(load_project(file)), "main", ["double"])
    target = tmp_path / "other.nns"
    save_project(replace(source.project, networks={"main": other}), target)
    hand = opened(str(target))
    editor = editor_of(hand)
    assert not trust.code_of(editor.document.project)
    QApplication.clipboard().setText(text)
    hand.do("edit.paste")
    hand.until(lambda: "double" in editor.document.network().nodes)
    assert not hand.there("trust_question")
    for wire in (Wire("point", "output", "double", "x"), Wire("double", "y", "fc", "input")):
        editor.document.do(steps.connect(editor.document, "main", wire))
    editor.select_node("double")
    editor.open_drawing("Double")
    editor.open_drawing("main")
    assert not hand.there("trust_question")
    assert not mark.exists()
    assert not places_of_trust()
    hand.click("run_button")
    assert "return 2 * x" in hand.find("trust_code_Double").toPlainText()
    hand.click("trust_no")
    hand.until(lambda: not hand.there("trust_question"))
    assert not mark.exists()
    hand.click("run_button")
    hand.click("trust_yes")
    hand.until(lambda: editor.run.phase is Phase.FINISHED)
    assert mark.exists()


def test_changed_code_asks_again_and_undo_does_not(opened: Any, file: Path) -> None:
    hand = opened(str(file))
    document = editor_of(hand).document
    trust.trust(document.project)
    assert trust.is_trusted(document.project)
    text = document.project.networks["Double"].code.text
    document.do(steps.set_code_text(document, "Double", text.replace("2 *", "3 *")))
    hand.click("run_button")
    hand.click("trust_no")
    hand.until(lambda: not hand.there("trust_question"))
    document.undo()
    assert trust.is_trusted(document.project)


def test_nothing_runs_while_it_is_looked_at(opened: Any, file: Path) -> None:
    hand = opened(str(file))
    editor = editor_of(hand)
    editor.select_node("double")
    editor.open_drawing("Double")
    editor.show_graph()
    hand.until(lambda: editor.view.graph.page() is not None)
    editor.show_network()
    assert not (file.parent / "mark").exists()
    assert not places_of_trust()


def test_the_node_leads_to_its_python_and_back(opened: Any, file: Path) -> None:
    hand = opened(str(file))
    editor = editor_of(hand)
    editor.canvas.open_node("double")
    assert editor.drawings.shown == "Double"
    assert "return 2 * x" in hand.find("python_text").toPlainText()
    hand.do("drawing.leave")
    assert editor.drawings.shown == "main"
    assert editor.canvas.selected() == ("double",)
    editor.select_node("double")
    hand.click("inspector_open_block")
    hand.until(lambda: hand.there("python_text"))


def places_of_trust() -> bool:
    return trust.places.trust().exists()


def test_a_new_layer_is_typed_and_its_fault_named(opened: Any, qtbot: Any) -> None:
    hand = opened("template:mlp")
    editor = editor_of(hand)
    hand.do("drawing.new_python")
    assert editor.drawings.shown == "PythonLayer"
    field = hand.find("python_text")
    assert "class PythonLayer(nn.Module):" in field.toPlainText()
    field.setFocus()
    cursor = field.textCursor()
    cursor.movePosition(cursor.MoveOperation.End)
    field.setTextCursor(cursor)
    qtbot.keyClicks(field, "def broken(")
    hand.until(lambda: "in line 10" in hand.find("python_fault").text())
    text = editor.document.project.networks["PythonLayer"].code.text
    assert text.endswith("def broken(")
    hand.do("edit.undo")
    hand.until(lambda: not hand.there("python_fault"))
    assert "broken" not in field.toPlainText()


def test_enter_keeps_the_indentation_and_tab_is_four_blanks(opened: Any, qtbot: Any) -> None:
    hand = opened("template:mlp")
    hand.do("drawing.new_python")
    field = hand.find("python_text")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "class A(nn.Module):")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClicks(field, "x = 1")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.keyClicks(field, "y = 2")
    assert field.toPlainText() == "class A(nn.Module):\n    x = 1\n    y = 2"


def test_shapes_are_measured_after_the_question(opened: Any, file: Path) -> None:
    hand = opened(str(file))
    editor = editor_of(hand)
    document = editor.document
    document.do(steps.set_code_outputs(document, "Double", (CodeOutput("y"),)))
    assert any(p.code == "shape_unknown" for p in document.report("main").problems)
    editor.open_drawing("Double")
    hand.click("code_measure")
    hand.click("trust_yes")
    hand.until(lambda: document.report("main").ok)
    assert str(document.facts("main", "double").outputs[0]) == "N×2"
    assert hand.find("code_measured").text() == "Measured for 1 use."
    document.undo()
    assert not document.report("main").ok
