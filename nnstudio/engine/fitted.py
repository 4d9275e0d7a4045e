"""What a run has fitted on its training part, kept beside its weights: `fitted.json`.

Owns the file: scales, fill values, known categories, the scale of the targets, a tokenizer or a
vocabulary. An exported script writes the same values. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from graph_compiler.safe_io import safe_write
from nnstudio.runs.layout import FITTED, RunError, read_small

MOST_BYTES = 256 << 20
"""Of the file; scales of large pictures take some."""


def fitted_of(data: Any) -> dict[str, Any]:
    """What a script's `Data` have fitted, by name; empty where nothing was."""
    if hasattr(data, "fitted"):
        return dict(data.fitted)
    if hasattr(data, "tokenizer"):
        return {"tokenizer": json.loads(data.tokenizer.saved())}
    if hasattr(data, "vocabulary"):
        return {"vocabulary": list(data.vocabulary)}
    return {}


def keep_fitted(run: Path, data: Any) -> None:
    """Write what was fitted into the run, whole or not at all, where anything can be."""
    fitted = fitted_of(data)
    if fitted or hasattr(data, "fitted"):
        safe_write(run / FITTED, json.dumps(fitted, default=np.ndarray.tolist), backup=False)


def kept_fitted(run: Path) -> dict[str, Any]:
    """What the run at `run` keeps, empty where it keeps nothing; raises `RunError`."""
    try:
        found = json.loads(read_small(run / FITTED, MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RunError(
            f"{run.name}/{FITTED}",
            "what was fitted, as JSON",
            "something else",
            "Copy the run anew.",
        )
    return found
