"""The graph of operations: what a probe may say, its layout, numbers as text."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.plotdata.opgraph import (
    GraphError,
    Tensor,
    numbers_text,
    read_probe,
    shape_text,
    short_number,
)
from nnstudio.plotdata.oplayout import lay_out


def tensor(shape: list[int], first: list[float]) -> dict[str, Any]:
    return {"shape": shape, "first": first, "min": -1.0, "max": 2.0, "mean": 0.5, "std": 0.1}


def operation(name: str, inputs: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    base = {"id": name, "kind": "operation", "label": name, "node": name, "shape": [2]}
    return base | {"inputs": list(inputs), "value": None, "gradient": None, "grad_fn": ""} | more


def test_a_probe_is_read_as_told() -> None:
    graph = read_probe(
        {
            "operations": [
                operation("x", kind="input", node=""),
                operation("fc", ("x",), value=tensor([2], [1.5, -0.5]), grad_fn="AddmmBackward0"),
            ],
            "loss": 0.25,
            "rows": 4,
        }
    )
    fc = graph.operations["fc"]
    assert (fc.shape, fc.inputs, fc.grad_fn, fc.gradient) == ((2,), ("x",), "AddmmBackward0", None)
    assert fc.value == Tensor((2,), (1.5, -0.5), -1.0, 2.0, 0.5, 0.1)
    assert (graph.loss, graph.rows) == (0.25, 4)
    assert graph.edges() == (("x", "fc"),)


def test_numbers_that_are_none_are_not_a_number() -> None:
    value = tensor([2], [None, "inf"]) | {"max": None}  # type: ignore[list-item]
    graph = read_probe({"operations": [operation("a", value=value)], "loss": None})
    found = graph.operations["a"].value
    assert math.isnan(found.first[0])
    assert math.isinf(found.first[1])
    assert math.isnan(found.high)


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        ({}, "The probe's answer holds no list of operations. Probe again."),
        (
            {"operations": [{}]},
            "Operation 0 of the probe's answer has no id. Probe again.",
        ),
        (
            {"operations": [operation("a"), operation("a")]},
            "Operation 1 repeats the id 'a'. Probe again.",
        ),
        (
            {"operations": [operation("a", ("b",))]},
            "a takes 'b', which is not in the graph. Probe again.",
        ),
        (
            {"operations": [operation("a") | {"inputs": "b"}]},
            "Operation 0 of the probe's answer has no list of inputs.",
        ),
        (
            {"operations": [{}] * 20_001},
            "The graph has 20001 operations; at most 20000 are shown.",
        ),
    ],
)
def test_a_probe_that_cannot_be_believed_is_refused(probe: dict[str, Any], text: str) -> None:
    with pytest.raises(GraphError) as caught:
        read_probe(probe)
    assert str(caught.value) == text


def test_without_parameters_their_edges_go_too() -> None:
    graph = read_probe(
        {
            "operations": [
                operation("x"),
                operation("w", kind="parameter"),
                operation("fc", ("x", "w")),
            ]
        }
    )
    assert graph.without("parameter").edges() == (("x", "fc"),)


CARD = (150.0, 80.0)


def chain_with_parameters() -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    edges = [("x", "a"), ("a", "b"), ("b", "c"), ("wa", "a"), ("va", "a"), ("wc", "c")]
    return {n: CARD for e in edges for n in e}, edges


def test_a_chain_is_straight_and_its_parameters_stand_below_what_they_join() -> None:
    sizes, edges = chain_with_parameters()
    layout = lay_out(sizes, edges, satellites=("wa", "va", "wc"))
    assert layout.layers == (("x", "wa", "va"), ("a",), ("b", "wc"), ("c",))
    assert len({round(layout.places[n][1], 2) for n in "xabc"}) == 1
    assert layout.places["wa"][1] > layout.places["x"][1] + CARD[1]


def test_a_long_edge_goes_round_the_cards_between() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c")]
    layout = lay_out(dict.fromkeys("abc", CARD), edges)
    top, height = layout.places["b"][1], CARD[1]
    passing = [y for _, y in layout.routes["a", "c"][1:-1]]
    assert passing
    assert all(y < top or y > top + height for y in passing)


def test_self_loops_and_lonely_nodes_are_no_harm() -> None:
    layout = lay_out(dict.fromkeys("ab", CARD), [("a", "a"), ("a", "ghost")])
    assert layout.layers == (("a", "b"),)
    assert lay_out({}, []).layers == ()


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]], set]:
    count = draw(st.integers(1, 14))
    pairs = list(combinations(range(count), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=25)) if pairs else []
    sizes = {f"n{k}": (draw(st.floats(50, 200)), draw(st.floats(30, 120))) for k in range(count)}
    satellites = draw(st.sets(st.sampled_from(sorted(sizes))))
    return sizes, [(f"n{a}", f"n{b}") for a, b in chosen], satellites


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_edges_run_right_and_cards_never_overlap(drawn: tuple[Any, Any, Any]) -> None:
    sizes, edges, satellites = drawn
    layout = lay_out(sizes, edges, satellites)
    assert set(layout.places) == set(sizes)
    for source, target in edges:
        assert layout.places[source][0] + sizes[source][0] < layout.places[target][0]
        xs = [x for x, _ in layout.routes[source, target]]
        assert xs == sorted(xs)
    for a, b in combinations(sizes, 2):
        (ax, ay), (bx, by) = layout.places[a], layout.places[b]
        apart = (
            ax + sizes[a][0] <= bx + 1e-6
            or bx + sizes[b][0] <= ax + 1e-6
            or ay + sizes[a][1] <= by + 1e-6
            or by + sizes[b][1] <= ay + 1e-6
        )
        assert apart
    assert all(x >= -1e-6 and y >= -1e-6 for x, y in layout.places.values())


def test_the_layout_is_the_same_in_every_process() -> None:
    code = (
        "from nnstudio.plotdata.oplayout import lay_out\n"
        "e=[(f'n{a}',f'n{b}') for a,b in [(0,1),(0,2),(1,3),(2,3),(0,3),(3,4),(2,4),(5,6)]]\n"
        "print(sorted(lay_out({f'n{k}':(9,9) for k in range(8)}, e).places.items()))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.734, "0.73"), (-0.0044, "-0.004"), (12.34, "12.3"), (1234.5, "1234"), (1.2e-6, "1.2e-6")],
)
def test_short_numbers(value: float, text: str) -> None:
    assert short_number(value) == text


def test_a_tensor_as_text_tells_when_there_is_more() -> None:
    few = Tensor((2,), (0.92, -0.71), -0.71, 0.92, 0.1, 0.8)
    assert numbers_text(few, 20) == "[ 0.92 -0.71 ]"
    many = Tensor((10, 10), (0.92, -0.71, 0.5, 0.25), -1, 1, 0, 1)
    assert numbers_text(many, 18) == "[ 0.92 -0.71 … ]"
    assert numbers_text(Tensor((), (1.165,), 1.165, 1.165, 1.165, 0.0), 20) == "1.17"
    assert shape_text((32, 6, 28, 28)) == "32×6×28×28"
    assert shape_text(()) == "scalar"
