"""Templates damaged at random: whatever is wrong is a problem, and what is right is emitted."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from graph_compiler.checker import check_project
from graph_compiler.emission import EmitError, emit_project
from graph_compiler.model import Network, Node, Project, Wire
from graph_compiler.registry import layers
from graph_compiler.summary import summarize
from nnstudio.document.templates import load_target

TEMPLATES = {
    name: load_target(f"template:{name}")
    for name in ("mlp", "resnet", "gpt2", "lstm-from-scratch", "transformer", "googlenet", "bert")
}
VALUES: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 10**9, 1.5, True, None, 1e30),
    *("x", "n*2", "1//0", "i", "heads", "same", "[1][0]"),
    *((), (1,), (3, 3), ("a", 2), (0,), (1, 2, 3, 4, 5)),
)


def damage(project: Project, dice: random.Random) -> None:
    """One change that a person, a program or a broken file could make."""
    network = dice.choice([one for one in project.networks.values() if one.nodes])
    name = dice.choice(sorted(network.nodes))
    node = network.nodes[name]
    match dice.randrange(8):
        case 0:
            network.nodes[name] = replace(
                node, type=dice.choice([*sorted(layers()), *sorted(project.networks)])
            )
        case 1 | 2:
            layer = layers().get(node.type)
            known = [param.name for param in layer.params] if layer else list(node.params)
            field = dice.choice(known or ["none"])
            network.nodes[name] = replace(node, params={**node.params, field: dice.choice(VALUES)})
        case 3:
            _damage_wires(network, dice)
        case 4:
            turns = dice.choice([1, 2, 3, "i", "layers", 0, -1, 10**6, 1.5])
            network.nodes[name] = replace(node, repeat=turns)
        case 5:
            network.nodes[name] = replace(node, scan=dice.choice(["forward", "backward"]))
        case 6:
            _damage_sharing(network, node, dice)
        case 7:
            if dice.random() < 0.5:
                del network.nodes[name]
            else:
                network.nodes[name] = replace(node, bypassed=True)


def _damage_wires(network: Network, dice: random.Random) -> None:
    nodes = sorted(network.nodes)
    if network.wires and dice.random() < 0.6:
        wire = dice.choice(sorted(network.wires))
        del network.wires[wire]
        if dice.random() < 0.5:
            network.wires[replace(wire, target=dice.choice(nodes))] = None
        return
    outlet = dice.choice(["output", "y", "output1", "h"])
    inlet = dice.choice(["input", "x", "input1", "input2", "none"])
    network.wires[Wire(dice.choice(nodes), outlet, dice.choice(nodes), inlet)] = None


def _damage_sharing(network: Network, node: Node, dice: random.Random) -> None:
    nodes = [*sorted(network.nodes), "none"]
    if dice.random() < 0.5:
        network.nodes[node.name] = replace(node, shares=dice.choice(nodes))
        return
    weight = dice.choice(["weight", "bias", "none"])
    tie = dice.choice([f"{dice.choice(nodes)}.weight", "none", "a/b.c"])
    network.nodes[node.name] = replace(node, ties={weight: tie})


def examine(seed: int) -> None:
    dice = random.Random(seed)
    project = deepcopy(TEMPLATES[dice.choice(sorted(TEMPLATES))])
    for _ in range(dice.randint(1, 4)):
        damage(project, dice)
    report = check_project(project)["main"]
    assert not [p.text for p in report.problems if p.code == "rule_failed"]
    assert bool(summarize(project.graph()).problems) == (not report.ok)
    if report.ok:
        compile(emit_project(project, ["main"]).text, "model.py", "exec")
    else:
        with pytest.raises(EmitError):
            emit_project(project, ["main"])


@pytest.mark.parametrize("seed", range(0, 120, 10))
def test_damage_is_told_and_never_raised(seed: int) -> None:
    for one in range(seed, seed + 10):
        examine(one)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 5000, 500))
def test_much_damage_is_told_and_never_raised(seed: int) -> None:
    for one in range(seed, seed + 500):
        examine(one)
