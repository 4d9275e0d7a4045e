"""The fields alone, under real keys and mouse moves: expressions, names, drags, steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QListWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.expressions import FUNCTIONS, parse
from graph_compiler.layer import Float, Int, Param, Size
from graph_compiler.model import Network, Node, Project, Variable
from nnstudio.fields.number import NumberField
from nnstudio.fields.scope import Scope, completed, scope_of, word_at_end
from nnstudio.fields.stepping import MIXED, stepped
from nnstudio.fields.suggestions import Suggestions
from nnstudio.theme import style

UNITS = Int("units", 10, low=1, high=1000, doc="size", label="units")
RATE = Float("rate", 0.5, low=0, high=1, doc="share")
SCOPE = Scope(
    {
        "hidden": Variable("hidden", 16, "width of the layers"),
        "half": Variable("half", 0.5),
        "depth": Variable("depth", 4),
    },
    own=frozenset({"depth"}),
)
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Make = Callable[..., Any]


@pytest.fixture
def make(qtbot: QtBot, qapp: QApplication) -> Make:
    """Makes a shown field in a window, with what it tells in `told`."""
    style.apply(qapp)
    windows: list[QWidget] = []

    def made(param: Param, value: Any, scope: Scope = SCOPE) -> NumberField:
        window = QWidget()
        qtbot.addWidget(window)
        other = NumberField(UNITS, window)
        other.setObjectName("other")
        field = NumberField(param, window)
        column = QVBoxLayout(window)
        column.addWidget(other)
        column.addWidget(field)
        window.resize(300, 100)
        window.show()
        window.activateWindow()
        qtbot.waitExposed(window)
        qapp.processEvents()
        field.set_scope(scope)
        field.show_value(value, None)
        windows.append(window)
        field.told = []  # type: ignore[attr-defined]

        def tell(given: Any, gesture: str) -> None:
            field.told.append((given, gesture))  # type: ignore[attr-defined]
            field.show_value(given, None)

        field.edited.connect(tell)
        other.setFocus()
        return field

    return made


def names(field: NumberField) -> list[str]:
    """The names offered; none while no list is open."""
    popup = field.findChild(Suggestions)
    return popup.names() if popup is not None and popup.isVisible() else []


def drag(qtbot: QtBot, field: QWidget, *ways: int, end: bool = True) -> None:
    """Press in the middle, move to each of these distances, and let go."""
    start = field.rect().center()
    qtbot.mousePress(field, Qt.MouseButton.LeftButton, pos=start)
    for x in ways:
        qtbot.mouseMove(field, start + QPoint(x, 0))
    if end:
        qtbot.mouseRelease(field, Qt.MouseButton.LeftButton, pos=start + QPoint(ways[-1], 0))


def test_dragging_the_number_is_one_gesture(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    assert field.cursor().shape() == Qt.CursorShape.SizeHorCursor
    drag(qtbot, field, 4, 8, 40, 20)
    assert [value for value, _ in field.told] == [11, 12, 20, 15]
    assert len({gesture for _, gesture in field.told}) == 1
    assert not field.hasFocus()
    first = field.told[0][1]
    drag(qtbot, field, 8)
    assert field.told[-1][0] == 17
    assert field.told[-1][1] != first


def test_a_click_edits_with_everything_marked_and_then_the_mouse_marks_text(
    make: Make, qtbot: QtBot
) -> None:
    field = make(UNITS, 10)
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    assert field.hasFocus()
    assert field.selectedText() == "10"
    assert field.cursor().shape() == Qt.CursorShape.IBeamCursor
    drag(qtbot, field, 40, 80)
    assert field.told == []


def test_bounds_end_a_drag(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    drag(qtbot, field, -400)
    assert field.told[-1][0] == 1
    rate = make(RATE, 0.5)
    drag(qtbot, rate, 900)
    assert rate.told[-1][0] == 1.0


@pytest.mark.parametrize(
    ("param", "start", "keys", "after"),
    [
        (UNITS, 10, CTRL, 110),
        (UNITS, 10, SHIFT, 11),
        (RATE, 0.5, SHIFT, 0.51),
        (RATE, 0.2, None, 0.3),
    ],
)
def test_shift_is_finer_and_ctrl_coarser(
    make: Make, qtbot: QtBot, param: Param, start: float, keys: Any, after: float
) -> None:
    field = make(param, start)
    at = field.rect().center()
    qtbot.mousePress(field, Qt.MouseButton.LeftButton, pos=at)
    place = QPointF(at + QPoint(40, 0))
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        field.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        keys or Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(field, event)
    qtbot.mouseRelease(field, Qt.MouseButton.LeftButton)
    assert field.told[-1][0] == after


def test_escape_takes_a_drag_back_wherever_the_keyboard_is(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    drag(qtbot, field, 40, end=False)
    assert field.told[-1][0] == 20
    other = field.parentWidget().findChild(NumberField, "other")
    assert other.hasFocus()
    qtbot.keyClick(other, Qt.Key.Key_Escape)
    assert field.told[-1] == (10, field.told[0][1])
    qtbot.mouseMove(field, field.rect().center() + QPoint(80, 0))
    qtbot.mouseRelease(field, Qt.MouseButton.LeftButton)
    assert field.told[-1][0] == 10


@pytest.mark.parametrize("value", ["2 * hidden", (3, 5), None])
def test_what_is_no_single_number_is_not_dragged(make: Make, qtbot: QtBot, value: Any) -> None:
    field = make(Size("kernel", 3, axes=2, doc="", optional=True), value)
    assert field.cursor().shape() == Qt.CursorShape.IBeamCursor
    drag(qtbot, field, 60)
    assert field.told == []
    assert field.hasFocus()


def test_keys_step_by_one_ten_and_a_tenth(make: Make, qtbot: QtBot) -> None:
    field = make(RATE, 0.5)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Up, CTRL)
    qtbot.keyClick(field, Qt.Key.Key_Down, SHIFT)
    qtbot.keyClick(field, Qt.Key.Key_PageDown)
    assert [value for value, _ in field.told] == [0.51, 0.61, 0.609, 0.509]
    assert len({gesture for _, gesture in field.told}) == 1


def test_where_values_differ_steps_are_told_and_no_value(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, MIXED)
    nudges: list[tuple[float, str]] = []
    field.nudged.connect(lambda *one: nudges.append(one))
    drag(qtbot, field, 8, 40)
    assert [ways for ways, _ in nudges] == [2, 10]
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert [ways for ways, _ in nudges[2:]] == [1, 2]
    assert len({gesture for _, gesture in nudges}) == 2
    assert field.told == []


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (UNITS, "4*16", 64),
        (UNITS, "28 * 28 - 4", 780),
        (UNITS, "max(3, 5) * 2", 10),
        (RATE, "1/4", 0.25),
        (RATE, "2**-3", 0.125),
        (Size("kernel", 1, axes=2, doc=""), "2+1, 10//2", (3, 5)),
        (UNITS, "4 * hidden", "4 * hidden"),
    ],
)
def test_typed_arithmetic_becomes_a_number_and_names_stay(
    make: Make, qtbot: QtBot, param: Param, text: str, value: Any
) -> None:
    field = make(param, 7 if param is UNITS else 1)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [given for given, _ in field.told] == [value]


@pytest.mark.parametrize(
    ("text", "aside"),
    [("hidden*2", "= 32"), ("3*4", "= 12"), ("42", ""), ("hid", ""), ("hidden*", ""), ("-", "")],
)
def test_what_is_typed_is_worked_out_beside_it(
    make: Make, qtbot: QtBot, text: str, aside: str
) -> None:
    field = make(UNITS, 10)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    assert field.aside == aside


def test_names_are_offered_with_their_values_and_taken(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "4 * h")
    assert names(field) == ["half", "hidden", "depth"]
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "4 * hidden"
    assert field.aside == "= 64"
    assert names(field) == []
    assert field.told == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [value for value, _ in field.told] == ["4 * hidden"]


def test_a_name_is_taken_by_tab_and_by_a_click(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "hi")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert field.text() == "hidden"
    assert field.hasFocus()
    qtbot.keyClicks(field, " + de")
    listed = field.findChild(QListWidget, "field_suggestions_list")
    place = listed.visualItemRect(listed.item(0)).center()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert field.text() == "hidden + depth"
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert not field.hasFocus()
    assert field.told[-1][0] == "hidden + depth"


def test_escape_closes_the_names_first_and_ctrl_space_shows_all(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Space, CTRL)
    assert names(field) == ["depth", "half", "hidden", "min(", "max(", "len("]
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "max()"
    assert field.cursorPosition() == 4
    qtbot.keyClicks(field, "hid")
    assert names(field) == ["hidden"]
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert names(field) == []
    assert field.text() == "max(hid)"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "10"


def test_names_go_with_the_focus(make: Make, qtbot: QtBot) -> None:
    field = make(UNITS, 10)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "hid")
    assert names(field) == ["hidden"]
    field.parentWidget().findChild(NumberField, "other").setFocus()
    assert names(field) == []


def test_the_wheel_needs_the_focus(make: Make) -> None:
    field = make(UNITS, 10)
    middle = QPointF(field.rect().center())

    def turn(way: int) -> bool:
        event = QWheelEvent(
            middle,
            field.mapToGlobal(middle),
            QPoint(0, way),
            QPoint(0, way),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, event)
        return event.isAccepted()

    assert not turn(120)
    field.setFocus()
    assert turn(120)
    assert turn(-120)
    assert [value for value, _ in field.told] == [11, 10]


def test_all_that_may_be_read_is_listed_by_nearness() -> None:
    block = Network("Block", params={"width": Variable("width", 3)})
    project = Project(networks={"Block": block}, variables={"rate": Variable("rate", 0.1)})
    turning = Node("conv", "Conv2d", repeat=2)
    found = [(one.name, one.kind) for one in scope_of(project, block, turning).names()]
    assert found == [
        ("i", "turn"),
        ("width", "block parameter"),
        ("rate", "variable"),
        *((f"{name}(", "function") for name in FUNCTIONS),
    ]
    for name in FUNCTIONS:
        parse(f"{name}(1, 2)")


@pytest.mark.parametrize(
    ("text", "cursor", "name", "after"),
    [
        ("", 0, "hidden", ("hidden", 6)),
        ("2*hi", 4, "hidden", ("2*hidden", 8)),
        ("hiXX + 1", 2, "hidden", ("hidden + 1", 6)),
        ("ma", 2, "max(", ("max()", 4)),
        ("ma(3, 4)", 2, "max(", ("max(3, 4)", 3)),
    ],
)
def test_a_name_takes_the_place_of_the_word(
    text: str, cursor: int, name: str, after: tuple[str, int]
) -> None:
    assert completed(text, cursor, name) == after


def test_numbers_are_no_words() -> None:
    assert [word_at_end(text) for text in ("2e", "3*ab", "a.b", "x1", "")] == [
        "", "ab", "", "x1", "",
    ]  # fmt: skip


def test_steps_with_fractions_reach_round_numbers() -> None:
    assert stepped(RATE, 0.5, 0.1) == 0.501
    assert stepped(UNITS, 10, 0.9) == 10
