"""Looking inside follows the drawing: each trained network has its batch, others say why not."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from nnstudio.app.rows import SUBMENUS

LEFT = Qt.MouseButton.LeftButton


def look(hand: Any, network: str) -> Any:
    """Open a drawing and click the tab of its computational graph; the plot, once it shows it."""
    editor = hand.window.editor
    editor.open_drawing(network)
    tabs = editor.tabs
    QTest.mouseClick(tabs, LEFT, pos=tabs.tabRect(1).center())
    hand.until(lambda: editor.view.graph.shown and editor.view.graph._network == network)
    return editor.view.graph.page()


def nodes(plot: Any) -> set[str]:
    return {one.node for one in plot.view().graph.operations.values()} - {""}


def test_generator_and_critic_are_looked_into(opened: Any) -> None:
    hand = opened("template:gan")
    editor = hand.window.editor
    project = editor.document.project
    plot = look(hand, "main")
    note = plot.findChild(QLabel, "graph_note")
    assert nodes(plot) <= set(project.networks["main"].nodes)
    assert nodes(plot), plot.text()
    hand.until(note.isVisible)
    assert note.text().startswith("“main” has no data of its own: its batch is noise")
    view = plot.view()
    card = next(iter(view.cards.values()))
    seen = view.mapToScene(view.viewport().rect()).boundingRect()
    assert seen.contains(card.mapRectToScene(card.rect())), "the first operation is read whole"
    plot = look(hand, "critic")
    assert nodes(plot) <= set(project.networks["critic"].nodes)
    assert note.text() == "“critic” is shown rows of the data, and as many that “main” makes."
    first = next(name for name in project.networks["critic"].nodes if name in nodes(plot))
    plot.node_activated.emit(first)
    assert (editor.drawings.shown, editor.canvas.selected()) == ("critic", (first,))
    QTest.mouseClick(editor.tabs, LEFT, pos=editor.tabs.tabRect(1).center())
    assert plot.selected_nodes() == {first}


def test_a_network_that_is_not_trained_says_so(opened: Any) -> None:
    hand = opened("template:gan")
    editor = hand.window.editor
    hand.do("drawing.new_network")
    name = editor.drawings.shown
    assert name not in ("main", "critic")
    QTest.mouseClick(editor.tabs, LEFT, pos=editor.tabs.tabRect(1).center())
    plot = editor.view.graph.page()
    told = f"“{name}” is trained by no stage of the plan, so no batch passes through it."
    hand.until(lambda: told in plot.text())
    assert "open “main” or “critic”." in plot.text()


def test_one_network_alone_needs_no_note(opened: Any) -> None:
    hand = opened("template:mlp")
    plot = look(hand, "main")
    assert plot.isVisible()
    assert not plot.findChild(QLabel, "graph_note").isVisible()


def test_heat_is_measured_of_each_network(opened: Any) -> None:
    hand = opened("template:gan")
    editor = hand.window.editor

    def tinted() -> set[str]:
        return set(editor.canvas.drawing.tints.nodes)

    menu = next(one for one in SUBMENUS if one.text == "Heat on nodes")
    next(item for item in menu.items(hand.window) if item.text == "Gradient norm").does()
    hand.until(tinted)
    assert tinted() <= set(editor.document.project.networks["main"].nodes)
    editor.open_drawing("critic")
    legend = editor.canvas.legend
    hand.until(lambda: "“critic” has not been measured yet." in legend.text)
    assert not tinted()
    assert legend._button.text() == "Measure"
    QTest.mouseClick(legend._button, LEFT)
    hand.until(tinted)
    assert tinted() <= set(editor.document.project.networks["critic"].nodes)
