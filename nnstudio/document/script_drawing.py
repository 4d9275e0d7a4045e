"""What a script has to know of the drawings: shapes of inputs, paths of layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph_compiler.blocks import ends_out
from graph_compiler.goals import Learned, learned_by
from graph_compiler.losses import INDEXED, reading
from graph_compiler.model import Goal, Project, Stage
from graph_compiler.registry import layers
from graph_compiler.resolve import environment, value_of
from graph_compiler.source import Source
from nnstudio.document.goals import loss_settings
from nnstudio.document.recipes import SettingsError, networks_of, recipes
from nnstudio.document.sources import facts

LONGEST = 40
"""Letters of an output's name that what is measured at it begins with."""


def drawing_constants(project: Project, stage: Stage) -> dict[str, Any]:
    """The constants that a recipe's table asks for in `shapes`: constant to a network's role."""
    networks, recipe = networks_of(stage), recipes()[stage.recipe]
    found: dict[str, Any] = {
        constant: input_shape(project, networks[role]) for constant, role in recipe.shapes.items()
    }
    if recipe.output == "several":
        goals = goal_constants(project, stage)
        names = measured_as(goals["OUTPUTS"])
        for name, table in goals.items():
            if isinstance(table, dict):
                goals[name] = {names[output]: one for output, one in table.items()}
        found |= goals
    return found


def goal_constants(project: Project, stage: Stage) -> dict[str, Any]:
    """What each output of the stage's network learns; raises `Mismatch` and `SettingsError`."""
    names = ends_out(project.networks[stage.network])
    data = facts(project.data, project.variables)
    found, faults = learned_by(names, stage.outputs, data)
    for fault in faults.values():
        raise fault
    read = {name: reading(one.loss, one.kind) for name, one in found.items()}
    return {
        "OUTPUTS": {n: (_columns(one), one.loss, one.weight) for n, one in found.items()},
        "LOSSES": tuple(dict.fromkeys(one.loss for one in found.values())),
        "READ": read,
        "READINGS": tuple(dict.fromkeys(read.values())),
        "ALONE": len(found) == 1,
        "MASKED": any(len(one.places) == 2 for one in found.values()),
        "WEIGHTED": {n: one.count for n, one in found.items() if one.class_weights == "balanced"},
        "ONE_HOT": {
            name: one.count
            for name, one in found.items()
            if read[name] == "largest" and one.loss not in INDEXED
        },
        **_tuned(stage, found),
    }


def _tuned(stage: Stage, found: Mapping[str, Learned]) -> dict[str, Any]:
    """The settings of the outputs' losses; a switch that is off is left out."""
    tuned: dict[str, dict[str, float]] = {}
    for name, one in found.items():
        values, faults = loss_settings(one, stage.outputs.get(name, Goal()))
        if faults:
            raise SettingsError(f"{stage.name}.{name}", faults)
        if own := {key: value for key, value in values.items() if value}:
            tuned[name] = own
    smoothed = any("label_smoothing" in own for own in tuned.values())
    return {"TUNED": tuned, "SMOOTHED": smoothed}


def measured_as(outputs: Iterable[str]) -> dict[str, str]:
    """Output to its name in the names of what is measured, which are short and in small letters."""
    found: dict[str, str] = {}
    for output in outputs:
        name = short = output.lower()[:LONGEST]
        number = 2
        while name in found.values():
            name, number = f"{short}_{number}", number + 1
        found[output] = name
    return found


def _columns(one: Learned) -> list[int]:
    """Places of an output's targets; of a mask beside others the first of its pixels."""
    return list(one.columns[:1] if one.places else one.columns)


def input_shape(project: Project, network: str) -> tuple[int, ...]:
    """The shape of one example that a network's first input takes."""
    (param,) = [one for one in layers()["Input"].params if one.name == "shape"]
    nodes = project.networks[network].nodes.values()
    node = next(one for one in nodes if one.type == "Input")
    env = environment(project.variables)
    return tuple(value_of(param, node.params.get("shape", param.default), env))


def with_modules(stage: Stage, values: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The settings' values, with the paths of modules where a setting names a node."""
    modules = source.networks[stage.network].modules
    nodes = recipes()[stage.recipe].nodes
    return {n: modules.get(one, one) if n in nodes else one for n, one in values.items()}
