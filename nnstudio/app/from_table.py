"""A project for a table of one's own: the multilayer perceptron in the sizes that the table needs.

Knows the names that the template `mlp` uses. Must not import Qt.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from nnstudio.document.proposal import Proposal

INPUT, LAST, OUTPUT = "point", "fc3", "logits"


def payload(path: Path) -> dict[str, Any]:
    """What the worker is asked for: a proposal, with all guesses of its own."""
    return {"path": str(path)}


def project_for(path: Path, proposal: Proposal) -> Project:
    """The project that a proposal describes; raises `ValueError` where it is not usable.

    The file stays where it is; the project holds its path, its columns and what they are taken for.
    """
    from nnstudio.document import sources, steps
    from nnstudio.document.document import Document
    from nnstudio.document.templates import assign, load_target

    name = path.stem.replace("_", " ").strip() or "My data"
    project = replace(
        load_target(f"template:{proposal.template}"), name=name, about="", tags=(), variants={}
    )
    document = Document(project)
    document.do(steps.use_found(document, proposal.source, proposal.options))
    data = replace(document.project.data, preparation=dict(proposal.preparation))
    document.do(steps.set_data(document, replace(data, stratified=proposal.task == "class")))
    document.do(steps.rename(document, "main", INPUT, "features"))
    facts = sources.facts(document.project.data, document.project.variables)
    if facts.target == "value":
        document.do(steps.rename(document, "main", OUTPUT, "prediction"))
    project = assign(document.project, "main/features.shape", facts.shape)
    project = assign(project, f"main/{LAST}.out_features", facts.outputs)
    for setting, value in proposal.plan.items():
        project = assign(project, f"plan.{setting}", value)
    return project
