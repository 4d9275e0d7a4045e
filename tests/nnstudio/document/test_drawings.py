"""Blocks and networks come, go, are renamed and described; their parameters and ports change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Plan, Stage, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import (
    BlockParamsChanged,
    Event,
    NetworkAdded,
    NetworkRemoved,
    NetworkRenamed,
)
from nnstudio.document.templates import load_target


@pytest.fixture
def resnet() -> Document:
    return Document(load_target("template:resnet@18"))


def reason(make: Callable[[], object]) -> str:
    """Why a step is refused."""
    with pytest.raises(Refused) as refused:
        make()
    return refused.value.reason


def done(document: Document, step: Step) -> list[Event]:
    """What a step told that was done, taken back and done again; checks are as from scratch."""
    before = project_text(document.project)
    told: list[Event] = []
    stop = document.subscribe(told.append)
    document.do(step)
    stop()
    after = project_text(document.project)
    agree(document)
    document.undo()
    assert project_text(document.project) == before
    agree(document)
    document.redo()
    assert project_text(document.project) == after
    assert document.undo_text == step.text
    agree(document)
    return told


def agree(document: Document) -> None:
    fresh = Document(parse_project(project_text(document.project), "saved"))
    for name in document.project.networks:
        assert document.report(name).nodes == fresh.report(name).nodes
        assert sorted(map(str, document.report(name).problems)) == sorted(
            map(str, fresh.report(name).problems)
        )


# Drawings


def test_a_new_block_hands_on_what_it_is_fed(resnet: Document) -> None:
    told = done(resnet, steps.add_block(resnet, "residual unit"))
    assert NetworkAdded("ResidualUnit") in told
    assert resnet.undo_text == "Add the block ResidualUnit"
    block = resnet.network("ResidualUnit")
    assert block.is_block
    assert set(block.nodes) == {"x", "y"}
    assert resnet.report("ResidualUnit").ok
    done(resnet, steps.append_layer(resnet, "main", "fc", "ResidualUnit"))
    assert resnet.network().nodes["residual_unit1"].type == "ResidualUnit"
    assert resnet.report().ok


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("9 lives", "“9 lives” cannot be a block's name. Use letters and digits, a letter first."),
        ("linear", "There is already a layer “Linear”. Choose another name."),
        ("stage", "There is already a drawing “Stage”. Choose another name."),
        ("Reihe" * 9, "A block's name has at most 40 characters."),
    ],
)
def test_names_that_no_block_can_have(resnet: Document, name: str, words: str) -> None:
    assert reason(lambda: steps.add_block(resnet, name)) == words


def test_a_second_network_is_checked_without_the_purpose_of_the_first(resnet: Document) -> None:
    done(resnet, steps.add_network(resnet, "Second half"))
    assert resnet.undo_text == "Add the network second_half"
    assert {one.code for one in resnet.report("second_half").problems} == {"no_input", "no_output"}
    assert reason(lambda: steps.add_network(resnet, "main")) == (
        "There is already a drawing “main”. Choose another name."
    )


def test_all_that_names_a_drawing_follows_its_new_name(resnet: Document) -> None:
    told = done(resnet, steps.rename_drawing(resnet, "Stage", "Level"))
    assert NetworkRenamed("Stage", "Level") in told
    assert resnet.undo_text == "Rename Stage to Level"
    assert resnet.network().nodes["stage1"].type == "Level"
    assert resnet.report().parameters == 11_689_512
    assert "Level/blocks.pick" in resnet.project.variants["demo"]
    assert "Stage" not in project_text(resnet.project).replace("Stages", "")
    done(resnet, steps.add_network(resnet, "critic"))
    resnet.do(steps.set_plan(resnet, Plan((Stage(), Stage("second", network="critic")))))
    done(resnet, steps.rename_drawing(resnet, "critic", "judge"))
    assert [stage.network for stage in resnet.project.plan.stages] == ["main", "judge"]
    assert reason(lambda: steps.rename_drawing(resnet, "main", "net")) == (
        "The main network keeps its name. Give it another title instead."
    )


def test_a_copy_of_a_block_is_used_by_nothing(resnet: Document) -> None:
    done(resnet, steps.duplicate_drawing(resnet, "Stage"))
    assert resnet.undo_text == "Duplicate Stage as Stage2"
    assert resnet.project.variants["demo"]["Stage2/blocks.pick"] == 0
    done(resnet, steps.delete_drawing(resnet, "Stage2"))
    assert resnet.undo_text == "Delete Stage2"
    assert "Stage2/blocks.pick" not in resnet.project.variants["demo"]


def test_what_is_used_cannot_be_deleted(resnet: Document) -> None:
    assert reason(lambda: steps.delete_drawing(resnet, "Stage")) == (
        "Stage is used by main/stage1, main/stage2, main/stage3 and 1 more. "
        "Ungroup or delete the nodes that use it first."
    )
    assert reason(lambda: steps.delete_drawing(resnet, "main")) == (
        "The main network stays. Delete the nodes in it instead."
    )
    resnet.do(steps.add_network(resnet, "critic"))
    resnet.do(steps.set_plan(resnet, Plan((Stage("judging", network="critic"),))))
    assert reason(lambda: steps.delete_drawing(resnet, "critic")) == (
        "The stage “judging” of the plan trains critic. Choose another network there first."
    )
    resnet.do(steps.set_plan(resnet, Plan((Stage(),))))
    assert NetworkRemoved("critic") in done(resnet, steps.delete_drawing(resnet, "critic"))


def test_a_block_says_what_it_does(resnet: Document) -> None:
    done(resnet, steps.describe_drawing(resnet, "Stage", " Blocks  of one width. "))
    assert resnet.undo_text == "Describe Stage"
    assert resnet.types["Stage"].doc == "Blocks of one width."
    done(resnet, steps.set_title(resnet, "Stage", "Level of the pyramid"))
    assert resnet.types["Stage"].title == "Level of the pyramid"


def test_a_block_cannot_hold_itself(resnet: Document) -> None:
    for name in ("Stage", "BasicBlock"):
        assert reason(lambda name=name: steps.add_layer(resnet, name, "Stage", (0, 0))) == (
            f"Stage cannot stand in {name}: it would hold itself."
        )


# Parameters


def test_a_parameter_is_added_changed_and_taken_away(resnet: Document) -> None:
    told = done(resnet, steps.add_block_param(resnet, "BasicBlock", Variable("kernel", 3)))
    assert BlockParamsChanged("BasicBlock") in told
    assert resnet.undo_text == "Add kernel to BasicBlock"
    done(resnet, steps.set_param(resnet, "BasicBlock", "conv1", "kernel_size", "kernel"))
    done(resnet, steps.set_param(resnet, "BasicBlock", "conv1", "padding", "kernel // 2"))
    assert resnet.report().parameters == 11_689_512
    changed = Variable("kernel", 5, "size of the window", 1.0, 9.0)
    done(resnet, steps.set_block_param(resnet, "BasicBlock", changed))
    assert resnet.undo_text == "Set kernel of BasicBlock"
    assert resnet.report().parameters > 11_689_512
    assert reason(lambda: steps.remove_block_param(resnet, "BasicBlock", "kernel")) == (
        "kernel is used by conv1.kernel_size, conv1.padding. Give them values of their own first."
    )
    for param, value in (("kernel_size", 3), ("padding", 1)):
        resnet.do(steps.set_param(resnet, "BasicBlock", "conv1", param, value))
    resnet.do(steps.set_param(resnet, "Stage", "basics", "kernel", 7))
    done(resnet, steps.remove_block_param(resnet, "BasicBlock", "kernel"))
    assert "kernel" not in resnet.network("Stage").nodes["basics"].params
    assert resnet.report().parameters == 11_689_512


def test_expressions_and_uses_follow_the_new_name_of_a_parameter(resnet: Document) -> None:
    done(resnet, steps.rename_block_param(resnet, "BasicBlock", "width", "maps"))
    assert resnet.undo_text == "Rename width of BasicBlock to maps"
    assert resnet.network("BasicBlock").nodes["conv1"].params["out_channels"] == "maps"
    assert resnet.network("Stage").nodes["basics"].params["maps"] == "width"
    assert "width" not in resnet.network("Stage").nodes["basics"].params
    assert resnet.report().parameters == 11_689_512


@pytest.mark.parametrize(
    ("param", "words"),
    [
        (Variable("stride", 3), "There is already a parameter “stride”. Choose another name."),
        (Variable("i", 3), "“i” is the number of a turn in a repeat. Choose another name."),
        (Variable("kernel", None), "kernel needs a value, such as 64."),
        (
            Variable("kernel", 3, low=4.0),
            "The default of kernel lies outside its range. Widen the range.",
        ),
        (
            Variable("mode", "sum", choices=("mean", "max")),
            "mode: expected one of mean, max, got sum. Choose one of them as the default.",
        ),
    ],
)
def test_parameters_that_cannot_be(resnet: Document, param: Variable, words: str) -> None:
    assert reason(lambda: steps.add_block_param(resnet, "BasicBlock", param)) == words


def test_a_range_that_a_use_leaves_is_refused(resnet: Document) -> None:
    narrow = Variable("width", 64, low=1.0, high=100.0)
    assert reason(lambda: steps.set_block_param(resnet, "Stage", narrow)) == (
        "main/stage2 gives another value. width: expected a whole number from 1 to 100, got 128. "
        "Set width to such a number."
    )


def test_the_order_of_parameters_is_chosen(resnet: Document) -> None:
    names = list(resnet.network("Stage").params or {})
    done(resnet, steps.order_block_params(resnet, "Stage", names[::-1]))
    assert list(resnet.network("Stage").params or {}) == names[::-1]


def test_a_variable_of_the_project_is_another_than_a_parameter_of_its_name() -> None:
    document = Document(load_target("template:resnet@18"))
    assert "width" in document.project.variables
    inside = project_text(document.project).count('"width')
    done(document, steps.rename_variable(document, "width", "filters"))
    block = document.network("BasicBlock")
    assert block.nodes["conv1"].params["out_channels"] == "width"
    assert inside > project_text(document.project).count('"width') > 0
    assert document.report().parameters == 11_689_512


# Ports


def test_wires_of_all_uses_follow_a_port_from_inside_and_from_outside(resnet: Document) -> None:
    done(resnet, steps.rename(resnet, "Stage", "x", "picture"))
    assert Wire("pool", "output", "stage1", "picture") in resnet.network().wires
    done(resnet, steps.rename_port(resnet, "Stage", "y", "maps"))
    assert resnet.undo_text == "Rename y of Stage to maps"
    assert Wire("stage1", "maps", "stage2", "picture") in resnet.network().wires
    assert resnet.report().parameters == 11_689_512
    assert resnet.report().ok


def test_a_port_comes_and_goes_with_the_wires_of_all_uses(resnet: Document) -> None:
    done(resnet, steps.add_port(resnet, "Stage", "in", "mask"))
    assert resnet.undo_text == "Add mask to Stage"
    assert "unconnected" in {one.code for one in resnet.report().problems}
    done(resnet, steps.connect(resnet, "main", Wire("pool", "output", "stage1", "mask")))
    done(resnet, steps.remove_port(resnet, "Stage", "mask"))
    assert resnet.report().ok
    done(resnet, steps.delete(resnet, "Stage", ("y",)))
    assert not any(wire.source == "stage1" for wire in resnet.network().wires)


def test_the_last_state_of_a_scan_follows_its_port() -> None:
    document = Document(load_target("template:lstm-from-scratch"))
    ((name, node),) = ((n.name, n) for n in document.network().nodes.values() if n.scan)
    wires = [wire for wire in document.network().wires if wire.source == name]
    state = next(wire.source_port for wire in wires).removeprefix("last_")
    done(document, steps.rename_port(document, node.type, state, "memory_of_it"))
    assert document.report().parameters == Document(document.project).report().parameters
