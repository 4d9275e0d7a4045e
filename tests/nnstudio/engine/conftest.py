"""Small projects and finished runs for the tests of the engine."""

from __future__ import annotations

import csv
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Value, Wire
from nnstudio.engine.job import Job
from nnstudio.runs import heartbeat
from nnstudio.runs.create import create_run
from nnstudio.runs.reader import RunReader
from nnstudio.runs.worker import start_training
from tests.nnstudio.alone import run_alone

PATIENCE = 240.0


def chain(*layers: tuple[str, str, Mapping[str, Value]]) -> Network:
    """A network of layers in a row, each a name, a type and its parameters."""
    nodes = {name: Node(name, type, params) for name, type, params in layers}
    names = [name for name, _, _ in layers]
    wires = {Wire(a, "output", b, "input"): None for a, b in pairwise(names)}
    return Network("main", nodes=nodes, wires=wires)


def small_project(
    source: str = "spirals",
    inputs: tuple[int, ...] = (2,),
    outputs: int = 2,
    options: Mapping[str, Value] | None = None,
    split: tuple[float, float, float] = (0.6, 0.2, 0.2),
    recipe: str = "supervised",
    **settings: Value,
) -> Project:
    """A dense network with dropout, so that every kind of randomness takes part."""
    network = chain(
        ("point", "Input", {"shape": inputs}),
        ("fc1", "Linear", {"out_features": 16}),
        ("tanh1", "Tanh", {}),
        ("drop", "Dropout", {"p": 0.2}),
        ("fc2", "Linear", {"out_features": outputs}),
        ("answer", "Output", {}),
    )
    return Project(
        name="small",
        networks={"main": network},
        data=DataSource(
            source, {"samples": 120} if options is None else dict(options), split=split
        ),
        plan=Plan((Stage("train", recipe, "main", settings),)),
    )


@pytest.fixture
def project() -> Callable[..., Project]:
    """Makes small projects."""
    return small_project


@pytest.fixture
def network() -> Callable[..., Network]:
    """Makes networks of layers in a row."""
    return chain


class Runs:
    """Makes runs, works on them here or in processes of their own, and leaves none behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[Any] = []

    def create(self, project: Project, **options: Any) -> Path:
        """A new run on one thread."""
        return create_run(project, self.folder, threads=1, device="cpu", **options)

    def start(self, run: Path, **options: Any) -> Any:
        """A worker on the run."""
        process = start_training(run, **options)
        self._processes.append(process)
        return process

    def work(self, run: Path, resume: bool = False, after: int | None = None) -> RunReader:
        """Work on the run in this process until it ends; requests above `after` are for it."""
        threads = torch.get_num_threads()
        heartbeat.write(run, os.getpid(), (None if resume else 0) if after is None else after)
        try:
            Job(run, resume).work()
        finally:
            torch.set_num_threads(threads)
        return self.read(run)

    def begin(self, run: Path, resume: bool = False) -> threading.Thread:
        """Work on the run in a thread of this process."""
        thread = threading.Thread(target=self.work, args=(run, resume))
        thread.start()
        return thread

    def train(self, project: Project, **options: Any) -> RunReader:
        """A run trained to its end."""
        return self.work(self.create(project, **options))

    def read(self, run: Path) -> RunReader:
        """All that the run holds now."""
        reader = RunReader(run)
        reader.poll()
        return reader

    def wait_for(self, run: Path, ready: Callable[[RunReader], bool]) -> RunReader:
        """Poll the run until something holds."""
        reader, end = RunReader(run), time.monotonic() + PATIENCE
        while time.monotonic() < end:
            reader.poll()
            if ready(reader):
                return reader
            time.sleep(0.01)
        raise TimeoutError((run / "events.jsonl").read_text()[-2000:])

    def script_losses(self, run: Path, folder: Path, *flags: str) -> list[float]:
        """The losses that a run's own files give where the product cannot be imported."""
        folder.mkdir()
        for name in ("model.py", "train.py"):
            shutil.copy(run / name, folder)
        if (run / "corpora").is_dir():
            shutil.copytree(run / "corpora", folder / "corpora")
        run_alone(folder, "train.py", *flags)
        with open(folder / "losses.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
        return [float(row["loss"]) for row in rows]

    def last_checkpoint(self, run: Path) -> dict[str, torch.Tensor]:
        """The tensors of the newest checkpoint."""
        return load_file(sorted((run / "checkpoints").glob("step-*.safetensors"))[-1])

    def assert_same_ends(self, one: Path, other: Path) -> None:
        """The same weights, optimizer state and random states to the last bit."""
        a, b = self.last_checkpoint(one), self.last_checkpoint(other)
        assert a.keys() == b.keys()
        assert len(a) > 6
        for name in a:
            assert a[name].dtype == b[name].dtype
            assert a[name].numpy().tobytes() == b[name].numpy().tobytes(), name

    def end(self) -> None:
        """Kill what still works."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """Runs in a folder of their own."""
    made = Runs(tmp_path / "runs")
    yield made
    made.end()
