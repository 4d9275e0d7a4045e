"""What the inspector tells of nodes: derivations, weights, costs, curves, docs; edits of many."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from graph_compiler.files import project_text
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Project, Variable, Wire
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target
from nnstudio.panels.activation import function_and_slope
from nnstudio.panels.inspector import InspectorPanel
from nnstudio.panels.many_page import shared
from nnstudio.panels.node_docs import example_of
from nnstudio.panels.section import Section

Show = Callable[..., Any]


def section(panel: QWidget, name: str) -> list[tuple[str, str]]:
    """The lines of a section."""
    (found,) = [one for one in panel.findChildren(Section, f"inspector_{name}") if one.isVisible()]
    return found.texts()


def found(panel: QWidget, kind: type, name: str) -> Any:
    """The visible widget of that name."""
    (one,) = [one for one in panel.findChildren(kind, name) if one.isVisible()]
    return one


@pytest.fixture
def images() -> Document:
    """Pictures of 28×28, two convolutions (the first by variables), pooling, dropout, dense."""
    nodes = (
        Node("image", "Input", {"shape": (1, 28, 28)}),
        Node("conv1", "Conv2d", {"out_channels": "width", "kernel_size": "k", "padding": 1}),
        Node("conv2", "Conv2d", {"out_channels": 8, "kernel_size": 5}),
        Node("pool1", "MaxPool2d", {"kernel_size": 2}),
        Node("act1", "LeakyReLU", {"negative_slope": 0.2}),
        Node("drop1", "Dropout", {"p": 0.3}),
        Node("logits", "Output"),
    )
    wires = {Wire(a.name, "output", b.name, "input"): None for a, b in pairwise(nodes)}
    network = Network("main", "Images", {node.name: node for node in nodes}, wires)
    variables = {"width": Variable("width", 4), "k": Variable("k", 3)}
    return Document(Project("Images", networks={"main": network}, variables=variables))


@pytest.fixture
def panel(images: Document, shown: Show) -> InspectorPanel:
    """The inspector of these."""
    made: InspectorPanel = shown(InspectorPanel(images), 300, 1200)
    return made


def test_a_derivation_stands_with_names_and_with_numbers(panel: InspectorPanel) -> None:
    panel.show_nodes("main", ["conv1"])
    lines = [text for text, _ in section(panel, "shape")]
    assert "height: 28 + 2·1 − k + 1 = 31 − k" in lines
    assert "height: 28 + 2·1 − 3 + 1 = 28" in lines
    assert lines.index("height: 28 + 2·1 − 3 + 1 = 28") == 1 + lines.index(
        "height: 28 + 2·1 − k + 1 = 31 − k"
    )
    panel.show_nodes("main", ["conv2"])
    lines = [text for text, _ in section(panel, "shape")]
    assert "width: 28 − 5 + 1 = 24" in lines
    panel.show_nodes("main", ["drop1"])
    assert ("the shape stays as it is", "") in section(panel, "shape")


def test_a_block_is_derived_with_the_values_it_is_called_with(shown: Show) -> None:
    document = Document(load_target("template:resnet@50"))
    panel = shown(InspectorPanel(document), 300, 1200)
    panel.show_nodes("Bottleneck", ["conv2"])
    lines = [text for text, _ in section(panel, "shape")]
    values = document.values("Bottleneck")
    named = [line for line in lines if line.startswith("height") and "stride" in line]
    plain = [line for line in lines if line.startswith("height") and "stride" not in line]
    assert len(named) == len(plain) == 1
    size = int(document.facts("Bottleneck", "conv2").outputs[0].shape[2])
    assert plain[0].endswith(f"= {size}")
    assert "stride" in values


def test_a_dense_layer_of_the_same_shapes_is_compared(panel: InspectorPanel) -> None:
    panel.show_nodes("main", ["conv1"])
    # 1·28·28 inputs, 4·28·28 outputs and offsets; the convolution has 4·1·3·3 + 4.
    inputs, outputs = 28 * 28, 4 * 28 * 28
    needed = torch.nn.Linear(inputs, outputs, device="meta")
    many = sum(weight.numel() for weight in needed.parameters())
    own = sum(weight.numel() for weight in torch.nn.Conv2d(1, 4, 3).parameters())
    spaced = f"{many:,}".replace(",", "\u202f")
    text = found(panel, QLabel, "inspector_dense").text()
    assert text.startswith(f"A dense layer between the same shapes would need {spaced}, ")
    assert f"{round(many / own):,}".replace(",", "\u202f") + " times as many" in text
    panel.show_nodes("main", ["pool1"])
    assert not panel.findChild(QLabel, "inspector_dense").isVisible()


def test_work_memory_and_sight_of_a_node(panel: InspectorPanel) -> None:
    panel.show_nodes("main", ["pool1"])
    cost = dict(section(panel, "cost"))
    assert cost["output of one example"] == "4.5 kB"  # 8·12·12 numbers of 4 bytes
    # 3, then 5 more cells less one, then 2 at distance 1
    assert cost["receptive field"] == "8×8"
    panel.show_nodes("main", ["conv2"])
    cost = dict(section(panel, "cost"))
    assert cost["multiply-accumulates"] == f"{8 * 24 * 24 * 4 * 25:,}".replace(",", "\u202f")
    assert cost["parameters"] == str(8 * 4 * 25 + 8)


CURVED = [(name, layer) for name, layer in layers().items() if layer.curve is not None]


@pytest.mark.parametrize(("name", "layer"), CURVED)
def test_the_slope_is_that_of_torch(name: str, layer: Layer) -> None:
    """Automatic differentiation as the oracle, away from kinks and jumps."""
    given = dict(layer.examples[0].params) if name != "PReLU" else {"init": 0.1}
    params, faults = resolve(given, layer, {})
    assert not faults
    x = np.array([-3.7, -2.3, -1.31, -0.83, -0.17, 0.23, 0.71, 1.37, 2.9])
    module = getattr(torch.nn, name, None)
    if module is None:
        assert name == "Step"
        expected = np.zeros_like(x)
    else:
        made = module(**given).double().eval()
        point = torch.tensor(x, requires_grad=True)
        made(point[None]).sum().backward()
        assert point.grad is not None
        expected = point.grad.numpy()
    assert layer.curve is not None
    _, slope = function_and_slope(lambda values: layer.curve(params, values), x)
    assert np.allclose(slope, expected, atol=1e-5)


def test_the_curve_follows_the_parameters(panel: InspectorPanel, images: Document) -> None:
    panel.show_nodes("main", ["act1"])
    picture = panel._node._picture
    (_, x, y), _ = picture._curves
    assert np.allclose(y[x < 0], 0.2 * x[x < 0])
    panel._set_param("negative_slope", 0.5, "")
    (_, x, y), _ = picture._curves
    assert np.allclose(y[x < 0], 0.5 * x[x < 0])


def test_all_is_reset_in_one_step(panel: InspectorPanel, images: Document, qtbot: QtBot) -> None:
    panel.show_nodes("main", ["conv1"])
    before = project_text(images.project)
    button = found(panel, QPushButton, "inspector_reset_all")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert images.network().nodes["conv1"].params == {}
    assert images.undo_text == "Reset conv1"
    assert not button.isVisible()
    images.undo()
    assert project_text(images.project) == before


def test_the_path_is_copied(panel: InspectorPanel, qtbot: QtBot) -> None:
    panel.show_nodes("main", ["conv1"])
    button = found(panel, QToolButton, "inspector_copy_path")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "conv1"
    panel.show_way("stage1/blocks")
    assert button.toolTip() == "Copy the path stage1/blocks/conv1"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "stage1/blocks/conv1"


def test_the_docs_unfold_in_place_and_lead_to_the_page(panel: InspectorPanel, qtbot: QtBot) -> None:
    panel.show_nodes("main", ["conv2"])
    asked: list[str] = []
    panel.page_requested.connect(asked.append)
    page = panel.findChild(QPushButton, "inspector_docs_page")
    assert not page.isVisible()
    fold = found(panel, QPushButton, "inspector_docs_fold")
    qtbot.mouseClick(fold, Qt.MouseButton.LeftButton)
    params = [text for text, _ in section(panel, "docs_params")]
    assert [text.split(":")[0] for text in params] == [
        param.title for param in layers()["Conv2d"].params
    ]
    assert params[1].startswith("filters: number of filters, one map each; at least 1")
    assert section(panel, "docs_example")[0][0].startswith("N×")
    qtbot.mouseClick(page, Qt.MouseButton.LeftButton)
    assert asked == ["Conv2d"]


def test_every_layer_with_an_example_has_it_worked_out() -> None:
    told = {name: example_of(layer) for name, layer in layers().items() if layer.examples}
    assert told["Linear"].startswith("N×")
    missing = [name for name, text in told.items() if "→" not in text]
    assert missing == [
        name for name in missing if not layers()[name].inputs or not layers()[name].outputs
    ]


def test_different_layers_share_what_means_the_same(images: Document) -> None:
    nodes = images.network().nodes
    both = shared(images.types, [nodes["conv2"], nodes["pool1"]])
    assert [param.name for param in both] == ["kernel_size", "stride", "dilation"]
    assert shared(images.types, [nodes["conv2"], nodes["drop1"]]) == ()


def test_differing_numbers_are_moved_together_in_one_step(
    panel: InspectorPanel, images: Document, qtbot: QtBot
) -> None:
    images.do(steps.set_param(images, "main", "conv1", "kernel_size", 3))
    panel.show_nodes("main", ["conv1", "conv2", "pool1"])
    before = project_text(images.project)
    row = panel._form.row("kernel_size")
    assert row.field.placeholderText() == "several values"
    start = QPoint(5, 5)
    qtbot.mousePress(row.label, Qt.MouseButton.LeftButton, pos=start)
    for x in (5, 8, 4):
        qtbot.mouseMove(row.label, start + QPoint(x, 0))
    qtbot.mouseRelease(row.label, Qt.MouseButton.LeftButton, pos=start)
    nodes = images.network().nodes
    sizes = [nodes[name].params.get("kernel_size", 3) for name in ("conv1", "conv2", "pool1")]
    assert sizes == [4, 6, 3]
    assert images.undo_text == "Set kernel size of 3 nodes"
    images.undo()
    assert project_text(images.project) == before


def test_what_is_no_number_is_not_moved(panel: InspectorPanel, images: Document) -> None:
    panel.show_nodes("main", ["conv1", "conv2"])
    before = project_text(images.project)
    panel._form.value_nudged.emit("kernel_size", 2.0, "scrub-x")
    assert project_text(images.project) == before
    assert panel._form.row("kernel_size").error.text() == (
        "kernel of conv1 is no number. Give the nodes numbers first."
    )


def test_one_value_for_layers_of_different_kinds(
    panel: InspectorPanel, images: Document, qtbot: QtBot
) -> None:
    panel.show_nodes("main", ["conv2", "pool1"])
    field = panel._form.row("stride").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "k - 1")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    nodes = images.network().nodes
    assert [nodes[name].params["stride"] for name in ("conv2", "pool1")] == ["k - 1"] * 2
    assert field.aside == "= 2"
    images.undo()
    assert "stride" not in images.network().nodes["conv2"].params
