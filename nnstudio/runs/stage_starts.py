"""Whether the stages of a plan can begin as they say: what they freeze, what was learned before.

Owns the faults that only show with the drawings at hand, and with the files. Pure but for looking
whether a file is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graph_compiler.problems import Problem
from graph_compiler.report import paths
from nnstudio.document.patterns import fits
from nnstudio.document.places import FIRST_WEIGHTS
from nnstudio.document.recipes import networks_of, recipes, settings_and_faults
from nnstudio.runs.group_faults import group_faults

if TYPE_CHECKING:
    from graph_compiler.model import Project, Stage
    from graph_compiler.report import NodeFacts, Report


def starting_faults(project: Project, known: Mapping[str, Report]) -> Iterator[Problem]:
    """What keeps a stage from beginning as it says."""
    several = len(project.plan.stages) > 1
    begun: set[str] = set()
    for stage in project.plan.stages:
        where = f"plan.{stage.name}" if several else "plan"
        yield from _frozen_faults(stage, known, where)
        yield from group_faults(project, stage, known, where)
        yield from _anew_faults(project, stage, begun, where)
        begun |= set(networks_of(stage).values())


def missing_files(project: Project) -> tuple[Problem, ...]:
    """Files of weights that are not there, by the paths that the stages name."""
    return tuple(
        _problem(
            f"plan.{stage.name}",
            "weights",
            "a file with weights",
            f"nothing at {stage.weights}",
            "Choose another, or leave it empty.",
        )
        for stage in project.plan.stages
        if stage.weights and not Path(stage.weights).is_file()
    )


def _frozen_faults(stage: Stage, known: Mapping[str, Report], where: str) -> Iterator[Problem]:
    recipe = recipes().get(stage.recipe)
    if not stage.frozen or recipe is None:
        return
    if not recipe.freezes:
        expected = f"nothing, for {recipe.title} says itself what it trains"
        got = ", ".join(stage.frozen)
        yield _problem(where, "frozen", expected, got, "Leave it empty.")
        return
    nodes = dict(
        node
        for name in networks_of(stage).values()
        if name in known
        for node in paths(known[name].nodes)
    )
    for pattern in stage.frozen:
        if not any(fits(path, (pattern,)) for path in nodes):
            expected = f"nodes that it fits ({_some(nodes)})"
            yield _problem(where, "frozen", expected, f'"{pattern}"', "Correct it.")
    learned = [path for path, facts in nodes.items() if facts.weights]
    if learned and all(fits(path, stage.frozen) for path in learned):
        expected = "weights that are left to learn"
        yield _problem(where, "frozen", expected, "none", "Freeze less.")


def _anew_faults(project: Project, stage: Stage, begun: set[str], where: str) -> Iterator[Problem]:
    """Weights drawn anew at the beginning of a stage that is to go on with learned ones."""
    if not stage.weights and not begun & set(networks_of(stage).values()):
        return
    values, _ = settings_and_faults(stage, project.variables)
    recipe = recipes().get(stage.recipe)
    for param in recipe.settings if recipe is not None else ():
        place = recipe.places[param.name] if recipe is not None else None
        if (
            place is not None
            and place.group == FIRST_WEIGHTS
            and place.when == ""
            and values[param.name] != param.default
        ):
            expected = f"{param.default}, for the stage goes on with weights that were learned"
            got = str(values[param.name])
            yield _problem(where, param.name, expected, got, "Take it back, or freeze what stays.")


def _some(nodes: Mapping[str, NodeFacts]) -> str:
    learned = [path for path, facts in nodes.items() if facts.weights]
    return ", ".join(learned[:5]) + (" …" if len(learned) > 5 else "")


def _problem(node: str, port: str, expected: str, got: str, remedy: str) -> Problem:
    return Problem("bad_parameter", "error", node, port, expected, got, remedy)
