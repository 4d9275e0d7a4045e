"""The scene against the document: random steps, every event, and nothing left behind."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

from graph_compiler.model import Network, Project, Variable, Wire
from graph_compiler.registry import layers
from nnstudio import theme
from nnstudio.canvas import CanvasView
from nnstudio.canvas.level_of_detail import Detail
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.templates import load_target

actions = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "wire", "unwire", "delete", "dissolve", "move", "rename", "frame", "unframe",
             "param", "replace", "duplicate", "variable", "undo", "redo"]
        ),
        st.integers(0, 500),
        st.integers(0, 500),
    ),
    max_size=25,
)  # fmt: skip


def act(document: Document, what: str, one: int, two: int) -> None:
    """One random step; what is refused changes nothing."""
    network = document.network("main")
    names, types = list(network.nodes), sorted(layers())
    first = names[one % len(names)] if names else ""
    second = names[two % len(names)] if names else ""
    wires = list(network.wires)
    at = (float(one % 9 * 100), float(two % 7 * 80))
    try:
        match what:
            case "add":
                document.do(steps.add_layer(document, "main", types[one % len(types)], at))
            case "wire":
                wire = Wire(first, "output", second, "input" if two % 3 else "input1")
                document.do(steps.connect(document, "main", wire))
            case "unwire" if wires:
                document.do(steps.disconnect(document, "main", wires[one % len(wires)]))
            case "delete":
                document.do(steps.delete(document, "main", {first, second}))
            case "dissolve":
                document.do(steps.dissolve(document, "main", (first,)))
            case "move":
                document.do(steps.move(document, "main", {first: at}))
            case "rename":
                document.do(steps.rename(document, "main", first, f"renamed{two}"))
            case "frame":
                document.do(steps.add_frame(document, "main", {first, second}))
            case "unframe" if network.frames:
                document.do(steps.remove_frame(document, "main", next(iter(network.frames))))
            case "param" if first:
                param = layers()[network.nodes[first].type].params[0]
                document.do(steps.set_param(document, "main", first, param.name, one % 40 + 1))
            case "replace" if first:
                document.do(steps.replace_type(document, "main", first, types[two % len(types)]))
            case "duplicate":
                document.do(steps.duplicate(document, "main", {first, second}))
            case "variable":
                document.do(steps.set_variable(document, Variable("hidden", one % 90 + 8)))
            case "undo":
                document.undo()
            case "redo":
                document.redo()
    except (Refused, IndexError):
        pass


@given(actions=actions, start=st.sampled_from(["lenet5", "mlp", ""]), far=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_scene_that_follows_equals_one_that_is_built_anew(
    qapp: Any, actions: list[tuple[str, int, int]], start: str, far: bool
) -> None:
    project = (
        load_target(f"template:{start}") if start else Project(networks={"main": Network("main")})
    )
    document = Document(project)
    scene = NetworkScene(document)
    if far:
        scene.look_at(QRectF(), Detail.FAR)
    for action in actions:
        act(document, *action)
        fresh = NetworkScene(document)
        assert scene.snapshot() == fresh.snapshot()
        fresh.dispose()
    assert all((item.scene() is None) == far for item in scene.nodes.values())
    scene.dispose()
    assert document.listener_count == 0


def test_another_network_of_the_project_is_left_alone(qapp: Any) -> None:
    project = load_target("template:mlp")
    project.networks["other"] = Network("other")
    document = Document(project)
    scene = NetworkScene(document, "other")
    before = scene.snapshot()
    document.do(steps.delete(document, "main", ("fc1",)))
    assert scene.snapshot() == before
    document.do(steps.add_layer(document, "other", "ReLU", (0, 0)))
    assert set(scene.nodes) == {"relu1"}
    scene.dispose()


def test_a_disposed_canvas_leaves_nothing_behind(qtbot: Any) -> None:
    document = Document(load_target("template:lenet5"))
    canvas = CanvasView(document)
    canvas.show()
    canvas.select(("fc1",))
    canvas.open_search()
    items = [weakref.ref(item) for item in canvas.drawing.nodes.values()]
    assert document.listener_count == 1
    canvas.dispose()
    assert document.listener_count == 0
    canvas.close()
    canvas.deleteLater()
    QApplication.processEvents()
    del canvas
    gc.collect()
    assert [ref() for ref in items if ref() is not None] == []
    theme.use(theme.LIGHT)
    theme.use(theme.DARK)
    document.do(steps.delete(document, "main", ("fc1",)))


def test_a_step_in_the_middle_of_a_gesture_ends_it(lenet: Any) -> None:
    """Undo by the toolbar, or another part's edit, while the mouse holds a node or a wire."""
    start = lenet.at("fc2")
    lenet.press(start)
    lenet.move(start + start / 4)
    lenet.document.do(steps.delete(lenet.document, "main", ("fc2",)))
    lenet.move(start)
    lenet.release(start)
    lenet.check()
    lenet.press(lenet.port("fc3", "output", "out"))
    lenet.move(lenet.void())
    lenet.document.undo()
    lenet.release(lenet.void())
    lenet.check()
    assert lenet.popup is None


def test_both_themes_paint_every_level_of_detail(lenet: Any) -> None:
    canvas = lenet.canvas
    seen = set()
    for shades in (theme.DARK, theme.LIGHT):
        theme.use(shades)
        for zoom in (1.0, 0.4, 0.1):
            canvas.camera.zoom_to(zoom)
            QApplication.processEvents()
            picture = canvas.viewport().grab().toImage()
            corner = picture.pixelColor(picture.width() - 2, picture.height() - 2)
            assert corner.name() == shades.ground
            seen.add(bytes(picture.constBits()))
    assert len(seen) == 6
    theme.use(theme.DARK)


def test_names_from_a_file_are_shown_as_they_are(make_hand: Any) -> None:
    from graph_compiler.model import Frame, Node

    network = Network("main", "", {"a": Node("a", "<b>Odd</b>", {"<i>": "<u>x</u>"})})
    network.frames["<h1>title</h1>"] = Frame("<h1>title</h1>", ("a",))
    hand = make_hand(Document(Project(networks={"main": network})))
    face = hand.canvas.drawing.face("a")
    assert face.title == "<b>Odd</b>"
    assert face.rows[0].label == "<i>"
    assert face.severity == "error"
    hand.move(hand.void())
    hand.move(hand.canvas.badge_position("a"))
    assert "<b>Odd</b>" in hand.canvas.card.text
    hand.click(hand.canvas.badge_position("a"))
    assert any("<b>Odd</b>" in text for text in hand.popup.texts())
