"""What each output of a stage's network learns, as rows of a form and as edits of them.

Owns the names of those rows, `kind.loss` for the loss of the output `kind`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from graph_compiler.blocks import ends_out
from graph_compiler.goals import Learned, learned_by
from graph_compiler.layer import Choice, Float, Mismatch, Param, Text
from graph_compiler.losses import CLASSES, fitting_losses
from graph_compiler.model import DataFacts, Goal, Project, Stage, Value
from graph_compiler.resolve import environment, value_of
from nnstudio.document.edits import Refused
from nnstudio.document.folding import holds
from nnstudio.document.recipes import evaluated, recipes
from nnstudio.document.sources import DataError, facts
from nnstudio.document.tables import params, tables
from nnstudio.document.values import checked

WEIGHTS = "class_weights"
"""The one setting of a loss that asks for classes among the targets."""


def has_goals(stage: Stage) -> bool:
    """Whether the stage's recipe learns at several outputs, each on its own."""
    recipe = recipes().get(stage.recipe)
    return recipe is not None and recipe.output == "several"


def outputs_of(project: Project, stage: Stage) -> tuple[str, ...]:
    """The outputs of the stage's network, in the order of what it gives."""
    network = project.networks.get(stage.network)
    return ends_out(network) if network is not None else ()


def loss_params(loss: str) -> tuple[Param, ...]:
    """The settings that a loss has, as recipes with a single output have them."""
    return tuple(param for param, when in _declared() if holds(when, {"loss": loss}))


@cache
def _declared() -> tuple[tuple[Param, str], ...]:
    """Every setting of a loss, and with which losses it has an effect."""
    rows = tables("parts", "SETTINGS")["losses"]["settings"]
    found = zip(params(rows), rows, strict=True)
    return tuple((param, row["when"]) for param, row in found if param.name != "loss")


def loss_settings(one: Learned, goal: Goal) -> tuple[dict[str, Any], tuple[Mismatch, ...]]:
    """The numbers that an output's loss is computed with, and all faults among them."""
    known = tuple(param for param in loss_params(one.loss) if param.name != WEIGHTS)
    names = {param.name for param, _ in _declared()}
    # What another loss would ask for waits until that one is chosen again.
    given = {n: v for n, v in goal.settings.items() if n not in names or _has(known, n)}
    return evaluated(known, given, {})


def goal_params(project: Project, stage: Stage) -> tuple[Param, ...]:
    """The rows of each output, where the stage's recipe asks for them."""
    if not has_goals(stage):
        return ()
    found: list[Param] = []
    by_targets, data = _by_targets(project, stage), _facts(project)
    listed = ", ".join(one.name for one in data.answers) if data is not None else ""
    for name in outputs_of(project, stage):
        goal, one = stage.outputs.get(name, Goal()), by_targets.get(name)
        losses = fitting_losses(one.kind, one.count, one.places) if one is not None else ()
        if goal.loss and goal.loss not in losses:
            losses = (*losses, goal.loss)
        doc = f"targets that this output learns, with commas between ({listed or 'there is one'})"
        derived = ", ".join(one.targets) if one is not None and not goal.targets else ""
        found.append(Text(f"{name}.targets", derived, label=f"{name}: learns", doc=doc))
        if losses:
            found.append(
                Choice(
                    f"{name}.loss",
                    losses[0],
                    losses,
                    label=f"{name}: loss",
                    doc="what is made small at this output",
                )
            )
        found += [_of_output(name, param) for param in _shown(one, goal) if param.name != WEIGHTS]
        found.append(
            Float(
                f"{name}.weight",
                1.0,
                label=f"{name}: weight",
                low=0.0,
                high=1e6,
                doc="how much its loss counts in the sum",
            )
        )
        found += [_of_output(name, param) for param in _shown(one, goal) if param.name == WEIGHTS]
    return tuple(found)


def goal_values(project: Project, stage: Stage) -> tuple[dict[str, Value], dict[str, str]]:
    """What the rows show, and what is wrong with them."""
    values: dict[str, Value] = {}
    by_targets = _by_targets(project, stage)
    for name in outputs_of(project, stage):
        goal, one = stage.outputs.get(name, Goal()), by_targets.get(name)
        values[f"{name}.targets"] = ", ".join(goal.targets or (one.targets if one else ()))
        values[f"{name}.loss"] = goal.loss or (one.loss if one else "")
        values[f"{name}.weight"] = goal.weight
        values[f"{name}.{WEIGHTS}"] = goal.class_weights
        for param in _shown(one, goal):
            if param.name != WEIGHTS:
                values[f"{name}.{param.name}"] = goal.settings.get(param.name, param.default)
    faults = (*_learned(project, stage)[1], *setting_faults(project, stage))
    return values, {
        one.port: f"Expected {one.expected}, got {one.got}. {one.remedy}" for one in faults
    }


def counted_columns(project: Project, data: DataFacts) -> list[int]:
    """The targets that an output learns as counts, which no scale may change."""
    places: set[int] = set()
    for stage in filter(has_goals, project.plan.stages):
        for one in learned_by(outputs_of(project, stage), stage.outputs, data)[0].values():
            if one.loss == "poisson":
                places |= set(one.columns or range(data.outputs))
    return sorted(places)


def setting_faults(project: Project, stage: Stage) -> tuple[Mismatch, ...]:
    """What is wrong with the settings of the outputs' losses, each at its row."""
    if not has_goals(stage):
        return ()
    learned, _ = _learned(project, stage)
    return tuple(
        _at(name, fault)
        for name, one in learned.items()
        for fault in loss_settings(one, stage.outputs.get(name, Goal()))[1]
    )


def with_goal(project: Project, stage: Stage, field: str, value: Value) -> Stage:
    """The stage with one part of what an output learns changed; raises `Refused`."""
    output, _, part = field.rpartition(".")
    if output not in outputs_of(project, stage):
        raise Refused(f"The network {stage.network} has no output “{output}”.")
    goal = stage.outputs.get(output, Goal())
    setting = next((param for param, _ in _declared() if param.name == part), None)
    if part == "targets":
        goal = replace(goal, targets=_targets(project, value))
    elif part == "loss":
        goal = replace(goal, loss=str(value or ""))
    elif part == "weight":
        goal = replace(goal, weight=_weight(value))
    elif part == WEIGHTS and setting is not None:
        goal = replace(goal, class_weights=str(checked(setting, value, {})))
    elif setting is not None:
        goal = replace(goal, settings=_with_setting(goal, setting, value))
    else:
        raise Refused(f"An output has no “{part}”.")
    others = {name: one for name, one in stage.outputs.items() if name != output}
    outputs = {**others, output: goal} if goal != Goal() else others
    return replace(stage, outputs=outputs)


def renamed_goals(stage: Stage, network: str, old: str, new: str) -> Stage:
    """The stage with an output's new name."""
    if stage.network != network or old not in stage.outputs:
        return stage
    outputs = {new if name == old else name: one for name, one in stage.outputs.items()}
    return replace(stage, outputs=outputs)


def _shown(one: Learned | None, goal: Goal) -> tuple[Param, ...]:
    """The settings of an output's loss that have an effect, and class weights chosen in vain."""
    if one is None:
        return ()
    own = loss_params(goal.loss or one.loss)
    if one.kind not in CLASSES:
        own = tuple(param for param in own if param.name != WEIGHTS)
    if goal.class_weights != "none" and not _has(own, WEIGHTS):
        own = (*own, *(param for param, _ in _declared() if param.name == WEIGHTS))
    return own


def _has(known: tuple[Param, ...], name: str) -> bool:
    return any(param.name == name for param in known)


def _of_output(output: str, param: Param) -> Param:
    """A setting of a loss as a row of an output."""
    return replace(param, name=f"{output}.{param.name}", label=f"{output}: {param.title}")


def _targets(project: Project, value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple | list):
        return tuple(map(str, value))
    text = str(value or "").strip()
    try:
        known = [one.name for one in facts(project.data, project.variables).answers]
    except DataError:
        known = []
    if text in known:  # a name may have a comma in it
        return (text,)
    names = tuple(dict.fromkeys(one for part in text.split(",") if (one := part.strip())))
    unknown = [name for name in names if known and name not in known]
    if unknown:
        raise Refused(f"There is no target “{unknown[0]}”. Choose among {', '.join(known)}.")
    return names


def _weight(value: Value) -> float:
    if value is None:
        return 1.0
    try:
        weight = float(str(value))
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1e6:
        raise Refused("A weight is a number from 0 to 1,000,000.")
    return weight


def _with_setting(goal: Goal, param: Param, value: Value) -> dict[str, float]:
    """The settings of a goal's loss with one of them changed; a sum is kept as what it comes to."""
    number = float(value_of(param, checked(param, value, {}), environment({})))
    others = {name: one for name, one in goal.settings.items() if name != param.name}
    return others if number == param.default else {**others, param.name: number}


def _facts(project: Project) -> DataFacts | None:
    try:
        return facts(project.data, project.variables)
    except DataError:
        return None


def _by_targets(project: Project, stage: Stage) -> Mapping[str, Learned]:
    """What each output learns, whatever is chosen beside its targets."""
    data = _facts(project)
    plain = {name: Goal(goal.targets) for name, goal in stage.outputs.items()}
    return learned_by(outputs_of(project, stage), plain, data)[0] if data is not None else {}


def _learned(project: Project, stage: Stage) -> tuple[Mapping[str, Learned], tuple[Mismatch, ...]]:
    """What each output learns, and what is in the way, each at its row."""
    data = _facts(project)
    if data is None:
        return {}, ()
    learned, faults = learned_by(outputs_of(project, stage), stage.outputs, data)
    return learned, tuple(_at(name, fault) for name, fault in faults.items())


def _at(output: str, fault: Mismatch) -> Mismatch:
    """The fault as one of an output's row."""
    port = f"{output}.{fault.port}" if fault.port else output
    return Mismatch(fault.code, port, expected=fault.expected, got=fault.got, remedy=fault.remedy)
