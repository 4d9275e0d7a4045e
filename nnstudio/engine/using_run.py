"""A run that is to be used: its networks, what its data look like, and what was fitted for them.

Owns the last few runs that were opened, so that the next question costs no reading: a run is read
anew as soon as its weights on the disk are others.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from graph_compiler.model import DataFacts, Stage
from nnstudio.document.recipes import RecipeSpec, networks_of, recipes, settings_and_faults
from nnstudio.document.sources import DataError, SourceSpec, facts, source_options, sources
from nnstudio.engine import checkpoints
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.trained import Trained, load_trained
from nnstudio.runs.layout import CHECKPOINTS

KEPT = 2
"""Runs that stay in memory."""


class CannotUse(ValueError):
    """Something that cannot be answered, in words for people: `<place>: expected …, got …. …`"""


@dataclass(frozen=True, slots=True)
class InUse:
    """A run with one of its sets of weights."""

    run: Path
    weights: str
    trained: Trained
    stage: Stage
    """The stage that says what the networks are good for."""
    recipe: RecipeSpec
    settings: dict[str, Any]
    source: SourceSpec
    options: dict[str, Any]
    facts: DataFacts

    @property
    def network(self) -> nn.Module:
        """The first network of the stage."""
        return self.played(self.recipe.networks[0])

    def played(self, role: str) -> nn.Module:
        """The network that plays a role of the stage's recipe."""
        networks = self.trained.networks
        name = networks_of(self.stage)[role]
        for key in (role, name):
            if key in networks:
                return networks[key]
        return next(iter(networks.values()))

    @property
    def fitted(self) -> dict[str, Any]:
        """What was fitted on the training part."""
        return self.trained.fitted


def opened(run: Path, weights: str) -> InUse:
    """The run with these weights; raises `CannotUse` and `RunError`."""
    key = (str(run), weights, _stamp(run))
    for place, (known, one) in enumerate(_opened):
        if known == key:
            _opened.append(_opened.pop(place))
            return one
    one = _open(run, weights)
    _opened.append((key, one))
    del _opened[:-KEPT]
    return one


_opened: list[tuple[tuple[Any, ...], InUse]] = []


def _open(run: Path, weights: str) -> InUse:
    trained = load_trained(run, weights)
    project = trained.project
    stage = project.plan.stages[-1]
    recipe, source = recipes().get(stage.recipe), sources().get(project.data.source)
    if recipe is None or source is None:
        missing = stage.recipe if recipe is None else project.data.source
        raise CannotUse(
            f"{run.name}: expected a recipe and data that this program knows, got "
            f"{ascii(missing)[:60]}. Open it with the program that made it."
        )
    settings, _ = settings_and_faults(stage, project.variables)
    try:
        known = facts(project.data, project.variables)
        options = {**project.data.options, **source_options(project.data, project.variables)}
    except DataError as error:
        raise CannotUse(f"{run.name}: {error}") from error
    return InUse(run, weights, trained, stage, recipe, settings, source, options, known)


def kept_state(one: InUse) -> dict[str, Any]:
    """What the recipe kept of itself in the newest checkpoint, such as its words."""
    found, _ = checkpoints.newest(one.run / CHECKPOINTS, NodeMap({}, {}, ""))
    state = found.state.get("recipe", {}) if found is not None else {}
    running = state.get("running", state)
    return running if isinstance(running, dict) else {}


def steadily(one: InUse, seed: int | None, job: Callable[[], Any]) -> Any:
    """Do `job` without gradients, with the random numbers of a seed or with fresh ones.

    The generators of this process are afterwards as they were.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        if seed is None:
            torch.seed()
        else:
            torch.manual_seed(seed)
        return job()


def _stamp(run: Path) -> tuple[Any, ...]:
    """Changes with every checkpoint that is written or taken away."""
    found = []
    for path in sorted((run / CHECKPOINTS).glob("*.safetensors")):
        with suppress(OSError):  # it has just given way for another
            found.append((path.name, path.stat().st_mtime_ns))
    return tuple(found)
