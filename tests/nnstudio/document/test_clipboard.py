"""Copy gives a text that a person can read; paste takes it back, mended, typed, or hostile."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_compiler.files import project_text
from graph_compiler.model import Network, Project, Wire
from nnstudio.document import steps
from nnstudio.document.clipboard import copy_text, read_text
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused


def test_the_text_is_readable(mlp: Document) -> None:
    assert copy_text(mlp, "main", ["relu1", "fc1"]) == (
        "{\n"
        '  "nodes": {\n'
        '    "fc1": {"type": "Linear", "params": {"out_features": "2 * hidden"}, "at": [200, 0]},\n'
        '    "relu1": {"type": "ReLU", "at": [400, 0]}\n'
        "  },\n"
        '  "wires": [\n'
        '    "fc1.output -> relu1.input"\n'
        "  ],\n"
        '  "frames": {\n'
        '    "body": {"nodes": ["fc1", "relu1"]}\n'
        "  },\n"
        '  "variables": {\n'
        '    "hidden": {"value": 16}\n'
        "  }\n"
        "}\n"
    )


def test_paste_renames_on_clash_and_keeps_wires_and_frames(mlp: Document) -> None:
    text = copy_text(mlp, "main", ["fc1", "relu1"])
    mlp.do(steps.paste(mlp, "main", text, (50, 300)))
    network = mlp.network()
    assert network.nodes["fc3"].at == (50.0, 300.0)
    assert network.nodes["relu2"].at == (250.0, 300.0)
    assert Wire("fc3", "output", "relu2", "input") in network.wires
    assert network.frames["body1"].nodes == ("fc3", "relu2")
    assert mlp.undo_text == "Paste 2 nodes"


def test_paste_without_a_place_stands_a_little_off_each_time(mlp: Document) -> None:
    text = copy_text(mlp, "main", ["fc2"])
    for _ in range(2):
        mlp.do(steps.paste(mlp, "main", text))
    assert mlp.network().nodes["fc3"].at == (632.0, 32.0)
    assert mlp.network().nodes["fc4"].at == (664.0, 64.0)


def test_into_another_document_names_stay(mlp: Document) -> None:
    text = copy_text(mlp, "main", ["fc2", "logits"])
    other = Document(Project("Other", networks={"main": Network("main")}))
    other.do(steps.paste(other, "main", text, (0, 0)))
    assert list(other.network().nodes) == ["fc2", "logits"]


def test_duplicate(mlp: Document) -> None:
    mlp.do(steps.duplicate(mlp, "main", ["fc1", "relu1"]))
    assert Wire("fc3", "output", "relu2", "input") in mlp.network().wires
    assert mlp.undo_text == "Duplicate 2 nodes"
    with pytest.raises(Refused, match="There is nothing to duplicate"):
        steps.duplicate(mlp, "main", [])


def test_a_typed_text(mlp: Document) -> None:
    nodes = '{"a": {"type": "ReLU"}, "b": {"type": "Tanh"}}'
    text = f'{{"nodes": {nodes}, "wires": ["a.output -> b.input"]}}'
    mlp.do(steps.paste(mlp, "main", text, (0, 0)))
    assert {"a", "b"} <= set(mlp.network().nodes)


def test_a_whole_project_file(mlp: Document) -> None:
    other = Document(Project("Other", networks={"main": Network("main")}))
    other.do(steps.paste(other, "main", project_text(mlp.project), (0, 0)))
    assert list(other.network().nodes) == list(mlp.network().nodes)


EXAMPLE = '{"nodes": {"relu1": {"type": "ReLU"}}, "wires": []}'


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", "The clipboard holds no nodes: expected "),
        ("hello", "The clipboard holds no nodes: expected "),
        ("[]", f"The clipboard holds no nodes. Copy nodes, or a text such as {EXAMPLE}."),
        (
            '{"nodes": {}}',
            f"The clipboard holds no nodes. Copy nodes, or a text such as {EXAMPLE}.",
        ),
        (
            '{"nodes": {"a": {"type": "ReLU", "type": "x"}}}',
            "The clipboard holds no nodes: expected ",
        ),
        (
            '{"nodes": {"a": {"type": "ReLU", "at": [NaN, 0]}}}',
            "The clipboard holds no nodes: expected ",
        ),
        ('{"nodes": {"a b": {"type": "ReLU"}}}', "The clipboard's nodes cannot be read: nodes.a b"),
        ('{"nodes": {"a": {"kind": "ReLU"}}}', "The clipboard's nodes cannot be read: nodes.a"),
        (
            '{"nodes": {"a": {"type": "ReLU"}}, "wires": ["a.output -> b.input"]}',
            "The clipboard's nodes cannot be read: wires.0: expected the names of two nodes",
        ),
        ("[" * 100_000, "The clipboard holds no nodes: expected "),
        (
            '{"nodes": {"a": {"type": "ReLU", "params": {"p": {}}}}}',
            "The clipboard's nodes cannot be read",
        ),
    ],
)
def test_any_other_text_gets_one_clear_refusal(mlp: Document, text: str, start: str) -> None:
    before = project_text(mlp.project)
    with pytest.raises(Refused) as refused:
        steps.paste(mlp, "main", text)
    assert refused.value.reason.startswith(start)
    assert "\n" not in refused.value.reason
    assert project_text(mlp.project) == before


@given(
    st.text(max_size=60)
    | st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["nodes", "wires", "frames", "blocks", "variables", "type", "params", "a"]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    ).map(json.dumps)
)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        network = read_text(text).network
    except Refused as refused:
        reason = refused.reason
    else:
        reason = ""
        assert network.nodes
    assert reason or text


def test_an_unknown_layer_is_pasted_and_told_of(mlp: Document) -> None:
    mlp.do(steps.paste(mlp, "main", '{"nodes": {"a": {"type": "FromTheFuture"}}}', (0, 0)))
    assert any(problem.node == "a" for problem in mlp.report().problems)
