"""What differs between two projects, told exactly, and nothing where nothing differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Frame, Network, Node, Project, Route, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.comparing import Difference, compare, marks
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target, templates


def lenet() -> Document:
    return Document(load_target("template:lenet5"))


def after(*made: Callable[[Document], steps.Step]) -> tuple[Project, Project]:
    """LeNet-5 before and after steps."""
    document = lenet()
    before = parse_project(project_text(document.project), "before")
    for make in made:
        document.do(make(document))
    return before, document.project


@pytest.mark.parametrize("id", [info.id for info in templates()])
def test_nothing_differs_from_itself_and_everything_from_another(id: str) -> None:
    project = load_target(f"template:{id}")
    again = parse_project(project_text(project), "again")
    assert compare(project, again) == ()
    assert compare(project, Project())


def test_a_changed_parameter() -> None:
    found = compare(*after(lambda d: steps.set_param(d, "main", ("conv1",), "kernel_size", 5)))
    assert found == (Difference("changed", "network main", "conv1.kernel_size", "3", "5"),)


def test_a_parameter_set_for_the_first_time() -> None:
    found = compare(*after(lambda d: steps.set_param(d, "main", ("fc1",), "bias", False)))
    assert found == (Difference("changed", "network main", "fc1.bias", "default", "false"),)


def test_an_inserted_layer_is_one_line_and_the_wire_it_cut() -> None:
    wire = Wire("fc1", "output", "relu3", "input")
    before, now = after(lambda d: steps.insert_on_wire(d, "main", wire, "Dropout"))
    found = [one for one in compare(before, now) if not one.what.startswith("place of")]
    assert found == [
        Difference("added", "network main", "dropout1", "", "Dropout()"),
        Difference("removed", "network main", "fc1.output -> relu3.input"),
        Difference(
            "changed",
            "network main",
            "frame classifier",
            "flatten, fc1, relu3, fc2, relu4, fc3",
            "flatten, fc1, relu3, fc2, relu4, fc3, dropout1",
        ),
    ]


def test_a_renamed_node_is_told_as_that_and_its_wires_are_not() -> None:
    before, now = after(lambda d: steps.rename(d, "main", "fc2", "middle"))
    found = compare(before, now)
    assert found[0] == Difference("renamed", "network main", "fc2", "fc2", "middle")
    assert len(found) == 1
    known = marks(before.networks["main"], now.networks["main"])
    assert known.nodes == {"middle": "renamed"}
    assert known.wires == {}
    assert known.renamed == {"fc2": "middle"}


def test_renamed_neighbours_are_found_one_after_the_other() -> None:
    before, now = after(
        lambda d: steps.rename(d, "main", "conv2", "second"),
        lambda d: steps.rename(d, "main", "relu2", "bend"),
        lambda d: steps.rename(d, "main", "pool2", "smaller"),
    )
    known = marks(before.networks["main"], now.networks["main"])
    assert known.renamed == {"conv2": "second", "relu2": "bend", "pool2": "smaller"}
    assert known.wires == {}
    found = [one for one in compare(before, now) if one.part == "network main"]
    assert {one.kind for one in found if not one.what.startswith("frame ")} == {"renamed"}


def test_alike_layers_between_alike_layers_are_not_guessed() -> None:
    box = Network("main", nodes={n: Node(n, "ReLU") for n in ("a", "b")})
    other = Network("main", nodes={n: Node(n, "ReLU") for n in ("c", "d")})
    found = marks(box, other)
    assert found.renamed == {}
    assert found.nodes == {"a": "removed", "b": "removed", "c": "added", "d": "added"}


def test_moved_nodes_are_counted() -> None:
    before, now = after(lambda d: steps.move(d, "main", {"fc1": (0, 400), "fc2": (200, 400)}))
    assert compare(before, now) == (
        Difference("changed", "network main", "place of 2 nodes"),
    )  # fmt: skip
    assert marks(before.networks["main"], now.networks["main"]).moved == ("fc1", "fc2")


def test_data_plan_variables_and_structure() -> None:
    old = load_target("template:lenet5")
    new = parse_project(project_text(old), "new")
    new.name = "Mine"
    new.variables["depth"] = Variable("depth", 3, "how deep", 1, 9)
    new.variables["hidden"] = replace(new.variables["hidden"], value=64)
    new.variants["tiny"] = {"hidden": 8}
    new.data = replace(new.data, seed=4, options={**new.data.options, "size": 16})
    stage = new.plan.stages[0]
    new.plan = replace(new.plan, stages=(replace(stage, settings={"epochs": 3}),))
    block = Network("Unit", params={}, nodes={"x": Node("x", "Input")})
    new.networks["Unit"] = block
    main = new.networks["main"]
    main.nodes["fc1"] = replace(
        main.nodes["fc1"], repeat=2, ties={"weight": "fc2.weight"}, dismissed=("needless_bias",)
    )
    main.frames["all"] = Frame("all", ("fc1",), "blue")
    found = {(one.part, one.what): (one.kind, one.before, one.after) for one in compare(old, new)}
    was = {name: stage.settings[name] for name in stage.settings}
    assert found.pop(("project", "name")) == ("changed", old.name, "Mine")
    assert found.pop(("variables", "depth")) == ("added", "", "3 (1 to 9), how deep")
    hidden = "(8 to 512), units of the first dense layer"
    assert found.pop(("variables", "hidden")) == ("changed", f"120 {hidden}", f"64 {hidden}")
    assert found.pop(("variants", "tiny")) == ("added", "", "hidden=8")
    assert found.pop(("data", "seed")) == ("changed", "0", "4")
    assert found.pop(("data", "size")) == ("changed", "8", "16")
    for name in was:
        if name != "epochs":
            assert found.pop(("plan", f"train.{name}"))[0] == "removed"
    assert found.pop(("plan", "train.epochs"))[2] == "3"
    assert found.pop(("network Unit", "block of 1 node")) == ("added", "", "")
    assert found.pop(("network main", "fc1.repeat")) == ("changed", "", "2")
    assert found.pop(("network main", "fc1.ties")) == ("changed", "", "weight to fc2.weight")
    assert found.pop(("network main", "fc1.dismissed")) == ("changed", "", "[needless_bias]")
    assert found.pop(("network main", "frame all")) == ("added", "", "fc1 (blue)")
    assert found == {}


def test_the_other_way_round_is_told_the_other_way_round() -> None:
    before, now = after(
        lambda d: steps.append_layer(d, "main", "fc2", "Dropout"),
        lambda d: steps.set_param(d, "main", ("conv1",), "bias", False),
    )
    turned = {"added": "removed", "removed": "added"}
    there = {
        (turned.get(one.kind, one.kind), one.part, one.what, one.after, one.before)
        for one in compare(before, now)
    }
    back = {(o.kind, o.part, o.what, o.before, o.after) for o in compare(now, before)}
    assert there == back


def test_a_bypass_is_told_of_its_node() -> None:
    before, now = after(lambda d: steps.set_bypassed(d, "main", ("relu3", "fc2"), True))
    assert compare(before, now) == (
        Difference("changed", "network main", "relu3.bypassed", "no", "yes"),
        Difference("changed", "network main", "fc2.bypassed", "no", "yes"),
    )
    assert set(marks(before.networks["main"], now.networks["main"]).nodes) == {"relu3", "fc2"}


def test_looks_are_told_as_looks_and_mark_no_node() -> None:
    wire = Wire("fc1", "output", "relu3", "input")
    before, now = after(
        lambda d: steps.add_note(d, "main", (0, 0), "Strokes\nand corners"),
        lambda d: steps.set_route(d, "main", wire, Route(((1.0, 2.0),))),
        lambda d: steps.set_colour(d, "main", ("fc1",), "blue"),
    )
    part = "network main"
    assert compare(before, now) == (
        Difference("changed", part, "colour of fc1", "none", "blue"),
        Difference("changed", part, "route of 1 wire"),
        Difference("added", part, "note note1", "", "Strokes and corners"),
    )
    found = marks(before.networks["main"], now.networks["main"])
    assert (found.nodes, found.wires) == ({}, {})
    document = Document(now)
    middle = parse_project(project_text(now), "now")
    document.do(steps.move_notes(document, "main", {"note1": (40, 40)}))
    document.do(steps.set_colour(document, "main", ("fc1", "fc2"), "red"))
    document.do(steps.rename(document, "main", "relu3", "gate"))
    assert [one.what for one in compare(middle, document.project)] == [
        "relu3", "colour of 2 nodes", "look of 1 note",
    ]  # fmt: skip
