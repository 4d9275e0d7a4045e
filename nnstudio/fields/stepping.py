"""Numbers that arrows, wheel and scrubbing change step by step, and the gestures they do it in."""

from __future__ import annotations

import math
from itertools import count

from PySide6.QtCore import Qt

from graph_compiler.layer import Param
from graph_compiler.model import Value

MIXED = ("several values",)
"""Stands for the value of a parameter that is not the same on all selected nodes."""

FINER, COARSER = 0.1, 10.0
"""What Shift and Ctrl make of one step."""

_gestures = count(1)


def next_gesture(kind: str) -> str:
    """A name for one gesture, so that all its edits are undone at once."""
    return f"{kind}-{next(_gestures)}"


def pace(modifiers: Qt.KeyboardModifier) -> float:
    """How much of a step one movement is: Shift makes it finer, Ctrl coarser."""
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        return COARSER
    return FINER if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0


def is_number(param: Param) -> bool:
    """Whether a field of the parameter holds one number, or one an axis."""
    return param.kind in ("int", "float", "size")


def steppable(param: Param, value: Value) -> bool:
    """Whether the value is one number, which arrows, wheel and scrubbing may change."""
    return is_number(param) and isinstance(value, int | float) and not isinstance(value, bool)


def stepped(param: Param, value: Value, ways: float) -> Value:
    """The number some steps on, inside its bounds; a real number steps by a tenth of its size."""
    assert isinstance(value, int | float)
    if param.kind == "float":
        size = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
        low_bounded = param.low is not None and value + ways * size <= param.low
        if ways < 0 and param.low is not None and low_bounded and value > param.low:
            # Towards zero a rate shrinks by ever smaller steps instead of falling off the edge.
            size /= 10
        after: float = float(f"{value + ways * size:.12g}")
    else:
        after = int(value + ways)
    if param.low is not None:
        after = max(after, param.low)
    if param.high is not None:
        after = min(after, param.high)
    return float(after) if param.kind == "float" else int(after)
