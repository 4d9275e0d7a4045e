"""Where things lie: templates and assets shipped with the product, runs and state of the user.

Standard library only, so that the first window needs nothing else. `NNSTUDIO_HOME` moves the
user's part.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

_MOST_SETTINGS = 1_000_000
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
    """The folder of run directories, unless a command names another.

    The settings may name one; a broken file of settings is the window's to tell.
    """
    chosen = setting("runs_folder")
    named = isinstance(chosen, str) and "\0" not in chosen and Path(chosen).is_absolute()
    return Path(str(chosen)) if named else home() / "runs"


def setting(name: str) -> object:
    """One of the user's settings, unchecked; None where it was never chosen."""
    try:
        with open(home() / "settings.json", "rb") as file:
            value: object = json.loads(file.read(_MOST_SETTINGS)).get(name)
    except (OSError, ValueError, RecursionError, AttributeError):
        return None
    return value


def trust() -> Path:
    """The folder that keeps what code of projects the user trusts, by its fingerprint."""
    return home() / "trust"


def packed() -> Path:
    """The folder of rows that were packed from tables larger than memory; a cache."""
    return home() / "data" / "packed"


def recovery() -> Path:
    """The folder of autosaves of projects that have no file yet."""
    return home() / "recovery"
