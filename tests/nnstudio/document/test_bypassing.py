"""Bypassing as a step: what it does to check, code and undo, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import DataSource, Network, Node, Project, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.events import Event, HistoryChanged, NodeChanged, ReportChanged
from nnstudio.document.templates import load_target


def lenet() -> Document:
    return Document(load_target("template:lenet5"))


def reason(make: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        make()
    return caught.value.reason


def text(document: Document) -> str:
    source = document.source()
    assert source is not None
    return source.text


def test_out_of_check_and_code_and_back_by_undo() -> None:
    document, plain = lenet(), lenet()
    start, written = project_text(document.project), text(document)
    document.do(steps.set_bypassed(document, "main", ("relu3", "fc2"), True))
    plain.do(steps.dissolve(plain, "main", ("relu3", "fc2")))
    assert text(document) == text(plain)
    assert document.report().parameters == plain.report().parameters
    assert document.report().problems == plain.report().problems
    assert document.facts("main", "fc2").bypassed
    assert document.undo_text == "Bypass 2 nodes"
    assert Document(parse_project(project_text(document.project), "x")).source().text == text(plain)
    document.do(steps.set_bypassed(document, "main", "relu3", False))
    assert document.undo_text == "Let relu3 run"
    document.undo()
    document.undo()
    assert project_text(document.project) == start
    assert text(document) == written
    document.redo()
    assert text(document) == text(plain)


def test_the_events_name_the_node_and_all_that_changed_behind_it() -> None:
    document = lenet()
    heard: list[Event] = []
    document.subscribe(heard.append)
    document.do(steps.set_bypassed(document, "main", ("conv2",), True))
    assert heard[0] == NodeChanged("main", "conv2")
    assert isinstance(heard[-1], HistoryChanged)
    (report,) = [event for event in heard if isinstance(event, ReportChanged)]
    assert {"conv2", "relu2", "pool2", "flatten", "fc1"} <= report.nodes
    assert "fc3" not in report.nodes


def test_what_would_not_fit_is_refused_with_node_port_expected_and_got() -> None:
    document = lenet()
    start = project_text(document.project)
    heard: list[Event] = []
    document.subscribe(heard.append)
    assert reason(lambda: steps.set_bypassed(document, "main", "flatten", True)) == (
        "flatten cannot be bypassed. logits.input: expected N×10 (one score for each of the 10 "
        "classes), got N×16×2×10. Put another layer there, or leave it in."
    )
    assert reason(lambda: steps.set_bypassed(document, "main", ("fc2", "fc3"), True)) == (
        "These nodes cannot be bypassed. logits.input: expected N×10 (one score for each of the 10 "
        "classes), got N×120. Put another layer there, or leave them in."
    )
    assert reason(lambda: steps.set_bypassed(document, "main", "image", True)) == (
        "image cannot be bypassed: it is an end of the drawing. Disconnect or delete it."
    )
    assert reason(lambda: steps.set_bypassed(document, "main", (), True)) == (
        "There is nothing to bypass. Select a node first."
    )
    assert reason(lambda: steps.set_bypassed(document, "main", "lost", True)) == (
        "There is no node “lost”."
    )
    assert not heard
    assert project_text(document.project) == start
    assert document.report().ok


def residual() -> Document:
    """A block x + fc(x), used once and once more three times in a row."""
    unit = Network("Unit", params={"width": Variable("width", 8)})
    for node in (
        Node("x", "Input", {"shape": (8,)}),
        Node("fc", "Linear", {"out_features": "2 * width"}),
        Node("back", "Linear", {"out_features": "width"}),
        Node("sum", "Add"),
        Node("y", "Output"),
    ):
        unit.nodes[node.name] = node
    unit.wires = dict.fromkeys(
        (
            Wire("x", "output", "fc", "input"),
            Wire("fc", "output", "back", "input"),
            Wire("x", "output", "sum", "input1"),
            Wire("back", "output", "sum", "input2"),
            Wire("sum", "output", "y", "input"),
        )
    )
    main = Network("main", "Net")
    for node in (
        Node("x", "Input", {"shape": (8,)}),
        Node("one", "Unit"),
        Node("more", "Unit", repeat=3),
        Node("y", "Output"),
    ):
        main.nodes[node.name] = node
    main.wires = dict.fromkeys(
        (
            Wire("x", "output", "one", "x"),
            Wire("one", "y", "more", "x"),
            Wire("more", "y", "y", "input"),
        )
    )
    data = DataSource("blobs", {"features": 8, "centers": 8})
    return Document(Project("Residual", networks={"main": main, "Unit": unit}, data=data))


def test_inside_a_block_all_its_uses_follow() -> None:
    document = residual()
    assert document.report().parameters == 4 * (8 * 16 + 16 + 16 * 8 + 8)
    document.do(steps.set_bypassed(document, "Unit", ("sum",), True))
    assert (document.report().parameters, document.report().problems) == (0, ())
    assert "Linear" not in text(document)
    document.undo()
    assert reason(lambda: steps.set_bypassed(document, "Unit", "back", True)) == (
        "back cannot be bypassed. sum.input2: expected N×8, as on input1, got N×16. "
        "Bypass sum as well, or leave it in."
    )
    document.do(steps.set_bypassed(document, "Unit", ("fc",), True))
    document.do(steps.set_bypassed(document, "main", ("more",), True))
    assert document.report().parameters == 8 * 8 + 8
    assert reason(lambda: steps.ungroup(document, "main", "more")) == (
        "more is bypassed and cannot be ungrouped. Let it run again first."
    )


def test_it_is_told_where_a_block_would_not_fit_any_more() -> None:
    document = residual()
    document.do(steps.set_param(document, "main", ("one",), "width", 8))
    document.do(steps.add_layer(document, "Unit", "Reshape", (0, 0), {"shape": (2, 4)}, "fold"))
    wire = Wire("sum", "output", "y", "input")
    document.do(steps.insert_on_wire(document, "Unit", wire, "Flatten"))
    document.do(steps.rewire(document, "Unit", Wire("sum", "output", "flatten", "input"),
                             Wire("fold", "output", "flatten", "input")))  # fmt: skip
    document.do(steps.connect(document, "Unit", Wire("sum", "output", "fold", "input")))
    assert document.report().ok
    assert reason(lambda: steps.set_bypassed(document, "Unit", "flatten", True)) == (
        "flatten cannot be bypassed. more[0]/sum.input2 in main: expected N×2×4, as on input1, "
        "got N×2×8. Put another layer there, or leave it in."
    )


def test_letting_a_node_run_again_is_never_refused() -> None:
    document = lenet()
    document.do(steps.set_bypassed(document, "main", "fc2", True))
    document.do(steps.set_param(document, "main", ("fc2",), "in_features", 7))
    document.do(steps.set_bypassed(document, "main", "fc2", False))
    assert not document.report().ok


def test_a_node_that_others_share_or_tie_cannot_be_bypassed() -> None:
    document = lenet()
    document.do(steps.set_param(document, "main", ("fc1", "fc2"), "out_features", 120))
    document.do(steps.insert_on_wire(document, "main", Wire("fc2", "output", "relu4", "input"),
                                     "Linear"))  # fmt: skip
    document.do(steps.set_param(document, "main", ("fc4",), "out_features", 120))
    document.do(steps.set_shares(document, "main", "fc4", "fc2"))
    assert document.report().ok
    assert reason(lambda: steps.set_bypassed(document, "main", "fc2", True)) == (
        "fc2 cannot be bypassed. fc4.shares: expected another Linear with the same parameters "
        "whose module it can use, got fc2, which is bypassed. Bypass fc4 as well, or leave it in."
    )
    document.do(steps.set_bypassed(document, "main", ("fc2", "fc4"), True))
    assert document.report().ok


def test_errors_that_were_there_before_are_no_reason() -> None:
    document = lenet()
    document.do(steps.set_param(document, "main", ("conv1",), "kernel_size", 99))
    assert not document.report().ok
    document.do(steps.set_bypassed(document, "main", ("fc2",), True))
    document.do(steps.set_bypassed(document, "main", ("conv1",), True))
    assert document.report().ok


def test_copies_and_groups_keep_the_bypass() -> None:
    document = lenet()
    document.do(steps.set_bypassed(document, "main", ("relu3",), True))
    before, written = project_text(document.project), text(document)
    document.do(steps.duplicate(document, "main", ("relu3", "fc2")))
    assert document.network().nodes["relu5"].bypassed
    document.undo()
    document.do(steps.group(document, "main", ("relu3", "fc2"), "Pair"))
    assert document.project.networks["Pair"].nodes["relu3"].bypassed
    assert document.report().ok
    document.do(steps.ungroup(document, "main", "pair1"))
    assert (project_text(document.project), text(document)) == (before, written)
