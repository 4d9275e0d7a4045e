"""What stands between a project and a run: faults of its networks, its plan and its data.

Pure, without torch and without the data itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_compiler.checker import check_project
from graph_compiler.problems import Problem
from nnstudio.document.recipes import settings_and_faults
from nnstudio.document.sources import NO_DATA, DataError, facts, options_and_faults, purpose

if TYPE_CHECKING:
    from graph_compiler.layer import Mismatch
    from graph_compiler.model import Project
    from graph_compiler.report import Report


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
    found = [problem for report in reports(project).values() for problem in report.problems]
    rest = (*_plan_faults(project), *_data_faults(project)) if to_run else other_faults(project)
    return tuple(p for p in (*found, *rest) if p.severity == "error")


def _plan_faults(project: Project) -> list[Problem]:
    if not project.plan.stages:
        return [_problem("plan", "stages", "at least one stage", "none", "Add a stage.")]
    stage = project.plan.stages[0]
    found = []
    if stage.network not in project.networks:
        known = ", ".join(project.networks) or "none"
        expected = f"one of the networks ({known})"
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
