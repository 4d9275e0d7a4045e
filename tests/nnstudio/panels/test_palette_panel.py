"""The palette alone: what it lists, and what searching, Enter and clicks tell."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from graph_compiler.registry import layers
from nnstudio.panels.palette import TYPE, PalettePanel


@pytest.fixture
def palette(qtbot: Any) -> PalettePanel:
    """A shown palette."""
    made = PalettePanel()
    qtbot.addWidget(made)
    made.show_templates([("mlp", "Multilayer perceptron")])
    made.resize(220, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_every_layer_is_listed_once_under_its_family(palette: PalettePanel) -> None:
    assert sorted(palette.shown_types()) == sorted(layers())
    families = [layers()[type].family for type in palette.shown_types()]
    changes = 1 + sum(a != b for a, b in pairwise(families))
    assert changes == len(set(families))


def test_every_layer_explains_itself(palette: PalettePanel) -> None:
    rows = [palette.list.item(i) for i in range(palette.list.count())]
    for row in rows:
        if row.data(TYPE):
            assert layers()[row.data(TYPE)].doc in row.toolTip()


@pytest.mark.parametrize(
    ("typed", "first"),
    [("conv", "Conv2d"), ("swish", "SiLU"), ("max pool", "MaxPool2d"), ("Linear", "Linear")],
)
def test_search_puts_the_best_first(
    palette: PalettePanel, qtbot: Any, typed: str, first: str
) -> None:
    qtbot.keyClicks(palette.search, typed)
    assert palette.shown_types()[0] == first


def test_enter_in_the_search_appends_and_escape_clears(palette: PalettePanel, qtbot: Any) -> None:
    qtbot.keyClicks(palette.search, "pool")
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.layer_activated) as said:
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert said.args == [palette.shown_types()[1]]
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert palette.search.text() == ""
    assert len(palette.shown_types()) == len(layers())


def test_nothing_fits(palette: PalettePanel, qtbot: Any) -> None:
    qtbot.keyClicks(palette.search, "xyzzy")
    assert palette.shown_types() == []
    assert palette.list.item(0).text() == "No layer fits"


def test_a_double_click_appends_and_a_template_opens(palette: PalettePanel, qtbot: Any) -> None:
    row = next(i for i in range(palette.list.count()) if palette.list.item(i).data(TYPE))
    at = palette.list.visualItemRect(palette.list.item(row)).center()
    with qtbot.waitSignal(palette.layer_activated) as said:
        qtbot.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert said.args == [palette.list.item(row).data(TYPE)]
    with qtbot.waitSignal(palette.template_activated) as said:
        button = palette.findChild(QPushButton, "palette_template_mlp")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert said.args == ["mlp"]
