"""The start page and its gallery, driven by mouse and keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QToolButton

from graph_compiler.registry import layers
from nnstudio import places
from nnstudio.app import gallery
from nnstudio.app.gallery import GAP
from nnstudio.app.start import StartPage


@pytest.fixture
def page(qtbot: object) -> StartPage:
    """A shown start page."""
    made = StartPage()
    qtbot.addWidget(made)
    made.resize(1300, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def names(page: StartPage) -> list[str]:
    """The names of the cards shown."""
    model = page.gallery.model()
    return [model.index(i, 0).data() for i in range(model.rowCount())]


def test_families_agree_with_the_registry() -> None:
    assert gallery._families() == {type: layer.family for type, layer in layers().items()}


def test_every_template_has_a_card_with_a_picture() -> None:
    cards = gallery.cards()
    assert {card.id for card in cards} == {path.stem for path in places.templates().glob("*.nns")}
    for card in cards:
        content = json.loads((places.templates() / f"{card.id}.nns").read_text())
        network = content["networks"]["main"]
        assert len(card.sketch.nodes) == len(network["nodes"])
        assert len(card.sketch.wires) == len(network["wires"])
        assert all(family for _, _, family in card.sketch.nodes)


def test_a_picture_is_painted(qtbot: object) -> None:
    picture = QPixmap(200, 100)
    picture.fill(Qt.GlobalColor.black)
    painter = QPainter(picture)
    gallery.paint_sketch(painter, picture.rect().toRectF(), gallery.cards()[0].sketch)
    painter.end()
    image = picture.toImage()
    colours = {image.pixel(x, y) for x in range(0, 200, 2) for y in range(0, 100, 2)}
    assert len(colours) > 4


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"name": 3}', '{"name": "x", "networks": {"main": {"nodes": {"a": {}}}}}',
        '{"name": "x", "networks": {"main": {"nodes": {"a": {"type": "X", "at": ["p", 0]}}}}}',
        "[" * 5000,
    ],
)  # fmt: skip
def test_a_broken_file_gives_no_card_or_an_empty_picture(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.nns"
    path.write_text(text)
    card = gallery.read_card(path)
    assert card is None or card.sketch == gallery.Sketch()


def test_a_click_opens_a_template(page: StartPage, qtbot: object) -> None:
    index = page.gallery.model().index(names(page).index("LeNet-5"), 0)
    at = page.gallery.visualRect(index).center()
    with qtbot.waitSignal(page.template_activated) as opened:
        qtbot.mouseClick(page.gallery.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert opened.args == ["lenet5"]


def test_enter_opens_a_template(page: StartPage, qtbot: object) -> None:
    page.gallery.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(page.template_activated) as opened:
        qtbot.keyClick(page.gallery, Qt.Key.Key_Return)
    assert opened.args == [gallery.cards()[0].id]


def test_search_and_filters(page: StartPage, qtbot: object) -> None:
    search = page.findChild(QLineEdit, "template_search")
    qtbot.keyClicks(search, "handwritten digits")
    assert names(page) == ["LeNet-5"]
    qtbot.mouseClick(page.findChild(QPushButton, "architecture_dense"), Qt.MouseButton.LeftButton)
    assert names(page) == []
    assert page.gallery.isHidden()
    qtbot.mouseClick(page.findChild(QPushButton, "clear_filters"), Qt.MouseButton.LeftButton)
    assert len(names(page)) == len(gallery.cards())
    assert page.gallery.isVisible()
    qtbot.mouseClick(page.findChild(QPushButton, "task_images"), Qt.MouseButton.LeftButton)
    assert names(page) == [card.name for card in gallery.cards() if "images" in card.tagged("task")]
    assert names(page)[0] == "LeNet-5"


@pytest.mark.parametrize("width", [860, 1000, 1366, 1680])
def test_no_filter_is_cut(page: StartPage, qtbot: object, width: int) -> None:
    page.resize(width, 700)
    qtbot.waitUntil(lambda: page.width() == width, timeout=60_000)
    for button in page.findChildren(QPushButton):
        if button.isVisible() and button.property("role") == "segment":
            assert button.width() >= button.sizeHint().width()
            right = button.mapTo(page, button.rect().topRight()).x()
            assert right <= page.width()


def test_recent_files(page: StartPage, qtbot: object, tmp_path: Path) -> None:
    there, gone = tmp_path / "there.nns", tmp_path / "gone.nns"
    there.write_text("{}")
    page.show_recent([there, gone])
    with qtbot.waitSignal(page.file_activated) as opened:
        row = page.findChild(QFrame, "recent_0")
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert opened.args == [there]
    with qtbot.waitSignal(page.recent_removed) as removed:
        button = page.findChild(QPushButton, "recent_remove_1")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert removed.args == [gone]
    with qtbot.waitSignal(page.recent_pinned) as pinned:
        pin = page.findChild(QToolButton, "recent_pin_0")
        qtbot.mouseClick(pin, Qt.MouseButton.LeftButton)
    assert pinned.args == [there, True]
    page.show_recent([there, gone], [there])
    assert page.findChild(QPushButton, "recent_clear").isVisible()
    with qtbot.waitSignal(page.recent_cleared):
        qtbot.mouseClick(page.findChild(QPushButton, "recent_clear"), Qt.MouseButton.LeftButton)
    page.show_recent([there], [there])
    assert not page.findChild(QPushButton, "recent_clear").isVisible()


def test_runs_and_recoveries(page: StartPage, qtbot: object) -> None:
    page.show_running([("LeNet-5", "epoch 2 of 30", "run")])
    page.show_recoveries([("Mine", "5 min ago", "recovery")])
    for name, signal, value in (
        ("watch_0", page.run_watched, "run"),
        ("stop_0", page.run_stopped, "run"),
        ("restore_0", page.recovery_restored, "recovery"),
        ("discard_0", page.recovery_discarded, "recovery"),
    ):
        with qtbot.waitSignal(signal) as said:
            button = page.findChild(QPushButton, name)
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert said.args == [value]
    page.show_running([])
    qtbot.waitUntil(lambda: page.findChild(QPushButton, "watch_0") is None, timeout=60_000)


@pytest.mark.parametrize("width", [900, 1180, 1440, 1680, 2200])
def test_cards_and_search_end_at_one_line(page: StartPage, qtbot: object, width: int) -> None:
    page.resize(width, 900)
    qtbot.wait(20)  # type: ignore[attr-defined]
    gallery = page.gallery
    search = page.findChild(QLineEdit, "template_search")
    assert search is not None
    cards = [gallery.visualRect(gallery.model().index(i, 0)) for i in range(12)]
    right = gallery.viewport().mapTo(page, cards[0].topLeft()).x()
    right += max(card.right() for card in cards) + 1 - cards[0].left() - GAP // 2
    assert abs(search.mapTo(page, search.rect().topRight()).x() + 1 - right) <= 8
