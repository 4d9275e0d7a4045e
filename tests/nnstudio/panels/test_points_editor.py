"""Painting points: every gesture one step, by mouse and by keyboard, and undone as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from graph_compiler.model import DataSource
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.sources import DataError, facts
from nnstudio.engine.preview import examples
from nnstudio.panels.data import DataPanel
from nnstudio.panels.points_editor import PointsEditor
from nnstudio.panels.points_plane import PointsPlane

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def panel(document: Document, shown: Callable[..., Any]) -> DataPanel:
    document.do(steps.set_data(document, DataSource("painted")))
    made: DataPanel = shown(DataPanel(document, lambda *_: None), 900, 600)
    return made


@pytest.fixture
def editor(panel: DataPanel) -> PointsEditor:
    return panel.painting


@pytest.fixture
def plane(editor: PointsEditor) -> PointsPlane:
    return editor.plane


def at(plane: PointsPlane, x: float, y: float) -> QPoint:
    return plane.pixel(x, y).toPoint()


def drag(plane: PointsPlane, *way: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
    """Press, move and release along places of the plane."""
    QTest.mousePress(plane, button, pos=at(plane, *way[0]))
    for place in way[1:]:
        QTest.mouseMove(plane, at(plane, *place))
    QTest.mouseRelease(plane, button, pos=at(plane, *way[-1]))


def painted(document: Document) -> list[tuple[float, float, int]]:
    return [
        (round(x, 1), round(y, 1), kind)
        for x, y, kind in document.project.data.options.get("points", ())
    ]


def test_the_plane_takes_the_place_of_the_preview(panel: DataPanel, document: Document) -> None:
    assert panel.painting.isVisible()
    assert not panel.preview.isVisible()
    document.do(steps.set_data(document, DataSource("moons")))
    assert not panel.painting.isVisible()
    assert panel.preview.isVisible()


def test_a_click_paints_a_point_and_a_drag_a_row_of_them(
    plane: PointsPlane, editor: PointsEditor, document: Document
) -> None:
    QTest.mouseClick(plane, LEFT, pos=at(plane, -0.5, 0.5))
    assert painted(document) == [(-0.5, 0.5, 0)]
    assert document.undo_text == "Paint point"
    editor.findChild(QToolButton, "points_class_1").click()
    drag(plane, (0.0, -0.5), (0.01, -0.5), (0.3, -0.5), (0.6, -0.5))
    assert painted(document)[1:] == [(0.0, -0.5, 1), (0.3, -0.5, 1), (0.6, -0.5, 1)]
    assert document.undo_text == "Paint 3 points"
    assert editor.findChild(QLabel, "points_counts").text() == "A 1   B 3"
    document.undo()
    assert painted(document) == [(-0.5, 0.5, 0)]
    document.redo()
    assert len(plane.points) == 4
    known = facts(document.project.data, {})
    assert (known.rows, known.classes) == (4, ("A", "B"))
    assert examples(document.project.data, {})[1].tolist() == [0, 1, 1, 1]


def test_points_are_moved_and_deleted(
    plane: PointsPlane, editor: PointsEditor, document: Document
) -> None:
    for x in (-0.5, 0.0, 0.5):
        QTest.mouseClick(plane, LEFT, pos=at(plane, x, 0.0))
    QTest.keyClick(plane, Qt.Key.Key_M)
    assert editor.findChild(QToolButton, "points_move").isChecked()
    drag(plane, (0.5, 0.0), (0.5, 0.4), (0.9, 0.9))
    assert painted(document) == [(-0.5, 0.0, 0), (0.0, 0.0, 0), (0.9, 0.9, 0)]
    assert document.undo_text == "Move point"
    drag(plane, (0.2, -0.8), (0.0, 0.0))
    assert document.undo_text == "Move point", "nothing was taken up"
    QTest.keyClick(plane, Qt.Key.Key_D)
    drag(plane, (-0.5, 0.0), (-0.2, 0.0), (0.0, 0.0))
    assert painted(document) == [(0.9, 0.9, 0)]
    assert document.undo_text == "Delete 2 points"
    QTest.keyClick(plane, Qt.Key.Key_P)
    drag(plane, (0.9, 0.9), button=RIGHT)
    assert painted(document) == []
    document.undo()
    document.undo()
    assert len(plane.points) == 3


def test_everything_works_by_keyboard(plane: PointsPlane, document: Document) -> None:
    plane.setFocus()
    QTest.keyClick(plane, Qt.Key.Key_Space)
    for _ in range(4):
        QTest.keyClick(plane, Qt.Key.Key_Right)
    QTest.keyClick(plane, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(plane, Qt.Key.Key_2)
    QTest.keyClick(plane, Qt.Key.Key_Return)
    assert painted(document) == [(0.0, 0.0, 0), (0.2, 0.2, 1)]
    QTest.keyClick(plane, Qt.Key.Key_M)
    QTest.keyClick(plane, Qt.Key.Key_Space)
    for _ in range(30):
        QTest.keyClick(plane, Qt.Key.Key_Down)
    assert len(document.project.data.options["points"]) == 2
    assert painted(document)[1] == (0.2, 0.2, 1), "until it is laid down"
    QTest.keyClick(plane, Qt.Key.Key_Space)
    assert painted(document)[1] == (0.2, -1.0, 1), "the border holds it"
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert painted(document) == [(0.0, 0.0, 0)]


def test_escape_gives_a_gesture_up(plane: PointsPlane, document: Document) -> None:
    plane.setFocus()
    QTest.mousePress(plane, LEFT, pos=at(plane, 0.3, 0.3))
    assert len(plane.points) == 1
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    QTest.mouseRelease(plane, LEFT, pos=at(plane, 0.3, 0.3))
    assert plane.points == ()
    assert painted(document) == []


def test_classes_come_are_renamed_and_go_with_their_points(
    plane: PointsPlane, editor: PointsEditor, document: Document, qtbot: QtBot
) -> None:
    editor.add_button.click()
    assert document.undo_text == "Add a class"
    assert plane.kind == 2
    QTest.mouseClick(plane, LEFT, pos=at(plane, 0.0, 0.0))
    editor._choose_class(0)
    QTest.mouseClick(plane, LEFT, pos=at(plane, 0.5, 0.5))
    editor.name_field.selectAll()
    qtbot.keyClicks(editor.name_field, "cats")
    qtbot.keyClick(editor.name_field, Qt.Key.Key_Return)
    assert document.project.data.options["names"] == ("cats", "B", "C")
    editor.name_field.selectAll()
    qtbot.keyClicks(editor.name_field, "B")
    qtbot.keyClick(editor.name_field, Qt.Key.Key_Return)
    assert document.project.data.options["names"] == ("cats", "B", "C"), "names are different"
    editor._choose_class(1)
    assert editor.remove_button.isEnabled()
    editor.remove_button.click()
    assert document.project.data.options["names"] == ("cats", "C")
    assert painted(document) == [(0.0, 0.0, 1), (0.5, 0.5, 0)]
    assert not editor.remove_button.isEnabled()
    for _ in range(20):
        editor.add_button.click()
    assert len(document.project.data.options["names"]) == 9


def test_a_drag_of_a_slider_is_one_step(
    panel: DataPanel, editor: PointsEditor, document: Document
) -> None:
    editor.noise.setSliderDown(True)
    for value in (3, 10, 25):
        editor.noise.setValue(value)
    editor.noise.setSliderDown(False)
    assert document.project.data.options["noise"] == 0.25
    assert editor.plane.noise == 0.25
    document.undo()
    assert "noise" not in document.project.data.options
    editor.training.setValue(80)
    assert document.project.data.split[0] == pytest.approx(0.8)
    assert sum(document.project.data.split) == pytest.approx(1)
    document.undo()
    assert editor.training.value() == 60


def test_clear_is_one_step(plane: PointsPlane, editor: PointsEditor, document: Document) -> None:
    assert not editor.clear_button.isEnabled()
    QTest.mouseClick(plane, LEFT, pos=at(plane, 0.0, 0.0))
    editor.clear_button.click()
    assert painted(document) == []
    document.undo()
    assert len(painted(document)) == 1


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({}, "nothing"),
        ({"points": ((0.0, 0.0, 0),), "names": ("A", "B")}, "points of one class"),
        ({"points": ((0.0, 0.0, 0), (1.0, 1.0, 2)), "names": ("A", "B")}, "a class that has no"),
        ({"points": ((0.0, 0.0),), "names": ("A", "B")}, "something else"),
        ({"points": ((0.0, "x", 0),), "names": ("A", "B")}, "something else"),
        ({"points": "no list", "names": ("A", "B")}, "something else"),
    ],
)
def test_what_is_not_painted_yet_or_broken_is_told(
    shown: Callable[..., Any], document: Document, options: dict[str, Any], got: str
) -> None:
    data = DataSource("painted", options)
    with pytest.raises(DataError) as caught:
        facts(data, {})
    assert str(caught.value).startswith(
        f"data.points: expected points of at least two classes, got {got}"
    )
    assert str(caught.value).endswith(". Paint some in the Data panel.")
    document.do(steps.set_data(document, data))
    panel = shown(DataPanel(document, lambda *_: None), 900, 600)
    assert panel.painting.isVisible(), "a broken file can be painted anew"


def test_more_points_than_can_be_painted(document: Document) -> None:
    document.do(steps.set_data(document, DataSource("painted")))
    with pytest.raises(Refused, match="At most 10,000 points can be painted"):
        steps.paint_points(document, [(0.0, 0.0, 0)] * 10_001, ("A", "B"))


def test_noise_and_copies_make_rows() -> None:
    options = {"points": ((-0.5, 0.0, 0), (0.5, 0.0, 1)), "names": ("A", "B")}
    data = DataSource("painted", {**options, "copies": 500, "noise": 0.1})
    inputs, classes = examples(data, {})
    assert facts(data, {}).rows == len(inputs) == 1000
    for kind, middle in ((0, -0.5), (1, 0.5)):
        cloud = inputs[classes == kind]
        assert cloud.mean(0).tolist() == pytest.approx([middle, 0.0], abs=0.02)
        assert cloud.std(0).tolist() == pytest.approx([0.1, 0.1], rel=0.1)
    exact, _ = examples(DataSource("painted", options), {})
    assert exact.tolist() == [[-0.5, 0.0], [0.5, 0.0]]
