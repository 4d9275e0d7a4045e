"""Numbers in words, the same everywhere: counts with thin spaces, rates, times, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_compiler.report import Report

THIN = "\u2009"


def count(value: float) -> str:
    """`61 706`, with thin spaces between thousands."""
    return f"{round(value):,}".replace(",", THIN)


def rough(value: float) -> str:
    """`416 k`, `1.2 M`: three figures at most above a thousand."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            scaled = value / size
            return f"{scaled:.0f} {unit}" if scaled >= 100 else f"{scaled:.3g} {unit}"
    return f"{round(value)}"


def rate(value: float) -> str:
    """A rate with two figures: `9 400`, `18`, `0.5`."""
    if value >= 100:
        digits = len(str(int(value))) - 2
        return count(round(value, -digits))
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def duration(seconds: float) -> str:
    """`6 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def size(bytes_: float) -> str:
    """`1.5 GB`."""
    for unit, power in (("GB", 30), ("MB", 20), ("kB", 10)):
        if bytes_ >= 1 << power:
            return f"{bytes_ / (1 << power):.3g} {unit}"
    return f"{round(bytes_)} B"


def ago(seconds: float) -> str:
    """`just now`, `5 min ago`, `3 days ago`."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{round(seconds / 60)} min ago"
    if seconds < 86400:
        return f"{round(seconds / 3600)} h ago"
    days = round(seconds / 86400)
    return "yesterday" if days == 1 else f"{days} days ago"


def problems_title(counts: Mapping[str, int]) -> str:
    """`Problems`, `Problems 2`, `Problems 2 · 1 hint`: hints do not stand in the way."""
    wrong = sum(number for severity, number in counts.items() if severity != "hint")
    hints = counts.get("hint", 0)
    parts = [f"Problems {wrong}" if wrong else "Problems"]
    if hints:
        parts.append(f"{hints} {'hint' if hints == 1 else 'hints'}")
    return " · ".join(parts)


def status_line(report: Report) -> str:
    """`61 706 parameters · 416 k multiply-accumulates`, and how many problems stand in the way."""
    layers = len(report.nodes)
    if not layers:
        return "Empty network"
    parts = [
        f"{count(report.parameters)} parameters",
        f"{'at least ' if report.uncounted else ''}{rough(report.macs)} multiply-accumulates",
        f"{layers} nodes",
    ]
    errors = sum(problem.severity == "error" for problem in report.problems)
    if errors:
        parts.append(f"{errors} {'error' if errors == 1 else 'errors'}")
    return " · ".join(parts)
