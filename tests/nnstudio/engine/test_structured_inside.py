"""Operations, failures and weights inside blocks are told by full node paths."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler import emit
from graph_compiler.checker import check_project
from graph_compiler.code_model import Code, CodeOutput
from graph_compiler.files import load_project, project_text
from graph_compiler.model import Frame, Network, Node, Project, Value, Variable
from graph_compiler.report import paths
from graph_compiler.source import Span
from nnstudio.document.templates import load_target
from nnstudio.engine import checkpoints, matching
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.probe import probe_request
from nnstudio.engine.watching import Watch
from nnstudio.engine.whereabouts import Whereabouts
from nnstudio.runs.trust import trust

PROJECTS = Path(__file__).parents[2] / "projects"
Chain = Callable[..., Network]


def drawn(name: str) -> Project:
    return load_project(PROJECTS / f"{name}.nns")


def seen(project: Project, rows: int = 4) -> list[tuple[str, str]]:
    """Label and node of every operation of one batch, weights and data left out."""
    shown = probe_request(project_text(project), None, rows)
    return [(o["label"], o["node"]) for o in shown["operations"] if o["kind"] == "operation"]


def failed(reader: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((reader.path / "events.jsonl").read_text().splitlines()[-1])
    assert event["event"] == "failed", event
    return event


def test_operations_of_shared_blocks_belong_to_the_node_that_called() -> None:
    assert seen(drawn("shared")) == [
        ("flatten", "flatten"),
        ("linear", "enter"),
        ("tanh", "tanh1"),
        ("linear", "again/wide"),
        ("relu", "again/relu"),
        ("linear", "again/narrow"),
        ("add", "again/sum"),
        ("linear", "turn2"),
        ("relu", "relu"),
        ("linear", "mix/wide"),
        ("relu", "mix/relu"),
        ("linear", "mix/narrow"),
        ("add", "mix/sum"),
        ("linear", "turn"),
        ("tanh", "tanh2"),
        ("dropout", "drop"),
        ("linear", "fc"),
    ]


def test_operations_of_rows_and_choices_name_turn_and_branch() -> None:
    found = [(label, node) for label, node in seen(drawn("blocks")) if node.startswith("stage[1]")]
    assert [one for one in found if "norm" not in one[1]] == [
        ("conv2d", "stage[1]/unit1/conv"),
        ("relu", "stage[1]/unit1/relu"),
        ("conv2d", "stage[1]/unit2/conv"),
        ("relu", "stage[1]/unit2/relu"),
        ("conv2d", "stage[1]/project"),
        ("add", "stage[1]/sum"),
    ]


def test_operations_of_a_scan_come_once_for_each_step_of_time() -> None:
    found = seen(drawn("scan"))
    for label, node in (("linear", "cell/gate"), ("mul", "cell/held"), ("add", "cell/blend")):
        assert found.count((label, node)) == 8
    assert ("getitem", "rows") in found


@pytest.mark.parametrize(
    "target",
    [
        "template:lstm-from-scratch",
        *(
            pytest.param(f"template:{name}@demo", marks=pytest.mark.slow)
            for name in ("resnet", "densenet", "googlenet", "mobilenetv2", "efficientnet-b0")
        ),
        pytest.param("template:vit-b16@demo", marks=pytest.mark.slow),
    ],
)
def test_every_operation_of_a_template_has_a_node_that_the_check_lists(target: str) -> None:
    project = load_target(target)
    known = dict(paths(check_project(project)["main"].nodes))
    for label, node in seen(project, 2):
        assert node in known, (label, node)


BLOCK_PARAMS = {"features": Variable("features", 8)}


def with_block(chain: Chain, *inside: tuple[str, str, Mapping[str, Value]]) -> Project:
    """Digits through two turns of a block, whose chain is told."""
    block = chain(("x", "Input", {"shape": (8,)}), *inside, ("y", "Output", {}))
    network = chain(
        ("image", "Input", {"shape": (1, 8, 8)}),
        ("flatten", "Flatten", {}),
        ("enter", "Linear", {"out_features": 8}),
        ("deep", "Part", {}),
        ("fc", "Linear", {"out_features": 10}),
        ("scores", "Output", {}),
    )
    network.nodes["deep"] = replace(network.nodes["deep"], repeat=2)
    for wire in tuple(network.wires):
        if "deep" in (wire.source, wire.target):
            del network.wires[wire]
            ports = {"source_port": "y"} if wire.source == "deep" else {"target_port": "x"}
            network.wires[replace(wire, **ports)] = None
    part = replace(block, name="Part", params=BLOCK_PARAMS)
    made = drawn("scan")
    return replace(made, networks={"main": network, "Part": part}, variables={})


def test_a_number_that_is_none_is_told_by_the_node_in_its_turn(runs: Any, network: Chain) -> None:
    project = with_block(
        network,
        ("fc", "Linear", {"out_features": "features"}),
        ("tanh", "Tanh", {}),
        ("log", "Elementwise", {"function": "log"}),
    )
    event = failed(runs.train(project))
    assert event["node"] == "deep[0]/log"
    assert event["text"] == (
        "deep[0]/log.output: expected finite numbers, got nan in step 1 with learning rate 0.01. "
        "Lower the learning rate; the state before this step is kept."
    )
    told = event["detail"].splitlines()
    assert told[2].startswith("  last finite output: deep[0]/tanh (deep.0.stem.1), up to 0.")
    assert told[3] == "  first bad output: deep[0]/log, nan"


def test_a_way_back_that_makes_no_number_is_told_by_its_node(runs: Any, network: Chain) -> None:
    """The square root of 0 is 0, but its slope there is infinite."""
    project = with_block(
        network,
        ("fc", "Linear", {"out_features": "features"}),
        ("drop", "Dropout", {"p": 0.5}),
        ("square", "Elementwise", {"function": "square"}),
        ("root", "Elementwise", {"function": "sqrt"}),
    )
    event = failed(runs.train(project))
    assert event["text"] == (
        "deep[1]/root.gradient: expected finite numbers, got nan or inf in step 1 with learning "
        "rate 0.01. Lower the learning rate; the state before this step is kept."
    )


class Masked(nn.Module):
    """Shares of the visible numbers, and a logarithm of what may be negative."""

    def __init__(self, gap: float) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.shares = nn.Softmax(1)
        self.gap = gap

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.fc(x).masked_fill(torch.tensor([False, True, False]), -torch.inf)
        return self.shares((self.shares(x) - self.gap).log())


@pytest.mark.parametrize(("gap", "label"), [(2.0, "log"), (0.0, "")])
def test_infinities_of_a_mask_are_not_blamed(gap: float, label: str) -> None:
    """A mask holds infinities at every step; the cause is what makes of numbers what is none."""
    model = Masked(gap)
    path = inspect.getfile(Masked)
    lines, first = inspect.getsourcelines(Masked.forward)
    spans = {"cut": (Span(first + len(lines) - 1, 0, first + len(lines) - 1, 99),)}
    nodes = NodeMap({"fc": "fc", "shares": "shares"}, spans, path)
    watch = Watch(Whereabouts(nodes, {"main": model}))
    with watch:
        model(torch.ones(2, 3)).sum().backward()
    cause = watch.cause()
    watch.let_go()
    assert (cause.label if cause else "") == label
    if cause is not None:
        before = watch.before(cause)
        assert (cause.node, cause.value) == ("cut", "nan")
        assert before is not None
        assert before.node == "cut"


@pytest.mark.parametrize(
    ("name", "old", "new", "node"),
    [
        ("shared", "self.residual(x) + x", "self.residual(x) @ x", "again/sum"),
        ("blocks", "Unit(channels, channels=channels)", "Unit(3)", "stage[0]/unit2/conv"),
        ("scan", "nn.Tanh()", "nn.Linear(3, 3)", "cell/new"),
    ],
)
def test_an_exception_inside_a_block_names_the_node(
    runs: Any, name: str, old: str, new: str, node: str
) -> None:
    run = runs.create(drawn(name))
    model = run / "model.py"
    before = model.read_text()
    assert before.count(old) == 1
    model.write_text(before.replace(old, new))
    event = failed(runs.work(run))
    assert event["node"] == node
    begin = f"{node}: expected a step without an error, got RuntimeError: "
    assert event["text"].startswith(begin)
    assert "\n" not in event["text"]


def test_weights_outlive_frames_names_of_classes_and_new_layers(
    runs: Any, tmp_path: Path, network: Chain
) -> None:
    """Other attributes in the code, the same nodes: everything is found again."""
    project = drawn("shared")
    done = runs.train(project)
    kept = checkpoints.weights(done.path / "checkpoints" / "best.safetensors")
    main = project.networks["main"]
    nodes = dict(main.nodes)
    nodes["fc"] = replace(nodes["fc"], params={"out_features": 7})
    changed = replace(
        main,
        title="Renamed",
        nodes={**nodes, "turn": replace(nodes["turn"], name="turn")},
        frames={"first": Frame("first", ("flatten", "enter"))},
    )
    again = replace(project, networks={**project.networks, "main": changed}, name="Other")
    source = emit(again.graph())
    (tmp_path / "model.py").write_text(source.text)
    from nnstudio.engine.loading import load_model

    model = getattr(load_model(tmp_path / "model.py"), source.class_name)()
    assert "first.1.weight" in model.state_dict()
    nodes_of = NodeMap.of_source(source, str(tmp_path / "model.py"))
    matched = matching.take(model, nodes_of, {**kept, "gone.weight": torch.zeros(2)})
    assert matched.reshaped == ("fc.weight", "fc.bias")
    assert matched.unused == ("gone.weight",)
    assert matched.text == (
        "Took 8 of 10 weights. Of another shape there: fc.weight, fc.bias. "
        "Without a place here: gone.weight."
    )
    assert torch.equal(model.first[1].weight, kept["enter.weight"])
    assert torch.equal(model.turn.weight, kept["turn.weight"])
    shown = probe_request(
        project_text(again), str(done.path / "checkpoints" / "best.safetensors"), 2
    )
    assert shown["weights"] == {
        "taken": 8,
        "missing": [],
        "reshaped": ["fc.weight", "fc.bias"],
        "unused": [],
    }


def test_a_shared_weight_is_found_under_each_of_its_names(runs: Any, tmp_path: Path) -> None:
    run = runs.create(drawn("shared"))
    script = load_script(run)
    model = script.build(script.arguments([])).networks["main"]
    nodes = NodeMap.of_run(run)
    assert nodes.weight_names("turn.weight") == ("turn.weight", "turn2.weight")
    other = {"turn2.weight": torch.full((16, 16), 0.5)}
    matched = matching.take(model, nodes, other)
    assert matched.taken == ("turn.weight",)
    assert bool((model.turn.weight == 0.5).all())


def test_a_loss_without_a_way_to_any_weight_is_told_in_words(runs: Any, network: Chain) -> None:
    project = with_block(
        network, ("fc", "Linear", {"out_features": "features"}), ("tanh", "Tanh", {})
    )
    nodes = project.networks["main"].nodes
    text = "class Cut(nn.Module):\n    def forward(self, x):\n        return x.detach()\n"
    code = Code(text, outputs=(CodeOutput("y", "x"),))
    project.networks["Cut"] = Network("Cut", params={}, code=code)
    trust(project)
    nodes["stop"] = Node("stop", "Cut")
    wires = project.networks["main"].wires
    last = next(wire for wire in wires if wire.target == "scores")
    del wires[last]
    wires[replace(last, target="stop", target_port="x")] = None
    wires[replace(last, source="stop", source_port="y")] = None
    event = failed(runs.train(project))
    assert event["text"] == (
        "run: expected a loss that weights can change, got one that no weight has a way to: each "
        "passes a layer without a slope, such as Detach, Step or ArgMax. Remove it."
    )
    assert "Traceback" in event["detail"]


def test_more_operations_than_can_be_looked_at_are_told_in_words(network: Chain) -> None:
    project = with_block(
        network, ("fc", "Linear", {"out_features": "features"}), ("tanh", "Tanh", {})
    )
    nodes = project.networks["main"].nodes
    nodes["deep"] = replace(nodes["deep"], repeat=1500)
    with pytest.raises(ValueError, match="graph: expected") as refused:
        probe_request(project_text(project), None, 2)
    assert str(refused.value) == (
        "graph: expected at most 5,000 operations on one batch, got more. "
        "Repeat fewer layers, or scan over fewer steps."
    )
