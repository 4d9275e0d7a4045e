"""The file format: the same project comes back, equal projects have equal texts, old files open."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graph_compiler
from graph_compiler import ProjectError, parse_project, project_text, schema, schema_versions
from graph_compiler.model import (
    DataSource,
    Frame,
    Network,
    Node,
    Note,
    Plan,
    Project,
    Route,
    Stage,
    Variable,
    Wire,
)

FORMATS = Path(__file__).parents[1] / "formats"

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
lines = st.text(characters, max_size=30)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
numbers = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
settings_of = st.dictionaries(names, values, max_size=3)
coordinates = st.floats(-1e6, 1e6)
spots = st.tuples(coordinates, coordinates)
tints = st.sampled_from(["", "blue", "violet"])
routes = st.builds(
    Route,
    st.lists(spots, max_size=4).map(tuple),
    st.sampled_from(["", "curved", "straight", "orthogonal"]),
    lines,
).filter(lambda route: route != Route())


@st.composite
def networks(draw: Callable[..., Any], name: str) -> Network:
    nodes = {
        node: Node(
            node,
            draw(names),
            draw(settings_of),
            (draw(coordinates), draw(coordinates)),
            tuple(sorted(draw(st.sets(names, max_size=2)))),
            bypassed=draw(st.booleans()),
            colour=draw(tints),
        )
        for node in draw(st.lists(names, unique=True, max_size=6))
    }
    network = Network(name, draw(lines), nodes)
    if nodes:
        ends = st.sampled_from(sorted(nodes))
        for source, target, port in draw(st.lists(st.tuples(ends, ends, names), max_size=8)):
            taken = {(wire.target, wire.target_port) for wire in network.wires}
            if (target, port) not in taken:
                network.wires[Wire(source, "output", target, port)] = None
        for frame in draw(st.lists(lines, unique=True, max_size=2)):
            order = schema.in_order(network)
            inside = draw(st.sets(ends, max_size=3))
            members = tuple(sorted(inside, key=order.index))
            network.frames[frame] = Frame(frame, members, draw(tints))
    for wire in network.wires:
        if draw(st.booleans()):
            network.routes[wire] = draw(routes)
    for note in draw(st.lists(names, unique=True, max_size=2)):
        size = (draw(st.floats(1, 1e5)), draw(st.floats(1, 1e5)))
        network.notes[note] = Note(note, draw(texts), draw(spots), size, draw(tints))
    return network


@st.composite
def projects(draw: Callable[..., Any]) -> Project:
    drawn = {name: draw(networks(name)) for name in draw(st.sets(names, min_size=1, max_size=2))}
    training = draw(st.integers(0, 100))
    return Project(
        name=draw(lines),
        about=draw(texts),
        tags=tuple(draw(st.lists(lines, max_size=2))),
        networks=drawn,
        variables={
            name: Variable(
                name,
                draw(values),
                draw(lines),
                draw(st.none() | st.floats(-1e9, 1e9)),
                draw(st.none() | st.integers(-9, 9).map(float)),
            )
            for name in draw(st.sets(names, max_size=3))
        },
        variants={name: draw(settings_of) for name in draw(st.sets(names, max_size=2))},
        data=DataSource(
            draw(names),
            draw(settings_of),
            draw(st.sampled_from(["none", "standard", "unit"])),
            (training / 100, 0.0, (100 - training) / 100),
            draw(st.booleans()),
            draw(st.integers(0, 10**9)),
        ),
        plan=Plan(
            tuple(
                Stage(draw(lines), draw(names), network, draw(settings_of))
                for network in draw(st.lists(st.sampled_from(sorted(drawn)), max_size=2))
            )
        ),
    )


def shuffled(project: Project, seed: int) -> Project:
    """The same content, put together in another order."""
    generator = random.Random(seed)

    def mixed(mapping: Any) -> Any:
        items = list(mapping.items())
        generator.shuffle(items)
        return dict(items)

    return replace(
        project,
        variables=mixed(project.variables),
        networks=mixed(
            {
                name: Network(
                    name,
                    network.title,
                    {
                        key: replace(node, params=mixed(node.params))
                        for key, node in mixed(network.nodes).items()
                    },
                    mixed(network.wires),
                    mixed(network.frames),
                    routes=mixed(network.routes),
                    notes=mixed(network.notes),
                )
                for name, network in project.networks.items()
            }
        ),
    )


@settings(max_examples=150, deadline=None)
@given(projects(), st.integers(0, 1000))
def test_what_is_written_comes_back(project: Project, seed: int) -> None:
    written = project_text(project)
    read = parse_project(written, "x")
    assert read == project
    assert project_text(read) == written
    assert project_text(shuffled(project, seed)) == written


def test_a_bare_project_is_a_file() -> None:
    assert parse_project(project_text(Project()), "x") == Project()


def test_one_line_a_node_and_a_wire() -> None:
    network = Network(
        "main",
        "Net",
        {
            "b": Node("b", "Add", {}, (200.0, 0.5)),
            "a": Node("a", "Input", {"shape": (1, 8)}, (0.0, 0.0), ("dense_on_image",)),
        },
        {Wire("a", "output", "b", f"input{n}"): None for n in (10, 2, 1)},
        {"start": Frame("start", ("a",), "blue")},
    )
    project = Project(
        name="Größe",
        networks={"main": network},
        variables={"w": Variable("w", 4, low=1.0), "b": Variable("b", 0.5, "share")},
        variants={"big": {"w": 8}},
    )
    assert project_text(project) == (FORMATS / "layout.nns").read_text(encoding="utf-8")


KEPT = {
    "v1/lenet5.nns": ("LeNet-5", 61_706),
    "v2/resnet.nns": ("ResNet", 25_557_032),
    "v2/python_layer.nns": ("Gate", 352),
    "v3/looks.nns": ("LeNet-5 with notes", 61_706),
}
"""A file of every version, with the project's name and its parameters."""


def test_a_file_of_every_version_is_kept() -> None:
    found = {path.relative_to(FORMATS).as_posix() for path in FORMATS.glob("v*/*.nns")}
    assert found == KEPT.keys()
    assert {f"v{number}" for number in range(1, schema_versions.VERSION + 1)} == {
        path.partition("/")[0] for path in KEPT
    }


@pytest.mark.parametrize("file", KEPT)
def test_files_of_every_version_open(file: str) -> None:
    project = graph_compiler.load_project(FORMATS / file)
    report = graph_compiler.check_graph(project.graph("main"))
    assert (project.name, report.parameters, report.ok) == (*KEPT[file], True)
    assert parse_project(project_text(project), "x") == project


def test_the_oldest_version_is_written_back_as_it_is_but_for_its_number() -> None:
    """Later versions have added, never changed: the kept file also pins the layout of the text."""
    path = FORMATS / "v1" / "lenet5.nns"
    text = path.read_text(encoding="utf-8")
    newer = text.replace('"version": 1', f'"version": {schema_versions.VERSION}')
    assert project_text(parse_project(text, "x")) == newer


def test_the_newest_version_is_written_back_as_it_is() -> None:
    text = (FORMATS / "v3" / "looks.nns").read_text(encoding="utf-8")
    assert project_text(parse_project(text, "x")) == text


def test_a_route_that_says_nothing_leaves_no_trace() -> None:
    wire = Wire("a", "output", "b", "input")
    nodes = {"a": Node("a", "Input"), "b": Node("b", "Output")}
    plain = Project(networks={"main": Network("main", "", nodes, {wire: None})})
    routed = replace(
        plain, networks={"main": replace(plain.networks["main"], routes={wire: Route()})}
    )
    assert project_text(routed) == project_text(plain)
    written = project_text(plain).replace(
        '"frames": {}', '"frames": {}, "routes": {"a.output -> b.input": {}}'
    )
    assert parse_project(written, "x") == plain


def test_a_project_with_a_route_of_no_wire_is_not_written() -> None:
    network = Network("main", "", {"a": Node("a", "Input")})
    network.routes[Wire("a", "output", "b", "input")] = Route(((0.0, 0.0),))
    with pytest.raises(ProjectError) as caught:
        project_text(Project("x", networks={"main": network}))
    assert str(caught.value) == (
        "x: networks.main.routes.a.output -> b.input: expected the text of a wire of this network, "
        'got "a.output -> b.input". Remove this route.'
    )


def test_structure_survives_the_file() -> None:
    cell = Network(
        "Cell",
        about="One step.",
        params={
            "units": Variable("units", 8, "size", 1, 64),
            "kind": Variable("kind", "a", choices=("a", "b")),
        },
    )
    cell.nodes["x"] = Node("x", "Input", {"shape": ("units",)})
    cell.nodes["y"] = Node("y", "Output")
    cell.wires[Wire("x", "output", "y", "input")] = None
    main = Network("main")
    main.nodes["x"] = Node("x", "Input", {"shape": (3, 8)})
    main.nodes["cells"] = Node("cells", "Cell", {"units": "8 + i"}, repeat="depth", scan="forward")
    main.nodes["other"] = Node("other", "Linear", shares="first", ties={"weight": "word.weight"})
    project = Project(
        networks={"main": main, "Cell": cell}, variables={"depth": Variable("depth", 2)}
    )
    text = project_text(project)
    again = parse_project(text, "x")
    assert again == project
    assert project_text(again) == text
    assert '"cells": {"type": "Cell", "params": {"units": "8 + i"}, "at": [0, 0], ' in text


def test_an_older_version_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_minus_one(raw: dict[str, Any]) -> dict[str, Any]:
        return {**raw, "version": 0, "title": raw["titel"], "titel": None}

    def from_zero(raw: dict[str, Any]) -> dict[str, Any]:
        networks = {"main": {"nodes": raw["nodes"]}}
        return {"format": "nnstudio", "version": 1, "name": raw["title"], "networks": networks}

    monkeypatch.setitem(schema_versions.MIGRATIONS, 0, from_zero)
    monkeypatch.setitem(schema_versions.MIGRATIONS, -1, from_minus_one)
    text = (
        '{"format": "nnstudio", "version": -1, "titel": "Old", "nodes": {"a": {"type": "Input"}}}'
    )
    project = parse_project(text, "x")
    assert project.name == "Old"
    assert project.networks["main"].nodes["a"].type == "Input"
    with pytest.raises(ProjectError) as caught:
        parse_project(text.replace("-1", "-2"), "x")
    assert str(caught.value) == (
        "x: line 1: version: expected a version up to 3, got -2. Restore the file's first lines."
    )


UNWRITABLE = {
    "not finite": (
        Project(variables={"a": Variable("a", float("nan"))}),
        "Untitled: variables.a.value: expected a finite number, got nan. Replace it by a number.",
    ),
    "too large": (
        Project(variables={"a": Variable("a", 10**15)}),
        "Untitled: variables.a.value: expected a whole number of at most 15 digits, "
        "got a larger one. Shrink it.",
    ),
    "half a character": (
        Project(about="\ud800"),
        "Untitled: about: expected whole characters, got half of a surrogate pair. "
        "Type the text anew.",
    ),
    "a loose wire": (
        Project(networks={"main": Network("main", wires={Wire("a", "o", "b", "i"): None})}),
        "Untitled: networks.main.wires: expected the names of two nodes of this network, "
        'got "a.o -> b.i". Add a node a, or remove this wire.',
    ),
    "a value of another kind": (
        Project(data=DataSource(options={"path": {1}})),  # type: ignore[dict-item]
        "Untitled: data.options.path: expected a number, a text, true, false, null or a list of "
        "those, got a value of type set. Replace it by such a value.",
    ),
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_would_not_open_again_is_not_written(case: str, tmp_path: Path) -> None:
    project, expected = UNWRITABLE[case]
    path = tmp_path / "x.nns"
    path.write_text("old")
    with pytest.raises(ProjectError) as caught:
        graph_compiler.save_project(project, path)
    assert str(caught.value) == expected
    assert os.listdir(tmp_path) == ["x.nns"]
    assert path.read_text() == "old"


def test_saving_keeps_the_previous_version(tmp_path: Path) -> None:
    path = tmp_path / "x.nns"
    graph_compiler.save_project(Project(name="one"), path)
    graph_compiler.save_project(Project(name="two"), path)
    assert graph_compiler.load_project(path).name == "two"
    assert graph_compiler.load_project(tmp_path / "x.nns~").name == "one"


def test_the_public_names_are_there() -> None:
    assert {name for name in graph_compiler.__all__ if not hasattr(graph_compiler, name)} == set()
    with pytest.raises(AttributeError):
        graph_compiler.nothing  # noqa: B018
