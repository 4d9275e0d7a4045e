"""A copy of the open project that another thread may read while the document goes on changing."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Project


def snapshot(project: Project) -> Project:
    """The project as it is now: nodes and wires are values, their dictionaries are copied."""
    return replace(
        project,
        networks={
            name: replace(
                one, nodes=dict(one.nodes), wires=dict(one.wires), frames=dict(one.frames)
            )
            for name, one in project.networks.items()
        },
        variables=dict(project.variables),
        variants=dict(project.variants),
    )
