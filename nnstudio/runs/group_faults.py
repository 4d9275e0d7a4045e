"""Whether rates of their own do anything: recipe and optimizer that take them, weights that fit.

Owns the faults that only show with the drawings at hand. Pure, as `stage_starts` is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from graph_compiler.problems import Problem
from graph_compiler.report import paths
from nnstudio.document.groups import fits_weight, parted, takes_groups, value_faults
from nnstudio.document.patterns import fits
from nnstudio.document.recipes import networks_of, recipes, settings_and_faults

if TYPE_CHECKING:
    from graph_compiler.model import Network, Project, Stage
    from graph_compiler.report import Report

WITHOUT = {
    "lbfgs": "which goes along one line for all weights",
    "rprop": "which finds the length of every weight's steps itself",
}
"""Optimizers that take no groups, and why."""
PORT = "groups"

Weight = tuple[str, str]
"""A node's path and the name of a weight of it."""


def group_faults(
    project: Project, stage: Stage, known: Mapping[str, Report], where: str
) -> Iterator[Problem]:
    """What is wrong with a stage's rates of their own."""
    recipe = recipes().get(stage.recipe)
    if not stage.groups or recipe is None:
        return
    if not takes_groups(recipe):
        expected = f"no rates of their own, as {recipe.title} has no optimizer to take them"
        got = ", ".join(one.nodes for one in stage.groups)[:60]
        yield _problem(where, expected, got, "Leave them out.")
        return
    values, _ = settings_and_faults(stage, project.variables)
    for setting in ("optimizer", "critic_optimizer"):
        if (why := WITHOUT.get(values.get(setting, ""))) is not None:
            expected = f"no rates of their own with {values[setting]}, {why}"
            got = ", ".join(one.nodes for one in stage.groups)[:60]
            yield _problem(where, expected, got, "Leave them out, or choose another optimizer.")
            return
    for pattern, fault in value_faults(stage, project.variables):
        expected = f"{fault.expected} as {fault.port.replace('_', ' ')} of {_quoted(pattern)}"
        yield _problem(where, expected, fault.got, fault.remedy)
    yield from _misfits(project, stage, known, where)


def _misfits(
    project: Project, stage: Stage, known: Mapping[str, Report], where: str
) -> Iterator[Problem]:
    """Groups that no weight belongs to."""
    names = [name for name in networks_of(stage).values() if name in known]
    nodes = [(n, path, facts) for n in names for path, facts in paths(known[n].nodes)]
    own = {
        (path, weight): None
        for name, path, facts in nodes
        for weight in facts.weights
        if not facts.inside and not _shares(project, name, path)
    }
    learned = [one for one in own if not fits(one[0], stage.frozen)]
    taken: set[Weight] = set()
    for group in stage.groups:
        pattern, weights = parted(group.nodes)
        fitting = [one for one in learned if fits_weight(*one, group.nodes)]
        got, remedy = _quoted(group.nodes), "Correct it, or leave it out."
        if not any(fits(path, (pattern,)) for _, path, _ in nodes):
            yield _problem(where, f"nodes that it fits ({_some(own)})", got, remedy)
        elif not any(fits(path, (pattern,)) for path, _ in own):
            expected = f"nodes with weights of their own ({_some(own)})"
            yield _problem(where, expected, got, remedy)
        elif weights and not any(fits_weight(*one, group.nodes) for one in own):
            there = dict.fromkeys(weight for path, weight in own if fits(path, (pattern,)))
            expected = f"a weight that those nodes have ({', '.join(list(there)[:5])})"
            yield _problem(where, expected, got, remedy)
        elif not fitting:
            expected = "weights that are not frozen"
            yield _problem(where, expected, got, "Freeze less, or leave it out.")
        elif taken >= set(fitting):
            expected = "weights that no group before it has"
            yield _problem(where, expected, got, "Move it before those, or leave it out.")
        taken |= set(fitting)


def _shares(project: Project, network: str, path: str) -> bool:
    """Whether a node, or a block around it, uses another one's module."""
    drawing: Network | None = project.networks.get(network)
    for step in path.split("/"):
        node = drawing.nodes.get(step.partition("[")[0]) if drawing is not None else None
        if node is None:
            return False
        if node.shares:
            return True
        drawing = project.networks.get(node.type)
    return False


def _some(weights: Mapping[Weight, None]) -> str:
    nodes = list(dict.fromkeys(path for path, _ in weights))
    return ", ".join(nodes[:5]) + (" …" if len(nodes) > 5 else "")


def _quoted(pattern: str) -> str:
    return f'"{ascii(pattern)[1:-1][:60]}"'


def _problem(node: str, expected: str, got: str, remedy: str) -> Problem:
    return Problem("bad_parameter", "error", node, PORT, expected, got, remedy)
