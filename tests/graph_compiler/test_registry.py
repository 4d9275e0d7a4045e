"""A file dropped into the layers' folder is a layer everywhere, and nothing else needs to know."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import graph_compiler
from graph_compiler.registry import layer, layers, short_name

DROPPED = """
from graph_compiler.layer import Float, Layer, Params, example
from graph_compiler.tensors import TensorType


def _doubled(p: Params, x: TensorType) -> TensorType:
    return x.with_last(x.last * 2)


Doubling = Layer(
    title="Doubling",
    family="activation",
    doc="Doubles the features.",
    output=_doubled,
    params=(Float("slope", 0.5, low=0.0, high=1.0, doc="slope"),),
    examples=(example((4,)),),
)
"""

USES_IT = """
import networkx as nx
from graph_compiler.checker import check_graph
from graph_compiler.registry import layer
graph = nx.MultiDiGraph()
graph.add_node("x", type="Input", params={"shape": (4,)})
graph.add_node("fc", type="Linear", params={"out_features": 3})
graph.add_node("act", type="Doubling", params={"slope": 7})
graph.add_node("y", type="Output")
nx.add_path(graph, ["x", "fc", "act", "y"])
print(*(problem.text for problem in check_graph(graph).problems), sep="\\n")
graph.nodes["act"]["params"] = {}
print(check_graph(graph).nodes["y"].outputs[0], layer("Doubling").title)
"""


def test_a_dropped_file_is_a_layer(tmp_path: Path) -> None:
    """The folder is extended by a second one, so that the real one stays as it is."""
    (tmp_path / "doubling.py").write_text(DROPPED)
    script = (
        "import graph_compiler.layers\n"
        f"graph_compiler.layers.__path__.append({str(tmp_path)!r})\n{USES_IT}"
    )
    root = Path(graph_compiler.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "act.slope: expected a number from 0 to 1, got 7. Set slope to such a number.",
        "N×6 Doubling",
    ]


def test_the_layers_of_a_perceptron_an_mlp_and_lenet_are_there() -> None:
    assert set(layers()) >= {
        "Input", "Output", "Linear", "Conv2d", "MaxPool2d", "AvgPool2d", "Flatten", "Dropout",
        "Identity", "Step", "Sigmoid", "Tanh", "ReLU", "LeakyReLU", "PReLU", "Softmax", "SiLU",
        "GELU", "Add", "Concatenate",
    }  # fmt: skip


def test_unknown_types_are_not_found() -> None:
    with pytest.raises(KeyError):
        layer("Liner")


def test_short_names() -> None:
    assert [short_name(type) for type in ("Linear", "Conv2d", "MaxPool2d", "Unknown")] == [
        "fc",
        "conv",
        "pool",
        "unknown",
    ]


def test_checking_needs_neither_torch_nor_qt() -> None:
    script = (
        "import sys, networkx as nx\n"
        "from graph_compiler.checker import check_graph\n"
        "check_graph(nx.MultiDiGraph())\n"
        "print([name for name in ('torch', 'PySide6', 'numpy.random') if name in sys.modules])"
    )
    root = Path(graph_compiler.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout == "[]\n"
