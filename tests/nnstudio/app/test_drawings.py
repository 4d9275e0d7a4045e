"""Blocks in the window, with mouse and keys: go in and out, make, group, describe, follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton

from graph_compiler.files import project_text
from nnstudio.document import steps

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Inside:
    """A person who works on the drawings of an open project."""

    def __init__(self, hand: Any) -> None:
        self.hand, self.editor = hand, hand.window.editor
        self.document = self.editor.document

    @property
    def canvas(self) -> Any:
        return self.editor.canvas

    @property
    def shown(self) -> str:
        return str(self.editor.drawings.shown)

    @property
    def crumbs(self) -> list[str]:
        return list(self.editor.crumbs.texts)

    def text(self) -> str:
        return project_text(self.document.project)

    def at(self, node: str) -> QPoint:
        return QPoint(self.canvas.node_position(node))

    def click(self, node: str) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, pos=self.at(node))

    def double_click(self, node: str) -> None:
        self.click(node)
        QTest.mouseDClick(self.canvas.viewport(), LEFT, pos=self.at(node))
        QApplication.processEvents()

    def key(self, key: Any, keys: Any = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.canvas, key, keys)
        QApplication.processEvents()

    def crumb(self, index: int) -> None:
        self.hand.click(f"crumb_{index}")


@pytest.fixture
def resnet(opened: Any) -> Inside:
    return Inside(opened("template:resnet"))


def test_into_blocks_and_out_again(resnet: Inside) -> None:
    assert resnet.crumbs == ["main"]
    resnet.double_click("stage2")
    assert (resnet.shown, resnet.crumbs) == ("Stage", ["main", "Stage"])
    resnet.click("bottlenecks")
    resnet.key(Qt.Key.Key_Return)
    assert resnet.crumbs == ["main", "Stage", "Bottleneck"]
    assert resnet.canvas.hasFocus()
    resnet.key(Qt.Key.Key_Escape)
    assert resnet.shown == "Stage"
    assert resnet.canvas.selected() == ("bottlenecks",)
    resnet.key(Qt.Key.Key_Escape)
    assert (resnet.shown, resnet.canvas.selected()) == ("Stage", ())
    resnet.key(Qt.Key.Key_Escape)
    assert (resnet.shown, resnet.canvas.selected()) == ("main", ("stage2",))
    resnet.key(Qt.Key.Key_Down, CTRL)
    assert resnet.shown == "Stage"
    resnet.key(Qt.Key.Key_Up, CTRL)
    assert resnet.shown == "main"
    resnet.double_click("stage1")
    resnet.double_click("basics")
    resnet.crumb(0)
    assert resnet.crumbs == ["main"]


def test_a_block_shows_the_shapes_of_the_use_it_was_entered_by(resnet: Inside) -> None:
    resnet.double_click("stage3")
    assert resnet.canvas.drawing.face("basics").shape == "N×32×2×2"
    resnet.double_click("basics")
    assert resnet.canvas.drawing.face("conv2").shape == "N×32×2×2"
    resnet.crumb(0)
    resnet.double_click("stage1")
    assert resnet.canvas.drawing.face("basics").shape == "N×8×8×8"


def test_each_drawing_keeps_its_own_camera_and_selection(resnet: Inside) -> None:
    resnet.click("fc")
    resnet.canvas.zoom_in()
    zoom, seen = resnet.canvas.camera.zoom, resnet.canvas.camera.visible()
    resnet.double_click("stage1")
    resnet.canvas.zoom_out()
    resnet.click("blocks")
    resnet.crumb(0)
    assert resnet.canvas.camera.zoom == zoom
    assert resnet.canvas.camera.visible() == seen
    assert resnet.canvas.selected() == ("stage1",)


def test_every_part_follows_the_drawing_shown(resnet: Inside) -> None:
    editor = resnet.editor
    resnet.double_click("stage1")
    assert resnet.hand.find("status_figures").text().startswith("Stage · ")
    assert resnet.hand.find("inspector_title", QLineEdit).text() == "Stage"
    assert "Stage" not in editor.palette_panel.shown_types()
    assert "Bottleneck" in editor.palette_panel.shown_types()
    resnet.click("basics")
    assert editor.inspector.names == ("basics",)
    text = editor.code.view.toPlainText().splitlines()
    marked = [text[line - 1].strip() for line in editor.code.view.marked]
    assert "BasicBlock(in_channels, width=width, stride=stride, project=stride > 1)," in marked
    resnet.double_click("basics")
    resnet.click("conv2")
    marked = [text[line - 1].strip() for line in editor.code.view.marked]
    assert "nn.Conv2d(width, width, 3, padding=1, bias=False)," in marked


def test_code_of_a_block_leads_to_its_node(resnet: Inside) -> None:
    view = resnet.editor.code.view
    resnet.editor.show_panel("code")
    lines = view.toPlainText().splitlines()
    start = lines.index("class Stage(nn.Sequential):")
    row = next(n for n, line in enumerate(lines) if n > start and "BasicBlock(" in line)
    cursor = view.textCursor()
    cursor.setPosition(view.document().findBlockByNumber(row).position() + 13)
    view.setTextCursor(cursor)
    view.ensureCursorVisible()
    QTest.mouseClick(view.viewport(), LEFT, pos=view.cursorRect().center())
    assert resnet.crumbs == ["main", "Stage"]
    assert resnet.canvas.selected() == ("basics",)
    assert view.explain(row + 1, 13) == "basics: click to select it"
    resnet.crumb(0)
    assert view.explain(row + 1, 13) == "basics in Stage: click to go there"


def test_undo_goes_where_the_change_is(resnet: Inside) -> None:
    resnet.double_click("stage1")
    resnet.click("x")
    resnet.key(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    resnet.crumb(0)
    before = resnet.text()
    resnet.key(Qt.Key.Key_Z, CTRL)
    assert resnet.shown == "Stage"
    assert resnet.canvas.selected() == ("x",)
    resnet.crumb(0)
    resnet.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert resnet.shown == "Stage"
    assert resnet.text() == before


def test_a_new_block_is_named_filled_placed_and_deleted(resnet: Inside) -> None:
    editor, hand = resnet.editor, resnet.hand
    before = resnet.text()
    listed = editor.palette_panel.list
    row = next(
        listed.item(i) for i in range(listed.count()) if listed.item(i).text() == "New block"
    )
    listed.scrollToItem(row)
    QTest.mouseClick(listed.viewport(), LEFT, pos=listed.visualItemRect(row).center())
    assert resnet.crumbs == ["Block"]
    title = hand.find("inspector_title", QLineEdit)
    assert title.hasFocus()
    QTest.keyClicks(title, "squeeze unit")
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert resnet.crumbs == ["SqueezeUnit"]
    assert list(resnet.canvas.drawing.nodes) == ["x", "y"]
    about = hand.find("inspector_about", QLineEdit)
    QTest.keyClicks(about, "Weighs the maps.")
    QTest.keyClick(about, Qt.Key.Key_Return)
    assert resnet.document.types["SqueezeUnit"].doc == "Weighs the maps."
    editor.open_drawing("main")
    hand.drag_layer("SqueezeUnit", QPoint(30, 30))
    (name,) = resnet.canvas.selected()
    assert resnet.document.network("main").nodes[name].type == "SqueezeUnit"
    while resnet.document.can_undo:
        editor.drawings.undo()
    assert resnet.text() == before
    assert resnet.shown in resnet.document.project.networks


def test_parameters_of_a_block_are_added_renamed_and_removed(resnet: Inside) -> None:
    hand = resnet.hand
    resnet.editor.open_drawing("BasicBlock")
    table = hand.find("block_params_table")
    hand.window.resize(1700, 1100)
    assert [one.name for one in table.model().variables] == ["width", "stride", "project"]
    hand.click("block_param_add")
    field = table.findChild(QLineEdit)
    QTest.keyClicks(field, "groups")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.processEvents()
    params = resnet.document.network("BasicBlock").params
    assert list(params) == ["width", "stride", "project", "groups"]
    table.model().setData(table.model().index(3, 1), "4")
    assert params["groups"].value == 4
    form = hand.find("block_params").findChild(QLineEdit, "field_low")
    form.setFocus()
    form.selectAll()
    QTest.keyClicks(form, "1")
    QTest.keyClick(form, Qt.Key.Key_Return)
    assert params["groups"].low == 1.0
    hand.click("block_param_remove")
    assert list(params) == ["width", "stride", "project"]
    table.setCurrentIndex(table.model().index(0, 0))
    hand.click("block_param_remove")
    assert hand.find("block_params_refused").text().startswith("width is used by ")


def test_a_node_is_repeated_in_the_inspector(resnet: Inside) -> None:
    resnet.click("relu")
    field = resnet.hand.find("field_repeat", QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "depths[2]")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert resnet.document.network("main").nodes["relu"].repeat == "depths[2]"
    assert resnet.canvas.drawing.face("relu").marks.turns == "×2"
    field.selectAll()
    QTest.keyClicks(field, "0")
    QTest.keyClick(field, Qt.Key.Key_Return)
    error = resnet.hand.find("error_repeat").text()
    assert error == "relu.repeat: expected a number of turns from 1 to 10000, got 0. " + (
        "Set repeat to such a number."
    )


def test_the_inspector_opens_a_block(resnet: Inside) -> None:
    resnet.click("stage4")
    button = resnet.hand.find("inspector_open_block", QPushButton)
    assert button.text() == "Open Stage"
    resnet.hand.click("inspector_open_block")
    assert resnet.crumbs == ["main", "Stage"]
    assert resnet.canvas.drawing.face("basics").shape == "N×64×1×1"


def test_grouping_and_ungrouping_are_inverse(resnet: Inside) -> None:
    before = dict(resnet.document.network("main").nodes)
    resnet.canvas.select(("conv", "norm", "relu"))
    resnet.key(Qt.Key.Key_G, CTRL)
    (made,) = resnet.canvas.selected()
    assert resnet.canvas.drawing.face(made).marks.block
    resnet.key(Qt.Key.Key_Return)
    assert {"conv", "norm", "relu"} <= set(resnet.canvas.drawing.nodes)
    resnet.key(Qt.Key.Key_Escape)
    resnet.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert set(resnet.document.network("main").nodes) == set(before)
    assert set(resnet.canvas.selected()) == {"conv", "norm", "relu"}


def test_a_problem_inside_a_block_leads_there(resnet: Inside) -> None:
    document = resnet.document
    document.do(steps.set_param(document, "BasicBlock", "conv2", "kernel_size", 500))
    resnet.editor.show_panel("problems")
    rows = [row for row in resnet.editor.problems._rows if "/conv2" in row.problem.node]
    assert [row.problem.node for row in rows] == ["stage1/basics[0]/conv2"]
    assert resnet.canvas.drawing.face("stage1").severity == "error"
    resnet.hand.until(lambda: rows[0].isVisible())
    QTest.mouseClick(rows[0], LEFT)
    assert resnet.crumbs == ["main", "Stage", "BasicBlock"]
    assert resnet.canvas.selected() == ("conv2",)


def test_the_list_of_drawings(resnet: Inside) -> None:
    hand, editor = resnet.hand, resnet.editor
    menu: QMenu = editor.drawings_button.list
    menu.aboutToShow.emit()
    names = [action.objectName() for action in menu.actions()]
    assert [n for n in names if n.startswith("drawing_")] == [
        "drawing_main", "drawing_BasicBlock", "drawing_Bottleneck", "drawing_Stage",
    ]  # fmt: skip
    next(a for a in menu.actions() if a.objectName() == "drawing_Bottleneck").trigger()
    assert resnet.crumbs == ["main", "Stage", "Bottleneck"]
    hand.do("drawing.duplicate")
    assert resnet.crumbs == ["Bottleneck2"]
    hand.do("drawing.delete")
    assert resnet.shown == "main"
    editor.open_drawing("Stage")
    editor.window().actions_made.refresh()
    delete = editor.window().actions_made.by_id["drawing.delete"]
    assert not delete.isEnabled()
    assert "Stage is used by main/stage1" in delete.toolTip()
    hand.do("drawing.new_network")
    assert resnet.crumbs == ["network"]


def test_a_renamed_block_keeps_camera_way_and_selection(resnet: Inside) -> None:
    resnet.double_click("stage1")
    resnet.click("basics")
    resnet.canvas.zoom_in()
    zoom = resnet.canvas.camera.zoom
    document = resnet.document
    document.do(steps.rename_drawing(document, "Stage", "Level"))
    assert resnet.crumbs == ["main", "Level"]
    assert resnet.canvas.camera.zoom == pytest.approx(zoom)
    assert resnet.canvas.selected() == ("basics",)
    document.undo()
    assert resnet.crumbs == ["main", "Stage"]


def test_scans_and_ties_in_words(opened: Any, tmp_path: Path) -> None:
    scan = Inside(opened("template:lstm-from-scratch"))
    assert scan.canvas.drawing.face("lstm").marks.scan == "forward"
    scan.click("lstm")
    assert "over time forwards" in scan.canvas.accessibleName()
