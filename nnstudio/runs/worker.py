"""Starting the engine: a worker for one run, or a warm service that can take a run over.

Imports nothing of the engine: that is a program of its own, `python -m nnstudio.engine.worker`.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from nnstudio.runs import heartbeat
from nnstudio.runs.launch import command, environment, own_session
from nnstudio.runs.layout import LOG, RunError, append_inside
from nnstudio.runs.reader import RunReader
from nnstudio.runs.service import Service
from nnstudio.runs.trust import require_of_run


def start_training(
    run_path: str | os.PathLike[str],
    *,
    detach: bool = False,
    resume: bool = False,
    after: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a worker on a run; it has a session of its own, so nothing typed here reaches it.

    With `detach` it also lets go of the console on Windows. `after` is the newest request that the
    worker must not take: by default none on a first start, all that there are on a resume. Raises
    `RunError` where a worker is at work already.
    """
    run = Path(run_path).resolve()
    refuse_start(run, resume)
    with open(append_inside(run / LOG), "ab") as log:
        process = subprocess.Popen(
            command("--run", str(run), *(["--resume"] if resume else [])),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=run,
            **own_session(detach),
        )
    _name_worker(run, process, resume, after)
    return process


def _name_worker(
    run: Path, process: subprocess.Popen[bytes], resume: bool, after: int | None
) -> None:
    """Name a process of ours as the run's worker, before it has had time to do so itself."""
    heartbeat.adopt(process)
    heartbeat.write(run, process.pid, (None if resume else 0) if after is None else after)


def refuse_start(run: Path, resume: bool = True) -> None:
    """Raises `RunError` where a worker is at work on the run, or where code is not trusted."""
    require_of_run(run, resume=resume)
    reader = RunReader(run)
    reader.poll()
    if reader.state().live:
        raise RunError(run.name, "a run that rests", "one that is running", "Stop it first.")


class WorkerProcess:
    """The warm service: started once, it answers requests until a run needs it.

    Requests from any thread; each `Future` ends with the result (a dict), with `WorkerError`, or
    cancelled by `close`. Its callbacks run on a thread of this object.
    """

    def __init__(self) -> None:
        self._service: Service | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process if none is warm; returns at once."""
        with self._lock:
            self._warm()

    def request(self, kind: str, payload: Mapping[str, Any], timeout: float = 60.0) -> Future[Any]:
        """Ask for `kind`; a worker that has not answered within `timeout` seconds is ended."""
        with self._lock:
            return self._warm().ask(kind, payload, timeout)

    def train(
        self, run_path: str | os.PathLike[str], *, resume: bool = False, after: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Put the warm process to a run; from then on it is the run's own and survives this one.

        Where none is warm, a new one is started. Raises `RunError` where a worker is at work on it.
        """
        run = Path(run_path).resolve()
        refuse_start(run, resume)
        with self._lock:
            service, self._service = self._service, None
        if service is None or not service.usable:
            if service is not None:
                service.end()
            return start_training(run, detach=True, resume=resume, after=after)
        _name_worker(run, service.process, resume, after)
        service.hand_over(run, resume)
        return service.process

    def close(self) -> None:
        """End the warm process; a run it was put to goes on."""
        with self._lock:
            service, self._service = self._service, None
        if service is not None:
            service.end()

    def _warm(self) -> Service:
        if self._service is None or not self._service.usable:
            if self._service is not None:
                self._service.end()
            self._service = Service()
        return self._service
