"""Runs to test with: made without a project, worked on by a stand-in for the engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nnstudio.runs import launch, service, worker
from nnstudio.runs.info import RunInfo, write_info

STAND_IN = Path(__file__).with_name("runs") / "stand_in_worker.py"

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes bare run directories: `make_run(name, epochs=…)`."""

    def make(name: str = "run-1", epochs: int = 3, folder: Path | None = None) -> Path:
        path = (folder or tmp_path) / name
        path.mkdir(parents=True)
        for part in ("checkpoints", "columns", "requests"):
            (path / part).mkdir()
        write_info(path, RunInfo(name, 1_795_000_000.0, "Digits", "main", "auto", 1, epochs, 0))
        return path

    return make


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts the stand-in in the engine's place; call it with a mood to have it misbehave."""

    def command(*arguments: str) -> list[str]:
        return [sys.executable, str(STAND_IN), *arguments]

    for module in (launch, service, worker):
        monkeypatch.setattr(module, "command", command)
    return lambda mood: monkeypatch.setenv("STAND_IN", mood)
