"""How the terminal looks: tables and bars where people read, plain lines where programs do.

rich is imported only to draw; text that came from a file is stripped of control characters first.
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_BLOCKS = "▁▂▃▄▅▆▇█"


LEAST_COLUMNS, LEAST_ROWS = 50, 10
"""The smallest terminal in which a picture that is drawn in place stays in place."""


def fancy() -> bool:
    """Whether a person looks at standard output."""
    return sys.stdout.isatty()


def roomy() -> bool:
    """Whether a person looks at it, in a terminal with room for a picture."""
    if not fancy() or os.environ.get("TERM") == "dumb":
        return False
    room = shutil.get_terminal_size((80, 24))
    return room.columns >= LEAST_COLUMNS and room.lines >= LEAST_ROWS


def quoted(word: object) -> str:
    """A word as it has to be typed in a shell."""
    text = str(word)
    return subprocess.list2cmdline([text]) if sys.platform == "win32" else shlex.quote(text)


def say(text: str = "") -> None:
    """One line of output; control characters that came with a name are taken out."""
    print(clean(text), flush=True)


def complain(text: str) -> None:
    """One line on standard error."""
    print(clean(text), file=sys.stderr, flush=True)


def say_json(value: Mapping[str, Any]) -> None:
    """One object on one line."""
    print(json.dumps(value, ensure_ascii=True, allow_nan=False), flush=True)


def clean(text: str) -> str:
    """The text in one line, without characters that steer a terminal."""
    return _CONTROL.sub(" ", text)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: with rich on a terminal, else columns padded with spaces."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if not fancy():
        _plain_table([list(columns), *cells])
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    console().print(drawn)


def console() -> Any:
    """rich's console on standard output."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def sparkline(values: Sequence[float]) -> str:
    """A curve in one line, a sign a value; a gap where a value is not finite."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return " " * len(values)
    low, span = min(known), max(known) - min(known)
    if span == 0:
        return "".join("▄" if math.isfinite(value) else " " for value in values)
    return "".join(
        _BLOCKS[min(7, int(8 * (value - low) / span))] if math.isfinite(value) else " "
        for value in values
    )


def figure(value: float | None) -> str:
    """A measured value with about four digits."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.3e}"


def ago(then: float) -> str:
    """How long ago a moment was, in one unit."""
    seconds = max(0.0, time.time() - then)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return "just now"


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / (1 << 30):.1f} GB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MB"


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size((80, 24)).columns


def _plain_table(rows: list[list[str]]) -> None:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
