"""What cannot be done now is greyed out and says why, and can be done as soon as it can."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

SELECT = "Select a layer, a wire, a frame or a note on the canvas first."
WIRE = "Select a wire or a wired node first; then I inserts a layer on it."


def state(hand: Any, action: str) -> tuple[bool, str]:
    made = hand.window.actions_made.by_id[action]
    _, _, why = made.toolTip().partition("\n")
    return made.isEnabled(), why


@pytest.mark.parametrize(("action", "why"), [("edit.delete", SELECT), ("wire.insert", WIRE)])
def test_with_nothing_selected_it_is_greyed_with_the_reason(
    opened: Any, action: str, why: str
) -> None:
    hand = opened("template:lenet5")
    canvas = hand.window.editor.canvas
    canvas.drawing.selection.clear()
    hand.until(lambda: state(hand, action) == (False, why))
    canvas.select(("conv1",))
    hand.until(lambda: state(hand, action) == (True, ""))
    canvas.drawing.selection.set(())
    hand.until(lambda: state(hand, action) == (False, why))
    wire = next(iter(canvas.drawing.wires))
    canvas.drawing.selection.set(wires=(wire,))
    hand.until(lambda: state(hand, action) == (True, ""))


def test_a_node_without_a_wire_has_none_to_insert_on(opened: Any) -> None:
    hand = opened()
    hand.do("file.new")
    hand.open_editor()
    canvas = hand.window.editor.canvas
    canvas.append("Linear")
    hand.until(lambda: state(hand, "wire.insert") == (False, WIRE))
    hand.until(lambda: state(hand, "edit.delete") == (True, ""))


def test_a_selected_wire_goes_by_the_delete_key(opened: Any) -> None:
    hand = opened("template:lenet5")
    canvas = hand.window.editor.canvas
    wire = next(iter(canvas.drawing.wires))
    canvas.setFocus()
    canvas.drawing.selection.set(wires=(wire,))
    hand.until(lambda: state(hand, "edit.delete")[0])
    hand.qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    hand.until(lambda: wire not in canvas.drawing.wires)


def test_a_selected_frame_goes_by_the_delete_key(opened: Any) -> None:
    hand = opened("template:lenet5")
    canvas = hand.window.editor.canvas
    name = next(iter(canvas.drawing.frames))
    canvas.setFocus()
    canvas.drawing.selection.set(frame=name)
    hand.until(lambda: state(hand, "edit.delete")[0])
    hand.qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    hand.until(lambda: name not in canvas.drawing.frames)
