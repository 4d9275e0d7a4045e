"""What is guessed of a CSV file, and what the script makes of it."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_compiler.model import DataSource, Project
from nnstudio.document.sources import facts, sources
from nnstudio.engine import csv_guessing
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import check_table
from nnstudio.engine.csv_guessing import describe_csv
from nnstudio.engine.loading import load_script
from nnstudio.engine.preview import preview


def written(rows: list[list[str]]) -> bytes:
    """Rows as a spreadsheet would write them."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


GERMAN = "\ufeffnr;alter;stadt;preis;rabatt\n" + "".join(
    f"{n};{20 + n % 7};{'Köln' if n % 3 else 'Ulm'};{n}" + f",{n % 10};{n % 2}\n" for n in range(40)
)


def test_separator_decimal_mark_header_types_and_roles_are_guessed(tmp_path: Path) -> None:
    path = tmp_path / "german.csv"
    path.write_text(GERMAN, encoding="utf-8")
    found = describe_csv(path)
    assert found["options"] == {
        "path": str(path),
        "blanks": "",
        "separator": ";",
        "decimal": ",",
        "header": True,
        "missing": "refuse",
        "columns": [
            ["nr", "ignore", "number", []],
            ["alter", "feature", "number", []],
            ["stadt", "feature", "category", ["Köln", "Ulm"]],
            ["preis", "feature", "number", []],
            ["rabatt", "target", "category", ["0", "1"]],
        ],
        "rows": 40,
        "size": path.stat().st_size,
        "thousands": "none",
        "signs": False,
        "encoding": "utf-8",
        "streaming": "auto",
    }
    assert found["problem"] == ""
    assert found["table"][1] == ["1", "21", "Köln", "1,1", "1"]
    price = found["columns"][3]
    assert (price["min"], price["max"], price["missing"]) == (0.0, 39.9, 0)
    assert sum(price["histogram"]) == 40
    assert found["columns"][2]["categories"] == [["Köln", 26], ["Ulm", 14]]
    data = DataSource("csv", found["options"])
    known = facts(data, {})
    assert (known.shape, known.target, known.outputs) == ((4,), "class", 2)
    assert known.columns == ("alter", "stadt = Köln", "stadt = Ulm", "preis")


@pytest.mark.parametrize(
    ("text", "separator", "header", "target"),
    [
        ("1,2,3\n4,5,6\n7,8,10\n9,9,9\n", ",", False, "column3"),
        ("a\tb\n1\t2.5\n3\t4.5\n5\t1.5\n2\t0.5\n", "\t", True, "b"),
        ("x|label|z\n1|u|2\n3|v|2.5\n5|u|7\n2|v|1\n", "|", True, "label"),
        ("red,round\nblue,square\nred,square\nblue,round\n", ",", False, "column2"),
        ("colour,form\nred,round\nblue,square\nred,square\nblue,round\n", ",", True, "form"),
    ],
)
def test_other_forms(tmp_path: Path, text: str, separator: str, header: bool, target: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    options = describe_csv(path)["options"]
    assert (options["separator"], options["header"]) == (separator, header)
    assert [row[0] for row in options["columns"] if row[1] == "target"] == [target]


def test_what_is_given_stands_in_place_of_guesses(tmp_path: Path) -> None:
    path = tmp_path / "german.csv"
    path.write_text(GERMAN, encoding="utf-8")
    given = {
        "path": str(path),
        "header": True,
        "missing": "drop",
        "columns": [["preis", "target", "number", []], ["rabatt", "ignore", "category", []]],
    }
    found = preview({"source": "csv", "options": given}, {})
    roles = {row[0]: row[1:3] for row in found["options"]["columns"]}
    assert roles["preis"] == ["target", "number"]
    assert roles["rabatt"] == ["ignore", "category"]
    assert found["options"]["missing"] == "drop"
    assert found["target"] == "value"


def test_faults_of_the_cells_stand_beside_the_preview(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n5,x\n2,x\n9,x\n4,x\n")
    found = describe_csv(path)
    assert found["rows"] == 4
    assert found["problem"] == (
        't.csv, column "b": expected at least two classes, got only "x". Choose another target.'
    )


@pytest.mark.parametrize("missing", ["refuse", "drop", "fill"])
def test_the_script_reads_what_was_described(
    project: Callable[..., Project], runs: Any, tmp_path: Path, missing: str
) -> None:
    rows = [(f"{n}", "red" if n % 2 else "blue", "yes" if n % 3 else "no") for n in range(1, 41)]
    if missing != "refuse":
        rows[4] = ("", "red", "no")
        rows[9] = ("7", "", "yes")
        rows[20] = ("8", "red", "")
    path = tmp_path / "t.csv"
    path.write_text("n,colour,bought\n" + "\n".join(",".join(row) for row in rows) + "\n")
    options = describe_csv(path)["options"]
    options["missing"] = missing
    options["columns"][0] = ["n", "feature", "number", []]
    plan = project("csv", (3,), 2, options, split=(0.5, 0.25, 0.25))
    script = load_script(runs.create(plan))
    recipe = script.build(script.arguments([]))
    sizes = [len(part.inputs) for part in recipe.data[:3]]
    assert sum(sizes) == {"refuse": 40, "drop": 37, "fill": 39}[missing]
    table, targets = script.examples()
    train = script.split(targets)[0]
    values = script.encode(table, script.fit_table(table.iloc[train]))
    numbers = table["n"].to_numpy(float)
    mean = np.nanmean(numbers[train])
    assert values[:, 0].tolist() == np.where(np.isnan(numbers), mean, numbers).tolist()
    colours = table["colour"]
    frequent = colours.iloc[train].mode()[0]
    wanted = colours.fillna(frequent)
    assert values[:, 1].tolist() == (wanted == "blue").astype(float).tolist()
    assert values[:, 2].tolist() == (wanted == "red").astype(float).tolist()
    assert targets.tolist() == [
        1 if t == "yes" else 0 for t in (r[2] for r in rows_kept(rows, missing))
    ]


def rows_kept(rows: list[tuple[str, ...]], missing: str) -> list[tuple[str, ...]]:
    if missing == "drop":
        return [row for row in rows if all(row)]
    return [row for row in rows if row[2]]


def test_a_category_that_training_never_saw_is_nothing(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("c,y\n" + "a,1\nb,2\nc,3\nd,4\ne,5\nf,6\ng,7\nh,8\n")
    options = {
        "path": str(path),
        "columns": [["c", "feature", "category", list("abcdefgh")], ["y", "target", "number", []]],
    }
    plan = project("csv", (8,), 1, options, loss="mse")
    script = load_script(runs.create(plan))
    table, targets = script.examples()
    train = script.split(targets)[0]
    values = script.encode(table, script.fit_table(table.iloc[train]))
    others = [row for row in range(8) if row not in train]
    assert values[train].sum(1).tolist() == [1.0] * len(train)
    assert values[others].sum() == 0


def test_a_table_trains_to_its_end(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    path = tmp_path / "german.csv"
    path.write_text(GERMAN, encoding="utf-8")
    options = describe_csv(path)["options"]
    reader = runs.train(project("csv", (4,), 2, options, epochs=3))
    assert reader.state().status == "done", reader.state().reason


def test_a_run_and_its_script_tell_when_the_file_has_changed(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    path = tmp_path / "german.csv"
    path.write_text(GERMAN, encoding="utf-8")
    options = describe_csv(path)["options"]
    run = runs.create(project("csv", (4,), 2, options, epochs=1))

    def alone() -> str:
        """What the script says as an error, in a process of its own."""
        said = subprocess.run(
            [sys.executable, str(run / "train.py")], capture_output=True, text=True, cwd=tmp_path
        )
        assert said.returncode == 0, said.stderr
        return said.stderr

    def notes() -> list[str]:
        events = map(json.loads, (run / "events.jsonl").read_text().splitlines())
        return [event["text"] for event in events if event["event"] == "problem"]

    assert alone() == ""
    assert runs.work(run).state().status == "done"
    assert notes() == []
    with open(path, "a", encoding="utf-8") as file:
        file.write(GERMAN.splitlines()[-1] + "\n")
    assert alone() == f"warning: {path} is not as it was for this script\n"
    runs.work(run)
    assert notes() == ["german.csv is not as it was when the run was made."]


MADE = sorted(
    name
    for name, spec in sources().items()
    if spec.form == "examples" and not spec.kept and spec.target in ("class", "value")
)


@pytest.mark.parametrize("source", MADE)
def test_previews_of_built_in_sources_agree_with_their_facts(source: str) -> None:
    found = preview({"source": source, "options": {}}, {})
    assert len(json.dumps(found, allow_nan=False)) < 200_000
    known = facts(DataSource(source), {})
    assert found["rows"] == known.rows
    assert found["target"] == known.target
    if known.target == "class":
        assert [name for name, _ in found["classes"]] == list(known.classes)
        assert sum(count for _, count in found["classes"]) == known.rows
    if found["kind"] in ("images", "sounds"):
        assert found["images"][0]["bytes"]
    else:
        assert [c["name"] for c in found["columns"] if c["role"] == "feature"] == list(
            known.columns
        )


def test_digits_are_resized_and_variables_count() -> None:
    found = preview({"source": "digits", "options": {"size": "side"}}, {"side": 28})
    assert sorted(found["images"][0]["size"]) == [1, 28, 28]
    small = preview({"source": "digits"}, {})["images"][0]
    assert sorted(small["size"]) == [1, 8, 8]
    assert len(base64.b64decode(small["bytes"])) == 64


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text('ab1.,;\t|"\n\r -e?', max_size=200).map(str.encode),
        st.lists(
            st.lists(st.text('ab1.,é"\n', max_size=4), min_size=2, max_size=4), max_size=12
        ).map(written),
    )
)
def test_any_bytes_are_described_or_refused_in_words(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(data)
        refused, found = "", {}
        try:
            found = describe_csv(path)
        except BadData as error:
            refused = str(error)
    if refused:
        assert re.match(r"[^\n]+: expected [^\n]+, got [^\n]+\. [A-Z][^\n]+\.$", refused)
        return
    json.dumps(found, allow_nan=False)
    columns = found["options"]["columns"]
    assert len(columns) == len(found["columns"]) == len(found["table"][0])
    assert found["rows"] == found["options"]["rows"] > 0
    if not found["problem"]:
        known = facts(DataSource("csv", found["options"]), {})
        assert known.shape[0] >= 1
        assert known.outputs >= 1


def test_of_a_large_file_the_beginning_gives_figures_and_all_of_it_the_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted by class, as many files are: the beginning knows one class and one town only."""
    path = tmp_path / "t.csv"
    rows = [
        f"{n},{n / 7:.3f},{'Ulm' if n < 2500 else 'Bonn'},{int(n > 2000)},{'abc'[n // 1000]}"
        for n in range(3000)
    ]
    path.write_text("nr,size,town,late,kind\n" + "\n".join(rows) + "\n")
    whole = describe_csv(path)
    assert whole["looked_at"] == whole["rows"] == 3000
    monkeypatch.setattr(csv_guessing, "MOST_CELLS", 5 * 1500)
    part = describe_csv(path)
    assert (part["rows"], part["looked_at"], part["problem"]) == (3000, 1500, "")
    assert part["options"] == whole["options"]
    facts = {column["name"]: column for column in part["columns"]}
    assert facts["kind"]["categories"] == [["a", 1000], ["b", 1000], ["c", 1000]]
    assert facts["size"]["max"] == round(1499 / 7, 3)
    check_table(DataSource("csv", part["options"]), path)


def test_a_fault_beyond_what_was_looked_at_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{n % 9 / 2},{n % 2}\n" for n in range(1500)) + "oh,1\n")
    monkeypatch.setattr(csv_guessing, "MOST_CELLS", 1)
    found = describe_csv(path)
    assert (found["rows"], found["looked_at"], found["problem"]) == (1501, 1000, "")
    with pytest.raises(BadData, match=r't\.csv, row 1502, column "a": expected a number, got "oh"'):
        check_table(DataSource("csv", found["options"]), path)


def test_a_file_beyond_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with open(path, "wb") as file:
        file.truncate((1 << 30) + 1)
    columns = (("a", "feature", "number", ()), ("b", "target", "number", ()))
    options = {"path": str(path), "columns": columns, "streaming": "never"}
    with pytest.raises(BadData) as refused:
        check_table(DataSource("csv", options), path)
    assert str(refused.value) == (
        "t.csv: expected at most 1 GB, got more. Leave out rows or columns."
    )


@pytest.mark.parametrize("number", [10**30, 2**60, 1e-320])
def test_numbers_that_are_all_but_the_same_have_a_histogram(tmp_path: Path, number: float) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(f"{number + n % 2},{n % 2}\n" for n in range(30))
    path.write_text("a,b\n" + rows)
    facts = describe_csv(path)["columns"][0]
    assert sum(facts["histogram"]) == 30


def test_names_that_come_twice_are_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,a,b\n" + "".join(f"{n},{n * n},{'xy'[n % 2]}\n" for n in range(30)))
    with pytest.raises(BadData, match=r'"a" in columns 1 and 2\. Rename'):
        describe_csv(path)


def test_line_ends_of_very_old_systems_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\r1,2\r3,4\r")
    with pytest.raises(BadData) as refused:
        describe_csv(path)
    assert str(refused.value) == (
        "t.csv: expected rows that end in a line feed, got ones that end in a carriage return, as "
        "on very old systems. Save the file anew from a spreadsheet."
    )
