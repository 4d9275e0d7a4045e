"""What a plan's settings are known to do badly together, in a sentence each. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.model import Project
from nnstudio.document.sources import DataError, facts


def plan_hints(project: Project, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Hints about a stage's settings, worked out; none stands in the way of a run."""
    rows = _training_rows(project)
    batch = int(values.get("batch_size", 0)) * int(values.get("accumulation", 1))
    if values.get("optimizer") == "lbfgs" and 0 < batch < rows:
        return (
            "L-BFGS compares the gradients of one step and the next, which agree only on the same "
            f"rows: set the batch size to {rows}, all training rows, or choose another optimizer.",
        )
    return ()


def _training_rows(project: Project) -> int:
    """About how many rows train; 0 where it is not known."""
    try:
        rows = facts(project.data, project.variables).rows
    except DataError:
        return 0
    return round(rows * project.data.split[0])
