"""The files of an exported folder: the network, the scripts beside it, and what they read.

Owns which files those are; whoever exports writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.model import Project
from graph_compiler.source import Source
from nnstudio.document.script import train_script
from nnstudio.document.script_predict import predict_script, why_not
from nnstudio.document.shipped import shipped_texts


def exported_texts(project: Project, source: Source, options: Mapping[str, Any]) -> dict[str, str]:
    """Name to text of every file; `predict.py` where the network answers about examples.

    `options` are those of `train_script`, which says what is raised.
    """
    texts = {"model.py": source.text, "train.py": train_script(project, source, options)}
    if not why_not(project):
        texts["predict.py"] = predict_script(project, source, options)
    return {**texts, **shipped_texts(project.data)}
