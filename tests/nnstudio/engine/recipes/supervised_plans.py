"""Supervised plans as the programs that they become, for the tests of their settings."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from graph_compiler import emit
from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Value, Wire
from nnstudio.document.script import train_script
from nnstudio.document.sources import facts
from nnstudio.engine.loading import load_script

SPLIT = (0.8, 0.0, 0.2)


def plan(
    source: str,
    outputs: int = 1,
    hidden: int = 0,
    split: tuple[float, float, float] = SPLIT,
    scale: str = "standard",
    **settings: Value,
) -> Project:
    """A linear network, or one with a hidden layer, over any source."""
    layers: list[tuple[str, str, dict[str, Value]]] = [
        ("x", "Input", {"shape": facts(DataSource(source), {}).shape})
    ]
    if hidden:
        layers += [("fc1", "Linear", {"out_features": hidden}), ("tanh1", "Tanh", {})]
    layers += [("fc", "Linear", {"out_features": outputs}), ("y", "Output", {})]
    nodes = {name: Node(name, type, params) for name, type, params in layers}
    wires = {Wire(a, "output", b, "input"): None for a, b in pairwise(nodes)}
    return Project(
        name="Plan",
        networks={"main": Network("main", nodes=nodes, wires=wires)},
        data=DataSource(source, split=split, scale=scale),
        plan=Plan((Stage("train", "supervised", "main", settings),)),
    )


def written(project: Project, folder: Path) -> Path:
    """The project's `model.py` and `train.py` in a folder, one thread."""
    folder.mkdir(parents=True, exist_ok=True)
    source = emit(project.graph())
    text = train_script(project, source, {"threads": 1, "device": "cpu"})
    (folder / "model.py").write_text(source.text, encoding="utf-8")
    (folder / "train.py").write_text(text, encoding="utf-8")
    return folder


def recipe_of(project: Project, folder: Path, *flags: str) -> Any:
    """The recipe that the project's script builds."""
    script = load_script(written(project, folder))
    return script.build(script.arguments(list(flags)))


def losses(recipe: Any, count: int = 10**9) -> list[float]:
    """The losses of the next steps."""
    return [
        metrics["train_loss"].item()
        for _, metrics in zip(range(count), recipe.steps(), strict=False)
    ]
