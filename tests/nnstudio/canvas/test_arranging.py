"""Order on the canvas: tidied, aligned, spread; as pure places and as a person does it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from nnstudio.canvas.arranging import HEAD, INSET, Box, Place, align, distribute, tidy
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target, templates

CTRL = Qt.KeyboardModifier.ControlModifier
Drawing = tuple[dict[str, Box], list[tuple[str, str]], dict[str, list[str]]]


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Nodes anywhere, wires forward, and two groups."""
    names = [f"n{k}" for k in range(draw(st.integers(1, 16)))]
    size = st.integers(15, 45).map(lambda k: 4.0 * k)
    spot = st.integers(-200, 200).map(lambda k: 4.0 * k)
    boxes = {n: Box(draw(spot), draw(spot), draw(size), draw(size)) for n in names}
    pair = st.tuples(st.sampled_from(names), st.sampled_from(names))
    wires = [
        (a, b) for a, b in draw(st.lists(pair, max_size=24)) if names.index(a) < names.index(b)
    ]
    members = draw(st.lists(st.sampled_from(names), unique=True, max_size=8))
    cut = draw(st.integers(0, 8))
    return boxes, wires, {"first": members[:cut], "second": members[cut:]}


def placed(boxes: dict[str, Box], places: dict[str, Place]) -> dict[str, Box]:
    return {n: Box(*places[n], box.width, box.height) for n, box in boxes.items()}


def apart(one: Box, other: Box) -> bool:
    return (
        one.right <= other.x
        or other.right <= one.x
        or one.bottom <= other.y
        or other.bottom <= one.y
    )


@given(drawings(), st.sampled_from(("across", "down")))
def test_tidied_nodes_stand_apart_in_the_direction_of_their_wires(
    drawing: Drawing, way: Any
) -> None:
    boxes, wires, groups = drawing
    after = placed(boxes, tidy(boxes, wires, groups, way))
    for one, other in combinations(after.values(), 2):
        assert apart(one, other)
    for source, target in wires:
        if way == "across":
            assert after[source].right < after[target].x
        else:
            assert after[source].bottom < after[target].y
    assert min(b.x for b in after.values()) == min(b.x for b in boxes.values())
    assert min(b.y for b in after.values()) == min(b.y for b in boxes.values())
    again = tidy(after, wires, groups, way)
    assert again == {n: (b.x, b.y) for n, b in after.items()}


def test_frames_stay_together_and_others_outside() -> None:
    box = Box(0, 0, 120, 80)
    boxes = dict.fromkeys(("in", "a", "b", "c", "d", "out"), box)
    wires = [("in", "a"), ("a", "b"), ("b", "out"), ("in", "c"), ("c", "d"), ("d", "out")]
    after = placed(boxes, tidy(boxes, wires, {"upper": ("a", "b"), "lower": ("c", "d")}))
    frames = []
    for names in (("a", "b"), ("c", "d")):
        inside = [after[n] for n in names]
        left, top = min(b.x for b in inside) - INSET, min(b.y for b in inside) - HEAD
        right, low = max(b.right for b in inside) + INSET, max(b.bottom for b in inside) + INSET
        frames.append(Box(left, top, right - left, low - top))
    assert apart(*frames)
    assert all(apart(frame, after[n]) for frame in frames for n in ("in", "out"))


def test_a_group_that_wires_leave_and_enter_again_does_not_stand_in_the_way() -> None:
    boxes = dict.fromkeys(("a", "b", "c"), Box(0, 0, 120, 80))
    after = placed(boxes, tidy(boxes, [("a", "b"), ("b", "c")], {"ends": ("a", "c")}))
    assert after["a"].right < after["b"].x
    assert after["b"].right < after["c"].x


def test_wires_arrive_in_the_order_of_the_ports() -> None:
    boxes = dict.fromkeys(("x", "a", "b", "c", "sum"), Box(0, 0, 120, 80))
    wires = [("x", n) for n in "abc"] + [(n, "sum") for n in "cab"]
    after = tidy(boxes, wires)
    heights = [after[n][1] for n in "cab"]
    assert heights == sorted(heights)


def test_a_chain_is_one_straight_row() -> None:
    boxes = {f"n{k}": Box(40.0 * k, 8.0 * k, 120, 60 + 20 * k) for k in range(5)}
    after = tidy(boxes, [(f"n{k}", f"n{k + 1}") for k in range(4)])
    assert {y for _, y in after.values()} == {0.0}


def test_align_and_spread() -> None:
    boxes = {"a": Box(0, 0, 100, 60), "b": Box(300, 40, 140, 100), "c": Box(120, 20, 120, 80)}
    assert {x for x, _ in align(boxes, "left").values()} == {0}
    assert align(boxes, "right") == {"a": (340, 0), "b": (300, 40), "c": (320, 20)}
    assert align(boxes, "middle") == {"a": (168, 0), "b": (152, 40), "c": (160, 20)}
    assert {y for _, y in align(boxes, "top").values()} == {0}
    assert align(boxes, "bottom") == {"a": (0, 80), "b": (300, 40), "c": (120, 60)}
    assert {y for _, y in align(boxes, "ports").values()} == {20}
    assert distribute(boxes, "across") == {"a": (0, 0), "c": (140, 20), "b": (300, 40)}


@pytest.mark.parametrize("id", [info.id for info in templates()])
def test_every_template_can_be_tidied(id: str) -> None:
    project = load_target(f"template:{id}")
    for network in project.networks.values():
        boxes = {name: Box(*node.at, 160, 96) for name, node in network.nodes.items()}
        wires = [(wire.source, wire.target) for wire in network.wires]
        groups = {frame.name: frame.nodes for frame in network.frames.values()}
        after = placed(boxes, tidy(boxes, wires, groups))
        assert all(apart(a, b) for a, b in combinations(after.values(), 2))
        assert all(after[s].right < after[t].x for s, t in wires)


def test_ctrl_l_tidies_everything_as_one_step(lenet: Any) -> None:
    before = lenet.text()
    moved = {"fc1": (-900.0, 700.0), "conv2": (40.0, 660.0)}
    document: Document = lenet.document
    document.do(steps.move(document, "main", moved))
    lenet.key(Qt.Key.Key_L, CTRL)
    assert document.undo_text.startswith("Tidy ")
    nodes = lenet.network.nodes
    assert nodes["conv2"].at[0] < nodes["fc1"].at[0]
    document.undo()
    document.undo()
    assert lenet.text() == before


def test_the_glide_ends_where_the_document_has_the_nodes(lenet: Any, qtbot: Any) -> None:
    document: Document = lenet.document
    document.do(steps.move(document, "main", {"fc1": (-900.0, 700.0)}))
    lenet.key(Qt.Key.Key_L, CTRL)
    scene = lenet.canvas.drawing

    def there() -> bool:
        return all(
            (item.x(), item.y()) == lenet.network.nodes[name].at
            for name, item in scene.nodes.items()
        )

    assert not there()
    qtbot.waitUntil(there, timeout=60_000)


def test_undo_during_the_glide_shows_the_old_places(lenet: Any) -> None:
    document: Document = lenet.document
    document.do(steps.move(document, "main", {"fc1": (-900.0, 700.0)}))
    lenet.key(Qt.Key.Key_L, CTRL)
    document.undo()
    item = lenet.canvas.drawing.nodes["fc1"]
    assert (item.x(), item.y()) == (-900.0, 700.0)


def test_only_the_selected_nodes_are_aligned_and_too_few_are_refused(lenet: Any) -> None:
    lenet.canvas.select(("conv1", "relu1", "fc1"))
    lenet.canvas.arrange.align("top")
    nodes = lenet.network.nodes
    assert nodes["conv1"].at[1] == nodes["relu1"].at[1] == nodes["fc1"].at[1]
    lenet.canvas.select(("conv1",))
    before = lenet.text()
    lenet.canvas.arrange.align("left")
    assert lenet.messages[-1] == "Select at least 2 nodes first."
    assert lenet.text() == before
