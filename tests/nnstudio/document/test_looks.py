"""Routes of wires, notes and colours as steps: what follows, is refused, and comes back by undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from graph_compiler.files import project_text
from graph_compiler.model import Note, Route, Wire
from nnstudio.document import steps
from nnstudio.document.clipboard import copy_text
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.events import (
    Event,
    NodesMoved,
    NoteChanged,
    ReportChanged,
    RouteChanged,
    WireAdded,
    WireRemoved,
)

FIRST = Wire("fc1", "output", "relu1", "input")
SECOND = Wire("relu1", "output", "fc2", "input")
BENT = Route(((300.0, 0.0), (350.0, 60.0)), "orthogonal")


def reason(make: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        make()
    return caught.value.reason


@contextmanager
def undone(document: Document) -> Iterator[list[Event]]:
    """Whatever is done inside is taken back, done again and taken back, each exactly."""
    start = project_text(document.project)
    heard: list[Event] = []
    stop = document.subscribe(heard.append)
    yield heard
    stop()
    end = project_text(document.project)
    count = 0
    while project_text(document.project) != start:
        document.undo()
        count += 1
    for _ in range(count):
        document.redo()
    assert project_text(document.project) == end
    for _ in range(count):
        document.undo()


@pytest.fixture
def routed(mlp: Document) -> Document:
    """The small network with a bent wire and a link, as it is opened."""
    network = mlp.network()
    network.routes[FIRST] = BENT
    network.routes[SECOND] = Route(((500.0, 40.0),), "straight", "skip")
    return mlp


def routes(document: Document, network: str = "main") -> dict[str, Route]:
    return {str(wire): route for wire, route in document.network(network).routes.items()}


def test_a_route_is_set_told_and_taken_back(mlp: Document) -> None:
    with undone(mlp) as heard:
        mlp.do(steps.set_route(mlp, "main", FIRST, BENT))
        assert routes(mlp) == {str(FIRST): BENT}
        assert heard[0] == RouteChanged("main", FIRST)
        assert not any(isinstance(event, ReportChanged) for event in heard)
        assert mlp.undo_text == "Route the wire to relu1"
        mlp.do(steps.set_routes(mlp, "main", {FIRST: Route(), SECOND: BENT}))
        assert routes(mlp) == {str(SECOND): BENT}
        assert mlp.undo_text == "Route 2 wires"
    mlp.do(steps.set_route(mlp, "main", FIRST, Route()))
    assert not mlp.can_undo


def test_one_drag_of_a_point_is_one_step(mlp: Document) -> None:
    for x in range(5):
        mlp.do(steps.set_route(mlp, "main", FIRST, Route(((float(x), 0.0),))), "drag")
    mlp.undo()
    assert not mlp.can_undo
    assert routes(mlp) == {}


@pytest.mark.parametrize(
    ("route", "why"),
    [
        (Route(style="wavy"), "“wavy” is no style of a wire. Choose one from the list."),
        (
            Route(((float("nan"), 0.0),)),
            "A point of the wire lies nowhere. Choose another place.",
        ),
        (
            Route(((1e300, 0.0),)),
            "This place is too far away. Choose one nearer to the other nodes.",
        ),
        (
            Route(((0.0, 0.0),) * 1001),
            "A wire runs through 1000 points at most. Remove some of them.",
        ),
        (Route(link="x" * 81), "A link's name has at most 80 printable characters."),
        (Route(link="a\x00b"), "A link's name has at most 80 printable characters."),
    ],
)
def test_routes_that_no_canvas_can_draw(mlp: Document, route: Route, why: str) -> None:
    assert reason(lambda: steps.set_route(mlp, "main", FIRST, route)) == why


def test_a_route_of_no_wire_is_refused(mlp: Document) -> None:
    lost = Wire("fc1", "output", "fc2", "input")
    assert reason(lambda: steps.set_route(mlp, "main", lost, BENT)) == (
        "There is no wire fc1.output -> fc2.input."
    )


def test_a_wire_whose_end_moves_keeps_its_route(routed: Document) -> None:
    with undone(routed) as heard:
        new = Wire("inputs", "output", "relu1", "input")
        routed.do(steps.rewire(routed, "main", FIRST, new))
        assert routes(routed)[str(new)] == BENT
        assert [type(event) for event in heard[:2]] == [WireRemoved, WireAdded]
        assert routed.undo_text == "Connect inputs to relu1"
    cycle = Wire("fc2", "output", "relu1", "input")
    assert reason(lambda: steps.rewire(routed, "main", FIRST, cycle)).startswith("relu1 already")
    assert reason(lambda: steps.rewire(routed, "main", cycle, FIRST)) == (
        "There is no wire fc2.output -> relu1.input."
    )


def test_a_new_wire_in_place_of_another_has_no_route(routed: Document) -> None:
    with undone(routed):
        routed.do(steps.connect(routed, "main", Wire("inputs", "output", "relu1", "input")))
        assert routes(routed) == {str(SECOND): Route(((500.0, 40.0),), "straight", "skip")}


def test_deleting_and_undo_bring_the_route_back_exactly(routed: Document) -> None:
    before = routes(routed)
    routed.do(steps.delete(routed, "main", ("relu1",)))
    assert routes(routed) == {}
    routed.undo()
    assert routes(routed) == before
    routed.do(steps.disconnect(routed, "main", FIRST))
    assert list(routes(routed)) == [str(SECOND)]
    routed.undo()
    assert routes(routed) == before


def test_renaming_keeps_routes(routed: Document) -> None:
    with undone(routed):
        routed.do(steps.rename(routed, "main", "relu1", "gate"))
        assert list(routes(routed)) == ["fc1.output -> gate.input", "gate.output -> fc2.input"]


@pytest.mark.parametrize(
    ("at", "first", "second"),
    [
        ((190.0, -10.0), (), BENT.points),
        ((245.0, 10.0), BENT.points[:1], BENT.points[1:]),
        ((400.0, 40.0), BENT.points, ()),
    ],
)
def test_a_layer_on_a_wire_parts_its_points(
    routed: Document,
    at: tuple[float, float],
    first: tuple[tuple[float, float], ...],
    second: tuple[tuple[float, float], ...],
) -> None:
    with undone(routed):
        routed.do(steps.insert_on_wire(routed, "main", FIRST, "Dropout", at))
        found = routes(routed)
        assert found["fc1.output -> dropout1.input"] == Route(first, "orthogonal")
        assert found["dropout1.output -> relu1.input"] == Route(second, "orthogonal")


@pytest.mark.parametrize(("x", "kept"), [(420.0, "second"), (700.0, "first")])
def test_a_layer_on_a_link_leaves_it_to_the_longer_half(
    routed: Document, x: float, kept: str
) -> None:
    routed.do(steps.insert_on_wire(routed, "main", SECOND, "Dropout", (x, 40.0)))
    first = routes(routed).get("relu1.output -> dropout1.input", Route())
    second = routes(routed).get("dropout1.output -> fc2.input", Route())
    assert (first.link, second.link) == (("", "skip") if kept == "second" else ("skip", ""))


def test_dissolving_joins_the_points(routed: Document) -> None:
    with undone(routed):
        routed.do(steps.dissolve(routed, "main", ("relu1",)))
        assert routes(routed) == {
            "fc1.output -> fc2.input": Route((*BENT.points, (500.0, 40.0)), "straight", "skip")
        }


def test_what_is_inserted_and_dissolved_leaves_the_route_as_it_was(routed: Document) -> None:
    before = routes(routed)
    for at in ((190.0, -10.0), (245.0, 10.0), (400.0, 40.0)):
        routed.do(steps.insert_on_wire(routed, "main", FIRST, "Dropout", at))
        routed.do(steps.dissolve(routed, "main", ("dropout1",)))
        assert routes(routed) == before


def test_dissolving_takes_the_first_input_whatever_feeds_the_others(mlp: Document) -> None:
    mlp.do(steps.add_layer(mlp, "main", "Add", (600.0, 200.0), name="both"))
    mlp.do(steps.connect(mlp, "main", Wire("relu1", "output", "both", "input1")))
    mlp.do(steps.connect(mlp, "main", Wire("fc1", "output", "both", "input2")))
    mlp.do(steps.connect(mlp, "main", Wire("both", "output", "fc2", "input")))
    mlp.do(steps.dissolve(mlp, "main", ("both",)))
    assert SECOND in mlp.network().wires


def test_another_layer_in_its_place_keeps_the_routes(routed: Document) -> None:
    before = routes(routed)
    with undone(routed):
        routed.do(steps.replace_type(routed, "main", "relu1", "Tanh"))
        assert routes(routed) == before
        routed.do(steps.replace_type(routed, "main", "relu1", "Add"))
        assert routes(routed)["fc1.output -> relu1.input1"] == BENT


def test_points_move_with_nodes_that_move_alike(routed: Document) -> None:
    with undone(routed) as heard:
        at = {"fc1": (210.0, 50.0), "relu1": (410.0, 50.0)}
        routed.do(steps.move(routed, "main", at), "drag")
        assert routes(routed)[str(FIRST)].points == ((310.0, 50.0), (360.0, 110.0))
        assert routes(routed)[str(SECOND)].points == ((500.0, 40.0),)
        assert heard[:2] == [NodesMoved("main", ("fc1", "relu1")), RouteChanged("main", FIRST)]
        at = {"fc1": (220.0, 60.0), "relu1": (420.0, 60.0)}
        routed.do(steps.move(routed, "main", at), "drag")
        routed.undo()
        assert not routed.can_undo
        routed.redo()
        assert routes(routed)[str(FIRST)].points == ((320.0, 60.0), (370.0, 120.0))
        routed.do(steps.move(routed, "main", {"fc1": (0.0, 0.0), "relu1": (420.0, 60.0)}))
        assert routes(routed)[str(FIRST)].points == ((320.0, 60.0), (370.0, 120.0))


def test_copies_have_the_routes_among_them_moved_along(routed: Document) -> None:
    text = copy_text(routed, "main", ("fc1", "relu1"))
    assert (
        '  "routes": {\n    "fc1.output -> relu1.input": {"points": [[300, 0], [350, 60]], '
        '"style": "orthogonal"}\n  }'
    ) in text
    with undone(routed):
        routed.do(steps.paste(routed, "main", text, (200.0, 500.0)))
        assert routes(routed)["fc3.output -> relu2.input"] == Route(
            ((300.0, 500.0), (350.0, 560.0)), "orthogonal"
        )
    with undone(routed):
        routed.do(steps.duplicate(routed, "main", ("fc1", "relu1", "fc2")))
        assert len(routes(routed)) == 4


def test_a_pasted_route_that_leads_nowhere_is_refused(routed: Document) -> None:
    text = copy_text(routed, "main", ("fc1", "relu1")).replace("[350, 60]", "[9e6, 60]")
    assert reason(lambda: steps.paste(routed, "main", text)) == (
        "This place is too far away. Choose one nearer to the other nodes."
    )
    text = text.replace("relu1.input", "relu1.lost", 1)
    assert reason(lambda: steps.paste(routed, "main", text)).startswith(
        "The clipboard's nodes cannot be read: routes.fc1.output -> relu1.input: expected the text"
    )


def test_group_and_ungroup_give_routes_notes_and_colours_back(routed: Document) -> None:
    routed.do(steps.set_colour(routed, "main", ("fc1", "relu1"), "violet"))
    routed.do(steps.set_frame_colour(routed, "main", "body", "green"))
    routed.do(steps.add_note(routed, "main", (220.0, 10.0), "Inside.", (100.0, 40.0), "blue"))
    routed.do(steps.add_note(routed, "main", (220.0, -300.0), "Outside."))
    enter = Wire("inputs", "output", "fc1", "input")
    routed.do(
        steps.set_route(routed, "main", enter, Route(((100.0, 50.0), (220.0, 10.0)), "straight"))
    )
    before = project_text(routed.project)
    routed.do(steps.group(routed, "main", ("fc1", "relu1"), "Half"))
    assert routes(routed) == {
        "inputs.output -> half1.x": Route(((100.0, 50.0),), "straight"),
        "half1.y -> fc2.input": Route((), "straight", "skip"),
    }
    assert routes(routed, "Half") == {
        "fc1.output -> relu1.input": BENT,
        "relu1.output -> y.input": Route(((500.0, 40.0),), "straight"),
        "x.output -> fc1.input": Route(((220.0, 10.0),), "straight"),
    }
    assert list(routed.network("Half").notes) == ["note1"]
    assert list(routed.network().notes) == ["note2"]
    grouped = project_text(routed.project)
    routed.do(steps.ungroup(routed, "main", "half1"))
    assert project_text(routed.project) == before
    routed.undo()
    assert project_text(routed.project) == grouped
    routed.undo()
    assert project_text(routed.project) == before


def test_wires_that_share_a_port_come_back_each_as_it_was(mlp: Document) -> None:
    for number, name in enumerate(("a", "b", "c"), 1):
        mlp.do(steps.add_layer(mlp, "main", "Tanh", (600.0, 200.0 * number), name=name))
        wire = Wire("relu1", "output", name, "input")
        mlp.do(steps.connect(mlp, "main", wire))
        points = ((480.0, 20.0), (480.0, 40.0 * number))
        look = Route(points, ("", "straight", "straight")[number - 1], ("x", "", "z")[number - 1])
        mlp.do(steps.set_route(mlp, "main", wire, look))
    for name in ("a", "b", "c"):
        mlp.do(steps.append_layer(mlp, "main", name, "Output"))
    before = project_text(mlp.project)
    for held in (("a", "b", "c"), ("a", "b"), ("relu1",), ("fc1", "relu1", "a")):
        mlp.do(steps.group(mlp, "main", held, "Part"))
        mlp.do(steps.ungroup(mlp, "main", "part1"))
        assert project_text(mlp.project) == before, held


def test_a_moved_block_comes_apart_where_it_stands(routed: Document) -> None:
    routed.do(steps.group(routed, "main", ("fc1", "relu1"), "Half"))
    x, y = routed.network().nodes["half1"].at
    routed.do(steps.move(routed, "main", {"half1": (x + 40.0, y + 80.0)}))
    routed.do(steps.ungroup(routed, "main", "half1"))
    assert routes(routed)[str(FIRST)].points == ((340.0, 80.0), (390.0, 140.0))


def test_ports_of_a_block_that_get_other_names_keep_the_routes(routed: Document) -> None:
    routed.do(steps.group(routed, "main", ("fc1", "relu1"), "Half"))
    routed.do(steps.set_route(routed, "main", Wire("half1", "y", "fc2", "input"), BENT))
    with undone(routed):
        routed.do(steps.rename(routed, "Half", "y", "out"))
        assert routes(routed)["half1.out -> fc2.input"] == BENT


def test_notes_come_change_move_and_go(mlp: Document) -> None:
    with undone(mlp) as heard:
        mlp.do(steps.add_note(mlp, "main", (10.0, 20.0), "First <b>words</b>\n"))
        assert mlp.network().notes == {
            "note1": Note("note1", "First <b>words</b>\n", (10.0, 20.0), (240.0, 120.0))
        }
        assert heard[0] == NoteChanged("main", "note1")
        assert not any(isinstance(event, ReportChanged) for event in heard)
        mlp.do(steps.edit_note(mlp, "main", "note1", text="Other", colour="blue"), "write")
        mlp.do(steps.edit_note(mlp, "main", "note1", text="Others", size=(1.0, 1e9)), "write")
        assert mlp.undo_text == "Write a note"
        assert mlp.network().notes["note1"] == Note(
            "note1", "Others", (10.0, 20.0), (40.0, 10_000.0), "blue"
        )
        mlp.undo()
        assert mlp.network().notes["note1"].text == "First <b>words</b>\n"
        mlp.do(steps.move_notes(mlp, "main", {"note1": (0.0, 0.0)}))
        mlp.do(steps.move(mlp, "main", {"fc1": (0.0, 400.0)}, {"note1": (8.0, 8.0)}))
        assert mlp.network().notes["note1"].at == (8.0, 8.0)
        mlp.do(steps.duplicate(mlp, "main", (), ("note1",)))
        assert mlp.undo_text == "Duplicate a note"
        assert list(mlp.network().notes) == ["note1", "note2"]
        mlp.do(steps.remove_note(mlp, "main", "note1"))
        mlp.do(steps.delete(mlp, "main", ("fc1",), (), ("note2",)))
        assert (mlp.undo_text, mlp.network().notes) == ("Delete fc1", {})


def test_a_note_is_pasted_from_text(mlp: Document) -> None:
    mlp.do(steps.add_note(mlp, "main", (10.0, 20.0), "Read me"))
    text = copy_text(mlp, "main", (), ("note1",))
    mlp.do(steps.paste(mlp, "main", text, (400.0, 400.0)))
    assert mlp.undo_text == "Paste a note"
    assert mlp.network().notes["note2"].at == (400.0, 400.0)
    mlp.do(steps.paste(mlp, "main", '{"notes": {"hello": {"text": "Typed"}}}', (0.0, 0.0)))
    assert mlp.network().notes["hello"].text == "Typed"


def test_what_notes_and_colours_refuse(mlp: Document) -> None:
    mlp.do(steps.add_note(mlp, "main", (0.0, 0.0)))
    refused = {
        "There is no note “lost”.": lambda: steps.remove_note(mlp, "main", "lost"),
        "A note has at most 10,000 characters. Divide it into two.": lambda: steps.edit_note(
            mlp, "main", "note1", text="x" * 10_001
        ),
        "This place is too far away. Choose one nearer to the other nodes.": (
            lambda: steps.move_notes(mlp, "main", {"note1": (float("inf"), 0.0)})
        ),
        "This is no name of a colour. Choose one from the list.": lambda: steps.set_colour(
            mlp, "main", ("fc1",), "red; x"
        ),
        "There is nothing to colour. Select a node first.": lambda: steps.set_colour(
            mlp, "main", (), "red"
        ),
    }
    for why, make in refused.items():
        assert reason(make) == why
    assert reason(lambda: steps.edit_note(mlp, "main", "note1", size=(float("nan"), 9.0))) == (
        "A note needs a size. Draw it larger."
    )


def test_colours_of_nodes(mlp: Document) -> None:
    written = mlp.source()
    with undone(mlp):
        mlp.do(steps.set_colour(mlp, "main", ("fc1", "fc2"), "blue"))
        assert [node.colour for node in mlp.network().nodes.values()] == [
            "",
            "blue",
            "",
            "blue",
            "",
        ]
        assert mlp.undo_text == "Colour 2 nodes"
        assert mlp.source() == written
