"""Tables of the user's own: what each column is for, what a network gets of them, and the
constants by which a script reads them.

Owns the description of columns that a project keeps. Reads no data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_compiler.goals import places_of
from graph_compiler.model import Answer, DataFacts, DataSource, Value

ROLES = ("feature", "target", "ignore", "group", "time", "weight", "part")
"""What a column can be for: groups are never divided, times order the rows, weights say how much
a row counts, and a part names where a row belongs."""
TYPES = ("number", "category", "date")
MAX_COLUMNS = 10_000
LARGE = 200_000_000
"""Bytes of a file above which its rows stay on the disk, unless a setting says otherwise."""
LARGE_CELLS = 25_000_000
"""The same of a file whose bytes say little, as they are compressed."""
PIECE = 100_000
"""Cells that are held at a time while such a file is read."""
EMPTY = ("", "?", "NA", "N/A", "NaN", "nan", "null")
"""What stands for an empty cell in every file."""
DATE_PARTS = ("year", "month", "day", "weekday", "seconds")
SINGLE = {
    "group": "groups of rows that stay together",
    "time": "times of the rows",
    "weight": "weights of the rows",
    "part": "names of the parts",
}
"""Roles that one column at most can have."""

NO_TABLE: Mapping[str, Any] = {
    "TABLE": False,
    "GROUP": "",
    "WEIGHT": "",
    "PART": "",
    "CLASS_COLUMNS": [],
}
"""What the preparation's constants are for data that are no table."""


class DataError(ValueError):
    """A description of data that cannot be used: `data.<option>: expected …, got …. <remedy>`."""

    def __init__(self, option: str, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"data.{option}: expected {expected}, got {got}. {remedy}")
        self.option, self.expected, self.got, self.remedy = option, expected, got, remedy


def empty_words(blanks: Value | None) -> list[str]:
    """All words for an empty cell; `blanks` are those of one file, between semicolons."""
    own = blanks.split(";") if isinstance(blanks, str) else ()
    return [*EMPTY, *(word.strip() for word in own if word.strip())]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its name, what it is for, what it holds.

    `categories` are the words of a column of categories; for a date its form, as Python's
    `strptime` knows it, and the parts of it that become numbers; for a column that names parts
    the words for training, validation and test.
    """

    name: str
    role: str
    type: str
    categories: tuple[str, ...] = ()

    def as_option(self) -> tuple[Value, ...]:
        """The form in which a project keeps it."""
        return (self.name, self.role, self.type, self.categories)


def columns_of(data: DataSource) -> tuple[Column, ...]:
    """The description of a table's columns that the project keeps; raises `DataError`."""
    rows = data.options.get("columns")
    if not isinstance(rows, tuple | list) or not rows:
        raise DataError("columns", "the file's columns", "none", "Choose the file anew.")
    if len(rows) > MAX_COLUMNS:
        raise DataError(
            "columns", f"at most {MAX_COLUMNS} columns", str(len(rows)), "Leave some out."
        )
    return tuple(_column(number, row) for number, row in enumerate(rows, 1))


def table_facts(data: DataSource, settings: Mapping[str, Any]) -> DataFacts:
    """What a network must fit that learns from the table; raises `DataError`.

    `settings` are those of the preparation.
    """
    columns = columns_of(data)
    features = [column for column in columns if column.role == "feature"]
    targets = [column for column in columns if column.role == "target"]
    if not features:
        raise DataError("columns", "at least one feature", "none", "Make a column a feature.")
    if not targets:
        raise DataError("columns", "a target", "none", "Make a column the target.")
    _check_single(columns)
    if is_streamed(data):
        check_streamed(columns, data, settings)
    target = target_kind(targets)
    names = tuple(name for feature in features for name in inputs_of(feature, settings))
    rows = data.options.get("rows")
    first = targets[0]
    classes = {
        "class": first.categories,
        "labels": tuple(one.name for one in targets),
    }.get(target, ())
    return DataFacts(
        name=data.source,
        shape=(len(names),),
        target=target,
        outputs=len(classes) if target == "class" else len(targets),
        rows=rows if isinstance(rows, int) else 0,
        classes=classes,
        columns=names,
        answers=answers(targets) if len(targets) > 1 else (),
    )


def target_kind(targets: Sequence[Column]) -> str:
    """`class`, `value`, `labels` where every target is a question of yes or no, or `several`."""
    kinds = {column.type for column in targets}
    if kinds == {"number"}:
        return "value"
    if len(targets) == 1 and kinds == {"category"}:
        return "class"
    if kinds == {"category"} and all(len(column.categories) == 2 for column in targets):
        return "labels"
    if "date" in kinds:
        raise DataError("columns", "a target of numbers or categories", "dates", "Choose another.")
    return "several"


def class_columns(facts: DataFacts) -> list[int]:
    """Where among several targets stand numbers of classes."""
    places = places_of(facts)
    return [place for one in facts.answers if one.kind == "class" for place in places[one.name]]


def answers(targets: Sequence[Column]) -> tuple[Answer, ...]:
    """Several targets one by one, as outputs of a network learn them."""
    kind = target_kind(targets)
    found = []
    for one in targets:
        if kind == "labels":
            found.append(Answer(one.name, "labels", 1, one.categories))
        elif one.type == "category":
            found.append(Answer(one.name, "class", len(one.categories), one.categories))
        else:
            found.append(Answer(one.name, "value"))
    return tuple(found)


def inputs_of(column: Column, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the network's inputs that come from a column: one, or one for each category."""
    if column.type == "number":
        return (column.name,)
    if column.type == "date":
        return tuple(f"{column.name} ({part})" for part in column.categories[1:])
    if settings.get("categories_as") == "ordinal":
        return (column.name,)
    names = tuple(f"{column.name} = {category}" for category in column.categories)
    return (*names, f"{column.name} = other") if settings.get("rare") else names


def table_constants(data: DataSource, facts: DataFacts) -> dict[str, Any]:
    """The constants by which a script reads the table."""
    columns = columns_of(data)
    features = [column for column in columns if column.role == "feature"]
    targets = [column for column in columns if column.role == "target"]
    named = {role: next((c for c in columns if c.role == role), None) for role in SINGLE}
    group, time, weight, part = (named[role] for role in SINGLE)
    given: dict[str, list[str]] = {}
    for column in features:
        if column.type == "date":
            given |= {name: [] for name in inputs_of(column, {})}
        else:
            given[column.name] = list(column.categories) if column.type == "category" else []
    found: dict[str, Any] = {
        "TABLE": True,
        "FEATURES": given,
        "TARGETS": [column.name for column in targets],
        "ROLES": [column.name for column in (group, time, weight, part) if column is not None],
        "DATES": {
            column.name: (column.categories[0], list(column.categories[1:]))
            for column in features
            if column.type == "date"
        },
        "CATEGORIES": any(given.values()),
        "NAMES": list(facts.classes) if facts.target == "class" else [],
        "KINDS": {c.name: list(c.categories) if c.type == "category" else [] for c in targets}
        if facts.target == "several"
        else {},
        "CLASS_COLUMNS": class_columns(facts),
        "LABELS": {c.name: c.categories[1] for c in targets} if facts.target == "labels" else {},
        "GROUP": group.name if group is not None else "",
        "TIME": time.name if time is not None else "",
        "TIME_FORMAT": time.categories[0] if time is not None and time.type == "date" else "",
        "WEIGHT": weight.name if weight is not None else "",
        "PART": part.name if part is not None else "",
    }
    if data.options.get("blanks"):
        found["EMPTY"] = empty_words(data.options["blanks"])
    if is_streamed(data):
        rows = data.options.get("rows")
        found["ROWS"] = rows if isinstance(rows, int) else 1
        found["PIECE"] = max(100, PIECE // len(columns))
        # What the packed rows and their parts follow from: how cells are read, and as what.
        form = ("separator", "decimal", "thousands", "encoding", "header", "missing")
        found["FORM"] = tuple(str(data.options.get(name, "")) for name in form)
        if data.options.get("signs"):
            found["FORM"] += ("signs",)
        found["FORM"] += tuple(found.get("EMPTY", ())[len(EMPTY) :])
        used = repr([column for column in columns if column.role != "ignore"])
        found["FORM"] += (hashlib.sha256(used.encode()).hexdigest()[:16],)
    if part is not None:
        found["PARTS"] = part.categories
    if time is not None:
        found |= {"IN_ORDER": True, "STRATIFIED": False}
    return found


def is_streamed(data: DataSource) -> bool:
    """Whether the rows stay on the disk because they may be too many for the memory."""
    if data.source not in ("csv", "parquet"):
        return False
    match data.options.get("streaming", "auto"):
        case "always":
            return True
        case "auto":
            return _is_large(data)
    return False


def _is_large(data: DataSource) -> bool:
    size, rows, columns = (data.options.get(name) for name in ("size", "rows", "columns"))
    if isinstance(size, int) and size > LARGE:
        return True
    if data.source == "csv" or not isinstance(rows, int) or not isinstance(columns, tuple | list):
        return False
    return rows * len(columns) > LARGE_CELLS


def check_streamed(
    columns: Sequence[Column], data: DataSource, settings: Mapping[str, Any]
) -> None:
    """Refuse what needs all rows in memory; raises `DataError`."""
    refused = {
        "missing": data.options.get("missing") == "median",
        "scale": data.scale == "robust",
        "folds": bool(settings["folds"]),
        "balanced": bool(settings["balanced"]),
        "columns": any(column.role in ("time", "weight") for column in columns),
    }
    got = {
        "missing": "median",
        "scale": "robust",
        "folds": str(settings["folds"]),
        "balanced": "true",
        "columns": "a column of times or weights",
    }
    for option, is_refused in refused.items():
        if is_refused:
            raise DataError(
                option,
                "what a file can be read for in pieces",
                got[option],
                "Choose another, or set streaming to never.",
            )


def _check_single(columns: Sequence[Column]) -> None:
    for role, what in SINGLE.items():
        holders = [column for column in columns if column.role == role]
        if len(holders) > 1:
            raise DataError(
                "columns", f"one column with {what}", str(len(holders)), "Keep one of them."
            )
        if holders and role == "part" and len(holders[0].categories) != 3:
            raise DataError(
                "columns",
                "the words for training, validation and test",
                f"{len(holders[0].categories)} words",
                "Read the columns anew.",
            )
        if holders and role == "time" and holders[0].type == "category":
            raise DataError(
                "columns", "times that are numbers or dates", "categories", "Choose another column."
            )
        if holders and role == "weight" and holders[0].type != "number":
            raise DataError(
                "columns", "weights that are numbers", holders[0].type, "Choose another column."
            )
    dividing = [column.role for column in columns if column.role in ("group", "time", "part")]
    if len(dividing) > 1:
        raise DataError(
            "columns",
            "one column that divides the rows",
            f"several ({', '.join(dividing)})",
            "Keep one of them.",
        )


def _column(number: int, row: Value) -> Column:
    match row:
        case (str(name), str(role), str(type), (tuple() | list()) as categories) if (
            role in ROLES and type in TYPES and all(isinstance(one, str) for one in categories)
        ):
            words = tuple(str(one) for one in categories)
            if type != "date" or (words and set(words[1:]) <= set(DATE_PARTS)):
                return Column(name, role, type, words)
    raise DataError(
        "columns",
        f"name, role, type and categories of column {number}",
        "something else",
        "Choose the file anew.",
    )
