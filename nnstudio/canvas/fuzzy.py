"""How well a few typed letters fit a title: all in order, best at the beginnings of words."""

from __future__ import annotations

from collections.abc import Iterable

NO_MATCH = -1.0


def score(query: str, title: str, words: Iterable[str] = ()) -> float:
    """The higher the better; `NO_MATCH` where the letters do not occur in order.

    Further words count for less than the title, and only where one begins with the query.
    """
    wanted = query.casefold().replace(" ", "")
    if not wanted:
        return 0.0
    best = _in_order(wanted, title.casefold())
    for word in words:
        low = word.casefold()
        if low.replace(" ", "").startswith(wanted):
            best = max(best, 40.0 - len(low) * 0.1)
        elif len(wanted) >= 3 and wanted in low:
            best = max(best, 20.0)
    return best


def _in_order(wanted: str, title: str) -> float:
    plain = title.replace(" ", "")
    if plain.startswith(wanted):
        return 100.0 + (20.0 if plain == wanted else 0.0) - len(plain) * 0.1
    if any(word.startswith(wanted) for word in title.replace("(", "").split()):
        return 85.0 - len(plain) * 0.1
    if len(wanted) > 1 and "".join(word[0] for word in title.split()).startswith(wanted):
        return 80.0 - len(plain) * 0.1
    if wanted in plain:
        return 70.0 - plain.index(wanted) * 0.5
    total, place = 0.0, 0
    for letter in wanted:
        found = title.find(letter, place)
        if found < 0:
            return NO_MATCH
        start = found == 0 or title[found - 1] in " -_("
        total += 6.0 if start else (3.0 if found == place else 0.5)
        place = found + 1
    return total - len(title) * 0.1
