"""Networks for sequences, drawn from their parts, compute what torch's ready ones compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import pytest
import torch
from torch import nn

from graph_compiler import check_graph, compile_graph, emit

Nodes = dict[str, tuple[str, dict[str, Any]]]


def drawing(title: str, nodes: Nodes, wires: Sequence[str], **variables: Any) -> nx.MultiDiGraph:
    """A graph from wires such as `x -> fc` and `lstm.hidden -> decoder.h0`."""
    graph = nx.MultiDiGraph(name=title, variables=variables)
    for name, (type_, params) in nodes.items():
        graph.add_node(name, type=type_, params=params)
    for wire in wires:
        (source, target) = wire.split(" -> ")
        source, _, out = source.partition(".")
        target, _, port = target.partition(".")
        graph.add_edge(source, target, source_port=out or "output", target_port=port or "input")
    assert [problem.text for problem in check_graph(graph).problems] == []
    return graph


def attention(drop: float = 0.0) -> nx.MultiDiGraph:
    """Multi-head attention of a sequence to itself."""
    linear = ("Linear", {"out_features": "d_model"})
    split = ("SplitHeads", {"heads": "heads"})
    scaled = {"is_causal": True, "dropout_p": "dropout"}
    nodes: Nodes = {
        "x": ("Input", {"shape": (7, "d_model")}),
        "query": linear,
        "key": linear,
        "value": linear,
        "queries": split,
        "keys": split,
        "values": split,
        "attend": ("ScaledDotProductAttention", scaled),
        "merge": ("MergeHeads", {}),
        "out": linear,
        "y": ("Output", {}),
    }
    wires = ["attend -> merge", "merge -> out", "out -> y"]
    for one, many in (("query", "queries"), ("key", "keys"), ("value", "values")):
        wires += [f"x -> {one}", f"{one} -> {many}", f"{many} -> attend.{one}"]
    return drawing("Attention", nodes, wires, d_model=12, heads=3, dropout=drop)


ATTENTION = '''\
Attention(nn.Module):
    """x (N, 7, d_model) -> y (N, 7, d_model)"""

    def __init__(self, d_model: int = 12, heads: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.key = nn.Linear(d_model, d_model)
        self.query = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        keys = self.key(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        queries = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        values = self.value(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        x = F.scaled_dot_product_attention(
            queries, keys, values, dropout_p=self.dropout if self.training else 0.0, is_causal=True
        )
        x = x.transpose(1, 2).flatten(2)
        return self.out(x)
'''


def test_a_drawn_attention_reads_as_typed() -> None:
    assert emit(attention()).text.partition("class ")[2] == ATTENTION


def test_a_drawn_attention_is_torchs() -> None:
    torch.manual_seed(0)
    graph = attention()
    drawn = compile_graph(graph).double()
    ready = nn.MultiheadAttention(12, 3, batch_first=True).double()
    parts = ("query", "key", "value")
    with torch.no_grad():
        for kind, packed in (("weight", ready.in_proj_weight), ("bias", ready.in_proj_bias)):
            for part, rows in zip(parts, packed.chunk(3), strict=True):
                getattr(getattr(drawn, part), kind).copy_(rows)
        drawn.out.load_state_dict(ready.out_proj.state_dict())
    x = torch.randn(2, 7, 12, dtype=torch.float64)
    blocked = nn.Transformer.generate_square_subsequent_mask(7, dtype=torch.float64)
    wanted, _ = ready(x, x, x, attn_mask=blocked)
    assert torch.allclose(drawn(x), wanted, rtol=0, atol=1e-12)
    count = sum(weight.numel() for weight in ready.parameters())
    assert sum(facts.parameters for facts in check_graph(graph).nodes.values()) == count


def test_dropout_of_links_is_off_in_use() -> None:
    torch.manual_seed(0)
    module = compile_graph(attention(0.5))
    x = torch.randn(2, 7, 12)
    assert not torch.equal(module(x), module(x))
    module.eval()
    assert torch.equal(module(x), module(x))


def test_grouped_queries_drawn_twice() -> None:
    """Sharing keys inside attention equals repeating them before it."""
    shared: Nodes = {
        "x": ("Input", {"shape": (7, 12)}),
        "query": ("Linear", {"out_features": 12}),
        "key": ("Linear", {"out_features": 4}),
        "value": ("Linear", {"out_features": 4}),
        "queries": ("SplitHeads", {"heads": 6}),
        "keys": ("SplitHeads", {"heads": 2}),
        "values": ("SplitHeads", {"heads": 2}),
        "attend": ("ScaledDotProductAttention", {"enable_gqa": True}),
        "y": ("Output", {}),
    }
    repeated: Nodes = shared | {
        "attend": ("ScaledDotProductAttention", {}),
        "more_keys": ("RepeatKV", {"repeats": 3}),
        "more_values": ("RepeatKV", {"repeats": 3}),
    }
    wires = ["attend -> y"]
    for one, many in (("query", "queries"), ("key", "keys"), ("value", "values")):
        wires += [f"x -> {one}", f"{one} -> {many}"]
    direct = [*wires, "queries -> attend.query", "keys -> attend.key", "values -> attend.value"]
    around = [*wires, "queries -> attend.query", "keys -> more_keys", "values -> more_values"]
    around += ["more_keys -> attend.key", "more_values -> attend.value"]
    one = compile_graph(drawing("Shared", shared, direct)).double()
    other = compile_graph(drawing("Repeated", repeated, around)).double()
    other.load_state_dict(one.state_dict())
    x = torch.randn(2, 7, 12, dtype=torch.float64)
    assert torch.allclose(one(x), other(x), rtol=0, atol=1e-13)


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_drawn_encoder_layer_is_torchs(norm_first: bool) -> None:
    nodes: Nodes = {
        "x": ("Input", {"shape": (7, 12)}),
        "self_attn": ("MultiheadAttention", {"num_heads": 3}),
        "add1": ("Add", {}),
        "norm1": ("LayerNorm", {}),
        "linear1": ("Linear", {"out_features": 20}),
        "gelu": ("GELU", {}),
        "linear2": ("Linear", {"out_features": 12}),
        "add2": ("Add", {}),
        "norm2": ("LayerNorm", {}),
        "y": ("Output", {}),
    }
    wires = ["x -> add1.input1", "self_attn -> add1.input2", "linear1 -> gelu", "gelu -> linear2",
             "linear2 -> add2.input2"]  # fmt: skip
    if norm_first:
        wires += ["x -> norm1", "norm1 -> self_attn.query", "add1 -> norm2", "norm2 -> linear1",
                  "add1 -> add2.input1", "add2 -> y"]  # fmt: skip
    else:
        wires += ["x -> self_attn.query", "add1 -> norm1", "norm1 -> linear1",
                  "norm1 -> add2.input1", "add2 -> norm2", "norm2 -> y"]  # fmt: skip
    graph = drawing("Encoder", nodes, wires)
    torch.manual_seed(0)
    drawn = compile_graph(graph).double()
    ready = nn.TransformerEncoderLayer(
        12, 3, 20, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm_first
    ).double()
    paths = emit(graph).modules
    state = {
        key.replace(node, path, 1): value
        for key, value in ready.state_dict().items()
        for node, path in paths.items()
        if key.startswith(f"{node}.")
    }
    drawn.load_state_dict(state)
    x = torch.randn(2, 7, 12, dtype=torch.float64)
    assert torch.allclose(drawn(x), ready(x), rtol=0, atol=1e-12)


FORMS = [("added", "added"), ("added", "blocked"), ("blocked", "added"), ("blocked", "blocked")]


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.parametrize(("causal", "padding"), FORMS)
def test_masks_of_each_form_mean_the_same(causal: str, padding: str) -> None:
    nodes: Nodes = {
        "words": ("Input", {"shape": (6,), "dtype": "int"}),
        "embed": ("Embedding", {"num_embeddings": 9, "embedding_dim": 8}),
        "causal": ("CausalMask", {"form": causal}),
        "padding": ("PaddingMask", {"form": padding, "padding_idx": 8}),
        "attend": ("MultiheadAttention", {"num_heads": 2}),
        "y": ("Output", {}),
    }
    wires = ["words -> embed", "words -> padding", "embed -> causal", "embed -> attend.query",
             "causal -> attend.attn_mask", "padding -> attend.key_padding_mask",
             "attend -> y"]  # fmt: skip
    module = compile_graph(drawing("Masked", nodes, wires))
    words = torch.tensor([[1, 2, 3, 8, 8, 8], [1, 2, 3, 4, 8, 8]])
    torch.manual_seed(0)
    y = module(words)
    for row, length in ((0, 3), (1, 4)):  # as if the sentence were no longer
        for end in range(1, length + 1):
            alone = module(words[row : row + 1, :end])
            assert torch.allclose(y[row, end - 1], alone[0, -1], atol=1e-6)


@pytest.mark.parametrize("form", ["added", "allowed"])
def test_masks_for_scaled_dot_products(form: str) -> None:
    split = ("SplitHeads", {"heads": 2})
    nodes: Nodes = {
        "words": ("Input", {"shape": (6,), "dtype": "int"}),
        "embed": ("Embedding", {"num_embeddings": 9, "embedding_dim": 8}),
        "padding": ("PaddingMask", {"form": form, "padding_idx": 8, "for_heads": True}),
        "heads": split,
        "attend": ("ScaledDotProductAttention", {}),
        "y": ("Output", {}),
    }
    wires = ["words -> embed", "words -> padding", "embed -> heads", "heads -> attend.query",
             "heads -> attend.key", "heads -> attend.value", "padding -> attend.attn_mask",
             "attend -> y"]  # fmt: skip
    module = compile_graph(drawing("Masked", nodes, wires))
    y = module(torch.tensor([[1, 2, 3, 8, 8, 8]]))
    assert torch.allclose(y[:, :, :3], module(torch.tensor([[1, 2, 3]])), atol=1e-6)


def test_states_go_from_one_layer_to_another() -> None:
    lstm = ("LSTM", {"hidden_size": "hidden", "num_layers": 2})
    nodes: Nodes = {
        "source": ("Input", {"shape": (9, 8)}),
        "target": ("Input", {"shape": (5, 8)}),
        "encoder": lstm,
        "decoder": lstm,
        "y": ("Output", {}),
    }
    wires = ["source -> encoder", "target -> decoder", "encoder.hidden -> decoder.h0",
             "encoder.cell -> decoder.c0", "decoder -> y"]  # fmt: skip
    graph = drawing("Translator", nodes, wires, hidden=6)
    assert (
        emit(graph).text.partition("class ")[2]
        == '''\
Translator(nn.Module):
    """source (N, 9, 8), target (N, 5, 8) -> y (N, 5, hidden)"""

    def __init__(self, hidden: int = 6) -> None:
        super().__init__()
        self.encoder = nn.LSTM(8, hidden, num_layers=2, batch_first=True)
        self.decoder = nn.LSTM(8, hidden, num_layers=2, batch_first=True)

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        _, (hidden, cell) = self.encoder(source)
        x, _ = self.decoder(target, (hidden, cell))
        return x
'''
    )
    module = compile_graph(graph)
    source, target = torch.randn(2, 9, 8), torch.randn(2, 5, 8)
    wanted, _ = module.decoder(target, module.encoder(source)[1])
    assert torch.equal(module(source, target), wanted)


def test_a_sentence_is_classified_by_its_ends() -> None:
    nodes: Nodes = {
        "words": ("Input", {"shape": (9,), "dtype": "int"}),
        "embed": ("Embedding", {"num_embeddings": "vocabulary", "embedding_dim": 8}),
        "gru": ("GRU", {"hidden_size": "hidden", "bidirectional": True}),
        "ends": ("LastStep", {"bidirectional": True}),
        "logits": ("Linear", {"out_features": 3}),
        "y": ("Output", {}),
    }
    wires = ["words -> embed", "embed -> gru", "gru -> ends", "ends -> logits", "logits -> y"]
    graph = drawing("Sentiment", nodes, wires, vocabulary=50, hidden=6)
    module = compile_graph(graph)
    words = torch.randint(50, (2, 9))
    _, states = module.gru(module.embed(words))
    wanted = module.logits(torch.cat((states[0], states[1]), dim=-1))
    assert torch.allclose(module(words), wanted)
    assert "self.logits = nn.Linear(2 * hidden, 3)" in emit(graph).text
