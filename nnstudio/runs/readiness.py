"""What stands between a project and a run: faults of its networks, its plan and its data.

Pure, without torch and without the data itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from graph_compiler.checker import check_project
from graph_compiler.codes import problem
from graph_compiler.problems import Problem
from nnstudio.document.augmentation import augmented_by, changes_examples
from nnstudio.document.goals import setting_faults
from nnstudio.document.planned import planned_networks
from nnstudio.document.preparation import preparation_and_faults
from nnstudio.document.recipes import networks_of, recipes, settings_and_faults
from nnstudio.document.sources import (
    NO_DATA,
    DataError,
    facts,
    options_and_faults,
    purpose,
    sources,
)
from nnstudio.runs.drawn_for import drawing_faults
from nnstudio.runs.room import room_faults, room_here, trains_here
from nnstudio.runs.stage_starts import starting_faults

if TYPE_CHECKING:
    from graph_compiler.layer import Mismatch
    from graph_compiler.model import Project, Stage
    from graph_compiler.report import NodeFacts, Report
    from graph_compiler.summary import Summary

_BYTES = 4
"""Of one weight; gradients and what the optimizer keeps come on top."""
_MOST_LAYERS = 2_000_000
"""Each is an object of its own when the network is built, some kilobytes large."""
_MOST_WALKED = 50_000
"""Layers beyond which the way of the gradients is not looked for: one second."""


def reports(project: Project) -> dict[str, Report]:
    """What a check finds in each network, for the purpose that the project states."""
    return check_project(project, purpose(project))


def other_faults(project: Project) -> tuple[Problem, ...]:
    """What is wrong with the plan and with the description of the data.

    Data that are not chosen yet are no fault of a project; only a run cannot do without.
    """
    data = _data_faults(project) if project.data.source != NO_DATA else []
    return (*_plan_faults(project), *data)


def errors(project: Project, *, to_run: bool = True, device: str = "auto") -> tuple[Problem, ...]:
    """Everything that must be mended before a run, or before the network's Python is written.

    What is wrong with a network that no stage of the plan trains is in nobody's way. A run on the
    processor must fit into its memory; other devices are asked when it starts.
    """
    known = reports(project)
    found = [p for name in planned_networks(project) if name in known for p in known[name].problems]
    rest = (*_plan_faults(project), *_data_faults(project)) if to_run else other_faults(project)
    wrong = tuple(p for p in (*found, *rest) if p.severity == "error")
    if wrong or not to_run:
        return wrong
    return (
        (*drawing_faults(project, known), *starting_faults(project, known))
        or tuple(_room_faults(project, known, device))
        or learning_faults(project, known)
    )


def learning_faults(project: Project, known: Mapping[str, Report]) -> tuple[Problem, ...]:
    """Why nothing would be learned in a sound project: no weights, or no way from the loss to any.

    Empty where that cannot be told, and where no data are chosen yet.
    """
    stage = project.plan.stages[0] if project.plan.stages else None
    report = known.get(stage.network) if stage is not None else None
    if stage is None or report is None or stage.recipe != "supervised" or not report.ok:
        return ()
    if project.data.source == NO_DATA:
        return ()
    if not report.parameters:
        expected = "a network with weights to learn"
        return (_problem("plan", "network", expected, "none", "Add a layer with weights."),)
    if _layers(report.nodes, {}) > _MOST_WALKED:
        return ()
    return tuple(_cut_off(project, stage.network))


def _cut_off(project: Project, network: str) -> Iterator[Problem]:
    """The last layer that no gradient passes, where that leaves the loss without any weight."""
    from graph_compiler.summary import summarize

    found = summarize(project.graph(network))
    if found.learns or not found.nodes:
        return
    cut = found.cuts[-1] if found.cuts else ""
    yield problem(
        "no_gradient",
        cut or "plan",
        "" if cut else "network",
        expected="a way for gradients from the loss to some weight",
        got=f"none, for none passes {_type_at(found, cut)}" if cut else "none",
        remedy="Remove it, or put weights behind it."
        if cut
        else "Wire a layer with weights to the Output.",
        network=network,
    )


def _type_at(found: Summary, path: str) -> str:
    node = found.nodes.get(path)
    return node.type if node is not None else "it"


def _room_faults(project: Project, known: Mapping[str, Report], device: str) -> Iterator[Problem]:
    """What keeps a sound network from being trained on this machine: no room for it."""
    report = max(
        (known[name] for name in planned_networks(project)), key=lambda one: one.parameters
    )
    room = room_here()
    if (needed := report.parameters * _BYTES) > room:
        expected = f"weights that fit into the {room / 1e9:,.0f} GB of memory here"
        yield _problem(
            "plan", "network", expected, f"{needed / 1e9:,.0f} GB of them", "Make it smaller."
        )
    elif (layers := _layers(report.nodes, {})) > _MOST_LAYERS:
        expected = f"at most {_MOST_LAYERS:,} layers to be built"
        yield _problem("plan", "network", expected, f"{layers:,}", "Repeat less often.")
    elif layers <= _MOST_WALKED and trains_here(device):
        yield from room_faults(project, known, room)


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
    several = len(project.plan.stages) > 1
    found = []
    for stage in project.plan.stages:
        found += _stage_faults(project, stage, f"plan.{stage.name}" if several else "plan")
    return found


def _stage_faults(project: Project, stage: Stage, where: str) -> Iterator[Problem]:
    networks = [name for name, network in project.networks.items() if not network.is_block]
    for role, name in networks_of(stage).items():
        if name not in networks:
            expected = f"one of the networks ({', '.join(networks) or 'none'})"
            port = "network" if name == stage.network else role
            got = f'"{name}"' if name else "none"
            yield _problem(where, port, expected, got, "Choose one.")
    _, faults = settings_and_faults(stage, project.variables)
    for fault in (*faults, *setting_faults(project, stage)):
        yield _from_mismatch(where, fault)
    yield from _form_faults(project, stage, where)


def _form_faults(project: Project, stage: Stage, where: str) -> Iterator[Problem]:
    """Data of another form than the recipe learns from, or without the targets that it needs."""
    recipe, source = recipes().get(stage.recipe), sources().get(project.data.source)
    if recipe is None or source is None:
        return
    if source.form not in recipe.forms:
        fitting = [one.title for one in sources().values() if one.form in recipe.forms]
        expected = f"data that {recipe.title} learns from ({', '.join(fitting) or 'none'})"
        yield _problem(where, "recipe", expected, source.title, "Choose other data or recipe.")
    elif source.target == "none" and "none" not in recipe.targets:
        expected = f"data with answers, which {recipe.title} learns"
        yield _problem(where, "recipe", expected, source.title, "Choose other data or recipe.")


def _data_faults(project: Project) -> list[Problem]:
    _, faults = options_and_faults(project.data, project.variables)
    if faults:
        return [_from_mismatch("data", fault) for fault in faults]
    try:
        facts(project.data, project.variables)
    except DataError as error:
        return [_problem("data", error.option, error.expected, error.got, error.remedy)]
    return _unused_augmentation(project)


def _unused_augmentation(project: Project) -> list[Problem]:
    """Augmentation that no stage would do: only some recipes change their examples."""
    settings, _ = preparation_and_faults(project.data, project.variables)
    used = augmented_by(settings)
    planned = [stage.recipe for stage in project.plan.stages]
    if not used or any(name in recipes() and changes_examples(name) for name in planned):
        return []
    able = ", ".join(name for name in recipes() if changes_examples(name))
    expected = f"a stage with a recipe that changes its examples ({able})"
    got = ", ".join(dict.fromkeys(planned)) or "none"
    return [_problem("data", used[0], expected, got, "Leave the augmentation out, or add one.")]


def _from_mismatch(node: str, fault: Mismatch) -> Problem:
    return _problem(node, fault.port, fault.expected, fault.got, fault.remedy, fault.code)


def _problem(
    node: str, port: str, expected: str, got: str, remedy: str, code: str = "bad_parameter"
) -> Problem:
    return Problem(code, "error", node, port, expected, got, remedy)
