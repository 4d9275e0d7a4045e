"""What training keeps of layers and whole networks, byte for byte as torch stores it."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
import torch

from graph_compiler import check_graph, compile_graph, emit, summarize
from graph_compiler.build import module_class
from graph_compiler.keeping import kept
from graph_compiler.keeping_facts import KeptFacts
from graph_compiler.layer import Example, Layer
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType
from nnstudio.document.templates import load_target

BATCH = 8
KINDS = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}
SIZES = {"float": 4, "int": 8, "bool": 1}
ABOUT = {
    "EmbeddingBag": 0.3, "Formula": 1e3, "LSTM": 0.4, "LocalResponseNorm": 0.2, "MatMul": 0.4,
    "Einsum": 0.3, "MixtureOfExperts": 0.1, "Spectrogram": 0.1, "NeuralTensor": 0.5,
    "TreeEncoder": 0.3, "GradientPenalty": 0.3,
}  # fmt: skip
"""Layers of which the bulk is told, and how far off it may be for very small ones."""
WITHOUT = {"io", "metric", "loss"}
"""Losses are counted with the recipe's output; metrics have no slope."""


def numbers(x: TensorType) -> int:
    size = 1
    for axis in x.shape:
        size *= BATCH if axis is N else int(axis)
    return size


def drawing(name: str, layer: Layer, case: Example) -> nx.MultiDiGraph:
    """Inputs, the layer, and an output for its first port."""
    graph = nx.MultiDiGraph(name="Case")
    graph.add_node("made", type=name, params=dict(case.params))
    graph.add_node("y", type="Output")
    last = len(layer.inputs) - 1
    for place, shape in enumerate(case.inputs):
        port = layer.inputs[min(place, last)]
        if shape is None:
            continue
        kind = case.dtypes[place] if place < len(case.dtypes) else port.dtype
        kind = kind if kind in KINDS else "float"
        graph.add_node(f"x{place}", type="Input", params={"shape": shape, "dtype": kind})
        to = f"{port.name}{place - last + 1}" if port.many else port.name
        graph.add_edge(f"x{place}", "made", target_port=to)
    graph.add_edge("made", "y", source_port=layer.ports_out(check_params(graph))[0])
    return graph


def check_params(graph: nx.MultiDiGraph) -> Any:
    facts = check_graph(graph).nodes["made"]
    return facts.params


def stored_by_torch(graph: nx.MultiDiGraph) -> tuple[int, set[str], NodeFacts]:
    """Bytes saved for the way back, which inputs are among them, and the layer's facts."""
    module = module_class(emit(graph))().train()
    report = check_graph(graph)
    own = {one.untyped_storage().data_ptr() for one in (*module.parameters(), *module.buffers())}
    given: dict[str, torch.Tensor] = {}
    for name, node in graph.nodes(data=True):
        if node["type"] == "Input":
            x = report.nodes[name].outputs[0]
            size = [BATCH if axis is N else int(axis) for axis in x.shape]
            values = torch.rand(size) * 0.8 + 0.1
            given[name] = (
                values.requires_grad_()
                if x.dtype == "float"
                else torch.zeros(size, dtype=KINDS[x.dtype])
            )
    stored: dict[int, int] = {}
    alive: list[Any] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            stored[memory.data_ptr()] = memory.nbytes()
        alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        alive.append(module(**given))
    inside = {name for name, x in given.items() if x.untyped_storage().data_ptr() in stored}
    return sum(stored.values()), inside, report.nodes["made"]


CASES = [
    pytest.param(name, layer, case, id=f"{name} {number}")
    for name, layer in sorted(layers().items())
    if layer.family not in WITHOUT and name not in ("Choice", "Constant", "LearnableTensor")
    for number, case in enumerate(layer.examples)
    if any(shape is not None for shape in case.inputs)
]


@pytest.mark.parametrize(("name", "layer", "case"), CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_layer_keeps_what_torch_stores(name: str, layer: Layer, case: Example) -> None:
    torch.manual_seed(0)
    graph = drawing(name, layer, case)
    stored, inside, facts = stored_by_torch(graph)
    slopes = tuple(x.dtype == "float" for x in facts.inputs)
    found = kept(
        KeptFacts(
            name, layer.family, facts.params, facts.inputs, facts.outputs,
            bool(facts.weights), slopes, numbers,
        )
    )  # fmt: skip
    places = {*found.inputs, *found.copies}
    told = found.more
    told += sum(SIZES[facts.inputs[at].dtype] * numbers(facts.inputs[at]) for at in places)
    if found.output:
        told += SIZES[facts.outputs[0].dtype] * numbers(facts.outputs[0])
    if name in ABOUT:
        assert abs(told - stored) <= ABOUT[name] * max(stored, 1)
        return
    assert told == stored
    wired = [f"x{at}" for at, shape in enumerate(case.inputs) if shape is not None]
    assert {wired[at] for at in places} == inside


def saved(graph: nx.MultiDiGraph, batch: int) -> int:
    """Bytes that torch stores for the way back of a network's forward pass."""
    module = compile_graph(graph).train()
    report = check_graph(graph)
    own = {one.untyped_storage().data_ptr() for one in (*module.parameters(), *module.buffers())}
    stored: dict[int, int] = {}
    alive: list[Any] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            stored[memory.data_ptr()] = memory.nbytes()
        alive.append(tensor)
        return tensor

    given = {}
    for name, node in graph.nodes(data=True):
        if node["type"] == "Input":
            x = report.nodes[name].outputs[0]
            size = [batch if axis is N else int(axis) for axis in x.shape]
            given[name] = (
                torch.rand(size)
                if x.dtype == "float"
                else torch.ones(size, dtype=KINDS[x.dtype]) * (x.dtype == "int")
            )
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        alive.append(module(**given))
    return sum(stored.values())


@pytest.mark.parametrize(
    ("target", "network"),
    [
        ("lenet5", "main"), ("resnet", "main"), ("unet", "main"), ("vgg", "main"),
        ("densenet", "main"), ("mobilenetv2", "main"), ("capsnet", "main"), ("rbm", "main"),
        ("gan", "main"), ("gan", "critic"), ("vae", "main"), ("autoencoder", "main"),
        ("gpt2", "main"), ("bert", "main"), ("llama", "main"), ("transformer", "main"),
        ("vit-b16", "main"), ("lstm-from-scratch", "main"),
    ],
)  # fmt: skip
def test_a_network_keeps_what_torch_stores(target: str, network: str) -> None:
    torch.set_num_threads(1)
    graph = load_target(f"template:{target}").graph(network)
    assert summarize(graph, 3).training_memory == saved(graph, 3)


@pytest.mark.parametrize(("target", "off"), [("char-rnn", 0.06), ("googlenet", 0.01)])
def test_of_some_networks_a_little_more_or_less_is_told(target: str, off: float) -> None:
    torch.set_num_threads(1)
    graph = load_target(f"template:{target}").graph()
    stored = saved(graph, 8)
    assert abs(summarize(graph, 8).training_memory - stored) < off * stored


def drawn_recurrence(activation: str) -> nx.MultiDiGraph:
    """A recurrent cell: what it shows is what it hands to the next step."""
    cell = nx.MultiDiGraph(params={"units": 5})
    cell.add_node("x", type="Input", params={"shape": (4,)})
    cell.add_node("h", type="Input", params={"shape": ("units",)})
    for name in ("read", "carried"):
        cell.add_node(name, type="Linear", params={"out_features": "units"})
    cell.add_node("sum", type="Add")
    cell.add_node("act", type=activation)
    cell.add_node("h_", type="Output")
    nx.add_path(cell, ["x", "read"])
    nx.add_path(cell, ["h", "carried"])
    cell.add_edge("read", "sum", target_port="input1")
    cell.add_edge("carried", "sum", target_port="input2")
    nx.add_path(cell, ["sum", "act", "h_"])
    return cell


@pytest.mark.parametrize("shown", ["h", "last_h"])
@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("activation", ["Tanh", "GELU", "Identity"])
def test_a_drawn_recurrence_keeps_what_torch_stores(
    activation: str, started: bool, shown: str
) -> None:
    graph = nx.MultiDiGraph(name="Row", blocks={"Cell": drawn_recurrence(activation)})
    graph.add_node("x", type="Input", params={"shape": (6, 4)})
    graph.add_node("row", type="Cell", scan="forward")
    graph.add_node("scores", type="Linear", params={"out_features": 3})
    graph.add_node("y", type="Output")
    graph.add_edge("x", "row", target_port="x")
    if started:
        graph.add_node("start", type="Input", params={"shape": (5,)})
        graph.add_edge("start", "row", target_port="h")
    graph.add_edge("row", "scores", source_port=shown)
    graph.add_edge("scores", "y")
    assert summarize(graph, 3).training_memory == saved(graph, 3)


SEQUENCE: dict[str, tuple[str, dict[str, Any]]] = {
    "attention": ("MultiheadAttention", {"num_heads": 4}),
    "attention with dropout": ("MultiheadAttention", {"num_heads": 4, "dropout": 0.1}),
    "encoder layer": ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 24}),
    "encoder layer without dropout": (
        "TransformerEncoderLayer",
        {"nhead": 2, "dim_feedforward": 24, "dropout": 0.0, "activation": "gelu"},
    ),
    "encoder, norms first": (
        "TransformerEncoder",
        {"nhead": 2, "dim_feedforward": 24, "num_layers": 3, "norm_first": True},
    ),
    "encoder without dropout": (
        "TransformerEncoder",
        {"nhead": 4, "dim_feedforward": 8, "num_layers": 2, "dropout": 0.0},
    ),
    "GRU": ("GRU", {"hidden_size": 12, "num_layers": 2, "dropout": 0.3, "bidirectional": True}),
    "RNN": ("RNN", {"hidden_size": 12}),
}


@pytest.mark.parametrize("case", SEQUENCE)
@pytest.mark.parametrize("steps", [5, 12])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_layers_over_sequences_keep_what_torch_stores(case: str, steps: int) -> None:
    """Between two dense layers, whose own values are counted as well."""
    type, params = SEQUENCE[case]
    graph = nx.MultiDiGraph(name="Row")
    graph.add_node("x", type="Input", params={"shape": (steps, 16)})
    graph.add_node("before", type="Linear", params={"out_features": 16})
    graph.add_node("made", type=type, params=params)
    graph.add_node("y", type="Output")
    graph.add_edge("x", "before")
    graph.add_edge("before", "made", target_port=layers()[type].inputs[0].name)
    graph.add_edge("made", "y", source_port="output")
    assert summarize(graph, 6).training_memory == saved(graph, 6)


@pytest.mark.parametrize("size", [(32, 10, 16, 32), (20, 6, 48, 64), (100, 4, 16, 128)])
def test_a_large_lstm_is_told_within_a_few_percent(size: tuple[int, ...]) -> None:
    steps, batch, features, hidden = size
    graph = nx.MultiDiGraph(name="Row")
    graph.add_node("x", type="Input", params={"shape": (steps, features)})
    graph.add_node("made", type="LSTM", params={"hidden_size": hidden})
    graph.add_node("y", type="Output")
    graph.add_edge("x", "made")
    graph.add_edge("made", "y", source_port="output")
    stored = saved(graph, batch)
    assert abs(summarize(graph, batch).training_memory - stored) < 0.05 * stored
