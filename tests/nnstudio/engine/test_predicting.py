"""Predictions for new rows: equal to other libraries' and to the run's own measurements, and what
is said of rows that are odd."""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.linear_model import LinearRegression

from graph_compiler.model import DataSource, Plan, Project, Stage, Value
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.script_predict import predict_script, why_not
from nnstudio.document.sources import facts
from nnstudio.document.templates import load_target
from nnstudio.engine.answer_files import write_answers
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_reading import Form
from nnstudio.engine.predicting import Predictor
from nnstudio.runs.layout import RunError
from tests.nnstudio.alone import run_alone

Column = tuple[str, str, str, tuple[str, ...]]


@pytest.fixture
def table(network: Callable[..., Any], tmp_path: Path) -> Callable[..., Project]:
    """A project with one dense layer on a table of the test's own."""

    def make(
        rows: list[list[Any]],
        columns: list[Column],
        options: Mapping[str, Value] | None = None,
        preparation: Mapping[str, Value] | None = None,
        scale: str = "standard",
        **settings: Value,
    ) -> Project:
        given = dict(options or {})
        path = tmp_path / "training.csv"
        write_csv(path, [[one[0] for one in columns], *rows], str(given.get("separator", ",")))
        data = DataSource(
            "csv",
            {**given, "path": str(path), "columns": tuple(columns), "rows": len(rows)},
            scale=scale,
            stratified=False,
            preparation=dict(preparation or {}),
        )
        known = facts(data, {})
        net = network(
            ("row", "Input", {"shape": known.shape}),
            ("fc", "Linear", {"out_features": known.outputs}),
            ("answer", "Output", {}),
        )
        plan = Plan((Stage("train", "supervised", "main", settings),))
        return Project(name="rows", networks={"main": net}, data=data, plan=plan)

    return make


def write_csv(path: Path, rows: list[list[Any]], separator: str = ",") -> Path:
    """A file with these cells."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


def answers(run: Path, path: Path, weights: str = "last") -> tuple[pd.DataFrame, list[str]]:
    """All rows with their answers, and what was said of them."""
    predictor = Predictor(run, weights)
    whole = pd.concat([piece.whole() for piece in predictor.pieces(path)], ignore_index=True)
    return whole, predictor.told()


def numbers(count: int, seed: int = 0) -> list[list[Any]]:
    """Two features and a line over them, in units that are far from 1."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        a, b = draw.gauss(500, 200), draw.gauss(-0.02, 0.01)
        rows.append([a, b, 3 * a - 4000 * b + 70 + draw.gauss(0, 5)])
    return rows


LINE: list[Column] = [
    ("a", "feature", "number", ()),
    ("b", "feature", "number", ()),
    ("y", "target", "number", ()),
]


def test_a_linear_network_says_what_scikit_learn_says(
    runs: Any, table: Callable[..., Project], tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    rows = numbers(120)
    project = table(
        rows, LINE, loss="mse", optimizer="lbfgs", learning_rate=1.0, epochs=40, batch_size=1000
    )
    project = replace(project, data=replace(project.data, preparation={"in_order": True}))
    run = runs.train(project).path
    train = np.array(rows[:72])
    oracle = LinearRegression().fit(train[:, :2], train[:, 2])
    fresh = numbers(50, seed=1)
    path = write_csv(
        tmp_path / "new.csv", [["b", "name", "a"], *[[b, "x", a] for a, b, _ in fresh]]
    )
    found, told = answers(run, path)
    wanted = oracle.predict(np.array(fresh)[:, :2])
    assert np.allclose(found["predicted y"], wanted, rtol=1e-4)
    assert list(found.columns) == ["b", "name", "a", "predicted y"]
    assert told == ["Not looked at: name."]


def test_accuracy_over_the_test_rows_is_the_runs_own(
    runs: Any, table: Callable[..., Project], tmp_path: Path
) -> None:
    draw = random.Random(3)
    rows: list[list[Any]] = []
    for number in range(150):
        kind = draw.choice(["oak", "elm", "fir"])
        part = ("training", "validation", "test")[number % 3]
        size = {"oak": 3, "elm": 5, "fir": 4}[kind] + draw.gauss(0, 1)
        rows.append([size, draw.choice(["dry", "wet"]), kind, part])
    columns: list[Column] = [
        ("size", "feature", "number", ()),
        ("soil", "feature", "category", ("dry", "wet")),
        ("kind", "target", "category", ("elm", "fir", "oak")),
        ("part", "part", "category", ("training", "validation", "test")),
    ]
    reader = runs.train(table(rows, columns, epochs=5))
    test = [row for row in rows if row[3] == "test"]
    path = write_csv(tmp_path / "test.csv", [["size", "soil"], *[row[:2] for row in test]])
    found, _ = answers(reader.path, path)
    right = [one == row[2] for one, row in zip(found["predicted kind"], test, strict=True)]
    assert np.mean(right) == pytest.approx(reader.state().metrics["test_accuracy"])
    shares = found[[f"probability of {name}" for name in ("elm", "fir", "oak")]].to_numpy()
    assert np.allclose(shares.sum(1), 1)
    assert list(found["predicted kind"]) == [("elm", "fir", "oak")[n] for n in shares.argmax(1)]


def messy(count: int) -> list[list[Any]]:
    """Decimal commas, thousands, dates, empty cells in two ways and a rare category."""
    draw = random.Random(5)
    rows = []
    for number in range(count):
        price = f"{draw.randint(1, 9)}.{draw.randint(100, 999)},{draw.randint(10, 99)}"
        date = f"{draw.randint(1, 28):02d}.{draw.randint(1, 12):02d}.{draw.randint(2000, 2020)}"
        city = "Oslo" if number % 25 == 0 else draw.choice(["Rome", "Bonn"])
        price = {7: "", 17: "noch offen"}.get(number % 20, price)
        rows.append([price, date, city, draw.choice(["yes", "no"])])
    return rows


MESSY: list[Column] = [
    ("price", "feature", "number", ()),
    ("day", "feature", "date", ("%d.%m.%Y", "year", "weekday")),
    ("city", "feature", "category", ("Bonn", "Oslo", "Rome")),
    ("paid", "target", "category", ("no", "yes")),
]
GERMAN: dict[str, Value] = {
    "separator": ";",
    "decimal": ",",
    "thousands": ".",
    "missing": "fill",
    "blanks": "noch offen; k. A.",
}


@pytest.fixture
def messy_run(runs: Any, table: Callable[..., Project]) -> Path:
    """A run on messy rows."""
    project = table(messy(100), MESSY, GERMAN, {"rare": 20}, loss="cross_entropy", epochs=2)
    path: Path = runs.train(project).path
    return path


def test_what_is_odd_is_told_and_answered(messy_run: Path, tmp_path: Path) -> None:
    rows = [
        ["day", "city", "price", "note"],
        ["01.02.2010", "Rome", "1.234,50", "plain"],
        ["01.02.2010", "Paris", "1.234,50", "never seen"],
        ["01.02.2010", "Oslo", "1.234,50", "rare"],
        ["01.02.2010", "Rome", "", "empty"],
    ]
    path = write_csv(tmp_path / "new.csv", rows, ";")
    found, told = answers(messy_run, path)
    assert told == [
        "Not looked at: note.",
        'city: 2 cells hold a category that training did not know (first "Paris" in row 3); it '
        "counts as “other”.",
        "price: 1 empty cell was filled with what was usual in training.",
    ]
    shares = found["probability of yes"].tolist()
    assert shares[1] == shares[2] != shares[0]
    assert found["price"].tolist() == ["1.234,50"] * 3 + [""]
    out = tmp_path / "out.csv"
    predictor = Predictor(messy_run, "last")
    assert write_answers((p.whole() for p in predictor.pieces(path)), out, predictor.form) == 4
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "day;city;price;note;predicted paid;probability of no;probability of yes"
    assert lines[1].startswith("01.02.2010;Rome;1.234,50;plain;")
    assert lines[1].split(";")[-1].replace(",", ".") == repr(shares[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "day;price\n01.02.2010;5\n",
            "new.csv: expected the columns that the network was trained with (price, day, city), "
            "got none named city. Add what is missing, under these names.",
        ),
        (
            "day;city;price\n01.02.2010;Rome;5\n01.02.2010;Rome;five\n",
            'new.csv, row 3, column "price": expected a number, got "five". '
            "Mend the cell, or make the column one of categories.",
        ),
        (
            "day;city;price\n2010-02-01;Rome;5\n",
            'new.csv, row 2, column "day": expected a date in the form %d.%m.%Y, got "2010-02-01". '
            "Mend the cell, or make the column one of categories.",
        ),
        (
            "day;city;price\n01.02.2010;Rome\n",
            "new.csv, row 2: expected 3 cells, as in the first row, got 2. "
            "Mend the row, or give the file the separator of the training data.",
        ),
        ("", "new.csv: expected rows of data, got an empty file. Choose another file."),
        ("day;city;price\n", "new.csv: expected rows of data, got only a header. Add rows."),
        (
            "day;city;price\n01.02.2010;Ro\0me;5\n",
            "new.csv, line 2: expected text, got a zero byte. Save the file as UTF-8 text.",
        ),
    ],
)
def test_bad_files_are_refused_and_nothing_is_written(
    messy_run: Path, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    predictor = Predictor(messy_run)
    with pytest.raises(BadData) as caught:
        write_answers(
            (one.whole() for one in predictor.pieces(tmp_path / "new.csv")), out, predictor.form
        )
    assert str(caught.value) == said
    assert out.read_text() == "what was there"
    assert not list(tmp_path.glob(".out.csv*"))


def test_rows_with_empty_cells_are_left_out_where_the_run_left_them_out(
    runs: Any, table: Callable[..., Project], tmp_path: Path
) -> None:
    for missing in ("drop", "refuse"):
        project = table(numbers(40), LINE, {"missing": missing}, loss="mse", epochs=1)
        run = runs.train(project).path
        path = write_csv(tmp_path / "new.csv", [["a", "b"], [1, 2], ["", 2], [3, "NA"]])
        if missing == "drop":
            found, told = answers(run, path)
            assert found["predicted y"].isna().tolist() == [False, True, True]
            assert told == [
                "2 rows have empty cells and no prediction, as such rows were not trained with."
            ]
        else:
            with pytest.raises(BadData) as caught:
                answers(run, path)
            assert str(caught.value) == (
                'new.csv, row 3, column "a": expected a value, got an empty cell, which the run '
                "was told to refuse. Fill the cell, or leave the row out."
            )


def test_a_long_table_is_answered_piece_by_piece(
    runs: Any, table: Callable[..., Project], tmp_path: Path
) -> None:
    run = runs.train(table(numbers(40), LINE, loss="mse", epochs=1)).path
    path = write_csv(tmp_path / "long.csv", [["a", "b"], *[[n, n] for n in range(70_000)]])
    predictor = Predictor(run)
    sizes = [len(piece.whole()) for piece in predictor.pieces(path)]
    assert sum(sizes) == 70_000
    assert max(sizes) <= 34_000  # a hundred thousand cells of the three columns


def exported(project: Project, folder: Path) -> Path:
    """The scripts of a project in a folder."""
    folder.mkdir()
    source = planned_source(project)
    (folder / "model.py").write_text(source.text)
    options = {"device": "cpu", "threads": 1}
    (folder / "train.py").write_text(train_script(project, source, options))
    (folder / "predict.py").write_text(predict_script(project, source, options))
    return folder


@pytest.mark.parametrize("streaming", ["never", "always"])
def test_the_exported_script_says_the_same(
    runs: Any, table: Callable[..., Project], tmp_path: Path, streaming: str
) -> None:
    options = {**GERMAN, "streaming": streaming}
    project = table(
        messy(100), MESSY, options, {"rare": 20, "degree": 2}, loss="cross_entropy", epochs=2
    )
    run = runs.train(project).path
    new = write_csv(tmp_path / "new.csv", [[one[0] for one in MESSY], *messy(30)], ";")
    predictor = Predictor(run, "last")
    write_answers((p.whole() for p in predictor.pieces(new)), tmp_path / "ours.csv", predictor.form)
    folder = exported(project, tmp_path / "exported")
    text = (folder / "predict.py").read_text()
    assert not [name for name in ("columns", "prepare", "split", "fit") if f"def {name}(" in text]
    run_alone(folder, "train.py")
    run_alone(folder, "predict.py", str(new), "-o", "theirs.csv")
    assert (folder / "theirs.csv").read_text() == (tmp_path / "ours.csv").read_text()


def test_pictures_are_read_from_a_folder(
    runs: Any, network: Callable[..., Any], tmp_path: Path
) -> None:
    net = network(
        ("image", "Input", {"shape": (1, 8, 8)}),
        ("flat", "Flatten", {}),
        ("fc", "Linear", {"out_features": 10}),
        ("answer", "Output", {}),
    )
    plan = Plan((Stage("train", "supervised", "main", {"epochs": 1}),))
    project = Project(name="p", networks={"main": net}, data=DataSource("digits"), plan=plan)
    run = runs.train(project).path
    folder = tmp_path / "pictures"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8)
    for number, one in enumerate(pixels):
        Image.fromarray(one).save(folder / f"{number}.png")
    (folder / "notes.txt").write_text("no picture")
    found, told = answers(run, folder)
    assert found["file"].tolist() == [f"{number}.png" for number in range(5)]
    assert told == []
    np.save(tmp_path / "same.npy", pixels[:, None] / 255)
    same, _ = answers(run, tmp_path / "same.npy")
    assert same["row"].tolist() == [1, 2, 3, 4, 5]
    wanted = found.drop(columns=["file"])
    assert same["predicted class"].tolist() == wanted["predicted class"].tolist()
    assert np.allclose(same.iloc[:, 2:], wanted.iloc[:, 1:], atol=1e-5)
    exported(project, tmp_path / "exported")
    shutil.copy(run / "fitted.json", tmp_path / "exported")
    torch.save(
        Predictor(run, "last").trained.network.state_dict(), tmp_path / "exported/weights.pt"
    )
    run_alone(tmp_path / "exported", "predict.py", str(folder), "-o", "out.csv")
    theirs = pd.read_csv(tmp_path / "exported" / "out.csv", dtype={"predicted class": str})
    assert theirs["predicted class"].tolist() == found["predicted class"].tolist()
    (tmp_path / "sorted" / "cats").mkdir(parents=True)
    with pytest.raises(BadData, match=r"got none\. Choose a folder in it, as cats\."):
        answers(run, tmp_path / "sorted")
    (folder / "9.png").write_bytes(b"\x89PNG but broken")
    with pytest.raises(BadData, match=r"9\.png: expected a whole picture, got .*"):
        answers(run, folder)
    np.save(tmp_path / "other.npy", np.zeros((2, 1, 9, 9)))
    with pytest.raises(BadData) as caught:
        answers(run, tmp_path / "other.npy")
    assert str(caught.value) == (
        "other.npy: expected numbers of the shape rows×1×8×8, got 2×1×9×9 float64. Choose another."
    )
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadData, match=r"objects\.npy: expected an \.npy file"):
        answers(run, tmp_path / "objects.npy")


def test_without_pyarrow_no_parquet_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadData) as caught:
        write_answers([pd.DataFrame({"a": [1]})], tmp_path / "out.parquet", Form())
    assert str(caught.value) == (
        "out.parquet: expected pyarrow, which writes Parquet, got none installed. "
        "Run: pip install pyarrow."
    )
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_predicted_says_why(runs: Any) -> None:
    assert why_not(load_target("template:gan")) == (
        "Its last stage trains no network that answers a question about each example."
    )
    assert why_not(load_target("template:unet")) == (
        "Its answers are no classes and no numbers, so they fit into no table."
    )
    assert why_not(load_target("template:lenet5")) == ""


def test_a_run_without_what_was_fitted_says_so(runs: Any, table: Callable[..., Project]) -> None:
    run = runs.train(table(numbers(40), LINE, loss="mse", epochs=1)).path
    (run / "fitted.json").write_text("[1, 2")
    with pytest.raises(RunError) as caught:
        Predictor(run)
    assert str(caught.value) == (
        f"{run.name}/fitted.json: expected what was fitted, as JSON, got something else. "
        "Copy the run anew."
    )
    (run / "fitted.json").unlink()
    with pytest.raises(RunError) as caught:
        Predictor(run)
    assert str(caught.value) == (
        f"{run.name}/fitted.json: expected what was fitted on the training part, got nothing: the "
        "run was made by an older version. Train it anew."
    )


MEASURED = (
    "import resource, sys\n"
    "from nnstudio.cli import main\n"
    "assert main(sys.argv[1:]) == 0\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_table(
    runs: Any, table: Callable[..., Project], tmp_path: Path
) -> None:
    run = runs.train(table(numbers(40), LINE, loss="mse", epochs=1)).path
    peaks = []
    for count in (1_000, 150_000):
        path = write_csv(
            tmp_path / f"{count}.csv",
            [["a", "b", "note"], *[[n, n, "x" * 400] for n in range(count)]],
        )
        out = tmp_path / f"{count}.out.csv"
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "predict", str(run), str(path), "-o", str(out)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert out.read_text().count("\n") == count + 1
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] - peaks[0] < path.stat().st_size / 1024  # kilobytes
