"""Panels, ranges, ticks, places of names, readings and CSV of the training plots."""

from __future__ import annotations

import csv
import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.plotdata import curves
from nnstudio.plotdata.curves import Curve, Epochs
from nnstudio.plotdata.series import Series


def test_columns_become_panels_with_training_before_validation() -> None:
    columns = ["fit_accuracy", "fit_loss", "train_loss", "val_accuracy", "val_loss", "mistakes"]
    assert [(p.title, [(c.column, c.part) for c in p.curves]) for p in curves.panels(columns)] == [
        ("Loss", [("train_loss", "training"), ("val_loss", "validation")]),
        ("Accuracy", [("fit_accuracy", "training"), ("val_accuracy", "validation")]),
        ("Mistakes", [("mistakes", "other")]),
    ]


def test_regression_has_its_own_panels() -> None:
    columns = ["val_r2", "val_mae", "train_loss", "fit_mae", "fit_r2"]
    assert [p.title for p in curves.panels(columns)] == ["Loss", "Mean absolute error", "R²"]


def test_following_a_reader_takes_only_what_is_new() -> None:
    series = Series()
    values = np.arange(10.0)
    assert curves.follow(series, np.arange(10), values)
    assert not curves.follow(series, np.arange(10), values)
    assert curves.follow(series, np.arange(12), np.arange(12.0))
    assert series.values.tolist() == list(range(12))


def test_after_a_resume_the_end_counts_anew() -> None:
    series = Series()
    curves.follow(series, np.arange(10), np.arange(10.0))
    resumed = np.concatenate((np.arange(6.0), [7.5, 8.5]))
    assert curves.follow(series, np.arange(8), resumed)
    assert series.values.tolist() == resumed.tolist()
    assert series.steps.tolist() == list(range(8))


def test_a_column_that_ends_in_a_gap_is_followed_on() -> None:
    series = Series()
    curves.follow(series, [0, 1], [1.0, math.nan])
    assert not curves.follow(series, [0, 1], [1.0, math.nan])


def test_epochs_go_on_behind_the_last_known_end() -> None:
    epochs = Epochs.from_steps([40, 80], 40)
    assert [epochs.end(n) for n in (1, 2, 5)] == [40, 80, 200]
    assert [epochs.at(s) for s in (1, 40, 41, 81, 200)] == [1, 1, 2, 3, 5]
    assert Epochs().at(5) is None


def test_ticks_are_round() -> None:
    assert curves.ticks(0, 2.3, 5) == (0.0, 0.5, 1.0, 1.5, 2.0)
    assert curves.ticks(0, 3, 10, whole=True) == (0.0, 1.0, 2.0, 3.0)
    assert curves.log_ticks(-2, 0.31, 4) == (0.01, 0.1, 1.0)
    assert curves.tick_texts((0.0, 0.25, 0.5)) == ["0.00", "0.25", "0.50"]


@given(st.floats(-1e9, 1e9), st.just(0.0) | st.floats(1e-100, 1e9))
def test_a_range_holds_its_values(low: float, span: float) -> None:
    high = low + span
    left, right = curves.value_range(low, high)
    near = 1e-9 * max(abs(low), abs(high), 1e-100)
    assert left <= low + near
    assert right >= high - near
    assert left < right


def test_a_fraction_is_shown_from_zero_to_one() -> None:
    assert curves.value_range(0.93, 0.97, "accuracy") == (0.0, 1.0)


sizes_and_wishes = st.lists(st.tuples(st.floats(0, 300), st.floats(5, 20)), max_size=8)


@given(sizes_and_wishes)
def test_names_are_pushed_apart_in_order_and_kept_inside(
    names: list[tuple[float, float]],
) -> None:
    wanted, sizes = [w for w, _ in names], [s for _, s in names]
    placed = curves.push_apart(wanted, sizes, 0, 300)
    spans = sorted((p - s / 2, p + s / 2) for p, s in zip(placed, sizes, strict=True))
    assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(spans))
    assert all(a >= -1e-6 and b <= 300 + 1e-6 for a, b in spans)
    order = sorted(range(len(names)), key=lambda k: wanted[k])
    assert [placed[k] for k in order] == sorted(placed)


def test_names_with_room_stay_where_they_are() -> None:
    assert curves.push_apart([10, 50, 90], [16, 16, 16], 0, 100) == [10, 50, 90]


def test_a_reading_is_the_measured_value_and_never_between_two() -> None:
    series = Series()
    series.append([10, 20, 30], [1.0, math.nan, 3.0])
    curve = Curve("val_loss", "validation", "validation")
    found = curves.reading(series, curve, 13, reach=7)
    assert (found.step, found.value) == (10, 1.0)
    assert math.isnan(curves.reading(series, curve, 21, reach=7).value)
    assert curves.reading(series, curve, 60, reach=7) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.12144, "0.1214"),
        (1.16512, "1.17"),
        (123.456, "123"),
        (12.345, "12.3"),
        (3.2e-6, "3.20e-6"),
        (1.5e7, "1.50e7"),
        (math.nan, "not a number"),
        (-math.inf, "infinite"),
    ],
)
def test_numbers_for_people(value: float, text: str) -> None:
    assert curves.number(value) == text


def test_csv_has_every_value_exactly_and_no_other() -> None:
    rng = np.random.default_rng(0)
    loss, val = Series(np.float32), Series()
    loss.append_dense(0, rng.normal(size=1000).astype(np.float32))
    val.append([100, 500, 999, 1000], [0.1, 1 / 3, math.nan, 4.0])
    text = "".join(curves.csv_lines({"train_loss": loss, "val_loss": val}, chunk=64))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["step"]) for row in rows] == list(range(1001))
    losses = [np.float32(row["train_loss"]) for row in rows if row["train_loss"]]
    assert np.array_equal(losses, loss.values)
    measured = {int(r["step"]): float(r["val_loss"]) for r in rows if r["val_loss"]}
    assert list(measured) == [100, 500, 999, 1000]
    assert measured[500] == 1 / 3
    assert math.isnan(measured[999])
