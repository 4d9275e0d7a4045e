"""Emitted structure: golden files of blocks, rows, choices, scans, shared weights, two networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from graph_compiler import EmitError
from graph_compiler.build import module_class
from graph_compiler.checker import Checker
from graph_compiler.emission import emit_project
from graph_compiler.emit_reading import UnfaithfulError
from graph_compiler.emit_verify import verify
from graph_compiler.model import Frame, Network, Node, Project, Variable, Wire
from graph_compiler.source import Source

GOLDEN = Path(__file__).parent / "golden"


class Sheet:
    """A drawing written down row by row: name, type, sources by port, parameters."""

    def __init__(self, name: str, title: str = "", **params: Any) -> None:
        own = {key: Variable(key, value) for key, value in params.items()}
        self.network = Network(name, title, params=own if name[0].isupper() else None)

    def add(self, name: str, kind: str, *sources: str, **given: Any) -> Sheet:
        """A source is `node`, `node.port`, or either behind `port=`."""
        extra = {k: given.pop(k) for k in ("repeat", "scan", "shares", "ties") if k in given}
        many = kind in ("Add", "Concatenate", "Choice")
        self.network.nodes[name] = Node(name, kind, given, **extra)
        for number, source in enumerate(sources, 1):
            port, _, rest = source.rpartition("=")
            node, _, out = rest.partition(".")
            wire = Wire(
                node, out or "output", name, port or (f"input{number}" if many else "input")
            )
            self.network.wires[wire] = None
        return self

    def frame(self, name: str, *nodes: str) -> Sheet:
        self.network.frames[name] = Frame(name, nodes)
        return self


def project(name: str, *sheets: Sheet, **variables: Any) -> Project:
    return Project(
        name,
        networks={sheet.network.name: sheet.network for sheet in sheets},
        variables={key: Variable(key, value) for key, value in variables.items()},
    )


def bottleneck() -> Sheet:
    sheet = Sheet("Bottleneck", width=64, stride=1, project=False)
    sheet.add("input", "Input", shape=(64, 56, 56))
    last = "input"
    for number, (out, kernel, more) in enumerate(
        (
            ("width", 1, {}),
            ("width", 3, {"stride": "stride", "padding": 1}),
            ("4 * width", 1, {}),
        ),
        1,
    ):
        sheet.add(f"conv{number}", "Conv2d", last, out_channels=out, kernel_size=kernel,
                  bias=False, **more)  # fmt: skip
        last = f"norm{number}"
        sheet.add(last, "BatchNorm2d", f"conv{number}")
        if number < 3:
            sheet.add(f"relu{number}", "ReLU", last)
            last = f"relu{number}"
    sheet.add("match", "Conv2d", "input", out_channels="4 * width", kernel_size=1,
              stride="stride", bias=False)  # fmt: skip
    sheet.add("match_norm", "BatchNorm2d", "match")
    sheet.add("shortcut", "Choice", "input", "match_norm", pick="project")
    sheet.add("sum", "Add", "norm3", "shortcut")
    sheet.add("relu", "ReLU", "sum").add("output", "Output", "relu")
    inside = [f"{kind}{n}" for n in (1, 2, 3) for kind in ("conv", "norm", "relu")][:-1]
    return sheet.frame("residual", *inside)


def resnet() -> Project:
    stage = Sheet("Stage", width=64, depth=3, stride=1)
    stage.add("input", "Input", shape=(64, 56, 56))
    stage.add("blocks", "Bottleneck", "input=input", repeat="depth", width="width",
              stride="stride if i == 0 else 1", project="i == 0")  # fmt: skip
    stage.add("output", "Output", "blocks.output")
    main = Sheet("main", "ResNet").add("image", "Input", shape=(3, 224, 224))
    main.add("conv", "Conv2d", "image", out_channels=64, kernel_size=7, stride=2, padding=3,
             bias=False)  # fmt: skip
    main.add("norm", "BatchNorm2d", "conv").add("relu", "ReLU", "norm")
    main.add("pool", "MaxPool2d", "relu", kernel_size=3, stride=2, padding=1)
    last = "pool"
    for n in range(4):
        more = {"stride": 2} if n else {}
        main.add(f"stage{n + 1}", "Stage", f"input={last}", width=64 * 2**n, depth=f"depths[{n}]",
                 **more)  # fmt: skip
        last = f"stage{n + 1}.output"
    main.add("average", "AdaptiveAvgPool2d", last, output_size=1).add(
        "flatten", "Flatten", "average"
    )
    main.add("fc", "Linear", "flatten", out_features="classes").add("logits", "Output", "fc")
    main.frame("stem", "conv", "norm", "relu", "pool")
    main.frame("stages", "stage1", "stage2", "stage3", "stage4")
    main.frame("head", "average", "flatten", "fc")
    return project("ResNet-50", main, stage, bottleneck(), depths=(3, 4, 6, 3), classes=1000)


def nesting() -> Project:
    """Three deep, a variable that only the innermost reads, and names that want to be others."""
    inner = Sheet("Gate", width=4).add("x", "Input", shape=(4,))
    inner.add("fc", "Linear", "x", out_features="width").add("drop", "Dropout", "fc", p="rate")
    inner.add("y", "Output", "drop")
    middle = Sheet("Module", rate=3).add("x", "Input", shape=(4,))
    middle.add("gate", "Gate", "x=x", width="2 * rate").add("act", "Tanh", "gate.y")
    middle.add("y", "Output", "act")
    outer = Sheet("Tower").add("x", "Input", shape=(4,))
    outer.add("one", "Module", "x=x").add("two", "Module", "x=one.y", rate=5)
    outer.add("y", "Output", "two.y")
    main = Sheet("main", "Tower").add("facts", "Input", shape=(7,))
    main.add("tower", "Tower", "x=facts").add("fc", "Linear", "tower.y", out_features=2)
    main.add("logits", "Output", "fc")
    return project("Tower", main, outer, middle, inner, rate=0.1)


def dense() -> Project:
    """Each turn reads what all before it made: sizes grow evenly."""
    layer = Sheet("DenseLayer", growth=32).add("x", "Input", shape=(64, 8, 8))
    layer.add("norm", "BatchNorm2d", "x").add("relu", "ReLU", "norm")
    layer.add("conv", "Conv2d", "relu", out_channels="growth", padding=1, bias=False)
    layer.add("join", "Concatenate", "x", "conv").add("y", "Output", "join")
    main = Sheet("main", "DenseNet").add("image", "Input", shape=(3, 16, 16))
    main.add("conv", "Conv2d", "image", out_channels=24, padding=1)
    main.add("dense", "DenseLayer", "x=conv", repeat="layers", growth="growth")
    main.add("norm", "BatchNorm2d", "dense.y").add("map", "Output", "norm")
    return project("DenseNet", main, layer, growth=12, layers=4)


def cell() -> Sheet:
    sheet = Sheet("Cell", hidden=8)
    sheet.add("x", "Input", shape=(3,)).add("h", "Input", shape=("hidden",))
    sheet.add("of_x", "Linear", "x", out_features="hidden")
    sheet.add("of_h", "Linear", "h", out_features="hidden", bias=False)
    sheet.add("sum", "Add", "of_x", "of_h").add("tanh", "Tanh", "sum")
    return sheet.add("h_", "Output", "tanh")


def scan() -> Project:
    main = Sheet("main", "Reader").add("words", "Input", shape=(9, 3))
    main.add("there", "Cell", "x=words", scan="forward", hidden="units")
    main.add("back", "Cell", "x=there.h", "h=there.last_h", scan="backward", hidden="units")
    main.add("fc", "Linear", "back.last_h", out_features=2).add("logits", "Output", "fc")
    main.add("states", "Output", "back.h")
    return project("Reader", main, cell(), units=6)


def scan_of_scans() -> Project:
    """Each step of the outer scan is a whole inner one; both give out what they stack."""
    line = Sheet("Line", units=4).add("x", "Input", shape=(5, 3))
    line.add("read", "Cell", "x=x", scan="backward", hidden="units").add("y", "Output", "read.h")
    main = Sheet("main", "Page").add("words", "Input", shape=(7, 5, 3))
    main.add("lines", "Line", "x=words", scan="forward").add("states", "Output", "lines.y")
    return project("Page", main, line, cell())


def sharing() -> Project:
    """Twins with one body; a decoder that reads the encoder's weight; ties into a block."""
    embed = Sheet("Embed", size=8).add("x", "Input", shape=(5,), dtype="int")
    embed.add("word", "Embedding", "x", num_embeddings=20, embedding_dim="size")
    embed.add("drop", "Dropout", "word", p=0.1).add("y", "Output", "drop")
    main = Sheet("main", "Twins")
    main.add("left", "Input", shape=(5,), dtype="int").add(
        "right", "Input", shape=(5,), dtype="int"
    )
    main.add("embed", "Embed", "x=left").add("embed2", "Embed", "x=right", shares="embed")
    main.add("body", "Linear", "embed.y", out_features=8)
    main.add("body2", "Linear", "embed2.y", out_features=8, shares="body")
    main.add("sum", "Add", "body", "body2").add("relu", "ReLU", "sum")
    main.add("scores", "Linear", "relu", out_features=20, bias=False,
             ties={"weight": "embed/word.weight"})  # fmt: skip
    main.add("logits", "Output", "scores")
    return project("Twins", main, embed)


def several_inputs() -> Project:
    """Rows with a second input that is the same at each turn, and a number that grows with it."""
    layer = Sheet("Layer", rate=0.1).add("a", "Input", shape=(4,)).add("mask", "Input", shape=(4,))
    layer.add("fc", "Linear", "a", out_features="units").add("drop", "Dropout", "fc", p="rate")
    layer.add("sum", "Add", "drop", "mask").add("a_", "Output", "sum")
    main = Sheet("main", "Rows").add("facts", "Input", shape=(6,)).add("mask", "Input", shape=(6,))
    main.add("layers", "Layer", "a=facts", "mask=mask", repeat="depth", rate="i / 10")
    main.add("act", "Tanh", "layers.a", repeat=2).add("y", "Output", "act")
    return project("Rows", main, layer, units=6, depth=3)


def decisions() -> Project:
    """A choice that no constructor can make is decided at each call site."""
    block = Sheet("Mix", deep=True).add("x", "Input", shape=(4,)).add("m", "Input", shape=(4,))
    block.add("fc", "Linear", "x", out_features=4).add("sum", "Add", "fc", "m")
    block.add("way", "Choice", "m", "sum", pick="deep").add("relu", "ReLU", "way")
    block.add("y", "Output", "relu")
    main = Sheet("main", "Decisions").add("x", "Input", shape=(4,)).add("m", "Input", shape=(4,))
    main.add("one", "Mix", "x=x", "m=m").add("two", "Mix", "x=one.y", "m=m", deep=False)
    main.add("three", "Mix", "x=two.y", "m=m", deep="on")
    main.add("fixed", "Choice", "two.y", "three.y", pick=1).add("y", "Output", "fixed")
    return project("Decisions", main, block, on=True)


def two_networks() -> Project:
    block = Sheet("Layers", width=8).add("x", "Input", shape=(4,))
    block.add("fc", "Linear", "x", out_features="width").add("act", "LeakyReLU", "fc")
    block.add("y", "Output", "act")
    make = Sheet("generator", "Generator").add("noise", "Input", shape=("code",))
    make.add("layers", "Layers", "x=noise", width=32).add(
        "fc", "Linear", "layers.y", out_features=9
    )
    make.add("image", "Output", "fc")
    judge = Sheet("critic", "Critic").add("image", "Input", shape=(9,))
    judge.add("layers", "Layers", "x=image").add("fc", "Linear", "layers.y", out_features=1)
    judge.add("score", "Output", "fc")
    return project("Pair", make, judge, block, code=16)


CASES: dict[str, Callable[[], Project]] = {
    "resnet": resnet,
    "nesting": nesting,
    "dense": dense,
    "scan": scan,
    "scan_of_scans": scan_of_scans,
    "sharing": sharing,
    "several_inputs": several_inputs,
    "decisions": decisions,
    "two_networks": two_networks,
}


@pytest.mark.parametrize("case", CASES)
def test_the_text_is_the_golden_one(case: str) -> None:
    assert emit_project(CASES[case]()).text == (GOLDEN / f"{case}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_what_is_golden_also_counts_and_runs(case: str) -> None:
    made = CASES[case]()
    source = emit_project(made)
    model = module_class(source)()
    blocks = {name: n for name, n in made.networks.items() if n.is_block}
    network = next(iter(made.networks.values()))
    checker = Checker(network, made.variables, None, blocks)
    assert sum(p.numel() for p in model.parameters()) == checker.report().parameters
    inputs = []
    for name in sorted(n for n, node in network.nodes.items() if node.type == "Input"):
        shape = [made.variables[s].value if isinstance(s, str) else s
                 for s in network.nodes[name].params["shape"]]  # fmt: skip
        kind = torch.long if network.nodes[name].params.get("dtype") == "int" else torch.float32
        inputs.append(torch.zeros(2, *shape, dtype=kind))
    with torch.no_grad():
        model.eval()(*inputs)


def test_resnet_has_the_published_number_of_parameters() -> None:
    model = module_class(emit_project(resnet()))()
    assert sum(p.numel() for p in model.parameters()) == 25_557_032


def test_resnet_follows_its_depths() -> None:
    model = module_class(emit_project(resnet()))(depths=(3, 4, 23, 3))
    assert sum(p.numel() for p in model.parameters()) == 44_549_160


def test_sizes_that_grow_evenly_follow_the_variables() -> None:
    model = module_class(emit_project(dense()))(growth=5, layers=7)
    assert model(torch.zeros(1, 3, 8, 8)).shape == (1, 24 + 5 * 7, 8, 8)


def test_maps_lead_through_blocks_and_turns() -> None:
    source = emit_project(resnet())
    assert source.modules["stage1"] == "stages.0"
    assert source.modules["stage2/blocks[3]"] == "stages.1.3"
    assert source.modules["stage2/blocks[3]/conv2"] == "stages.1.3.residual.3"
    assert source.modules["stage2/blocks[0]/match_norm"] == "stages.1.0.shortcut.1"
    assert "stage2/blocks[1]/match_norm" not in source.modules
    assert source.classes == {"main": "ResNet", "Stage": "Stage", "Bottleneck": "Bottleneck"}
    model = module_class(source)()
    for path in source.modules.values():
        model.get_submodule(path)


def test_a_position_leads_to_drawing_and_node() -> None:
    source = emit_project(resnet())
    lines = source.text.splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "4 * width, width=width" in text)
    assert source.place_at(line, lines[line - 1].index("Bottleneck")) == ("Stage", "blocks")
    line = next(n for n, text in enumerate(lines, 1) if "nn.AdaptiveAvgPool2d" in text)
    assert source.place_at(line, 12) == ("main", "average")
    assert source.place_at(1) is None


def test_a_block_is_told_in_every_class_it_became() -> None:
    source = emit_project(decisions())
    assert source.classes["Mix"] == "Mix"
    assert len({span.line for span in source.parts["Mix"]["relu"]}) == 4
    assert "class Mix2(nn.Module)" in source.text


def test_a_block_is_one_class_however_many_turns_its_calls_have() -> None:
    part = Sheet("Part", width=4, more=0).add("x", "Input", shape=(8,))
    part.add("fc", "Linear", "x", out_features="width + 2 * more").add("act", "Tanh", "fc")
    part.add("y", "Output", "act")
    row = Sheet("Row", turns=2, width=3, more=0).add("x", "Input", shape=(8,))
    row.add("parts", "Part", "x=x", repeat="turns", width="width * (more + 1)", more="i + more")
    row.add("fc", "Linear", "parts.y", out_features="width").add("y", "Output", "fc")
    main = Sheet("main", "Rows").add("x", "Input", shape=(5,))
    main.add("rows", "Row", "x=x", repeat=3, turns="i + 1", width=4, more="2 * i")
    source = emit_project(project("Rows", main.add("y", "Output", "rows.y"), row, part))
    assert "class Row2(" not in source.text
    assert module_class(source)()(torch.zeros(2, 5)).shape == (2, 4)


def test_what_the_forward_pass_reads_of_a_variable_is_kept() -> None:
    main = Sheet("main", "Join").add("a", "Input", shape=(3, 3)).add("b", "Input", shape=(3, 3))
    main.add("join", "Concatenate", "a", "b", dim="axis").add("y", "Output", "join")
    source = emit_project(project("Join", main, axis=1))
    assert "self.axis = axis" in source.text
    assert "torch.cat((a, b), dim=self.axis)" in source.text
    model = module_class(source)(axis=2)
    assert model(torch.zeros(1, 3, 3), torch.zeros(1, 3, 3)).shape == (1, 3, 6)


def test_a_choice_between_the_same_and_the_same_is_no_choice() -> None:
    main = Sheet("main", "Same").add("x", "Input", shape=(4,)).add("same", "Identity", "x")
    main.add("way", "Choice", "x", "same", pick="on").add("fc", "Linear", "way", out_features=2)
    made = project("Same", main.add("y", "Output", "fc"), on=True)
    model = module_class(emit_project(made))()
    given = torch.rand(3, 4)
    assert torch.equal(model(given), dict(model.named_children())["fc"](given))


def test_errors_stop_emission() -> None:
    wrong = two_networks()
    wrong.networks["critic"].nodes["layers"] = Node("layers", "Layers", {"width": "lost"})
    with pytest.raises(EmitError) as caught:
        emit_project(wrong)
    assert caught.value.problems


TAMPERED = {
    "another size": ("Stage(256,", "Stage(255,"),
    "another parameter": ("width=128", "width=127"),
    "another count": ("range(depth - 1)", "range(depth)"),
    "another branch": ("if project", "if not project"),
    "a block for another": ("Stage(64, depth", "Bottleneck(64, depth"),
    "no projection": ("project=True", "project=False"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_text_that_says_something_else_is_caught(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("graph_compiler.emission.verify", lambda *given: seen.extend(given))
    source: Source = emit_project(resnet())
    old, new = TAMPERED[case]
    assert old in source.text
    with pytest.raises(UnfaithfulError):
        verify(replace(source, text=source.text.replace(old, new, 1)), *seen[1:])
    verify(source, *seen[1:])


@pytest.mark.parametrize("name", ["Torch", "Nn", "F", "Network", "Import", "Main"])
def test_blocks_may_be_called_what_they_like(name: str) -> None:
    block = Sheet(name).add("x", "Input", shape=(4,))
    block.add("fc", "Linear", "x", out_features=4).add("y", "Output", "fc")
    main = Sheet("main", name).add("x", "Input", shape=(4,))
    main.add("a", name, "x=x").add("step", "Sigmoid", "a.y").add("y", "Output", "step")
    source = emit_project(project(name, main, block))
    assert module_class(source)()(torch.zeros(2, 4)).shape == (2, 4)
    assert len(set(source.classes.values())) == 2
