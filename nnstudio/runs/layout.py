"""The run directory's layout: names of its files, what a name may look like, how much is read.

Standard library only; everything else here builds on it. Owns `RunError` and the one way in which
files of a run are opened: regular files inside the folder, never through links.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

FORMAT = 1

RUN = "run.json"
PROJECT = "project.nns"
MODEL = "model.py"
SCRIPT = "train.py"
MAP = "map.json"
EVENTS = "events.jsonl"
COLUMNS = "columns"
SEGMENT = "segment.json"
CHECKPOINTS = "checkpoints"
SEEN = "seen"
"""What a training shows of itself over time, such as samples."""
REQUESTS = "requests"
HEARTBEAT = "heartbeat.json"
LOG = "worker.log"
WEIGHTS = "weights.safetensors"
"""What a fork begins from."""
FITTED = "fitted.json"
"""What was fitted on the training part: scales, fill values, categories."""

COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
SEGMENT_NAME = re.compile(r"[0-9]{4,6}")
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

MAX_STEP = 2**53
"""Steps beyond this are not read: they could not be drawn either."""
MAX_SMALL_FILE = 256 * 1024
"""Bytes of `run.json`, `heartbeat.json`, `segment.json` and a request."""


class RunError(Exception):
    """A run directory that cannot be used: `<where>: expected …, got …. <remedy>`."""

    def __init__(self, where: str, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}. {remedy}")
        self.where, self.expected, self.got, self.remedy = where, expected, got, remedy


def open_inside(path: Path) -> int:
    """A descriptor of a regular file, opened without following a link or waiting for a pipe.

    Raises `FileNotFoundError` where there is nothing, `RunError` where there is something else.
    """
    try:
        return _opened(path, os.O_RDONLY)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise RunError(_place(path), "a readable file", reason, "Check its permissions.") from None


def append_inside(path: Path) -> int:
    """A descriptor that appends to a regular file, which is made where there is none.

    A run may be a stranger's: what lies there in the file's place is not followed. Raises
    `RunError` for it, and `OSError` where the folder cannot be written.
    """
    return _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)


def folder_inside(path: Path) -> Path:
    """A folder of a run, made where there is none; `RunError` where a link or file lies there."""
    try:
        path.mkdir()
    except FileExistsError:
        if not is_folder(path):
            raise RunError(
                _place(path), "a folder", "a link or file", "Remove it: no run has such a file."
            ) from None
    return path


def _opened(path: Path, flags: int) -> int:
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
        flags |= getattr(os, name, 0)
    if path.is_symlink():  # where the system has no O_NOFOLLOW
        raise _no_regular_file(path, "a link")
    try:
        handle = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _no_regular_file(path, "a link or a pipe") from None
        if error.errno == errno.EISDIR:
            raise _no_regular_file(path, "a folder") from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_regular_file(path, "a folder, pipe or device")
    return handle


def read_small(path: Path, limit: int = MAX_SMALL_FILE) -> bytes:
    """The whole of a small file; `RunError` where it is larger than `limit`."""
    with open(open_inside(path), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise RunError(
            _place(path), f"at most {limit >> 10} kB", "more", "Remove the file or the run."
        )
    return data


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _no_regular_file(path: Path, got: str) -> RunError:
    return RunError(_place(path), "a regular file", got, "Remove it: no run has such a file.")
