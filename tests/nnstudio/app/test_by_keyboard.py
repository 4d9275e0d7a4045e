"""Every job by keyboard alone: LeNet is drawn, wired, given data and trained; no mouse event."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

LAYERS = (
    "Input", "Convolution 2D", "ReLU", "Max pooling 2D", "Convolution 2D", "ReLU",
    "Max pooling 2D", "Flatten", "Linear", "ReLU", "Linear", "ReLU", "Linear",
)  # fmt: skip
MOUSE = (
    QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick,
    QEvent.Type.MouseMove, QEvent.Type.Wheel, QEvent.Type.DragEnter, QEvent.Type.Drop,
)  # fmt: skip
KEY, HELD = Qt.Key, Qt.KeyboardModifier
MOST_STOPS = 60


class NoMouse(QObject):
    """Writes down every event of a mouse."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in MOUSE and event.spontaneous():
            self.seen.append(f"{event.type().name} on {watched.objectName()}")
        return False


@pytest.fixture
def no_mouse(qapp: QApplication) -> Iterator[NoMouse]:
    """Watches the whole application."""
    watch = NoMouse()
    qapp.installEventFilter(watch)
    yield watch
    qapp.removeEventFilter(watch)
    assert watch.seen == []


class Typist:
    """A person with a keyboard and nothing else."""

    def __init__(self, hand: Any) -> None:
        self.hand, self.window = hand, hand.window

    @property
    def focus(self) -> QWidget:
        """What has the keyboard."""
        return QApplication.focusWidget() or self.window

    @property
    def editor(self) -> Any:
        return self.window.editor

    @property
    def nodes(self) -> dict[str, Any]:
        return dict(self.editor.document.network("main").nodes)

    @property
    def wires(self) -> list[tuple[str, str]]:
        return [(w.source, w.target) for w in self.editor.document.network("main").wires]

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = HELD.NoModifier) -> None:
        """One key."""
        QTest.keyClick(self.focus, key, held)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        """A text."""
        QTest.keyClicks(self.focus, text)
        QApplication.processEvents()

    def action(self, words: str) -> None:
        """An action by a search in the command palette."""
        self.press(KEY.Key_K, HELD.ControlModifier)
        self.type(words)
        self.press(KEY.Key_Return)

    def to_canvas(self) -> None:
        """Walk the regions until the drawing has the keyboard."""
        for _ in range(12):
            if self.focus is self.editor.canvas:
                return
            self.press(KEY.Key_F6)
        raise AssertionError(f"F6 does not lead to the canvas, but to {self.focus.objectName()}")

    def tab_to(self, name: str) -> None:
        """Walk the fields of a panel."""
        visited = []
        for _ in range(MOST_STOPS):
            if self.focus.objectName() == name:
                return
            visited.append(self.focus.objectName())
            self.press(KEY.Key_Tab)
        raise AssertionError(f"Tab does not lead to {name}: {visited}")

    def add(self, title: str) -> str:
        """A layer by the search; the name of the new node."""
        before = set(self.nodes)
        self.press(KEY.Key_Tab)
        self.type(title)
        self.press(KEY.Key_Return)
        (new,) = set(self.nodes) - before
        assert self.focus is self.editor.canvas
        return str(new)

    def walk_to(self, node: str) -> None:
        """The arrow keys along the wires until a node is selected."""
        self.to_canvas()
        self.press(KEY.Key_Escape)
        for key in [KEY.Key_Right] * 40:
            if self.editor.canvas.selected() == (node,):
                return
            self.press(key)
        raise AssertionError(f"{node} is not reached: {self.editor.canvas.selected()}")

    def set(self, node: str, param: str, text: str) -> None:
        """A parameter in the inspector, reached from the node by Enter."""
        self.walk_to(node)
        self.press(KEY.Key_Return)
        self.tab_to(f"field_{param}")
        self.press(KEY.Key_A, HELD.ControlModifier)
        self.type(text)
        self.press(KEY.Key_Return)


@pytest.mark.slow
def test_lenet_is_built_and_trained_without_a_mouse(opened: Any, no_mouse: NoMouse) -> None:
    hand = opened()
    me = Typist(hand)
    me.press(KEY.Key_N, HELD.ControlModifier)
    hand.open_editor()
    hand.until(lambda: me.focus is me.editor.canvas)

    # Draw: each layer is appended to the one selected, and wired.
    names = [me.add(title) for title in LAYERS]
    assert me.wires == list(pairwise(names))

    # Wire: an output that stands alone, by choosing its port from those that fit.
    me.press(KEY.Key_Escape)
    output = me.add("Output")
    assert len(me.wires) == len(names) - 1
    me.walk_to(names[-1])
    me.press(KEY.Key_W)
    me.type(output)
    me.press(KEY.Key_Return)
    assert (names[-1], output) in me.wires

    # Parameters: shape of one example, filters, units.
    values = {names[0]: ("shape", "1, 8, 8"), names[1]: ("out_channels", "6"),
              names[4]: ("out_channels", "16"), names[8]: ("out_features", "120"),
              names[10]: ("out_features", "84"), names[12]: ("out_features", "10")}  # fmt: skip
    for node, (param, text) in values.items():
        me.set(node, param, text)
    for conv in (names[1], names[4]):
        me.set(conv, "kernel_size", "3")
        me.set(conv, "padding", "1")

    # Data and plan.
    me.action("Go to Data")
    me.tab_to("data_source")
    me.type("Moons")
    hand.until(lambda: me.editor.document.project.data.source == "moons")
    hand.qtbot.wait(QApplication.keyboardInputInterval() + 100)
    me.type("Digits")
    hand.until(lambda: me.editor.document.project.data.source == "digits")
    me.action("Go to Plan")
    me.tab_to("field_epochs")
    me.press(KEY.Key_A, HELD.ControlModifier)
    me.type("2")
    me.press(KEY.Key_Return)
    assert [
        p.text for p in me.editor.document.report("main").problems if p.severity == "error"
    ] == []

    # Train, once, to the end; the curves are there.
    me.press(KEY.Key_F5)
    hand.until(lambda: me.editor.run.reader is not None)
    hand.until(lambda: me.editor.run.reader.state().status == "done")
    me.action("Go to Training")
    reader = me.editor.run.reader
    losses = reader.series("train_loss")[1]
    assert len(losses) > 10
    assert losses[-1] < losses[0]
    hand.until(lambda: me.editor.training.isVisible())
