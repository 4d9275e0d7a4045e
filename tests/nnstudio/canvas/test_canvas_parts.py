"""The canvas's parts by themselves: ways of wires, places, searches, words, marks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QNativeGestureEvent, QPointingDevice
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Wire
from graph_compiler.registry import layers
from nnstudio.canvas import fuzzy, placement
from nnstudio.canvas.face import thousands
from nnstudio.canvas.hits import hit
from nnstudio.canvas.layer_search import layer_choices
from nnstudio.canvas.level_of_detail import Detail, detail_at, limited
from nnstudio.canvas.spatial import Spatial, touches
from nnstudio.canvas.wire_path import route, runs_forward
from nnstudio.document import steps

numbers = st.floats(-5000, 5000, allow_nan=False)
boxes = st.tuples(numbers, numbers, st.floats(0, 3000), st.floats(0, 3000)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.dictionaries(st.integers(0, 20), boxes), st.lists(st.integers(0, 20)), boxes)
def test_places_are_found_as_by_asking_each(
    held: dict[int, Any], gone: list[int], where: Any
) -> None:
    places: Spatial[int] = Spatial()
    for key, box in held.items():
        places.put(key, (0.0, 0.0, 1.0, 1.0))
        places.put(key, box)
    for key in gone:
        places.remove(key)
    left = {key: box for key, box in held.items() if key not in gone}
    assert set(places.within(where)) == {k for k, box in left.items() if touches(box, where)}
    assert len(places) == len(left)


@given(numbers, numbers, numbers, numbers)
def test_a_wire_begins_and_ends_at_its_ports_without_a_gap(
    x1: float, y1: float, x2: float, y2: float
) -> None:
    path = route((x1, y1), (x2, y2))
    assert path.start == (x1, y1)
    assert path.end == (x2, y2)
    left, top, right, bottom = path.bounds()
    for x, y in [*path.points(), path.middle()]:
        assert left - 1e-6 <= x <= right + 1e-6
        assert top - 1e-6 <= y <= bottom + 1e-6
    assert path.distance((x1, y1)) < 1e-6
    # It leaves to the right and arrives from the left.
    if (x1, y1) != (x2, y2):
        assert path.segments[0][0][0] >= x1
        assert path.segments[-1][1][0] <= x2


def test_a_wire_forward_is_straight_and_one_around_a_node_arches() -> None:
    straight = route((0, 0), (100, 0))
    assert all(abs(y) < 1e-9 for _, y in straight.points())
    blocked = (100.0, -20.0, 200.0, 40.0)
    arch = route((0, 0), (300, 0), obstacles=[blocked])
    inside = [
        p for p in arch.points() if blocked[0] <= p[0] <= blocked[2] and blocked[1] <= p[1] <= 40
    ]
    assert inside == []
    assert all(a[0] <= b[0] + 1e-9 for a, b in pairwise(arch.points()))


def test_a_wire_back_runs_along_the_lane_between_the_rows() -> None:
    source, target = (800.0, 0.0, 920.0, 100.0), (0.0, 180.0, 120.0, 240.0)
    assert not runs_forward((920, 24), (0, 204))
    path = route((920, 24), (0, 204), source, target)
    lane = [(x, y) for x, y in path.points() if 100 < x < 800]
    assert lane
    assert all(abs(y - 140) < 1e-9 for _, y in lane)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("conv", "Convolution 2D"),
        ("c2d", "Convolution 2D"),
        ("mp", "Max pooling 2D"),
        ("pool", "Max pooling 2D"),
        ("linear", "Linear"),
        ("swish", "SiLU (swish)"),
        ("residual", "Add"),
        ("Conv2d", "Convolution 2D"),
    ],
)
def test_the_search_finds_what_is_meant(qapp: Any, typed: str, title: str) -> None:
    choices = layer_choices(layers())
    ranked = sorted(choices, key=lambda one: -fuzzy.score(typed, one.title, one.words))
    assert ranked[0].title == title


def test_the_search_finds_nothing_where_letters_are_missing() -> None:
    assert fuzzy.score("xyz", "Convolution 2D", ("filter",)) == fuzzy.NO_MATCH
    assert fuzzy.score("", "Linear") == 0.0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8)), max_size=12))
def test_a_free_place_covers_no_node(qapp: Any, at: list[tuple[int, int]]) -> None:
    from graph_compiler.model import Network, Project
    from nnstudio.canvas.scene import NetworkScene
    from nnstudio.document.document import Document

    document = Document(Project(networks={"main": Network("main")}))
    for x, y in at:
        document.do(steps.add_layer(document, "main", "Conv2d", (x * 60.0, y * 40.0)))
    scene = NetworkScene(document)
    size = placement.size_of("Linear", scene)
    x, y = placement.free(scene, (100.0, 100.0), size)
    assert scene.node_places.within((x, y, x + size[0], y + size[1])) == []
    assert (x % 4, y % 4) == (0, 0)
    scene.dispose()


def test_detail_follows_the_zoom() -> None:
    assert [detail_at(z) for z in (0.1, 0.249, 0.25, 0.49, 0.5, 2.0)] == [
        Detail.FAR,
        Detail.FAR,
        Detail.MIDDLE,
        Detail.MIDDLE,
        Detail.NEAR,
        Detail.NEAR,
    ]
    assert (limited(0.0001), limited(1.5), limited(99)) == (0.04, 1.5, 4.0)


def test_numbers_are_grouped_by_thin_spaces() -> None:
    assert [thousands(n) for n in (7, 1234, 61706, 124439808)] == [
        "7",
        "1\u2009234",
        "61\u2009706",
        "124\u2009439\u2009808",
    ]


def test_a_face_tells_shape_parameters_expression_and_ports(lenet: Any) -> None:
    face = lenet.canvas.drawing.face("fc1")
    assert (face.name, face.title, face.family) == ("fc1", "Linear", "dense")
    assert (face.shape, face.parameters) == ("N×120", "48\u2009120")
    assert [(row.label, row.value, row.result) for row in face.rows] == [("units", "hidden", "120")]
    assert [(p.name, p.dtype, p.wired) for p in face.ports] == [
        ("input", "float", True),
        ("output", "float", True),
    ]
    conv = lenet.canvas.drawing.face("conv1")
    assert [(row.label, row.value) for row in conv.rows] == [
        ("filters", "6"),
        ("kernel", "5"),
        ("padding", "2"),
    ]
    assert conv.inputs[0].y == face.inputs[0].y, "ports of a row stand at one height"


def test_a_port_without_a_wire_does_not_take_the_kind_of_another(
    make_hand: Any, make_chain: Any
) -> None:
    document = make_chain(("words", "Input", {"shape": (5, 8)}))
    shape = {"shape": (5,), "dtype": "bool"}
    document.do(steps.add_layer(document, "main", "Input", (0, 400), shape, "mask"))
    document.do(steps.add_layer(document, "main", "MultiheadAttention", (400, 0), {}, "attention"))
    for source, port in (("words", "query"), ("mask", "key_padding_mask")):
        wire = Wire(source, "output", "attention", port)
        document.do(steps.connect(document, "main", wire))
    face = make_hand(document).canvas.drawing.face("attention")
    assert [(p.name, p.dtype, p.wired) for p in face.inputs] == [
        ("query", "float", True),
        ("key", "float", False),
        ("value", "float", False),
        ("key_padding_mask", "bool", True),
        ("attn_mask", "any", False),
    ]


def test_everything_can_be_hit_at_every_zoom(lenet: Any) -> None:
    scene = lenet.canvas.drawing
    for zoom in (2.0, 1.0, 0.3, 0.1):
        for name, item in scene.nodes.items():
            left, _, right, bottom = item.box()
            assert hit(scene, (left + right) / 2, bottom - 8, zoom).node == name
    x, y = scene.port("conv1", "in", "input")
    assert hit(scene, x - 4, y + 3, 1.0).kind == "port"
    wire = lenet.wire("fc1")
    assert hit(scene, *scene.wires[wire].path.middle(), 2.0).wire == wire
    left, top, *_ = scene.frames["features"].title_box()
    assert hit(scene, left + 20, top + 8, 1.0).frame == "features"
    assert hit(scene, -900, -900, 1.0).kind == "void"


LEGEND = "Ports: ○ numbers   ◇ indices   □ mask   ◎ state"


def test_resting_on_something_explains_it(lenet: Any) -> None:
    def rest(place: QPoint) -> str:
        lenet.move(QPoint(3, 3))
        lenet.move(place)
        event = QHelpEvent(QEvent.Type.ToolTip, place, lenet.canvas.viewport().mapToGlobal(place))
        QApplication.sendEvent(lenet.canvas.viewport(), event)
        return lenet.canvas.card.text

    assert rest(lenet.at("flatten")).startswith("Flatten: Lays all axes of an example end to end")
    assert rest(lenet.port("fc1", "output", "out")) == (
        f"fc1.output: N×120\nCarries numbers.\n{LEGEND}"
    )
    assert rest(lenet.port("conv2", "input", "in")) == (
        "conv2.input: images as N×channels×height×width\nFrom pool1: N×6×14×14.\n"
        f"Carries numbers.\n{LEGEND}"
    )
    assert rest(lenet.canvas.wire_position(lenet.wire("conv2"))) == (
        "pool1 → conv2: N×6×14×14\n1\u2009176 for each example; carries numbers.\n"
        "Drag to bend it; double-click adds a point; Alt+drag across cuts."
    )
    assert rest(QPoint(3, 3)) == ""


def test_the_shape_stands_on_a_wire_that_is_selected_or_under_the_mouse(lenet: Any) -> None:
    scene, wire = lenet.canvas.drawing, lenet.wire("conv2")
    labels = [item for item in scene.items() if type(item).__name__ == "WireLabel"]
    assert labels == []
    lenet.move(lenet.canvas.wire_position(wire))
    assert [type(i).__name__ for i in scene.items()].count("WireLabel") == 1
    lenet.click(lenet.canvas.wire_position(wire))
    lenet.move(lenet.void())
    assert [type(i).__name__ for i in scene.items()].count("WireLabel") == 1
    lenet.key(Qt.Key.Key_Escape)
    assert [type(i).__name__ for i in scene.items()].count("WireLabel") == 0


def test_pinching_zooms_at_the_fingers(lenet: Any) -> None:
    place, canvas = QPointF(300, 200), lenet.canvas
    before, zoom = canvas.mapToScene(place.toPoint()), canvas.camera.zoom
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        QPointF(canvas.viewport().mapToGlobal(place.toPoint())),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(canvas.viewport(), event)
    assert canvas.camera.zoom == pytest.approx(zoom * 1.25)
    assert (canvas.mapFromScene(before) - place.toPoint()).manhattanLength() <= 2


def test_a_read_only_project_is_looked_at_and_not_changed(lenet: Any) -> None:
    lenet.canvas.setProperty("read_only", True)
    before = lenet.text()
    lenet.click(lenet.at("fc1"))
    lenet.key(Qt.Key.Key_Delete)
    lenet.drag(lenet.at("fc1"), lenet.at("fc1") + QPoint(60, 90))
    lenet.check()
    assert lenet.text() == before
    assert lenet.selected == ("fc1",)
    assert set(lenet.messages) == {
        "This project is open read only. Save it under another name to change it."
    }


def test_a_join_has_a_port_for_each_wire_and_a_free_one(make_hand: Any, make_chain: Any) -> None:
    document = make_chain(("image", "Input", {"shape": (8,)}), ("relu1", "ReLU", {}))
    document.do(steps.add_layer(document, "main", "Add", (400, 0), {}, "join"))
    hand = make_hand(document)
    names = lambda: [p.name for p in hand.canvas.drawing.face("join").inputs]  # noqa: E731
    assert names() == ["input1"]
    document.do(steps.connect(document, "main", Wire("image", "output", "join", "input1")))
    document.do(steps.connect(document, "main", Wire("relu1", "output", "join", "input2")))
    assert names() == ["input1", "input2", "input3"]
    assert hand.canvas.drawing.face("join").height == 100
    hand.check()
