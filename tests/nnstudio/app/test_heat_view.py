"""Heat on the drawing: chosen in the menu, measured in the worker, true to the drawing shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from nnstudio import theme
from nnstudio.app.rows import SUBMENUS
from nnstudio.document import steps


def choose(hand: Any, title: str) -> None:
    """A line of View > Heat on nodes."""
    menu = next(one for one in SUBMENUS if one.text == "Heat on nodes")
    next(item for item in menu.items(hand.window) if item.text == title).does()
    QApplication.processEvents()


def chosen(hand: Any) -> list[str]:
    menu = next(one for one in SUBMENUS if one.text == "Heat on nodes")
    return [item.text for item in menu.items(hand.window) if item.checked]


def tints(hand: Any) -> dict[str, Any]:
    return dict(hand.window.editor.canvas.drawing.tints.nodes)


def legend(hand: Any) -> Any:
    return hand.window.editor.canvas.legend


def test_parameters_follow_every_edit(opened: Callable[..., Any]) -> None:
    hand = opened("template:lenet5@paper")
    document = hand.window.editor.document
    assert chosen(hand) == ["None"]
    assert not legend(hand).isVisible()
    choose(hand, "Parameters")
    assert chosen(hand) == ["Parameters"]
    assert {name: tint.text for name, tint in tints(hand).items()} == {
        "conv1": "156 · <1 %",
        "conv2": "2.42 k · 4 %",
        "fc1": "48.1 k · 78 %",
        "fc2": "10.2 k · 16 %",
        "fc3": "850 · 1 %",
    }
    assert tints(hand)["fc1"].colour == theme.current().heat[-1]
    assert legend(hand).text == "Parameters\n0\n48.1 k"
    document.do(steps.set_param(document, "main", "fc3", "out_features", 1000))
    hand.until(lambda: tints(hand)["fc3"].text == "85 k · 58 %")
    document.undo()
    hand.until(lambda: tints(hand)["fc3"].text == "850 · 1 %")
    QTest.mouseClick(legend(hand).findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert tints(hand) == {}
    assert not legend(hand).isVisible()
    assert chosen(hand) == ["None"]


def test_heat_goes_along_into_blocks_and_out(opened: Callable[..., Any]) -> None:
    hand = opened("template:resnet@18")
    editor = hand.window.editor
    choose(hand, "Compute")
    assert "stage4" in tints(hand)
    outside = editor.canvas
    editor.open_drawing("Stage")
    assert set(tints(hand)) <= set(editor.document.project.networks["Stage"].nodes)
    assert outside.drawing.tints.nodes == {}
    assert not outside.legend.isVisible()
    editor.drawings.leave()
    assert "stage4" in tints(hand)
    choose(hand, "None")
    assert tints(hand) == {}


def test_times_and_gradients_are_measured_and_vanish_with_the_drawing(
    opened: Callable[..., Any],
) -> None:
    hand = opened("template:lenet5")
    document = hand.window.editor.document
    choose(hand, "Measured time")
    assert "Measuring one batch, forward and backward…" in legend(hand).text
    hand.until(lambda: tints(hand))
    assert set(tints(hand)) == {
        node.name
        for node in document.project.networks["main"].nodes.values()
        if node.type not in ("Input", "Output")
    }
    assert "64 rows, cpu, forward and backward" in legend(hand).text
    choose(hand, "Gradient norm")
    assert set(tints(hand)) == {"conv1", "conv2", "fc1", "fc2", "fc3"}
    document.do(steps.set_param(document, "main", "fc1", "out_features", 50))
    hand.until(lambda: not tints(hand))
    assert "The drawing has changed since it was measured." in legend(hand).text
    again = legend(hand)._button
    assert again.text() == "Measure again"
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    hand.until(lambda: tints(hand))


def test_a_drawing_with_errors_says_why_it_is_not_measured(opened: Callable[..., Any]) -> None:
    hand = opened("template:lenet5")
    document = hand.window.editor.document
    document.do(steps.delete(document, "main", ("flatten",), ()))
    choose(hand, "Gradient norm")
    assert tints(hand) == {}
    assert legend(hand).text.startswith("Gradient norm\n")
    assert legend(hand).text.endswith("Measure again")
    choose(hand, "Memory")
    assert tints(hand)
