"""Preparing data: parts, folds, roles, categories, dates, scaling; fitted on the training part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.preprocessing import (
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils.class_weight import compute_sample_weight

from graph_compiler.emission import emit
from graph_compiler.model import Project, Value
from nnstudio.document.preparation import with_products
from nnstudio.document.script import train_script
from nnstudio.document.sources import DataError, facts
from nnstudio.engine.loading import load_script

CPU = torch.device("cpu")


class Prepared:
    """The data of a script that was written for a project, and the rows' numbers in its parts."""

    def __init__(self, project: Project, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        source = emit(project.graph())
        (folder / "model.py").write_text(source.text)
        self.text = train_script(project, source, {"device": "cpu", "threads": 1})
        (folder / "train.py").write_text(self.text)
        self.script = load_script(folder)
        self.facts = facts(project.data, project.variables)
        self.data = self.script.prepare(*self.script.examples(), CPU)

    @property
    def parts(self) -> list[Any]:
        """Training, validation and test part."""
        return [self.data.train, self.data.validation, self.data.test]


@pytest.fixture
def prepared(project: Callable[..., Project], tmp_path: Path) -> Callable[..., Prepared]:
    """Prepares a table, given as text and described columns, or a source of its own."""

    def make(
        text: str = "",
        columns: list[tuple[str, str, str, list[str]]] | None = None,
        source: str = "csv",
        options: Mapping[str, Value] | None = None,
        settings: Mapping[str, Value] | None = None,
        loss: str = "",
        **fields: Any,
    ) -> Prepared:
        given: dict[str, Value] = dict(options or {})
        if source == "csv":
            path = tmp_path / "table.csv"
            path.write_text(text, encoding="utf-8")
            given |= {"path": str(path), "columns": columns or []}
        plan = project(source, options=given)
        data = replace(plan.data, preparation=dict(settings or {}), **fields)
        found = facts(data, {})
        loss = loss or {"value": "mse", "labels": "bce_with_logits"}.get(
            found.target, "cross_entropy"
        )
        plan = project(source, found.shape, found.outputs, given, loss=loss)
        return Prepared(replace(plan, data=data), tmp_path / "script")

    return make


def numbered(rows: int, extra: Callable[[int], str] = lambda n: "") -> str:
    """A table whose feature is the row's own number, so that parts can be told."""
    lines = [f"{n},{n % 3}{extra(n)}" for n in range(rows)]
    return "n,y" + (",extra" if extra(0) else "") + "\n" + "\n".join(lines) + "\n"


NUMBER = ("n", "feature", "number", [])
TARGET = ("y", "target", "number", [])
PLAIN = {"scale": "none", "stratified": False, "split": (0.6, 0.2, 0.2)}


def rows_of(found: Prepared) -> list[list[int]]:
    """Which rows the three parts hold."""
    return [[round(x) for x in part.inputs[:, 0].tolist()] for part in found.parts]


def test_parts_in_order_are_the_rows_as_they_stand(prepared: Any) -> None:
    found = prepared(numbered(20), [NUMBER, TARGET], settings={"in_order": True}, **PLAIN)
    assert rows_of(found) == [list(range(12)), list(range(12, 16)), list(range(16, 20))]
    assert "randperm(len(targets)" not in found.text


def test_a_column_of_times_orders_the_rows(prepared: Any) -> None:
    text = numbered(20, lambda n: f",{(37 * n) % 28 + 1:02}.03.{2024 - n}")
    role = ("extra", "time", "date", ["%d.%m.%Y"])
    found = prepared(text, [NUMBER, TARGET, role], **PLAIN)
    train, validation, test = rows_of(found)
    assert train == list(range(19, 7, -1))
    assert validation == [7, 6, 5, 4]
    assert test == [3, 2, 1, 0]


def test_no_group_is_in_two_parts(prepared: Any) -> None:
    text = numbered(60, lambda n: f",g{n % 7}")
    found = prepared(text, [NUMBER, TARGET, ("extra", "group", "category", [])], **PLAIN)
    groups = [{row % 7 for row in rows} for rows in rows_of(found)]
    assert all(groups)
    assert not groups[0] & groups[1]
    assert not groups[1] & groups[2]
    assert not groups[0] & groups[2]
    assert sorted(chain.from_iterable(rows_of(found))) == list(range(60))


def test_a_column_says_the_part(prepared: Any) -> None:
    words = ["train", "valid", "test"]
    text = numbered(12, lambda n: "," + [*words, "unused"][n % 4])
    found = prepared(text, [NUMBER, TARGET, ("extra", "part", "category", words)], **PLAIN)
    assert rows_of(found) == [[0, 4, 8], [1, 5, 9], [2, 6, 10]]


def test_every_row_but_the_test_part_validates_in_one_fold(prepared: Any) -> None:
    folds = []
    for fold in range(1, 5):
        settings = {"folds": 4, "fold": fold}
        found = prepared(numbered(50), [NUMBER, TARGET], settings=settings, **PLAIN)
        train, validation, test = rows_of(found)
        assert not set(train) & set(validation)
        assert len(validation) == 10
        folds.append((set(train) | set(validation), set(validation), set(test)))
    assert len({frozenset(rest) for rest, _, _ in folds}) == 1
    assert set.union(*(validation for _, validation, _ in folds)) == folds[0][0]
    assert all(test == set(range(50)) - folds[0][0] for _, _, test in folds)
    sizes = [len(validation) for _, validation in KFold(4).split(range(40))]
    assert [len(validation) for _, validation, _ in folds] == sizes


def test_folds_are_stratified(prepared: Any) -> None:
    for fold in range(1, 4):
        found = prepared(
            source="iris", options={}, settings={"folds": 3, "fold": fold}, split=(0.6, 0.2, 0.2)
        )
        counts = torch.bincount(found.data.validation.targets)
        assert counts.sum() == 40
        assert counts.max() - counts.min() <= 2


@pytest.mark.parametrize("fold", [1, 2, 3, 4])
def test_folds_in_order_are_validated_by_what_comes_later(prepared: Any, fold: int) -> None:
    settings = {"in_order": True, "folds": 4, "fold": fold}
    found = prepared(numbered(50), [NUMBER, TARGET], settings=settings, **PLAIN)
    train, validation = list(TimeSeriesSplit(4).split(range(40)))[fold - 1]
    assert rows_of(found) == [train.tolist(), validation.tolist(), list(range(40, 50))]


def test_groups_stay_together_in_folds(prepared: Any) -> None:
    text = numbered(80, lambda n: f",g{n % 10}")
    role = ("extra", "group", "category", [])
    seen: list[int] = []
    for fold in range(1, 5):
        settings = {"folds": 4, "fold": fold}
        found = prepared(text, [NUMBER, TARGET, role], settings=settings, **PLAIN)
        groups = [{row % 10 for row in rows} for rows in rows_of(found)]
        assert sum(map(len, groups)) == 10
        seen += groups[1]
    assert len(seen) == len(set(seen)) == 8


def test_scaling_follows_quartiles_of_the_training_part(prepared: Any) -> None:
    text = numbered(40, lambda n: f",{n * n}")
    columns = [NUMBER, TARGET, ("extra", "feature", "number", [])]
    plain = prepared(text, columns, **PLAIN)
    found = prepared(text, columns, **{**PLAIN, "scale": "robust"})
    scaler = RobustScaler().fit(plain.data.train.inputs)
    for part, before in zip(found.parts, plain.parts, strict=True):
        assert np.allclose(part.inputs, scaler.transform(before.inputs), atol=1e-6)


def test_products_of_features_are_scikit_learns(prepared: Any) -> None:
    plain = prepared(source="iris", options={}, scale="none")
    found = prepared(source="iris", options={}, settings={"degree": 3})
    wanted = PolynomialFeatures(3, include_bias=False)
    train = wanted.fit_transform(plain.data.train.inputs.double())
    scaler = StandardScaler().fit(train)
    assert found.facts.shape == (train.shape[1],) == (34,)
    for part, before in zip(found.parts, plain.parts, strict=True):
        after = scaler.transform(wanted.transform(before.inputs.double()))
        assert np.allclose(part.inputs, after, atol=1e-4)
    names = wanted.get_feature_names_out(["a", "b", "c", "d"])
    ours = with_products(["a", "b", "c", "d"], 3)
    assert [name.replace("·", " ") for name in ours] == [_spelled(name) for name in names]


def _spelled(name: str) -> str:
    """`a^2 b` as `a a b`."""
    words = []
    for factor in name.split(" "):
        base, _, power = factor.partition("^")
        words += [base] * int(power or 1)
    return " ".join(words)


def test_rows_of_rare_classes_are_drawn_more_often(prepared: Any) -> None:
    text = "x,y\n" + "".join(f"{n},{'rare' if n % 10 == 0 else 'usual'}\n" for n in range(200))
    columns = [("x", "feature", "number", []), ("y", "target", "category", ["rare", "usual"])]
    found = prepared(text, columns, settings={"balanced": True})
    targets = found.data.train.targets.numpy()
    assert np.allclose(found.data.chances, compute_sample_weight("balanced", targets))
    recipe = found.script.build(found.script.arguments(["--epochs", "30"]))
    drawn = []
    for _ in recipe.steps():
        drawn.append(targets[recipe.order].mean())
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.02)
    assert targets.mean() == 0.9


def test_weights_say_how_often_a_row_is_drawn(prepared: Any) -> None:
    text = numbered(50, lambda n: f",{n % 2}")
    found = prepared(text, [NUMBER, TARGET, ("extra", "weight", "number", [])], **PLAIN)
    recipe = found.script.build(found.script.arguments(["--epochs", "2"]))
    for _ in recipe.steps():
        drawn = found.data.train.inputs[recipe.order, 0]
        assert set((drawn % 2).tolist()) == {1.0}


DATED = "when,y\n" + "".join(
    f"{day:%d.%m.%Y %H:%M},{number % 5}\n"
    for number, day in enumerate(pd.date_range("2021-11-03 04:00", periods=40, freq="43h"))
)


def test_a_date_becomes_numbers(prepared: Any) -> None:
    parts = ["%d.%m.%Y %H:%M", "year", "month", "day", "weekday", "seconds"]
    found = prepared(DATED, [("when", "feature", "date", parts), TARGET], scale="none")
    assert found.facts.columns == tuple(f"when ({part})" for part in parts[1:])
    rows = torch.cat([part.inputs for part in found.parts])
    wanted = {
        (
            float(day.year),
            float(day.month),
            float(day.day),
            float(day.weekday()),
            float(day.hour * 3600),
        )
        for day in pd.date_range("2021-11-03 04:00", periods=40, freq="43h")
    }
    assert {tuple(row) for row in rows.tolist()} == wanted


def test_numbers_with_marks_between_thousands(prepared: Any) -> None:
    cells = ["1.234.567,5", "-1.000,25", "12", "0,5", "3.000"] * 4
    text = "x;y\n" + "".join(f"{cell};{n}\n" for n, cell in enumerate(cells))
    options = {"separator": ";", "decimal": ",", "thousands": "."}
    columns = [("x", "feature", "number", []), TARGET]
    found = prepared(text, columns, options=options, scale="none")
    rows = torch.cat([part.inputs for part in found.parts]).flatten().tolist()
    assert sorted(set(rows)) == [-1000.25, 0.5, 12.0, 3000.0, 1234567.5]


TOWNS = [("town", "feature", "category", ["Bonn", "Köln", "Ulm"]), TARGET]


def towns(*names: str) -> str:
    return "town,y\n" + "".join(f"{name},{n % 4}\n" for n, name in enumerate(names))


def test_rare_categories_count_as_other(prepared: Any) -> None:
    text = towns(*["Bonn"] * 20, *["Köln"] * 8, *["Ulm"] * 2, *["Bonn", "Ulm", "Hof"] * 5)
    settings = {"in_order": True, "rare": 5}
    fields = {"scale": "none", "stratified": False, "split": (30 / 45, 0.0, 15 / 45)}
    found = prepared(text, TOWNS, settings=settings, **fields)
    assert found.facts.columns == ("town = Bonn", "town = Köln", "town = Ulm", "town = other")
    assert found.data.train.inputs[[0, 20, 28]].tolist() == [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 1],
    ]
    assert found.data.test.inputs[:3].tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    fit = np.array([["Bonn"]] * 20 + [["Köln"]] * 8 + [["Ulm"]] * 2)
    wanted = OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist").fit(fit)
    rows = [["Bonn"], ["Ulm"], ["Hof"]]
    assert wanted.transform(rows).toarray().tolist() == [
        [row[0], row[1], row[3]] for row in found.data.test.inputs[:3].tolist()
    ]


def test_a_category_may_be_its_place_in_the_list(prepared: Any) -> None:
    text = towns(*["Ulm", "Bonn", "Köln"] * 10)
    settings = {"categories_as": "ordinal", "in_order": True}
    found = prepared(text, TOWNS, settings=settings, scale="none", stratified=False)
    assert found.facts.columns == ("town",)
    assert found.data.train.inputs[:3].flatten().tolist() == [2, 0, 1]


def test_several_questions_of_yes_or_no_are_labels(prepared: Any) -> None:
    text = "x,red,big\n" + "".join(
        f"{n},{'yes' if n % 2 else 'no'},{'1' if n > 15 else '0'}\n" for n in range(30)
    )
    columns = [
        ("x", "feature", "number", []),
        ("red", "target", "category", ["no", "yes"]),
        ("big", "target", "category", ["0", "1"]),
    ]
    found = prepared(text, columns, settings={"in_order": True}, **PLAIN)
    assert (found.facts.target, found.facts.outputs) == ("labels", 2)
    assert found.facts.classes == ("red", "big")
    assert found.data.train.targets.dtype == torch.float32
    assert found.data.train.targets[15:].tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


ADVERSARIAL: dict[str, tuple[Any, ...]] = {
    "standard": ("standard", {}, "refuse"),
    "unit": ("unit", {}, "refuse"),
    "robust": ("robust", {}, "refuse"),
    "products": ("standard", {"degree": 2}, "refuse"),
    "rare": ("standard", {"rare": 5}, "fill"),
    "mean": ("standard", {}, "fill"),
    "median": ("standard", {"categories_as": "ordinal"}, "median"),
}


@pytest.mark.parametrize("case", ADVERSARIAL)
def test_nothing_is_fitted_on_other_rows_than_those_of_training(prepared: Any, case: str) -> None:
    """The last row, of the test part, changes nothing of the others, whatever it holds."""
    scale, settings, missing = ADVERSARIAL[case]
    cells = [f"{(7 * n) % 11},{'Bonn' if n % 3 else 'Ulm'},{n % 5}\n" for n in range(40)]
    if missing != "refuse":
        cells[3] = ",Bonn,1\n"
        cells[7] = "4,,1\n"
    columns = [
        ("x", "feature", "number", []),
        ("town", "feature", "category", ["Bonn", "Köln", "Ulm"]),
        TARGET,
    ]
    kept = []
    for last in ("3,Bonn,2\n", "1e30,Köln,-1e30\n"):
        found = prepared(
            "x,town,y\n" + "".join([*cells[:-1], last]),
            columns,
            options={"missing": missing},
            settings={"in_order": True, **settings},
            scale=scale,
            stratified=False,
        )
        rows = torch.cat([part.inputs for part in found.parts])[:-1]
        targets = torch.cat([part.targets for part in found.parts])[:-1]
        kept.append((rows, targets, found.data.unit))
    for before, after in zip(*kept, strict=True):
        assert torch.equal(before, after)


REFUSED: dict[str, tuple[list[Any], Mapping[str, Value], str]] = {
    "two weights": (
        [NUMBER, TARGET, ("a", "weight", "number", []), ("b", "weight", "number", [])],
        {},
        "data.columns: expected one column with weights of the rows, got 2. Keep one of them.",
    ),
    "groups in time": (
        [NUMBER, TARGET, ("a", "group", "category", []), ("b", "time", "number", [])],
        {},
        "data.columns: expected one column that divides the rows, got several (group, time). "
        "Keep one of them.",
    ),
    "words as times": (
        [NUMBER, TARGET, ("a", "time", "category", [])],
        {},
        "data.columns: expected times that are numbers or dates, got categories. "
        "Choose another column.",
    ),
    "one fold": (
        [NUMBER, TARGET],
        {"folds": 1},
        "data.folds: expected at least two folds, or 0 for none, got 1. Set it to 5.",
    ),
    "a fold too many": (
        [NUMBER, TARGET],
        {"folds": 3, "fold": 4},
        "data.fold: expected one of the 3 folds, got 4. Choose a lower one.",
    ),
    "balance of numbers": (
        [NUMBER, TARGET],
        {"balanced": True},
        "data.balanced: expected false, as the target is no class, got true. Set it to false.",
    ),
    "too many products": (
        [(f"x{n}", "feature", "number", []) for n in range(100)] + [TARGET],
        {"degree": 4},
        "data.degree: expected at most 100,000 features with their products, got 4,598,125. "
        "Choose a lower degree, or fewer features.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_go_together_is_told(prepared: Any, case: str) -> None:
    columns, settings, text = REFUSED[case]
    with pytest.raises(DataError) as caught:
        prepared("n,y\n1,2\n", columns, settings=settings)
    assert str(caught.value) == text


def test_folds_and_named_parts_are_validated_whatever_the_split(prepared: Any) -> None:
    """With no share for validation, a fold or a named part still validates."""
    split = {**PLAIN, "split": (0.8, 0.0, 0.2)}
    found = prepared(numbered(50), [NUMBER, TARGET], settings={"folds": 4}, **split)
    assert '"val"' in found.text
    text = numbered(12, lambda n: "," + ["train", "valid", "test"][n % 3])
    role = ("extra", "part", "category", ["train", "valid", "test"])
    assert '"val"' in prepared(text, [NUMBER, TARGET, role], **split).text
    role = ("extra", "part", "category", ["train", "", "test"])
    assert '"val"' not in prepared(text, [NUMBER, TARGET, role], **PLAIN).text
