"""What is kept of data: listed with place and size, deleted, but not what a run reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnstudio import places
from nnstudio.runs import heartbeat, kept_data, queue

NAME = "0123456789abcdef"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path))
    return tmp_path


def pack(of: str = "/tables/large.csv", name: str = NAME) -> Path:
    folder = places.packed() / name
    folder.mkdir(parents=True)
    (folder / "training.rows").write_bytes(b"\0" * 80)
    if of:
        (folder / "about.json").write_text(json.dumps({"path": of, "rows": 10}), encoding="utf-8")
    return folder


def run_on(path: str) -> Path:
    """A run at work, this process its worker."""
    folder = places.runs() / "2026-01-01-000000-abcd"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}", encoding="utf-8")
    (folder / "train.py").write_text(f'PATH = "{path}"\n', encoding="utf-8")
    heartbeat.write(folder, os.getpid(), 0)
    return folder


def test_packed_rows_are_listed_and_deleted(terminal: Callable[..., Any]) -> None:
    folder = pack()
    (one,) = kept_data.kept()
    assert (one.kind, one.name, one.title) == ("rows", NAME, "rows of large.csv")
    assert (one.place, one.source) == (folder, "/tables/large.csv")
    (told,) = json.loads(terminal("data", "--json").out)["packed"]
    assert (told["folder"], told["of"]) == (str(folder), "/tables/large.csv")
    assert terminal("data", "forget", NAME).status == 0
    assert not folder.exists()
    pack()
    assert terminal("data", "forget", folder).status == 0
    assert kept_data.kept() == ()
    again = terminal("data", "forget", NAME)
    assert again.status == 2
    assert "expected a set, a table or packed rows that is kept, got none" in again.err


def test_what_a_run_reads_is_not_deleted(terminal: Callable[..., Any]) -> None:
    folder = pack()
    other = pack("/tables/other.csv", "f" * 16)
    run = run_on("/tables/large.csv")
    refused = terminal("data", "forget", NAME)
    assert refused.status == 2
    assert (
        "expected data that no run reads, got a run at work or waiting (2026-01-01" in refused.err
    )
    assert folder.exists()
    assert terminal("data", "forget", other.name).status == 0
    (run / "heartbeat.json").unlink()
    assert terminal("data", "forget", NAME).status == 0


def test_a_run_that_waits_keeps_its_data(terminal: Callable[..., Any]) -> None:
    pack()
    run = run_on("/tables/large.csv")
    (run / "heartbeat.json").unlink()
    entry = queue.add(run)
    assert "(2026-01-01" in terminal("data", "forget", NAME).err
    ((_, reason),) = kept_data.listed()
    assert "a run at work or waiting" in reason
    queue.remove(entry.number)
    assert terminal("data", "forget", NAME).status == 0


def test_rows_that_are_being_packed_stay() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pack("", f"{NAME}.{process.pid}")
    (one,) = kept_data.packed()
    assert one.title == "rows that are not whole"
    with pytest.raises(kept_data.InUse, match=f"process {process.pid}"):
        kept_data.forget(one)
    process.communicate(b"\n")
    assert kept_data.forget(one)
    assert kept_data.kept() == ()


def test_only_packed_rows_are_taken_for_them(home: Path) -> None:
    other = places.packed() / "mine"
    other.mkdir(parents=True)
    (other / "a.txt").write_text("a", encoding="utf-8")
    assert kept_data.kept() == ()
    assert kept_data.named("mine") is None
