"""Data that nothing can be learned from, and the check that every source needs.

Knows neither torch nor pandas, so that refusing costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence


class BadData(ValueError):
    """Why data is refused: `<where>: expected …, got …. <remedy>.`"""

    def __init__(self, where: str, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}. {remedy}")
        self.where, self.expected, self.got, self.remedy = where, expected, got, remedy


def check_parts(name: str, rows: int, split: Sequence[float]) -> None:
    """Refuse a split whose training part is empty; raises `BadData`."""
    if round(split[0] * rows) < 1:
        raise BadData(
            "data.split",
            f"a training part of the {rows} rows of {name}",
            "no row in it",
            "Give the training part a larger share.",
        )
