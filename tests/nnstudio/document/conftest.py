"""Small documents that the tests of the document start from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from graph_compiler.model import DataSource, Frame, Network, Node, Project, Variable, Wire
from nnstudio.document.document import Document


@pytest.fixture
def chain() -> Callable[..., Document]:
    """Builds layers wired in a row, named `n0`, `n1`, …, an input of 8 numbers in front."""

    def build(*types: str) -> Document:
        network = Network("main", "Net")
        network.nodes["n0"] = Node("n0", "Input", {"shape": (8,)})
        for index, type in enumerate(types, 1):
            name = f"n{index}"
            network.nodes[name] = Node(name, type, {}, (200.0 * index, 0.0))
            network.wires[Wire(f"n{index - 1}", "output", name, "input")] = None
        return Document(Project("Test", networks={"main": network}))

    return build


@pytest.fixture
def mlp() -> Document:
    """Input, fc1 (units by the variable `hidden`), relu1, fc2, logits; a frame around two."""
    nodes = (
        Node("inputs", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": "2 * hidden"}, (200.0, 0.0)),
        Node("relu1", "ReLU", {}, (400.0, 0.0)),
        Node("fc2", "Linear", {}, (600.0, 0.0)),
        Node("logits", "Output", {}, (800.0, 0.0)),
    )
    names = [node.name for node in nodes]
    network = Network(
        "main",
        "Mlp",
        {node.name: node for node in nodes},
        {Wire(a, "output", b, "input"): None for a, b in pairwise(names)},
        {"body": Frame("body", ("fc1", "relu1"))},
    )
    small = {"hidden": 4, "main/fc1.bias": False, "main/fc2.out_features": "hidden"}
    return Document(
        Project(
            "Test",
            networks={"main": network},
            variables={"hidden": Variable("hidden", 16)},
            variants={"small": small},
            data=DataSource("blobs", {"features": 8, "centers": 10}),
        )
    )
