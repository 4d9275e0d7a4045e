"""The computational graph: its cards say what torch computed; selection goes both ways."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from nnstudio import theme
from nnstudio.plots.graph import GraphPlot

Show = Callable[..., Any]


@pytest.fixture
def plot(show: Show, xor_probe: dict[str, Any]) -> GraphPlot:
    made = show(GraphPlot(), 1366, 560)
    made.show_graph(xor_probe)
    QApplication.processEvents()
    return made


def toggle(plot: GraphPlot, name: str) -> None:
    plot.findChild(QToolButton, f"show_{name}").click()


def middle(plot: GraphPlot, key: str) -> QPoint:
    card = plot.view().cards[key]
    return plot.view().mapFromScene(card.mapToScene(card.rect().center()))


def pairs(plot: GraphPlot, backward: bool) -> set[tuple[str, str]]:
    return {(e.source, e.target) for e in plot.view().edges if e.backward == backward}


def test_every_operation_is_a_card_and_every_input_an_edge(
    plot: GraphPlot, xor_probe: dict[str, Any]
) -> None:
    expected = {(s, op["id"]) for op in xor_probe["operations"] for s in op["inputs"]}
    assert set(plot.view().cards) == {op["id"] for op in xor_probe["operations"]}
    assert pairs(plot, backward=False) == expected
    assert pairs(plot, backward=True) == {(s, t) for s, t in expected if s != "x"}


def test_cards_tell_shape_value_and_gradient(plot: GraphPlot, xor_probe: dict[str, Any]) -> None:
    by_id = {op["id"]: op for op in xor_probe["operations"]}
    texts = plot.view().cards["x"].texts()
    assert texts[3].startswith("value [ 0 0 0 1.00 ")
    assert texts[:3] + texts[4:] == (
        "x",
        "input",
        "shape 4×2",
        "mean 0.50 0 … 1.00",
        "gradient none",
    )
    bias = by_id["out.bias"]
    assert plot.view().cards["out.bias"].texts() == (
        "out.bias",
        "shape 1",
        f"value {bias['value']['first'][0]:.2f}",
        f"gradient {bias['gradient']['first'][0]:.2f}",
    )


def test_toggles_change_what_is_shown(plot: GraphPlot) -> None:
    for name in ("values", "shapes"):
        toggle(plot, name)
    assert plot.view().cards["x"].texts() == ("x", "input", "gradient none")
    toggle(plot, "gradients")
    assert pairs(plot, backward=True) == set()
    toggle(plot, "parameters")
    assert set(plot.view().cards) == {"x", "hidden", "tanh1", "out", "loss"}
    assert pairs(plot, backward=False) == {
        ("x", "hidden"),
        ("hidden", "tanh1"),
        ("tanh1", "out"),
        ("out", "loss"),
    }


def test_a_click_selects_the_node_and_tells_it(plot: GraphPlot, qtbot: QtBot) -> None:
    with qtbot.waitSignal(plot.node_activated) as heard:
        qtbot.mouseClick(
            plot.view().viewport(), Qt.MouseButton.LeftButton, pos=middle(plot, "out.weight")
        )
    assert heard.args == ["out"]
    chosen = {key for key, card in plot.view().cards.items() if card.chosen}
    assert chosen == {"out", "out.weight", "out.bias"}
    assert plot.view().current == "out.weight"


def test_nodes_selected_elsewhere_are_marked_without_an_echo(plot: GraphPlot, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(plot.node_activated):
        plot.select_nodes(("hidden", "unknown"))
    chosen = {key for key, card in plot.view().cards.items() if card.chosen}
    assert chosen == {"hidden", "hidden.weight", "hidden.bias"}
    plot.select_nodes(())
    assert not any(card.chosen for card in plot.view().cards.values())


def test_the_details_hold_every_number(
    plot: GraphPlot, qtbot: QtBot, xor_probe: dict[str, Any]
) -> None:
    assert plot.details().isHidden()
    plot.view().activate("hidden")
    text = plot.details().text()
    hidden = next(op for op in xor_probe["operations"] if op["id"] == "hidden")
    assert "AddmmBackward0" in text
    for value in hidden["value"]["first"]:
        assert f"{value:.2f}" in text or f"{value:.3f}" in text
    assert f"{hidden['gradient']['min']:.4f}" in text
    qtbot.keyClick(plot.view(), Qt.Key.Key_Escape)
    assert plot.details().isHidden()
    assert plot.view().current is None


def test_arrows_walk_along_edges(plot: GraphPlot, qtbot: QtBot) -> None:
    view = plot.view()
    walked = []
    for key in ("Right", "Right", "Right", "Right", "Left", "Down", "Down", "Down", "Up", "Right"):
        qtbot.keyClick(view, getattr(Qt.Key, f"Key_{key}"))
        walked.append(view.current)
    assert walked == [
        "x",
        "hidden",
        "tanh1",
        "out",
        "tanh1",
        "out.weight",
        "out.bias",
        "out.bias",
        "out.weight",
        "out",
    ]


def test_home_shows_everything_and_zoom_keeps_the_point_under_the_cursor(
    plot: GraphPlot, qtbot: QtBot
) -> None:
    view = plot.view()
    place = middle(plot, "tanh1").toPointF()
    before = view.mapToScene(place.toPoint())
    view.zoom(2.0, place)
    after = view.mapToScene(place.toPoint())
    assert (after - before).manhattanLength() < 2
    qtbot.keyClick(view, Qt.Key.Key_Home)
    seen = view.mapToScene(view.viewport().rect()).boundingRect()
    assert all(seen.contains(c.mapRectToScene(c.rect())) for c in view.cards.values())


def test_newer_numbers_keep_view_and_selection(plot: GraphPlot, xor_probe: dict[str, Any]) -> None:
    view = plot.view()
    view.activate("out.bias")
    view.zoom(1.7)
    before = view.transform()
    newer = deepcopy(xor_probe)
    bias = next(op for op in newer["operations"] if op["id"] == "out.bias")
    bias["value"]["first"] = [123.0]
    card = view.cards["out.bias"]
    plot.show_graph(newer)
    assert view.cards["out.bias"] is card
    assert "value 123" in card.texts()
    assert "123" in plot.details().text()
    assert view.transform() == before
    assert view.current == "out.bias"


def test_a_probe_without_sense_is_told_in_words(show: Show) -> None:
    plot = show(GraphPlot())
    plot.show_graph({"operations": [{}]})
    assert plot.text() == (
        "The graph cannot be shown\nOperation 0 of the probe's answer has no id. Probe again."
    )


def test_nothing_and_errors_are_told_in_words(plot: GraphPlot) -> None:
    plot.clear("Add a layer first.")
    assert plot.text() == "The computational graph of your network\nAdd a layer first."
    assert plot.view().cards == {}
    plot.clear("fc1.input: expected 64 features, got 32.", failed=True)
    assert plot.text().startswith("The graph cannot be shown\nfc1.input")


def test_another_theme_recolours_at_once(plot: GraphPlot) -> None:
    theme.use(theme.LIGHT)
    image = plot.view().grab().toImage()
    assert image.pixelColor(3, 3).name() == theme.LIGHT.ground


def test_thousands_of_operations_are_laid_out_and_drawn(show: Show) -> None:
    plot = show(GraphPlot())
    operations = [
        {
            "id": str(k),
            "kind": "operation",
            "label": "relu",
            "node": f"relu{k}",
            "shape": [4],
            "inputs": [str(k - 1)] if k else [],
            "value": None,
            "gradient": None,
            "grad_fn": "",
        }
        for k in range(2000)
    ]
    plot.show_graph({"operations": operations, "loss": 1.0, "rows": 1})
    assert len(plot.view().cards) == 2000


def chain(length: int) -> dict[str, Any]:
    """A probe's answer: so many operations in a row."""
    number = {"shape": [4], "first": [1.0, 2.0], "min": 1.0, "max": 2.0, "mean": 1.5, "std": 0.5}
    operations = [
        {
            "id": str(k),
            "kind": "operation",
            "label": "relu",
            "node": f"relu{k}",
            "shape": [4],
            "inputs": [str(k - 1)] if k else [],
            "value": number,
            "gradient": number,
            "grad_fn": "",
        }
        for k in range(length)
    ]
    return {"operations": operations, "loss": 1.0, "rows": 1}


def test_a_long_graph_opens_where_its_numbers_can_be_read(show: Show, qtbot: QtBot) -> None:
    plot = show(GraphPlot(), 900, 400)
    hint = plot.findChild(QToolButton, "graph_read")
    values = plot.findChild(QToolButton, "show_values")
    plot.show_graph(chain(20))
    view = plot.view()
    seen = view.mapToScene(view.viewport().rect()).boundingRect()
    assert not view.far
    assert seen.contains(view.cards["0"].mapRectToScene(view.cards["0"].rect()))
    assert not hint.isVisible()
    assert values.isEnabled()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.far
    assert hint.isVisible()
    assert not values.isEnabled()
    qtbot.mouseClick(hint, Qt.MouseButton.LeftButton)
    assert not view.far
    assert values.isEnabled()


def test_the_same_graph_computed_anew_is_shown_where_it_was(show: Show) -> None:
    plot = show(GraphPlot(), 900, 400)
    plot.show_graph(chain(20))
    plot.view().zoom(1.3)
    before = plot.view().transform()
    plot.clear("Computing…")
    plot.show_graph(chain(20))
    assert plot.view().transform() == before


def test_the_bar_of_a_narrow_graph_cuts_no_word(plot: GraphPlot) -> None:
    plot.resize(520, 300)
    QApplication.processEvents()
    for name in ("values", "gradients", "shapes", "parameters"):
        button = plot.findChild(QToolButton, f"show_{name}")
        assert button.width() >= button.sizeHint().width(), name
    told = next(one for one in plot.findChildren(QLabel) if "operations, loss" in one.text())
    assert told.toolTip() == told.text()
    told.resize(60, told.height())
    assert one_colour(told)
    plot.resize(1366, 560)
    QApplication.processEvents()
    assert not one_colour(told)


def one_colour(widget: QLabel) -> bool:
    image = widget.grab().toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    return len({image.pixel(x, y) for x, y in places}) <= 1
