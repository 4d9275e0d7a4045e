"""A row of the user's own table, typed by hand: its fields, and the answer that a file would get.

Owns the way from typed cells to the table that `predicting` reads, so that a row in a form, one in
the terminal and one of a file are answered alike.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from nnstudio.document.preparation import preparation_settings
from nnstudio.document.sources import columns_of
from nnstudio.document.tabular import Column
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.predicting import Predictor
from nnstudio.engine.using_outputs import of_table
from nnstudio.engine.using_run import CannotUse, InUse

NAME = "your row"


def columns(one: InUse) -> tuple[Column, ...]:
    """The columns that a row needs."""
    found = columns_of(one.trained.project.data)
    return tuple(column for column in found if column.role == "feature")


def fields(one: InUse) -> list[dict[str, Any]]:
    """The columns as fields of a form, with what was usual in training."""
    usual = _usual(one)
    made: list[dict[str, Any]] = []
    for column in columns(one):
        entry: dict[str, Any] = {"name": column.name, "kind": column.type}
        if column.type == "number":
            entry["usual"] = usual.get(column.name, 0.0)
        elif column.type == "category":
            entry["choices"] = list(column.categories)
            entry["usual"] = column.categories[0] if column.categories else ""
        else:
            entry["form"] = column.categories[0] if column.categories else ""
            entry["usual"] = _some_date(entry["form"])
        made.append(entry)
    return made


def predict(one: InUse, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The answer to a row, as its line in a file would get it."""
    values = given.get("values")
    values = values if isinstance(values, dict) else {}
    predictor = Predictor(one.run, one.weights)
    names = [column.name for column in columns(one)]
    for name in values:
        if name not in names:
            raise CannotUse(
                f"row: expected {_listed(names)}, got “{str(name)[:40]}”. Use one of those names."
            )
    missing = [name for name in names if name not in values]
    if missing:
        raise CannotUse(
            f"row: expected a value for each of {len(names)} columns, got none for "
            f"{_listed(missing)}. Give one."
        )
    cells = [_text(values[name], predictor.form.decimal) for name in names]
    try:
        answers = _answers(predictor, names, cells)
    except BadData as error:
        # There is one row, and its number in a file says nothing.
        raise CannotUse(
            str(error).replace(f"{NAME}, row 2, ", "").replace(", row 2", "")
        ) from error
    notes = [note.replace(" (first ", " (").replace(" in row 2)", ")") for note in predictor.told()]
    if answers.empty:
        raise CannotUse("row: expected no empty cell, as in training, got one. Fill it.")
    if one.recipe.output == "several":
        result = of_table(one, answers)
        return {**result, "notes": [*result["notes"], *notes]}
    return {**told(answers), "notes": notes}


def _answers(predictor: Predictor, names: list[str], cells: list[str]) -> pd.DataFrame:
    form = predictor.form
    header, line = names, cells
    if not form.header:  # columns are told apart by their places
        places = [int(name.removeprefix("column")) - 1 for name in names]
        line = [""] * (max(places) + 1)
        for place, cell in zip(places, cells, strict=True):
            line[place] = cell
        header = []
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as folder:
        path = Path(folder) / NAME
        with open(path, "w", encoding=form.encoding, newline="") as file:
            writer = csv.writer(file, delimiter=form.separator)
            writer.writerows([header, line] if header else [line])
        (piece,) = predictor.pieces(path)
    return piece.answers


def told(answers: pd.DataFrame) -> dict[str, Any]:
    """One row of answers as it is shown: `predicted …`, `probability of …`."""
    row = answers.iloc[0].to_dict()
    predicted = {n.removeprefix("predicted "): v for n, v in row.items() if n.startswith("pred")}
    chances = {
        name.removeprefix("probability of "): float(value)
        for name, value in row.items()
        if name.startswith("probability of ")
    }
    spreads = {
        name.removeprefix("standard deviation of "): float(value)
        for name, value in row.items()
        if name.startswith("standard deviation of ")
    }
    texts = {
        name: f"{value:.5g}" if isinstance(value, float) else str(value)
        for name, value in predicted.items()
    }
    texts |= {name: f"{texts[name]} ± {spread:.3g}" for name, spread in spreads.items()}
    several = len(texts) > 1
    words = ", ".join(f"{n} {t}" for n, t in texts.items()) if several else "".join(texts.values())
    table = {"columns": ["name", "value"], "rows": [list(pair) for pair in texts.items()]}
    if chances:
        order = sorted(chances.items(), key=lambda pair: -pair[1])
        bars = [{"name": name, "share": share} for name, share in order]
        result = {"kind": "scores", "words": words, "winner": words, "bars": bars[:20]}
        if several:
            return {**result, "table": table}
        return {**result, "words": f"{words}, with {order[0][1]:.1%}"}
    values = [
        {"name": name, "value": value if isinstance(value, float) else str(value)}
        for name, value in predicted.items()
    ]
    return {"kind": "values", "words": words, "values": values, "table": table}


def _usual(one: InUse) -> dict[str, float]:
    """The mean (or median, or least value, as the scale has it) of each column of numbers."""
    shift = one.fitted.get("shift")
    if not isinstance(shift, list):
        return {}
    settings = preparation_settings(one.trained.project.data, one.trained.project.variables)
    found, place = {}, 0
    for column in columns(one):
        if column.type == "number" and place < len(shift):
            found[column.name] = float(f"{float(shift[place]):.4g}")
        if column.type == "category" and settings["categories_as"] == "one_hot":
            place += len(column.categories) + (settings["rare"] > 0)
        elif column.type == "date":
            place += max(1, len(column.categories) - 1)
        else:
            place += 1
    return found


def _some_date(form: str) -> str:
    """A date as the data write it."""
    return pd.Timestamp(2024, 6, 15, 12).strftime(form) if form else ""


def _text(value: Any, decimal: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return repr(float(value)).replace(".", decimal)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more
