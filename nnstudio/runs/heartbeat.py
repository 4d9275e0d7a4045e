"""Whether a run's worker lives: its process, named so that no other can be taken for it.

A beat names host, boot, pid and the process's start; on this host they decide at once, on another
one the age of the beat does. Owns the reasons that a `lost` run is marked with.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from nnstudio.runs import jsonl, requests
from nnstudio.runs.layout import HEARTBEAT, MAX_STEP, RunError, read_small

INTERVAL = 2.0
"""Seconds between two touches of the beat's file, for readers on other hosts."""
SILENCE = 120.0
"""Seconds without a touch after which a worker on another host counts as gone."""


@dataclass(frozen=True, slots=True)
class Beat:
    """Which process works on a run."""

    host: str
    boot: str
    pid: int
    created: float
    """Seconds since 1970 at which the process started, by its host's clock."""
    since_boot: float
    """Seconds from boot to the process's start: not moved by changes of the clock."""
    begun: float
    """Seconds since 1970 at which the process was put to this run."""
    after: int
    """Requests up to this number are older than the process: not for it."""


UNWRITABLE = 74
"""Exit status of a worker that could not write its end into the run's folder."""

_children: dict[int, subprocess.Popen[bytes]] = {}


def adopt(process: subprocess.Popen[bytes]) -> None:
    """Remember a worker that this process started: its exit status tells more than its absence."""
    _children[process.pid] = process


def write(path: Path, pid: int, after: int | None = None) -> Beat:
    """Name `pid` as the process that works on the run at `path`."""
    created, since_boot = _start_of(pid)
    beat = Beat(
        host=socket.gethostname(),
        boot=_boot(),
        pid=pid,
        created=round(created, 2),
        since_boot=round(since_boot, 2),
        begun=round(time.time(), 3),
        after=requests.latest(path) if after is None else after,
    )
    made = path / f".{HEARTBEAT}.{secrets.token_hex(4)}"
    made.write_bytes(jsonl.line(asdict(beat)))
    os.replace(made, path / HEARTBEAT)
    return beat


def read(path: Path) -> Beat | None:
    """The beat of the run at `path`; None where there is none or none that can be believed."""
    try:
        values = jsonl.parse(read_small(path / HEARTBEAT, 4096))
    except (OSError, RunError, ValueError):
        return None
    whole, real = (
        (values.get(k) for k in ("pid", "after")),
        [values.get(k) for k in ("created", "since_boot", "begun")],
    )
    texts = [values.get(k) for k in ("host", "boot")]
    if not all(type(v) is int and 0 <= v < 2**31 for v in whole):
        return None
    if not all(type(v) in (int, float) and abs(v) < MAX_STEP for v in real):
        return None
    if not all(isinstance(v, str) and len(v) <= 255 for v in texts):
        return None
    return Beat(**{name: values[name] for name in Beat.__slots__})


def gone(path: Path, beat: Beat) -> str | None:
    """Why the worker that `beat` names is gone; None while it lives."""
    if beat.host != socket.gethostname():
        return _silent(path)
    if beat.boot != _boot():
        return "the machine was restarted"
    child = _children.get(beat.pid)
    if child is not None and child.returncode is None:  # ours: only we are told how it ended
        status = child.poll()
        return None if status is None else _exit_reason(status)
    if _same_process(beat):
        return None
    return "the process is gone" if child is None else _exit_reason(child.returncode)


def alive(path: Path) -> bool:
    """Whether a worker is at work on the run at `path`."""
    beat = read(path)
    return beat is not None and gone(path, beat) is None


class Pulse:
    """Names this process as the run's worker and keeps the beat young until `stop`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        known = read(self.path)
        if known is not None and known.pid != os.getpid() and gone(self.path, known) is None:
            raise RunError(
                self.path.name, "no worker", f"one already, process {known.pid}", "Stop it first."
            )
        mine = known is not None and known.pid == os.getpid() and _same_process(known)
        self.beat = known if mine and known is not None else write(self.path, os.getpid())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()

    @property
    def after(self) -> int:
        """Requests up to this number are older than the worker: not for it."""
        return self.beat.after

    def stop(self) -> None:
        """End the beat; the file stays and tells who worked last."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            try:
                os.utime(self.path / HEARTBEAT)
            except OSError:
                continue  # a network drive that comes back


def _same_process(beat: Beat) -> bool:
    try:
        created, since_boot = _start_of(beat.pid)
        dead = psutil.Process(beat.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True  # it is there, but not ours to look at
    if dead:
        return False
    if sys.platform == "linux":  # `created` moves with the clock there, this does not
        return abs(since_boot - beat.since_boot) < 0.1
    return abs(created - beat.created) < 2


def _start_of(pid: int) -> tuple[float, float]:
    """Seconds since 1970 and since boot at which a process started."""
    while True:
        boot = psutil.boot_time()
        created = psutil.Process(pid).create_time()
        if psutil.boot_time() == boot:  # else the clock was just set
            return created, created - boot


def _silent(path: Path) -> str | None:
    try:
        age = time.time() - (path / HEARTBEAT).stat().st_mtime
    except OSError:
        return None
    return f"no sign of life for {SILENCE:.0f} seconds" if age > SILENCE else None


def _exit_reason(status: int) -> str:
    if status == UNWRITABLE:
        return "its folder could not be written, as on a full disk"
    return (
        f"killed by signal {-status}" if status < 0 else f"the process ended with status {status}"
    )


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""  # elsewhere the process's start is enough
