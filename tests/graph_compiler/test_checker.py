"""The live checker's answers: facts, dragged wires, dismissed hints, purposes."""

from __future__ import annotations

from typing import Any

import pytest

from graph_compiler.checker import Checker, check_project
from graph_compiler.codes import CODES
from graph_compiler.layer import Layer, Params
from graph_compiler.model import (
    DataFacts,
    Network,
    Node,
    Plan,
    Project,
    Purpose,
    Stage,
    Variable,
    Wire,
)
from graph_compiler.problems import (
    SEVERITY,
    InsertOnWire,
    RemoveNode,
    SetParam,
    SetPlan,
)
from graph_compiler.registry import layers
from graph_compiler.tensors import TensorType


def network(*rows: tuple[Any, ...], wires: tuple[str, ...] = ()) -> Network:
    made = Network("main")
    for name, type, *params in rows:
        made.nodes[name] = Node(name, type, params[0] if params else {})
    for text in wires:
        source, target = text.split(" -> ")
        made.wires[Wire(*source.split("."), *target.split("."))] = None
    return made


def drawn() -> Network:
    return network(
        ("image", "Input", {"shape": (1, 8, 8)}),
        ("wide", "Input", {"shape": (3, 8, 8)}),
        ("table", "Input", {"shape": (64,), "dtype": "int"}),
        ("conv1", "Conv2d", {"out_channels": 4, "padding": 1}),
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"in_features": 64, "out_features": 10}),
        ("sum", "Add"),
        ("logits", "Output"),
        ("odd", "Liner"),
        wires=(
            "image.output -> conv1.input",
            "conv1.output -> sum.input1",
        ),
    )


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ("conv1.output -> flatten.input", None),
        ("flatten.output -> fc1.input", None),
        ("conv1.output -> sum.input2", None),
        ("conv1.output -> logits.input", None),
        ("image.output -> sum.input2", None),
        (
            "wide.output -> sum.input2",
            "sum.input2: expected N×4×8×8, as on input1, got N×3×8×8. Give both branches the same "
            "shape, or join them with Concatenate.",
        ),
        (
            "wide.output -> sum.input7",
            "sum.input7: expected N×4×8×8, as on input1, got N×3×8×8. Give both branches the same "
            "shape, or join them with Concatenate.",
        ),
        (
            "image.output -> fc1.input",
            "fc1.input: expected 64 features, got 8. Insert Flatten before it.",
        ),
        (
            "table.output -> fc1.input",
            "fc1.input: expected real numbers, got whole numbers. Feed it real numbers.",
        ),
        (
            "table.output -> conv1.input",
            "conv1.input: expected 4 axes (images as N×channels×height×width), got N×64. "
            "Feed it such a tensor, or take another layer.",
        ),
        (
            "sum.output -> conv1.input",
            "conv1.input: expected a wire that leads forward, got a loop back to conv1. "
            "Connect it to a later layer.",
        ),
        (
            "conv1.output -> conv1.input",
            "conv1.input: expected a wire that leads forward, got a loop to itself. "
            "Connect it to a later layer.",
        ),
        (
            "logits.output -> flatten.input",
            "flatten.input: expected an output and an input, got output and input. "
            "Connect an output to an input.",
        ),
        (
            "image.output -> flatten.side",
            "flatten.side: expected an output and an input, got output and side. "
            "Connect an output to an input.",
        ),
        (
            "odd.output -> flatten.input",
            "flatten.input: expected two known layers, got a wire from odd to flatten. "
            "Connect two layers.",
        ),
        (
            "image.output -> gone.input",
            "main: expected two known layers, got a wire from image to gone. Connect two layers.",
        ),
    ],
)
def test_a_dragged_wire_is_judged_before_it_is_laid(wire: str, text: str | None) -> None:
    checker = Checker(drawn(), {})
    source, target = wire.split(" -> ")
    problem = checker.accepts(*source.split("."), *target.split("."))
    assert (problem.text if problem else None) == text
    assert checker.settle() == frozenset()


def test_a_dragged_wire_offers_its_cure() -> None:
    problem = Checker(drawn(), {}).accepts("image", "output", "fc1", "input")
    assert problem is not None
    fix = problem.fixes[0]
    assert (fix.label, fix.preview) == ("Insert Flatten", "N×10")
    assert fix.steps == (InsertOnWire("fc1", "input", "Flatten"),)


def test_facts_of_a_node() -> None:
    checker = Checker(drawn(), {})
    facts = checker.facts("conv1")
    assert facts is not None
    assert [str(x) for x in facts.inputs] == ["N×1×8×8"]
    assert [str(y) for y in facts.outputs] == ["N×4×8×8"]
    assert facts.weights == {"weight": (4, 1, 3, 3), "bias": (4,)}
    assert (facts.parameters, facts.macs) == (40, 4 * 8 * 8 * 9)
    assert checker.facts("fc1") is None
    assert checker.facts("gone") is None
    assert checker.problems("gone") == ()


def test_facts_follow_an_edit() -> None:
    made = drawn()
    checker = Checker(made, {})
    before = checker.report()
    made.nodes["conv1"] = Node("conv1", "Conv2d", {"out_channels": 8, "padding": 1})
    checker.node_changed("conv1")
    assert checker.settle() == {"conv1", "sum"}
    after = checker.report()
    assert (before.parameters, after.parameters) == (40, 80)


def test_dismissed_hints_stay_away_and_errors_do_not() -> None:
    made = network(
        ("x", "Input", {"shape": (4,)}),
        ("fc1", "Linear"),
        ("fc2", "Linear", {"in_features": 3}),
        ("y", "Output"),
        wires=("x.output -> fc1.input", "fc1.output -> fc2.input", "fc2.output -> y.input"),
    )
    checker = Checker(made, {})
    assert [p.code for p in checker.problems("fc2")] == [
        "features_differ",
        "no_activation_between",
    ]
    codes = ("no_activation_between", "features_differ")
    made.nodes["fc2"] = Node("fc2", "Linear", {"in_features": 3}, (0.0, 0.0), codes)
    checker.node_changed("fc2")
    assert checker.settle() == {"fc2"}
    assert [p.code for p in checker.problems("fc2")] == ["features_differ"]


def test_only_errors_stand_in_the_way() -> None:
    made = network(
        ("x", "Input", {"shape": (4,)}),
        ("fc1", "Linear", {"out_features": 3}),
        ("soft", "Softmax"),
        ("y", "Output"),
        ("spare", "ReLU"),
        wires=("x.output -> fc1.input", "fc1.output -> soft.input", "soft.output -> y.input"),
    )
    report = Checker(made, {}, Purpose(DataFacts("iris", (4,), "class", 3))).report()
    assert [problem.severity for problem in report.problems] == ["warning", "hint"]
    assert report.ok


def test_a_variable_reaches_every_node_that_reads_it() -> None:
    variables = {"k": Variable("k", 3)}
    made = network(
        ("x", "Input", {"shape": ("k",)}),
        ("fc1", "Linear", {"out_features": 5}),
        ("fc2", "Linear", {"out_features": "k + 1"}),
        ("y", "Output"),
        wires=("x.output -> fc1.input", "fc1.output -> fc2.input", "fc2.output -> y.input"),
    )
    checker = Checker(made, variables)
    checker.settle()
    variables["k"] = Variable("k", 7)
    checker.variables_changed()
    assert checker.settle() == {"x", "fc1", "fc2", "y"}
    facts = checker.facts("y")
    assert facts is not None
    assert str(facts.outputs[0]) == "N×8"
    variables["other"] = Variable("other", 1)
    checker.variables_changed()
    assert checker.settle() == frozenset()


def test_one_edit_adds_a_hidden_layer_to_the_perceptron() -> None:
    made = network(
        ("x", "Input", {"shape": (2,)}),
        ("fc1", "Linear", {"in_features": 2, "out_features": 1}),
        ("step1", "Step"),
        ("y", "Output"),
        wires=("x.output -> fc1.input", "fc1.output -> step1.input", "step1.output -> y.input"),
    )
    purpose = Purpose(DataFacts("xor", (2,), "class", 2), "perceptron")
    (hint,) = Checker(made, {}, purpose).problems("fc1")
    (fix,) = hint.fixes
    assert fix.label == "Add a hidden layer"
    assert fix.steps[:5] == (
        InsertOnWire("fc1", "input", "Linear", (("out_features", 4),)),
        InsertOnWire("fc1", "input", "Tanh"),
        SetParam("fc1", "in_features", None),
        RemoveNode("step1"),
        SetPlan("recipe", "supervised"),
    )
    assert SetPlan("loss", "bce_with_logits") in fix.steps


def test_the_purpose_belongs_to_the_network_that_is_trained() -> None:
    one = network(("x", "Input", {"shape": (4,)}), ("y", "Output"), wires=("x.output -> y.input",))
    other = Network("other", nodes=dict(one.nodes), wires=dict(one.wires))
    project = Project(networks={"main": one, "other": other}, plan=Plan((Stage(network="other"),)))
    reports = check_project(project, Purpose(DataFacts("iris", (4,), "class", 3)))
    assert {name: report.ok for name, report in reports.items()} == {"main": True, "other": False}


def test_a_wire_without_its_node_is_told_until_either_is_mended() -> None:
    made = network(
        ("x", "Input", {"shape": (4,)}),
        ("y", "Output"),
        wires=("x.output -> act.input", "act.output -> y.input"),
    )
    checker = Checker(made, {})
    assert [p.text for p in checker.report().problems if p.code == "stray_wire"] == [
        "x.output: expected wires between layers that exist, got a wire that names act. "
        "Remove the wire.",
        "y.input: expected wires between layers that exist, got a wire that names act. "
        "Remove the wire.",
    ]
    made.nodes["act"] = Node("act", "Tanh")
    checker.node_added("act")
    assert checker.report().problems == ()


def _split(p: Params, x: TensorType) -> tuple[TensorType, TensorType]:
    if x.last == 13:
        raise ZeroDivisionError
    half = x.last // 2
    return x.with_last(half), x.with_last(x.last - half)


SPLIT = Layer("Split", "shape", "Halves.", _split, short="split", outputs=("first", "second"))  # type: ignore[arg-type]


@pytest.fixture
def with_split(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**layers(), "Split": SPLIT}
    monkeypatch.setattr("graph_compiler.blocks.layers", lambda: known)


def split_network(width: int) -> Network:
    return network(
        ("x", "Input", {"shape": (width,)}),
        ("split1", "Split"),
        ("act", "Tanh"),
        ("join", "Concatenate"),
        ("y", "Output"),
        wires=(
            "x.output -> split1.input",
            "split1.second -> act.input",
            "split1.first -> join.input1",
            "act.output -> join.input2",
            "join.output -> y.input",
        ),
    )


@pytest.mark.usefixtures("with_split")
def test_a_layer_may_have_several_outputs() -> None:
    report = Checker(split_network(5), {}).report()
    assert report.problems == ()
    assert [str(out) for out in report.nodes["split1"].outputs] == ["N×2", "N×3"]
    assert str(report.nodes["act"].outputs[0]) == "N×3"
    assert str(report.nodes["y"].outputs[0]) == "N×5"


@pytest.mark.usefixtures("with_split")
def test_a_rule_that_breaks_is_a_problem_on_its_node() -> None:
    report = Checker(split_network(13), {}).report()
    assert [problem.text for problem in report.problems] == [
        "split1: expected a shape, got ZeroDivisionError from the rule of Split. "
        "Change its parameters, or take another layer."
    ]
    assert set(report.nodes) == {"x"}


def test_every_code_has_its_severity() -> None:
    assert SEVERITY == CODES
    assert set(CODES.values()) == {"error", "warning", "hint"}
