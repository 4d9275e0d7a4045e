"""From far away and near the same facts are shown, and a large drawing follows like a small one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Frame, Network, Node, Note, Project, Route, Variable, Wire
from nnstudio import theme
from nnstudio.canvas.face import PORT_Y
from nnstudio.canvas.level_of_detail import FAR_BELOW_MANY, MANY, Detail
from nnstudio.canvas.scene import NetworkScene
from nnstudio.canvas.tidying import Tidying
from nnstudio.document import steps
from nnstudio.document.document import Document

BENT = Wire("a", "output", "b", "input")
LINKED = Wire("b", "output", "c", "input")
PLAIN = Wire("c", "output", "d", "input")
BENDS = ((700.0, 900.0), (900.0, 900.0))


def drawing() -> Document:
    """One of each: a route, a link, a bypassed node, a tint, a fault, a frame, a note, a repeat."""
    nodes = {
        "a": Node("a", "Input", {"shape": (8,)}, (0.0, 0.0)),
        "b": Node("b", "Linear", {"out_features": 4}, (1200.0, 0.0), colour="blue"),
        "c": Node("c", "ReLU", {}, (2400.0, 0.0), bypassed=True),
        "d": Node("d", "Conv2d", {"out_channels": 4, "kernel_size": (3, 3)}, (3600.0, 0.0)),
        "e": Node("e", "ReLU", {}, (0.0, 1600.0), repeat=3),
    }
    network = Network("main", "", nodes, dict.fromkeys((BENT, LINKED, PLAIN)))
    network.routes.update({BENT: Route(BENDS), LINKED: Route(link="x")})
    network.frames["Framed"] = Frame("Framed", ("e",), "green")
    network.notes["note"] = Note("note", "Read me", (1200.0, 1600.0), (1000.0, 600.0), "blue")
    return Document(Project(networks={"main": network}))


def large(count: int = 450) -> Document:
    """A chain of more nodes than are brought up to date at once, row under row."""
    network = Network("main")
    project = Project(networks={"main": network})
    project.variables["size"] = Variable("size", 8)
    network.nodes["n0"] = Node("n0", "Input", {"shape": (8,)})
    for index in range(1, count):
        at = (index % 20 * 220.0, index // 20 * 160.0)
        params = {"out_features": "size"} if index % 2 else {}
        kind = "Linear" if index % 2 else "ReLU"
        network.nodes[f"n{index}"] = Node(f"n{index}", kind, params, at)
        network.wires[Wire(f"n{index - 1}", "output", f"n{index}", "input")] = None
    return Document(project)


def picture(hand: Any) -> QImage:
    QApplication.processEvents()
    return hand.canvas.viewport().grab().toImage()


def colour(hand: Any, image: QImage, x: float, y: float) -> QColor:
    return image.pixelColor(hand.canvas.mapFromScene(QPointF(x, y)))


def same(scene: NetworkScene) -> bool:
    """Whether a scene that has followed equals one that is built anew."""
    fresh = NetworkScene(scene.document)
    try:
        return scene.snapshot() == fresh.snapshot()
    finally:
        fresh.dispose()


def test_the_far_table_holds_what_the_near_items_show(qapp: Any) -> None:
    scene = NetworkScene(drawing())
    far = scene.far.table.snapshot()
    assert set(far["nodes"]) == set(scene.nodes)
    for name, item in scene.nodes.items():
        face, (left, top, right, bottom) = item.face, item.box()
        box, tone, severity, turns, block, bypassed = far["nodes"][name]
        assert box == (left, top, right - left, bottom - top)
        assert tone == (f"tint:{face.tint}" if face.tint else face.family)
        assert severity == (face.severity if face.severity in ("error", "warning") else "")
        assert (turns, block) == (bool(face.marks.turns), face.marks.block)
        assert bypassed == scene.model.nodes[name].bypassed
    assert scene.nodes["d"].face.severity == "error"
    assert {name for name, row in far["nodes"].items() if row[2] == "error"} >= {"d"}
    scene.dispose()


def test_far_wires_keep_their_bends_and_links(qapp: Any) -> None:
    scene = NetworkScene(drawing())
    wires = scene.far.table.snapshot()["wires"]
    start = (scene.nodes["a"].box()[2], PORT_Y)
    corners = (start, *BENDS, (1200.0, PORT_Y))
    assert wires[BENT] == tuple((*one, *two) for one, two in itertools.pairwise(corners))
    leaving, arriving = wires[LINKED]
    assert leaving[:2] == (scene.nodes["b"].box()[2], PORT_Y)
    assert arriving[2:] == (2400.0, PORT_Y)
    assert leaving[2] < arriving[0], "a link is two stubs, not a line"
    assert wires[PLAIN] == ((scene.nodes["c"].box()[2], PORT_Y, 3600.0, PORT_Y),)
    assert all(
        scene.wires[wire].path.end == scene.port(wire.target, "in", "input") for wire in wires
    )
    scene.dispose()


@pytest.mark.parametrize("shades", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_far_pixels_tell_the_facts(make_hand: Callable[..., Any], shades: theme.Theme) -> None:
    hand = make_hand(drawing(), width=1400, height=900)
    theme.use(shades)
    hand.canvas.camera.zoom_to(0.24)
    hand.canvas.camera.centre_on(QPointF(1900, 900))
    assert hand.canvas.drawing.detail is Detail.FAR
    image = picture(hand)

    def middle(name: str) -> QColor:
        left, top, right, bottom = hand.canvas.drawing.nodes[name].box()
        return colour(hand, image, (left + right) / 2, (top + bottom) / 2)

    assert middle("a").name() == shades.family("io")
    assert middle("b").name() == shades.tint("blue")
    assert middle("c").name() == shades.ground, "bypassed: an outline"
    left, top, _, bottom = hand.canvas.drawing.nodes["c"].box()
    assert colour(hand, image, left + 5, (top + bottom) / 2).name() == shades.family("activation")
    right = hand.canvas.drawing.nodes["d"].box()[2]
    assert colour(hand, image, right + 4, 0.0).name() == shades.bad
    place = hand.canvas.mapFromScene(QPointF(800, BENDS[0][1]))
    near = [image.pixelColor(place + QPoint(0, dy)).name() for dy in (-1, 0, 1)]
    assert shades.wire in near, "the bend of a route"
    assert colour(hand, image, 1700, 2100).name() != shades.ground, "a note is a tinted box"
    assert colour(hand, image, -9, 1610).name() != shades.ground, "a frame is a tinted box"
    theme.use(theme.DARK)


def test_what_stands_still_is_kept_while_others_move(make_hand: Callable[..., Any]) -> None:
    hand = make_hand(large())
    hand.canvas.camera.zoom_to(0.2)
    hand.canvas.camera.centre_on(QPointF(2000, 3300))
    scene = hand.canvas.drawing
    scene.selection.set(("n448", "n449"))
    scene.preview_places({"n448": (1760.0, 4000.0), "n449": (1980.0, 4000.0)})
    picture(hand)
    scene.preview_places({"n448": (1860.0, 4200.0), "n449": (2080.0, 4200.0)})
    kept = picture(hand)
    scene.far.rest()
    assert _unlike(picture(hand), kept) < 5, "wires in hand lie over boxes, by a pixel here"
    scene.end_preview()
    assert same(scene)


def test_only_what_is_around_the_view_stands_in_the_scene(make_hand: Callable[..., Any]) -> None:
    hand = make_hand(large())
    scene = hand.canvas.drawing
    assert len(scene.nodes) > MANY
    hand.canvas.go_to("n210")
    hand.canvas.zoom_reset()
    seen = set(scene.presence.nodes)
    assert "n210" in seen
    assert len(seen) < len(scene.nodes) / 2
    for zoom in (FAR_BELOW_MANY + 0.01, FAR_BELOW_MANY - 0.01, FAR_BELOW_MANY + 0.01, 1.0):
        hand.canvas.camera.zoom_to(zoom)
        far = scene.detail is Detail.FAR
        assert far == (zoom < FAR_BELOW_MANY)
        box = hand.canvas.camera.visible()
        visible = {
            name for name, item in scene.nodes.items() if item.sceneBoundingRect().intersects(box)
        }
        assert all((scene.nodes[name].scene() is None) == far for name in visible)
        wires = [w for w, line in scene.wires.items() if line.sceneBoundingRect().intersects(box)]
        assert all((scene.wires[wire].scene() is None) == far for wire in wires)
    hand.canvas.frame_all()
    assert not scene.presence.nodes
    hand.check()


def test_a_large_drawing_follows_as_a_small_one(make_hand: Callable[..., Any]) -> None:
    hand = make_hand(large())
    scene, document = hand.canvas.drawing, hand.document
    assert same(scene)
    document.do(steps.set_variable(document, Variable("size", 16)))
    assert scene.later.nodes, "what nobody sees waits"
    assert scene.face("n449").parameters == "272", "who asks gets the new face"
    assert same(scene)
    places = {name: (node.at[0] + 40, node.at[1] + 24) for name, node in hand.network.nodes.items()}
    document.do(steps.move(document, "main", places))
    assert scene.later.wires
    wire = next(iter(hand.network.wires))
    assert scene.wires[wire].path.start == scene.port("n0", "out", "output")
    assert same(scene)
    hand.canvas.zoom_reset()
    hand.canvas.go_to("n200")
    for change in (document.undo, document.redo, document.undo):
        change()
        for name in scene.presence.nodes:
            assert name not in scene.later.nodes
        for line in scene.presence.wires:
            assert line not in scene.later.wires
        assert same(scene)
    document.do(steps.delete(document, "main", tuple(f"n{i}" for i in range(20, 320))))
    assert same(scene)
    document.undo()
    assert same(scene)


def test_waiting_work_is_done_in_slices(make_hand: Callable[..., Any], qtbot: Any) -> None:
    hand = make_hand(large())
    scene = hand.canvas.drawing
    hand.document.do(steps.set_variable(hand.document, Variable("size", 24)))
    assert scene.later.nodes
    qtbot.waitUntil(lambda: not (scene.later.nodes or scene.later.wires), timeout=60_000)
    assert scene.nodes["n449"].known_face.parameters == "600"
    assert scene.far.table.snapshot() == _far_of(hand.document)


def _far_of(document: Document) -> Any:
    fresh = NetworkScene(document)
    try:
        return fresh.far.table.snapshot()
    finally:
        fresh.dispose()


def test_selecting_all_shows_far_and_near(make_hand: Callable[..., Any]) -> None:
    hand = make_hand(large())
    scene = hand.canvas.drawing
    hand.canvas.frame_all()
    hand.canvas.select_all()
    assert scene.far.table.chosen.sum() == len(scene.nodes)
    hand.canvas.zoom_reset()
    assert scene.presence.nodes
    assert all(scene.nodes[name].selected for name in scene.presence.nodes)
    scene.selection.set(("n0",))
    assert [name for name in scene.presence.nodes if scene.nodes[name].selected] in ([], ["n0"])
    hand.canvas.go_to("n449")
    assert [name for name in scene.presence.nodes if scene.nodes[name].selected] == ["n449"]
    lit = [wire for wire in scene.presence.wires if scene.wires[wire].highlighted]
    assert lit == [Wire("n448", "output", "n449", "input")]


def test_a_large_drawing_is_tidied_beside_the_window(
    make_hand: Callable[..., Any], qtbot: Any
) -> None:
    hand = make_hand(large())
    before = hand.text()
    hand.canvas.tidy()
    assert hand.canvas.arrange.busy
    assert hand.messages[-1] == "Tidying 450 nodes. Escape gives it up."
    assert hand.text() == before, "the window goes on meanwhile"
    qtbot.waitUntil(lambda: not hand.canvas.arrange.busy, timeout=60_000)
    assert hand.document.undo_text.startswith("Tidy ")
    lefts = [hand.network.nodes[f"n{index}"].at[0] for index in range(450)]
    assert lefts == sorted(set(lefts)), "a chain in one row"
    hand.check()
    hand.document.undo()
    assert hand.text() == before
    hand.check()


def test_tidying_can_be_given_up(make_hand: Callable[..., Any], qtbot: Any) -> None:
    hand = make_hand(large())
    before = hand.text()
    hand.canvas.tidy()
    hand.key(Qt.Key.Key_Escape)
    assert not hand.canvas.arrange.busy
    assert hand.messages[-1] == "Tidying was given up."
    qtbot.waitUntil(lambda: not hand.canvas.findChildren(Tidying), timeout=60_000)
    assert hand.text() == before


def test_a_drawing_that_has_changed_meanwhile_is_not_tidied(
    make_hand: Callable[..., Any], qtbot: Any
) -> None:
    hand = make_hand(large())
    hand.canvas.tidy()
    hand.document.do(steps.move(hand.document, "main", {"n5": (4.0, 900.0)}))
    changed = hand.text()
    qtbot.waitUntil(lambda: not hand.canvas.arrange.busy, timeout=60_000)
    told = "Not tidied: the drawing has changed meanwhile. Tidy again."
    assert hand.messages[-1] == told
    assert hand.text() == changed


def test_panning_under_what_lies_over_the_canvas_smears_nothing(
    make_hand: Callable[..., Any],
) -> None:
    hand = make_hand(large(), width=900, height=600)
    hand.canvas.zoom_reset()
    hand.canvas.go_to("n210")
    hand.canvas.minimap.want(False)
    hand.canvas.drawing.later.settle()
    hand.canvas.say("A card lies over the drawing.", QPoint(300, 200))
    QApplication.processEvents()
    for by in ((7, 5), (-31, 2), (0, -18), (12, 0)):
        hand.canvas.camera.pan(*by)
        QApplication.processEvents()
    shown = QApplication.primaryScreen().grabWindow(hand.canvas.winId()).toImage()
    hand.canvas.viewport().update()
    QApplication.processEvents()
    anew = QApplication.primaryScreen().grabWindow(hand.canvas.winId()).toImage()
    assert hand.canvas.card.isVisible()
    assert _unlike(shown, anew) < 20


def _unlike(one: QImage, two: QImage) -> int:
    """How many pixels differ by more than a rounding."""
    assert one.size() == two.size()
    count = 0
    for y in range(0, one.height(), 2):
        for x in range(0, one.width(), 2):
            if one.pixel(x, y) != two.pixel(x, y):
                a, b = one.pixelColor(x, y), two.pixelColor(x, y)
                count += abs(a.red() - b.red()) + abs(a.green() - b.green()) > 24
    return count
