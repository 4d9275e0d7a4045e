"""The worker: trains one run (`--run PATH [--resume]`), or waits warm for requests (`--warm`).

With `--calibrate` it times some steps of the project in one line of standard input, and ends.

Owns the process: its streams, signals and exit status, and the order in which a run is prepared.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

from nnstudio.runs.heartbeat import UNWRITABLE
from nnstudio.runs.layout import LOG, append_inside

DONE, FAILED = 0, 3


def train(run: Path, resume: bool) -> int:
    """Train the run until it ends; every end is told in its event log. Returns the exit status."""
    from nnstudio.engine.job import Job

    job = Job(run, resume)

    def end(number: int, frame: FrameType | None) -> None:
        job.stop(f"ended by {signal.Signals(number).name}")

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if job.work():
        return DONE
    return UNWRITABLE if job.untold else FAILED


def serve() -> int:
    """Answer requests on standard input until it ends, or until one puts this process to a run."""
    # The real output belongs to the answers alone: whatever prints, prints into the error stream.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    from nnstudio.engine.service import Service, load_libraries

    loading = threading.Thread(target=load_libraries, name="libraries", daemon=True)
    loading.start()
    order = Service(sys.stdin.buffer, answers).answer_all()
    answers.close()
    if order is None:
        os._exit(DONE)  # libraries that are still being imported do not bear an orderly end
    detach(order.run)
    loading.join()  # two threads that import the same library may wait for each other for ever
    return train(order.run, order.resume)


def calibrate() -> int:
    """Answer one request for a pace, on the real standard output."""
    import json

    from nnstudio.engine.calibrating import answer

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints elsewhere
    found = answer(sys.stdin.buffer.readline())
    with suppress(BrokenPipeError), out:
        out.write(json.dumps(found).encode("ascii") + b"\n")
    return DONE


def detach(run: Path) -> None:
    """Let go of the parent: a session, a folder and a log of the run's own."""
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it leads a session already
            os.setsid()
    os.chdir(run)
    log = append_inside(run / LOG)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.close(nothing)


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="nnstudio.engine.worker", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", type=Path, help="train the run in this folder")
    what.add_argument("--warm", action="store_true", help="answer requests on standard input")
    what.add_argument("--calibrate", action="store_true", help="time steps of a project")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    options = parser.parse_args(arguments)
    if options.warm:
        return serve()
    if options.calibrate:
        return calibrate()
    return train(options.run.resolve(), options.resume)


if __name__ == "__main__":
    sys.exit(main())
