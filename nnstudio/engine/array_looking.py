"""A look at files of arrays and of time series: what they hold, and what is wrong with them.

Owns what the project keeps of them. Reads with the very functions that become part of `train.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_reading import open_data
from nnstudio.engine.looking import with_constants

MOST_CLASSES = 1000


def look_at_arrays(source: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the project keeps of a file; raises `BadData`."""
    path = Path(str(options.get("path") or ""))
    open_data(path, 0).close()
    given = {name.upper(): value for name, value in options.items() if value is not None}
    try:
        with with_constants(source, {**given, "PATH": str(path)}) as module:
            return _LOOKS[source](module)
    except ValueError as error:
        text = str(error).replace(str(path), path.name)
        where, _, rest = text.partition(": expected ")
        expected, _, got = rest.partition(", got ")
        if not got:
            where, expected, got = path.name, "a file of this kind", text.rstrip(".")
        raise BadData(where, expected, got.rstrip("."), "Mend or choose another file.") from error


def check_arrays(source: str, options: Mapping[str, Any], path: str) -> None:
    """Refuse a file that is not as it was when it was looked at; raises `BadData`."""
    found = look_at_arrays(source, {**options, "path": path})
    for name, value in found.items():
        before = options.get(name)
        before = list(before) if isinstance(before, tuple) else before
        if before != (list(value) if isinstance(value, tuple) else value):
            raise BadData(
                Path(path).name,
                f"{before} as {name}, as when it was looked at",
                str(value),
                "Look at the file anew in the Data panel.",
            )


def check_gap(source: str, rows: int, split: Sequence[float], script: Any) -> None:
    """Refuse parts that are too short for a window between them; raises `BadData`."""
    gap = getattr(script, "ROWS_BETWEEN", 0)
    for name, share in zip(("validation", "test"), split[1:], strict=True):
        if share and round(share * rows) <= gap:
            raise BadData(
                f"{source}, {name} part",
                f"more than {gap} windows, as the first {gap} reach into the part before",
                f"{round(share * rows)}",
                "Choose a shorter window, or give the part a larger share.",
            )


def _arrays(module: Any) -> dict[str, Any]:
    inputs, targets = module.arrays()
    classes = targets.ndim == 1 and targets.dtype.kind in "biu"
    if classes and targets.dtype.kind != "b" and targets.min() < 0:
        raise ValueError(f"{module.PATH}: expected classes from 0 on, got {targets.min()}.")
    outputs = int(targets.max()) + 1 if classes else int(np.prod(targets.shape[1:]))
    if classes and not 2 <= outputs <= MOST_CLASSES:
        raise ValueError(f"{module.PATH}: expected 2 to {MOST_CLASSES} classes, got {outputs}.")
    module.examples()
    return {
        "kind": "class" if classes else "value",
        "shape": tuple(int(axis) for axis in inputs.shape[1:]),
        "outputs": outputs,
        "rows": len(inputs),
    }


def _series(module: Any) -> dict[str, Any]:
    return {"rows": len(module.values())}


_LOOKS: Mapping[str, Callable[[Any], dict[str, Any]]] = {"arrays": _arrays, "series": _series}
SOURCES = tuple(_LOOKS)
