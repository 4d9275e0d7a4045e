"""What each output of a stage's network learns, as rows of a form and as edits of them.

Owns the names of those rows, `kind.loss` for the loss of the output `kind`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph_compiler.blocks import ends_out
from graph_compiler.goals import CLASSES, Learned, fitting_losses, learned_by
from graph_compiler.layer import Choice, Float, Param, Text
from graph_compiler.model import DataFacts, Goal, Project, Stage, Value
from nnstudio.document.edits import Refused
from nnstudio.document.recipes import recipes
from nnstudio.document.sources import DataError, facts

CLASS_WEIGHTS = ("none", "balanced")


def has_goals(stage: Stage) -> bool:
    """Whether the stage's recipe learns at several outputs, each on its own."""
    recipe = recipes().get(stage.recipe)
    return recipe is not None and recipe.output == "several"


def outputs_of(project: Project, stage: Stage) -> tuple[str, ...]:
    """The outputs of the stage's network, in the order of what it gives."""
    network = project.networks.get(stage.network)
    return ends_out(network) if network is not None else ()


def goal_params(project: Project, stage: Stage) -> tuple[Param, ...]:
    """The rows of each output, where the stage's recipe asks for them."""
    if not has_goals(stage):
        return ()
    found: list[Param] = []
    learned, _, data = _worked_out(project, stage)
    listed = ", ".join(one.name for one in data.answers) if data is not None else ""
    for name in outputs_of(project, stage):
        one = learned.get(name)
        losses = fitting_losses(one.kind, sum_of(one)) if one is not None else ()
        chosen = stage.outputs.get(name, Goal()).loss
        chosen_targets = stage.outputs.get(name, Goal()).targets
        if chosen and chosen not in losses:
            losses = (*losses, chosen)
        doc = f"targets that this output learns, with commas between ({listed or 'there is one'})"
        derived = ", ".join(one.targets) if one is not None and not chosen_targets else ""
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
        chosen_weights = stage.outputs.get(name, Goal()).class_weights
        if chosen_weights != "none" or (one is not None and one.kind in CLASSES):
            found.append(
                Choice(
                    f"{name}.class_weights",
                    "none",
                    CLASS_WEIGHTS,
                    label=f"{name}: class weights",
                    doc="balanced: rare classes count more, so that all classes weigh the same",
                )
            )
    return tuple(found)


def sum_of(one: Learned) -> int:
    """How many classes or numbers an output learns."""
    return 2 if one.kind == "class" and one.loss == "bce_with_logits" else one.outputs


def goal_values(project: Project, stage: Stage) -> tuple[dict[str, Value], dict[str, str]]:
    """What the rows show, and what is wrong with them."""
    values: dict[str, Value] = {}
    learned, faults, _ = _worked_out(project, stage)
    for name in outputs_of(project, stage):
        goal = stage.outputs.get(name, Goal())
        one = learned.get(name)
        values[f"{name}.targets"] = ", ".join(goal.targets or (one.targets if one else ()))
        values[f"{name}.loss"] = goal.loss or (one.loss if one else "")
        values[f"{name}.weight"] = goal.weight
        values[f"{name}.class_weights"] = goal.class_weights
    return values, faults


def with_goal(project: Project, stage: Stage, field: str, value: Value) -> Stage:
    """The stage with one part of what an output learns changed; raises `Refused`."""
    output, _, part = field.rpartition(".")
    if output not in outputs_of(project, stage):
        raise Refused(f"The network {stage.network} has no output “{output}”.")
    goal = stage.outputs.get(output, Goal())
    if part == "targets":
        goal = replace(goal, targets=_targets(project, value))
    elif part == "loss":
        goal = replace(goal, loss=str(value or ""))
    elif part == "weight":
        goal = replace(goal, weight=_weight(value))
    elif part == "class_weights":
        goal = replace(goal, class_weights=_class_weights(value))
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


def _class_weights(value: Value) -> str:
    chosen = str(value or CLASS_WEIGHTS[0])
    if chosen not in CLASS_WEIGHTS:
        raise Refused("Class weights are none or balanced.")
    return chosen


def _worked_out(
    project: Project, stage: Stage
) -> tuple[Mapping[str, Learned], dict[str, str], DataFacts | None]:
    """What each output learns; what is in the way by row; the facts."""
    try:
        data = facts(project.data, project.variables)
    except DataError:
        return {}, {}, None
    learned, faults = learned_by(outputs_of(project, stage), stage.outputs, data)
    told = {
        f"{name}.{one.port}": f"Expected {one.expected}, got {one.got}. {one.remedy}"
        for name, one in faults.items()
    }
    return learned, told, data
