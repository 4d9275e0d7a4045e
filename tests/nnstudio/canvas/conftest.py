"""A canvas on the screen and a hand that uses mouse and keyboard on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.files import project_text
from graph_compiler.model import Network, Project, Wire
from nnstudio import theme
from nnstudio.canvas import CanvasView
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
NONE = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Hand:
    """A person in front of a canvas."""

    def __init__(self, document: Document, width: int = 1200, height: int = 700) -> None:
        self.document = document
        self.canvas = CanvasView(document)
        self.canvas.resize(width, height)
        self.canvas.show()
        self.canvas.activateWindow()
        QApplication.processEvents()
        self.selections: list[tuple[str, ...]] = []
        self.messages: list[str] = []
        self.canvas.selection_changed.connect(self.selections.append)
        self.canvas.message.connect(self.messages.append)

    @property
    def network(self) -> Network:
        return self.document.network("main")

    @property
    def selected(self) -> tuple[str, ...]:
        return self.canvas.selected()

    @property
    def popup(self) -> Any:
        return self.canvas.popups.open

    def text(self) -> str:
        return project_text(self.document.project)

    # mouse

    def press(self, place: QPoint, button: Any = LEFT, keys: Any = NONE) -> None:
        QTest.mousePress(self.canvas.viewport(), button, keys, place)

    def release(self, place: QPoint, button: Any = LEFT, keys: Any = NONE) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, keys, place)

    def move(self, place: QPoint) -> None:
        QTest.mouseMove(self.canvas.viewport(), place)
        QApplication.processEvents()

    def click(self, place: QPoint, button: Any = LEFT, keys: Any = NONE) -> None:
        QTest.mouseClick(self.canvas.viewport(), button, keys, place)

    def double_click(self, place: QPoint) -> None:
        self.click(place)
        QTest.mouseDClick(self.canvas.viewport(), LEFT, NONE, place)

    def drag(self, start: QPoint, end: QPoint, button: Any = LEFT, keys: Any = NONE) -> None:
        self.press(start, button, keys)
        self.move(start + QPoint(6, 3))
        self.move((start + end) / 2)
        self.move(end)
        self.release(end, button, keys)

    def wheel(self, place: QPoint, turn: int, pixels: QPoint | None = None) -> None:
        phase = Qt.ScrollPhase.NoScrollPhase if pixels is None else Qt.ScrollPhase.ScrollUpdate
        event = QWheelEvent(
            QPointF(place),
            QPointF(self.canvas.viewport().mapToGlobal(place)),
            pixels or QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            NONE,
            phase,
            False,
        )
        QApplication.sendEvent(self.canvas.viewport(), event)

    # keyboard

    def key(self, key: Any, keys: Any = NONE) -> None:
        QTest.keyClick(self.canvas, key, keys)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        """Letters into the field of the popup."""
        popup = self.popup
        QTest.keyClicks(getattr(popup, "field", popup), text)

    def answer(self, key: Any) -> None:
        """A key into the popup."""
        popup = self.popup
        QTest.keyClick(getattr(popup, "field", popup), key)
        QApplication.processEvents()

    # places

    def at(self, node: str) -> QPoint:
        return self.canvas.node_position(node)

    def port(self, node: str, port: str, side: str = "") -> QPoint:
        if side:
            return self.canvas.mapFromScene(QPointF(*self.canvas.drawing.port(node, side, port)))
        return self.canvas.port_position(node, port)

    def wire(self, target: str, port: str = "input") -> Wire | None:
        return next(
            (w for w in self.network.wires if (w.target, w.target_port) == (target, port)), None
        )

    def source(self, target: str, port: str = "input") -> str | None:
        wire = self.wire(target, port)
        return wire.source if wire else None

    def void(self) -> QPoint:
        return QPoint(30, 30)

    # checks

    def check(self) -> None:
        """The scene shows what the document holds, as if it were built anew."""
        QApplication.processEvents()
        fresh = NetworkScene(self.document)
        try:
            assert self.canvas.drawing.snapshot() == fresh.snapshot()
        finally:
            fresh.dispose()
        drawing = self.canvas.drawing
        held = {item for item in drawing.items() if type(item).__name__ == "NodeItem"}
        assert held == {drawing.nodes[name] for name in drawing.presence.nodes}

    def close(self) -> None:
        self.canvas.dispose()
        self.canvas.close()
        self.canvas.deleteLater()
        QApplication.processEvents()


class Undoable:
    """What was done inside can be undone to the letter and done again, scene included."""

    def __init__(self, hand: Hand, times: int = 1) -> None:
        self.hand, self.times = hand, times

    def __enter__(self) -> None:
        self.before = self.hand.text()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            return
        hand = self.hand
        hand.check()
        after = hand.text()
        assert after != self.before, "nothing was done"
        for _ in range(self.times):
            hand.key(Qt.Key.Key_Z, CTRL)
        assert hand.text() == self.before
        hand.check()
        for _ in range(self.times):
            hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
        assert hand.text() == after
        hand.check()


def chain(*layers: tuple[str, str, dict[str, Any]]) -> Document:
    """A document with a row of layers, wired one behind the other."""
    document = Document(Project(networks={"main": Network("main")}))
    for index, (name, type, params) in enumerate(layers):
        document.do(steps.add_layer(document, "main", type, (index * 200.0, 0.0), params, name))
    for (one, *_), (two, *_) in pairwise(layers):
        document.do(steps.connect(document, "main", Wire(one, "output", two, "input")))
    return document


@pytest.fixture
def make_hand(qtbot: Any) -> Iterator[Callable[..., Hand]]:
    theme.use(theme.DARK)
    hands: list[Hand] = []

    def make(document: Document, **size: int) -> Hand:
        hand = Hand(document, **size)
        hands.append(hand)
        return hand

    yield make
    for hand in hands:
        hand.close()


@pytest.fixture
def lenet(make_hand: Callable[..., Hand]) -> Hand:
    """LeNet-5 for 28×28 digits."""
    return make_hand(Document(load_target("template:lenet5@paper")), width=1400)


@pytest.fixture
def empty(make_hand: Callable[..., Hand]) -> Hand:
    """A canvas without nodes."""
    return make_hand(Document(Project(networks={"main": Network("main")})))


@pytest.fixture
def undoable() -> type[Undoable]:
    return Undoable


@pytest.fixture
def make_chain() -> Callable[..., Document]:
    return chain


@pytest.fixture
def make_bare_hand(qapp: Any) -> Callable[..., Hand]:
    """Makes hands that their user closes."""
    theme.use(theme.DARK)
    return Hand
