"""Sizes as Python source: sums of products with as few brackets as they need.

Owns how tightly the pieces of a size bind. Imports nothing of the project.
"""

from __future__ import annotations

from dataclasses import dataclass

LOOSE, SUM, PRODUCT, ATOM = range(4)
"""How tightly a piece of Python source binds: conditional, sum, product, one token."""


@dataclass(frozen=True, slots=True)
class Written:
    """An expression as somebody wrote it: a sum of products, constants merged, nothing expanded."""

    addends: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]
    """Coefficients, each with its factors: source and binding strength."""
    constant: int = 0

    def source(self) -> tuple[str, int]:
        """The Python text and how tightly it binds."""
        pieces = [*self.addends]
        if self.constant or not pieces:
            pieces.append((self.constant, ()))
        if pieces[0][0] < 0:  # `2 - size` reads better than `-size + 2`
            pieces.sort(key=lambda piece: piece[0] < 0)
        leading = pieces[0][0] < 0
        text, level = _term(*pieces[0], leading)
        if len(pieces) == 1 and not leading:
            return text, level
        text = f"-{wrapped(text, level, False)}" if leading else wrapped(text, level, False, SUM)
        for piece in pieces[1:]:
            more = wrapped(*_term(*piece, False), False)
            text += f" {'-' if piece[0] < 0 else '+'} {more}"
        return text, SUM


def _term(coefficient: int, factors: tuple[tuple[str, int], ...], negated: bool) -> tuple[str, int]:
    """A product without its sign, the number first: `392 * width`.

    Behind a minus no floor division may come first unwrapped.
    """
    size = abs(coefficient)
    if not factors:
        return str(size), ATOM
    if size == 1 and len(factors) == 1 and not negated:
        return factors[0]
    first_strict = negated or size != 1
    texts = [wrapped(*factor, index > 0 or first_strict) for index, factor in enumerate(factors)]
    if size != 1:
        texts.insert(0, str(size))
    return " * ".join(texts), PRODUCT


def wrapped(text: str, level: int, strict: bool, needed: int = PRODUCT) -> str:
    """The text, in parentheses where it binds less tightly than its place needs."""
    return f"({text})" if level < needed or (strict and level == needed) else text
