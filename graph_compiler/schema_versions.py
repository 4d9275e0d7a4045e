"""The versions of the project file: the newest one, and the way to it from every older one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graph_compiler.refusals import FutureVersion, Refusal, kind, quoted

VERSION = 3

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda raw: {**raw, "version": 2},  # version 2 adds blocks, repeats, scans, shared weights
    2: lambda raw: {**raw, "version": 3},  # version 3 adds bypass, tints, routes, notes, port order
}
"""Version to the function that turns a file of that version into one of the next."""


def current(raw: Any) -> Any:
    """The parsed file in the form of this version, migrated step by step."""
    if not isinstance(raw, dict):
        raise Refusal(
            (), "an object of a project", kind(raw), "Choose a file that NN Studio has saved."
        )
    if raw.get("format") != "nnstudio":
        got = quoted(raw["format"]) if isinstance(raw.get("format"), str) else "none"
        raise Refusal(("format",), '"nnstudio"', got, "Choose a file that NN Studio has saved.")
    version = raw.get("version")
    if (
        not isinstance(version, int)
        or isinstance(version, bool)
        or version < min({VERSION, *MIGRATIONS})
    ):
        got = (
            kind(version)
            if not isinstance(version, int) or isinstance(version, bool)
            else str(version)
        )
        raise Refusal(
            ("version",), f"a version up to {VERSION}", got, "Restore the file's first lines."
        )
    if version > VERSION:
        raise FutureVersion(version)
    while version < VERSION:
        raw = MIGRATIONS[version](raw)
        version = raw["version"]
    return raw
