"""What to learn from a table, and what stands in the way: found, counted, with a default for each.

Owns the findings and the decisions that follow. The guesses of form, types and roles come from
`csv_guessing`; nothing is decided here that a person could not choose otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from nnstudio.document.tabular import LARGE, Column, target_kind
from nnstudio.engine.csv_checking import LARGEST, as_moments, as_numbers, check_cells
from nnstudio.engine.csv_guessing import MOST_CELLS, described, is_identifier
from nnstudio.engine.csv_reading import TextTable
from nnstudio.engine.parquet_reading import is_parquet

TELLING = 0.99
"""Share of right answers, or of the explained spread, from which one column alone is too good."""
JUDGED = 4000
"""Rows by which columns are judged."""
MOST_JUDGED = 200
RARE = 10
"""Rows below which a category is rare, in a table of a thousand and more."""
UNBALANCED = 0.1
"""Share of its even share below which a class is rare."""
MOST_SPELLINGS = 3
"""Words of a column whose spellings are told one by one."""
STEPS = 3000

Finding = tuple[str, str, str, str]


def propose(path: Path, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The proposal for a file as `document.proposal` reads it; raises `BadData`."""
    known = described(path, given or {}, MOST_CELLS)
    table, columns, options = known.table, known.columns, known.options
    rows = int(options["rows"])
    findings = [
        *_form(options),
        *_strays(known.strays, columns),
        *_empty(table, columns, str(options["missing"])),
    ]
    columns, found = _ignored(table, columns)
    findings += found
    columns, found = _telling(table, columns)
    findings += found
    preparation: dict[str, Any] = {}
    findings += [*_dates(columns), *_spellings(table, columns)]
    rare = _rare(table, columns, rows)
    if rare:
        preparation["rare"] = _rare_below(rows)
        findings += rare
    targets = [column for column in columns if column.role == "target"]
    task, problem = "value", ""
    try:
        task = target_kind(targets)
        check_cells(table, columns, str(options["missing"]), (0.6, 0.15, 0.25), bool(rare))
    except ValueError as error:
        problem = str(error)
    balance = _balance(table, targets[0]) if task == "class" and targets else []
    if balance and int(options["size"]) <= LARGE:
        preparation["balanced"] = True
        findings += balance
    options["columns"] = [[c.name, c.role, c.type, list(c.categories)] for c in columns]
    batch = 32 if rows < 20_000 else 256
    epochs = int(np.clip(round(STEPS * batch / max(rows * 0.6, 1)), 5, 200))
    loss = {"value": "mse", "labels": "bce_with_logits"}.get(task, "cross_entropy")
    return {
        "name": path.name,
        "rows": rows,
        "columns": len(columns),
        "target": [column.name for column in targets],
        "task": task,
        "classes": len(targets[0].categories) if task == "class" else len(targets),
        "features": [column.name for column in columns if column.role == "feature"],
        "template": "mlp",
        "plan": {"loss": loss, "epochs": epochs, "batch_size": batch},
        "options": options,
        "preparation": preparation,
        "decisions": findings,
        "source": "parquet" if is_parquet(path) else "csv",
        "problem": problem,
    }


def _form(options: Mapping[str, Any]) -> list[Finding]:
    """How the file is written, where that is not as usual."""
    found: list[Finding] = []
    names = {";": "semicolons", "\t": "tabs", "|": "bars"}
    if options["separator"] in names:
        found.append(("form", "", f"cells between {names[options['separator']]}", "read so"))
    if options["decimal"] == ",":
        found.append(("form", "", "numbers with a decimal comma", "read so"))
    if options["thousands"] != "none":
        mark = {" ": "a space"}.get(options["thousands"], f"“{options['thousands']}”")
        found.append(("form", "", f"{mark} between thousands", "read so"))
    if options["signs"]:
        found.append(("form", "", "numbers with signs such as $ or %", "read without them"))
    if options["encoding"] != "utf-8":
        found.append(("form", "", f"characters in {options['encoding']}", "read so"))
    if not options["header"]:
        found.append(("form", "", "no row of names", "columns are numbered"))
    return found


def _strays(strays: Mapping[str, Mapping[str, int]], columns: Sequence[Column]) -> list[Finding]:
    """Words among numbers or dates, with the rows that they stand in."""
    among = {one.name: "dates" if one.type == "date" else "numbers" for one in columns}
    return [
        ("form", name, f"“{word}” among {among[name]} in {_rows(count)}", "counts as an empty cell")
        for name, words in strays.items()
        for word, count in words.items()
    ]


def _spellings(table: TextTable, columns: Sequence[Column]) -> list[Finding]:
    """Words of one column that differ in capitals and spaces alone, with the rows of each."""
    found: list[Finding] = []
    for column in columns:
        if column.type != "category" or column.role not in ("feature", "target"):
            continue
        alike: dict[str, list[str]] = {}
        for word, count in table.cells[column.name].value_counts().items():
            key = " ".join(str(word).split()).casefold()
            alike.setdefault(key, []).append(f"“{str(word)[:40]}” ({count:,})")
        several = [words for words in alike.values() if len(words) > 1]
        for words in several[:MOST_SPELLINGS]:
            text = f"{', '.join(words[:-1])} and {words[-1]} differ in capitals or spaces alone"
            found.append(("words", column.name, text, "kept apart; mend the file if they are one"))
        if len(several) > MOST_SPELLINGS:
            more = len(several) - MOST_SPELLINGS
            found.append(("words", column.name, f"{more} more such words", "kept apart"))
    return found


def _empty(table: TextTable, columns: Sequence[Column], missing: str) -> list[Finding]:
    found: list[Finding] = []
    filled = {"number": "filled with the mean", "date": "filled with the mean"}
    for column in columns:
        count = int(table.cells[column.name].isna().sum())
        if not count or column.role == "ignore":
            continue
        decision = filled.get(column.type, "filled with the most frequent word")
        if column.role == "target" or missing == "drop":
            decision = "such rows are left out"
        found.append(("empty", column.name, f"{_rows(count)} without a value", decision))
    return found


def _ignored(table: TextTable, columns: Sequence[Column]) -> tuple[list[Column], list[Finding]]:
    """Columns that tell nothing: the same everywhere, names of rows, copies, free text."""
    kept: list[Column] = []
    found: list[Finding] = []
    seen: dict[int, str] = {}
    for column in columns:
        cells = table.cells[column.name]
        there = cells.dropna()
        reason = _reason(table, column, there)
        value = hash(tuple(pd.util.hash_pandas_object(cells, index=False)))
        if column.role == "target":
            kept.append(column)
            continue
        if not reason and value in seen and cells.equals(table.cells[seen[value]]):
            reason = ("duplicate", f"the same as {seen[value]} in every row")
        seen.setdefault(value, column.name)
        if reason:
            found.append((reason[0], column.name, reason[1], "ignored"))
            column = replace(column, role="ignore")
        kept.append(column)
    return kept, found


def _reason(table: TextTable, column: Column, cells: pd.Series) -> tuple[str, str] | None:
    distinct, count = cells.nunique(), len(cells)
    if distinct == 0:
        return "constant", "only empty cells"
    if distinct == 1 and column.role != "target":
        where = (
            f"all {_rows(count)}" if count == len(table.cells) else f"{_rows(count)}, else empty"
        )
        return "constant", f"“{str(cells.iloc[0])[:40]}” in {where}"
    if column.type == "number" and column.role == "ignore":
        values = as_numbers(cells, table.form)
        if is_identifier(column.name, cells, values, count):
            return "identifier", f"a different number in each of {_rows(count)}"
    if column.type == "category" and column.role == "ignore":
        if distinct == count:
            return "identifier", f"a different word in each of {_rows(count)}"
        return "words", f"{distinct:,} different words in {_rows(count)}"
    return None


def _telling(table: TextTable, columns: list[Column]) -> tuple[list[Column], list[Finding]]:
    """Columns that alone nearly predict the target, as what is known only afterwards does."""
    targets = [column for column in columns if column.role == "target"]
    features = [column for column in columns if column.role == "feature"]
    if len(targets) != 1 or not 2 <= len(features) <= MOST_JUDGED:
        return columns, []
    wanted, known = _answers(table, targets[0])
    rows = np.flatnonzero(known)
    rows = rows[np.random.default_rng(0).permutation(len(rows))[:JUDGED]]
    if len(rows) < 40:
        return columns, []
    found: list[Finding] = []
    for column in features:
        told = _told(_values(table, column)[rows], wanted[rows], targets[0].type == "category")
        if told:
            found.append(("leak", column.name, f"{told} {targets[0].name}", "ignored"))
    leaking = {name for _, name, _, _ in found}
    if len(leaking) == len(features):
        # Then the task is easy, or there is nothing else to learn from.
        return columns, [(kind, name, text, "kept") for kind, name, text, _ in found]
    return [replace(c, role="ignore") if c.name in leaking else c for c in columns], found


def _told(values: np.ndarray, wanted: np.ndarray, classes: bool) -> str:
    """How well a tree on one column alone predicts what it has not seen; "" if not too well."""
    half = len(values) // 2
    first, second = slice(None, half), slice(half, None)
    if classes:
        tree = DecisionTreeClassifier(max_leaf_nodes=32, random_state=0)
        guessed = tree.fit(values[first], wanted[first]).predict(values[second])
        right = int((guessed == wanted[second]).sum())
        blind = DummyClassifier().fit(values[first], wanted[first])
        base = float(blind.score(values[second], wanted[second]))
        share = right / (len(values) - half)
        if share >= TELLING and 1 - share <= (1 - base) / 5:
            return f"alone tells in {right:,} of {len(values) - half:,} rows the right"
        return ""
    if wanted[second].std() == 0:
        return ""
    model = DecisionTreeRegressor(min_samples_leaf=2, random_state=0)
    share = float(model.fit(values[first], wanted[first]).score(values[second], wanted[second]))
    return f"alone explains {share:.1%} of the spread of" if share >= TELLING else ""


def _answers(table: TextTable, target: Column) -> tuple[np.ndarray, np.ndarray]:
    cells = table.cells[target.name]
    if target.type == "category":
        codes, _ = pd.factorize(cells)
        return codes, codes >= 0
    values = as_numbers(cells, table.form).to_numpy(float)
    return values, np.abs(values) <= LARGEST


def _values(table: TextTable, column: Column) -> np.ndarray:
    """One column as numbers (rows, 1); empty cells are a value of their own."""
    cells = table.cells[column.name]
    if column.type == "category":
        values = pd.factorize(cells)[0].astype(float)
    elif column.type == "date":
        moments = as_moments(cells, column.categories[0])
        values = (moments - pd.Timestamp(0)).dt.total_seconds().to_numpy(float)
    else:
        values = as_numbers(cells, table.form).to_numpy(float)
    return np.nan_to_num(values, nan=-1e30).clip(-1e30, 1e30)[:, None]


def _dates(columns: Sequence[Column]) -> list[Finding]:
    return [
        ("date", one.name, f"dates as {_spelled(one.categories[0])}",
         f"numbers: {', '.join(one.categories[1:])}")
        for one in columns
        if one.type == "date" and one.role == "feature"
    ]  # fmt: skip


def _spelled(form: str) -> str:
    """The form of dates in words: `day.month.year`."""
    words = {"Y": "year", "m": "month", "d": "day", "H": "hour", "M": "minute", "S": "second"}
    return re.sub(r"%(\w)", lambda found: words.get(found[1], "month"), form)


def _rare_below(rows: int) -> int:
    return int(np.clip(rows // 100, 2, RARE))


def _rare(table: TextTable, columns: Sequence[Column], rows: int) -> list[Finding]:
    found: list[Finding] = []
    below = _rare_below(rows)
    for column in columns:
        if column.type != "category" or column.role != "feature":
            continue
        counts = table.cells[column.name].value_counts()
        few = counts[(counts < below) | ~counts.index.isin(column.categories)]
        if len(few):
            text = f"{len(few):,} of {len(counts):,} words stand in fewer than {below} rows each"
            if len(counts) > len(column.categories):
                text = f"{len(few):,} of {len(counts):,} words are rare ({_rows(int(few.sum()))})"
            found.append(("rare", column.name, text, "count as “other”"))
    return found


def _balance(table: TextTable, target: Column) -> list[Finding]:
    counts = table.cells[target.name].value_counts()
    if not len(counts) or counts.min() >= UNBALANCED * counts.sum() / len(counts) * 2:
        return []
    name = str(counts.index[-1])
    share = counts.iloc[-1] / counts.sum()
    text = f"“{name[:40]}” in {_rows(int(counts.iloc[-1]))} only ({share:.1%})"
    return [("imbalance", target.name, text, "its rows are drawn more often")]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
