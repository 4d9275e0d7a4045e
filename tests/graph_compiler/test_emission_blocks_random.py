"""Random drawings with blocks, rows, choices, scans and shared weights, against an interpreter.

The interpreter walks the drawing node by node on tensors; it takes only the modules from the
emitted class, by their paths, so that whatever text says something else gives other numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch

from graph_compiler import EmitError
from graph_compiler.build import module_class
from graph_compiler.checker import Checker
from graph_compiler.emission import emit_checked, emit_project
from graph_compiler.expressions import parse
from graph_compiler.model import Frame, Network, Node, Project, Variable, Wire
from graph_compiler.registry import layers
from graph_compiler.source import Source

Value = tuple[str, str]
Draw = Callable[[int], tuple[Network, dict[str, Variable], dict[str, Network]]]
VARIABLES = {"units": 3, "wide": False, "times": 2}


class Interpreter:
    """Computes a drawing node by node; rows turn by turn, scans step by step."""

    def __init__(self, source: Source, model: Any, blocks: Mapping[str, Network]) -> None:
        self.source, self.model, self.blocks = source, model, blocks

    def run(
        self,
        network: Network,
        env: Mapping[str, Any],
        given: Mapping[str, torch.Tensor],
        path: str = "",
    ) -> dict[str, torch.Tensor]:
        values: dict[Value, torch.Tensor] = {(n, "output"): x for n, x in given.items()}

        def value(name: str, port: str) -> torch.Tensor:
            if (name, port) not in values:
                found = self.node(network, network.nodes[name], env, value, path)
                values.update({(name, p): x for p, x in found.items()})
            return values[name, port]

        ends = {}
        for name, node in network.nodes.items():
            if node.type == "Output":
                wire = next(w for w in network.wires if w.target == name)
                port = name[:-1] if name.endswith("_") and name[:-1] in network.nodes else name
                ends[port] = value(wire.source, wire.source_port)
        return ends

    def node(
        self, network: Network, node: Node, env: Mapping[str, Any], value: Any, path: str
    ) -> dict[str, torch.Tensor]:
        wires = sorted((w.target_port, w) for w in network.wires if w.target == node.name)
        if node.bypassed:
            first = value(wires[0][1].source, wires[0][1].source_port)
            return {w.source_port: first for w in network.wires if w.source == node.name}
        if node.type == "Choice":
            pick = int(known(node.params["pick"], env))
            wire = dict(wires)[f"input{pick + 1}"]
            return {"output": value(wire.source, wire.source_port)}
        given = {port: value(wire.source, wire.source_port) for port, wire in wires}
        if node.repeat is None:
            return self.once(node, env, given, path + node.name)
        found: dict[str, torch.Tensor] = {}
        for turn in range(known(node.repeat, env)):
            turned = f"{path}{node.name}[{turn}]"
            found = self.once(node, {**env, "i": turn}, given, turned)
            first = sorted(given)[0]
            given = {**given, first: next(iter(found.values()))}
        return found

    def once(
        self, node: Node, env: Mapping[str, Any], given: dict[str, torch.Tensor], path: str
    ) -> dict[str, torch.Tensor]:
        if node.type == "Add":
            total = given["input1"]
            for number in range(2, len(given) + 1):
                total = total + given[f"input{number}"]
            return {"output": total}
        if node.type == "Concatenate":
            rows = [given[f"input{number}"] for number in range(1, len(given) + 1)]
            return {"output": torch.cat(rows, dim=-1)}
        if node.type not in self.blocks:
            module = self.model.get_submodule(self.source.modules[path])
            return {"output": module(given["input"])}
        block = self.blocks[node.type]
        inside = dict(VARIABLES) | {"wide": env["wide"]}
        for name, variable in (block.params or {}).items():
            inside[name] = known(node.params.get(name, variable.value), env)
        if not node.scan:
            return self.run(block, inside, given, f"{path}/")
        sequence = given["x"]
        state = sequence.new_zeros(sequence.shape[0], inside["width"])
        steps = list(sequence.unbind(1))
        results = []
        for step in steps[::-1] if node.scan == "backward" else steps:
            results.append(self.run(block, inside, {"x": step, "h": state}, f"{path}/"))
            state = results[-1]["h"]
        if node.scan == "backward":
            results.reverse()
        stacked = {p: torch.stack([r[p] for r in results], dim=1) for p in ("h", "y")}
        return {**stacked, "last_h": state}


def known(value: Any, env: Mapping[str, Any]) -> Any:
    return parse(value).evaluate(env) if isinstance(value, str) else value


def compare(draw: Draw, seed: int, *, sound: bool = True) -> bool:
    """Whether the drawing, if it is `sound` as it should be, was compared with its module."""
    network, variables, blocks = draw(seed)
    checker = Checker(network, variables, None, blocks)
    if not sound and checker.errors():
        return False
    assert [problem.text for problem in checker.errors()] == []
    source = emit_checked([(network, "Random")], variables, blocks, "Random")
    torch.manual_seed(seed)
    model = module_class(source)().double().eval()
    given = {
        "a": torch.randn(2, 3, dtype=torch.float64),
        "s": torch.randn(2, 4, 2, dtype=torch.float64),
    }
    env = {name: variable.value for name, variable in variables.items()}
    wanted = Interpreter(source, model, blocks).run(network, env, given)
    takes = [name for name in ("a", "s") if f" {name}: torch.Tensor" in source.text[
        source.text.rindex("    def forward") :]]  # fmt: skip
    found = model(*(given[name] for name in takes))
    results = found if isinstance(found, tuple) else (found,)
    assert len(results) == len(wanted)
    for name, result in zip(sorted(wanted), results, strict=True):
        assert result.shape == wanted[name].shape
        assert torch.allclose(result, wanted[name], rtol=0, atol=1e-12), name
    report = checker.report()
    assert sum(weight.numel() for weight in model.parameters()) == report.parameters
    return True


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_the_emitted_module_equals_the_drawing(random_drawing: Draw, start: int) -> None:
    for seed in range(start, start + 50):
        compare(random_drawing, seed)


@pytest.mark.parametrize("start", range(0, 100, 50))
def test_the_emitted_module_leaves_out_what_is_bypassed(random_bypasses: Draw, start: int) -> None:
    compared = [compare(random_bypasses, seed, sound=False) for seed in range(start, start + 50)]
    assert sum(compared) > 40


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 4000, 250))
def test_thousands_of_emitted_modules_equal_their_drawings(
    random_drawing: Draw, random_bypasses: Draw, start: int
) -> None:
    for seed in range(start, start + 250):
        compare(random_drawing, seed)
        compare(random_bypasses, seed, sound=False)


# drawings that are wrong

GARBAGE = ("lost", "units +", "1 / 0", "-1", "i", 0, -3, 2.5, True, None, (), (3, "x"), "é", 10**12)


def damaged(chance: random.Random, network: Network, blocks: Mapping[str, Network]) -> None:
    """Breaks a drawing somewhere, in one of the ways in which files and people do."""
    names = list(network.nodes)
    name = chance.choice(names)
    node = network.nodes[name]
    wires = list(network.wires)
    kinds = [*layers(), *blocks, network.name, "Lost", ""]
    match chance.randrange(11):
        case 0:
            network.nodes[name] = replace(node, type=chance.choice(kinds))
        case 1:
            key = chance.choice([*node.params, "lost", "width", "out_features", "pick"])
            network.nodes[name] = replace(node, params={**node.params, key: chance.choice(GARBAGE)})
        case 2:
            network.nodes[name] = replace(node, repeat=chance.choice(GARBAGE))
        case 3:
            network.nodes[name] = replace(node, scan=chance.choice(["forward", "backward", ""]))
        case 4:
            network.nodes[name] = replace(node, shares=chance.choice([*names, "lost"]))
        case 5:
            ends = ("weight", "bias", "lost", "n1/n2.weight", "")
            target = f"{chance.choice([*names, 'lost'])}.{chance.choice(ends)}"
            network.nodes[name] = replace(node, ties={chance.choice(ends): target})
        case 6 if wires:
            del network.wires[chance.choice(wires)]
        case 7:
            ports = ("output", "input", "input1", "input9", "x", "h", "y0", "last_h", "lost")
            wire = Wire(name, chance.choice(ports), chance.choice(names), chance.choice(ports))
            network.wires[wire] = None
        case 8:
            del network.nodes[name]
        case 9:
            network.nodes[name] = replace(node, bypassed=True)
        case _:
            network.frames["frame"] = Frame("frame", (*chance.choices(names, k=3), "lost"))


def judge(draw: Draw, seed: int) -> bool:
    """Damages a drawing; whether it was wrong then: what is sound must still be emitted and run."""
    network, variables, blocks = draw(seed)
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 3)):
        damaged(chance, chance.choice([network, network, *blocks.values()]), blocks)
    if chance.random() < 0.2:
        variables["units"] = Variable("units", chance.choice(GARBAGE))
    project = Project("Damaged", networks={"main": network, **blocks}, variables=variables)
    for problem in (report := Checker(network, variables, None, blocks).report()).problems:
        assert problem.expected, (seed, problem)
        assert problem.got, (seed, problem)
        assert problem.remedy.endswith((".", "?")), (seed, problem)
        assert problem.code != "rule_failed", (seed, problem.text)
    if not report.ok:
        with pytest.raises(EmitError) as caught:
            emit_project(project, ["main"])
        assert caught.value.problems
        return True
    module_class(emit_project(project, ["main"]))()
    return False


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_damaged_drawings_get_problems_never_an_exception(random_drawing: Draw, start: int) -> None:
    wrong = [judge(random_drawing, seed) for seed in range(start, start + 100)]
    assert 20 < sum(wrong) < 100


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 6000, 500))
def test_thousands_of_damaged_drawings_get_problems_never_an_exception(
    random_bypasses: Draw, start: int
) -> None:
    assert sum(judge(random_bypasses, seed) for seed in range(start, start + 500)) > 100
