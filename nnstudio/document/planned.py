"""What a plan trains: its networks in order, their Python in one file, and their names in a run."""

from __future__ import annotations

from graph_compiler.model import Project
from graph_compiler.source import Source
from nnstudio.document.recipes import networks_of

MAIN = "main"
"""What the network of a plan that has only one is called among a recipe's networks."""


def planned_networks(project: Project) -> tuple[str, ...]:
    """The networks that the plan trains, in the order of its stages and of their roles."""
    named = (name for stage in project.plan.stages for name in networks_of(stage).values())
    return tuple(dict.fromkeys(name for name in named if name))


def planned_source(project: Project) -> Source:
    """The plan's networks as one file, the first stage's first; raises `EmitError`."""
    from graph_compiler.emission import emit, emit_project, title_of

    names = planned_networks(project)
    if len(names) == 1:
        return emit(project.graph(names[0]), title_of(project, names[0]))
    return emit_project(project, names)


def is_staged(project: Project) -> bool:
    """Whether the script needs more than one recipe that runs to its end."""
    stages = project.plan.stages
    return len(stages) > 1 or any(
        stage.frozen or stage.weights or stage.settings.get("most_steps") for stage in stages
    )


def network_keys(project: Project) -> dict[str, str]:
    """The name that each of the plan's networks has in a running recipe, to the network's own."""
    names = planned_networks(project)
    if len(names) == 1:
        return {MAIN: names[0]}
    if is_staged(project):
        return {name: name for name in names}
    return networks_of(project.plan.stages[0])
