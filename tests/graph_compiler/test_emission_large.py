"""Large networks: the text stays right, and no step of the way grows faster than the network."""

from __future__ import annotations

import networkx as nx
import torch

from graph_compiler import compile_graph, emit


def tower(blocks: int) -> nx.MultiDiGraph:
    """Residual blocks in a row, and sums of one between them, which only pass on."""
    graph = nx.MultiDiGraph(name="Tower", variables={"width": 3})
    graph.add_node("image", type="Input", params={"shape": (3,)})
    last = "image"
    for number in range(blocks):
        for name, kind in (("fc", "Linear"), ("relu", "ReLU"), ("sum", "Add"), ("pass", "Add")):
            params = {"out_features": "width"} if kind == "Linear" else {}
            graph.add_node(f"{name}{number}", type=kind, params=params)
        names = [last, *(f"{name}{number}" for name in ("fc", "relu", "sum", "pass"))]
        nx.add_path(graph, names)
        graph.add_edge(last, f"sum{number}")
        last = f"pass{number}"
    graph.add_node("logits", type="Output")
    graph.add_edge(last, "logits")
    return graph


def test_a_tower_of_residual_blocks_is_one_line_each() -> None:
    source = emit(tower(3))
    body = source.text[source.text.index("    def forward") :]
    assert body == (
        "    def forward(self, image: torch.Tensor) -> torch.Tensor:\n"
        "        x = image + self.residual(image)\n"
        "        x = x + self.residual2(x)\n"
        "        return x + self.residual3(x)\n"
    )
    assert source.spans["pass0"] == ()


def test_a_thousand_blocks() -> None:
    source = emit(tower(1000))
    assert source.text.count(" x + self.residual") == 999
    assert source.modules["fc999"] == "residual1000.0"
    assert len(set(source.modules.values())) == 2000


def test_a_deep_chain_is_one_sequential_and_runs() -> None:
    graph = nx.MultiDiGraph(name="Deep")
    graph.add_node("image", type="Input", params={"shape": (4,)})
    names = [f"relu{number}" for number in range(2000)]
    graph.add_nodes_from(names, type="ReLU")
    graph.add_node("logits", type="Output")
    nx.add_path(graph, ["image", *names, "logits"])
    model = compile_graph(graph)
    assert len(model.layers) == 2000
    assert torch.equal(model(torch.ones(2, 4)), torch.ones(2, 4))
