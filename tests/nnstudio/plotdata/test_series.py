"""Growing series: steps, extremes, reduction to pixels, smoothing; against plain numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.plotdata.series import Series, SmoothedSeries, smooth


def dense(values: object, first: int = 0) -> Series:
    series = Series()
    series.append_dense(first, values)
    return series


numbers = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])


@given(st.lists(st.lists(numbers, max_size=200), max_size=8), st.integers(-5, 5))
def test_what_was_appended_in_parts_is_there(parts: list[list[float]], first: int) -> None:
    series = Series()
    for part in parts:
        series.append_dense(first + len(series), part)
    whole = [value for part in parts for value in part]
    assert np.array_equal(series.values, whole, equal_nan=True)
    assert series.steps.tolist() == list(range(first, first + len(whole)))


def test_steps_with_holes_are_kept() -> None:
    series = Series()
    series.append([10, 11], [1.0, 2.0])
    series.append([20, 35], [3.0, 4.0])
    assert series.steps.tolist() == [10, 11, 20, 35]
    assert [series.index(s) for s in (9, 10, 10.5, 12, 36)] == [0, 0, 1, 2, 4]
    assert series.nearest(13) == 1
    assert series.nearest(17) == 2


def test_steps_that_do_not_ascend_are_refused() -> None:
    series = dense([1.0, 2.0])
    with pytest.raises(ValueError, match="steps must ascend"):
        series.append([1], [3.0])


@settings(max_examples=60)
@given(st.integers(0, 3000), st.data())
def test_extremes_of_any_range_are_numpys(length: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(length)
    values = rng.normal(size=length)
    values[rng.random(length) < 0.1] = np.nan
    series = dense(values)
    start = data.draw(st.integers(0, length))
    stop = data.draw(st.integers(0, length))
    part = values[start:stop]
    part = part[np.isfinite(part)]
    expected = (part.min(), part.max()) if len(part) else None
    assert series.extremes(start, stop) == expected


@settings(max_examples=60)
@given(st.integers(1, 40_000), st.integers(20, 900), st.integers(0, 2**32))
def test_every_spike_stays_with_at_most_two_points_a_pixel(
    length: int, pixels: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=length)
    high, low = rng.integers(length, size=2)
    values[high], values[low] = 50.0, -60.0
    series = dense(values)
    line = series.polyline(0, length, pixels)
    assert len(line.x) <= 2 * pixels + 2
    assert line.y.min() == values.min()
    assert line.y.max() == values.max()
    spike = line.x[np.argmax(line.y)]
    assert abs(spike - np.argmax(values)) <= 2 * length / pixels + 1


def test_a_part_in_view_has_one_value_beyond_either_side() -> None:
    line = dense(np.arange(100.0)).polyline(10, 20, 400)
    assert line.x.tolist() == list(range(9, 22))


def test_values_that_are_not_finite_are_gaps() -> None:
    line = dense([1.0, 2.0, math.nan, 4.0, math.inf, 6.0, 7.0]).polyline(0, 7, 100)
    assert line.joined.tolist() == [True, False, False, False, False, True, False]
    assert line.alone.tolist() == [False, False, False, True, False, False, False]


def test_a_gap_narrower_than_a_pixel_is_not_bridged() -> None:
    values = np.ones(100_000)
    values[50_000] = np.nan
    line = dense(values).polyline(0, 100_000, 500)
    bins = len(line.x) // 2
    across = line.joined[1::2][: bins - 1]
    assert (~across).sum() == 2  # to the bin with the gap, and from it
    broken = np.flatnonzero(~across)
    assert line.x[2 * broken[1]] == pytest.approx(50_000, abs=400)


def test_shortening_takes_back_spikes_from_every_level() -> None:
    series = dense(np.zeros(5000))
    series.append_dense(5000, [99.0])
    series.append_dense(5001, np.zeros(5000))
    series.shorten(4000)
    series.append_dense(4000, np.zeros(9000))
    assert series.extremes() == (0.0, 0.0)
    assert series.polyline(0, 13_000, 300).y.max() == 0.0


def plain_average(values: list[float], beta: float) -> list[float]:
    total = weight = 0.0
    made = []
    for value in values:
        finite = math.isfinite(value)
        total = beta * total + (value if finite else 0.0)
        weight = beta * weight + finite
        made.append(total / weight if finite else math.nan)
    return made


@settings(max_examples=50)
@given(st.integers(0, 700), st.sampled_from([0.0, 0.5, 0.9, 0.999]), st.integers(1, 300))
def test_smoothing_is_the_plain_loop_in_any_parts(length: int, beta: float, part: int) -> None:
    rng = np.random.default_rng(length)
    values = rng.normal(size=length)
    values[rng.random(length) < 0.05] = np.nan
    pieces, state = [], None
    for start in range(0, length, part):
        piece, state = smooth(values[start : start + part], beta, state)
        pieces.append(piece)
    made = np.concatenate(pieces) if pieces else np.zeros(0)
    assert np.allclose(made, plain_average(values.tolist(), beta), atol=1e-9, equal_nan=True)


def test_smoothing_corrects_its_start() -> None:
    made, _ = smooth(np.full(100, 3.0), 0.99)
    assert np.allclose(made, 3.0)


def test_a_smoothed_series_catches_up_in_bounded_steps() -> None:
    source = dense(np.arange(1000.0))
    smoothed = SmoothedSeries(source, 0.9)
    assert smoothed.advance(limit=600)
    assert len(smoothed.series) == 600
    assert not smoothed.advance(limit=600)
    assert np.allclose(smoothed.series.values, plain_average(list(range(1000)), 0.9))
