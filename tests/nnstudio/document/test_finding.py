"""Finding nodes, values, frames and notes in all drawings of a project."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Frame, Network, Node, Note, Project, Route, Wire
from graph_compiler.registry import layers
from nnstudio.document.finding import MOST, Found, find


def project() -> Project:
    main = Network(
        "main",
        nodes={
            "image": Node("image", "Input", {"shape": (1, 28, 28)}),
            "conv1": Node("conv1", "Conv2d", {"out_channels": 6, "kernel_size": (5, 5)}),
            "conv2": Node("conv2", "Conv2d", {"out_channels": "width", "kernel_size": 3}),
            "drop": Node("drop", "Dropout", {"p": 0.25}, bypassed=True),
        },
        wires={Wire("image", "output", "conv1", "input"): None},
        frames={"Stem part": Frame("Stem part", ("conv1",))},
        notes={"note1": Note("note1", "Remember: the mean\nis subtracted first.")},
        routes={Wire("image", "output", "conv1", "input"): Route(link="to_stem")},
    )
    inner = Network("Unit", params={}, nodes={"conv1": Node("conv1", "Conv1d", {})})
    return Project(networks={"main": main, "Unit": inner})


def names(text: str, first: str = "") -> list[tuple[str, str]]:
    return [(one.drawing, one.name) for one in find(project(), layers(), text, first)]


def test_names_come_before_types_and_types_before_values() -> None:
    assert names("conv1") == [("main", "conv1"), ("Unit", "conv1")]
    assert names("conv1", "Unit") == [("Unit", "conv1"), ("main", "conv1")]
    assert names("dropout") == [("main", "drop")]
    assert names("con")[:2] == [("main", "conv1"), ("main", "conv2")]


def test_values_are_found_as_they_are_read_and_as_they_are_typed() -> None:
    assert names("kernel_size=5×5") == [("main", "conv1")]
    assert names("WIDTH") == [("main", "conv2")]
    assert names("dropout 0.25") == [("main", "drop")]
    assert names("bypassed") == [("main", "drop")]


def test_frames_notes_drawings_and_links_are_found() -> None:
    assert find(project(), layers(), "stem part") == (Found("main", "frame", "Stem part", "frame"),)
    (note,) = find(project(), layers(), "mean subtracted")
    assert note == Found("main", "note", "note1", "Remember: the mean is subtracted first.")
    assert find(project(), layers(), "unit")[0] == Found("Unit", "drawing", "Unit", "drawing")
    assert find(project(), layers(), "to_stem") == (Found("main", "node", "image", "link to_stem"),)


def test_every_word_must_occur_and_none_means_nothing() -> None:
    assert names("conv1 transformer") == []
    assert names("   ") == []


def test_no_more_are_listed_than_anybody_reads() -> None:
    many = replace(
        project(),
        networks={
            "main": Network("main", nodes={f"n{i}": Node(f"n{i}", "ReLU") for i in range(MOST + 9)})
        },
    )
    assert len(find(many, layers(), "relu")) == MOST
