"""Settings and options that recipes and data sources declare, by name; None if unknown."""

from __future__ import annotations

from graph_compiler.layer import Param
from nnstudio.document.recipes import recipes
from nnstudio.document.sources import sources


def settings(recipe: str) -> tuple[Param, ...] | None:
    """The settings of a recipe; None where there is no such recipe."""
    spec = recipes().get(recipe)
    return None if spec is None else spec.settings


def options(source: str) -> tuple[Param, ...] | None:
    """The options of a data source that a form shows; None where there is no such source."""
    spec = sources().get(source)
    return None if spec is None else spec.options
