"""The queue: order, turns that no two take, and ends in the middle that lose nothing."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nnstudio.runs import heartbeat, queue
from nnstudio.runs.layout import RunError
from nnstudio.runs.writer import append_event


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "queue"


def numbers(folder: Path) -> list[tuple[int, str, bool]]:
    return [(one.number, one.run.name, one.turn) for one in queue.entries(folder)]


def filled(make_run: Any, folder: Path, *names: str) -> list[Path]:
    runs = [make_run(name) for name in names]
    for run in runs:
        queue.add(run, folder)
    return runs


def begin(run: Path) -> None:
    """This process stands in for a worker at the run."""
    heartbeat.write(run, os.getpid(), 0)
    append_event(run, "started", epochs=1)


def end(run: Path) -> None:
    append_event(run, "done", metrics={})


def test_runs_have_their_turn_one_after_the_other(make_run: Any, folder: Path) -> None:
    assert queue.take_turn(folder) is None
    one, two = filled(make_run, folder, "one", "two")
    turn = queue.take_turn(folder)
    assert turn is not None
    assert turn.run == one
    assert numbers(folder) == [(1, "one", True), (2, "two", False)]
    assert queue.take_turn(folder) is None, "it has its turn, though no worker is there yet"
    begin(one)
    assert queue.take_turn(folder) is None
    end(one)
    after = queue.take_turn(folder)
    assert after is not None
    assert after.run == two
    begin(two)
    end(two)
    assert queue.take_turn(folder) is None
    assert numbers(folder) == []


def test_of_many_who_ask_one_gets_the_turn(make_run: Any, folder: Path) -> None:
    filled(make_run, folder, "one", "two", "three")
    got: list[queue.Entry] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        if (entry := queue.take_turn(folder)) is not None:
            got.append(entry)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.run.name for entry in got] == ["one"]


def test_a_turn_that_nobody_made_use_of_goes_back(
    make_run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = filled(make_run, folder, "one")
    turn = queue.take_turn(folder)
    assert turn is not None
    past = time.time() - queue.GRACE - 1
    os.utime(turn.file, (past, past))
    again = queue.take_turn(folder)
    assert again is not None
    assert again.run == run


def test_the_next_is_named_and_others_keep_their_order(make_run: Any, folder: Path) -> None:
    filled(make_run, folder, "one", "two", "three", "four")
    queue.first(3, folder)
    assert [name for _, name, _ in numbers(folder)] == ["three", "one", "two", "four"]
    queue.remove(numbers(folder)[1][0], folder)
    assert [name for _, name, _ in numbers(folder)] == ["three", "two", "four"]
    with pytest.raises(RunError) as unknown:
        queue.remove(99, folder)
    assert str(unknown.value).startswith("queue: expected the number of a waiting run (")
    turn = queue.take_turn(folder)
    assert turn is not None
    with pytest.raises(RunError, match="which runs"):
        queue.remove(turn.number, folder)


def test_an_end_while_the_order_changes_loses_no_run(
    make_run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(make_run, folder, "one", "two", "three")
    add = queue.add

    for ends in range(1, 4):
        left = [ends]

        def adding(run: Path, where: Path | None = None, left: list[int] = left) -> queue.Entry:
            entry = add(run, where)
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            return entry

        with monkeypatch.context() as patched:
            patched.setattr(queue, "add", adding)
            with pytest.raises(KeyboardInterrupt):
                queue.first(queue.entries(folder)[-1].number, folder)
        assert {name for _, name, _ in numbers(folder)} == {"one", "two", "three"}
    seen = []
    while (turn := queue.take_turn(folder)) is not None:
        seen.append(turn.run.name)
        begin(turn.run)
        end(turn.run)
    assert sorted(seen) == ["one", "three", "two"], "a run that has two files runs once"


def test_what_is_no_entry_and_runs_that_are_gone_are_passed_over(
    make_run: Any, folder: Path
) -> None:
    one, two = filled(make_run, folder, "one", "two")
    (folder / "000007.wait").write_text('{"run": 7}')
    (folder / "000008.wait").write_bytes(b"\xff")
    (folder / "notes.txt").write_text("mine")
    (folder / "000009.new").write_text("{")
    os.rename(one, one.with_name("elsewhere"))
    turn = queue.take_turn(folder)
    assert turn is not None
    assert turn.run == two
    assert (folder / "notes.txt").exists()
