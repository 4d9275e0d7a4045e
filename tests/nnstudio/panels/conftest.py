"""A small document for the panels; panels are shown, disposed of and checked for leftovers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.model import DataSource, Network, Node, Project, Variable, Wire
from nnstudio.document.document import Document
from nnstudio.theme import style


@pytest.fixture
def document() -> Document:
    """Input, fc1 (units by the variable `hidden`), relu1, fc2, logits on blobs."""
    nodes = (
        Node("inputs", "Input", {"shape": (8,)}, (0.0, 0.0)),
        Node("fc1", "Linear", {"out_features": "2 * hidden"}, (200.0, 0.0)),
        Node("relu1", "ReLU", {}, (400.0, 0.0)),
        Node("fc2", "Linear", {}, (600.0, 0.0)),
        Node("logits", "Output", {}, (800.0, 0.0)),
    )
    network = Network(
        "main",
        "Mlp",
        {node.name: node for node in nodes},
        {Wire(a.name, "output", b.name, "input"): None for a, b in pairwise(nodes)},
    )
    return Document(
        Project(
            "Test",
            networks={"main": network},
            variables={"hidden": Variable("hidden", 16)},
            data=DataSource("blobs", {"features": 8, "centers": 10}),
        )
    )


@pytest.fixture
def shown(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[..., Any]]:
    """Shows a panel at a width; disposes of it at the end and checks that nobody listens."""
    style.apply(qapp)
    panels: list[QWidget] = []

    def show(panel: QWidget, width: int = 260, height: int = 700) -> QWidget:
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.show()
        qtbot.waitExposed(panel)
        panel.activateWindow()
        qapp.processEvents()
        panels.append(panel)
        return panel

    yield show
    for panel in panels:
        if hasattr(panel, "dispose"):
            panel.dispose()
            panel.dispose()
            document = getattr(panel, "_document", None)
            assert document is None or document.listener_count == 0
