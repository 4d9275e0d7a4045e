"""Tables fetched from an address in the web: only when asked for, capped, kept with their origin.

A table of JSON is kept as CSV, so that all that follows reads one kind of file. Standard library
only.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nnstudio import places
from nnstudio.downloads import DownloadError, Progress, clear_halves, fetch

MOST_BYTES = 500_000_000
MOST_JSON = 100_000_000
"""Bytes of a table of JSON, which is held in memory as a whole."""
ABOUT = "about.json"
MOST_ABOUT = 10_000


@dataclass(frozen=True, slots=True)
class WebTable:
    """A table that was fetched: where from, where it lies, when, and what it was."""

    address: str
    file: str
    fetched: float
    """Seconds since 1970."""
    size: int
    sha256: str
    lines: int = 0
    """Of text; 0 where it was not counted."""

    @property
    def path(self) -> Path:
        """The file as it lies here."""
        return folder_of(self.address) / self.file


def is_address(text: str) -> bool:
    """Whether this is an address in the web."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def folder_of(address: str) -> Path:
    """Where the table of an address is kept."""
    words = re.sub(r"[^a-z0-9]+", "-", Path(urlsplit(address).path).stem.lower()).strip("-")[:40]
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    return places.home() / "data" / "web" / f"{words or 'table'}-{digest}"


def kept() -> tuple[WebTable, ...]:
    """The tables that were fetched, the newest first."""
    found = []
    for folder in (places.home() / "data" / "web").glob("*/"):
        if one := _about(folder):
            found.append(one)
    return tuple(sorted(found, key=lambda one: -one.fetched))


def table_of(address: str) -> WebTable | None:
    """The table of an address as it was fetched last; None where it never was."""
    return _about(folder_of(address))


def table_at(path: Path | str) -> WebTable | None:
    """The fetched table that lies at a place; None where that is another file."""
    place = Path(path)
    if place.parent.parent != places.home() / "data" / "web":
        return None
    found = _about(place.parent)
    return found if found is not None and found.path == place else None


def get(
    address: str,
    progress: Progress,
    most: int = MOST_BYTES,
    wanted: Callable[[], bool] = lambda: True,
) -> tuple[WebTable, bool]:
    """Fetch a table anew, and tell whether it is another than before; raises `DownloadError`.

    What is no longer `wanted` in the end leaves the table of before as it was.
    """
    before, folder = table_of(address), folder_of(address)
    half = folder.with_name(f".{folder.name}.{time.monotonic_ns()}")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", Path(urlsplit(address).path).name) or "table.csv"
    clear_halves(folder.parent)
    try:
        half.mkdir(parents=True)
        came = half / name
        fetch(address, came, progress, most=most)
        _check(came, address)
        if _is_json(came):
            came = _as_csv(came, address)
        elif came.suffix.lower() not in (".csv", ".tsv", ".txt"):
            came = came.replace(came.with_name(f"{name}.csv"))
        found = WebTable(address, came.name, round(time.time(), 3), *_measured(came))
        (half / ABOUT).write_text(json.dumps(asdict(found)), encoding="utf-8")
        if not wanted():
            raise DownloadError(f"{address}: expected to be wanted, got cancelled. Fetch it anew.")
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)
    except OSError as error:
        raise DownloadError(
            f"{folder}: expected room to write, got {error.strerror or error}. "
            "Check path, permission and free space."
        ) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return found, before is not None and before.sha256 != found.sha256


def forget(address: str) -> bool:
    """Delete the table of an address; whether there was one."""
    folder = folder_of(address)
    there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def _about(folder: Path) -> WebTable | None:
    try:
        with open(folder / ABOUT, "rb") as file:
            row = json.loads(file.read(MOST_ABOUT))
        found = WebTable(
            str(row["address"]),
            Path(str(row["file"])).name,
            float(row["fetched"]),
            int(row["size"]),
            str(row["sha256"]),
            int(row.get("lines", 0)),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if folder_of(found.address) == folder and found.path.is_file() else None


def _check(path: Path, address: str) -> None:
    """Refuse what is surely no table: nothing, a page, a file that is no text."""
    with open(path, "rb") as file:
        start = file.read(4096)
    words, got = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower(), ""
    if not words:
        got = "nothing"
    elif words.startswith((b"<!doctype", b"<html", b"<?xml", b"<!--")):
        got = "a web page"
    elif b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        got = "a file that is no text"
    if got:
        raise DownloadError(
            f"{address}: expected a table (CSV or JSON), got {got}. "
            "Use the address of the file itself, as a link named “Raw” or “Download” has it."
        )


def _measured(path: Path) -> tuple[int, str, int]:
    """Bytes, SHA-256 and lines of a file."""
    digest, size, lines, last = hashlib.sha256(), 0, 0, b"\n"
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size, lines, last = size + len(block), lines + block.count(b"\n"), block[-1:]
    return size, digest.hexdigest(), lines + (last != b"\n")


def _is_json(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(200).lstrip()[:1] in (b"[", b"{")


def _as_csv(path: Path, address: str) -> Path:
    """A list of records as a table; what a record lacks is empty."""
    remedy = "Choose a list of records with texts and numbers."
    expected = f"{address}: expected a table"
    if path.stat().st_size > MOST_JSON:
        raise DownloadError(f"{expected} of at most {MOST_JSON:,} bytes, got more. Fetch a CSV.")
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise DownloadError(f"{expected}, got JSON that cannot be read. {remedy}") from None
    if isinstance(value, dict):
        lists = [one for one in value.values() if isinstance(one, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or not value or not all(isinstance(r, dict) for r in value):
        raise DownloadError(f"{expected}, got another kind of JSON. {remedy}")
    names = list(dict.fromkeys(name for row in value for name in row))
    target = path.with_name(f"{path.stem}.csv")
    with open(target, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        for number, row in enumerate(value, 1):
            rows.writerow([_cell(row.get(name), number, name, address) for name in names])
    if target != path:
        path.unlink()
    return target


def _cell(value: Any, number: int, name: str, address: str) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise DownloadError(
            f"{address}, record {number}, {name[:40]!a}: expected a text or a number, got several. "
            "Choose a table without lists in it."
        )
    return str(value)
