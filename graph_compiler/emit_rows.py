"""A node in a row as entries of an `nn.Sequential` or `nn.ModuleList`.

Owns which turns are written out and which a comprehension makes.
"""

from __future__ import annotations

from typing import Any

from graph_compiler.emit_calls import Constructor
from graph_compiler.emit_text import literal, names_in
from graph_compiler.symbols import Symbolic

_SHORT = 30
"""Characters of a call that is written twice rather than repeated."""


def row_entries(
    count: Any, calls: list[Constructor], general: Constructor | None, first: int, turns: int
) -> tuple[list[str], tuple[str, ...]]:
    """What stands in the brackets of a row of `turns`, and the names in it.

    More calls than turns show what would follow; they are left out where more than `turns` lead.
    """
    texts = [call.text for call in calls]
    start = len(texts) - 1
    while start and texts[start - 1] == texts[-1]:
        start -= 1
    named = isinstance(count, Symbolic) and not count.is_constant
    spans = literal(count) if named else ""
    size_names = names_in(spans) if named else ()
    constant = len(texts) - start >= 2 or (named and start == 1) or (named and len(texts) == 1)
    if len(calls) > turns and (start > turns or not constant) and general is None:
        return row_entries(count, calls[:turns], general, first, turns)
    if not named and turns == 2 and len(texts[0]) <= _SHORT and start == 0:
        return texts, calls[0].names  # `nn.Tanh(), nn.Tanh()`
    if constant and start <= turns and (start <= 2 or general is None or start <= first):
        rest = literal(count - start) if start else literal(count)
        entries = [*texts[:start], f"*({texts[-1]} for _ in range({rest}))"]
        names = [name for call in (*calls[:start], calls[-1]) for name in call.names]
        return entries, (*names, *size_names)
    if general is not None:
        span = f"{first}, {literal(count)}" if first else literal(count)
        entries = [*texts[:first], f"*({general.text} for i in range({span}))"]
        names = [name for call in (*calls[:first], general) for name in call.names]
        return entries, (*names, *size_names)
    return texts, tuple(name for call in calls for name in call.names)
