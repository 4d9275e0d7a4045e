"""Wrong graphs: each kind with the whole text of every problem it gets, and the cures offered."""

# ruff: noqa: E501  (a text that a person reads stands on one line, as it is searched for)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import pytest

from graph_compiler.checker import Checker, check_graph
from graph_compiler.graphs import from_networkx
from graph_compiler.model import Answer, DataFacts, Network, Node, Purpose, Wire
from graph_compiler.problems import (
    AddNode,
    AppendNode,
    Connect,
    Disconnect,
    Fix,
    InsertOnWire,
    Problem,
    RemoveNode,
    SetData,
    SetParam,
    SetPlan,
)

DIGITS = DataFacts("digits", (1, 8, 8), "class", 10)
IRIS = DataFacts("iris", (4,), "class", 3)
KIND_AND_SIZE = DataFacts(
    "csv", (4,), "several", 2, answers=(Answer("y", "class", 3), Answer("size", "value"))
)
CANCER = DataFacts("breast_cancer", (30,), "class", 2)
DIABETES = DataFacts("diabetes", (10,), "value", 1)
XOR = DataFacts("xor", (2,), "class", 2)
SEPARABLE = DataFacts("separable", (2,), "class", 2)

Row = tuple[Any, ...]


def chain(*rows: Row, **graph: Any) -> nx.MultiDiGraph:
    """Nodes (name, type, params) wired one behind the other."""
    built = nx.MultiDiGraph(name="Net", **graph)
    for name, type, *params in rows:
        built.add_node(name, type=type, params=params[0] if params else {})
    nx.add_path(built, [row[0] for row in rows])
    return built


def image(*rows: Row, **graph: Any) -> nx.MultiDiGraph:
    return chain(("image", "Input", {"shape": (1, 8, 8)}), *rows, ("logits", "Output"), **graph)


def table(columns: int, *rows: Row, **graph: Any) -> nx.MultiDiGraph:
    return chain(("x", "Input", {"shape": (columns,)}), *rows, ("y", "Output"), **graph)


def wired(graph: nx.MultiDiGraph, *wires: Any) -> nx.MultiDiGraph:
    for source, target, *ports in wires:
        names = dict(zip(("target_port", "source_port"), ports, strict=False))
        graph.add_edge(source, target, **names)
    return graph


def noded(graph: nx.MultiDiGraph, name: Any, **data: Any) -> nx.MultiDiGraph:
    graph.add_node(name, **data)
    return graph


@dataclass(frozen=True)
class Wrong:
    kind: str
    graph: Callable[[], nx.Graph]
    problems: tuple[str, ...]
    """Severity, code and whole text of each problem, errors first."""
    fixes: tuple[str, ...] = ()
    """Labels and previews of the fixes of the first problem, ranked."""
    purpose: Purpose | None = None


CASES: tuple[Wrong, ...] = (
    Wrong(
        "unknown type",
        lambda: table(2, ("fc1", "Liner", {"out_features": 1})),
        (
            "error unknown_type | fc1: expected a known layer type, got 'Liner'. Did you mean Linear?",
        ),
        (),
    ),
    Wrong(
        "unknown type nothing near",
        lambda: table(2, ("a", "Quux")),
        (
            "error unknown_type | a: expected a known layer type, got 'Quux'. Replace it by a layer of the palette.",
        ),
        (),
    ),
    Wrong(
        "no type",
        lambda: noded(table(2), "lost"),
        (
            "error unknown_type | lost: expected a known layer type, got none. Replace it by a layer of the palette.",
        ),
        (),
    ),
    Wrong(
        "type is a number",
        lambda: noded(table(2), "lost", type=7),
        (
            "error unknown_type | lost: expected a known layer type, got '7'. Replace it by a layer of the palette.",
        ),
        (),
    ),
    Wrong(
        "unknown parameter",
        lambda: table(2, ("fc1", "Linear", {"out_feature": 3})),
        (
            "error unknown_parameter | fc1.out_feature: expected in_features, out_features, bias, got out_feature. Did you mean out_features?",
        ),
        ("Remove out_feature",),
    ),
    Wrong(
        "unknown parameter nothing near",
        lambda: table(2, ("act", "ReLU", {"zzz": 3})),
        ("error unknown_parameter | act.zzz: expected no parameters, got zzz. Remove it.",),
        ("Remove zzz",),
    ),
    Wrong(
        "parameter name is no text",
        lambda: table(2, ("fc1", "Linear", {3: 3})),
        (
            "error unknown_parameter | fc1: expected in_features, out_features, bias, got 3. Remove it.",
        ),
        (),
    ),
    Wrong(
        "units zero",
        lambda: table(2, ("fc1", "Linear", {"out_features": 0})),
        (
            "error bad_parameter | fc1.out_features: expected a whole number of at least 1, got 0. Set out_features to such a number.",
        ),
        (
            "Set units to 1",
            "Set units back to 10",
        ),
    ),
    Wrong(
        "units true",
        lambda: table(2, ("fc1", "Linear", {"out_features": True})),
        (
            "error bad_parameter | fc1.out_features: expected a whole number of at least 1, got True. Set out_features to such a number.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "units not whole",
        lambda: table(2, ("fc1", "Linear", {"out_features": 2.5})),
        (
            "error bad_parameter | fc1.out_features: expected a whole number of at least 1, got 2.5. Set out_features to such a number.",
        ),
        (
            "Set units to 2",
            "Set units back to 10",
        ),
    ),
    Wrong(
        "units not a number",
        lambda: table(2, ("fc1", "Linear", {"out_features": float("nan")})),
        (
            "error bad_parameter | fc1.out_features: expected a whole number of at least 1, got nan. Set out_features to such a number.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "units huge",
        lambda: table(2, ("fc1", "Linear", {"out_features": 10**400})),
        (
            "error bad_parameter | fc1.out_features: expected a whole number from 1 to 2147483647, got a number of more than 60 digits. Set out_features to such a number.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "units missing",
        lambda: table(2, ("fc1", "Linear", {"out_features": None})),
        (
            "error bad_parameter | fc1.out_features: expected a whole number of at least 1, got nothing. Set out_features to such a number.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "bias a word",
        lambda: table(2, ("fc1", "Linear", {"bias": "yes"})),
        (
            "error expression_failed | fc1.bias: expected true or false, got `yes` with the unknown variable yes at column 1. Define the variable yes, or correct its name.",
        ),
        ("Set bias back to True",),
    ),
    Wrong(
        "bias a number",
        lambda: table(2, ("fc1", "Linear", {"bias": 1})),
        (
            "error bad_parameter | fc1.bias: expected true or false, got 1. Set bias to one of the two.",
        ),
        ("Set bias back to True",),
    ),
    Wrong(
        "share above one",
        lambda: table(2, ("drop", "Dropout", {"p": 1.5})),
        (
            "error bad_parameter | drop.p: expected a number from 0 to 1, got 1.5. Set p to such a number.",
        ),
        (
            "Set share to 1",
            "Set share back to 0.5",
        ),
    ),
    Wrong(
        "unknown choice",
        lambda: table(2, ("act", "GELU", {"approximate": "fast"})),
        (
            "error bad_parameter | act.approximate: expected one of none, tanh, got 'fast'. Set approximate to one of these words.",
        ),
        ("Set approximation back to none",),
    ),
    Wrong(
        "kernel of three",
        lambda: image(("conv1", "Conv2d", {"kernel_size": (3, 3, 3)})),
        (
            "error bad_parameter | conv1.kernel_size: expected a whole number of at least 1, or 2 of them, got (3, 3, 3). Set kernel_size to one number, or 2.",
        ),
        ("Set kernel back to 3",),
    ),
    Wrong(
        "stride zero",
        lambda: image(("conv1", "Conv2d", {"stride": 0})),
        (
            "error bad_parameter | conv1.stride: expected a whole number of at least 1, or 2 of them, got 0. Set stride to one number, or 2.",
        ),
        (
            "Set stride to 1",
            "Set stride back to 1",
        ),
    ),
    Wrong(
        "shape of nine axes",
        lambda: chain(("x", "Input", {"shape": (1,) * 9}), ("y", "Output")),
        (
            "error bad_parameter | x.shape: expected at most 8 whole numbers, each of at least 1, got (1, 1, 1, 1, 1, 1, 1, 1, 1). Set shape to the sizes of one example.",
        ),
        ("Set shape back to (1, 28, 28)",),
    ),
    Wrong(
        "shape with zero",
        lambda: chain(("x", "Input", {"shape": (3, 0)}), ("y", "Output")),
        (
            "error bad_parameter | x.shape: expected at most 8 whole numbers, each of at least 1, got 0. Set shape to the sizes of one example.",
        ),
        ("Set shape back to (1, 28, 28)",),
    ),
    Wrong(
        "params no dict",
        lambda: wired(
            noded(
                noded(noded(nx.MultiDiGraph(), "x", type="Input"), "f", type="Flatten", params=[1]),
                "y",
                type="Output",
            ),
            ("x", "f"),
            ("f", "y"),
        ),
        (
            "error bad_attributes | f.params: expected a dict of parameters, got [1]. Give the parameters as a dict.",
        ),
        (),
    ),
    Wrong(
        "expression unknown name",
        lambda: table(2, ("fc1", "Linear", {"out_features": "hiden * 2"}), variables={"hidden": 3}),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `hiden * 2` with the unknown variable hiden at column 1. Did you mean hidden?",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "expression unknown name nothing near",
        lambda: table(2, ("fc1", "Linear", {"out_features": "width"})),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `width` with the unknown variable width at column 1. Define the variable width, or correct its name.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "expression broken",
        lambda: table(2, ("fc1", "Linear", {"out_features": "2 *"})),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `2 *` with broken syntax at column 3. Check brackets and operators.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "expression divides by zero",
        lambda: table(2, ("fc1", "Linear", {"out_features": "4 // k"}), variables={"k": 0}),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `4 // k` with a division by zero at column 1. Make the divisor another number.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "expression not whole",
        lambda: table(
            2, ("fc1", "Linear", {"out_features": "hidden / 2"}), variables={"hidden": 128}
        ),
        (
            "error bad_parameter | fc1.out_features: expected a whole number of at least 1, got 64.0. Set out_features to such a number.",
        ),
        (
            "Set units to 64",
            "Set units back to 10",
        ),
    ),
    Wrong(
        "expression calls",
        lambda: table(2, ("fc1", "Linear", {"out_features": "open(1)"})),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `open(1)` with a call at column 1. Use arithmetic, comparison, `a if c else b`, indexing, min, max and len.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "expression reaches inside",
        lambda: table(2, ("fc1", "Linear", {"out_features": "().__class__"})),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `().__class__` with an attribute at column 1. Use arithmetic, comparison, `a if c else b`, indexing, min, max and len.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "expression explodes",
        lambda: table(2, ("fc1", "Linear", {"out_features": "9 ** 9 ** 9"})),
        (
            "error expression_failed | fc1.out_features: expected a whole number of at least 1, got `9 ** 9 ** 9` with the power 387420489 at column 1. Use an exponent between 0 and 64.",
        ),
        ("Set units back to 10",),
    ),
    Wrong(
        "variable no name",
        lambda: table(2, variables={"a b": 3}),
        (
            "error bad_variable | main: expected a name of letters, digits and _ that Python leaves free, got 'a b'. Rename the variable.",
        ),
        (),
    ),
    Wrong(
        "variable of a keyword",
        lambda: table(2, variables={"class": 3}),
        (
            "error bad_variable | main: expected a name of letters, digits and _ that Python leaves free, got 'class'. Rename the variable.",
        ),
        (),
    ),
    Wrong(
        "variable no value",
        lambda: table(2, variables={"k": float("inf")}),
        (
            "error bad_variable | k: expected a number, true, false, a word or a tuple of them, got inf. Give the variable such a value.",
        ),
        (),
    ),
    Wrong(
        "hostile name",
        lambda: chain(
            ("x", "Input", {"shape": (2,)}), ("a\n# coding: rot13", "ReLU"), ("y", "Output")
        ),
        (
            "error bad_name | a\\n# coding: rot13: expected a name of at most 80 letters, digits and _, not starting with a digit, got 'a\\n# coding: rot13'. Rename the node.",
        ),
        (),
    ),
    Wrong(
        "name starts with digit",
        lambda: table(2, ("1st", "ReLU")),
        (
            "error bad_name | 1st: expected a name of at most 80 letters, digits and _, not starting with a digit, got '1st'. Rename the node.",
        ),
        (),
    ),
    Wrong(
        "name is a number",
        lambda: chain(("x", "Input", {"shape": (2,)}), (7, "ReLU"), ("y", "Output")),
        (
            "error bad_name | 7: expected a name of at most 80 letters, digits and _, not starting with a digit, got '7'. Rename the node.",
        ),
        (),
    ),
    Wrong(
        "two nodes of one name",
        lambda: noded(
            chain(("x", "Input", {"shape": (2,)}), ("7", "ReLU"), ("y", "Output")), 7, type="ReLU"
        ),
        (
            "error duplicate_name | 7: expected a name of its own for each node, got two nodes named 7. Rename one of them.",
            "error bad_name | 7: expected a name of at most 80 letters, digits and _, not starting with a digit, got '7'. Rename the node.",
        ),
        (),
    ),
    Wrong(
        "empty graph",
        lambda: nx.MultiDiGraph(),
        (
            "error no_input | main: expected an Input, got none. Add an Input and connect it to the first layer.",
            "error no_output | main: expected an Output, got none. Add an Output behind the last layer.",
        ),
        ("Add an Input -> N×1×28×28",),
    ),
    Wrong(
        "undirected",
        lambda: nx.Graph([("a", "b")]),
        (
            "error undirected | main: expected a directed graph, got an undirected one. Build it as networkx.MultiDiGraph.",
            "error no_input | main: expected an Input, got none. Add an Input and connect it to the first layer.",
            "error no_output | main: expected an Output, got none. Add an Output behind the last layer.",
            "error unknown_type | a: expected a known layer type, got none. Replace it by a layer of the palette.",
            "error unknown_type | b: expected a known layer type, got none. Replace it by a layer of the palette.",
        ),
        (),
    ),
    Wrong(
        "no input",
        lambda: chain(("fc1", "Linear"), ("y", "Output")),
        (
            "error no_input | main: expected an Input, got none. Add an Input and connect it to the first layer.",
            "error unconnected | fc1.input: expected a wire, got none. Connect the layer before it.",
        ),
        ("Add an Input before fc1 -> N×8",),
    ),
    Wrong(
        "no output",
        lambda: chain(("x", "Input", {"shape": (2,)}), ("fc1", "Linear")),
        (
            "error no_output | main: expected an Output, got none. Add an Output behind the last layer.",
        ),
        ("Add an Output behind fc1 -> N×10",),
    ),
    Wrong(
        "nothing wired",
        lambda: noded(
            noded(noded(nx.MultiDiGraph(), "x", type="Input"), "fc1", type="Linear"),
            "y",
            type="Output",
        ),
        (
            "error unconnected | y.input: expected a wire, got none. Connect the layer before it.",
            "warning unused_output | x.output: expected a wire to another layer, got none. Connect it, or remove the layer.",
            "warning unused_layer | fc1: expected wires to other layers, got none. Connect it, or remove it.",
        ),
        ("Connect x",),
    ),
    Wrong(
        "one port of two",
        lambda: wired(noded(table(2), "add", type="Add"), ("add", "y", "input")),
        (
            "error several_wires | y.input: expected one wire, got 2, from add, x. Remove all but one, or join them with Add.",
            "error unconnected | add.input1: expected a wire, got none. Connect the layer before it.",
        ),
        (),
    ),
    Wrong(
        "unknown input port",
        lambda: wired(table(2, ("act", "ReLU")), ("x", "act", "gate")),
        (
            "error unknown_port | act.gate: expected a wire into input, got one into gate. Connect it to another port.",
        ),
        ("Remove the wire",),
    ),
    Wrong(
        "unknown output port",
        lambda: wired(noded(table(2), "act", type="ReLU"), ("x", "act", "input", "hidden")),
        (
            "error unknown_port | x.hidden: expected a wire from output, got one from hidden. Connect it from another port.",
            "warning unused_output | act.output: expected a wire to another layer, got none. Connect it, or remove the layer.",
        ),
        ("Remove the wire",),
    ),
    Wrong(
        "wire out of an output",
        lambda: wired(noded(table(2), "act", type="ReLU"), ("y", "act")),
        (
            "error unknown_port | y.output: expected no wire from this layer, got one from output. Remove the wire.",
            "warning unused_output | act.output: expected a wire to another layer, got none. Connect it, or remove the layer.",
        ),
        ("Remove the wire",),
    ),
    Wrong(
        "wire into an input",
        lambda: wired(table(2), ("x", "x")),
        (
            "error unknown_port | x.input: expected no wire into this layer, got one into input. Remove the wire.",
            "error cycle | x.input: expected wires that lead forward, got a loop through x. Remove one of the wires of the loop.",
        ),
        ("Remove the wire",),
    ),
    Wrong(
        "several wires",
        lambda: wired(table(2, ("a", "ReLU"), ("b", "Dropout")), ("x", "b", "input")),
        (
            "error several_wires | b.input: expected one wire, got 2, from a, x. Remove all but one, or join them with Add.",
        ),
        (),
    ),
    Wrong(
        "the same wire twice",
        lambda: wired(
            wired(table(2, ("a", "ReLU")), ("x", "a", "input", "output")),
            ("x", "a", "input", "output"),
        ),
        (
            "error duplicate_wire | a.input: expected each wire once, got the wire from x more than once. Remove all but one.",
        ),
        (),
    ),
    Wrong(
        "loop",
        lambda: wired(table(2, ("a", "Add"), ("b", "ReLU")), ("b", "a")),
        (
            "error cycle | a.input2: expected wires that lead forward, got a loop through a, b. Remove one of the wires of the loop.",
        ),
        ("Remove the wire from b to a",),
    ),
    Wrong(
        "loop to itself",
        lambda: wired(table(2, ("a", "Add")), ("a", "a")),
        (
            "error cycle | a.input2: expected wires that lead forward, got a loop through a. Remove one of the wires of the loop.",
        ),
        ("Remove the wire from a to a",),
    ),
    Wrong(
        "dead branch",
        lambda: wired(noded(table(2, ("a", "ReLU")), "b", type="Dropout"), ("a", "b")),
        (
            "warning unused_output | b.output: expected a wire to another layer, got none. Connect it, or remove the layer.",
        ),
        ("Remove b",),
    ),
    Wrong(
        "unused layer",
        lambda: noded(table(2), "b", type="Tanh"),
        (
            "warning unused_layer | b: expected wires to other layers, got none. Connect it, or remove it.",
        ),
        ("Remove b",),
    ),
    Wrong(
        "features explicit",
        lambda: table(100, ("dense_2", "Linear", {"in_features": 128})),
        (
            "error features_differ | dense_2.input: expected 128 features, got 100. Set in_features to follow the input.",
        ),
        (
            "Follow the input -> N×10",
            "Set the input features to 100 -> N×10",
        ),
    ),
    Wrong(
        "features explicit before flatten",
        lambda: image(("fc1", "Linear", {"in_features": 64})),
        (
            "error features_differ | fc1.input: expected 64 features, got 8. Insert Flatten before it.",
        ),
        (
            "Insert Flatten -> N×10",
            "Follow the input -> N×1×8×10",
            "Set the input features to 8 -> N×1×8×10",
        ),
    ),
    Wrong(
        "channels explicit",
        lambda: image(("conv1", "Conv2d", {"in_channels": 3})),
        (
            "error channels_differ | conv1.input: expected 3 channels, got 1. Set in_channels to follow the input.",
        ),
        (
            "Follow the input -> N×16×6×6",
            "Set the input channels to 1 -> N×16×6×6",
            "Insert Conv2d 1×1 with 3 filters -> N×16×6×6",
        ),
    ),
    Wrong(
        "groups",
        lambda: image(("conv1", "Conv2d", {"groups": 3})),
        (
            "error groups_do_not_divide | conv1.input: expected numbers of channels and filters that 3 divides, got 1 and 16. Set groups to 1, or choose multiples of it.",
        ),
        ("Set groups to 1 -> N×16×6×6",),
    ),
    Wrong(
        "kernel larger than the image",
        lambda: image(("conv1", "Conv2d", {"kernel_size": 11})),
        (
            "error kernel_too_large | conv1.input: expected a height of at least 11 for this kernel, got 8. Make the kernel smaller, or add padding.",
        ),
        (
            "Set the kernel to 8 -> N×16×1×1",
            "Set the padding to 2 -> N×16×2×2",
            "Insert Resize to 11×11 -> N×16×1×1",
        ),
    ),
    Wrong(
        "pooling away",
        lambda: image(("pool1", "MaxPool2d", {"kernel_size": 5}), ("pool2", "MaxPool2d")),
        (
            "error kernel_too_large | pool2.input: expected a height of at least 2 for this kernel, got 1. Make the kernel smaller, or add padding.",
        ),
        (
            "Set the kernel to 1 -> N×1×1×1",
            "Set the padding to 1 -> N×1×1×1",
            "Insert Resize to 2×2 -> N×1×1×1",
        ),
    ),
    Wrong(
        "pooling padding",
        lambda: image(("pool1", "MaxPool2d", {"padding": 2})),
        (
            "error padding_too_large | pool1.input: expected padding of at most 1, half the kernel, got 2. Make the padding smaller, or the kernel larger.",
        ),
        ("Set the padding to 1 -> N×1×5×5",),
    ),
    Wrong(
        "mirrored padding",
        lambda: image(("conv1", "Conv2d", {"padding": 9, "padding_mode": "reflect"})),
        (
            "error padding_too_large | conv1.input: expected padding of at most 7 in mode reflect, got 9. Make the padding smaller, or pad with zeros.",
        ),
        ("Pad with zeros -> N×16×24×24",),
    ),
    Wrong(
        "convolution of a table",
        lambda: table(4, ("conv1", "Conv2d")),
        (
            "error wrong_rank | conv1.input: expected 4 axes (images as N×channels×height×width), got N×4. Feed it such a tensor, or take another layer.",
        ),
        (),
    ),
    Wrong(
        "convolution without channels",
        lambda: chain(("x", "Input", {"shape": (8, 8)}), ("conv1", "Conv2d"), ("y", "Output")),
        (
            "error wrong_rank | conv1.input: expected 4 axes (images as N×channels×height×width), got N×8×8. Feed it such a tensor, or take another layer.",
        ),
        ("Give x one channel -> N×16×6×6", "Insert Unflatten to 1×8 -> N×16×6×6"),
    ),
    Wrong(
        "a picture laid end to end into a convolution",
        lambda: table(64, ("conv1", "Conv2d")),
        (
            "error wrong_rank | conv1.input: expected 4 axes (images as N×channels×height×width), got N×64. Feed it such a tensor, or take another layer.",
        ),
        ("Insert Unflatten to 1×8×8 -> N×16×6×6",),
    ),
    Wrong(
        "images into a convolution of signals",
        lambda: image(("conv1", "Conv1d")),
        (
            "error wrong_rank | conv1.input: expected 3 axes (signals as N×channels×length), got N×1×8×8. Feed it such a tensor, or take another layer.",
        ),
        ("Insert Flatten -> N×16×62",),
    ),
    Wrong(
        "channels last",
        lambda: chain(
            ("x", "Input", {"shape": (9, 8, 3)}),
            ("conv1", "Conv2d", {"in_channels": 3}),
            ("y", "Output"),
        ),
        (
            "error channels_differ | conv1.input: expected 3 channels, got 9. Bring the channels to the front with Permute.",
        ),
        (
            "Bring the last axis to the front -> N×16×7×6",
            "Follow the input -> N×16×6×1",
            "Set the input channels to 9 -> N×16×6×1",
            "Insert Conv2d 1×1 with 3 filters -> N×16×6×1",
        ),
    ),
    Wrong(
        "words into a dense layer",
        lambda: chain(
            ("x", "Input", {"shape": (8,), "dtype": "int"}), ("fc1", "Linear"), ("y", "Output")
        ),
        (
            "error wrong_dtype | fc1.input: expected real numbers, got whole numbers. Feed it real numbers.",
        ),
        ("Let x give real numbers -> N×10", "Insert Embedding -> N×8×10", "Insert Cast -> N×10"),
    ),
    Wrong(
        "words into a recurrent layer",
        lambda: chain(
            ("x", "Input", {"shape": (8,), "dtype": "int"}), ("lstm1", "LSTM"), ("y", "Output")
        ),
        (
            "error wrong_rank | lstm1.input: expected 3 axes (sequences as N×steps×features), got N×8. Feed it such a tensor, or take another layer.",
        ),
        ("Insert Embedding -> N×8×128",),
    ),
    Wrong(
        "weights beyond any memory",
        lambda: table(2**30, ("fc1", "Linear", {"out_features": 2**30})),
        (
            "error too_large | fc1.input: expected at most 1,000,000,000,000 weights, got 1,152,921,504,606,846,976. Use fewer units.",
        ),
        (),
    ),
    Wrong(
        "example beyond any memory",
        lambda: chain(("x", "Input", {"shape": (2**20, 2**20, 2)}), ("y", "Output")),
        (
            "error too_large | x.shape: expected at most 1,000,000,000,000 numbers in one example, got 2,199,023,255,552. Make the shape smaller.",
        ),
        (),
    ),
    Wrong(
        "padding beyond any memory",
        lambda: image(("conv1", "Conv2d", {"padding": 2**30})),
        (
            "error too_large | conv1.input: expected at most 1,000,000,000,000 numbers in one example, got 73,786,976,707,155,067,456. Use fewer filters or less padding.",
        ),
        (),
    ),
    Wrong(
        "flatten too few axes",
        lambda: table(4, ("flat", "Flatten", {"start_dim": 2})),
        (
            "error axis_out_of_range | flat.input: expected axes from 1 to 1, the first before the last, got start_dim 2 and end_dim -1 on N×4. Set start_dim and end_dim to axes of the input.",
        ),
        ("Flatten everything but the batch -> N×4",),
    ),
    Wrong(
        "softmax axis",
        lambda: table(4, ("soft", "Softmax", {"dim": 3})),
        (
            "error axis_out_of_range | soft.input: expected an axis from 1 to 1, got dim 3 on N×4. Set dim to an axis of the input; 0 is the batch.",
        ),
        ("Use the last axis -> N×4",),
    ),
    Wrong(
        "softmax over the batch",
        lambda: table(4, ("soft", "Softmax", {"dim": 0})),
        (
            "error axis_out_of_range | soft.input: expected an axis from 1 to 1, got dim 0 on N×4. Set dim to an axis of the input; 0 is the batch.",
        ),
        ("Use the last axis -> N×4",),
    ),
    Wrong(
        "slopes",
        lambda: table(4, ("act", "PReLU", {"num_parameters": 3})),
        (
            "error slopes_differ | act.input: expected 3 channels, one for each slope, got 4. Set num_parameters to 1 or to the number of channels.",
        ),
        (
            "Share one slope -> N×4",
            "Learn 4 slopes -> N×4",
        ),
    ),
    Wrong(
        "add of widths",
        lambda: wired(
            table(4, ("fc1", "Linear", {"out_features": 6}), ("add", "Add")), ("x", "add")
        ),
        (
            "error shapes_differ | add.input2: expected N×4, as on input1, got N×6. Give both branches the same shape, or join them with Concatenate.",
        ),
        (
            "Insert Linear with 4 units on input2 -> N×4",
            "Insert Linear with 6 units on input1 -> N×6",
        ),
    ),
    Wrong(
        "add of channels",
        lambda: wired(
            noded(
                image(("conv1", "Conv2d", {"padding": 1}), ("add", "Add")),
                "other",
                type="Conv2d",
                params={"padding": 1, "out_channels": 6},
            ),
            ("image", "other"),
            ("other", "add"),
        ),
        (
            "error shapes_differ | add.input2: expected N×16×8×8, as on input1, got N×6×8×8. Give both branches the same shape, or join them with Concatenate.",
        ),
        (
            "Insert Conv2d 1×1 with 16 filters on input2 -> N×16×8×8",
            "Insert Conv2d 1×1 with 6 filters on input1 -> N×6×8×8",
        ),
    ),
    Wrong(
        "add of ranks",
        lambda: wired(image(("flat", "Flatten"), ("add", "Add")), ("image", "add")),
        (
            "error shapes_differ | add.input2: expected N×1×8×8, as on input1, got N×64. Give both branches the same shape, or join them with Concatenate.",
        ),
        ("Insert Flatten on input1 -> N×64",),
    ),
    Wrong(
        "concatenation",
        lambda: wired(image(("pool1", "MaxPool2d"), ("cat", "Concatenate")), ("image", "cat")),
        (
            "error shapes_differ | cat.input2: expected N×*×8×8, as on input1, got N×1×4×4. Give both branches the same shape on all other axes.",
        ),
        ("Insert AdaptiveAvgPool2d to 4×4 on input1 -> N×2×4×4",),
    ),
    Wrong(
        "concatenation axis",
        lambda: wired(table(4, ("a", "ReLU"), ("cat", "Concatenate", {"dim": 2})), ("x", "cat")),
        (
            "error axis_out_of_range | cat.input1: expected an axis from 1 to 1, got dim 2 on N×4. Set dim to an axis of the inputs; 0 is the batch.",
        ),
        ("Join along axis 1 -> N×8",),
    ),
    Wrong(
        "kinds of number",
        lambda: wired(
            noded(
                table(4, ("a", "ReLU"), ("add", "Add")),
                "w",
                type="Input",
                params={"shape": (4,), "dtype": "int"},
            ),
            ("w", "add"),
        ),
        (
            "error dtypes_differ | add.input2: expected real numbers, as on input1, got whole numbers. Give all inputs one kind of number.",
        ),
        ("Let w give real numbers -> N×4", "Insert Cast -> N×4"),
    ),
    Wrong(
        "two at once",
        lambda: image(("conv1", "Conv2d", {"kernel_size": 0, "stride": "x"}), ("fc1", "Liner")),
        (
            "error bad_parameter | conv1.kernel_size: expected a whole number of at least 1, or 2 of them, got 0. Set kernel_size to one number, or 2.",
            "error expression_failed | conv1.stride: expected a whole number of at least 1, or 2 of them, got `x` with the unknown variable x at column 1. Define the variable x, or correct its name.",
            "error unknown_type | fc1: expected a known layer type, got 'Liner'. Did you mean Linear?",
        ),
        (
            "Set kernel to 1",
            "Set kernel back to 3",
        ),
    ),
    Wrong(
        "everything at once",
        lambda: wired(
            noded(
                image(
                    ("flat", "Flatten"),
                    ("fc1", "Linear", {"in_features": 3}),
                    ("fc2", "Linear", {"out_features": -1}),
                ),
                "lost",
                type="Tanh",
            ),
            ("fc2", "lost"),
            ("fc2", "lost"),
        ),
        (
            "error duplicate_wire | lost.input: expected each wire once, got the wire from fc2 more than once. Remove all but one.",
            "error features_differ | fc1.input: expected 3 features, got 64. Set in_features to follow the input.",
            "error bad_parameter | fc2.out_features: expected a whole number of at least 1, got -1. Set out_features to such a number.",
            "warning unused_output | lost.output: expected a wire to another layer, got none. Connect it, or remove the layer.",
            "hint no_activation_between | fc2.input: expected an activation between fc1 and fc2, got none. Insert ReLU; without it the two compute no more than one such layer.",
        ),
        (),
    ),
    Wrong(
        "no activation",
        lambda: table(4, ("fc1", "Linear"), ("drop", "Dropout"), ("fc2", "Linear")),
        (
            "hint no_activation_between | fc2.input: expected an activation between fc1 and fc2, got none. Insert ReLU; without it the two compute no more than one such layer.",
        ),
        ("Insert ReLU -> N×10",),
    ),
    Wrong(
        "no activation between convolutions",
        lambda: image(("conv1", "Conv2d"), ("conv2", "Conv2d")),
        (
            "hint no_activation_between | conv2.input: expected an activation between conv1 and conv2, got none. Insert ReLU; without it the two compute no more than one such layer.",
        ),
        ("Insert ReLU -> N×16×6×6",),
    ),
    Wrong(
        "input not the data's",
        lambda: chain(
            ("image", "Input", {"shape": (1, 28, 28)}),
            ("flat", "Flatten"),
            ("fc1", "Linear"),
            ("logits", "Output"),
        ),
        (
            "error input_differs_from_data | image.shape: expected 1×8×8, the shape of one example of digits, got 1×28×28. Set the shape to 1×8×8.",
        ),
        (
            "Set the shape to 1×8×8 -> N×1×8×8",
            "Resize the digits to 28×28",
        ),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "input of another rank",
        lambda: image(("flat", "Flatten"), ("fc1", "Linear", {"out_features": 3})),
        (
            "error input_differs_from_data | image.shape: expected 4 numbers, the shape of one example of iris, got 1×8×8. Set the shape to 4.",
        ),
        ("Set the shape to 4 -> N×4",),
        purpose=Purpose(IRIS),
    ),
    Wrong(
        "class count",
        lambda: image(("flat", "Flatten"), ("fc1", "Linear", {"out_features": 84})),
        (
            "error output_differs_from_target | logits.input: expected N×10 (one score for each of the 10 classes), got N×84. Set the units of fc1 to 10.",
        ),
        ("Set the units of fc1 to 10 -> N×10",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "class count behind a shape layer",
        lambda: image(("flat", "Flatten"), ("act", "ReLU")),
        (
            "error output_differs_from_target | logits.input: expected N×10 (one score for each of the 10 classes), got N×64. Insert Linear with 10 units.",
        ),
        ("Insert Linear with 10 units -> N×10",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "image into the output",
        lambda: image(("conv1", "Conv2d", {"out_channels": 10, "kernel_size": 8})),
        (
            "error output_differs_from_target | logits.input: expected N×10 (one score for each of the 10 classes), got N×10×1×1. Insert Flatten before logits.",
        ),
        ("Insert Flatten before logits -> N×10",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "large image into the output",
        lambda: image(("conv1", "Conv2d")),
        (
            "error output_differs_from_target | logits.input: expected N×10 (one score for each of the 10 classes), got N×16×6×6. Insert Flatten and Linear with 10 units before logits.",
        ),
        ("Insert Flatten and Linear with 10 units before logits -> N×10",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "dense on an image",
        lambda: image(("conv1", "Conv2d"), ("act", "ReLU"), ("fc1", "Linear")),
        (
            "error output_differs_from_target | logits.input: expected N×10 (one score for each of the 10 classes), got N×16×6×10. Insert Flatten before fc1.",
            "hint dense_on_image | fc1.input: expected one row of features for each example, got N×16×6×6. Insert Flatten before it.",
        ),
        ("Insert Flatten before fc1 -> N×10",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "dense on an image and count",
        lambda: image(
            ("fc1", "Linear", {"in_features": 8, "out_features": 84}),
            ("act", "ReLU"),
            ("fc2", "Linear", {"out_features": 3}),
        ),
        (
            "error output_differs_from_target | logits.input: expected N×10 (one score for each of the 10 classes), got N×1×8×3. Insert Flatten before fc1 and set the units of fc2 to 10.",
            "hint dense_on_image | fc1.input: expected one row of features for each example, got N×1×8×8. Insert Flatten before it.",
        ),
        ("Insert Flatten before fc1 and set the units of fc2 to 10 -> N×10",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "dense on an image flattened late",
        lambda: image(
            ("fc1", "Linear", {"out_features": 4}),
            ("act", "ReLU"),
            ("flat", "Flatten"),
            ("fc2", "Linear"),
        ),
        (
            "hint dense_on_image | fc1.input: expected one row of features for each example, got N×1×8×8. Insert Flatten before it.",
        ),
        ("Insert Flatten -> N×4",),
        purpose=Purpose(DIGITS),
    ),
    Wrong(
        "one score for two classes",
        lambda: table(30, ("fc1", "Linear", {"out_features": 1})),
        (
            "error output_differs_from_target | y.input: expected N×2 (one score for each of the 2 classes), got N×1. Set the units of fc1 to 2.",
        ),
        (
            "Set the units of fc1 to 2 -> N×2",
            "Set the loss to bce_with_logits -> N×1",
        ),
        purpose=Purpose(CANCER),
    ),
    Wrong(
        "two scores for a binary loss",
        lambda: table(30, ("fc1", "Linear", {"out_features": 2})),
        (
            "error output_differs_from_target | y.input: expected N×1 (the score of the second class), got N×2. Set the units of fc1 to 1.",
        ),
        (
            "Set the units of fc1 to 1 -> N×1",
            "Set the loss to cross_entropy -> N×2",
        ),
        purpose=Purpose(CANCER, loss="bce_with_logits"),
    ),
    Wrong(
        "binary loss for three classes",
        lambda: table(4, ("fc1", "Linear", {"out_features": 3})),
        (
            "error loss_does_not_fit | y: expected a loss for the 3 classes of iris, got bce_with_logits. Set the loss to cross_entropy.",
        ),
        ("Set the loss to cross_entropy",),
        purpose=Purpose(IRIS, loss="bce_with_logits"),
    ),
    Wrong(
        "class loss for numbers",
        lambda: table(10, ("fc1", "Linear", {"out_features": 1})),
        (
            "error loss_does_not_fit | y: expected a loss for numbers, as diabetes asks for one, got cross_entropy. Set the loss to mse.",
        ),
        ("Set the loss to mse",),
        purpose=Purpose(DIABETES),
    ),
    Wrong(
        "too many numbers",
        lambda: table(10, ("fc1", "Linear", {"out_features": 2})),
        (
            "error output_differs_from_target | y.input: expected N×1 (the number), got N×2. Set the units of fc1 to 1.",
        ),
        ("Set the units of fc1 to 1 -> N×1",),
        purpose=Purpose(DIABETES, loss="mse"),
    ),
    Wrong(
        "softmax before the loss",
        lambda: table(4, ("fc1", "Linear", {"out_features": 3}), ("soft", "Softmax")),
        (
            "hint activation_before_loss | soft.output: expected raw scores for the loss cross_entropy, which applies its own activation, got shares that add up to 1. Remove soft, or set the loss to log_loss, which reads shares.",
        ),
        (
            "Remove soft -> N×3",
            "Set the loss to log_loss -> N×3",
        ),
        purpose=Purpose(IRIS),
    ),
    Wrong(
        "scores for a loss of shares",
        lambda: table(4, ("fc1", "Linear", {"out_features": 3})),
        (
            "error activation_missing_before_loss | y.input: expected shares that add up to 1 for the loss log_loss, got any numbers. Set the loss to cross_entropy, or insert Softmax.",
        ),
        (
            "Set the loss to cross_entropy",
            "Insert Softmax -> N×3",
        ),
        purpose=Purpose(IRIS, loss="log_loss"),
    ),
    Wrong(
        "sigmoid before the loss",
        lambda: table(30, ("fc1", "Linear", {"out_features": 1}), ("sig", "Sigmoid")),
        (
            "hint activation_before_loss | sig.output: expected raw scores for the loss bce_with_logits, which applies its own activation, got values from 0 to 1. Remove sig, or set the loss to bce.",
        ),
        (
            "Remove sig -> N×1",
            "Set the loss to bce -> N×1",
        ),
        purpose=Purpose(CANCER, loss="bce_with_logits"),
    ),
    Wrong(
        "no sigmoid before bce",
        lambda: table(30, ("fc1", "Linear", {"out_features": 1})),
        (
            "error activation_missing_before_loss | y.input: expected probabilities from 0 to 1 for the loss bce, got any number. Set the loss to bce_with_logits, or insert Sigmoid.",
        ),
        (
            "Set the loss to bce_with_logits",
            "Insert Sigmoid -> N×1",
        ),
        purpose=Purpose(CANCER, loss="bce"),
    ),
    Wrong(
        "bounded numbers",
        lambda: table(10, ("fc1", "Linear", {"out_features": 1}), ("act", "Tanh")),
        (
            "hint activation_before_loss | act.output: expected any number, as the targets may be any, got values from -1 to 1. Remove act.",
        ),
        ("Remove act -> N×1",),
        purpose=Purpose(DIABETES, loss="mse"),
    ),
    Wrong(
        "two outputs",
        lambda: wired(
            noded(table(4, ("fc1", "Linear", {"out_features": 3})), "z", type="Output"),
            ("fc1", "z"),
        ),
        (
            "error several_outputs | z: expected one Output for iris, got 2. Remove it, join the branches, or let each output learn on its own.",
        ),
        ("Remove z", "Learn at several outputs"),
        purpose=Purpose(IRIS),
    ),
    Wrong(
        "two outputs, one for no target",
        lambda: wired(
            noded(table(4, ("fc1", "Linear", {"out_features": 3})), "z", type="Output"),
            ("fc1", "z"),
        ),
        (
            "error goal_does_not_fit | z: expected one of the targets (y, size), got none. Choose in the plan what z learns, or call it like a target.",
        ),
        (),
        purpose=Purpose(KIND_AND_SIZE, "several_outputs", output="several"),
    ),
    Wrong(
        "one output for targets of two kinds",
        lambda: table(4, ("fc1", "Linear", {"out_features": 3})),
        (
            "error several_targets | y: expected targets of one kind, got y (class), size (value). Learn each at an output of its own, or make the others no targets.",
        ),
        ("Learn at several outputs",),
        purpose=Purpose(KIND_AND_SIZE),
    ),
    Wrong(
        "two inputs",
        lambda: wired(
            noded(
                table(4, ("add", "Add"), ("fc1", "Linear", {"out_features": 3})),
                "w",
                type="Input",
                params={"shape": (4,)},
            ),
            ("w", "add"),
        ),
        (
            "error several_inputs | x: expected one Input for iris, got 2. Remove it, or join the branches.",
        ),
        ("Remove x",),
        purpose=Purpose(IRIS),
    ),
    Wrong(
        "step without a slope",
        lambda: table(
            4, ("fc1", "Linear"), ("step1", "Step"), ("fc2", "Linear", {"out_features": 3})
        ),
        (
            "warning step_has_no_gradient | step1.output: expected a slope for gradient descent, got a slope of zero everywhere, so nothing before it learns. Replace it by Sigmoid.",
        ),
        ("Replace it by Sigmoid -> N×10",),
        purpose=Purpose(IRIS),
    ),
    Wrong(
        "step before the loss",
        lambda: table(2, ("fc1", "Linear", {"out_features": 1}), ("step1", "Step")),
        (
            "warning step_has_no_gradient | step1.output: expected a slope for gradient descent, got a slope of zero everywhere, so nothing before it learns. Remove step1.",
        ),
        (
            "Remove step1 -> N×1",
            "Replace it by Sigmoid -> N×1",
            "Train with the perceptron rule -> N×1",
        ),
        purpose=Purpose(SEPARABLE, loss="bce_with_logits"),
    ),
    Wrong(
        "perceptron on xor",
        lambda: table(2, ("fc1", "Linear", {"out_features": 1}), ("step1", "Step")),
        (
            "hint not_separable | fc1: expected a hidden layer, as no straight line separates the classes of xor, got one layer, which draws one straight line. Add a hidden layer.",
        ),
        ("Add a hidden layer -> N×1",),
        purpose=Purpose(XOR, "perceptron"),
    ),
    Wrong(
        "perceptron of two layers",
        lambda: table(
            2,
            ("fc1", "Linear", {"out_features": 4}),
            ("step1", "Step"),
            ("fc2", "Linear", {"out_features": 1}),
            ("step2", "Step"),
        ),
        (
            "error perceptron_rule | fc2: expected one Linear for the perceptron rule, got 2 layers that learn. Train with gradient descent, or remove the layer.",
        ),
        ("Train with gradient descent",),
        purpose=Purpose(SEPARABLE, "perceptron"),
    ),
    Wrong(
        "perceptron without step",
        lambda: table(2, ("fc1", "Linear", {"out_features": 1})),
        (
            "error perceptron_rule | fc1.output: expected a Step behind it, for the perceptron rule, got none. Insert Step.",
        ),
        ("Insert Step -> N×1",),
        purpose=Purpose(SEPARABLE, "perceptron"),
    ),
    Wrong(
        "perceptron without weights",
        lambda: table(2, ("step1", "Step")),
        (
            "error perceptron_rule | y: expected one Linear for the perceptron rule, got no layer that learns. Insert Linear with 1 unit before it.",
            "error output_differs_from_target | y.input: expected N×1 (whether the unit fires), got N×2. Insert Linear with 1 unit.",
        ),
        ("Insert Linear with 1 unit -> N×1",),
        purpose=Purpose(SEPARABLE, "perceptron"),
    ),
    Wrong(
        "perceptron for three classes",
        lambda: table(4, ("fc1", "Linear", {"out_features": 1}), ("step1", "Step")),
        (
            "error perceptron_rule | y: expected two classes for the perceptron rule, got the 3 classes of iris. Train with gradient descent.",
        ),
        ("Train with gradient descent",),
        purpose=Purpose(IRIS, "perceptron"),
    ),
    Wrong(
        "perceptron with two units",
        lambda: table(2, ("fc1", "Linear", {"out_features": 2}), ("step1", "Step")),
        (
            "error output_differs_from_target | y.input: expected N×1 (whether the unit fires), got N×2. Set the units of fc1 to 1.",
        ),
        ("Set the units of fc1 to 1 -> N×1",),
        purpose=Purpose(SEPARABLE, "perceptron"),
    ),
    Wrong(
        "straight line for xor",
        lambda: table(2, ("fc1", "Linear", {"out_features": 2})),
        (
            "hint not_separable | fc1: expected a hidden layer, as no straight line separates the classes of xor, got one layer, which draws one straight line. Add a hidden layer.",
        ),
        ("Add a hidden layer -> N×2",),
        purpose=Purpose(XOR),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_wrong_graph(case: Wrong) -> None:
    report = check_graph(case.graph(), case.purpose)
    found = tuple(f"{p.severity} {p.code} | {p.text}" for p in report.problems)
    assert found == case.problems
    offered = report.problems[0].fixes if report.problems else ()
    labels = tuple(f"{f.label} -> {f.preview}" if f.preview else f.label for f in offered)
    assert labels == case.fixes


def applied(network: Network, purpose: Purpose | None, fix: Fix) -> Purpose | None:
    """The network changed in place by the steps of a fix; the purpose as they leave it."""
    for step in fix.steps:
        match step:
            case SetParam(name, param, value):
                node = network.nodes[name]
                params = {key: one for key, one in node.params.items() if key != param}
                params |= {} if value is None else {param: value}
                network.nodes[name] = replace(node, params=params)
            case InsertOnWire(target, port, type, params):
                wire = next(w for w in network.wires if (w.target, w.target_port) == (target, port))
                name = f"new{len(network.nodes)}"
                network.nodes[name] = Node(name, type, dict(params))
                del network.wires[wire]
                network.wires[Wire(wire.source, wire.source_port, name, "input")] = None
                network.wires[Wire(name, "output", target, port)] = None
            case AddNode(type, params, target, port):
                name = f"new{len(network.nodes)}"
                network.nodes[name] = Node(name, type, dict(params))
                if target:
                    network.wires[Wire(name, "output", target, port)] = None
            case AppendNode(source, port, type, params):
                name = f"new{len(network.nodes)}"
                network.nodes[name] = Node(name, type, dict(params))
                for wire in [
                    w for w in network.wires if (w.source, w.source_port) == (source, port)
                ]:
                    del network.wires[wire]
                    network.wires[replace(wire, source=name, source_port="output")] = None
                network.wires[Wire(source, port, name, "input")] = None
            case RemoveNode(name):
                into = [w for w in network.wires if w.target == name]
                out = [w for w in network.wires if w.source == name]
                del network.nodes[name]
                for wire in {*into, *out}:
                    del network.wires[wire]
                for wire in out if into else ():
                    healed = replace(wire, source=into[0].source, source_port=into[0].source_port)
                    network.wires[healed] = None
            case Connect(source, source_port, target, target_port):
                network.wires[Wire(source, source_port, target, target_port)] = None
            case Disconnect(target, port):
                wire = max(w for w in network.wires if (w.target, w.target_port) == (target, port))
                del network.wires[wire]
            case SetPlan(field, value) if purpose is not None and field in ("loss", "recipe"):
                purpose = replace(purpose, **{field: value})
                if value == "several_outputs":
                    purpose = replace(purpose, output="several")
            case SetData("size", size) if purpose is not None and purpose.data is not None:
                purpose = replace(purpose, data=replace(purpose.data, shape=(1, size, size)))
    return purpose


FIXES = [
    pytest.param(case, problem, fix, id=f"{case.kind}-{problem.code}-{fix.label}")
    for case in CASES
    for problem in check_graph(case.graph(), case.purpose).problems
    for fix in problem.fixes
]


@pytest.mark.parametrize(("case", "problem", "fix"), FIXES)
def test_every_fix_cures_its_problem(case: Wrong, problem: Problem, fix: Fix) -> None:
    network, variables = from_networkx(case.graph())
    purpose = applied(network, case.purpose, fix)
    report = Checker(network, variables, purpose).report()
    left = [p.text for p in report.problems if (p.code, p.node) == (problem.code, problem.node)]
    assert problem.text not in left
    if fix.preview:
        shapes = {str(out) for facts in report.nodes.values() for out in facts.outputs}
        assert fix.preview in shapes


def test_at_least_thirty_kinds() -> None:
    codes = {problem.split(" ")[1] for case in CASES for problem in case.problems}
    assert len(CASES) >= 60
    assert len(codes) >= 30
