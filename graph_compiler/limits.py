"""Sizes that no memory holds, refused before torch is asked for them.

Owns the one bound and its wording. Works on ints and symbols.
"""

from __future__ import annotations

from graph_compiler.layer import Mismatch
from graph_compiler.symbols import Dim

MOST_NUMBERS = 10**12
"""Weights of one layer, or numbers in one example: four terabytes."""


def refuse_huge(count: Dim, port: str, what: str, remedy: str) -> None:
    """Raises `Mismatch` for more than `MOST_NUMBERS` of something."""
    if count > MOST_NUMBERS:
        raise Mismatch(
            "too_large",
            port,
            expected=f"at most {MOST_NUMBERS:,} {what}",
            got=f"{int(count):,}",
            remedy=remedy,
        )
