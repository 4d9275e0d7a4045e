"""Turns, scans, shared modules and tied weights: what the steps do, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from graph_compiler.files import project_text
from graph_compiler.model import DataSource, Network, Node, Project, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import Event, NodeChanged
from nnstudio.document.templates import load_target


def reason(make: Callable[[], object]) -> str:
    """Why a step is refused."""
    with pytest.raises(Refused) as refused:
        make()
    return refused.value.reason


def done(document: Document, step: Step) -> None:
    """The step done, taken back exactly, done again exactly."""
    before = project_text(document.project)
    document.do(step)
    after = project_text(document.project)
    document.undo()
    assert project_text(document.project) == before
    document.redo()
    assert project_text(document.project) == after
    assert document.undo_text == step.text


@pytest.fixture
def square() -> Document:
    """Three dense layers of eight units in a row, and one embedding of the same weights' shape."""
    nodes = (
        Node("inputs", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": 8}, (200.0, 0.0)),
        Node("relu1", "ReLU", {}, (400.0, 0.0)),
        Node("fc2", "Linear", {"out_features": 8}, (600.0, 0.0)),
        Node("logits", "Output", {}, (800.0, 0.0)),
    )
    network = Network("main", "Net", {node.name: node for node in nodes})
    for one, other in pairwise(nodes):
        network.wires[Wire(one.name, "output", other.name, "input")] = None
    return Document(
        Project(
            "Test",
            networks={"main": network},
            variables={"depth": Variable("depth", 3)},
            data=DataSource("none"),
        )
    )


def parameters(document: Document) -> int:
    return document.report().parameters


def test_a_layer_stands_in_a_row(square: Document) -> None:
    once = parameters(square)
    told: list[Event] = []
    square.subscribe(told.append)
    step = steps.set_repeat(square, "main", "fc1", 3)
    done(square, step)
    assert step.text == "Repeat fc1 3 times"
    assert NodeChanged("main", "fc1") in told
    assert parameters(square) == once + 2 * 72
    done(square, steps.set_repeat(square, "main", ("fc1", "relu1"), "depth + 1"))
    assert square.undo_text == "Repeat 2 nodes depth + 1 times"
    assert parameters(square) == once + 3 * 72
    done(square, steps.set_repeat(square, "main", ("fc1", "relu1"), " 1 "))
    assert square.undo_text == "Do not repeat 2 nodes"
    assert square.network().nodes["fc1"].repeat is None


def test_the_number_of_a_turn_is_read_by_parameters(square: Document) -> None:
    done(square, steps.set_repeat(square, "main", "fc1", 2))
    done(square, steps.set_param(square, "main", "fc1", "out_features", "8 + i"))
    assert str(square.report().nodes["fc1"].outputs[0]) == "N×9"
    assert "no variable" not in reason(
        lambda: steps.set_param(square, "main", "fc2", "out_features", "8 + i")
    )


@pytest.mark.parametrize(
    ("node", "count", "words"),
    [
        (
            "fc1",
            0,
            "fc1.repeat: expected a number of turns from 1 to 10000, got 0. "
            "Set repeat to such a number.",
        ),
        (
            "fc1",
            "depth / 2",
            "fc1.repeat: expected a number of turns from 1 to 10000, got 1.5. "
            "Set repeat to such a number.",
        ),
        (
            "inputs",
            2,
            "inputs cannot stand in a row: Input lacks an input or an output that one turn could "
            "hand to the next. Repeat another layer.",
        ),
    ],
)
def test_turns_that_cannot_be(square: Document, node: str, count: object, words: str) -> None:
    assert reason(lambda: steps.set_repeat(square, "main", node, count)) == words


def test_the_name_of_a_variable_in_the_turns_follows_and_is_a_use(square: Document) -> None:
    square.do(steps.set_repeat(square, "main", "fc1", "depth"))
    assert reason(lambda: steps.remove_variable(square, "depth")) == (
        "depth is used by fc1.repeat. Give them values of their own first."
    )
    done(square, steps.rename_variable(square, "depth", "turns"))
    assert square.network().nodes["fc1"].repeat == "turns"


def test_a_block_reads_its_sequence_step_by_step() -> None:
    document = Document(load_target("template:lstm-from-scratch"))
    node = next(n for n in document.network().nodes.values() if n.scan)
    done(document, steps.set_scan(document, "main", node.name, "backward"))
    assert document.undo_text == f"Scan {node.name} backward"
    assert document.report().ok
    done(document, steps.set_scan(document, "main", node.name, ""))
    assert document.undo_text == f"Do not scan {node.name}"
    assert not document.report().ok
    assert reason(lambda: steps.set_scan(document, "main", node.name, "up")) == (
        "“up” is no direction. Choose forward or backward."
    )


def test_only_blocks_are_scanned(square: Document) -> None:
    assert reason(lambda: steps.set_scan(square, "main", "fc1", "forward")) == (
        "fc1 is no block; only blocks can read a sequence step by step. "
        "Group it into a block first."
    )


def test_two_nodes_use_one_module_with_its_parameters(square: Document) -> None:
    square.do(steps.set_param(square, "main", "fc1", "bias", False))
    both = parameters(square)
    done(square, steps.set_shares(square, "main", "fc2", "fc1"))
    assert square.undo_text == "Let fc2 use the module of fc1"
    assert parameters(square) == both - 72 == 64
    assert dict(square.network().nodes["fc2"].params) == {"out_features": 8, "bias": False}
    done(square, steps.set_param(square, "main", "fc2", "bias", True))
    assert dict(square.network().nodes["fc1"].params) == {"out_features": 8}
    assert parameters(square) == 72
    assert square.report().ok
    done(square, steps.set_shares(square, "main", "fc2", ""))
    assert square.undo_text == "Give fc2 a module of its own"
    assert parameters(square) == 144


def test_modules_that_cannot_be_shared(square: Document) -> None:
    assert reason(lambda: steps.set_shares(square, "main", "fc2", "relu1")) == (
        "fc2 cannot use the module of relu1: the one is a Linear, the other a ReLU."
    )
    assert reason(lambda: steps.set_shares(square, "main", "fc2", "fc2")) == (
        "fc2 cannot use its own module."
    )
    square.do(steps.set_shares(square, "main", "fc2", "fc1"))
    assert reason(lambda: steps.set_shares(square, "main", "fc1", "fc2")) == (
        "fc2 uses the module of fc1 already."
    )


def test_the_first_heir_of_a_module_keeps_it(square: Document) -> None:
    square.do(steps.duplicate(square, "main", ("fc1",)))
    square.do(steps.set_shares(square, "main", "fc2", "fc1"))
    square.do(steps.set_shares(square, "main", "fc3", "fc1"))
    done(square, steps.delete(square, "main", ("fc1",)))
    nodes = square.network().nodes
    assert (nodes["fc2"].shares, nodes["fc3"].shares) == ("", "fc2")


def test_a_weight_is_another_nodes(square: Document) -> None:
    both = parameters(square)
    done(square, steps.set_tie(square, "main", "fc2", "weight", "fc1.weight"))
    assert square.undo_text == "Tie fc2.weight to fc1.weight"
    assert parameters(square) == both - 64
    done(square, steps.rename(square, "main", "fc1", "word"))
    assert dict(square.network().nodes["fc2"].ties) == {"weight": "word.weight"}
    done(square, steps.set_tie(square, "main", "fc2", "weight", None))
    assert square.undo_text == "Give fc2.weight a value of its own"
    assert parameters(square) == both


def test_weights_that_cannot_be_tied(square: Document) -> None:
    tie = steps.set_tie
    assert reason(lambda: tie(square, "main", "fc2", "weight", "fc1.bias")) == (
        "fc2.weight: expected a weight of shape 8×8, got fc1.bias of shape 8."
    )
    assert reason(lambda: tie(square, "main", "fc2", "scale", "fc1.bias")) == (
        "fc2.scale: expected one of its weights (weight, bias), got 'scale'."
    )
    assert reason(lambda: tie(square, "main", "fc2", "weight", "fc9.weight")) == (
        "fc2.weight: expected a weight of another node, as in word.weight, got 'fc9.weight'."
    )
    assert reason(lambda: tie(square, "main", "fc2", "weight", "fc2.weight")) == (
        "fc2.weight cannot be tied to itself. Choose another weight."
    )
    square.do(tie(square, "main", "fc2", "weight", "fc1.weight"))
    assert reason(lambda: tie(square, "main", "fc1", "weight", "fc2.weight")) == (
        "fc1.weight cannot be tied to itself. Choose another weight."
    )


def test_a_copy_shares_and_ties_as_its_original_does(square: Document) -> None:
    square.do(steps.set_tie(square, "main", "fc2", "weight", "fc1.weight"))
    done(square, steps.duplicate(square, "main", ("fc2",)))
    assert dict(square.network().nodes["fc3"].ties) == {"weight": "fc1.weight"}
    done(square, steps.duplicate(square, "main", ("fc1", "fc2")))
    assert dict(square.network().nodes["fc5"].ties) == {"weight": "fc4.weight"}


def test_another_layer_in_its_place_has_a_module_of_its_own(square: Document) -> None:
    square.do(steps.set_shares(square, "main", "fc2", "fc1"))
    square.do(steps.set_repeat(square, "main", "fc1", 2))
    done(square, steps.replace_type(square, "main", "fc1", "Bilinear"))
    nodes = square.network().nodes
    assert nodes["fc2"].shares == ""
    assert nodes["fc2"].repeat == 2
