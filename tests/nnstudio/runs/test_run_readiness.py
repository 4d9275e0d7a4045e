"""What keeps a project from being trained is told before anything is built."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import psutil
import pytest

from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Variable, Wire
from nnstudio.runs.create import RunRefused, model_of, source_of
from nnstudio.runs.readiness import errors, learning_faults, reports


def row(name: str, *nodes: Node, params: dict[str, Variable] | None = None) -> Network:
    """Nodes in a row; blocks among them have the ports x and y."""

    def port(node: Node, plain: str, drawn: str) -> str:
        return drawn if node.type in ("Deep", "Deeper") else plain

    wires = {
        Wire(a.name, port(a, "output", "y"), b.name, port(b, "input", "x")): None
        for a, b in pairwise(nodes)
    }
    return Network(name, nodes={node.name: node for node in nodes}, wires=wires, params=params)


def digits(*inside: Node, image: dict[str, Any] | None = None, **blocks: Network) -> Project:
    """Digits through some nodes; ten scores come out."""
    main = row(
        "main",
        Node("image", "Input", image or {"shape": (1, 8, 8)}),
        Node("flatten", "Flatten"),
        *inside,
        Node("scores", "Output"),
    )
    return Project(networks={"main": main, **blocks}, data=DataSource("digits"))


FC = Node("fc", "Linear", {"out_features": 10})


def texts(project: Project) -> list[str]:
    return [problem.text for problem in errors(project)]


def test_a_network_without_weights_has_nothing_to_learn() -> None:
    assert texts(digits(Node("part", "Slice", {"dim": 1, "start": 0, "stop": 10}))) == [
        "plan.network: expected a network with weights to learn, got none. Add a layer with "
        "weights."
    ]
    assert texts(digits(FC)) == []


def test_weights_that_no_machine_holds_are_refused_by_their_size() -> None:
    inner = row("Deep", Node("x", "Input", {"shape": (64,)}), wide(1000), Node("y", "Output"))
    outer = row("Deeper", Node("x", "Input", {"shape": (64,)}), deep(1000), Node("y", "Output"))
    project = digits(
        replace(deep(1000), name="d", type="Deeper"),
        FC,
        Deep=replace(inner, params={}),
        Deeper=replace(outer, params={}),
    )
    room = psutil.virtual_memory().total / 1e9
    assert texts(project) == [
        f"plan.network: expected weights that fit into the {room:,.0f} GB of memory here, got "
        "16,640 GB of them. Make it smaller."
    ]
    relu = replace(project.networks["Deep"].nodes["wide"], type="ReLU", params={})
    deepest = replace(inner, params={}, nodes={**inner.nodes, "wide": relu})
    assert texts(replace(project, networks={**project.networks, "Deep": deepest})) == [
        "plan.network: expected at most 2,000,000 layers to be built, got 1,000,000,002. "
        "Repeat less often."
    ]


def wide(turns: int) -> Node:
    return Node("wide", "Linear", {"out_features": 64}, repeat=turns)


def deep(turns: int) -> Node:
    return Node("deep", "Deep", repeat=turns)


@pytest.mark.parametrize(("kind", "got"), [("int", "whole numbers"), ("bool", "true and false")])
def test_an_input_of_another_type_than_the_data_is_refused(kind: str, got: str) -> None:
    project = digits(FC, image={"shape": (1, 8, 8), "dtype": kind})
    assert texts(project)[0] == (
        f"image.dtype: expected real numbers, as digits gives them, got {got}. "
        "Set numbers to float."
    )
    problem = errors(project)[0]
    assert [fix.label for fix in problem.fixes] == ["Set numbers to float"]


def test_an_input_without_sizes_is_told_in_words() -> None:
    assert texts(digits(FC, image={"shape": ()}))[0] == (
        "image.shape: expected 1×8×8, the shape of one example of digits, got a single number. "
        "Set the shape to 1×8×8."
    )


@pytest.mark.parametrize("type", ["Input", "Output"])
def test_one_input_and_one_output_are_what_examples_are_scored_at(type: str) -> None:
    project = digits(FC)
    main = project.networks["main"]
    main.nodes["more"] = Node("more", type, {"shape": (10,)} if type == "Input" else {})
    if type == "Output":
        main.wires[Wire("flatten", "output", "more", "input")] = None
        assert texts(project) == [
            "scores: expected one Output for digits, got 2. Remove it, join the branches"
            ", or let each output learn on its own."
        ]
    else:
        main.nodes["sum"] = Node("sum", "Add")
        del main.wires[Wire("fc", "output", "scores", "input")]
        main.wires[Wire("fc", "output", "sum", "input1")] = None
        main.wires[Wire("more", "output", "sum", "input2")] = None
        main.wires[Wire("sum", "output", "scores", "input")] = None
        assert texts(project) == [
            "more: expected one Input for digits, got 2. Remove it, or join the branches."
        ]


def test_the_purpose_belongs_to_the_network_that_the_plan_names() -> None:
    """The other may have any ends, and none of its weights count."""
    project = digits(FC)
    other = row("other", Node("z", "Input", {"shape": (3,)}), Node("y", "Output"))
    stage = Stage(network="judge")
    networks = {"other": other, "judge": replace(project.networks["main"], name="judge")}
    assert texts(replace(project, networks=networks, plan=Plan((stage,)))) == []


def broken() -> Network:
    return row("other", Node("z", "Input", {"shape": (3,)}), Node("deep", "Nonsense"))


def test_what_no_stage_trains_is_in_nobodys_way() -> None:
    project = digits(FC)
    project.networks["other"] = broken()
    assert texts(project) == []
    assert errors(project, to_run=False) == ()
    source, left_out = model_of(project)
    assert (source.text, left_out) == (source_of(project).text, ("other",))
    with pytest.raises(RunRefused) as refusal:
        model_of(project, "other")
    assert {problem.network for problem in refusal.value.problems} == {"other"}
    bad = replace(project, plan=Plan((Stage(network="other"),)))
    assert "other: expected an Output, got none. Add an Output behind the last layer." in texts(bad)
    assert model_of(bad, "main")[0].text.count("class ") == 1


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        (
            (FC, Node("stop", "Detach")),
            "stop: expected a way for gradients from the loss to some weight, got none, for none "
            "passes Detach. Remove it, or put weights behind it.",
        ),
        (
            (FC, Node("most", "Step"), Node("again", "ReLU")),
            "most: expected a way for gradients from the loss to some weight, got none, for none "
            "passes Step. Remove it, or put weights behind it.",
        ),
        (
            (FC, Node("twice", "Deep", repeat=2)),
            "twice[0]/cut: expected a way for gradients from the loss to some weight, got none, "
            "for none passes Detach. Remove it, or put weights behind it.",
        ),
    ],
)
def test_a_loss_without_a_way_to_any_weight_is_told_beforehand(
    nodes: tuple[Node, ...], text: str
) -> None:
    inside = (Node("x", "Input"), Node("cut", "Detach"), Node("y", "Output"))
    project = digits(*nodes, Deep=row("Deep", *inside, params={}))
    assert texts(project) == [text]
    behind = digits(*nodes, Node("last", "Linear"), Deep=row("Deep", *inside, params={}))
    assert texts(behind) == []
    unchosen = replace(project, data=DataSource("none"))
    assert learning_faults(unchosen, reports(unchosen)) == ()


def test_weights_beside_the_way_to_the_output_learn_nothing() -> None:
    project = digits(Node("part", "Slice", {"dim": 1, "start": 0, "stop": 10}))
    main = project.networks["main"]
    main.nodes["aside"] = FC
    main.wires[Wire("part", "output", "aside", "input")] = None
    main.nodes["aside"] = replace(FC, name="aside")
    assert texts(project) == [
        "plan.network: expected a way for gradients from the loss to some weight, got none. "
        "Wire a layer with weights to the Output."
    ]
