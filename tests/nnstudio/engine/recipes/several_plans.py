"""Plans with several outputs, for the tests of their recipe and of what is made with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.utils.class_weight import compute_class_weight

from graph_compiler import check_project
from graph_compiler.model import DataSource, Goal, Network, Node, Plan, Project, Stage, Value, Wire
from nnstudio.document.sources import facts, purpose

COLUMNS = (
    ("a", "feature", "number", ()),
    ("b", "feature", "number", ()),
    ("kind", "target", "category", ("left", "middle", "right")),
    ("size", "target", "number", ()),
    ("weight", "target", "number", ()),
)


def table(folder: Path, rows: int = 300) -> DataSource:
    """A class and two numbers that follow from two features."""
    generator = np.random.default_rng(3)
    a, b = generator.normal(size=(2, rows))
    kind = np.select([a < -0.4, a < 0.4], ["left", "middle"], "right")
    shown = {"a": a, "b": b, "kind": kind, "size": 50 + 10 * a - 4 * b, "weight": 3 * b}
    pd.DataFrame(shown).to_csv(folder / "table.csv", index=False)
    return DataSource("csv", {"path": str(folder / "table.csv"), "columns": COLUMNS, "rows": rows})


def heads(
    data: DataSource,
    widths: Mapping[str, int],
    goals: Mapping[str, Goal],
    shape: tuple[int, ...] = (2,),
    ends: Mapping[str, str] | None = None,
    **settings: Value,
) -> Project:
    """A hidden layer, behind it a linear layer for each output, and the layer that `ends` names."""
    nodes = {
        "x": Node("x", "Input", {"shape": shape}),
        "fc": Node("fc", "Linear", {"out_features": 24}),
        "tanh": Node("tanh", "Tanh"),
    }
    wires = [Wire("x", "output", "fc", "input"), Wire("fc", "output", "tanh", "input")]
    for name, width in widths.items():
        nodes[f"{name}_head"] = Node(f"{name}_head", "Linear", {"out_features": width})
        nodes[name] = Node(name, "Output")
        last = f"{name}_head"
        wires.append(Wire("tanh", "output", last, "input"))
        if end := (ends or {}).get(name):
            nodes[f"{name}_end"] = Node(f"{name}_end", end)
            wires.append(Wire(last, "output", f"{name}_end", "input"))
            last = f"{name}_end"
        wires.append(Wire(last, "output", name, "input"))
    return Project(
        name="Heads",
        networks={"main": Network("main", nodes=nodes, wires=dict.fromkeys(wires))},
        data=data,
        plan=Plan((Stage("train", "several_outputs", "main", settings, outputs=goals),)),
    )


def seeing(options: Mapping[str, Value], goals: Mapping[str, Goal], **settings: Value) -> Project:
    """A small U-Net over scenes: a class from below, boxes from there too, a mask from above."""
    data = DataSource("scenes", {"samples": 120, "size": 16, **options})
    known = {one.name: one for one in facts(data, {}).answers}
    layers: dict[str, tuple[str, dict[str, Value], tuple[str, ...]]] = {
        "x": ("Input", {"shape": (3, 16, 16)}, ()),
        "down1": ("Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1}, ("x",)),
        "relu1": ("ReLU", {}, ("down1",)),
        "pool": ("MaxPool2d", {"kernel_size": 2}, ("relu1",)),
        "down2": ("Conv2d", {"out_channels": 16, "kernel_size": 3, "padding": 1}, ("pool",)),
        "relu2": ("ReLU", {}, ("down2",)),
        "flat": ("Flatten", {}, ("relu2",)),
    }
    if "mask" in known:
        layers["up"] = ("Upsample", {"scale_factor": 2}, ("relu2",))
        layers["join"] = ("Concatenate", {"dim": 1}, ("relu1", "up"))
        width = known["mask"].outputs
        layers["see"] = ("Conv2d", {"out_channels": width, "kernel_size": 1}, ("join",))
        layers["mask"] = ("Output", {}, ("see",))
    for name in ("thing", "boxes"):
        if name in known:
            layers[f"{name}_head"] = ("Linear", {"out_features": known[name].outputs}, ("flat",))
            layers[name] = ("Output", {}, (f"{name}_head",))
    wires: dict[Wire, None] = {}
    for name, (_, _, befores) in layers.items():
        for number, before in enumerate(befores, 1):
            port = "input" if len(befores) == 1 else f"input{number}"
            wires[Wire(before, "output", name, port)] = None
    nodes = {name: Node(name, kind, params) for name, (kind, params, _) in layers.items()}
    return Project(
        name="Seeing",
        networks={"main": Network("main", nodes=nodes, wires=wires)},
        data=data,
        plan=Plan((Stage("train", "several_outputs", "main", settings, outputs=goals),)),
    )


def faults(project: Project) -> list[str]:
    """What is wrong with the main network for the project's purpose."""
    report = check_project(project, purpose(project))["main"]
    return [f"{one.place}: {one.expected} / {one.got} / {one.remedy}" for one in report.problems]


def balanced(goals: torch.Tensor, classes: int) -> torch.Tensor:
    """Rows / (classes · rows of the class), as scikit-learn weighs classes."""
    found = compute_class_weight("balanced", classes=np.arange(classes), y=goals.numpy())
    return torch.from_numpy(found).float()
