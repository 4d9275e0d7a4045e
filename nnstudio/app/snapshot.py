"""A copy of the open project that another thread may read while the document goes on changing."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from graph_compiler.model import Network, Project

_Holder = TypeVar("_Holder", Project, Network)


def snapshot(project: Project) -> Project:
    """The project as it is now: what it holds are values, the dictionaries around them copied."""
    networks = {name: _copied(one) for name, one in project.networks.items()}
    return replace(_copied(project), networks=networks)


def _copied(holder: _Holder) -> _Holder:
    held = {one.name: getattr(holder, one.name) for one in fields(holder)}
    return replace(holder, **{k: dict(v) for k, v in held.items() if isinstance(v, dict)})
