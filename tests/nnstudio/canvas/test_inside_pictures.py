"""What a node tells of a block: the names of its ports and a picture of its inside, up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QMenu

from graph_compiler.blocks import ports_in
from graph_compiler.model import Network, Project, Wire
from nnstudio.canvas import menus
from nnstudio.canvas.cards import WIDEST
from nnstudio.canvas.face import PORT_NAME
from nnstudio.canvas.hits import Hit
from nnstudio.canvas.inside import MOST, STRIP, inside_of
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target


@pytest.fixture
def resnet(qapp: QApplication) -> Document:
    return Document(load_target("template:resnet@18"))


def _menu(canvas: Any, at: Hit) -> dict[str, Any]:
    """The entries that are about ports, by their texts."""
    menu = menus.build(canvas, at, QPoint(100, 100))
    found = {action.text(): action for action in menu.actions() if action.text()}
    for action in tuple(found.values()):
        inner = action.menu()
        if isinstance(inner, QMenu):
            found |= {f"{action.text()} › {one.text()}": one for one in inner.actions()}
    found["menu"] = menu
    return found


def test_ports_of_blocks_and_of_many_are_named_on_the_node(resnet: Document) -> None:
    scene = NetworkScene(resnet, "main")
    stage, fc = scene.face("stage1"), scene.face("fc")
    assert stage.left > 0
    assert stage.right > 0
    assert fc.left == fc.right == 0
    scene.dispose()
    scene = NetworkScene(resnet, "BasicBlock")
    add = next(face for name in scene.nodes if (face := scene.face(name)).type == "Add")
    assert 0 < add.left <= PORT_NAME + 6
    assert add.right == 0, "a single output of a layer needs no name"
    scene.dispose()


def test_the_picture_follows_every_change_inside(resnet: Document) -> None:
    scene = NetworkScene(resnet, "main")
    before = scene.face("stage1").inside
    assert before == inside_of(resnet.network("Stage"), resnet.types)
    name = next(iter(resnet.network("Stage").nodes))
    for make in (
        lambda: steps.move(resnet, "Stage", {name: (-600.0, -80.0)}),
        lambda: steps.add_layer(resnet, "Stage", "ReLU", (900.0, 0.0)),
        lambda: steps.add_port(resnet, "Stage", "in", "mask"),
    ):
        resnet.do(make())
        now = scene.face("stage1").inside
        assert now == inside_of(resnet.network("Stage"), resnet.types)
        fresh = NetworkScene(resnet, "main")
        assert fresh.snapshot() == scene.snapshot()
        fresh.dispose()
    assert scene.face("stage1").port("in", "mask") is not None
    while resnet.can_undo:
        resnet.undo()
    assert scene.face("stage1").inside == before
    scene.dispose()


def test_the_card_of_a_block_shows_its_inside_larger_and_keeps_the_picture(
    resnet: Document, make_hand: Callable[..., Any]
) -> None:
    hand = make_hand(resnet, width=1400)
    card = hand.canvas.card

    def rest(node: str) -> int:
        hand.move(hand.at(node) - QPoint(0, 8))
        hand.canvas.mouse.rest()
        assert card.text
        return int(card.picture.cacheKey())

    first = rest("stage2")
    height = card.picture.height()
    assert height > STRIP
    assert card.picture.width() <= WIDEST
    assert card.height() >= height
    rest("fc")
    assert card.picture.isNull()
    assert rest("stage2") == rest("stage3") == first, "nothing is drawn anew for the same inside"
    resnet.do(steps.add_layer(resnet, "Stage", "ReLU", (900.0, 400.0)))
    assert rest("stage2") != first
    hand.canvas.say("Refused.", QPoint(100, 100), "error")
    assert card.picture.isNull()


def test_a_large_block_shows_its_beginning(qapp: QApplication) -> None:
    document = Document(Project("P", networks={"main": Network("main")}))
    document.do(steps.add_block(document, "Long"))
    for number in range(MOST + 40):
        document.do(steps.add_layer(document, "Long", "ReLU", (200.0 * number, 0.0)))
    found = inside_of(document.network("Long"), document.types)
    assert found is not None
    assert len(found.boxes) == MOST
    assert inside_of(Network("Empty", params={}), document.types) is None


def test_the_menu_of_a_port_changes_all_uses(
    resnet: Document, make_hand: Callable[..., Any]
) -> None:
    hand = make_hand(resnet)
    canvas = hand.canvas if hasattr(hand, "canvas") else hand.view
    resnet.do(steps.add_port(resnet, "Stage", "in", "mask"))
    port = Hit("port", "stage2", "in", "x")
    found = _menu(canvas, port)
    assert "Remove x and its 4 wires" in found
    assert not found["Move x up"].isEnabled()
    assert found["Move x up"].toolTip() == "x is the first already."
    found["Move x down"].trigger()
    assert ports_in(resnet.network("Stage")) == ("mask", "x")
    assert [one.name for one in canvas.drawing.face("stage1").inputs] == ["mask", "x"]
    found = _menu(canvas, port)
    found["Type of x › Indices"].trigger()
    assert resnet.network("Stage").nodes["x"].params["dtype"] == "int"
    found = _menu(canvas, Hit("node", "stage2"))
    found["Ports of Stage › Add output to Stage"].trigger()
    assert canvas.drawing.face("stage4").port("out", "y2") is not None
    found = _menu(canvas, port)
    found["Remove x and its 4 wires"].trigger()
    assert Wire("pool", "output", "stage1", "x") not in resnet.network().wires
    for _ in range(5):
        resnet.undo()
    assert not resnet.can_undo
