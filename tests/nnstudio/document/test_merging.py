"""One drawing that shows two: nothing of either side is lost, and it opens like any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Project, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.merging import lost_wires, merged
from nnstudio.document.templates import load_target, templates


def changed() -> tuple[Project, Project]:
    """LeNet-5, and LeNet-5 without an activation, with a Dropout, a wider layer, another name."""
    before = load_target("template:lenet5")
    document = Document(load_target("template:lenet5"))
    document.do(steps.set_param(document, "main", "fc1", "out_features", 200))
    document.do(steps.delete(document, "main", ("relu2",), ()))
    document.do(steps.rename(document, "main", "fc3", "head"))
    wire = next(w for w in document.project.networks["main"].wires if w.source == "fc1")
    document.do(steps.insert_on_wire(document, "main", wire, "Dropout"))
    return before, document.project


def test_all_of_both_sides_is_there() -> None:
    before, after = changed()
    both = merged(before, after)
    main, how = both.project.networks["main"], both.marks["main"]
    assert set(main.nodes) == {*after.networks["main"].nodes, "relu2"}
    assert how.nodes == {
        "relu2": "removed", "fc1": "changed", "head": "renamed", "dropout1": "added",
    }  # fmt: skip
    assert set(after.networks["main"].wires) <= set(main.wires)
    assert Wire("conv2", "output", "relu2", "input") in main.wires
    assert set(lost_wires(how)) == {
        Wire("conv2", "output", "relu2", "input"),
        Wire("relu2", "output", "pool2", "input"),
        Wire("fc1", "output", "relu3", "input"),
    }


def test_no_input_takes_two_wires_and_the_picture_can_be_kept_and_opened() -> None:
    before, after = changed()
    for pair in ((before, after), (after, before)):
        both = merged(*pair).project
        ends = [(wire.target, wire.target_port) for wire in both.networks["main"].wires]
        assert len(ends) == len(set(ends))
        text = project_text(both)
        assert project_text(parse_project(text, "both")) == text


def test_what_was_removed_stands_in_its_old_place_unless_another_stands_there() -> None:
    before, after = changed()
    main = merged(before, after).project.networks["main"]
    old = before.networks["main"].nodes["relu2"].at
    assert main.nodes["relu2"].at == old
    squatter = replace(after.networks["main"].nodes["pool2"], at=old)
    nodes = {**after.networks["main"].nodes, "pool2": squatter}
    crowded = replace(
        after, networks={**after.networks, "main": replace(after.networks["main"], nodes=nodes)}
    )
    moved = merged(before, crowded).project.networks["main"].nodes["relu2"].at
    assert moved[0] == old[0]
    assert moved[1] >= old[1] + 100


@pytest.mark.parametrize("one", [card.id for card in templates()])
def test_a_project_merged_with_itself_is_itself(one: str) -> None:
    project = load_target(f"template:{one}")
    both = merged(project, project)
    assert both.project.networks == project.networks
    assert all(not how.nodes and not how.wires for how in both.marks.values())


def test_drawings_of_one_side_alone_are_shown_whole() -> None:
    small, large = load_target("template:lenet5"), load_target("template:resnet@18")
    both = merged(small, large)
    assert set(both.project.networks) == {*small.networks, *large.networks}
    assert set(both.marks["Bottleneck"].nodes.values()) <= {"added"}
    back = merged(large, small)
    assert set(back.marks["Bottleneck"].nodes.values()) == {"removed"}
    assert back.project.networks["Bottleneck"].is_block
