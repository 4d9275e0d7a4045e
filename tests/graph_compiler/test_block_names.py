"""A block may be called like anything: its class is told apart from all else in the file, and a
file's block that is called like a layer gets a name of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from graph_compiler.build import compile_graph
from graph_compiler.checker import check_graph, check_project
from graph_compiler.emission import EmitError, emit, emit_project
from graph_compiler.files import load_project, save_project
from graph_compiler.model import DataSource, Network, Node, Project, Wire
from graph_compiler.registry import layers
from graph_compiler.summary import summarize


def _network(name: str, layer: str, port: str, outlet: str, *, is_block: bool) -> Network:
    network = Network(name, params={} if is_block else None)
    shape = {} if is_block else {"shape": (4,)}
    middle = Node("inner", layer, {"out_features": 3} if layer == "Linear" else {})
    for node in (Node("x", "Input", shape), middle, Node("y", "Output")):
        network.nodes[node.name] = node
    network.wires = {
        Wire("x", "output", "inner", port): None,
        Wire("inner", outlet, "y", "input"): None,
    }
    return network


def _project(block: str) -> Project:
    """Main holds `Around`, which holds the block, which holds a Linear."""
    networks = [
        _network("main", "Around", "x", "y", is_block=False),
        _network("Around", block, "x", "y", is_block=True),
        _network(block, "Linear", "input", "output", is_block=True),
    ]
    return Project("P", networks={one.name: one for one in networks}, data=DataSource("none"))


@pytest.mark.parametrize(
    "name",
    ["P", "Module", "Sequential", "class", "None", "lambda", "torch", "nn", "F", "i", "self"],
)
def test_a_block_is_called_like_anything_python_has(name: str) -> None:
    project = _project(name)
    assert not check_project(project)["main"].problems
    assert emit_project(project).text == emit(project.graph()).text
    model = compile_graph(project.graph())
    assert model(torch.randn(2, 4)).shape == (2, 3)


@pytest.mark.parametrize("name", sorted(layers()))
def test_one_name_for_a_layer_and_a_block_is_refused(name: str) -> None:
    project = _project(name)
    place = "x" if name == "Input" else "y" if name == "Output" else "inner/inner"
    text = f"{place}: expected a type that means one thing, got {name}, a layer and a block. "
    assert f"{text}Rename the block." in [p.text for p in check_project(project)["main"].problems]
    graph = project.graph()
    assert any(p.code == "bad_block" for p in check_graph(graph).problems)
    assert summarize(graph).problems
    with pytest.raises(EmitError):
        emit(graph)


def test_a_file_gives_such_a_block_a_name_of_its_own(tmp_path: Path) -> None:
    project = _project("Dropout")
    project.networks["Dropout"].nodes["drop"] = Node("drop", "Dropout")
    project.networks["Dropout"].wires[Wire("inner", "output", "drop", "input")] = None
    project.variants["wide"] = {"Dropout/inner.out_features": 7, "Around/inner.x": 1}
    path = tmp_path / "old.nns"
    save_project(project, path)
    found = load_project(path)
    assert sorted(found.networks) == ["Around", "DropoutBlock", "main"]
    assert found.networks["DropoutBlock"].name == "DropoutBlock"
    assert found.networks["Around"].nodes["inner"].type == "DropoutBlock"
    assert found.networks["DropoutBlock"].nodes["drop"].type == "Dropout"
    assert found.variants["wide"] == {"DropoutBlock/inner.out_features": 7, "Around/inner.x": 1}
    assert "class DropoutBlock(" in emit_project(found).text
    save_project(found, path)
    assert "DropoutBlock" in json.loads(path.read_text())["networks"]
    assert load_project(path) == found
