"""Tables that nothing can be learned from, each refused with its whole sentence before training."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.model import DataSource, Project, Value
from nnstudio.document.sources import DataError
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import check_table

COLUMNS = (
    ("age", "feature", "number", ()),
    ("town", "feature", "category", ("Bonn", "Ulm")),
    ("bought", "target", "category", ("no", "yes")),
)
PRICE = (("age", "feature", "number", ()), ("price", "target", "number", ()))
HEAD = "age,town,bought\n"
GOOD = HEAD + "31,Bonn,no\n22,Ulm,yes\n45,Ulm,no\n28,Bonn,yes\n39,Ulm,no\n"


def refusal(path: Path, columns: Any = COLUMNS, **options: Value) -> str:
    """The sentence with which a table is refused."""
    data = DataSource("csv", {"path": str(path), "columns": columns, **options})
    with pytest.raises((BadData, DataError)) as caught:
        check_table(data, path)
    return str(caught.value)


def test_a_good_table_is_not_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(GOOD)
    check_table(DataSource("csv", {"path": str(path), "columns": COLUMNS}), path)


CELLS: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "empty file": ("", {}, "t.csv: expected rows of data, got an empty file. Choose another file."),
    "header only": (
        HEAD,
        {},
        "t.csv: expected rows of data, got only a header. Add rows, or say that it has no header.",
    ),
    "not UTF-8": (
        GOOD.replace("Bonn", "Köln").encode("latin-1"),
        {},
        "t.csv, line 2: expected text in UTF-8, got the byte 0xf6 at place 5. "
        "Save the file as UTF-8.",
    ),
    "zero byte": (
        GOOD.replace("22", "2\0"),
        {},
        "t.csv, line 3: expected text, got a zero byte. Save the file as UTF-8 text.",
    ),
    "gigantic line": (
        GOOD + "1," + "x" * (1 << 20) + ",no\n",
        {},
        "t.csv, line 7: expected at most 1 MB in a line, got more. "
        "Break the line, or choose another file.",
    ),
    "too many columns": (
        ",".join(f"c{n}" for n in range(10_001)) + "\n",
        {},
        "t.csv: expected at most 10000 columns, got 10001. Leave columns out.",
    ),
    "duplicate names": (
        GOOD.replace("town", "age"),
        {},
        't.csv, row 1: expected a name of its own for every column, got "age" in columns 1 and 2. '
        "Rename one of them.",
    ),
    "nameless column": (
        GOOD.replace("town", ""),
        {},
        "t.csv, row 1: expected a name for column 2, got none. Name the column.",
    ),
    "short row": (
        GOOD + "7,Ulm\n",
        {},
        "t.csv, row 7: expected 3 cells, as in the first row, got 2. "
        "Mend the row, or choose the right separator.",
    ),
    "long row": (
        GOOD.replace("22,Ulm", "22,0,Ulm"),
        {},
        "t.csv, row 3: expected 3 cells, as in the first row, got 4. "
        "Mend the row, or choose the right separator.",
    ),
    "wrong separator": (
        GOOD.replace(",", ";"),
        {},
        't.csv, row 1: expected columns between ",", got one column with a semicolon in its name. '
        "Set the separator to semicolon.",
    ),
    "separator of two characters": (
        GOOD,
        {"separator": "::"},
        'data.separator: expected one character, got "::". '
        "Choose a comma, a semicolon, a tab or a bar.",
    ),
    "open quotation": (
        GOOD + '8,"Ulm,no\n',
        {},
        "t.csv, row 7: expected 3 cells, as in the first row, got 2. "
        "Mend the row, or choose the right separator.",
    ),
    "target not in the file": (
        GOOD.replace("bought", "sold"),
        {},
        't.csv: expected the target "bought" among its columns, got none of this name. '
        "Choose the file anew, or another column.",
    ),
    "feature not in the file": (
        GOOD.replace("age", "years"),
        {},
        't.csv: expected the feature "age" among its columns, got none of this name. '
        "Choose the file anew, or another column.",
    ),
    "no number": (
        GOOD.replace("45", "old"),
        {},
        't.csv, row 4, column "age": expected a number, got "old". '
        "Mend the cell, or make the column one of categories.",
    ),
    "decimal comma": (
        GOOD.replace(",", ";").replace("45", "4,5"),
        {"separator": ";"},
        't.csv, row 4, column "age": expected a number, got "4,5". '
        "Mend the cell, or make the column one of categories.",
    ),
    "infinite": (
        GOOD.replace("39", "inf"),
        {},
        't.csv, row 6, column "age": expected a finite number, got "inf". '
        "Mend the cell, or ignore the column.",
    ),
    "too large": (
        GOOD.replace("39", "1e39"),
        {},
        't.csv, row 6, column "age": expected a number below 3.4e38, got "1e39". '
        "Mend the cell, or ignore the column.",
    ),
    "empty cell": (
        GOOD.replace("28", ""),
        {},
        't.csv, row 5, column "age": expected a value, got an empty cell. '
        "Fill the cell, or let empty cells be dropped or filled.",
    ),
    "empty target": (
        GOOD.replace("Ulm,yes", "Ulm,"),
        {},
        't.csv, row 3, column "bought": expected a target, got an empty cell. '
        "Fill the cell, or let empty cells be dropped or filled.",
    ),
    "only empty cells": (
        HEAD + ",Bonn,no\n,Ulm,yes\n,Ulm,no\n,Ulm,yes\n",
        {"missing": "fill"},
        't.csv, column "age": expected values, got only empty cells. Ignore the column.',
    ),
    "nothing left": (
        HEAD + ",Bonn,no\n1,Ulm,\n2,Ulm,no\n,Ulm,yes\n",
        {"missing": "drop"},
        "t.csv: expected at least 4 rows without empty cells, got 1. Add rows, or fill the cells.",
    ),
    "constant column": (
        GOOD.replace("Ulm", "Bonn"),
        {},
        't.csv, column "town": expected at least two different values, got "Bonn" in every row. '
        "Ignore the column.",
    ),
    "unknown category": (
        GOOD.replace("39,Ulm", "39,Rom"),
        {},
        't.csv, row 6, column "town": expected one of Bonn, Ulm, got "Rom". '
        "Mend the cell, or read the columns anew.",
    ),
    "one class": (
        GOOD.replace("yes", "no"),
        {},
        't.csv, column "bought": expected at least two classes, got only "no". '
        "Choose another target.",
    ),
    "a class of one row": (
        GOOD.replace("Ulm,yes", "Ulm,no"),
        {},
        't.csv, column "bought": expected at least two rows of two classes, got one of "yes". '
        "Add rows of this class, or choose another target.",
    ),
    "all classes distinct": (
        "age,id\n1,a\n2,b\n3,c\n4,d\n",
        {
            "columns": (
                ("age", "feature", "number", ()),
                ("id", "target", "category", ("a", "b", "c", "d")),
            )
        },
        't.csv, column "id": expected classes with several rows each, got 4 different values in 4 '
        "rows. Choose another target, or make it a number.",
    ),
    "a class that is gone": (
        GOOD,
        {"columns": (*COLUMNS[:2], ("bought", "target", "category", ("maybe", "no", "yes")))},
        't.csv, column "bought": expected rows of every class that the description names (maybe, '
        'no, yes), got none of "maybe". Read the columns anew.',
    ),
    "constant number to predict": (
        "age,price\n1,5\n2,5\n3,5\n4,5\n",
        {"columns": PRICE},
        't.csv, column "price": expected different values to predict, got 5 in every row. '
        "Choose another target.",
    ),
    "no target": (
        GOOD,
        {"columns": COLUMNS[:2]},
        "data.columns: expected a target, got none. Make a column the target.",
    ),
    "no feature": (
        GOOD,
        {"columns": COLUMNS[2:]},
        "data.columns: expected at least one feature, got none. Make a column a feature.",
    ),
    "no description": (
        GOOD,
        {"columns": ()},
        "data.columns: expected the file's columns, got none. Choose the file anew.",
    ),
    "no choice": (
        GOOD,
        {"missing": "ignore"},
        "data.missing: expected one of refuse, drop, fill, median, got 'ignore'. "
        "Set missing to one of these words.",
    ),
}


@pytest.mark.parametrize("kind", CELLS)
def test_wrong_cells_are_refused(tmp_path: Path, kind: str) -> None:
    content, options, text = CELLS[kind]
    path = tmp_path / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert refusal(path, **options) == text


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.csv") == (
        "gone.csv: expected a file, got nothing at this place. Choose the file anew."
    )
    assert refusal(tmp_path) == f"{tmp_path.name}: expected a file, got a folder. Choose a file."
    os.mkfifo(tmp_path / "pipe.csv")
    assert refusal(tmp_path / "pipe.csv") == (
        "pipe.csv: expected a file, got a pipe or device. Choose a file."
    )
    assert refusal(Path()) == "data.path: expected a CSV file, got none. Choose a file."


def test_a_run_on_wrong_data_fails_before_its_first_step(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(GOOD)
    options: Mapping[str, Value] = {"path": str(path), "columns": COLUMNS}
    run = runs.create(project("csv", (3,), 2, options))
    path.write_text(GOOD.replace("45", "old"))
    reader = runs.work(run)
    event = json.loads((run / "events.jsonl").read_text().splitlines()[-1])
    assert (event["event"], event["reason"]) == ("failed", "data")
    assert event["text"] == (
        't.csv, row 4, column "age": expected a number, got "old". '
        "Mend the cell, or make the column one of categories."
    )
    assert reader.names() == ()
