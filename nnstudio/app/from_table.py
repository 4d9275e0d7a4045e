"""A project for a table of one's own: the multilayer perceptron in the sizes that the table needs.

Knows the names that the template `mlp` uses. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_compiler.model import DataFacts, Project

TEMPLATE = "template:mlp"
INPUT, LAST, OUTPUT = "point", "fc3", "logits"


def payload(path: Path) -> dict[str, Any]:
    """What the worker is asked for: a look at the table, with all guesses of its own."""
    from nnstudio.document.sources import sources

    options = {param.name: param.default for param in sources()["csv"].options}
    data = {"source": "csv", "options": {**options, "path": str(path)}, "seed": 0}
    return {"data": data, "variables": {}}


def project_for(path: Path, found: Mapping[str, Any]) -> Project:
    """The project for a table that the worker has read; raises `ValueError` where it is not usable.

    The file stays where it is; the project holds its path, its columns and what they are taken for.
    """
    from nnstudio.document import sources, steps
    from nnstudio.document.document import Document
    from nnstudio.document.templates import assign, load_target

    options = found.get("options")
    if not isinstance(options, dict):
        raise ValueError("The file could not be understood. Choose another one.")
    name = path.stem.replace("_", " ").strip() or "My data"
    project = replace(load_target(TEMPLATE), name=name, about="", tags=(), variants={})
    document = Document(project)
    document.do(steps.use_table(document, options))
    document.do(steps.rename(document, "main", INPUT, "features"))
    facts = sources.facts(document.project.data, document.project.variables)
    if facts.target == "value":
        document.do(steps.rename(document, "main", OUTPUT, "prediction"))
    project = assign(document.project, "main/features.shape", facts.shape)
    project = assign(project, f"main/{LAST}.out_features", facts.outputs)
    return _planned(project, facts)


def _planned(project: Project, facts: DataFacts) -> Project:
    from nnstudio.document.templates import assign

    numbers = facts.target == "value"
    project = assign(project, "plan.loss", "mse" if numbers else "cross_entropy")
    return replace(project, data=replace(project.data, stratified=not numbers))
