"""The engine as a child process: its command, its environment, its session."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENGINE = "nnstudio.engine.worker"


def command(*arguments: str) -> list[str]:
    """The engine as a command; `-P` keeps modules that lie in the current folder out."""
    return [sys.executable, "-P", "-m", ENGINE, *arguments]


def environment() -> dict[str, str]:
    """This process's environment, in which the program finds itself also when not installed."""
    home = Path(__file__).resolve().parents[2]
    paths = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    if home.name not in ("site-packages", "dist-packages"):
        paths.insert(0, str(home))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def own_session(detach: bool) -> dict[str, object]:
    """The arguments of `Popen` that keep Ctrl-C and a hang-up away from the process."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags | (subprocess.CREATE_NO_WINDOW if detach else 0)}
    return {"start_new_session": True}
