"""Runs that grow while plots follow them, and a probe's answer computed by torch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from nnstudio import theme
from nnstudio.runs.info import RunInfo, write_info
from nnstudio.runs.reader import RunReader
from nnstudio.runs.writer import RunWriter

EPOCH = 40


class GrowingRun:
    """A run directory with its writer and its reader."""

    def __init__(self, path: Path, epochs: int) -> None:
        path.mkdir()
        for part in ("checkpoints", "columns", "requests"):
            (path / part).mkdir()
        write_info(path, RunInfo("run-1", 1_795_000_000.0, "Digits", "main", "auto", 1, epochs, 0))
        self.path, self.epochs = path, epochs
        self.writer = RunWriter(path)
        self.start(0)
        self.reader = RunReader(path)

    def start(self, first_step: int) -> None:
        self.writer.event(
            "started",
            device="cpu",
            threads=1,
            torch="2",
            pid=0,
            steps_per_epoch=EPOCH,
            epochs=self.epochs,
            first_step=first_step,
            resumed=first_step > 0,
        )

    def resume(self, first_step: int) -> None:
        self.writer.close()
        self.writer = RunWriter(self.path, first_step)
        self.start(first_step)

    def dense(self, *values: float, name: str = "train_loss") -> None:
        self.writer.append(name, values, width="f8")

    def epoch(self, number: int, **metrics: float) -> None:
        for name, value in metrics.items():
            self.writer.append_at(name, number * EPOCH, value)
        self.writer.event("epoch", epoch=number, step=number * EPOCH, metrics=metrics)

    def poll(self) -> None:
        self.writer.flush()
        self.reader.poll()


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Callable[..., GrowingRun]]:
    made: list[GrowingRun] = []

    def make(epochs: int = 10) -> GrowingRun:
        made.append(GrowingRun(tmp_path / f"run-{len(made)}", epochs))
        return made[-1]

    yield make
    for run in made:
        run.writer.close()
        run.reader.close()


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Callable[..., Any]]:
    """Shows a plot in a size, and disposes of it at the end."""
    shown: list[Any] = []

    def show_(plot: Any, width: int = 1100, height: int = 260) -> Any:
        qtbot.addWidget(plot)
        plot.resize(width, height)
        plot.show()
        qtbot.waitExposed(plot)
        shown.append(plot)
        return plot

    yield show_
    for plot in shown:
        plot.dispose()


@pytest.fixture(autouse=True)
def dark_again() -> Iterator[None]:
    yield
    if theme.current() is not theme.DARK:
        theme.use(theme.DARK)


@pytest.fixture(scope="session")
def xor_probe() -> dict[str, Any]:
    """A 2-2-1 network on XOR with torch's own values and gradients, computed in its own process."""
    script = Path(__file__).with_name("xor_probe.py")
    made = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    return json.loads(made.stdout)
