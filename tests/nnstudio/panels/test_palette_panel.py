"""The palette alone: what it lists, and what searching, Enter and clicks tell."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from graph_compiler.model import Network
from graph_compiler.registry import layers
from nnstudio.panels.palette import PalettePanel
from nnstudio.panels.palette_list import FOLDS, MORE, OPEN, TYPE


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


def click(palette: PalettePanel, qtbot: Any, role: int, value: object) -> None:
    """Click the first row that carries this value."""
    for row in range(palette.list.count()):
        item = palette.list.item(row)
        if item.data(role) == value:
            palette.list.scrollToItem(item)
            at = palette.list.visualItemRect(item).center()
            qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
            return
    raise AssertionError(f"no row for {value}")


def unfold(palette: PalettePanel, qtbot: Any) -> None:
    """Open every family, all of it, by clicks."""
    for family in sorted({layer.family for layer in layers().values()}):
        rows = [palette.list.item(i) for i in range(palette.list.count())]
        if any(row.data(FOLDS) == family and not row.data(OPEN) for row in rows):
            click(palette, qtbot, FOLDS, family)
        if any(palette.list.item(i).data(MORE) == family for i in range(palette.list.count())):
            click(palette, qtbot, MORE, family)


def test_every_layer_is_listed_once_under_its_family(palette: PalettePanel, qtbot: Any) -> None:
    unfold(palette, qtbot)
    assert sorted(palette.shown_types()) == sorted(layers())
    families = [layers()[type].family for type in palette.shown_types()]
    changes = 1 + sum(a != b for a, b in pairwise(families))
    assert changes == len(set(families))


def test_families_fold_by_click_and_by_key(palette: PalettePanel, qtbot: Any) -> None:
    assert "Linear" in palette.shown_types()
    click(palette, qtbot, FOLDS, "dense")
    assert "Linear" not in palette.shown_types()
    assert palette.list.currentItem().text().startswith("Dense (")
    qtbot.keyClick(palette.list, Qt.Key.Key_Right)
    assert "Linear" in palette.shown_types()
    qtbot.keyClick(palette.list, Qt.Key.Key_Left)
    assert "Linear" not in palette.shown_types()
    qtbot.keyClick(palette.list, Qt.Key.Key_Return)
    assert "Linear" in palette.shown_types()


def test_a_layer_asked_for_is_shown_wherever_it_is_folded(palette: PalettePanel) -> None:
    palette.show_type("CrossEntropyLoss")
    assert palette.list.currentItem().data(TYPE) == "CrossEntropyLoss"


def test_every_layer_explains_itself(palette: PalettePanel, qtbot: Any) -> None:
    unfold(palette, qtbot)
    rows = [palette.list.item(i) for i in range(palette.list.count())]
    for row in rows:
        if row.data(TYPE):
            assert layers()[row.data(TYPE)].doc in row.toolTip()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("conv", "Conv2d"),
        ("swish", "SiLU"),
        ("max pool", "MaxPool2d"),
        ("Linear", "Linear"),
        ("nn.Linear", "Linear"),
        ("torch.nn.LSTM()", "LSTM"),
        ("F.log_softmax", "LogSoftmax"),
        ("fully connected", "Linear"),
    ],
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
    assert "Linear" in palette.shown_types()


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


def headings(palette: PalettePanel) -> list[str]:
    """The groups from the top."""
    rows = [palette.list.item(i) for i in range(palette.list.count())]
    return [row.data(FOLDS) for row in rows if row.data(FOLDS)]


def test_blocks_stand_last_until_there_is_one(palette: PalettePanel) -> None:
    main = Network("main")
    palette.show_blocks({"main": main})
    assert headings(palette)[0] == "io"
    assert headings(palette)[-1] == "block"
    palette.show_blocks({"main": main, "Twice": Network("Twice", params={})})
    assert headings(palette)[:2] == ["block", "io"]
    assert palette.shown_types()[0] == "Twice"


def test_what_was_used_stands_on_top_once_the_mouse_has_left(
    palette: PalettePanel, qtbot: Any
) -> None:
    told: list[tuple[str, ...]] = []
    palette.recent_changed.connect(told.append)
    for typed in ("nn.ReLU", "nn.GRU", "nn.ReLU"):
        palette.search.clear()
        qtbot.keyClicks(palette.search, typed)
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert told[-1] == ("ReLU", "GRU")
    palette.search.clear()
    QApplication.sendEvent(palette, QEvent(QEvent.Type.Leave))
    assert headings(palette)[0] == "recent"
    assert palette.shown_types()[:2] == ["ReLU", "GRU"]
    palette.show_kept(("Linear", "gone_since"), ())
    assert palette.shown_types()[:2] == ["Linear", "Input"]


def test_favourites_are_marked_by_the_menu(palette: PalettePanel, qtbot: Any) -> None:
    told: list[tuple[str, ...]] = []
    palette.favourites_changed.connect(told.append)

    def choose(type: str, text: str) -> None:
        menu = palette.menu(type)
        assert menu is not None
        next(action for action in menu.actions() if action.text() == text).trigger()
        menu.deleteLater()

    choose("Dropout", "Add to favourites")
    assert told == [("Dropout",)]
    assert headings(palette)[0] == "favourites"
    assert palette.shown_types()[0] == "Dropout"
    choose("Dropout", "Remove from favourites")
    assert told[-1] == ()
    assert headings(palette)[0] == "io"


def test_the_layer_in_hand_has_a_picture_until_it_leaves(palette: PalettePanel, qtbot: Any) -> None:
    row = next(i for i in range(palette.list.count()) if palette.list.item(i).data(TYPE))
    at = palette.list.visualItemRect(palette.list.item(row)).center()
    view = palette.list.viewport()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(view, at + QPoint(6, 14))
    qtbot.mouseMove(view, at + QPoint(8, 20))
    ghost = palette.window().findChild(QWidget, "palette_ghost")
    assert ghost is not None
    assert ghost.isVisible()
    qtbot.mouseMove(view, at + QPoint(900, 20))
    assert not ghost.isVisible()
    qtbot.mouseMove(view, at + QPoint(8, 20))
    assert ghost.isVisible()
    qtbot.keyClick(palette.list, Qt.Key.Key_Escape)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert palette.window().findChild(QWidget, "palette_ghost") is None
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)


def test_the_card_tells_what_a_layer_takes(palette: PalettePanel) -> None:
    palette.show_type("Conv2d")
    lines = palette.list.currentItem().toolTip().split("\n")
    assert lines[0] == "Convolution 2D"
    assert any(line.startswith("in   input: numbers, 4 axes") for line in lines)
    assert "out  output" in lines
