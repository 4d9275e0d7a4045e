"""Losses, masks, recurrent dropout and shortcuts: settings and wires that surely were not meant."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest
import torch

from graph_compiler import check_graph, emit
from graph_compiler.build import module_class
from graph_compiler.problems import Connect, InsertOnWire, Problem, RemoveNode, SetParam

Row = tuple[str, str, dict[str, Any]]


def drawing(rows: list[Row], wires: str) -> nx.MultiDiGraph:
    made = nx.MultiDiGraph(name="Net")
    for name, type, params in rows:
        made.add_node(name, type=type, params=params)
    for wire in wires.split():
        source, target = wire.split(">")
        start, _, out = source.partition(".")
        end, _, port = target.partition(".")
        ports = {"source_port": out, "target_port": port}
        made.add_edge(start, end, **{key: value for key, value in ports.items() if value})
    return made


def hints(graph: nx.MultiDiGraph) -> tuple[Problem, ...]:
    report = check_graph(graph)
    assert report.ok, [problem.text for problem in report.problems]
    return report.problems


def judged(loss: str, last: str, **params: Any) -> nx.MultiDiGraph:
    """Scores, an activation, a loss."""
    target = {"shape": (), "dtype": "int"} if loss in ("CrossEntropyLoss", "NLLLoss") else {}
    port = {"DiscriminatorLoss": "real", "GeneratorLoss": "fake"}.get(loss, "input")
    graph = drawing(
        [("x", "Input", {"shape": (8,)}), ("fc", "Linear", {"out_features": 3}),
         ("last", last, {}), ("loss", loss, params), ("y", "Output", {})],
        f"x>fc fc>last last>loss.{port} loss>y",
    )  # fmt: skip
    if loss == "DiscriminatorLoss":
        graph.add_edge("fc", "loss", target_port="fake")
    elif loss != "GeneratorLoss":
        graph.add_node("t", type="Input", params={"shape": (3,), **target})
        graph.add_edge("t", "loss", target_port="target")
    return graph


@pytest.mark.parametrize(
    ("loss", "last", "text"),
    [
        (
            "CrossEntropyLoss",
            "Softmax",
            "loss.input: expected raw scores, for it applies a softmax itself, got shares that add "
            "up to 1 from last. Remove last, or insert log, so that the loss reads probabilities.",
        ),
        (
            "CrossEntropyLoss",
            "Sigmoid",
            "loss.input: expected raw scores, for it applies a softmax itself, got values from 0 "
            "to 1 from last. Remove last.",
        ),
        (
            "BCEWithLogitsLoss",
            "Sigmoid",
            "loss.input: expected raw scores, for it applies a sigmoid itself, got values from 0 "
            "to 1 from last. Remove last.",
        ),
        (
            "NLLLoss",
            "Softmax",
            "loss.input: expected logarithms of probabilities, got shares that add up to 1 from "
            "last. Insert log, so that the loss reads probabilities.",
        ),
        (
            "DiscriminatorLoss",
            "Sigmoid",
            "loss.real: expected raw scores, for it applies a sigmoid itself, got values from 0 "
            "to 1 from last. Remove last.",
        ),
        (
            "GeneratorLoss",
            "Sigmoid",
            "loss.fake: expected raw scores, for it applies a sigmoid itself, got values from 0 "
            "to 1 from last. Remove last.",
        ),
    ],
)
def test_an_activation_that_the_loss_applies_itself(loss: str, last: str, text: str) -> None:
    (found,) = hints(judged(loss, last))
    assert (found.code, found.severity) == ("activation_before_loss", "hint")
    assert found.text == text


@pytest.mark.parametrize(
    ("loss", "last"),
    [("CrossEntropyLoss", "LogSoftmax"), ("NLLLoss", "LogSoftmax"), ("BCELoss", "Sigmoid"),
     ("MSELoss", "Sigmoid"), ("L1Loss", "Softmax")],
)  # fmt: skip
def test_activations_that_belong_before_their_loss(loss: str, last: str) -> None:
    assert hints(judged(loss, last)) == ()


def test_a_critic_of_another_kind_may_be_bounded() -> None:
    assert hints(judged("DiscriminatorLoss", "Sigmoid", kind="least_squares")) == ()


def test_a_softmax_that_predictions_read_is_led_around() -> None:
    graph = judged("CrossEntropyLoss", "Softmax")
    graph.add_node("shown", type="Output")
    graph.add_edge("last", "shown")
    (found,) = hints(graph)
    assert [(fix.label, fix.steps, fix.preview) for fix in found.fixes] == [
        (
            "Keep last for predictions, and feed the loss what is before it",
            (Connect("fc", "output", "loss", "input"),),
            "N×3",
        ),
        (
            "Insert log, so that the loss reads probabilities",
            (InsertOnWire("loss", "input", "Elementwise", (("function", "log"),)),),
            "N×3",
        ),
    ]


def test_cross_entropy_of_logarithms_of_shares_is_the_loss_on_the_shares() -> None:
    """The cure that keeps the softmax computes what cross-entropy computes of the raw scores."""
    graph = judged("CrossEntropyLoss", "Softmax")
    graph.remove_edge("last", "loss")
    graph.add_node("log", type="Elementwise", params={"function": "log"})
    graph.add_edge("last", "log")
    graph.add_edge("log", "loss", target_port="input")
    graph.add_node("raw", type="Output")
    graph.add_edge("fc", "raw")
    assert hints(graph) == ()
    module = module_class(emit(graph))().double()
    x, t = torch.randn(6, 8, dtype=torch.float64), torch.randint(3, (6,))
    raw, loss = module(x=x, t=t)
    assert torch.allclose(loss, torch.nn.functional.cross_entropy(raw, t), atol=1e-12)


def test_what_is_no_probability_stops_torch() -> None:
    graph = judged("BCELoss", "Dropout")
    (found,) = check_graph(graph).problems
    assert found.severity == "error"
    assert found.text == (
        "loss.input: expected probabilities from 0 to 1, got any number from fc. "
        "Insert Sigmoid, or take BCEWithLogitsLoss."
    )
    assert [fix.steps for fix in found.fixes] == [(InsertOnWire("last", "input", "Sigmoid"),)]


def masked(reader: str, form: str) -> nx.MultiDiGraph:
    if reader == "ScaledDotProductAttention":
        shape, wires, port = (2, 5, 8), "x>a.query x>a.key x>a.value", "attn_mask"
        params: dict[str, Any] = {}
    elif reader == "MultiheadAttention":
        shape, wires, port, params = (5, 8), "x>a.query", "attn_mask", {"num_heads": 2}
    else:
        shape, wires, port, params = (5, 8), "x>a.input", "mask", {"nhead": 2}
    return drawing(
        [("x", "Input", {"shape": shape}), ("s", "Input", {"shape": (5, 1)}), ("a", reader, params),
         ("mask", "CausalMask", {"form": form}), ("y", "Output", {})],
        f"{wires} s>mask mask>a.{port} a>y",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "right", "wrong"),
    [
        ("ScaledDotProductAttention", "allowed", "blocked"),
        ("MultiheadAttention", "blocked", "allowed"),
        ("TransformerEncoderLayer", "blocked", "allowed"),
    ],
)
def test_a_mask_is_read_as_it_is_made(reader: str, right: str, wrong: str) -> None:
    assert hints(masked(reader, right)) == ()
    assert hints(masked(reader, "added")) == ()
    (found,) = hints(masked(reader, wrong))
    assert found.code == "mask_reversed"
    assert found.remedy == f"Set form of mask to {right}."
    assert [fix.label for fix in found.fixes] == [f"Set form of mask to {right}", "Insert Not"]
    assert found.fixes[0].steps == (SetParam("mask", "form", right),)


def test_the_words_of_a_reversed_mask() -> None:
    (found,) = hints(masked("MultiheadAttention", "allowed"))
    assert found.text == (
        "a.attn_mask: expected true where one may not look, got true where one may look, from "
        "mask. Set form of mask to blocked."
    )


@pytest.mark.parametrize("type", ["RNN", "GRU", "LSTM"])
def test_dropout_between_layers_needs_two(type: str) -> None:
    rows: list[Row] = [
        ("x", "Input", {"shape": (5, 8)}),
        ("rnn", type, {"hidden_size": 4, "dropout": 0.5}),
        ("y", "Output", {}),
    ]
    (found,) = hints(drawing(rows, "x>rnn rnn>y"))
    assert found.text == (
        "rnn.dropout: expected two layers or more, for it drops values between them, got one "
        "layer. Set num_layers to 2, or take the dropout away and put a Dropout behind it."
    )
    assert [fix.steps for fix in found.fixes] == [
        (SetParam("rnn", "num_layers", 2),),
        (SetParam("rnn", "dropout", None),),
    ]
    rows[1][2]["num_layers"] = 2
    assert hints(drawing(rows, "x>rnn rnn>y")) == ()


def shortcut(channels: int, source: str = "x") -> nx.MultiDiGraph:
    return drawing(
        [("x", "Input", {"shape": (channels, 6, 6)}),
         ("conv", "Conv2d", {"out_channels": 4, "padding": 1}),
         ("pool", "Mean", {"dim": (1,), "keepdim": True}), ("add", "Add", {}), ("y", "Output", {})],
        f"x>conv conv>pool conv>add.input1 {source}>add.input2 add>y",
    )  # fmt: skip


def test_a_shortcut_of_one_channel_is_stretched() -> None:
    graph = shortcut(1)
    graph.remove_node("pool")
    (found,) = hints(graph)
    assert found.text == (
        "add.input2: expected 4 channels, as on input1, got 1 channel, which is added to each of "
        "them. Insert Conv2d 1×1 with 4 filters, or dismiss this if it is meant."
    )
    (fix,) = found.fixes
    assert fix.preview == "N×4×6×6"
    steps = (("out_channels", 4), ("kernel_size", 1))
    assert fix.steps == (InsertOnWire("add", "input2", "Conv2d", steps),)


def test_a_mean_over_channels_may_be_stretched() -> None:
    assert hints(shortcut(3, "pool")) == ()


def test_a_removed_activation_is_what_the_fix_says() -> None:
    (found,) = hints(judged("BCEWithLogitsLoss", "Sigmoid"))
    assert [(fix.steps, fix.preview) for fix in found.fixes] == [((RemoveNode("last"),), "N×3")]
