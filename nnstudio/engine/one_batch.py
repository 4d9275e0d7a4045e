"""A network of a project made ready for one batch of the first stage that trains it.

Owns what every look at a single step begins with: the network, the first rows of its data, its
loss, or the stage's own step; the looks themselves are `probe` and `timing`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from nnstudio.document.planned import MAIN
from nnstudio.engine import checkpoints, matching
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.one_step import own_step
from nnstudio.runs.trust import require

if TYPE_CHECKING:
    from graph_compiler.model import Project, Stage

MOST_ROWS = 4096

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


Step = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class OneBatch:
    """What one step of training is made of."""

    network: nn.Module
    nodes: NodeMap
    inputs: torch.Tensor
    targets: torch.Tensor
    loss: Loss | None
    """None where the recipe has no loss of its own: the network alone is looked at then."""
    entries: tuple[str, ...]
    """The names of the nodes through which the data enters."""
    matched: matching.Matched | None
    """What became of the weights that were asked for; None where none were."""
    step: Step | None = None
    """Does the stage's own step up to the change of the network, where rows and loss alone are
    not all of it; calls what it is given where that step changes another network first."""
    note: str = ""
    """What a person must know of the batch, in a sentence."""


class NoBatchError(ValueError):
    """No batch passes through the network; the text is for people."""


@contextmanager
def one_batch(
    text: str, weights: str | None, rows: int, device: str = "cpu", network: str = ""
) -> Iterator[OneBatch]:
    """One batch of the project in `text`, of `rows` rows, for the drawing named `network`.

    Without a name it is the first that is trained. `weights` is a run's checkpoint; weights of
    nodes that have other paths or shapes now stay as they are at the start. The project's Python
    must be trusted.
    """
    from graph_compiler import parse_project
    from nnstudio.document.planned import network_keys, planned_source
    from nnstudio.document.script import train_script
    from nnstudio.document.shipped import shipped_texts

    whole = parse_project(text, "project")
    require(whole)
    drawing = network or next(iter(network_keys(whole).values()))
    project = _with_stage_of(whole, drawing, rows)
    source = planned_source(project)
    key = _key_of(project, drawing)
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as made:
        folder = Path(made)
        (folder / "model.py").write_text(source.text, encoding="utf-8")
        script_text = train_script(project, source, {"device": device})
        (folder / "train.py").write_text(script_text, encoding="utf-8")
        for name, shipped in shipped_texts(project.data).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(shipped, encoding="utf-8", newline="\n")
        script = load_script(folder)
        own = source.networks[drawing]
        modules = own.modules if len(network_keys(project)) > 1 else source.modules
        file = str(folder / "model.py")
        nodes = NodeMap(modules, source.parts.get(drawing, source.spans), file, source.parts)
        threads = torch.get_num_threads()
        recipe = script.build(script.arguments([]))
        torch.set_num_threads(threads)
        # Looked at is what the stage does; what goes from stage to stage is not wanted.
        recipe = getattr(recipe, "running", recipe)
        looked_at = recipe.networks[key]
        part = recipe.data.train
        count = max(1, min(rows, len(part.inputs), MOST_ROWS))
        drawn = project.networks[drawing].nodes.values()
        entries = tuple(node.name for node in drawn if node.type == "Input")
        yield OneBatch(
            looked_at,
            nodes,
            part.inputs[:count],
            part.targets[:count],
            getattr(recipe, "loss", None),
            entries,
            _matched(looked_at, nodes, weights, whole, drawing) if weights else None,
            _step(recipe, looked_at, len(entries)),
            _note(project.plan.stages[0], drawing),
        )


def _with_stage_of(project: Project, drawing: str, rows: int) -> Project:
    """The project with the first stage alone that trains a drawing, on batches of so many rows."""
    from nnstudio.document.recipes import networks_of, recipes

    for stage in project.plan.stages:
        if drawing in networks_of(stage).values():
            known = {one.name for one in recipes()[stage.recipe].settings}
            size = {"batch_size": max(1, min(rows, MOST_ROWS))} if "batch_size" in known else {}
            alone = replace(stage, settings={**stage.settings, **size}, weights="")
            return replace(project, plan=replace(project.plan, stages=(alone,)))
    raise NoBatchError(
        f"“{drawing}” is trained by no stage of the plan, so no batch passes through it. "
        "Choose it as the network of a stage, or look at another drawing."
    )


def _key_of(project: Project, drawing: str) -> str:
    """What a recipe calls a drawing."""
    from nnstudio.document.planned import network_keys

    return next(key for key, name in network_keys(project).items() if name == drawing)


def _matched(
    network: nn.Module, nodes: NodeMap, weights: str, project: Project, drawing: str
) -> matching.Matched:
    """Put the weights of a run into the network; those of its other networks are left alone."""
    key = _key_of(project, drawing)
    kept = checkpoints.weights(Path(weights), "" if key == MAIN else key)
    return matching.take(network, nodes, kept)


def _step(recipe: Any, network: nn.Module, entries: int) -> Step | None:
    """The recipe's own step, where a row put through the network is not what it learns from."""
    simple = len(recipe.networks) == 1 and entries <= 1
    moves = bool(recipe.optimizers) and hasattr(recipe, "batch_loss")
    if not moves or (simple and hasattr(recipe, "loss")):
        return None
    return lambda begin_again: own_step(recipe, network, begin_again)


def _note(stage: Stage, drawing: str) -> str:
    """Where the batch of a network comes from that learns together with another."""
    from nnstudio.document.recipes import networks_of, recipes

    playing = networks_of(stage)
    for maker, taker in recipes()[stage.recipe].feeds.items():
        if playing[maker] == drawing:
            return (
                f"“{drawing}” has no data of its own: its batch is noise, and its loss is what "
                f"“{playing[taker]}” says of what it makes."
            )
        if playing[taker] == drawing:
            return (
                f"“{drawing}” is shown rows of the data, and as many that “{playing[maker]}” makes."
            )
    return ""
