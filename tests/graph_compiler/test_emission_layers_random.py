"""Random networks of every layer there is, in blocks three deep and in rows, against single layers.

Each network is computed a second time node by node, every node by a network of its own that holds
nothing else and has the same weights; whatever the whole text says otherwise gives other numbers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import signature
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler.blocks import ports_out
from graph_compiler.build import module_class
from graph_compiler.checker import Checker
from graph_compiler.emission import emit_checked
from graph_compiler.expressions import parse
from graph_compiler.layer import Example, Layer
from graph_compiler.model import Network, Node, Variable, Wire
from graph_compiler.naming import natural
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.source import Source
from graph_compiler.symbols import N

BATCH = 2
KINDS = {"float": torch.float64, "int": torch.int64, "bool": torch.bool}
ENDS = {"Input", "Output", "Choice"}
CHANCY = (
    "BernoulliMask",
    "BetweenExamples",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "Sampling",
)
"""Layers that draw numbers also in evaluation; a network has one of them at most, and draws the
same numbers when it is run and when it is interpreted."""
DRAWN = [name for name in sorted(layers()) if name not in ENDS and layers()[name].examples]

Value = tuple[str, str]
Shape = tuple[int, ...]
Ports = tuple[tuple[str, Shape, str], ...]
"""Name, shape behind the batch and kind of number of each input that has a wire."""


def ports_of(layer: Layer, example: Example) -> Iterator[tuple[str, Shape, str]]:
    last = len(layer.inputs) - 1
    for number, shape in enumerate(example.inputs):
        if shape is None:
            continue
        port = layer.inputs[min(number, last)]
        name = f"{port.name}{number - last + 1}" if port.many else port.name
        kind = example.dtypes[number] if number < len(example.dtypes) else ""
        yield name, shape, kind or (port.dtype if port.dtype in KINDS else "float")


def wire(network: Network, source: Value, name: str, port: str) -> None:
    network.wires[Wire(*source, name, port)] = None


@pytest.fixture(autouse=True)
def long_numbers() -> Iterator[None]:
    """What torch makes out of whole numbers is then as long as everything else."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@dataclass
class Drawing:
    """A network under construction."""

    chance: random.Random
    main: Network = field(default_factory=lambda: Network("main", "Drawn"))
    blocks: dict[str, Network] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    plain: list[tuple[Value, Shape, str]] = field(default_factory=list)
    """Values between 0 and 1, which every layer can work with, and numbers for indices."""
    others: list[tuple[Value, Shape]] = field(default_factory=list)
    """Numbers of all sizes."""
    unread: dict[Value, None] = field(default_factory=dict)

    def node(
        self, kind: str, sources: Mapping[str, Value], /, shares: str = "", **given: Any
    ) -> str:
        name = f"{kind.lower()}{len(self.main.nodes)}"
        self.main.nodes[name] = Node(name, kind, given, shares=shares)
        for port, source in sources.items():
            wire(self.main, source, name, port)
            self.unread.pop(source, None)
        return name

    def input(self, shape: Shape, kind: str, number: int = 0) -> Value:
        given = {"dtype": kind} if kind != "float" else {}
        value = self.node("Input", {}, shape=shape, **given), "output"
        self.plain.append((value, shape, f"{kind}{number}"))
        return value

    def value(self, shape: Shape, kind: str, number: int) -> Value:
        """A value of that shape, new or at hand, or made of another one."""
        same = [v for v, s, k in self.plain if s == shape and k == f"{kind}{number}"]
        if same and self.chance.random() < 0.6:
            return self.chance.choice(same)
        wanted = math.prod(shape)
        if kind == "float" and self.others and wanted <= 600 and self.chance.random() < 0.8:
            source, had = self.chance.choice(self.others)
            if len(had) > 1:
                source = self.node("Flatten", {"input": source}), "output"
            source = self.node("Linear", {"input": source}, out_features=wanted), "output"
            source = self.node("Sigmoid", {"input": source}), "output"
            if shape != (wanted,):
                source = self.node("Reshape", {"input": source}, shape=shape), "output"
            self.plain.append((source, shape, "float0"))
            return source
        return self.input(shape, kind, number)

    def layer(self, kind: str, example: Example) -> None:
        """One layer as in an example, perhaps in blocks, perhaps in a row, perhaps twice."""
        layer = layers()[kind]
        ports = tuple(ports_of(layer, example))
        index = int(kind == "Remainder")  # zero cannot be divided by
        sources = {port: self.value(shape, kind, index) for port, shape, kind in ports}
        outlets = layer.ports_out(resolve(example.params, layer, {})[0])
        given = self.with_variables(layer, example.params)
        outermost = kind
        for _ in range(self.chance.choice([0, 0, 0, 1, 2, 3])):
            if ports and not {"inside", *outlets} & {port for port, _, _ in ports}:
                outermost, given = self.wrapped(outermost, ports, outlets, given)
        name = self.node(outermost, sources, **given)
        names = [name]
        can_share = (layer.module or outermost != kind) and kind not in CHANCY
        if can_share and self.chance.random() < 0.15:
            names.append(self.node(outermost, sources, shares=name, **given))
        elif self.chance.random() < 0.3:
            self.repeat(name)
        for name in names:
            facts = self.checker().facts(name)
            assert facts is not None, (kind, [problem.text for problem in self.checker().errors()])
            found_at = names_out(self, self.main.nodes[name])
            for outlet, found in zip(found_at, facts.outputs, strict=True):
                self.unread[name, outlet] = None
                if found.dtype == "float" and found.rank > 1 and found.shape[0] is N:
                    self.others.append(((name, outlet), tuple(int(n) for n in found.shape[1:])))

    def repeat(self, name: str) -> None:
        """Puts a node in a row, where its output fits its input."""
        node = self.main.nodes[name]
        facts = self.checker().facts(name)
        if facts is not None and len(facts.inputs) == 1 and facts.inputs == facts.outputs:
            self.variables.setdefault("times", Variable("times", 2))
            count = self.chance.choice(["times", "times + 1", 3, 1])
            self.main.nodes[name] = replace(node, repeat=count)

    def checker(self) -> Checker:
        return Checker(self.main, self.variables, None, self.blocks)

    def with_variables(self, layer: Layer, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters, some whole numbers as expressions over variables."""
        found = dict(params)
        for param in layer.params:
            value = params.get(param.name)
            if param.kind == "int" and type(value) is int and self.chance.random() < 0.4:
                name = f"v{len(self.variables)}"
                half = value % 2 == 0 and value > 0
                self.variables[name] = Variable(name, value // 2 if half else value)
                found[param.name] = f"2 * {name}" if half else name
        return found

    def wrapped(
        self, kind: str, ports: Ports, outlets: tuple[str, ...], given: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """A block around one node, its ports named as the node's, and what it is used with."""
        block = Network(f"Block{len(self.blocks)}", params={})
        self.blocks[block.name] = block
        inside, outside = dict(given), {}
        names = {*outlets, "inside", *(port for port, _, _ in ports)}
        for name, value in given.items():
            if type(value) is int and name not in names and self.chance.random() < 0.6:
                assert block.params is not None
                block.params[name] = Variable(name, self.chance.choice([value, 1]))
                inside[name], outside[name] = name, value
        block.nodes["inside"] = Node("inside", kind, inside)
        for port, shape, dtype in ports:
            block.nodes[port] = Node(port, "Input", {"shape": shape, "dtype": dtype})
            wire(block, (port, "output"), "inside", port)
        for outlet in outlets:
            block.nodes[outlet] = Node(outlet, "Output")
            wire(block, ("inside", outlet), outlet, "input")
        return block.name, outside


def drawn(seed: int) -> Drawing:
    chance = random.Random(seed)
    drawing = Drawing(chance)
    more = [kind for kind in DRAWN if kind not in CHANCY]
    for kind in (DRAWN[seed % len(DRAWN)], *chance.choices(more, k=chance.randint(1, 4))):
        drawing.layer(kind, chance.choice(layers()[kind].examples))
    if not drawing.plain:
        drawing.unread[drawing.input((1,), "float")] = None
    for number, value in enumerate(drawing.unread):
        drawing.main.nodes[f"out{number}"] = Node(f"out{number}", "Output")
        wire(drawing.main, value, f"out{number}", "input")
    return drawing


@cache
def alone(kind: str, params: tuple[tuple[str, Any], ...], ports: Ports) -> tuple[Source, nn.Module]:
    """A network of one node, which takes and gives the ports of that node."""
    network = Network("main", "Alone")
    network.nodes["node"] = Node("node", kind, dict(params))
    for port, shape, dtype in ports:
        network.nodes[f"in_{port}"] = Node(f"in_{port}", "Input", {"shape": shape, "dtype": dtype})
        wire(network, (f"in_{port}", "output"), "node", port)
    for port in layers()[kind].ports_out(resolve(dict(params), layers()[kind], {})[0]):
        network.nodes[f"out_{port}"] = Node(f"out_{port}", "Output")
        wire(network, ("node", port), f"out_{port}", "input")
    source = emit_checked([(network, "Alone")], {}, {}, "Alone")
    return source, made(source)


def made(source: Source) -> nn.Module:
    """The network with numbers of double length throughout, also where a text says `.float()`."""
    longer = replace(source, text=source.text.replace(".float()", ".double()"))
    return module_class(longer)().double().eval()


class Interpreter:
    """Computes a drawing node by node."""

    def __init__(self, drawing: Drawing, source: Source, model: nn.Module) -> None:
        self.drawing, self.source, self.model = drawing, source, model
        self.shapes: dict[Value, torch.Tensor] = {}

    def run(
        self,
        network: Network,
        env: Mapping[str, Any],
        given: Mapping[str, torch.Tensor],
        path: str = "",
    ) -> dict[str, torch.Tensor]:
        """The values at the outputs of a drawing, by name."""
        values: dict[Value, torch.Tensor] = {(n, "output"): x for n, x in given.items()}

        def value(source: Value) -> torch.Tensor:
            if source not in values:
                node = network.nodes[source[0]]
                wires = [w for w in network.wires if w.target == node.name]
                fed = {w.target_port: value((w.source, w.source_port)) for w in wires}
                found = self.node(node, env, fed, path + (node.shares or node.name))
                values.update({(node.name, port): x for port, x in found.items()})
            return values[source]

        outputs = [w for w in network.wires if network.nodes[w.target].type == "Output"]
        ends = {w.target: value((w.source, w.source_port)) for w in outputs}
        self.shapes = values
        return ends

    def node(
        self, node: Node, env: Mapping[str, Any], fed: dict[str, torch.Tensor], path: str
    ) -> dict[str, torch.Tensor]:
        if node.repeat is None:
            return self.once(node, env, fed, path)
        count = parse(node.repeat).evaluate(env) if isinstance(node.repeat, str) else node.repeat
        found: dict[str, torch.Tensor] = {}
        for turn in range(count):
            found = self.once(node, env, fed, f"{path}[{turn}]")
            fed = {next(iter(fed)): next(iter(found.values()))}
        return found

    def once(
        self, node: Node, env: Mapping[str, Any], fed: Mapping[str, torch.Tensor], path: str
    ) -> dict[str, torch.Tensor]:
        block = self.drawing.blocks.get(node.type)
        if block is not None:
            inside = dict(env)
            for name, variable in (block.params or {}).items():
                value = node.params.get(name, variable.value)
                inside[name] = parse(value).evaluate(env) if isinstance(value, str) else value
            return self.run(block, inside, fed, f"{path}/")
        layer = layers()[node.type]
        params, faults = resolve(node.params, layer, env)
        assert not faults
        known = {torch_kind: kind for kind, torch_kind in KINDS.items()}
        ports = tuple((port, tuple(x.shape[1:]), known[x.dtype]) for port, x in fed.items())
        given = tuple((name, getattr(params, name)) for name in node.params)
        source, module = alone(node.type, given, ports)
        if "node" in source.modules:
            theirs = at(self.model, self.source.modules[path])
            with torch.no_grad():
                match at(module, source.modules["node"]), theirs:
                    case nn.Module() as own, nn.Module():
                        own.load_state_dict(theirs.state_dict())
                    case own, _:
                        own.copy_(theirs)
        read = signature(module.forward).parameters
        result = module(**{f"in_{p}": x for p, x in fed.items() if f"in_{p}" in read})
        names = sorted((f"out_{port}" for port in layer.ports_out(params)), key=natural)
        results = result if isinstance(result, tuple) else (result,)
        # A learned tensor comes out as it is, and the module serves the next such node as well.
        found = (x.clone() for x in results)
        return {n.removeprefix("out_"): x for n, x in zip(names, found, strict=True)}


def at(model: nn.Module, path: str) -> Any:
    """The module or the parameter with that path."""
    owner, _, name = path.rpartition(".")
    return getattr(model.get_submodule(owner), name)


def numbers(shape: Shape, kind: str, low: int) -> torch.Tensor:
    if kind == "float":
        return 0.1 + 0.8 * torch.rand(BATCH, *shape, dtype=torch.float64)
    return torch.full((BATCH, *shape), low if kind == "int" else 0, dtype=KINDS[kind])


def compare(seed: int) -> frozenset[str]:
    """Draws, emits, runs and compares one network; the types in it."""
    drawing = drawn(seed)
    checker = drawing.checker()
    report = checker.report()
    errors = [problem.text for problem in report.problems if problem.severity == "error"]
    assert errors == [], seed
    source = emit_checked([(drawing.main, "Drawn")], drawing.variables, drawing.blocks, "Drawn")
    torch.manual_seed(seed)
    model = made(source)
    given = {}
    for value, shape, kind in drawing.plain:
        if drawing.main.nodes[value[0]].type == "Input":
            given[value[0]] = numbers(shape, kind[:-1], int(kind[-1]))
    env = {name: variable.value for name, variable in drawing.variables.items()}
    interpreter = Interpreter(drawing, source, model)
    torch.manual_seed(seed + 1)
    with torch.no_grad():
        wanted = interpreter.run(drawing.main, env, given)
    torch.manual_seed(seed + 1)
    read = signature(model.forward).parameters
    with torch.no_grad():
        found = model(**{name: x for name, x in given.items() if name in read})
    results = found if isinstance(found, tuple) else (found,)
    for name, result in zip(sorted(wanted, key=natural), results, strict=True):
        assert result.dtype == wanted[name].dtype, (seed, name)
        assert result.shape == wanted[name].shape, (seed, name)
        # What divides by almost nothing, as a score of targets without spread does, is all noise.
        calm = ~(wanted[name].abs() > 1e4) if wanted[name].is_floating_point() else ...
        same = torch.allclose(result[calm], wanted[name][calm], rtol=0, atol=1e-12, equal_nan=True)
        assert same, (seed, name)
    assert sum(weight.numel() for weight in model.parameters()) == report.parameters, seed
    for (name, outlet), x in interpreter.shapes.items():
        node = drawing.main.nodes[name]
        outlets = {"Input": ("output",)}.get(node.type) or names_out(drawing, node)
        inferred = report.nodes[name].outputs[outlets.index(outlet)]
        sizes = tuple(BATCH if size is N else size for size in inferred.shape)
        assert (sizes, KINDS[inferred.dtype]) == (tuple(x.shape), x.dtype), (seed, name)
    return frozenset(node.type for net in (drawing.main, *drawing.blocks.values())
                     for node in net.nodes.values())  # fmt: skip


def names_out(drawing: Drawing, node: Node) -> tuple[str, ...]:
    block = drawing.blocks.get(node.type)
    if block is not None:
        return ports_out(block)
    layer = layers()[node.type]
    env = {name: variable.value for name, variable in drawing.variables.items()}
    return layer.ports_out(resolve(node.params, layer, env)[0])


EACH = 30


@pytest.mark.parametrize("start", range(0, len(DRAWN), EACH))
def test_networks_of_all_layers_equal_their_drawings(start: int) -> None:
    """Every layer there is, once at least: a network begins with each of them."""
    for seed in range(start, min(start + EACH, len(DRAWN))):
        assert DRAWN[seed] in compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(10_000, 13_000, 250))
def test_thousands_of_networks_of_all_layers_equal_their_drawings(start: int) -> None:
    for seed in range(start, start + 250):
        compare(seed)
