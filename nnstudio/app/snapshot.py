"""A copy of the open project that another thread may read while the document goes on changing."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Network, Project


def snapshot(project: Project) -> Project:
    """The project as it is now: nodes and wires are values, their dictionaries are copied."""
    return replace(
        project,
        networks={
            name: Network(one.name, one.title, dict(one.nodes), dict(one.wires), dict(one.frames))
            for name, one in project.networks.items()
        },
        variables=dict(project.variables),
        variants=dict(project.variants),
    )
