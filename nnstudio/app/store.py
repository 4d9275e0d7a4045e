"""The file in which the window keeps its settings: one JSON object, read as data and with caps.

A file that is broken is kept aside under another name and told, never overwritten. Every write
takes in what another window has written meanwhile. Qt and the standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

LARGEST = 1_000_000
"""Bytes; the file of a person who uses everything has some thousands."""
DEEPEST = 6
LONGEST = 100_000
"""Characters of one text, and entries of one list."""


class Store:
    """Values by name; reading one that was never set gives the default."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.fault = ""
        """What is wrong with the file, in words; "" where nothing is."""
        self._seen: tuple[int, int] | None = None
        self._values: dict[str, Any] = {}
        self._take_in()

    def value(self, name: str, default: Any = None) -> Any:
        """The value of that name."""
        return self._values.get(name, default)

    def setValue(self, name: str, value: Any) -> None:
        """Set a value and write the file."""
        self._take_in()
        if name in self._values and self._values[name] == value:
            return
        self._values[name] = value
        self._write()

    def forget(self, *names: str) -> None:
        """Back to the defaults for these names."""
        self._take_in()
        for name in names:
            self._values.pop(name, None)
        self._write()

    def sync(self) -> None:
        """Take in what another window has written."""
        self._take_in()

    def _take_in(self) -> None:
        try:
            status = os.stat(self.file)
        except OSError:
            return
        seen = (status.st_mtime_ns, status.st_size)
        if seen == self._seen:
            return
        try:
            self._values = read(self.file)
            self._seen = seen
        except (OSError, ValueError) as error:
            self._put_aside(error)

    def _put_aside(self, error: Exception) -> None:
        aside = self.file.with_name(f"{self.file.stem}.broken{self.file.suffix}")
        kept = f"It was kept as {aside.name}."
        try:
            os.replace(self.file, aside)
        except OSError as refused:
            kept = f"It could not be moved aside either ({refused.strerror})."
        self._seen = None
        self.fault = (
            f"{self.file.name} could not be read: {error}. {kept} The settings start from scratch."
        )

    def _write(self) -> None:
        spare = self.file.with_name(f".{self.file.name}.{secrets.token_hex(4)}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            spare.write_text(json.dumps(self._values, indent=1), encoding="utf-8")
            os.replace(spare, self.file)
            status = os.stat(self.file)
            self._seen = (status.st_mtime_ns, status.st_size)
        except OSError as error:
            self.fault = f"{self.file.name} could not be written: {error.strerror}."
            with contextlib.suppress(OSError):
                spare.unlink()


def read(file: Path) -> dict[str, Any]:
    """The object in a file; `ValueError` says in words why it is none that can be used."""
    with open(file, "rb") as opened:
        raw = opened.read(LARGEST + 1)
    return parsed(raw)


def parsed(raw: bytes) -> dict[str, Any]:
    """The object in a text; `ValueError` says in words why it is none that can be used."""
    if len(raw) > LARGEST:
        raise ValueError(f"expected at most {LARGEST:,} bytes, got more")
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except RecursionError:
        raise ValueError(f"expected at most {DEEPEST} levels, got more") from None
    except UnicodeDecodeError:
        raise ValueError("expected text in UTF-8, got other bytes") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"expected JSON, got something else at line {error.lineno}, column {error.colno}"
        ) from None
    if not isinstance(value, dict):
        raise ValueError("expected an object with named values, got something else")
    _check(value, DEEPEST)
    return value


def _no_number(word: str) -> None:
    raise ValueError(f"expected a number, got {word}")


def _check(value: Any, levels: int) -> None:
    if levels == 0:
        raise ValueError(f"expected at most {DEEPEST} levels, got more")
    if isinstance(value, str | list | dict) and len(value) > LONGEST:
        raise ValueError(f"expected at most {LONGEST:,} characters or entries, got {len(value):,}")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _check(one, levels - 1)
