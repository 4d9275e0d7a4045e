"""Two fingers push, pinching zooms at the fingers; nothing glides where motion is reduced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication

from nnstudio.theme import motion, scale

PLACE = QPoint(400, 300)


@pytest.fixture
def hand(lenet: Any) -> Any:
    """A canvas with LeNet on it."""
    return lenet


@pytest.fixture
def touchpad() -> QPointingDevice:
    """A device as a touchpad's driver makes it known."""
    kind = QPointingDevice.DeviceType.TouchPad
    return QPointingDevice(
        "touchpad", 77, kind, QPointingDevice.PointerType.Finger,
        QPointingDevice.Capability.Position, 5, 1,
    )  # fmt: skip


@pytest.fixture
def motion_again() -> Iterator[None]:
    """What the desktop says, afterwards."""
    yield
    motion.use("system")


def fingers(hand: Any, touchpad: QPointingDevice, by: QPoint, keys: Any = None) -> None:
    """Two fingers moved on a touchpad, in the phases that a driver sends."""
    view = hand.canvas.viewport()
    phases = Qt.ScrollPhase
    for phase, pixels in ((phases.ScrollBegin, QPoint()), (phases.ScrollUpdate, by),
                          (phases.ScrollEnd, QPoint())):  # fmt: skip
        event = QWheelEvent(
            QPointF(PLACE), QPointF(view.mapToGlobal(PLACE)), pixels, pixels * 2,
            Qt.MouseButton.NoButton, keys or Qt.KeyboardModifier.NoModifier, phase, False,
            Qt.MouseEventSource.MouseEventSynthesizedBySystem, touchpad,
        )  # fmt: skip
        QApplication.sendEvent(view, event)


def pinch(hand: Any, touchpad: QPointingDevice, value: float) -> None:
    """A pinch as a native gesture."""
    view = hand.canvas.viewport()
    kinds = Qt.NativeGestureType
    for kind, amount in ((kinds.BeginNativeGesture, 0.0), (kinds.ZoomNativeGesture, value),
                         (kinds.EndNativeGesture, 0.0)):  # fmt: skip
        event = QNativeGestureEvent(
            kind, touchpad, 2, QPointF(PLACE), QPointF(PLACE), QPointF(view.mapToGlobal(PLACE)),
            amount, QPointF(), 0,
        )  # fmt: skip
        QApplication.sendEvent(view, event)


def test_two_fingers_push_the_picture(hand: Any, touchpad: QPointingDevice) -> None:
    zoom, before = hand.canvas.camera.zoom, hand.canvas.mapToScene(PLACE)
    text = hand.text()
    fingers(hand, touchpad, QPoint(30, -50))
    after = hand.canvas.mapToScene(PLACE)
    assert hand.canvas.camera.zoom == zoom
    assert (before.x() - after.x()) * zoom == pytest.approx(30, abs=1)
    assert (before.y() - after.y()) * zoom == pytest.approx(-50, abs=1)
    assert hand.text() == text


def test_two_fingers_with_ctrl_zoom(hand: Any, touchpad: QPointingDevice) -> None:
    zoom = hand.canvas.camera.zoom
    fingers(hand, touchpad, QPoint(0, 40), Qt.KeyboardModifier.ControlModifier)
    assert hand.canvas.camera.zoom > zoom


@pytest.mark.parametrize(("value", "factor"), [(0.25, 1.25), (-0.2, 0.8)])
def test_a_pinch_zooms_at_the_fingers(
    hand: Any, touchpad: QPointingDevice, value: float, factor: float
) -> None:
    zoom, before = hand.canvas.camera.zoom, hand.canvas.mapToScene(PLACE)
    pinch(hand, touchpad, value)
    assert hand.canvas.camera.zoom == pytest.approx(zoom * factor)
    after = hand.canvas.mapToScene(PLACE)
    assert (after - before).manhattanLength() * hand.canvas.camera.zoom < 3


def test_nothing_glides_where_motion_is_reduced(hand: Any, motion_again: None) -> None:
    motion.use("reduced")
    hand.canvas.arrange.tidy("down")
    model = hand.network
    for name, node in model.nodes.items():
        item = hand.canvas.drawing.nodes[name]
        assert (item.x(), item.y()) == tuple(node.at), name
    hand.canvas.undo()


def test_ports_are_larger_for_a_room(hand: Any) -> None:
    name = next(iter(hand.network.nodes))
    port = hand.canvas.drawing.face(name).outputs[0].name
    at = hand.canvas.port_position(name, port)

    def ink() -> int:
        image = hand.canvas.grab().toImage()
        ground = image.pixelColor(3, 3)
        ring = [(dx, dy) for dx in range(12) for dy in range(-11, 12) if dx * dx + dy * dy < 130]
        return sum(image.pixelColor(at.x() + dx, at.y() + dy) != ground for dx, dy in ring)

    before = ink()
    scale.present(True)
    larger = ink()
    scale.present(False)
    assert larger > before
    assert ink() == before
