"""The worker as a program: warm service, taking a run over, living without Qt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_compiler import project_text
from graph_compiler.model import Project
from nnstudio.document.templates import load_target
from nnstudio.engine.service import Service
from nnstudio.runs import requests
from nnstudio.runs.launch import command, environment


class Warm:
    """A warm worker behind its pipe."""

    def __init__(self, *prefix: str) -> None:
        arguments = [sys.executable, *prefix, "--warm"] if prefix else command("--warm")
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
        self._number = 0

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        """One request and its answer."""
        self._number += 1
        self.send(json.dumps({"id": self._number, "do": do, **values}).encode() + b"\n")
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert answer["id"] == self._number
        return answer

    def send(self, data: bytes) -> None:
        """Raw bytes."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@pytest.fixture
def warm() -> Iterator[Warm]:
    worker = Warm()
    yield worker
    worker.end()


def test_it_answers_previews_probes_and_devices_and_ends_with_its_input(warm: Warm) -> None:
    assert warm.ask("ping") == {"id": 1, "ok": True, "result": {}}
    devices = warm.ask("devices")["result"]["devices"]
    assert devices[-1]["id"] == "cpu"
    assert devices[-1]["memory"] > devices[-1]["free"] > 0
    assert [device["default"] for device in devices] == [True] + [False] * (len(devices) - 1)
    warm.send(b"no json\n[1]\n{}\n")
    text = project_text(load_target("template:mlp"))
    assert warm.ask("probe", project=text, weights=None, rows=4)["result"]["rows"] == 4
    preview = warm.ask("preview", data={"source": "iris", "options": {}})["result"]
    assert preview["rows"] == 150
    wrong = warm.ask("preview", data={"source": "csv", "options": {"path": "/nowhere/a.csv"}})
    assert wrong["ok"] is False
    assert wrong["error"]["text"] == (
        "a.csv: expected a file, got nothing at this place. Choose the file anew."
    )
    assert "Traceback" in wrong["error"]["detail"]
    assert warm.ask("fly")["error"]["text"] == (
        "'fly': expected one of ping, devices, evaluate, download, download_state, "
        "download_cancel, preview, propose, probe, shape, timing, use_describe, use, use_begin, "
        "use_more, use_stop, use_example."
    )
    assert warm.process.stdin is not None
    warm.process.stdin.close()
    assert warm.process.wait(30) == 0


@pytest.mark.slow
def test_it_takes_a_run_over_and_survives_its_parent(
    project: Callable[..., Project], runs: Any, tmp_path: Path
) -> None:
    run = runs.create(project(batch_size=8, epochs=40))
    requests.send(run, "speed", steps_per_second=100.0)
    asked = {"id": 1, "do": "train", "run": str(run), "resume": False}
    parent = (
        "import json, subprocess, sys\n"
        f"worker = subprocess.Popen({command('--warm')!r}, stdin=subprocess.PIPE, "
        "stdout=subprocess.PIPE, start_new_session=True)\n"
        "from nnstudio.runs import heartbeat\n"
        "from pathlib import Path\n"
        f"heartbeat.write(Path({str(run)!r}), worker.pid, 0)\n"
        f"worker.stdin.write(json.dumps({asked!r}).encode() + b'\\n')\n"
        "worker.stdin.flush()\n"
        "print(worker.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", parent],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert first.stdout is not None
    worker = int(first.stdout.readline())
    try:
        runs.wait_for(run, lambda r: r.state().step >= 5)
        first.kill()
        first.communicate()
        at = runs.read(run).state().step
        runs.wait_for(run, lambda r: r.state().step >= at + 20)
        assert os.getsid(worker) == worker
        assert os.readlink(f"/proc/{worker}/cwd") == str(run)
        assert os.readlink(f"/proc/{worker}/fd/1") == str(run / "worker.log")
        requests.send(run, "stop")
        runs.wait_for(run, lambda r: r.state().status == "stopped")
    finally:
        end = time.monotonic() + 20
        while os.path.exists(f"/proc/{worker}/cwd") and time.monotonic() < end:
            time.sleep(0.05)
        if os.path.exists(f"/proc/{worker}/cwd"):
            os.kill(worker, signal.SIGKILL)


WITHOUT_QT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "pyqtgraph", "shiboken6"):
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Blocked())
sys.argv[0] = "worker"
from nnstudio.engine.worker import main
status = main(sys.argv[1:])
assert not any(name.split(".")[0] in ("PySide6", "pyqtgraph") for name in sys.modules)
sys.exit(status)
"""


def test_a_run_needs_no_qt(project: Callable[..., Project], runs: Any) -> None:
    run = runs.create(project(epochs=2))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_QT, "--run", str(run)],
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert runs.read(run).state().status == "done"


def test_a_print_cannot_break_the_pipe_and_nothing_ends_the_service(tmp_path: Path) -> None:
    frames = b'{"id": 1, "do": "ping"}\n{"id": 2, "do": "probe", "project": "{"}\n{"id": 3'
    (tmp_path / "in").write_bytes(frames)
    with open(tmp_path / "in", "rb") as asked, open(tmp_path / "out", "wb") as told:
        assert Service(asked, told).answer_all() is None
    answers = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert answers[0] == {"id": 1, "ok": True, "result": {}}
    assert answers[1]["ok"] is False
    assert answers[1]["error"]["text"].startswith("probe: ")
    assert len(answers) == 2
