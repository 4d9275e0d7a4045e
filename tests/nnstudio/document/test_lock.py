"""The lock beside a project: one holder, stale ones taken over, nobody's lock torn away."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nnstudio.document.lock import Lock, Owner


def file_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")


def write(path: Path, **changes: object) -> None:
    """A lock file of another holder."""
    owner = {**Owner.me().as_json(), **changes}
    file_of(path).write_text(json.dumps({"owner": owner, "token": "other", "since": 0}))


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.nns"
    first, second = Lock(path), Lock(path)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    assert second.holder == Owner.me()
    first.release()
    assert not file_of(path).exists()
    assert second.acquire()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.nns"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write(path, pid=ended.pid)
    lock = Lock(path)
    assert lock.acquire()
    assert lock.held
    lock.release()


@pytest.mark.parametrize("changes", [{"started": 1.0}, {"boot": "another"}])
def test_ids_that_were_used_again_do_not_count(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "a.nns"
    write(path, **changes)
    assert Lock(path).acquire()


def test_a_process_on_another_machine_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.nns"
    write(path, host="elsewhere", pid=1)
    lock = Lock(path)
    assert not lock.acquire()
    assert lock.holder is not None
    assert lock.holder.host == "elsewhere"
    lock.take()
    assert lock.held


def test_releasing_leaves_the_lock_of_another_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.nns"
    first, second = Lock(path), Lock(path)
    first.acquire()
    second.take()
    first.release()
    assert file_of(path).exists()
    second.release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"owner": 3}', "[" * 5000])
def test_a_broken_lock_file_is_stale(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.nns"
    file_of(path).write_text(text)
    assert Lock(path).acquire()


def test_where_nothing_can_be_written_there_is_no_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "missing" / "a.nns")
    assert lock.acquire()
    assert not lock.held
    lock.release()


def test_of_many_who_find_a_stale_lock_one_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "a.nns"
    write(path, boot="another")
    locks = [Lock(path) for _ in range(8)]
    start = threading.Barrier(len(locks))
    got: list[bool] = []

    def run(lock: Lock) -> None:
        start.wait()
        got.append(lock.acquire())

    threads = [threading.Thread(target=run, args=(lock,)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(True) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [".a.nns.lock"]
