"""Every kind of step that a fix can have is applied, and gives the shape that its preview shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest

from graph_compiler import problems
from graph_compiler.files import project_text
from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Wire
from graph_compiler.problems import Fix, Problem
from nnstudio.document import steps
from nnstudio.document.document import Document


def drawing(
    *rows: tuple[str, str, dict[str, object]], wires: tuple[str, ...] = (), **more: object
) -> Document:
    """Nodes given as name, type and parameters, with wires such as `a -> b.input`."""
    network = Network("main", "Net")
    for index, (name, type, params) in enumerate(rows):
        network.nodes[name] = Node(name, type, params, (200.0 * index, 0.0))
    for text in wires:
        source, _, end = text.partition(" -> ")
        target, _, port = end.partition(".")
        network.wires[Wire(source, "output", target, port or "input")] = None
    more = {"data": DataSource("none"), **more}
    return Document(Project("Test", networks={"main": network}, **more))


def tied() -> Document:
    """A tie between weights of other shapes."""
    document = drawing(
        ("words", "Input", {"shape": (5,), "dtype": "int"}),
        ("word", "Embedding", {"num_embeddings": 50, "embedding_dim": 8}),
        ("scores", "Linear", {"out_features": 50}),
        ("logits", "Output", {}),
        wires=("words -> word", "word -> scores", "scores -> logits"),
    )
    document.do(steps.set_tie(document, "main", "scores", "weight", "word.weight"))
    document.do(steps.set_param(document, "main", "scores", "out_features", 51))
    return document


def looped() -> Document:
    """Two layers that feed each other."""
    return drawing(
        ("x", "Input", {"shape": (8,)}),
        ("add1", "Add", {}),
        ("relu1", "ReLU", {}),
        ("y", "Output", {}),
        wires=("x -> add1.input1", "relu1 -> add1.input2", "add1 -> relu1", "relu1 -> y"),
    )


SOUND = ("x", "Input", {"shape": (8,)}), ("fc1", "Linear", {}), ("y", "Output", {})

DRAWINGS: dict[str, Callable[[], Document]] = {
    "nothing drawn": drawing,
    "no input": lambda: drawing(SOUND[1], SOUND[2], wires=("fc1 -> y",)),
    "no input before words": lambda: drawing(
        ("embed", "Embedding", {}), SOUND[2], wires=("embed -> y",)
    ),
    "no output": lambda: drawing(SOUND[0], SOUND[1], wires=("x -> fc1",)),
    "a wire is missing": lambda: drawing(*SOUND, wires=("x -> fc1",)),
    "a loop": looped,
    "a layer without wires": lambda: drawing(
        *SOUND, ("relu1", "ReLU", {}), wires=("x -> fc1", "fc1 -> y")
    ),
    "a tie that does not fit": tied,
    "whole numbers into a dense layer": lambda: drawing(
        ("x", "Input", {"shape": (8,), "dtype": "int"}), *SOUND[1:], wires=("x -> fc1", "fc1 -> y")
    ),
    "real numbers into an embedding": lambda: drawing(
        SOUND[0], ("embed", "Embedding", {}), SOUND[2], wires=("x -> embed", "embed -> y")
    ),
    "two kinds of numbers": lambda: drawing(
        SOUND[0],
        ("whole", "Cast", {"dtype": "int"}),
        ("add1", "Concatenate", {}),
        SOUND[2],
        wires=("x -> whole", "x -> add1.input1", "whole -> add1.input2", "add1 -> y"),
    ),
    "a parameter that no layer has": lambda: drawing(
        SOUND[0], ("fc1", "Linear", {"outfeatures": 3}), SOUND[2], wires=("x -> fc1", "fc1 -> y")
    ),
    "a picture into a dense layer": lambda: drawing(
        ("x", "Input", {}),
        ("conv1", "Conv2d", {}),
        SOUND[1],
        SOUND[2],
        wires=("x -> conv1", "conv1 -> fc1", "fc1 -> y"),
    ),
    "a loss that does not fit": lambda: drawing(
        ("x", "Input", {"shape": (64,)}),
        ("fc1", "Linear", {"out_features": 3}),
        SOUND[2],
        wires=("x -> fc1", "fc1 -> y"),
        data=DataSource("digits"),
        plan=Plan((Stage(settings={"loss": "bce"}),)),
    ),
    "digits of another size": lambda: drawing(
        ("x", "Input", {"shape": (1, 16, 16)}),
        ("flatten", "Flatten", {}),
        SOUND[1],
        SOUND[2],
        wires=("x -> flatten", "flatten -> fc1", "fc1 -> y"),
        data=DataSource("digits"),
    ),
    "two activations": lambda: drawing(
        ("x", "Input", {"shape": (64,)}),
        ("relu1", "ReLU", {}),
        ("tanh1", "Tanh", {}),
        ("fc1", "Linear", {}),
        SOUND[2],
        wires=("x -> relu1", "relu1 -> tanh1", "tanh1 -> fc1", "fc1 -> y"),
    ),
}


def offers() -> Iterator[tuple[str, Problem, Fix]]:
    for name, make in DRAWINGS.items():
        for problem in make().report().problems:
            for fix in problem.fixes:
                yield name, problem, fix


OFFERS = list(offers())


def test_a_drawing_offers_every_kind_of_step() -> None:
    offered = {type(step) for _, _, fix in OFFERS for step in fix.steps}
    assert offered == set(get_args(problems.Step))


@pytest.mark.parametrize(
    ("name", "problem", "fix"), OFFERS, ids=[f"{n}-{p.code}-{f.label}" for n, p, f in OFFERS]
)
def test_a_fix_is_applied_as_its_preview_shows(name: str, problem: Problem, fix: Fix) -> None:
    document = DRAWINGS[name]()
    before = project_text(document.project)
    old = dict(document.network().nodes)
    document.do(steps.apply_fix(document, "main", fix))
    assert document.undo_text == fix.label
    assert problem not in document.report().problems
    if fix.preview:
        nodes = document.network().nodes
        new = {one for one in nodes if nodes[one] is not old.get(one)}
        gone = {one for one in old if one not in nodes}
        seen = {problem.node, *new} | {
            wire.target for wire in document.network().wires if wire.source in new
        }
        shapes = {
            str(out)
            for one, facts in document.report().nodes.items()
            if one in seen or gone
            for out in facts.outputs
        }
        assert fix.preview in shapes
    document.undo()
    assert project_text(document.project) == before


def test_numbers_are_converted_by_the_last_of_the_offers() -> None:
    document = DRAWINGS["whole numbers into a dense layer"]()
    (problem,) = [one for one in document.report().problems if one.code == "wrong_dtype"]
    assert [(fix.label, fix.preview) for fix in problem.fixes] == [
        ("Let x give real numbers", "N×10"),
        ("Insert Embedding", "N×8×10"),
        ("Insert Cast", "N×10"),
    ]
    document.do(steps.apply_fix(document, "main", problem.fixes[2]))
    assert document.network().nodes["cast1"].type == "Cast"
    assert document.report().ok


def test_an_input_comes_before_the_layer_that_waits_for_it_in_the_shape_that_fits() -> None:
    document = DRAWINGS["no input before words"]()
    (problem,) = [one for one in document.report().problems if one.code == "no_input"]
    (fix,) = problem.fixes
    assert (fix.label, fix.preview) == ("Add an Input before embed", "N×8")
    document.do(steps.apply_fix(document, "main", fix))
    node = document.network().nodes["inputs"]
    assert dict(node.params) == {"shape": (8,), "dtype": "int"}
    assert node.at[0] < document.network().nodes["embed"].at[0]
    assert document.report().ok


def test_an_empty_drawing_gets_its_ends() -> None:
    document = drawing()
    for code in ("no_input", "no_output"):
        (problem,) = [one for one in document.report().problems if one.code == code]
        document.do(steps.apply_fix(document, "main", problem.fixes[0]))
    nodes = document.network().nodes.values()
    assert sorted(node.type for node in nodes) == ["Input", "Output"]
    assert len({node.at for node in nodes}) == 2
