"""A look at data before anything is trained: images, points or a table, with facts of every column.

Owns the form of the `preview` answer. Built-in sources are read by their own text, a CSV file
through the guesses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from graph_compiler.model import DataSource, Variable
from nnstudio.document import sources
from nnstudio.engine.csv_guessing import category_facts, describe_csv, number_facts

IMAGES = 40
ROWS = 50
POINTS = 1000


def preview(data: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """What the data holds; `data` is as in a project file, `variables` are names and values.

    Keys: `source`, `kind` (`images`, `points` or `table`), `rows`, `target` (`class` or `value`),
    `classes` (name and count each), `columns` (facts), `table` (first rows as texts), `images`
    (pixels and label each), `points` (coordinates and class or value each), `options` (what
    `DataSource.options` needs, for a CSV file), `problem` (one line, or empty). Raises `BadData`
    and `DataError`.
    """
    source = DataSource(
        source=str(data.get("source", "digits")),
        options=dict(data.get("options") or {}),
        seed=int(data.get("seed", 0)),
    )
    empty = {"classes": [], "columns": [], "table": [], "images": [], "points": []}
    if source.source == "csv":
        found = describe_csv(Path(str(source.options.get("path", ""))), source.options)
        return {**empty, "source": "csv", **found, **_target_of(found["columns"])}
    named = {name: Variable(name, value) for name, value in variables.items()}
    facts = sources.facts(source, named)
    inputs, targets = examples(source, named)
    spec = sources.sources()[source.source]
    result = {
        **empty,
        "source": source.source,
        "kind": spec.kind,
        "rows": len(inputs),
        "target": facts.target,
        "options": dict(source.options),
        "problem": "",
    }
    if facts.target == "class":
        labels = [facts.classes[int(number)] for number in targets]
        counts = Counter(labels)
        result["classes"] = [[name, counts[name]] for name in facts.classes]
    else:
        labels = [f"{value:g}" for value in np.ravel(targets)]
    if spec.kind == "images":
        result["images"] = _images(inputs, labels)
        return result
    result["columns"] = _columns(inputs, targets, facts.columns, labels, facts.target)
    result["table"] = [
        [*(f"{value:.6g}" for value in row), label]
        for row, label in zip(inputs[:ROWS], labels, strict=False)
    ]
    if spec.kind == "points":
        values = np.ravel(targets)[:POINTS].tolist()
        points = inputs[:POINTS, :2].tolist()
        result["points"] = [[*point, value] for point, value in zip(points, values, strict=True)]
    return result


def examples(data: DataSource, variables: Mapping[str, Variable]) -> tuple[np.ndarray, np.ndarray]:
    """All rows of a built-in source as its own text makes them."""
    options = sources.source_options(data, variables)
    module = import_module(f"nnstudio.engine.data.{data.source}")
    constants = {"DATA_SEED": data.seed, **{n.upper(): v for n, v in options.items()}}
    before = {name: getattr(module, name) for name in constants if hasattr(module, name)}
    try:
        for name in before:
            setattr(module, name, constants[name])
        inputs, targets = module.examples()
    finally:
        for name, value in before.items():
            setattr(module, name, value)
    return np.asarray(inputs), np.asarray(targets)


def _images(inputs: np.ndarray, labels: list[str]) -> list[dict[str, Any]]:
    """The first images, grey from 0 to 1."""
    shown = np.clip(inputs[:IMAGES, 0].astype(float), 0, 1).round(3)
    return [
        {"pixels": pixels.tolist(), "label": label}
        for pixels, label in zip(shown, labels, strict=False)
    ]


def _columns(
    inputs: np.ndarray,
    targets: np.ndarray,
    names: tuple[str, ...],
    labels: list[str],
    target: str,
) -> list[dict[str, Any]]:
    def facts(name: str, role: str, values: np.ndarray) -> dict[str, Any]:
        head = {"name": name, "role": role, "type": "number", "missing": 0}
        distinct = len(np.unique(values))
        return {**head, "distinct": distinct, **number_facts(values.astype(float))}

    found = [facts(name, "feature", inputs[:, n]) for n, name in enumerate(names)]
    if target == "value":
        return [*found, facts("target", "target", np.ravel(targets))]
    counts = Counter(labels)
    head = {"name": "class", "role": "target", "type": "category", "missing": 0}
    return [*found, {**head, "distinct": len(counts), **category_facts(counts)}]


def _target_of(columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Kind of target and balance of classes from the column facts of a table."""
    targets = [column for column in columns if column["role"] == "target"]
    if targets and targets[0]["type"] == "category":
        return {"target": "class", "classes": targets[0]["categories"]}
    return {"target": "value", "classes": []}
