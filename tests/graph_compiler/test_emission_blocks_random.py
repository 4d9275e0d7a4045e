"""Random drawings with blocks, rows, choices, scans and shared weights, against an interpreter.

The interpreter walks the drawing node by node on tensors; it takes only the modules from the
emitted class, by their paths, so that whatever text says something else gives other numbers.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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

VARIABLES = {"units": 3, "wide": False, "times": 2}
Value = tuple[str, str]


@dataclass
class Sketch:
    """One drawing under construction; values of one key have one shape at every call site."""

    chance: random.Random
    network: Network
    sizes: tuple[str, ...]
    flags: tuple[str, ...]
    keys: dict[Value, str] = field(default_factory=dict)
    unused: list[Value] = field(default_factory=list)
    last: dict[str, tuple[str, str, str]] = field(default_factory=dict)

    def node(self, kind: str, ports: dict[str, Value], **given: Any) -> str:
        extra = {k: given.pop(k) for k in ("repeat", "scan", "shares", "ties") if k in given}
        name = f"n{len(self.network.nodes)}"
        self.network.nodes[name] = Node(name, kind, given, **extra)
        for port, (source, source_port) in ports.items():
            self.network.wires[Wire(source, source_port, name, port)] = None
            self.unused = [value for value in self.unused if value != (source, source_port)]
        return name

    def value(self, name: str, port: str, key: str) -> Value:
        self.keys[name, port] = key
        self.unused.append((name, port))
        return name, port

    def end(self, name: str, kind: str, **given: Any) -> None:
        self.network.nodes[name] = Node(name, kind, given)

    def pick(self) -> Value:
        values = self.unused if self.unused and self.chance.random() < 0.6 else list(self.keys)
        return self.chance.choice(values)

    def grow(self, blocks: Mapping[str, Network]) -> None:
        chance = self.chance
        x = self.pick()
        key = self.keys[x]
        lead = key.split(" ")[0]
        what = chance.choice(
            ["linear", "linear", "act", "add", "cat", "choice", "block", "block", "scan", "share"]
        )
        if what == "linear":
            size = chance.choice([*self.sizes, "2 * units", 4, "units + 1"])
            given = {"bias": False} if chance.random() < 0.3 else {}
            name = self.node("Linear", {"input": x}, out_features=size, **given)
            self.last[key] = name, str(size), str(given)
            self.value(name, "output", f"{lead} {size}")
        elif what == "act":
            rows = chance.choice([{}, {}, {"repeat": "times"}, {"repeat": 3}])
            kind = chance.choice(["Tanh", "Sigmoid", "GELU", "PReLU", "LayerNorm", "Dropout"])
            self.value(self.node(kind, {"input": x}, **rows), "output", key)
        elif what == "add":
            same = [value for value, other in self.keys.items() if other == key]
            chosen = [x, *chance.choices(same, k=chance.randint(1, 2))]
            ports = {f"input{n}": value for n, value in enumerate(chosen, 1)}
            self.value(self.node("Add", ports), "output", key)
        elif what == "cat":
            same = [v for v, other in self.keys.items() if other.split(" ")[0] == lead]
            chosen = [x, *chance.choices(same, k=chance.randint(1, 2))]
            ports = {f"input{n}": value for n, value in enumerate(chosen, 1)}
            name = self.node("Concatenate", ports, dim=-1)
            self.value(name, "output", f"{lead} {'+'.join(self.keys[v] for v in chosen)}{name}")
        elif what == "choice":
            self.choice(x, key)
        elif what == "share" and key in self.last:
            other, size, given = self.last[key]
            if chance.random() < 0.5:
                name = self.node("Linear", {"input": x}, shares=other,
                                 **self.network.nodes[other].params)  # fmt: skip
            else:
                params = {**self.network.nodes[other].params, "bias": False}
                name = self.node("Linear", {"input": x}, ties={"weight": f"{other}.weight"},
                                 **params)  # fmt: skip
            self.value(name, "output", f"{lead} {size}")
        elif what == "block" and (kind := chance.choice([*blocks, "Cell"])) != "Cell":
            self.block(blocks[kind], x, lead)
        elif what == "scan" and lead == "seq" and "Cell" in blocks:
            way = chance.choice(["forward", "backward"])
            size = chance.choice([*self.sizes, 2])
            name = self.node("Cell", {"x": x}, width=size, scan=way)
            self.value(name, "h", f"seq {size}")
            if chance.random() < 0.5:
                self.value(name, "last_h", f"vec {size}")
            if chance.random() < 0.5:
                self.value(name, "y", f"seq {size}")

    def choice(self, x: Value, key: str) -> None:
        """Two branches of one shape, of which one may be the way past."""
        one = self.node(self.chance.choice(["Tanh", "Sigmoid"]), {"input": x}), "output"
        two: Value = x
        if self.chance.random() < 0.6:
            two = self.node("ReLU", {"input": x}), "output"
            two = self.node("Tanh", {"input": two}), "output"
        if self.chance.random() < 0.2:
            one = self.node("Add", {"input1": one, "input2": x}), "output"
        pick = self.chance.choice([*self.flags, *self.flags, 0, 1, "units == 3", "units > 9"])
        name = self.node("Choice", {"input1": one, "input2": two}, pick=pick)
        self.value(name, "output", key)

    def block(self, block: Network, x: Value, lead: str) -> None:
        given: dict[str, Any] = {}
        chance = self.chance
        if chance.random() < 0.7:
            given["width"] = chance.choice([*self.sizes, 2, "units + 1"])
        if chance.random() < 0.6:
            given["flag"] = chance.choice([*self.flags, True, False, "units > 2"])
        repeat = {}
        if chance.random() < 0.4:
            repeat = {"repeat": chance.choice([1, 2, 3, "times", "times + 1"])}
            if chance.random() < 0.5:
                given["width"] = chance.choice(["i + 1", "units if i == 0 else 2", "2 * i + units"])
            if chance.random() < 0.4:
                given["flag"] = chance.choice(["i == 0", "i > 0"])
        ports = {"x": x}
        if "m" in block.nodes:
            same = [v for v, other in self.keys.items() if other.split(" ")[0] == lead]
            ports["m"] = chance.choice(same)
        name = self.node(block.name, ports, **given, **repeat)
        for end in [n for n, node in block.nodes.items() if node.type == "Output"]:
            self.value(name, end, f"{lead} {name}.{end}")


def cell() -> Network:
    sketch = Sketch(random.Random(0), Network("Cell"), ("width",), ())
    sketch.network.params = {"width": Variable("width", 3)}
    sketch.end("x", "Input", shape=(2,))
    sketch.end("h", "Input", shape=("width",))
    gates = [sketch.node("Linear", {"input": (n, "output")}, out_features="width") for n in "xh"]
    total = sketch.node("Add", {"input1": (gates[0], "output"), "input2": (gates[1], "output")})
    after = sketch.node("Tanh", {"input": (total, "output")})
    for name, source in (("h_", after), ("y", total)):
        sketch.end(name, "Output")
        sketch.network.wires[Wire(source, "output", name, "input")] = None
    return sketch.network


def drawn(seed: int) -> tuple[Network, dict[str, Variable], dict[str, Network]]:
    chance = random.Random(seed)
    blocks: dict[str, Network] = {"Cell": cell()}
    for number in range(chance.randint(1, 3)):
        sketch = Sketch(chance, Network(f"Block{number}"), ("width", "units"), ("flag", "not flag"))
        sketch.network.params = {
            "width": Variable("width", 2),
            "flag": Variable("flag", chance.random() < 0.5),
        }
        for name in ("x", "m")[: chance.randint(1, 2)]:
            sketch.end(name, "Input", shape=(2,))
            sketch.value(name, "output", f"any {name}")
        for _ in range(chance.randint(1, 5)):
            sketch.grow({n: b for n, b in blocks.items() if n != "Cell"})
        finished(sketch, "y", chance.randint(1, 2))
        blocks[sketch.network.name] = sketch.network
    sketch = Sketch(chance, Network("main", "Random"), ("units",), ("wide", "not wide"))
    sketch.end("a", "Input", shape=(3,))
    sketch.value("a", "output", "vec 3")
    sketch.end("s", "Input", shape=(4, 2))
    sketch.value("s", "output", "seq 2")
    for _ in range(chance.randint(2, 7)):
        sketch.grow(blocks)
    finished(sketch, "out", 9)
    variables = {name: Variable(name, value) for name, value in VARIABLES.items()}
    variables["wide"] = Variable("wide", chance.random() < 0.5)
    return sketch.network, variables, blocks


def finished(sketch: Sketch, stem: str, most: int) -> None:
    if any(node.shares or node.ties for node in sketch.network.nodes.values()):
        most = 99  # whoever owns a shared weight is awake
    for number, (name, port) in enumerate(sketch.unused[-most:] or [next(iter(sketch.keys))]):
        sketch.end(f"{stem}{number}", "Output")
        sketch.network.wires[Wire(name, port, f"{stem}{number}", "input")] = None


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


def compare(seed: int) -> None:
    network, variables, blocks = drawn(seed)
    checker = Checker(network, variables, None, blocks)
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


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_the_emitted_module_equals_the_drawing(start: int) -> None:
    for seed in range(start, start + 50):
        compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 4000, 250))
def test_thousands_of_emitted_modules_equal_their_drawings(start: int) -> None:
    for seed in range(start, start + 250):
        compare(seed)


# drawings that are wrong

GARBAGE = ("lost", "units +", "1 / 0", "-1", "i", 0, -3, 2.5, True, None, (), (3, "x"), "é", 10**12)


def damaged(chance: random.Random, network: Network, blocks: Mapping[str, Network]) -> None:
    """Breaks a drawing somewhere, in one of the ways in which files and people do."""
    names = list(network.nodes)
    name = chance.choice(names)
    node = network.nodes[name]
    wires = list(network.wires)
    kinds = [*layers(), *blocks, network.name, "Lost", ""]
    match chance.randrange(10):
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
        case _:
            network.frames["frame"] = Frame("frame", (*chance.choices(names, k=3), "lost"))


def judge(seed: int) -> bool:
    """Damages a drawing; whether it was wrong then: what is sound must still be emitted and run."""
    network, variables, blocks = drawn(seed)
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
def test_damaged_drawings_get_problems_never_an_exception(start: int) -> None:
    wrong = [judge(seed) for seed in range(start, start + 100)]
    assert 20 < sum(wrong) < 100


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 6000, 500))
def test_thousands_of_damaged_drawings_get_problems_never_an_exception(start: int) -> None:
    assert sum(judge(seed) for seed in range(start, start + 500)) > 100
