"""Run directories of strangers: nothing in them crashes the reader or leads it outside."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.runs import heartbeat, requests
from nnstudio.runs.info import RunInfo, write_info
from nnstudio.runs.layout import RunError, folder_inside
from nnstudio.runs.listing import list_runs
from nnstudio.runs.reader import RunReader
from nnstudio.runs.worker import start_training
from nnstudio.runs.writer import RunWriter


def write_run(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for part in ("checkpoints", "columns", "requests"):
        (path / part).mkdir(exist_ok=True)
    write_info(path, RunInfo(path.name, 1.0, "Digits", "main", "auto", 1, 3, 0))
    writer = RunWriter(path)
    writer.event("started", device="cpu", threads=1, epochs=3, steps_per_epoch=2, first_step=0)
    writer.append("train_loss", [1.0, 0.5, 0.25])
    writer.append_at("val_loss", 2, 0.5)
    writer.event("epoch", epoch=1, step=2, metrics={"val_loss": 0.5})
    writer.close()
    return path


def read_all(path: Path) -> RunReader:
    """Everything that a reader of a run does."""
    reader = RunReader(path)
    for _ in range(2):
        assert all(isinstance(event, dict) for event in reader.poll())
        for name in reader.names():
            steps, values = reader.series(name)
            assert len(steps) == len(values)
            assert steps.dtype == np.int64
            assert (np.diff(steps) > 0).all()
        state = reader.state()
        assert state.step >= 0
        assert json.dumps(dict(state.metrics), allow_nan=False)
    reader.close()
    return reader


def refusal_of(path: Path) -> str:
    """Reads everything; the text of the refusal, if the run is refused as a whole."""
    try:
        read_all(path)
    except RunError as error:
        return str(error)
    return ""


FILES = (
    "run.json",
    "events.jsonl",
    "heartbeat.json",
    "columns/0000/segment.json",
    "columns/0000/train_loss.f4",
    "columns/0000/val_loss.f8",
    "columns/0000/val_loss.at.i8",
)

hostile_json = st.sampled_from(
    [
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"9" * 10_000,
        b'{"t": NaN, "event": "done"}',
        b'{"t": 1e999, "event": "done"}',
        b'{"t": 1, "event": "epoch", "metrics": {"__class__": 1}}',
        b'{"t": 1, "event": "epoch", "metrics": {"a": 1e400}}',
        b'{"t": 1, "event": "epoch", "epoch": 1e300}',
        b'{"t": 1, "event": "started", "epochs": 9007199254740993}',
        b'{"t": 1, "t": 2, "event": "done"}',
        b'{"format": 1, "id": "../../etc", "created": "now"}',
        b'{"format": 99}',
        b'{"first_step": -5}',
        b'{"first_step": 9007199254740991}',
        b'{"first_step": true}',
        b'{"pid": 1, "host": 3}',
        b'{"pid": 4194304999, "host": "x", "boot": "", "created": 1, "since_boot": 1}',
        b"\xff\xfe\x00",
        b'"\\ud800"',
        b"\x00" * 4096,
        b"",
    ]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(FILES),
    st.one_of(st.binary(max_size=300), hostile_json),
    st.sampled_from(["replace", "append", "truncate"]),
    st.integers(0, 400),
)
def test_any_bytes_in_any_file_are_survived(tmp_path, name, data, how, keep):
    run = write_run(tmp_path / "fuzz")
    target = run / name
    old = target.read_bytes() if target.exists() else b""
    new = {"replace": data, "append": old + data, "truncate": old[:keep]}[how]
    target.write_bytes(new)
    refusal = refusal_of(run)
    shutil.rmtree(run)
    assert not refusal or name == "run.json"
    assert not refusal or ": expected " in refusal
    assert "\n" not in refusal


@pytest.mark.parametrize("name", [n for n in FILES if n != "run.json"])
def test_links_are_not_followed(tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_bytes(b'{"t": 1, "event": "done", "metrics": {"secret": 1}}\n' * 20)
    run = write_run(tmp_path / "run")
    target = run / name
    target.unlink(missing_ok=True)
    target.symlink_to(secret)
    reader = read_all(run)
    assert "secret" not in reader.state().metrics
    assert all(len(reader.series(n)[1]) <= 3 for n in reader.names())


def test_link_in_place_of_the_log_is_named(tmp_path):
    run = write_run(tmp_path / "run")
    shutil.move(run / "events.jsonl", tmp_path / "elsewhere")
    (run / "events.jsonl").symlink_to(tmp_path / "elsewhere")
    assert read_all(run).problem == (
        "run/events.jsonl: expected a regular file, got a link. Remove it: no run has such a file."
    )


def test_segment_that_is_a_link_is_not_entered(tmp_path):
    run = write_run(tmp_path / "run")
    shutil.move(run / "columns" / "0000", tmp_path / "elsewhere")
    (run / "columns" / "0000").symlink_to(tmp_path / "elsewhere")
    assert read_all(run).names() == ()


@pytest.mark.parametrize("name", FILES)
def test_pipes_are_not_waited_for(tmp_path, name):
    run = write_run(tmp_path / "run")
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    assert refusal_of(run) == (
        "run/run.json: expected a regular file, got a folder, pipe or device. "
        "Remove it: no run has such a file."
        if name == "run.json"
        else ""
    )


def test_folder_in_place_of_a_file(tmp_path):
    run = write_run(tmp_path / "run")
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").mkdir()
    assert read_all(run).problem == (
        "run/events.jsonl: expected a regular file, got a folder, pipe or device. "
        "Remove it: no run has such a file."
    )


def test_column_that_shrinks_keeps_what_was_read_and_is_told(tmp_path):
    run = write_run(tmp_path / "run")
    reader = RunReader(run)
    reader.poll()
    assert len(reader.series("train_loss")[1]) == 3
    os.truncate(run / "columns" / "0000" / "train_loss.f4", 4)
    assert reader.series("train_loss")[1].tolist() == [1.0, 0.5, 0.25]
    assert reader.problem == (
        "train_loss: expected a growing column, got one that has become shorter. Copy the run anew."
    )


def test_log_that_shrinks_is_told(tmp_path):
    run = write_run(tmp_path / "run")
    reader = RunReader(run)
    assert len(reader.poll()) == 2
    os.truncate(run / "events.jsonl", 10)
    assert reader.poll() == []
    assert reader.problem == (
        "events.jsonl: expected a growing log, got one that has become shorter. Copy the run anew."
    )


def test_huge_sparse_column_is_read_piece_by_piece(tmp_path):
    run = write_run(tmp_path / "run")
    os.truncate(run / "columns" / "0000" / "val_loss.f8", 1 << 40)
    os.truncate(run / "columns" / "0000" / "val_loss.at.i8", 1 << 40)
    reader = RunReader(run)
    reader.poll()
    steps, _ = reader.series("val_loss")
    assert steps.tolist() == [2]
    assert reader.problem == (
        "val_loss: expected a growing column, got one that is too long. Copy the run anew."
    )


def test_line_without_end_is_passed_over(tmp_path):
    run = write_run(tmp_path / "run")
    with (run / "events.jsonl").open("ab") as file:
        file.write(b"x" * (3 << 20))
    reader = RunReader(run)
    assert len(reader.poll()) == 2
    with (run / "events.jsonl").open("ab") as file:
        file.write(b"x" * (2 << 20) + b'\n{"t": 1, "event": "done", "metrics": {}}\n')
    assert [event["event"] for event in reader.poll()] == ["done"]
    assert reader.problem == (
        "events.jsonl: expected a line of at most 1 MB, got a longer one. "
        "Copy the run anew; the line is passed over."
    )


def test_steps_that_do_not_grow_are_left_out(tmp_path):
    run = write_run(tmp_path / "run")
    folder = run / "columns" / "0000"
    steps = np.array([2, 2**62, -3, 1, 5, 5, 4, 7], "<i8")
    (folder / "val_loss.at.i8").write_bytes(steps.tobytes())
    (folder / "val_loss.f8").write_bytes(np.arange(8, dtype="<f8").tobytes())
    reader = read_all(run)
    assert reader.series("val_loss")[0].tolist() == [2, 5, 7]
    assert reader.series("val_loss")[1].tolist() == [0.0, 4.0, 7.0]


def test_files_with_strange_names_are_no_columns(tmp_path):
    run = write_run(tmp_path / "run")
    folder = run / "columns" / "0000"
    for name in ("Loss.f4", "a b.f4", "x.f16", "__init__.py", "é.f4", "y" * 70 + ".f4", "z.at.i8"):
        (folder / name).write_bytes(b"\x00" * 8)
    assert read_all(run).names() == ("train_loss", "val_loss")


def test_thousands_of_segments_are_capped(tmp_path):
    run = write_run(tmp_path / "run")
    for number in range(1, 2100):
        (run / "columns" / f"{number:04d}").mkdir()
    assert read_all(run).problem == "columns: expected at most 2000 segments, got more"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "run.json: expected a JSON object, got an empty text. Copy the run anew."),
        (
            b'{"format": 2}',
            "run.json: expected format 1 or older, got format 2. Open it with a newer NN Studio.",
        ),
        (b'{"format": "1"}', "run.json: expected format 1, got another value. Copy the run anew."),
        (
            b'{"format": 1, "threads": "all"}',
            "run.json: threads: expected a number, got something else. Copy the run anew.",
        ),
    ],
)
def test_what_is_wrong_with_run_json_is_told(tmp_path, text, message):
    run = write_run(tmp_path / "run")
    (run / "run.json").write_bytes(text)
    with pytest.raises(RunError) as error:
        RunReader(run)
    assert str(error.value) == f"run/{message}"


def test_no_run_at_all(tmp_path):
    with pytest.raises(RunError) as error:
        RunReader(tmp_path / "nothing")
    assert str(error.value) == (
        f"{tmp_path / 'nothing'}: expected a run directory, got no run.json in it. "
        "Choose one of `nnstudio runs`."
    )


def test_one_broken_run_does_not_hide_the_others(tmp_path):
    write_run(tmp_path / "good")
    broken = write_run(tmp_path / "broken")
    (broken / "run.json").write_bytes(b"{")
    assert [run.info.id for run in list_runs(tmp_path)] == ["good"]


def with_dead_worker(run: Path) -> Path:
    """A run whose worker is gone, which a reader would write into its log."""
    beat = heartbeat.write(run, os.getpid(), 0)
    line = json.loads((run / "heartbeat.json").read_text())
    (run / "heartbeat.json").write_text(json.dumps({**line, "since_boot": beat.since_boot - 99}))
    return run


def test_nothing_is_ever_written_through_a_link(tmp_path: Path) -> None:
    run, outside = write_run(tmp_path / "run"), tmp_path / "outside"
    outside.write_text("precious\n")
    with_dead_worker(run)
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").symlink_to(outside)
    reader = RunReader(run)
    reader.poll()
    assert reader.state().status == "lost", "this reader knows at least"
    list_runs(tmp_path)
    with pytest.raises(RunError, match=r"run/events\.jsonl: expected a regular file, got a link"):
        RunWriter(run)
    (run / "worker.log").symlink_to(outside)
    with pytest.raises(RunError, match=r"run/worker\.log: expected a regular file, got a link"):
        start_training(run)
    assert outside.read_text() == "precious\n"


@pytest.mark.parametrize("name", ["columns", "requests", "checkpoints"])
def test_no_folder_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    run, outside = write_run(tmp_path / "run"), tmp_path / "outside"
    outside.mkdir()
    (run / name).rename(tmp_path / "old")
    (run / name).symlink_to(outside)
    with pytest.raises(RunError, match=f"run/{name}: expected a folder, got a link or file"):
        folder_inside(run / name)
    write = {"columns": RunWriter, "requests": lambda path: requests.send(path, "stop")}
    if name in write:
        with pytest.raises(RunError, match=f"run/{name}: expected a folder"):
            write[name](run)
    assert list(outside.iterdir()) == []


def test_a_pipe_in_the_place_of_the_log_is_not_written_to(tmp_path: Path) -> None:
    run = with_dead_worker(write_run(tmp_path / "run"))
    (run / "events.jsonl").unlink()
    os.mkfifo(run / "events.jsonl")
    reader = RunReader(run)
    reader.poll()
    assert reader.state().status == "lost"
    assert reader.problem.startswith("run/events.jsonl: expected a regular file, got")
