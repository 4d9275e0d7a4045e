"""What stands between a project and a run: faults of its networks, its plan and its data.

Pure, without torch and without the data itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import psutil

from graph_compiler.checker import check_project
from graph_compiler.problems import Problem
from nnstudio.document.recipes import settings_and_faults
from nnstudio.document.sources import NO_DATA, DataError, facts, options_and_faults, purpose

if TYPE_CHECKING:
    from graph_compiler.layer import Mismatch
    from graph_compiler.model import Project
    from graph_compiler.report import NodeFacts, Report

_BYTES = 4
"""Of one weight; gradients and what the optimizer keeps come on top."""
_MOST_LAYERS = 2_000_000
"""Each is an object of its own when the network is built, some kilobytes large."""


def reports(project: Project) -> dict[str, Report]:
    """What a check finds in each network, for the purpose that the project states."""
    return check_project(project, purpose(project))


def other_faults(project: Project) -> tuple[Problem, ...]:
    """What is wrong with the plan and with the description of the data.

    Data that are not chosen yet are no fault of a project; only a run cannot do without.
    """
    data = _data_faults(project) if project.data.source != NO_DATA else []
    return (*_plan_faults(project), *data)


def errors(project: Project, *, to_run: bool = True) -> tuple[Problem, ...]:
    """Everything that must be mended before a run, or before the network's Python is written."""
    known = reports(project)
    found = [problem for report in known.values() for problem in report.problems]
    rest = (*_plan_faults(project), *_data_faults(project)) if to_run else other_faults(project)
    wrong = tuple(p for p in (*found, *rest) if p.severity == "error")
    return wrong or (tuple(_run_faults(project, known)) if to_run else ())


def _run_faults(project: Project, known: Mapping[str, Report]) -> Iterator[Problem]:
    """What keeps a sound network from being trained here: nothing to learn, no room for it."""
    stage = project.plan.stages[0]
    report = known[stage.network]
    if stage.recipe == "supervised" and not report.parameters:
        expected = "a network with weights to learn"
        yield _problem("plan", "network", expected, "none", "Add a layer with weights.")
    room = psutil.virtual_memory().total
    if (needed := report.parameters * _BYTES) > room:
        expected = f"weights that fit into the {room / 1e9:,.0f} GB of memory here"
        yield _problem(
            "plan", "network", expected, f"{needed / 1e9:,.0f} GB of them", "Make it smaller."
        )
    elif (layers := _layers(report.nodes, {})) > _MOST_LAYERS:
        expected = f"at most {_MOST_LAYERS:,} layers to be built"
        yield _problem("plan", "network", expected, f"{layers:,}", "Repeat less often.")


def _layers(nodes: Mapping[str, NodeFacts], counted: dict[int, int]) -> int:
    """How many layers there are with those in all blocks and turns; equal calls are seen once."""
    total = 0
    for node in nodes.values():
        if id(node) not in counted:
            counted[id(node)] = _layers(node.inside, counted) if node.inside else _is_layer(node)
        total += counted[id(node)]
    return total


def _is_layer(node: NodeFacts) -> int:
    return int(node.type not in ("Input", "Output"))


def _plan_faults(project: Project) -> list[Problem]:
    if not project.plan.stages:
        return [_problem("plan", "stages", "at least one stage", "none", "Add a stage.")]
    stage = project.plan.stages[0]
    found = []
    networks = [name for name, network in project.networks.items() if not network.is_block]
    if stage.network not in networks:
        expected = f"one of the networks ({', '.join(networks) or 'none'})"
        found.append(_problem("plan", "network", expected, f'"{stage.network}"', "Choose one."))
    _, faults = settings_and_faults(stage, project.variables)
    return found + [_from_mismatch("plan", fault) for fault in faults]


def _data_faults(project: Project) -> list[Problem]:
    _, faults = options_and_faults(project.data, project.variables)
    if faults:
        return [_from_mismatch("data", fault) for fault in faults]
    try:
        facts(project.data, project.variables)
    except DataError as error:
        return [_problem("data", error.option, error.expected, error.got, error.remedy)]
    return []


def _from_mismatch(node: str, fault: Mismatch) -> Problem:
    return _problem(node, fault.port, fault.expected, fault.got, fault.remedy, fault.code)


def _problem(
    node: str, port: str, expected: str, got: str, remedy: str, code: str = "bad_parameter"
) -> Problem:
    return Problem(code, "error", node, port, expected, got, remedy)
