"""What a run has learned, ready to be used: its networks with their weights, on the CPU.

Owns which weights are meant (the best, the last, a kept checkpoint, a file) and that nothing of a
run is executed that is not trusted. No data are read and nothing is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from graph_compiler.files import ProjectError
from graph_compiler.model import Project
from nnstudio.document.planned import network_keys, planned_source
from nnstudio.engine import checkpoints
from nnstudio.engine.checkpoints import BEST, Checkpoint, CheckpointError
from nnstudio.engine.fitted import kept_fitted
from nnstudio.engine.loading import load_script
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.parts.weights import weights_in
from nnstudio.runs.layout import (
    CHECKPOINTS,
    MAP,
    MODEL,
    PROJECT,
    SCRIPT,
    RunError,
)
from nnstudio.runs.trust import project_of_run, require_of_run


@dataclass(frozen=True, slots=True)
class Trained:
    """A run's networks as they were at some step."""

    project: Project
    script: ModuleType
    """The run's `train.py`."""
    networks: dict[str, nn.Module]
    """By their names in the recipe (`main` where there is one), in evaluation mode, on the CPU."""
    fitted: dict[str, Any]
    """What was fitted on the training part, as `fitted.json` holds it; empty where nothing was."""
    step: int
    """Steps done before; -1 for a file that does not say it."""
    stage: int = 0
    """The stage of the plan that was at work, from 0."""
    note: str = ""
    """A sentence where not exactly the weights that were asked for could be read."""

    @property
    def network(self) -> nn.Module:
        """The network of a run that has one, or that of the stage."""
        if len(self.networks) == 1:
            return next(iter(self.networks.values()))
        wanted = self.project.plan.stages[self.stage].network
        keys = {name: key for key, name in network_keys(self.project).items()}
        return self.networks[keys[wanted]]


def load_trained(run: Path, weights: str = "best") -> Trained:
    """The networks of the run at `run`; raises `RunError`, and `TrustNeeded`, which is one.

    `weights` is `best`, `last`, the name or step of a kept checkpoint, or a file of weights.
    """
    run = Path(run)
    for name in (PROJECT, MODEL, SCRIPT, MAP):
        if not (run / name).is_file():
            raise _broken(run, name, "a file of the run", "nothing under this name")
    try:
        project = project_of_run(run)
    except ProjectError as error:
        raise RunError(f"{run.name}/{PROJECT}", error.expected, error.got, error.remedy) from error
    require_of_run(run)
    try:
        nodes = NodeMap.of_run(run)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _broken(run, MAP, "the places of the nodes", "something else") from error
    script, networks = _built(run, project)
    found, note = _weights(run, weights, nodes)
    stage = 0
    if isinstance(found, Checkpoint):
        stage = _stage(found, project)
        state = {**found.state["networks"], **_averages(found, project, stage)}
        step = found.step
    else:
        state, step = {next(iter(networks)): found}, -1
    for name, network in networks.items():
        if name not in state:
            raise _misfit(run, weights)
        try:
            network.load_state_dict(state[name])
        except (RuntimeError, TypeError, AttributeError) as error:
            raise _misfit(run, weights) from error
        network.eval()
    return Trained(project, script, networks, kept_fitted(run), step, stage, note)


def _built(run: Path, project: Project) -> tuple[ModuleType, dict[str, nn.Module]]:
    """The script, and the plan's networks with any weights."""
    try:
        script = load_script(run)
        source = planned_source(project)
        classes = {one.__name__: one for one in vars(script).values() if _is_network(one)}
        with torch.random.fork_rng(devices=[]):
            networks: dict[str, nn.Module] = {
                key: classes[source.networks[name].class_name]()
                for key, name in network_keys(project).items()
            }
    except SyntaxError as error:
        name = Path(error.filename or SCRIPT).name
        raise _broken(run, name, "the Python that the run began with", "broken text") from error
    except Exception as error:  # whatever the run's text does
        got = f"{type(error).__name__}: {error}"
        raise _broken(run, MODEL, "networks that can be built", got) from error
    return script, networks


def _is_network(value: Any) -> bool:
    """Whether something in the script is a class of the run's `model.py`."""
    return isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == "model"


def _weights(
    run: Path, wanted: str, nodes: NodeMap
) -> tuple[Checkpoint | dict[str, torch.Tensor], str]:
    """A checkpoint, or the tensors of a file; and what was wrong with a newer one."""
    folder = run / CHECKPOINTS
    if wanted == "last":
        found, fault = checkpoints.newest(folder, nodes)
        if found is None:
            raise _none(run, fault)
        return found, f"{fault} Step {found.step} was taken." if fault else ""
    if (path := _kept(folder, wanted)) is not None:
        try:
            return checkpoints.load(path, nodes), ""
        except CheckpointError as error:
            where, _, rest = str(error).partition(": expected ")
            expected, _, rest = rest.partition(", got ")
            got, _, _ = rest.partition(". ")
            raise RunError(where, expected, got, "Choose other weights.") from error
    if wanted == BEST.removesuffix(".safetensors"):
        raise _none(run)
    return _of_file(Path(wanted), nodes), ""


def _kept(folder: Path, wanted: str) -> Path | None:
    """The file of a checkpoint by its name, with or without ending, or its step."""
    names = [wanted, f"{wanted}.safetensors"]
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= 16:
        names.append(f"step-{int(wanted):09d}.safetensors")
    for name in names:
        if Path(name).name == name and (folder / name).is_file():
            return folder / name
    return None


def _of_file(path: Path, nodes: NodeMap) -> Checkpoint | dict[str, torch.Tensor]:
    """A checkpoint from elsewhere, or the state dict that a script or torch saved."""
    if not path.is_file():
        raise RunError(
            f"weights {path.name}",
            "best, last, a kept checkpoint or a file",
            "no such file",
            "Choose one of those.",
        )
    try:
        return checkpoints.load(path, nodes)
    except CheckpointError:
        pass
    try:
        return weights_in(str(path))
    except (OSError, SafetensorError, ValueError, RuntimeError, EOFError, LookupError) as error:
        raise RunError(
            f"weights {path.name}", "weights by name", "another file", "Choose another file."
        ) from error
    except Exception as error:  # torch refuses what it would have to unpickle in its own ways
        raise RunError(
            f"weights {path.name}", "tensors alone", "something else", "Choose another file."
        ) from error


def _stage(found: Checkpoint, project: Project) -> int:
    """The plan's stage that the weights come from; the best ones do not say it."""
    last = len(project.plan.stages) - 1
    recipe = found.state.get("recipe")
    stage = recipe.get("stage", 0) if isinstance(recipe, dict) else last
    return stage if isinstance(stage, int) and 0 <= stage <= last else last


def _averages(
    found: Checkpoint, project: Project, stage: int
) -> dict[str, dict[str, torch.Tensor]]:
    """The running average of a network's weights in its place, where the recipe keeps one."""
    state = found.state.get("recipe", {})
    state = state.get("running", state)
    average = state.get("average")
    if not isinstance(average, dict):
        return {}
    keys = {name: key for key, name in network_keys(project).items()}
    key = keys.get(project.plan.stages[stage].network, next(iter(keys.values())))
    return {
        key: {
            name.removeprefix("module."): tensor
            for name, tensor in average.items()
            if name.startswith("module.")
        }
    }


def _broken(run: Path, name: str, expected: str, got: str) -> RunError:
    return RunError(f"{run.name}/{name}", expected, got, "Copy the run anew.")


def _misfit(run: Path, weights: str) -> RunError:
    return RunError(
        f"{run.name}: weights {Path(weights).name}",
        "the weights of its networks",
        "others",
        "Choose weights of this run.",
    )


def _none(run: Path, fault: str = "") -> RunError:
    if fault:
        return RunError(
            f"{run.name}/{CHECKPOINTS}",
            "a checkpoint that can be read",
            "none",
            "Copy the run anew, or train it anew.",
        )
    return RunError(
        f"{run.name}", "a run with a checkpoint", "one without", "Let it train for an epoch first."
    )
