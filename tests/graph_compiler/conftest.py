"""What the tests of the compiler share: random drawings with blocks, rows, choices, scans, ties."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from graph_compiler.model import Network, Node, Variable, Wire

Drawn = tuple[Network, dict[str, Variable], dict[str, Network]]
"""A drawing with its variables and blocks."""
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


def drawn(seed: int) -> Drawn:
    """The random drawing of a number."""
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


def bypassed_in(network: Network, chance: random.Random, share: float) -> Network:
    """The drawing with some of its nodes bypassed."""
    return replace(
        network,
        nodes={
            name: replace(node, bypassed=True)
            if node.type not in ("Input", "Output") and chance.random() < share
            else node
            for name, node in network.nodes.items()
        },
    )


def drawn_with_bypasses(seed: int) -> Drawn:
    """The same with nodes bypassed in it and in its blocks; it may be wrong then."""
    network, variables, blocks = drawn(seed)
    chance = random.Random(seed)
    share = chance.choice([0.05, 0.15, 0.4])
    blocks = {name: bypassed_in(one, chance, share) for name, one in blocks.items()}
    return bypassed_in(network, chance, share), variables, blocks


@pytest.fixture
def random_drawing() -> Callable[[int], Drawn]:
    return drawn


@pytest.fixture
def random_bypasses() -> Callable[[int], Drawn]:
    return drawn_with_bypasses
