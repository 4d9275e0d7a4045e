"""Emitted text: golden files, the map from text to nodes, errors, the formatter's approval."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph_compiler import EmitError, check_graph, compile_graph, emit, load_project
from graph_compiler.emit_layout import WIDTH
from graph_compiler.source import Source

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]


def drawing(name: str, **variables: Any) -> nx.MultiDiGraph:
    return nx.MultiDiGraph(name=name, variables=variables)


def add(graph: nx.MultiDiGraph, name: str, kind: str, *sources: str, **params: Any) -> str:
    graph.add_node(name, type=kind, params=params)
    for source in sources:
        graph.add_edge(source, name)
    return name


def template(name: str) -> nx.MultiDiGraph:
    return load_project(ROOT / "templates" / f"{name}.nns").graph("main")


def residual() -> nx.MultiDiGraph:
    g = drawing("Residual net", width=16)
    add(g, "image", "Input", shape=(3, 8, 8))
    add(g, "conv1", "Conv2d", "image", out_channels="width", padding=1)
    add(g, "relu1", "ReLU", "conv1")
    add(g, "conv2", "Conv2d", "relu1", out_channels="width", padding=1, bias=False)
    add(g, "relu2", "ReLU", "conv2")
    add(g, "conv3", "Conv2d", "relu2", out_channels="width", padding=1, kernel_size=(3, 3))
    add(g, "sum", "Add", "relu1", "conv3")
    add(g, "relu3", "ReLU", "sum")
    add(g, "conv4", "Conv2d", "relu3", out_channels="2 * width", stride=2, padding=1)
    add(g, "shortcut", "Conv2d", "relu3", out_channels="2 * width", kernel_size=1, stride=2)
    add(g, "sum2", "Add", "conv4", "shortcut")
    add(g, "relu4", "ReLU", "sum2")
    add(g, "flatten", "Flatten", "relu4")
    add(g, "fc", "Linear", "flatten", out_features=10)
    add(g, "logits", "Output", "fc")
    g.graph["frames"] = {"residual": ["conv2", "relu2", "conv3"]}
    return g


def two_inputs_two_outputs() -> nx.MultiDiGraph:
    g = drawing("Wide & deep", share=0.25, units=8)
    add(g, "image", "Input", shape=(1, 8, 8))
    add(g, "facts", "Input", shape=(5,))
    add(g, "flatten", "Flatten", "image")
    add(g, "fc1", "Linear", "flatten", out_features="units")
    add(g, "fc2", "Linear", "facts", out_features="units // 2")
    add(g, "join", "Concatenate", "fc1", "fc2")
    add(g, "drop", "Dropout", "join", p="share / 2")
    add(g, "act", "GELU", "drop", approximate="tanh")
    add(g, "fc3", "Linear", "act", out_features=3)
    add(g, "fc4", "Linear", "act", out_features=1)
    add(g, "sigmoid", "Sigmoid", "fc4")
    add(g, "classes", "Output", "fc3")
    add(g, "chance", "Output", "sigmoid")
    return g


def skips() -> nx.MultiDiGraph:
    """A U: values that live long get their own names, the running one is x."""
    g = drawing("U")
    add(g, "x", "Input", shape=(1, 16, 16))
    add(g, "enter", "Conv2d", "x", out_channels=4, padding=1)
    add(g, "down", "MaxPool2d", "enter")
    add(g, "deep", "Conv2d", "down", out_channels=4, padding=1)
    add(g, "level", "MaxPool2d", "enter", kernel_size=3, stride=2, padding=1)
    add(g, "mix", "Concatenate", "deep", "level", "down")
    add(g, "twice", "Add", "mix", "mix")
    add(g, "out", "Conv2d", "twice", out_channels=1, kernel_size=1)
    add(g, "map", "Output", "out")
    add(g, "code", "Output", "deep")
    return g


def crowded() -> nx.MultiDiGraph:
    """Long names and long expressions, broken over lines as the formatter breaks them."""
    g = drawing(
        "Crowded",
        number_of_units_in_the_first_hidden_layer=4,
        number_of_units_in_the_second_hidden_layer=6,
    )
    first, second = g.graph["variables"]
    add(g, "the_only_input_of_this_network", "Input", shape=(3,))
    names = [f"branch_number_{n}_of_the_network" for n in range(5)]
    for name in names:
        size = f"{first} * {first} + {second} * {second} + {first} * {second} + 1"
        add(g, name, "Linear", "the_only_input_of_this_network", out_features=size)
    add(g, "all_of_them", "Add", *names)
    add(g, "joined", "Concatenate", "all_of_them", *names)
    add(g, "the_only_output_of_this_network", "Output", "joined")
    return g


CASES: dict[str, Callable[[], nx.MultiDiGraph]] = {
    "perceptron": lambda: template("perceptron"),
    "mlp": lambda: template("mlp"),
    "lenet5": lambda: template("lenet5"),
    "residual": residual,
    "two_inputs_two_outputs": two_inputs_two_outputs,
    "skips": skips,
    "crowded": crowded,
}


@pytest.mark.parametrize("case", CASES)
def test_the_text_is_the_golden_one(case: str) -> None:
    assert emit(CASES[case]()).text == (GOLDEN / f"{case}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_what_is_golden_also_runs(case: str) -> None:
    graph = CASES[case]()
    count = sum(p.numel() for p in compile_graph(graph).parameters())
    assert count == check_graph(graph).parameters


def mended(folder: Path) -> str:
    """What formatter and linter would change or remark on."""
    found = ""
    for arguments in (["format", "--diff", "--quiet"], ["check", "--no-cache", "--quiet"]):
        settings_file = str(ROOT / "pyproject.toml")
        command = [sys.executable, "-m", "ruff", *arguments, "--config", settings_file, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += done.stdout + done.stderr
    return found


def test_golden_texts_need_no_mending() -> None:
    assert mended(GOLDEN) == ""


@pytest.mark.slow
def test_golden_texts_are_strictly_typed() -> None:
    """As far as torch is: the call of a module gives a value of any type, which is returned."""
    files = sorted(str(file) for file in GOLDEN.rglob("*.py"))
    options = ["--strict", "--no-warn-return-any", "--no-incremental", "--config-file="]
    command = [sys.executable, "-m", "mypy", *options, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == f"Success: no issues found in {len(files)} source files\n"


LONG = ("number_of_units_in_the_first_hidden_layer", "quite_another_number_that_is_needed_too", "q")


@st.composite
def expressions(draw: Callable[..., Any], depth: int = 0) -> str:
    if depth > 2 or (depth and draw(st.booleans())):
        return draw(st.sampled_from([*LONG, "3", "17", "1"]))
    a, b, c = (draw(expressions(depth + 1)) for _ in range(3))
    forms = [
        f"{a} + {b} + {c}",
        f"({a}) * ({b})",
        f"max({a}, {b}, {c})",
        f"({a} if {b} > {c} else {b})",
        f"({a} + {b}) // 2 + 1",
        f"({a}) ** 2",
        f"40 * {a} - ({a} if {b} > {c} else {b}) // 2",
        f"{a} * 2 - {b} + 40",
    ]
    return draw(st.sampled_from(forms))


@st.composite
def crowded_graphs(draw: Callable[..., Any]) -> nx.MultiDiGraph:
    g = drawing("Long", **dict(zip(LONG, (5, 7, 2), strict=True)))
    last = add(g, "image", "Input", shape=(3,))
    values = [last]
    for number in range(draw(st.integers(1, 5))):
        size = draw(expressions())[:480]
        bias = draw(st.sampled_from([True, False, f"{LONG[0]} > {LONG[1]} + q * 3 and q < 100"]))
        name = f"fc{number}" + draw(st.sampled_from(["", "_with_quite_a_long_name"]))
        last = add(g, name, "Linear", draw(st.sampled_from(values)), out_features=size, bias=bias)
        values.append(last)
    share = draw(st.sampled_from([0.25, 1e-05, "q / 10", f"q / ({LONG[0]} + {LONG[1]} + q)"]))
    last = add(g, "drop", "Dropout", last, p=share)
    everything = add(g, "everything", "Concatenate", last, *values[1:])
    add(g, "total", "Add", *[everything] * draw(st.integers(1, 9)))
    add(g, "out", "Output", "total")
    return g


def test_generated_texts_need_no_mending(tmp_path: Path) -> None:
    """The formatter and the linter see two hundred generated networks, in one call each."""

    @settings(
        max_examples=150,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(crowded_graphs())
    def write(graph: nx.MultiDiGraph) -> None:
        if check_graph(graph).ok:
            text = emit(graph).text
            assert all(len(line) <= WIDTH for line in text.splitlines())
            number = len(list(tmp_path.iterdir()))
            (tmp_path / f"net{number}.py").write_text(text, encoding="utf-8")

    write()
    assert len(list(tmp_path.iterdir())) > 50
    assert mended(tmp_path) == ""


def piece(source: Source, path: str, number: int) -> str:
    """The text that a node's span covers."""
    span = source.spans[path][number]
    lines = source.text.splitlines()[span.line - 1 : span.end_line]
    if span.line == span.end_line:
        return lines[0][span.column : span.end_column]
    last = lines[-1][: span.end_column]
    return "\n".join([lines[0][span.column :], *lines[1:-1], last])


def test_every_piece_knows_its_node() -> None:
    source = emit(residual())
    found = {
        path: [piece(source, path, n) for n in range(len(s))] for path, s in source.spans.items()
    }
    assert found == {
        "image": ["image (N, 3, 8, 8)", "image: torch.Tensor"],
        "conv1": ["nn.Conv2d(3, width, 3, padding=1)", "self.stem(image)"],
        "relu1": ["nn.ReLU()", "self.stem(image)"],
        "conv2": ["nn.Conv2d(width, width, 3, padding=1, bias=False)", "self.residual(x)"],
        "relu2": ["nn.ReLU()", "self.residual(x)"],
        "conv3": ["nn.Conv2d(width, width, 3, padding=1)", "self.residual(x)"],
        "sum": ["x + self.residual(x)"],
        "relu3": ["self.relu3 = nn.ReLU()", "self.relu3(x + self.residual(x))"],
        "conv4": [
            "self.conv4 = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)",
            "self.conv4(x)",
        ],
        "shortcut": [
            "self.shortcut = nn.Conv2d(width, 2 * width, 1, stride=2)",
            "self.shortcut(x)",
        ],
        "sum2": ["self.conv4(x) + self.shortcut(x)"],
        "relu4": ["nn.ReLU()", "self.head(x)"],
        "flatten": ["nn.Flatten()", "self.head(x)"],
        "fc": ["nn.Linear(32 * width, 10)", "self.head(x)"],
        "logits": ["logits (N, 10)", "return", "self.head(x)"],
    }
    assert source.modules == {
        "conv1": "stem.0",
        "relu1": "stem.1",
        "conv2": "residual.0",
        "relu2": "residual.1",
        "conv3": "residual.2",
        "relu3": "relu3",
        "conv4": "conv4",
        "shortcut": "shortcut",
        "relu4": "head.0",
        "flatten": "head.1",
        "fc": "head.2",
    }
    assert source.arguments == {"width": "width"}


def test_a_position_leads_to_the_innermost_node() -> None:
    source = emit(residual())
    span = source.spans["relu3"][1]
    line = source.text.splitlines()[span.line - 1]
    assert line == "        x = self.relu3(x + self.residual(x))"
    assert source.node_at(span.line, line.index("relu3")) == "relu3"
    assert source.node_at(span.line, line.index("+")) == "sum"
    assert source.node_at(span.line, line.index("residual")) == "conv2"
    assert source.node_at(span.line, 0) == "relu3"
    assert source.node_at(1) is None
    assert source.lines_of("conv4") == (24, 35)


def test_pieces_on_several_lines_know_their_node() -> None:
    source = emit(crowded())
    assert piece(source, "branch_number_0_of_the_network", 0).startswith(
        "self.branch_number_0_of_the_network = nn.Linear(\n            3,\n"
    )
    total = piece(source, "all_of_them", 0)
    assert ast.unparse(ast.parse(f"({total})")).count("+") == 4


def test_names_follow_the_drawing() -> None:
    """Two chains in one frame, a chain of one, and a frame named like a node."""
    g = drawing("Names")
    add(g, "a", "Input", shape=(4,))
    for branch in "pq":
        add(g, f"{branch}1", "Linear", "a", out_features=4)
        add(g, f"{branch}2", "ReLU", f"{branch}1")
    add(g, "sum", "Add", "p2", "q2")
    add(g, "alone", "ReLU", "sum")
    add(g, "alone2", "Linear", "alone", out_features=2)
    add(g, "y", "Output", "alone2")
    g.graph["frames"] = {"two arms": ["p1", "p2", "q1", "q2"], "alone2": ["alone"]}
    assert emit(g).modules == {
        "p1": "two_arms.0",
        "p2": "two_arms.1",
        "q1": "two_arms2.0",
        "q2": "two_arms2.1",
        "alone": "alone",
        "alone2": "alone2",
    }


def test_an_error_stops_emission_with_its_problems() -> None:
    g = drawing("Wrong")
    add(g, "a", "Input", shape=(4,))
    add(g, "fc", "Linear", "a", in_features=5)
    add(g, "y", "Output", "fc")
    with pytest.raises(EmitError) as caught:
        emit(g)
    assert [problem.code for problem in caught.value.problems] == ["features_differ"]
    assert str(caught.value) == (
        "fc.input: expected 5 features, got 4. Set in_features to follow the input."
    )


def test_what_leads_nowhere_is_left_out() -> None:
    g = template("mlp")
    before = emit(g)
    add(g, "idle", "ReLU", "relu1")
    assert check_graph(g).ok
    text = emit(g).text
    assert "idle" not in text
    assert emit(g).modules.keys() == before.modules.keys()


def test_an_output_may_be_an_input() -> None:
    g = drawing("Nothing")
    add(g, "a", "Input", shape=(4,))
    add(g, "y", "Output", "a")
    assert emit(g).text.splitlines()[-3:] == [
        "",
        "    def forward(self, a: torch.Tensor) -> torch.Tensor:",
        "        return a",
    ]


def test_a_class_name_can_be_asked_for() -> None:
    assert emit(template("mlp"), "Small net").class_name == "SmallNet"
    assert emit(template("perceptron"), "Step").class_name == "StepNetwork"
