"""A project for a folder of one's own: pictures or sounds, with a network in the sizes they need.

Knows the names that the templates `lenet5` and `autoencoder` use. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_compiler.model import Project, Value
    from nnstudio.document.document import Document

SMALL = 16
"""Pictures of fewer pixels than this a side are too small for filters of 5×5."""

HEARD = {"image": "sound", "picture": "answer"}
"""What the templates' nodes for pictures are called where sounds come."""


def payload(path: Path) -> dict[str, Any]:
    """What the worker is asked for: a look at the folder; raises `ValueError` if none reads it."""
    from nnstudio.document.dropped_data import source_for

    source = source_for(path)
    if not source:
        raise ValueError(
            f"{path}: expected pictures or WAV files, in one folder for each class, got neither. "
            "Choose another folder."
        )
    return {"data": {"source": source, "options": {"path": str(path)}, "seed": 0}, "variables": {}}


def project_for(path: Path, found: Mapping[str, Any]) -> Project:
    """The project for what a look has `found`: a classifier, or an autoencoder without classes.

    The folder stays where it is; the project holds its path and what was found. Raises
    `ValueError` where nothing can be learned from it.
    """
    from nnstudio.document import sources, steps
    from nnstudio.document.document import Document
    from nnstudio.document.templates import assign, load_target

    def started(template: str) -> Document:
        name = path.resolve().name.replace("_", " ").strip() or "My data"
        project = load_target(f"template:{template}")
        document = Document(replace(project, name=name, about="", tags=(), variants={}))
        document.do(steps.use_found(document, str(found["source"]), dict(found["options"])))
        return document

    document = started("lenet5")
    facts = sources.facts(document.project.data, document.project.variables)
    sizes: dict[str, Value] = {"main/image.shape": facts.shape}
    if facts.target == "class":
        if min(facts.shape[1:]) >= SMALL:
            document = started("lenet5@paper")
        sizes["main/fc3.out_features"] = facts.outputs
    else:
        document = started("autoencoder@paper")
        sizes["main/fc7.out_features"] = prod(facts.shape)
        sizes["main/unflatten.unflattened_size"] = facts.shape
    project = document.project
    for setting, value in sizes.items():
        project = assign(project, setting, value)
    fitted = Document(project)
    if "size" in project.variables:
        fitted.do(steps.remove_variable(fitted, "size"))
    if sources.sources()[project.data.source].kind == "sounds":
        for seen, heard in HEARD.items():
            if seen in project.networks["main"].nodes:
                fitted.do(steps.rename(fitted, "main", seen, heard))
    return fitted.project
