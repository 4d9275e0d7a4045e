"""Numbers written to a run and read back: growth, segments, torn values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.runs.reader import RunReader
from nnstudio.runs.writer import RunWriter


def read(reader: RunReader, name: str) -> tuple[list[int], list[float]]:
    reader.poll()
    steps, values = reader.series(name)
    return steps.tolist(), values.tolist()


def test_dense_column_counts_steps_from_the_first(make_run):
    run = make_run()
    writer, reader = RunWriter(run, 0), RunReader(run)
    writer.append("train_loss", [0.5, 0.25])
    assert read(reader, "train_loss") == ([], [])
    writer.flush()
    assert read(reader, "train_loss") == ([0, 1], [0.5, 0.25])
    writer.append("train_loss", [0.125])
    writer.flush()
    assert read(reader, "train_loss") == ([0, 1, 2], [0.5, 0.25, 0.125])
    assert reader.names() == ("train_loss",)
    writer.close()


def test_sparse_column_names_its_steps(make_run):
    run = make_run()
    writer, reader = RunWriter(run, 0), RunReader(run)
    writer.append_at("val_loss", 29, 0.5)
    writer.append_at("val_loss", 58, 0.25)
    writer.close()
    assert read(reader, "val_loss") == ([29, 58], [0.5, 0.25])


def test_gaps_stay_gaps(make_run):
    run = make_run()
    writer = RunWriter(run, 0)
    writer.append("train_loss", [1.0, float("nan"), float("inf")])
    writer.close()
    _, values = RunReader(run).series("train_loss")
    assert np.isnan(values[1])
    assert np.isinf(values[2])


def test_unknown_series_is_empty(make_run):
    assert read(RunReader(make_run()), "nothing") == ([], [])


def test_arrays_given_out_are_not_changed_later_and_cannot_be(make_run):
    run = make_run()
    writer, reader = RunWriter(run, 0), RunReader(run)
    writer.append("train_loss", [1.0] * 1000)
    writer.flush()
    reader.poll()
    steps, values = reader.series("train_loss")
    writer.append("train_loss", [2.0] * 5000)
    writer.close()
    assert len(reader.series("train_loss")[0]) == 6000
    assert steps.tolist() == list(range(1000))
    assert set(values.tolist()) == {1.0}
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 3


def test_newest_segment_counts_from_its_first_step(make_run):
    run = make_run()
    first = RunWriter(run, 0)
    first.append("train_loss", [1.0, 2.0, 3.0, 4.0])
    first.append_at("val_loss", 2, 0.2)
    first.append_at("val_loss", 4, 0.4)
    first.close()
    reader = RunReader(run)
    assert read(reader, "train_loss")[1] == [1.0, 2.0, 3.0, 4.0]
    second = RunWriter(run, 2)
    second.append("train_loss", [30.0])
    second.flush()
    assert read(reader, "train_loss") == ([0, 1, 2], [1.0, 2.0, 30.0])
    # Measured after 2 steps, so still true; measured after 4, so to be measured anew.
    assert read(reader, "val_loss") == ([2], [0.2])
    second.append("train_loss", [40.0, 50.0])
    second.append_at("val_loss", 4, 0.44)
    second.close()
    assert read(reader, "train_loss") == ([0, 1, 2, 3, 4], [1.0, 2.0, 30.0, 40.0, 50.0])
    assert read(reader, "val_loss") == ([2, 4], [0.2, 0.44])
    assert reader.state().step == 5


def test_value_measured_anew_at_the_first_step_replaces_the_old_one(make_run):
    run = make_run()
    first = RunWriter(run, 0)
    first.append_at("val_loss", 2, 0.2)
    first.close()
    reader = RunReader(run)
    second = RunWriter(run, 2)
    second.append_at("val_loss", 4, 0.4)
    second.flush()
    assert read(reader, "val_loss") == ([2, 4], [0.2, 0.4])
    second.close()
    third = RunWriter(run, 2)
    third.append_at("val_loss", 2, 0.22)
    third.close()
    assert read(reader, "val_loss") == ([2], [0.22])


def test_torn_value_waits_for_its_rest(make_run):
    run = make_run()
    writer = RunWriter(run, 0)
    writer.append("train_loss", [1.0])
    writer.close()
    column = run / "columns" / "0000" / "train_loss.f4"
    with column.open("ab") as file:
        file.write(np.float32(2.0).tobytes()[:3])
    reader = RunReader(run)
    assert read(reader, "train_loss")[1] == [1.0]
    with column.open("ab") as file:
        file.write(np.float32(2.0).tobytes()[3:])
    assert read(reader, "train_loss")[1] == [1.0, 2.0]
    assert reader.problem == ""


def test_torn_segment_of_a_killed_worker_is_followed_by_the_next(make_run):
    run = make_run()
    writer = RunWriter(run, 0)
    writer.append_at("val_loss", 1, 0.5)
    writer.close()
    with (run / "columns" / "0000" / "val_loss.at.i8").open("ab") as file:
        file.write(b"\x02\x00\x00")
    second = RunWriter(run, 1)
    second.append_at("val_loss", 2, 0.25)
    second.close()
    assert read(RunReader(run), "val_loss") == ([1, 2], [0.5, 0.25])


def test_names_are_checked_when_written(make_run):
    writer = RunWriter(make_run(), 0)
    with pytest.raises(ValueError, match=r"^'\.\./x' is no name for a column: use a-z, 0-9 and _$"):
        writer.append("../x", [1.0])
    with pytest.raises(ValueError, match="there is no event 'hello'"):
        writer.event("hello")
    with pytest.raises(ValueError, match="the event 'paused' has no field 'why'"):
        writer.event("paused", why="x")
    writer.close()


segments = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.floats(0, 1, width=32), max_size=12)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(segments, st.integers(1, 5))
def test_joined_series_equals_a_plain_dictionary(tmp_path_factory, parts, every):
    """The oracle: write step by step into a dictionary, forgetting what a new segment replaces."""
    from nnstudio.runs.info import RunInfo, write_info

    run: Path = tmp_path_factory.mktemp("joined")
    write_info(run, RunInfo("joined", 0.0, "x", "main", "auto", 1, 1, 0))
    reader = RunReader(run)
    truth: dict[int, float] = {}
    for first_step, values in parts:
        truth = {step: value for step, value in truth.items() if step < first_step}
        writer = RunWriter(run, first_step)
        for place, value in enumerate(values):
            truth[first_step + place] = value
            writer.append("loss", [value])
            if place % every == 0:
                writer.flush()
                reader.poll()
                reader.series("loss")
        writer.close()
        if values:
            steps, got = read(reader, "loss")
            assert dict(zip(steps, got, strict=True)) == truth
            assert steps == sorted(truth)
        else:
            truth = dict(zip(*read(reader, "loss"), strict=True))
