"""A look at data before anything is trained: images, points or a table, with facts of every column.

Owns the form of the `preview` answer. Built-in sources are read by their own text, a CSV file
through the guesses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from graph_compiler.model import DataFacts, DataSource, Variable
from nnstudio.document import sources
from nnstudio.engine.array_looking import SOURCES as ARRAYS
from nnstudio.engine.array_looking import look_at_arrays
from nnstudio.engine.csv_guessing import category_facts, describe_csv, number_facts
from nnstudio.engine.looking import can_look_at, look_at, with_constants
from nnstudio.engine.preview_pictures import label_of, picture_entries

IMAGES = 40
ROWS = 50
POINTS = 1000
PICTURES = ("images", "sounds")
POINT_KINDS = ("points", "painted")


def preview(data: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """What the data holds; `data` is as in a project file, `variables` are names and values.

    Keys: `source`, `kind` (`images`, `sounds`, `points`, `painted`, `table`), `rows`, `target` (as
    in the facts), `classes` (name and count each), `columns` (facts), `table` (first rows as
    texts), `images` (as `preview_pictures` makes them), `points` (coordinates and class or value
    each), `options` (what `DataSource.options` needs, for data of the user's), `problem` (one line,
    or empty). Raises `BadData` and `DataError`.
    """
    source = DataSource(
        source=str(data.get("source", "digits")),
        options=dict(data.get("options") or {}),
        seed=int(data.get("seed", 0)),
    )
    empty = {"classes": [], "columns": [], "table": [], "images": [], "points": []}
    spec = sources.sources().get(source.source)
    if spec is not None and spec.is_table:
        found = describe_csv(Path(str(source.options.get("path", ""))), source.options)
        return {**empty, "source": source.source, **found, **_target_of(found["columns"])}
    named = {name: Variable(name, value) for name, value in variables.items()}
    if source.source in ARRAYS:
        found = look_at_arrays(source.source, sources.source_options(source, named))
        source = replace(source, options={**source.options, **found})
    if can_look_at(source.source):
        return {**empty, **_looked(source, named)}
    if (known := sources.sources().get(source.source)) and known.form != "examples":
        from nnstudio.engine.text_looking import look_at_text

        split = data.get("split") or source.split
        options = sources.source_options(source, named)
        return {**empty, **look_at_text(replace(source, split=tuple(split)), options)}
    facts = sources.facts(source, named)
    inputs, targets = examples(source, named)
    inputs = inputs.reshape(len(inputs), -1) if facts.name in ("arrays", *ARRAYS) else inputs
    spec = sources.sources()[source.source]
    result = {**empty, **_head(source, facts), "rows": len(inputs)}
    if facts.target in ("class", "mask"):
        counts = np.bincount(np.ravel(targets), minlength=facts.outputs).tolist()
        result["classes"] = [list(pair) for pair in zip(facts.classes, counts, strict=True)]
    if spec.kind in PICTURES:
        result["images"] = picture_entries(inputs[:IMAGES], targets[:IMAGES], facts, spec.kind)
        return result
    result["columns"] = _columns(inputs, targets, facts)
    answers = targets[:ROWS].reshape(min(len(targets), ROWS), -1)
    result["table"] = [
        [
            *(f"{value:.6g}" for value in row),
            *([label_of(one, facts)] if facts.target == "class" else [f"{v:.6g}" for v in answer]),
        ]
        for row, one, answer in zip(inputs, targets, answers, strict=False)
    ]
    if spec.kind in POINT_KINDS:
        values = np.ravel(targets)[:POINTS].tolist()
        points = inputs[:POINTS, :2].tolist()
        result["points"] = [[*point, value] for point, value in zip(points, values, strict=True)]
    return result


def examples(data: DataSource, variables: Mapping[str, Variable]) -> tuple[np.ndarray, np.ndarray]:
    """All rows of a built-in source as its own text makes them."""
    options = sources.source_options(data, variables)
    constants = {"DATA_SEED": data.seed, **{n.upper(): v for n, v in options.items()}}
    with with_constants(data.source, constants) as module:
        inputs, targets = module.examples()
    return np.asarray(inputs), np.asarray(targets)


def _looked(source: DataSource, variables: Mapping[str, Variable]) -> dict[str, Any]:
    """The preview of a folder of the user's: what was found, and some of its rows."""
    options = {**source.options, **sources.source_options(source, variables)}
    look = look_at(source.source, options)
    kept = {**source.options, **look.kept}
    facts = sources.facts(replace(source, options=kept), variables)
    inputs, targets = look.read()
    kind = sources.sources()[source.source].kind
    return {
        **_head(replace(source, options=kept), facts),
        "rows": facts.rows,
        "classes": [list(pair) for pair in look.counts] if facts.target == "class" else [],
        "images": picture_entries(inputs[:IMAGES], targets[:IMAGES], facts, kind),
    }


def _head(source: DataSource, facts: DataFacts) -> dict[str, Any]:
    return {
        "source": source.source,
        "kind": sources.sources()[source.source].kind,
        "target": facts.target,
        "options": dict(source.options),
        "problem": "",
    }


def _columns(inputs: np.ndarray, targets: np.ndarray, known: DataFacts) -> list[dict[str, Any]]:
    def facts(name: str, role: str, values: np.ndarray) -> dict[str, Any]:
        head = {"name": name, "role": role, "type": "number", "missing": 0}
        distinct = len(np.unique(values))
        return {**head, "distinct": distinct, **number_facts(values.astype(float))}

    found = [facts(name, "feature", inputs[:, n]) for n, name in enumerate(known.columns)]
    if known.target == "value":
        names = sources.sources()[known.name].answers or _numbered(known.outputs)
        return [*found, *(facts(n, "target", targets[:, k]) for k, n in enumerate(names))]
    counts = Counter(known.classes[int(number)] for number in targets)
    head = {"name": "class", "role": "target", "type": "category", "missing": 0}
    return [*found, {**head, "distinct": len(counts), **category_facts(counts)}]


def _numbered(count: int) -> tuple[str, ...]:
    """Names of targets that have none."""
    return ("target",) if count == 1 else tuple(f"target{n + 1}" for n in range(count))


def _target_of(columns: list[dict[str, Any]]) -> dict[str, Any]:
    """Kind of target and balance of classes from the column facts of a table."""
    targets = [column for column in columns if column["role"] == "target"]
    if targets and targets[0]["type"] == "category":
        return {"target": "class", "classes": targets[0]["categories"]}
    return {"target": "value", "classes": []}
