"""Fields and forms under real keys and mouse moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.layer import Bool, Choice, Float, Int, Param, Size
from nnstudio.fields.stepping import MIXED, stepped
from nnstudio.panels.form import ParamForm

PARAMS = (
    Int("units", 10, low=1, high=100, doc="size of the output", label="units"),
    Float("rate", 0.5, low=0, high=1, doc="share"),
    Size("kernel", 3, axes=2, low=1, unit="px", doc="size of a filter"),
    Int("in_features", None, low=1, optional=True, doc="size of the input", label="inputs"),
    Bool("bias", True, doc="add an offset"),
    Choice("mode", "zeros", ("zeros", "reflect_more"), doc="what lies outside"),
    Param("path", "text", "", "the file", "file"),
)
Show = Callable[..., Any]


@pytest.fixture
def form(shown: Show) -> ParamForm:
    """A form of every kind of field, at its defaults."""
    made = ParamForm(PARAMS)
    made.set_values({}, {})
    shown(made, 300, 400)
    return made


@pytest.fixture
def edits(form: ParamForm) -> list[tuple[str, object, str]]:
    """What the form tells."""
    told: list[tuple[str, object, str]] = []
    form.value_edited.connect(lambda *edit: told.append(edit))
    return told


def wheel(widget: QWidget, up: int = 120) -> QWheelEvent:
    """A turn of the wheel over the middle of a widget."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(0, up),
        QPoint(0, up),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


def retype(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    """Replace what stands in a field by typing."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("units", "25", 25),
        ("units", "4 * hidden", "4 * hidden"),
        ("units", "", None),
        ("rate", "1e-3", 0.001),
        ("kernel", "3, 5", (3, 5)),
        ("kernel", "3×5", (3, 5)),
        ("in_features", "7", 7),
        ("path", "3, 5", "3, 5"),
    ],
)
def test_typing_tells_once_by_enter(
    form: ParamForm, edits: list[Any], qtbot: QtBot, name: str, text: str, value: object
) -> None:
    field = form.row(name).field
    retype(qtbot, field, text)
    assert edits == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == [(name, value, "")]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(edits) == 1


def test_leaving_a_field_tells_and_escape_gives_up(
    form: ParamForm, edits: list[Any], qtbot: QtBot
) -> None:
    field = form.row("units").field
    retype(qtbot, field, "25")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "10"
    retype(qtbot, field, "26")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert edits == [("units", 26, "")]


def test_typing_what_is_there_already_tells_nothing(
    form: ParamForm, edits: list[Any], qtbot: QtBot
) -> None:
    field = form.row("units").field
    retype(qtbot, field, " 10 ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == []
    assert field.text() == "10"


def test_values_from_elsewhere_do_not_disturb_typing(form: ParamForm, qtbot: QtBot) -> None:
    field = form.row("units").field
    retype(qtbot, field, "99")
    form.set_values({"units": 50, "rate": 0.25})
    assert field.text() == "99"
    assert form.row("rate").field.text() == "0.25"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "50"


def test_a_refused_value_stays_with_its_reason(form: ParamForm, qtbot: QtBot) -> None:
    form.value_edited.connect(lambda name, value, _: form.refuse(name, value, "Too large."))
    row = form.row("units")
    retype(qtbot, row.field, "500")
    qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert row.field.text() == "500"
    assert row.error.text() == "Too large."
    assert row.error.isVisible()
    assert row.field.property("invalid") is True
    qtbot.keyClick(row.field, Qt.Key.Key_Escape)
    assert row.field.text() == "10"
    assert not row.error.isVisible()


def test_scrubbing_the_label_is_one_gesture(
    form: ParamForm, edits: list[Any], qtbot: QtBot
) -> None:
    label = form.row("units").label
    assert label.cursor().shape() == Qt.CursorShape.SizeHorCursor
    start = QPoint(5, 5)
    qtbot.mousePress(label, Qt.MouseButton.LeftButton, pos=start)
    for x in (1, 2, 9, 21, 13):
        qtbot.mouseMove(label, start + QPoint(x, 0))
    qtbot.mouseRelease(label, Qt.MouseButton.LeftButton, pos=start)
    assert [(name, value) for name, value, _ in edits] == [
        ("units", 12),
        ("units", 15),
        ("units", 13),
    ]
    assert len({gesture for _, _, gesture in edits}) == 1
    first = edits[0][2]
    qtbot.mousePress(label, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(label, start + QPoint(8, 0))
    qtbot.mouseRelease(label, Qt.MouseButton.LeftButton, pos=start)
    assert edits[-1][2] != first


def test_scrubbing_ends_at_the_bounds_and_needs_a_number(
    form: ParamForm, edits: list[Any], qtbot: QtBot
) -> None:
    label = form.row("units").label
    qtbot.mousePress(label, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    qtbot.mouseMove(label, QPoint(-900, 5))
    qtbot.mouseRelease(label, Qt.MouseButton.LeftButton)
    assert edits[-1][1] == 1
    form.set_values({"units": "hidden"}, {"units": 4})
    told = len(edits)
    assert label.cursor().shape() == Qt.CursorShape.ArrowCursor
    qtbot.mousePress(label, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    qtbot.mouseMove(label, QPoint(100, 5))
    qtbot.mouseRelease(label, Qt.MouseButton.LeftButton)
    assert len(edits) == told


def test_arrow_keys_step_and_ctrl_steps_ten(
    form: ParamForm, edits: list[Any], qtbot: QtBot
) -> None:
    field = form.row("units").field
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    form.set_values({"units": 11})
    qtbot.keyClick(field, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert [value for _, value, _ in edits] == [11, 1]
    assert len({gesture for _, _, gesture in edits}) == 1


@pytest.mark.parametrize(
    ("param", "value", "ways", "after"),
    [
        (PARAMS[0], 10, 3, 13),
        (PARAMS[0], 99, 5, 100),
        (PARAMS[1], 0.5, 1, 0.51),
        (PARAMS[1], 0.5, 100, 1.0),
        (PARAMS[1], 0.0, 1, 0.01),
        (Float("lr", 0.001, low=0, doc=""), 0.002, 1, 0.0021),
        (Float("lr", 0.001, low=0, doc=""), 0.002, -1, 0.0019),
    ],
)
def test_steps(param: Param, value: float, ways: int, after: float) -> None:
    assert stepped(param, value, ways) == after


def test_the_wheel_changes_only_the_field_that_has_the_focus(
    form: ParamForm, edits: list[Any]
) -> None:
    units, mode = form.row("units").field, form.row("mode").field
    form.row("path").field.setFocus()
    assert not wheel(units).isAccepted()
    assert not wheel(mode, -120).isAccepted()
    assert edits == []
    units.setFocus()
    assert wheel(units).isAccepted()
    assert [edit[:2] for edit in edits] == [("units", 11)]


def test_switch_and_choice(form: ParamForm, edits: list[Any], qtbot: QtBot) -> None:
    switch, choice = form.row("bias").field, form.row("mode").field
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, switch.height() // 2))
    assert edits == [("bias", False, "")]
    choice.setFocus()
    qtbot.keyClick(choice, Qt.Key.Key_Down)
    assert edits[-1] == ("mode", "reflect_more", "")
    assert choice.itemText(1) == "reflect more"


def test_values_that_differ_among_nodes(form: ParamForm, edits: list[Any], qtbot: QtBot) -> None:
    form.set_values(dict.fromkeys(("units", "bias", "mode"), MIXED))
    assert form.row("units").field.text() == ""
    assert form.row("units").field.placeholderText() == "several values"
    assert form.row("bias").field.checkState() == Qt.CheckState.PartiallyChecked
    assert form.row("mode").field.currentIndex() == -1
    assert edits == []
    retype(qtbot, form.row("units").field, "10")
    qtbot.keyClick(form.row("units").field, Qt.Key.Key_Return)
    assert edits == [("units", 10, "")]
    switch = form.row("bias").field
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, switch.height() // 2))
    assert edits[-1] == ("bias", True, "")


def test_the_menu_resets_and_makes_a_variable(
    form: ParamForm, edits: list[Any], qtbot: QtBot
) -> None:
    wanted: list[tuple[str, str]] = []
    form.variable_requested.connect(lambda *asked: wanted.append(asked))
    actions = {action.objectName(): action for action in form.row("units").menu().actions()}
    assert not actions["reset"].isEnabled()
    actions["make_variable"].trigger()
    naming = form.row("units").naming
    assert naming.hasFocus()
    assert naming.text() == "units"
    qtbot.keyClicks(naming, "width")
    qtbot.keyClick(naming, Qt.Key.Key_Return)
    assert wanted == [("units", "width")]
    form.set_values({"units": "hidden"}, {"units": 4})
    actions = {action.objectName(): action for action in form.row("units").menu().actions()}
    assert not actions["make_variable"].isEnabled()
    actions["reset"].trigger()
    assert edits == [("units", None, "")]
    assert "make_variable" not in {a.objectName() for a in form.row("bias").menu().actions()}


def test_undo_belongs_to_the_window_while_nothing_is_typed(
    qtbot: QtBot, shown: Show, qapp: QApplication
) -> None:
    window = QWidget()
    form = ParamForm(PARAMS[:1])
    QVBoxLayout(window).addWidget(form)
    undone: list[int] = []
    shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), window)
    shortcut.activated.connect(lambda: undone.append(1))
    form.set_values({})
    shown(window)
    field = form.row("units").field
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    qtbot.keyClicks(field, "5")
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    assert field.text() == "10"


def test_every_field_is_reached_by_tab_and_has_a_name(form: ParamForm, qtbot: QtBot) -> None:
    fields = [form.row(param.name).field for param in PARAMS]
    fields[0].setFocus()
    reached = []
    for _ in range(2 * len(fields)):
        focus = QApplication.focusWidget()
        assert focus is not None
        assert focus.accessibleName()
        reached.append(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert [one for one in reached if one in fields] == fields


def test_rows_of_parameters_that_stay_keep_the_focus(form: ParamForm, qtbot: QtBot) -> None:
    field = form.row("rate").field
    retype(qtbot, field, "0.7")
    form.set_params(PARAMS[1:4])
    assert form.row("rate").field is field
    assert field.hasFocus()
    assert field.text() == "0.7"


@pytest.mark.parametrize(("width", "columns"), [(250, 1), (640, 2), (1200, 3)])
def test_rows_stand_side_by_side_where_there_is_room(
    form: ParamForm, qapp: QApplication, width: int, columns: int
) -> None:
    form.resize(width, 400)
    qapp.processEvents()
    lefts = {form.row(param.name).x() for param in PARAMS}
    assert len(lefts) == columns


def test_nothing_is_cut_off_at_260_pixels(form: ParamForm, qapp: QApplication) -> None:
    form.resize(236, 400)
    qapp.processEvents()
    for param in PARAMS:
        row = form.row(param.name)
        assert row.x() >= 0
        assert row.geometry().right() <= form.width()
        for part in (row.label, row.field, row.more):
            assert part.geometry().right() <= row.width()
        assert row.label.full_text() == param.title
