"""Events written to a run and read back, and the state that follows from them."""

from __future__ import annotations

import json

import numpy as np

from nnstudio.runs.reader import RunReader
from nnstudio.runs.writer import RunWriter, append_event

STARTED = {
    "device": "cpu",
    "threads": 1,
    "torch": "2.13.0",
    "pid": 4242,
    "steps_per_epoch": 29,
    "epochs": 3,
    "first_step": 0,
    "resumed": False,
}


def names(events: list[dict]) -> list[str]:
    return [event["event"] for event in events]


def test_each_event_is_told_once(make_run):
    run = make_run()
    reader, writer = RunReader(run), RunWriter(run)
    assert reader.poll() == []
    writer.event("started", **STARTED)
    (event,) = reader.poll()
    assert event.pop("t") > 1_700_000_000
    assert event == {"event": "started", **STARTED}
    assert reader.poll() == []
    writer.event("paused", step=3)
    assert names(reader.poll()) == ["paused"]
    writer.close()


def test_numbers_are_on_disk_before_the_event_that_follows_them(make_run):
    run = make_run()
    reader, writer = RunReader(run), RunWriter(run)
    writer.append("train_loss", [1.0])
    writer.event("epoch", epoch=1, step=1, metrics={})
    assert names(reader.poll()) == ["epoch"]
    assert reader.series("train_loss")[1].tolist() == [1.0]
    writer.close()


def test_half_a_line_is_not_told(make_run):
    run = make_run()
    reader = RunReader(run)
    log = run / "events.jsonl"
    log.write_bytes(b'{"t": 1, "event": "paused", "st')
    assert reader.poll() == []
    with log.open("ab") as file:
        file.write(b'ep": 7}\n')
    assert names(reader.poll()) == ["paused"]
    assert reader.problem == ""


def test_a_line_torn_by_a_kill_is_forgiven_before_the_next_start(make_run):
    run = make_run()
    writer = RunWriter(run)
    writer.event("started", **STARTED)
    writer.close()
    with (run / "events.jsonl").open("ab") as file:
        file.write(b'{"t": 1, "event": "epo')
    append_event(run, "lost", reason="killed by signal 9")
    reader = RunReader(run)
    assert names(reader.poll()) == ["started", "lost"]
    assert reader.problem == ""
    assert (reader.state().status, reader.state().reason) == ("lost", "killed by signal 9")


def test_a_broken_line_elsewhere_is_a_problem_and_passed_over(make_run):
    run = make_run()
    (run / "events.jsonl").write_bytes(
        b'{"t": 1, "event": "paused", "step": 1}\n'
        b'{"t": 2,\n'
        b'{"t": 3, "event": "continued", "step": 1}\n'
    )
    reader = RunReader(run)
    assert names(reader.poll()) == ["paused", "continued"]
    assert reader.problem.startswith("events.jsonl: expected ")
    assert reader.problem.endswith("Copy the run anew; the line is passed over.")


def test_what_is_not_finite_becomes_null_and_long_texts_are_clipped(make_run):
    run = make_run()
    writer = RunWriter(run)
    metrics = {"a": float("nan"), "b": np.float32(0.5), "c": float("inf"), "d": np.int64(3)}
    writer.event("epoch", epoch=1, step=np.int64(4), metrics=metrics)
    writer.event("failed", reason="x", text="fc1: too large", detail="y" * 100_000)
    writer.close()
    epoch, failed = RunReader(run).poll()
    assert epoch["metrics"] == {"a": None, "b": 0.5, "c": None, "d": 3}
    assert epoch["step"] == 4
    assert len(failed["detail"]) < 10_000
    for line in (run / "events.jsonl").read_text().splitlines():
        json.loads(line)


def test_events_and_fields_of_a_newer_program_are_left_out(make_run):
    run = make_run()
    (run / "events.jsonl").write_bytes(
        b'{"t": 1, "event": "dreamed", "of": "sheep"}\n'
        b'{"t": 2, "event": "paused", "step": 1, "mood": "calm"}\n'
    )
    reader = RunReader(run)
    assert reader.poll() == [{"t": 2.0, "event": "paused", "step": 1}]
    assert reader.problem == ""


def test_wrong_kind_of_field_is_a_problem(make_run):
    run = make_run()
    (run / "events.jsonl").write_bytes(b'{"t": 1, "event": "paused", "step": "many"}\n\n{"t":1}\n')
    reader = RunReader(run)
    assert reader.poll() == []
    assert reader.problem == (
        "events.jsonl: paused.step: expected a whole number from 0 up, got something else. "
        "Copy the run anew; the line is passed over."
    )


def test_state_follows_the_events(make_run):
    run = make_run()
    reader, writer = RunReader(run), RunWriter(run)
    assert (reader.state().status, reader.state().epochs) == ("new", 3)
    writer.event("started", **STARTED)
    writer.append("train_loss", [1.0, 0.5])
    writer.flush()
    reader.poll()
    state = reader.state()
    assert (state.status, state.device, state.threads, state.step) == ("running", "cpu", 1, 2)
    writer.event("speed", steps_per_second=2.5)
    writer.event("paused", step=2)
    reader.poll()
    assert (reader.state().status, reader.state().speed) == ("paused", 2.5)
    writer.event("continued", step=2)
    writer.event("epoch", epoch=1, step=29, metrics={"val_loss": 0.5, "fit_loss": None})
    writer.event("checkpoint", step=29, file="checkpoints/29")
    reader.poll()
    state = reader.state()
    assert (state.status, state.epoch, state.step) == ("running", 1, 29)
    assert (dict(state.metrics), state.checkpoint) == ({"val_loss": 0.5}, "checkpoints/29")
    writer.event("epochs", epochs=5)
    writer.event("stopped", step=30, reason="asked")
    reader.poll()
    state = reader.state()
    assert (state.status, state.reason, state.epochs, state.over) == ("stopped", "asked", 5, True)
    writer.close()
    writer = RunWriter(run, 29)
    writer.event("started", **{**STARTED, "first_step": 29, "resumed": True, "epochs": 5})
    writer.event("done", metrics={"test_accuracy": 0.75})
    reader.poll()
    state = reader.state()
    assert (state.status, state.step) == ("done", 29)
    assert dict(state.metrics) == {"val_loss": 0.5, "test_accuracy": 0.75}
    writer.close()
