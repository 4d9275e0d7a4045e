"""The documented path, as the package's docstring shows it, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import networkx
import torch

import graph_compiler

LENET5 = Path(__file__).parents[1] / "formats" / "v1" / "lenet5.nns"


def test_from_a_file_to_a_module() -> None:
    project = graph_compiler.load_project(LENET5)
    graph = project.graph("main")
    report = graph_compiler.check_graph(graph)
    source = graph_compiler.emit(graph)
    model = graph_compiler.compile_graph(graph)
    assert report.ok
    assert report.parameters == 61_706
    assert source.class_name == "LeNet5"
    assert isinstance(model, torch.nn.Module)
    assert model(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_a_graph_made_by_hand() -> None:
    graph = networkx.MultiDiGraph(name="Net")
    graph.add_node("image", type="Input", params={"shape": (1, 28, 28)})
    graph.add_node("flatten", type="Flatten")
    graph.add_node("scores", type="Linear", params={"out_features": 10})
    graph.add_node("logits", type="Output")
    networkx.add_path(graph, ["image", "flatten", "scores", "logits"])
    model = graph_compiler.compile_graph(graph)
    assert sum(p.numel() for p in model.parameters()) == 7_850
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_everything_but_building_does_without_torch_and_qt() -> None:
    program = (
        "import sys, graph_compiler as g\n"
        f"graph = g.load_project({str(LENET5)!r}).graph('main')\n"
        "g.check_graph(graph); g.emit(graph)\n"
        "held = {'torch', 'PySide6', 'sklearn', 'pandas'} & set(sys.modules)\n"
        "sys.exit(f'{held} imported' if held else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
