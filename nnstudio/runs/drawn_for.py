"""Whether the drawings have what the recipes of the plan look for: a layer, a named node, a shape.

Owns what a recipe's table says in `needs`, `nodes`, `inputs` and `feeds`. Pure, as `readiness` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.report import paths
from nnstudio.document.first_weights import misfits
from nnstudio.document.recipes import networks_of, recipes, settings_and_faults

if TYPE_CHECKING:
    from graph_compiler.model import Project, Stage
    from graph_compiler.report import Report


def drawing_faults(project: Project, known: Mapping[str, Report]) -> Iterator[Problem]:
    """What the stages' recipes miss in sound drawings."""
    several = len(project.plan.stages) > 1
    for stage in project.plan.stages:
        where = f"plan.{stage.name}" if several else "plan"
        if stage.recipe in recipes() and all(name in known for name in networks_of(stage).values()):
            yield from _layer_faults(project, stage, known, where)
            yield from _input_faults(stage, known, where)
            yield from _shape_faults(stage, known, where)
            yield from _rule_faults(stage, known, where)


def _rule_faults(stage: Stage, known: Mapping[str, Report], where: str) -> Iterator[Problem]:
    """Rules for first weights that fit nothing."""
    recipe = recipes()[stage.recipe]
    if stage.first_weights and all(one.name != "initialization" for one in recipe.settings):
        expected = f"no first weights of nodes, as {recipe.title} has its own"
        got = ", ".join(stage.first_weights)[:60]
        yield _problem(where, "first_weights", expected, got, "Leave them out.")
        return
    nodes = {
        name: node for one in networks_of(stage).values() for name, node in known[one].nodes.items()
    }
    for pattern, expected, got in misfits(stage.first_weights, nodes):
        remedy = f"Change the rule for {ascii(pattern)[1:-1][:60]}, or leave it out."
        yield _problem(where, "first_weights", expected, got, remedy)


def _layer_faults(
    project: Project, stage: Stage, known: Mapping[str, Report], where: str
) -> Iterator[Problem]:
    recipe = recipes()[stage.recipe]
    if not recipe.needs:
        return
    title = layers()[recipe.needs].title
    found = [
        path
        for path, node in paths(known[stage.network].nodes)
        if node.type == recipe.needs and not node.inside and not node.bypassed
    ]
    if not found:
        expected = f"a node {title}, which {recipe.title} looks for"
        yield _problem(where, "network", expected, "none", "Draw one, or choose another recipe.")
        return
    values, _ = settings_and_faults(stage, project.variables)
    for setting in recipe.nodes:
        name = str(values.get(setting, ""))
        if name and name not in found:
            expected = f"the name of a node {title} ({', '.join(found)})"
            got = f'"{ascii(name)[1:-1][:60]}"'
            yield _problem(where, setting, expected, got, "Choose one, or leave it empty.")


def _input_faults(stage: Stage, known: Mapping[str, Report], where: str) -> Iterator[Problem]:
    recipe = recipes()[stage.recipe]
    nodes = known[stage.network].nodes
    found = sorted(name for name, node in nodes.items() if node.type == "Input")
    if recipe.inputs and found != sorted(recipe.inputs):
        expected = f"inputs called {' and '.join(recipe.inputs)}, as {recipe.title} gives them"
        remedy = f"Rename the inputs of {stage.network}, or choose another recipe."
        yield _problem(where, "network", expected, ", ".join(found) or "none", remedy)


def _shape_faults(stage: Stage, known: Mapping[str, Report], where: str) -> Iterator[Problem]:
    networks = networks_of(stage)
    for giver, taker in recipes()[stage.recipe].feeds.items():
        given = [n for n in known[networks[giver]].nodes.values() if n.type == "Output"]
        taken = [n for n in known[networks[taker]].nodes.values() if n.type == "Input"]
        if len(given) != 1 or len(taken) != 1 or not given[0].outputs or not taken[0].outputs:
            continue
        got, wanted = given[0].outputs[0], taken[0].outputs[0]
        if got.shape[1:] != wanted.shape[1:]:
            expected = f"an output {wanted} of the {giver}, as the {taker} takes in"
            remedy = f"Change the last layers of {networks[giver]}."
            yield _problem(where, giver, expected, str(got), remedy)


def _problem(where: str, port: str, expected: str, got: str, remedy: str) -> Problem:
    return Problem("bad_parameter", "error", where, port, expected, got, remedy)
