"""What a look at the user's data found and the project keeps: checked before facts come from it.

The window never reads the data; numbers of rows, names of classes and sizes come from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graph_compiler.model import DataSource
from nnstudio.document.tabular import DataError

MOST_ROWS = 10**9
MOST_NAMES = 10_000
MOST_POINTS = 100_000
UNSET = ("what the data hold", "Look at the data first.")


def checked_kept(
    names: Sequence[str], options: Mapping[str, Any], unset: tuple[str, str] = UNSET
) -> dict[str, Any]:
    """The kept options called `names`; raises `DataError` where one is missing or of another form.

    `unset` says what is expected where one is missing, and what to do then.
    """
    expected, remedy = unset
    found = {}
    for name in names:
        value = options.get(name)
        if not value:
            raise DataError(name, expected, "nothing", remedy)
        is_sound = _SOUND.get(name)
        if is_sound is not None and not is_sound(value):
            raise DataError(name, expected, "something else", remedy)
        found[name] = value
    if "points" in found:
        kinds = {kind for _, _, kind in found["points"]}
        if max(kinds) >= len(found["names"]):
            raise DataError("points", expected, "a class that has no name", remedy)
        if len(kinds) < 2:
            raise DataError("points", expected, "points of one class", remedy)
    return found


def painted_points(
    data: DataSource,
) -> tuple[tuple[tuple[float, float, int], ...], tuple[str, ...]]:
    """Points painted by hand and the classes' names, as far as they are sound; else none."""
    points: Any = data.options.get("points")
    names: Any = data.options.get("names")
    if not _are_names(names):
        return (), ()
    if not _are_points(points) or any(kind >= len(names) for _, _, kind in points):
        return (), tuple(names)
    return tuple((float(x), float(y), kind) for x, y, kind in points), tuple(names)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 < value <= MOST_ROWS


def _are_counts(value: Any) -> bool:
    return _is_list(value, 16) and all(type(one) is int and 0 <= one < MOST_ROWS for one in value)


def _are_names(value: Any) -> bool:
    return (
        _is_list(value, MOST_NAMES)
        and all(isinstance(one, str) and one for one in value)
        and len(set(value)) == len(value)
    )


def _are_points(value: Any) -> bool:
    return _is_list(value, MOST_POINTS) and all(_is_point(point) for point in value)


def _is_point(value: Any) -> bool:
    match value:
        case [int() | float() as x, int() | float() as y, int() as kind]:
            return math.isfinite(x) and math.isfinite(y) and type(kind) is int and kind >= 0
    return False


def _is_list(value: Any, most: int) -> bool:
    return isinstance(value, tuple | list) and len(value) <= most


_SOUND: Mapping[str, Callable[[Any], bool]] = {
    "rows": _is_count,
    "outputs": _is_count,
    "kind": lambda value: value in ("class", "value"),
    "vocabulary": _is_count,
    "names": _are_names,
    "files": _are_names,
    "shape": _are_counts,
    "parts": _are_counts,
    "points": _are_points,
}
