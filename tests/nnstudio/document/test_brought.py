"""What pasted uses of blocks bring along: blocks inside, Python layers, variables."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from graph_compiler import check_graph
from graph_compiler.files import parse_project, project_text
from graph_compiler.model import Network, Node, Project, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.clipboard import copy_text
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.templates import load_target


def _resnet() -> Document:
    return Document(load_target("template:resnet@18"))


def _empty(**variables: int) -> Document:
    known = {name: Variable(name, value) for name, value in variables.items()}
    return Document(Project("Other", networks={"main": Network("main")}, variables=known))


def _pasted(document: Document, text: str, network: str = "main") -> None:
    """Paste, back and again: one step, with nothing left of it once it is taken back."""
    before = copy.deepcopy(document.project)
    document.do(steps.paste(document, network, text, (0, 0)))
    after = project_text(document.project)
    document.undo()
    assert document.project == before
    document.redo()
    assert project_text(document.project) == after
    assert project_text(parse_project(after, "again")) == after


def _reason(make: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        make()
    return caught.value.reason


def test_a_use_brings_its_block_the_blocks_inside_and_the_variables() -> None:
    source, other = _resnet(), _empty()
    names = list(source.network().nodes)
    _pasted(other, copy_text(source, "main", names))
    assert set(other.project.networks) == set(source.project.networks)
    assert other.project.variables == source.project.variables
    assert other.undo_text == f"Paste {len(names)} nodes"
    here, there = (check_graph(one.project.graph()) for one in (other, source))
    assert here.ok
    assert here.parameters == there.parameters == 11_689_512


def test_the_text_names_block_and_nodes_line_by_line() -> None:
    text = copy_text(_resnet(), "main", ["stage1"])
    assert json.loads(text)["blocks"].keys() == {"Stage", "BasicBlock", "Bottleneck"}
    assert '    "Stage": {\n' in text
    assert '\n        "x": {"type": "Input"' in text
    assert all(len(line) < 400 for line in text.splitlines())


def test_what_is_here_with_the_same_text_is_used() -> None:
    source, other = _resnet(), _resnet()
    before = dict(other.project.networks)
    _pasted(other, copy_text(source, "main", ["stage1"]))
    assert other.project.networks.keys() == before.keys()
    assert other.network().nodes["stage5"].type == "Stage"


def test_what_is_here_with_another_text_gets_a_copy_of_another_name() -> None:
    source, other = _resnet(), _resnet()
    other.do(steps.set_param(other, "BasicBlock", ["conv1"], "kernel_size", 5))
    text = copy_text(source, "main", ["stage1"])
    _pasted(other, text)
    assert other.network().nodes["stage5"].type == "Stage2"
    assert {node.type for node in other.network("Stage2").nodes.values()} >= {"BasicBlock2"}
    assert {node.type for node in other.network("Stage").nodes.values()} >= {"BasicBlock"}
    _pasted(other, text)
    assert set(other.project.networks) == {
        "main",
        "Stage",
        "BasicBlock",
        "Bottleneck",
        "Stage2",
        "BasicBlock2",
    }, "the copy of the first paste serves the second"


def test_a_variable_of_another_value_gets_another_name_everywhere(mlp: Document) -> None:
    other = _empty(hidden=99)
    _pasted(other, copy_text(mlp, "main", ["fc1", "relu1"]))
    assert other.network().nodes["fc1"].params["out_features"] == "2 * hidden1"
    assert {name: one.value for name, one in other.project.variables.items()} == {
        "hidden": 99,
        "hidden1": 16,
    }
    _pasted(other, copy_text(mlp, "main", ["fc1"]))
    assert "hidden2" not in other.project.variables
    assert other.network().nodes["fc2"].params["out_features"] == "2 * hidden1"


def test_nodes_of_a_block_bring_its_parameters_as_variables() -> None:
    source, other = _resnet(), _empty()
    name = next(
        name
        for name, node in source.network("BasicBlock").nodes.items()
        if "width" in str(dict(node.params))
    )
    _pasted(other, copy_text(source, "BasicBlock", [name]))
    assert "width" in other.project.variables
    _pasted(source, copy_text(source, "BasicBlock", [name]), "BasicBlock")
    assert source.project.variables == _resnet().project.variables


def _unit(width: int, expression: str = "width") -> Network:
    """A block with a parameter, and a layer inside that reads `expression`."""
    nodes = (
        Node("x", "Input", {"shape": (8,)}),
        Node("fc", "Linear", {"out_features": expression}),
        Node("y", "Output", {}),
    )
    network = Network("Unit", nodes={one.name: one for one in nodes})
    network.wires = {
        Wire("x", "output", "fc", "input"): None,
        Wire("fc", "output", "y", "input"): None,
    }
    network.params = {"width": Variable("width", width)}
    return network


def _with(unit: Network, *inner: Network, **variables: int) -> Document:
    known = {name: Variable(name, value) for name, value in variables.items()}
    networks = {one.name: one for one in (Network("main"), unit, *inner)}
    return Document(Project("Test", networks=networks, variables=known))


def test_a_parameter_of_a_block_is_not_taken_for_a_variable_of_another_value() -> None:
    source, other = _with(_unit(8)), _empty(width=99)
    text = copy_text(source, "Unit", ["fc"])
    _pasted(other, text)
    assert other.network().nodes["fc"].params["out_features"] == "width1"
    assert {name: one.value for name, one in other.project.variables.items()} == {
        "width": 99,
        "width1": 8,
    }
    # Where the name means the same, it stays: in the block itself and where the value is alike.
    _pasted(source, text, "Unit")
    assert source.network("Unit").nodes["fc1"].params["out_features"] == "width"
    assert not source.project.variables


def test_a_variable_is_not_taken_for_a_parameter_that_hides_it() -> None:
    # A parameter of the same number may be another number at each use of its block.
    other = _with(_unit(16), width=16)
    other.do(steps.add_layer(other, "main", "Linear", (0, 0)))
    (made,) = other.network().nodes
    other.do(steps.set_param(other, "main", made, "out_features", "2 * width"))
    text = copy_text(other, "main", [made])
    _pasted(other, text, "Unit")
    (pasted,) = set(other.network("Unit").nodes) - {"x", "fc", "y"}
    assert other.network("Unit").nodes[pasted].params["out_features"] == "2 * width1"
    assert other.project.variables["width1"].value == 16
    _pasted(other, text, "Unit")
    assert set(other.project.variables) == {"width", "width1"}


def test_a_block_inside_reads_the_variable_and_the_nodes_beside_it_the_parameter() -> None:
    inner = replace(_unit(4, "width + units"), name="Inner", params={})
    unit = _unit(8)
    unit.nodes["deep"] = Node("deep", "Inner", {}, (0.0, 200.0))
    source, other = _with(unit, inner, width=5, units=3), _empty()
    _pasted(other, copy_text(source, "Unit", ["fc", "deep"]))
    values = {name: one.value for name, one in other.project.variables.items()}
    assert values == {"units": 3, "width": 5, "width1": 8}
    assert other.network().nodes["fc"].params["out_features"] == "width1"
    assert other.network("Inner").nodes["fc"].params["out_features"] == "width + units"
    # Into a block whose parameter is called so, the block inside still needs the variable.
    block = Document(Project("Third", networks={"main": Network("main"), "Unit": _unit(5)}))
    _pasted(block, copy_text(source, "Unit", ["deep"]), "Unit")
    assert {n: one.value for n, one in block.project.variables.items()} == {"units": 3, "width": 5}


def test_a_python_layer_comes_with_its_text_and_is_renamed_where_it_differs() -> None:
    source, other = _empty(), _empty()
    source.do(steps.add_code_layer(source, "Gain"))
    source.do(steps.add_layer(source, "main", "Gain", (0, 0)))
    text = copy_text(source, "main", ["gain1"])
    _pasted(other, text)
    assert other.network("Gain").code == source.network("Gain").code
    code = other.network("Gain").code
    assert code is not None
    other.do(steps.set_code_text(other, "Gain", code.text.replace("factor * x", "factor + x")))
    _pasted(other, text)
    assert other.network().nodes["gain2"].type == "Gain2"
    kept = other.network("Gain2").code
    assert kept is not None
    assert "self.factor * x" in kept.text
    assert other.report("Gain2").problems == ()


def test_a_block_does_not_come_into_itself() -> None:
    source = _resnet()
    text = copy_text(source, "Stage", list(source.network("Stage").nodes))
    assert "would hold itself" in _reason(lambda: steps.paste(source, "BasicBlock", text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"nodes": {"a": {"type": "A"}}, "blocks": {"A": {"params": {}, '
            '"nodes": {"b": {"type": "B"}}}, "B": {"params": {}, "nodes": {"a": {"type": "A"}}}}}',
            "would hold itself. Take it out of itself.",
        ),
        (
            '{"nodes": {"a": {"type": "A"}}, "blocks": {"main": {}}}',
            "none can be named main",
        ),
        ('{"nodes": {"a": {"type": "A"}}, "blocks": 7}', "expected an object of blocks"),
        (
            '{"nodes": {"a": {"type": "A"}}, "blocks": {"A": {"params": {}, "nodes": 3}}}',
            "The clipboard's nodes cannot be read: nodes: expected",
        ),
        (
            '{"nodes": {"a": {"type": "Linear"}}, "blocks": {"Linear": {"params": {}}}}',
            "",
        ),
        (
            '{"nodes": {"a": {"type": "A; import os"}}, "blocks": {}}',
            "The clipboard's nodes cannot be read",
        ),
        (
            '{"nodes": {"a": {"type": "Linear", "params": {"out_features": "k"}}}, '
            '"variables": {"k": {"value": [1, [2]]}}}',
            "",
        ),
    ],
)
def test_a_hostile_text_is_refused_in_words_and_changes_nothing(text: str, words: str) -> None:
    other = _empty()
    before = copy.deepcopy(other.project)
    if words:
        reason = _reason(lambda: steps.paste(other, "main", text, (0, 0)))
        assert words in reason
        assert "Traceback" not in reason
    else:
        other.do(steps.paste(other, "main", text, (0, 0)))
        other.undo()
    assert other.project == before


def test_thousands_of_blocks_inside_one_another_are_refused_in_words() -> None:
    many = 3000
    blocks = {f"B{n}": {"params": {}, "nodes": {"b": {"type": f"B{n + 1}"}}} for n in range(many)}
    text = json.dumps({"nodes": {"a": {"type": "B0"}}, "blocks": blocks})
    other = _empty()
    assert _reason(lambda: steps.paste(other, "main", text, (0, 0))) == (
        "The clipboard's nodes need 3000 blocks; at most 200 come with a paste. "
        "Open the project that they are from instead."
    )


def test_a_whole_project_as_text_is_pasted_with_its_blocks() -> None:
    source, other = _resnet(), _empty()
    whole = replace(source.project, name="Whole")
    _pasted(other, project_text(whole))
    assert check_graph(other.project.graph()).parameters == 11_689_512
