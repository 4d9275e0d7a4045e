"""The sets of weights that a run has on the disk, as people choose among them."""

from __future__ import annotations

import os
from typing import Any

from nnstudio.runs.kept import kept_of


def weights_of(run: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Name and steps done of each: best, last, then the kept ones, newest first."""
    kept = kept_of(run)
    steps = [one.step for one in kept if not one.best]
    rows: list[dict[str, Any]] = [{"name": "best", "step": one.step} for one in kept if one.best]
    if steps:
        rows.append({"name": "last", "step": steps[-1]})
        rows += [{"name": str(step), "step": step} for step in reversed(steps[:-1])]
    return rows
