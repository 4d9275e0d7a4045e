"""Layers drawn from their parts compute what torch's own do, with its weights, and learn alike.

A cell under a scan against `torch.nn.LSTM`, attention against `torch.nn.MultiheadAttention`:
outputs, last states, and the gradients of the inputs and of every weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler import compile_graph
from graph_compiler.model import Network, Node, Project, Value, Variable, Wire

CLOSE = {"rtol": 1e-10, "atol": 1e-12}
SIZES = st.integers(1, 5)


def network(name: str, rows: Mapping[str, tuple[Any, ...]], params: Any = None) -> Network:
    """Rows: name, then type, wires as `port=node.port`, and parameters as a mapping."""
    drawn = Network(name, name, params=params)
    for node, (kind, *rest) in rows.items():
        given = next((item for item in rest if isinstance(item, dict)), {})
        extra = {key: given[key] for key in ("scan", "repeat") if key in given}
        own: dict[str, Value] = {key: value for key, value in given.items() if key not in extra}
        drawn.nodes[node] = Node(node, kind, own, **extra)
        for wire in rest:
            if isinstance(wire, str):
                port, _, source = wire.partition("=")
                start, _, out = source.partition(".")
                drawn.wires[Wire(start, out or "output", node, port)] = None
    return drawn


def lstm_cell() -> Network:
    """A step of a long short-term memory; the four parts in the order of torch's weights."""
    rows = {
        "x": ("Input", {"shape": (3,)}),
        "h": ("Input", {"shape": ("units",)}),
        "c": ("Input", {"shape": ("units",)}),
        "of_x": ("Linear", "input=x", {"out_features": "4 * units"}),
        "of_h": ("Linear", "input=h", {"out_features": "4 * units"}),
        "sum": ("Add", "input1=of_x", "input2=of_h"),
        "parts": ("Chunk", "input=sum", {"chunks": 4, "dim": -1}),
        "write": ("Sigmoid", "input=parts.output1"),
        "keep": ("Sigmoid", "input=parts.output2"),
        "news": ("Tanh", "input=parts.output3"),
        "show": ("Sigmoid", "input=parts.output4"),
        "kept": ("Multiply", "input1=keep", "input2=c"),
        "written": ("Multiply", "input1=write", "input2=news"),
        "memory": ("Add", "input1=kept", "input2=written"),
        "c_": ("Output", "input=memory"),
        "tanh": ("Tanh", "input=memory"),
        "shown": ("Multiply", "input1=show", "input2=tanh"),
        "h_": ("Output", "input=shown"),
    }
    return network("Cell", rows, {"units": Variable("units", 4)})


def drawn_lstm(features: int, units: int, steps: int, scan: str, starts: bool) -> nn.Module:
    """The cell over a sequence; with starts, its first states are inputs of the network."""
    first = ("h=first_h", "c=first_c") if starts else ()
    rows: dict[str, tuple[Any, ...]] = {
        "x": ("Input", {"shape": (steps, features)}),
        "lstm": ("Cell", "x=x", *first, {"units": units, "scan": scan}),
        "y1": ("Output", "input=lstm.h"),
        "y2": ("Output", "input=lstm.last_h"),
        "y3": ("Output", "input=lstm.last_c"),
    }
    for name in ("first_h", "first_c") if starts else ():
        rows[name] = ("Input", {"shape": (units,)})
    project = Project("Twin", networks={"main": network("main", rows), "Cell": lstm_cell()})
    return compile_graph(project.graph("main")).double()


def numbers(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)


def assert_close(found: Any, expected: Any) -> None:
    torch.testing.assert_close(found, expected, **CLOSE)


def gradients(outputs: tuple[torch.Tensor, ...], *of: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Gradients of a sum in which every number of every output counts differently."""
    weighed = sum((y * numbers(n, *y.shape).detach()).sum() for n, y in enumerate(outputs))
    assert isinstance(weighed, torch.Tensor)
    return torch.autograd.grad(weighed, of, retain_graph=True)


@pytest.mark.parametrize("starts", [False, True])
@pytest.mark.parametrize("scan", ["forward", "backward"])
@settings(max_examples=8, deadline=None)
@given(batch=SIZES, steps=st.integers(1, 9), features=SIZES, units=SIZES)
def test_a_drawn_lstm_equals_torch_s(
    scan: str, starts: bool, batch: int, steps: int, features: int, units: int
) -> None:
    torch.manual_seed(0)
    ours = drawn_lstm(features, units, steps, scan, starts)
    theirs = nn.LSTM(features, units, batch_first=True).double()
    names = ("of_x.weight", "of_h.weight", "of_x.bias", "of_h.bias")
    weights = [ours.get_parameter(f"lstm.{name}") for name in names]
    for target, source in zip(weights, theirs.parameters(), strict=True):
        target.data.copy_(source.data)
    x = numbers(1, batch, steps, features)
    h, c = (numbers(seed, batch, units) for seed in (2, 3))
    states = ((h[None], c[None]),) if starts else ()
    seen = x.flip(1) if scan == "backward" else x
    ys, (last_h, last_c) = theirs(seen, *states)
    ys = ys.flip(1) if scan == "backward" else ys
    expected = (ys, last_h[0], last_c[0])
    found = ours(c, h, x) if starts else ours(x)
    assert_close(found, expected)
    inputs = (x, h, c) if starts else (x,)
    assert_close(
        gradients(found, *inputs, *weights),
        gradients(expected, *inputs, *theirs.parameters()),
    )


def test_a_repeated_scan_equals_torch_s_layers_of_a_recurrence() -> None:
    cell = {
        "x": ("Input", {"shape": (3,)}),
        "h": ("Input", {"shape": ("units",)}),
        "of_x": ("Linear", "input=x", {"out_features": "units"}),
        "of_h": ("Linear", "input=h", {"out_features": "units"}),
        "sum": ("Add", "input1=of_x", "input2=of_h"),
        "tanh": ("Tanh", "input=sum"),
        "h_": ("Output", "input=tanh"),
    }
    rows = {
        "x": ("Input", {"shape": (5, 3)}),
        "rows": ("Cell", "x=x", {"units": 4, "scan": "forward", "repeat": 3}),
        "y1": ("Output", "input=rows.h"),
        "y2": ("Output", "input=rows.last_h"),
    }
    drawn = network("Cell", cell, {"units": Variable("units", 4)})
    project = Project("Twin", networks={"main": network("main", rows), "Cell": drawn})
    ours = compile_graph(project.graph("main")).double()
    theirs = nn.RNN(3, 4, num_layers=3, batch_first=True).double()
    names = ("of_x.weight", "of_h.weight", "of_x.bias", "of_h.bias")
    weights = [ours.get_parameter(f"rows.{turn}.{name}") for turn in range(3) for name in names]
    for target, source in zip(weights, theirs.parameters(), strict=True):
        target.data.copy_(source.data)
    x = numbers(1, 2, 5, 3)
    ys, last = theirs(x)
    assert_close(ours(x), (ys, last[-1]))


def drawn_attention(
    heads: int, size: int, places: int, steps: int, masked: bool, key_size: int
) -> nn.Module:
    """Attention from matrix products and a softmax, nothing ready-made."""
    mask = ("input2=mask",) if masked else ()
    rows: dict[str, tuple[Any, ...]] = {
        "asking": ("Input", {"shape": (steps, size)}),
        "source": ("Input", {"shape": (places, key_size)}),
        "query": ("Linear", "input=asking", {"out_features": size}),
        "key": ("Linear", "input=source", {"out_features": size}),
        "value": ("Linear", "input=source", {"out_features": size}),
        "queries": ("SplitHeads", "input=query", {"heads": heads}),
        "keys": ("SplitHeads", "input=key", {"heads": heads}),
        "values": ("SplitHeads", "input=value", {"heads": heads}),
        "turned": ("Transpose", "input=keys"),
        "match": ("MatMul", "input=queries", "other=turned"),
        "scores": ("Scale", "input=match", {"factor": (size // heads) ** -0.5}),
        "allowed": ("Add", "input1=scores", *mask),
        "links": ("Softmax", "input=allowed", {"dim": -1}),
        "mixed": ("MatMul", "input=links", "other=values"),
        "merged": ("MergeHeads", "input=mixed"),
        "out": ("Linear", "input=merged", {"out_features": size}),
        "y1": ("Output", "input=out"),
        "y2": ("Output", "input=links"),
    }
    if masked:
        rows["mask"] = ("Input", {"shape": (1, steps, places)})
    else:
        del rows["allowed"]
        rows["links"] = ("Softmax", "input=scores", {"dim": -1})
    project = Project("Twin", networks={"main": network("main", rows)})
    return compile_graph(project.graph("main")).double()


def twins_of(theirs: nn.MultiheadAttention) -> dict[str, tuple[nn.Parameter, slice]]:
    """For each weight of the drawing: torch's, and which of its rows."""
    size, every = theirs.embed_dim, slice(None)
    found = {f"out.{kind}": (getattr(theirs.out_proj, kind), every) for kind in ("weight", "bias")}
    for number, part in enumerate(("query", "key", "value")):
        rows = slice(number * size, (number + 1) * size)
        packed, single = theirs.in_proj_weight, getattr(theirs, f"{part[0]}_proj_weight")
        found[f"{part}.weight"] = (single, every) if packed is None else (packed, rows)
        found[f"{part}.bias"] = theirs.in_proj_bias, rows
    return found


@pytest.mark.parametrize("masked", [False, True])
@settings(max_examples=12, deadline=None)
@given(batch=SIZES, heads=st.integers(1, 4), per_head=SIZES, steps=SIZES, places=SIZES, keys=SIZES)
def test_drawn_attention_equals_torch_s(
    masked: bool, batch: int, heads: int, per_head: int, steps: int, places: int, keys: int
) -> None:
    torch.manual_seed(0)
    size = heads * per_head
    ours = drawn_attention(heads, size, places, steps, masked, keys)
    theirs = nn.MultiheadAttention(size, heads, kdim=keys, vdim=keys, batch_first=True).double()
    nn.init.normal_(theirs.in_proj_bias)
    nn.init.normal_(theirs.out_proj.bias)
    twins = twins_of(theirs)
    for name, (weight, rows) in twins.items():
        ours.get_parameter(name).data.copy_(weight.data[rows])
    asking, source = numbers(1, batch, steps, size), numbers(2, batch, places, keys)
    mask = torch.rand(steps, places) < 0.5
    mask[:, 0] = False  # every step may look somewhere
    added = torch.zeros(mask.shape, dtype=torch.float64).masked_fill(mask, -torch.inf)
    expected = theirs(
        asking,
        source,
        source,
        attn_mask=mask if masked else None,
        average_attn_weights=False,
    )
    found = ours(asking, added.expand(batch, 1, -1, -1), source) if masked else ours(asking, source)
    assert_close(found, expected)
    assert_close(gradients(found, asking, source), gradients(expected, asking, source))
    apart = gradients(found, *(ours.get_parameter(name) for name in twins))
    whole = gradients(expected, *(weight for weight, _ in twins.values()))
    assert_close(apart, tuple(g[rows] for g, (_, rows) in zip(whole, twins.values(), strict=True)))
