"""Where things lie: templates and assets shipped with the product, runs and state of the user.

Standard library only, so that the first window needs nothing else. `NNSTUDIO_HOME` moves the
user's part.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parent


def _shipped(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def templates() -> Path:
    """The folder of the shipped templates, `ID.nns` each."""
    return _shipped("templates")


def assets() -> Path:
    """The folder of icons and other shipped data."""
    return _shipped("assets")


def home() -> Path:
    """The user's folder for runs, settings and recovery files; made by who writes there."""
    if override := os.environ.get("NNSTUDIO_HOME"):
        return Path(override)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "nnstudio"


def runs() -> Path:
    """The folder of run directories, unless a command names another."""
    return home() / "runs"


def trust() -> Path:
    """The folder that keeps what code of projects the user trusts, by its fingerprint."""
    return home() / "trust"


def recovery() -> Path:
    """The folder of autosaves of projects that have no file yet."""
    return home() / "recovery"
