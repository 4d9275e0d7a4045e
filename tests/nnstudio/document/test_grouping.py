"""A block made of nodes, and its nodes again: the one undoes the other, and the network stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph_compiler.files import parse_project, project_text
from graph_compiler.model import (
    DataSource,
    Frame,
    Network,
    Node,
    Project,
    Route,
    Variable,
    Wire,
)
from graph_compiler.report import Report
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.templates import load_target


def reason(make: Callable[[], object]) -> str:
    """Why a step is refused."""
    with pytest.raises(Refused) as refused:
        make()
    return refused.value.reason


def drawn(*nodes: Node, wires: tuple[str, ...], **more: object) -> Document:
    """A network of nodes with wires such as `a.h -> b.input2`."""
    network = Network("main", "Net", {node.name: node for node in nodes}, **more)
    for text in wires:
        source, _, target = text.partition(" -> ")
        one, _, exit = source.partition(".")
        other, _, entry = target.partition(".")
        network.wires[Wire(one, exit or "output", other, entry or "input")] = None
    return Document(
        Project(
            "Test",
            networks={"main": network},
            variables={"hidden": Variable("hidden", 16)},
            variants={"small": {"main/fc1.bias": False, "hidden": 4, "main/fc2.bias": False}},
            data=DataSource("none"),
        )
    )


@pytest.fixture
def branches() -> Document:
    """Two dense layers beside each other, joined; frames around one of them and around the end."""
    return drawn(
        Node("inputs", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": "hidden"}, (200.0, 0.0)),
        Node("fc2", "Linear", {"out_features": 5}, (200.0, 200.0)),
        Node("relu1", "ReLU", {}, (400.0, 0.0), dismissed=("two_activations",)),
        Node("concat1", "Concatenate", {}, (600.0, 100.0)),
        Node("fc3", "Linear", {}, (800.0, 100.0)),
        Node("logits", "Output", {}, (1000.0, 100.0)),
        wires=(
            "inputs -> fc1",
            "inputs -> fc2",
            "fc1 -> relu1",
            "fc2 -> concat1.input1",
            "relu1 -> concat1.input10",
            "fc1 -> concat1.input2",
            "concat1 -> fc3",
            "fc3 -> logits",
        ),
        frames={
            "upper": Frame("upper", ("fc1", "relu1"), "blue"),
            "end": Frame("end", ("concat1", "fc3")),
        },
    )


def wires(document: Document, network: str = "main") -> list[str]:
    """The wires as they stand in a file."""
    return sorted(map(str, document.network(network).wires))


def both_ways(document: Document, network: str, nodes: tuple[str, ...], name: str | None) -> str:
    """Groups nodes and ungroups them, with undo and redo between; the block's name, grouped."""
    before = project_text(document.project)
    had, drawings = set(document.network(network).nodes), set(document.project.networks)
    counted = {name: one.parameters for name, one in reports(document).items()}
    document.do(steps.group(document, network, nodes, name))
    after = project_text(document.project)
    (block,) = set(document.project.networks) - drawings
    (instance,) = set(document.network(network).nodes) - had
    assert counted.items() <= {n: one.parameters for n, one in reports(document).items()}.items()
    fresh = Document(parse_project(after, "saved"))
    for one in document.project.networks:
        assert document.report(one).nodes == fresh.report(one).nodes
    document.do(steps.ungroup(document, network, instance))
    assert document.undo_text == f"Ungroup {instance}"
    assert project_text(document.project) == before
    document.undo()
    assert project_text(document.project) == after
    document.undo()
    assert project_text(document.project) == before
    document.redo()
    assert project_text(document.project) == after
    return block


def reports(document: Document) -> dict[str, Report]:
    networks = document.project.networks
    return {name: document.report(name) for name in networks if not networks[name].is_block}


def test_nodes_become_a_block_with_ports_for_the_wires_that_are_cut(branches: Document) -> None:
    step = steps.group(branches, "main", ("relu1", "fc1"), "upper branch")
    assert step.text == "Group 2 nodes into UpperBranch"
    assert both_ways(branches, "main", ("relu1", "fc1"), "upper branch") == "UpperBranch"
    block = branches.network("UpperBranch")
    assert wires(branches, "UpperBranch") == [
        "fc1.output -> fc1_out.input",
        "fc1.output -> relu1.input",
        "relu1.output -> relu1_out.input",
        "x.output -> fc1.input",
    ]
    assert wires(branches) == [
        "concat1.output -> fc3.input",
        "fc2.output -> concat1.input1",
        "fc3.output -> logits.input",
        "inputs.output -> fc2.input",
        "inputs.output -> upper_branch1.x",
        "upper_branch1.fc1_out -> concat1.input2",
        "upper_branch1.relu1_out -> concat1.input10",
    ]
    assert block.nodes["relu1"] == Node(
        "relu1", "ReLU", {}, (400.0, 0.0), dismissed=("two_activations",)
    )
    assert dict(block.nodes["x"].params) == {"shape": (8,)}
    assert branches.network().nodes["upper_branch1"].at == (300.0, 0.0)
    assert block.frames == {"upper": Frame("upper", ("fc1", "relu1"), "blue")}
    assert list(branches.network().frames) == ["end"]
    assert branches.project.variants["small"] == {
        "UpperBranch/fc1.bias": False,
        "hidden": 4,
        "main/fc2.bias": False,
    }


@pytest.mark.parametrize(
    "nodes",
    [
        ("fc1",),
        ("concat1",),
        ("fc1", "fc2"),
        ("fc1", "fc2", "relu1"),
        ("fc2", "concat1", "fc1", "relu1"),
        ("concat1", "fc3"),
        ("inputs", "fc1", "fc2", "relu1", "concat1", "fc3", "logits"),
    ],
)
def test_group_and_ungroup_are_inverse(branches: Document, nodes: tuple[str, ...]) -> None:
    both_ways(branches, "main", nodes, None)


@pytest.mark.parametrize(
    ("target", "network", "nodes"),
    [
        ("resnet@18", "BasicBlock", ("conv1", "norm1", "relu1")),
        ("resnet@50", "Bottleneck", ("conv2", "norm2", "relu2")),
        ("resnet@18", "main", ("stage1", "stage2")),
        ("transformer@base", "WordVectors", ("word", "scale")),
        ("transformer@base", "main", ("embed", "embed2", "encoder", "decoder", "scores")),
        ("lstm-from-scratch", "MemoryCell", ("both", "linear1", "forget_gate")),
    ],
)
def test_also_inside_blocks_and_with_tied_weights(
    target: str, network: str, nodes: tuple[str, ...]
) -> None:
    document = Document(load_target(f"template:{target}"))
    both_ways(document, network, nodes, None)


def test_a_block_inside_takes_the_parameters_that_it_reads() -> None:
    document = Document(load_target("template:resnet@18"))
    document.do(steps.group(document, "BasicBlock", ("conv1", "norm1"), "Start"))
    assert document.network("Start").params == {
        name: (document.network("BasicBlock").params or {})[name] for name in ("width", "stride")
    }
    assert dict(document.network("BasicBlock").nodes["start1"].params) == {
        "width": "width",
        "stride": "stride",
    }
    assert document.report().parameters == 11_689_512


def test_values_stand_where_the_parameters_were() -> None:
    document = Document(load_target("template:resnet@18"))
    document.do(steps.add_layer(document, "main", "BasicBlock", (0, 900), {"width": 24}, "one"))
    before = document.network().nodes.keys() - {"one"}
    document.do(steps.ungroup(document, "main", "one"))
    new = {name: node for name, node in document.network().nodes.items() if name not in before}
    (conv,) = [node for node in new.values() if node.params.get("padding") == 1][:1]
    assert conv.params["out_channels"] == 24
    assert "BasicBlock" in document.project.networks


def test_values_are_put_into_expressions_and_names_stay_apart() -> None:
    document = drawn(
        Node("inputs", "Input", {"shape": (8,)}),
        Node("fc1", "Unit", {"width": "hidden + 1", "deep": True}),
        Node("relu1", "Unit", {"width": 3}),
        Node("logits", "Output", {}),
        wires=("inputs -> fc1.x", "fc1.y -> relu1.x", "relu1.y -> logits"),
    )
    unit = Network(
        "Unit",
        nodes={
            "x": Node("x", "Input", {"shape": (8,)}),
            "fc1": Node("fc1", "Linear", {"out_features": "2 * width", "bias": "deep"}),
            "relu1": Node("relu1", "ReLU", {}, repeat="width - 1"),
            "y": Node("y", "Output", {}),
        },
        wires={
            Wire("x", "output", "fc1", "input"): None,
            Wire("fc1", "output", "relu1", "input"): None,
            Wire("relu1", "output", "y", "input"): None,
        },
        params={"width": Variable("width", 4), "deep": Variable("deep", False)},
    )
    document = Document(
        Project(
            "Test",
            networks={**document.project.networks, "Unit": unit},
            variables={"hidden": Variable("hidden", 16)},
            variants={"small": {"main/relu1.width": 5, "Unit/fc1.out_features": "3 * width"}},
            data=DataSource("none"),
        )
    )
    total = document.report().parameters
    document.do(steps.ungroup(document, "main", "relu1"))
    nodes = document.network().nodes
    assert dict(nodes["fc2"].params) == {"out_features": 6, "bias": False}
    assert nodes["relu1"].repeat == 2
    assert document.project.variants["small"] == {
        "main/fc2.out_features": 15,
        "Unit/fc1.out_features": "3 * width",
    }
    document.do(steps.ungroup(document, "main", "fc1"))
    nodes = document.network().nodes
    assert dict(nodes["fc1"].params) == {"out_features": "2 * (hidden + 1)", "bias": True}
    assert nodes["relu2"].repeat == "(hidden + 1) - 1"
    assert document.report().parameters == total
    assert "Unit" in document.project.networks


def test_wires_inside_and_outside_that_are_spelled_alike_keep_their_own_routes() -> None:
    document = drawn(
        Node("x", "Input", {"shape": (8,)}),
        Node("block1", "Unit", {}, (200.0, 0.0)),
        Node("y", "Output", {}, (400.0, 0.0)),
        wires=("x -> block1.x", "block1.y -> y"),
        routes={Wire("x", "output", "block1", "x"): Route(((100.0, -40.0), (240.0, 40.0)))},
    )
    unit = Network(
        "Unit",
        nodes={"x": Node("x", "Input", {"shape": (8,)}), "y": Node("y", "Output", {})},
        wires={Wire("x", "output", "y", "input"): None},
        params={},
    )
    networks = {**document.project.networks, "Unit": unit}
    document = Document(Project("Test", networks=networks, data=DataSource("none")))
    before = project_text(document.project)
    document.do(steps.group(document, "main", ("block1",)))
    spelled = Wire("x", "output", "block1", "x")
    outside, inside = document.network().routes, document.project.networks["Block"].routes
    assert outside[spelled].points == ((100.0, -40.0),)
    assert inside[spelled].points == ((240.0, 40.0),)
    document.do(steps.ungroup(document, "main", "block1"))
    assert project_text(document.project) == before


def test_what_cannot_be_grouped(branches: Document) -> None:
    group = steps.group
    assert reason(lambda: group(branches, "main", ("fc1", "concat1"))) == (
        "fc1 feeds concat1 through relu1, which would stay outside. "
        "Select relu1 as well, or leave one of the two out."
    )
    assert reason(lambda: group(branches, "main", ("inputs", "logits"))) == (
        "There is nothing to group: inputs and outputs stay outside. Select some layers first."
    )
    assert reason(lambda: group(branches, "main", ("fc1",), "Linear")) == (
        "There is already a layer “Linear”. Choose another name."
    )
    branches.do(steps.duplicate(branches, "main", ("fc1",)))
    branches.do(steps.set_shares(branches, "main", "fc4", "fc1"))
    assert reason(lambda: group(branches, "main", ("fc1",))) == (
        "fc4 uses the module of fc1, so that both or none can be grouped. "
        "Select both, or give it a module of its own."
    )
    branches.undo()
    branches.do(steps.connect(branches, "main", Wire("inputs", "output", "fc4", "input")))
    branches.do(steps.set_tie(branches, "main", "fc4", "weight", "fc1.weight"))
    assert reason(lambda: group(branches, "main", ("fc4",))) == (
        "fc4.weight is tied to fc1.weight, which would stay outside. "
        "Select fc1 as well, or give fc4 a weight of its own."
    )
    branches.do(steps.group(branches, "main", ("fc1", "relu1")))
    (tied,) = branches.network().nodes["fc4"].ties.values()
    assert tied == "upper1/fc1.weight"


def test_branches_that_sleep_are_not_woken() -> None:
    document = drawn(
        Node("inputs", "Input", {"shape": (8,)}),
        Node("fc1", "Linear", {}),
        Node("fc2", "Linear", {}),
        Node("choice1", "Choice", {"pick": 1}),
        Node("logits", "Output", {}),
        wires=(
            "inputs -> fc1",
            "inputs -> fc2",
            "fc1 -> choice1.input1",
            "fc2 -> choice1.input2",
            "choice1 -> logits",
        ),
    )
    assert reason(lambda: steps.group(document, "main", ("fc2", "choice1"))) == (
        "choice1 lets one branch through; fc1 would be worked out whichever it is. "
        "Select fc1 as well."
    )
    both_ways(document, "main", ("fc1", "fc2", "choice1"), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda d: steps.set_repeat(d, "main", "block1", 2),
            "block1 stands 2 times in a row and cannot be ungrouped. Set its repeat to once first.",
        ),
        (
            lambda d: steps.set_scan(d, "main", "block1", "forward"),
            "block1 reads a sequence step by step and cannot be ungrouped. "
            "Turn its scan off first.",
        ),
        (
            lambda d: steps.duplicate(d, "main", ("block1",)),
            "block2 uses the module of block1, which cannot be ungrouped. "
            "Give block2 a module of its own first.",
        ),
    ],
)
def test_what_cannot_be_ungrouped(
    branches: Document, change: Callable[[Document], object], words: str
) -> None:
    branches.do(steps.group(branches, "main", ("fc1", "relu1"), "Block"))
    branches.do(change(branches))
    if "block2" in branches.network().nodes:
        branches.do(steps.set_shares(branches, "main", "block2", "block1"))
        assert reason(lambda: steps.ungroup(branches, "main", "block2")) == (
            "block2 uses the module of block1 and cannot be ungrouped. "
            "Give it a module of its own first."
        )
    assert reason(lambda: steps.ungroup(branches, "main", "block1")) == words
    assert reason(lambda: steps.ungroup(branches, "main", "fc3")) == (
        "fc3 is no block. Only a block can be ungrouped."
    )
