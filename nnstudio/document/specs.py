"""The settings that recipes and data sources declare, as the document needs them: by name, None if
unknown.

The tables themselves are read by `recipes` and `sources`; importing those is put off until one is
asked for.
"""

from __future__ import annotations

from graph_compiler.layer import Param
from graph_compiler.model import Project, Purpose


def settings(recipe: str) -> tuple[Param, ...] | None:
    """The settings of a recipe; None where there is no such recipe."""
    try:
        from nnstudio.document.recipes import recipes
    except ImportError:
        return ()
    spec = recipes().get(recipe)
    return None if spec is None else spec.settings


def options(source: str) -> tuple[Param, ...] | None:
    """The options of a data source; None where there is no such source."""
    try:
        from nnstudio.document.sources import sources
    except ImportError:
        return ()
    spec = sources().get(source)
    return None if spec is None else spec.options


def purpose_of(project: Project) -> Purpose:
    """What the project's networks are for."""
    try:
        from nnstudio.document.sources import purpose
    except ImportError:
        return Purpose()
    return purpose(project)
