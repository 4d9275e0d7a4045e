"""Random sound networks: the emitted module computes what the drawing says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import networkx as nx
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_compiler import check_graph, emit
from graph_compiler.build import module_class
from graph_compiler.source import Source

ELEMENTWISE = [
    "ReLU",
    "Tanh",
    "Sigmoid",
    "GELU",
    "SiLU",
    "LeakyReLU",
    "Identity",
    "Softmax",
    "PReLU",
]
NAMES = st.one_of(
    st.sampled_from(["x", "self", "input", "forward", "hidden", "stem", "body", "add", "l", "cat"]),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,40}", fullmatch=True),
)


class Size(int):
    """A number that also knows where it comes from, so that equal by chance is told from equal."""

    origin: str

    def __new__(cls, value: int, origin: str = "") -> Size:
        made = super().__new__(cls, value)
        made.origin = origin or str(int(value))
        return made


def origins(shape: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(size.origin if isinstance(size, Size) else str(size) for size in shape)


class Drawing:
    """A graph under construction that keeps the shape of every value.

    Where `chance` is false, only shapes that stay equal for all values of the variables are joined.
    """

    def __init__(self, draw: Callable[..., Any], chance: bool) -> None:
        self.draw = draw
        self.seen = (lambda shape: shape) if chance else origins
        self.graph = nx.MultiDiGraph(name=draw(st.text(max_size=20)))
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.used: set[str] = set()
        self.variables = draw(st.dictionaries(NAMES, st.integers(1, 6), max_size=3))

    def node(self, kind: str, sources: list[str], bypassed: bool = False, **params: Any) -> str:
        name = self.draw(NAMES.filter(lambda n: n not in self.graph))
        self.graph.add_node(name, type=kind, params=params, bypassed=bypassed)
        for number, source in enumerate(sources, 1):
            # The first of several must be known to pass where the node is bypassed.
            given = {"target_port": f"input{number}"} if bypassed and kind == "Add" else {}
            self.graph.add_edge(source, name, **given)
            self.used.add(source)
        return name

    def size(self) -> Any:
        """A number, or an expression over the variables, with its value."""
        if self.variables and self.draw(st.booleans()):
            name = self.draw(st.sampled_from(sorted(self.variables)))
            value = self.variables[name]
            forms = {
                name: value,
                f"2 * {name} + 1": 2 * value + 1,
                f"max({name}, 2)": max(value, 2),
            }
            text = self.draw(st.sampled_from(list(forms)))
            return text, Size(forms[text], text)
        number = self.draw(st.integers(1, 6))
        return number, Size(number)

    def grow(self) -> None:
        source = self.draw(st.sampled_from(sorted(self.shapes)))
        shape = self.shapes[source]
        options = ["element", "linear", "add", "concatenate", "dropout", "bypassed"]
        if len(shape) == 3:
            options += ["conv", "conv", "flatten"] + (["pool"] if min(shape[1:]) >= 2 else [])
        match self.draw(st.sampled_from(options)):
            case "element":
                name = self.node(self.draw(st.sampled_from(ELEMENTWISE)), [source])
            case "bypassed":
                others = self.draw(st.lists(st.sampled_from(sorted(self.shapes)), max_size=2))
                kind = self.draw(st.sampled_from(["Conv2d", "Flatten", "Linear", "Step", "Add"]))
                feeds = [source, *others] if kind == "Add" else [source]
                name = self.node(kind, feeds, True, out_features="no number")
            case "dropout":
                name = self.node(
                    "Dropout", [source], p=self.draw(st.sampled_from([0.1, 1e-05, 0.5]))
                )
            case "linear":
                text, size = self.size()
                bias = self.draw(st.booleans())
                name = self.node("Linear", [source], out_features=text, bias=bias)
                shape = (*shape[:-1], size)
            case "conv":
                text, size = self.size()
                name = self.node(
                    "Conv2d", [source], out_channels=text, kernel_size=(3, 3), padding=1
                )
                shape = (size, *shape[1:])
            case "pool":
                name = self.node("MaxPool2d", [source], kernel_size=2)
                shape = (shape[0], shape[1] // 2, shape[2] // 2)
            case "flatten":
                name = self.node("Flatten", [source])
                shape = (Size(shape[0] * shape[1] * shape[2], "*".join(origins(shape))),)
            case "add":
                same = sorted(n for n, s in self.shapes.items() if self.seen(s) == self.seen(shape))
                others = self.draw(st.lists(st.sampled_from(same), max_size=3))
                name = self.node("Add", [source, *others])
            case _:
                rest = self.seen(shape[1:])
                fit = sorted(
                    n
                    for n, s in self.shapes.items()
                    if len(s) == len(shape) and self.seen(s[1:]) == rest
                )
                others = self.draw(st.lists(st.sampled_from(fit), max_size=3))
                name = self.node("Concatenate", [source, *others])
                joined = [self.shapes[n][0] for n in (source, *others)]
                shape = (Size(sum(joined), "+".join(origins(tuple(joined)))), *shape[1:])
        self.shapes[name] = shape


@st.composite
def graphs(draw: Callable[..., Any], chance: bool = True) -> nx.MultiDiGraph:
    drawing = Drawing(draw, chance)
    for _ in range(draw(st.integers(1, 2))):
        shape = draw(st.sampled_from([(4,), (2, 4, 4)]))
        drawing.shapes[drawing.node("Input", [], shape=shape)] = shape
    for _ in range(draw(st.integers(1, 12))):
        drawing.grow()
    for name in sorted(set(drawing.shapes) - drawing.used):
        drawing.node("Output", [name])
    drawing.graph.graph["variables"] = drawing.variables
    members = sorted(drawing.graph)
    frames = draw(st.dictionaries(NAMES, st.sets(st.sampled_from(members), max_size=6), max_size=2))
    drawing.graph.graph["frames"] = {name: sorted(inside) for name, inside in frames.items()}
    return drawing.graph


def interpreted(graph: nx.MultiDiGraph, source: Source, model: Any) -> dict[str, torch.Tensor]:
    """Values of all that leads to an output, computed node by node.

    Only the modules come from the emitted class.
    """
    torch.manual_seed(1)
    values: dict[str, torch.Tensor] = {}
    given = {
        name: torch.randn(3, *graph.nodes[name]["params"]["shape"], dtype=torch.float64)
        for name in of_type(graph, "Input")
    }

    def value(name: str) -> torch.Tensor:
        if name not in values:
            values[name] = computed(name)
        return values[name]

    def computed(name: str) -> torch.Tensor:
        if name in given:
            return given[name]
        kind, bypassed = graph.nodes[name]["type"], graph.nodes[name]["bypassed"]
        many = kind in ("Add", "Concatenate")
        tails = port_order(graph, name) if many else [tail for tail, _ in graph.in_edges(name)]
        if bypassed or kind == "Output":
            return value(tails[0])
        inputs = [value(tail) for tail in tails]
        if kind == "Concatenate":
            return torch.cat(inputs, dim=1)
        if kind != "Add":
            result: torch.Tensor = model.get_submodule(source.modules[name])(*inputs)
            return result
        total = inputs[0]
        for more in inputs[1:]:
            total = total + more
        return total

    for name in of_type(graph, "Output"):
        value(name)
    return values


def port_order(graph: nx.MultiDiGraph, name: str) -> list[str]:
    """Sources in the order in which the wires count as input1, input2, …"""
    from graph_compiler.graphs import from_networkx

    network, _ = from_networkx(graph)
    wires = [wire for wire in network.wires if wire.target == name]
    return [w.source for w in sorted(wires, key=lambda w: int(w.target_port.removeprefix("input")))]


def natural(name: str) -> tuple[str, int, str]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0), name


def of_type(graph: nx.MultiDiGraph, kind: str) -> list[str]:
    return sorted((n for n, data in graph.nodes(data=True) if data["type"] == kind), key=natural)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs())
def test_the_emitted_module_equals_the_drawing(graph: nx.MultiDiGraph) -> None:
    report = check_graph(graph)
    assert report.ok, [problem.text for problem in report.problems]
    source = emit(graph)
    torch.manual_seed(0)
    model = module_class(source)().double().eval()
    values = interpreted(graph, source, model)
    found = model(*(values[name] for name in of_type(graph, "Input") if name in values))
    results = found if isinstance(found, tuple) else (found,)
    outputs = of_type(graph, "Output")
    assert len(results) == len(outputs)
    for name, result in zip(outputs, results, strict=True):
        assert torch.equal(result, values[name])
    assert sum(p.numel() for p in model.parameters()) == report.parameters
    for name, facts in report.nodes.items():
        module = model.get_submodule(source.modules[name]) if name in source.modules else None
        weights = {k: tuple(p.shape) for k, p in module.named_parameters()} if module else {}
        assert weights == dict(facts.weights)
        if facts.outputs and not facts.bypassed:
            assert tuple(values[name].shape[1:]) == facts.outputs[0].shape[1:]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(), st.integers(0, 99))
def test_the_text_does_not_depend_on_the_order_of_drawing(
    graph: nx.MultiDiGraph, seed: int
) -> None:
    from graph_compiler.graphs import from_networkx

    network, _ = from_networkx(graph)
    mixer = random.Random(seed)
    nodes, wires = list(graph.nodes(data=True)), list(network.wires)
    variables, frames = list(graph.graph["variables"].items()), list(graph.graph["frames"].items())
    for part in (nodes, wires, variables, frames):
        mixer.shuffle(part)
    other = nx.MultiDiGraph(
        name=graph.graph["name"], variables=dict(variables), frames=dict(frames)
    )
    other.add_nodes_from(nodes)
    for wire in wires:
        other.add_edge(
            wire.source, wire.target, source_port=wire.source_port, target_port=wire.target_port
        )
    assert emit(other) == emit(graph)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(chance=False), st.integers(6, 9))
def test_variables_can_be_given_other_values(graph: nx.MultiDiGraph, value: int) -> None:
    """Sizes follow the variables, so that the class made with other values still fits together."""
    source = emit(graph)
    model = module_class(source)(**dict.fromkeys(source.arguments.values(), value)).eval()
    read = [name for name in of_type(graph, "Input") if leads_to_output(graph, name)]
    model(*(torch.zeros(2, *graph.nodes[name]["params"]["shape"]) for name in read))


def leads_to_output(graph: nx.MultiDiGraph, name: str) -> bool:
    """Whether something reads it, through bypassed nodes only where it is their first input."""
    if graph.nodes[name]["type"] == "Output":
        return True
    return any(
        leads_to_output(graph, after)
        for after in graph.successors(name)
        if not graph.nodes[after]["bypassed"]
        or graph.nodes[after]["type"] != "Add"
        or port_order(graph, after)[0] == name
    )
