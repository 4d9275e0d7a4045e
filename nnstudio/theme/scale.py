"""How large type is, beside the scale of the display: a percentage that a person chooses.

Fonts of `style` and the style sheet follow by themselves; what reserves room for a line of type
asks `px`. The drawing has a zoom of its own and keeps its type.
"""

from __future__ import annotations

from nnstudio.theme.current import notifier

PERCENTS = (80, 90, 100, 110, 125, 150, 175, 200)
"""What the settings offer."""
PRESENTING = 150
"""Percent of the chosen size while presenting."""

PORTS = 1.5

_percent = 100
_presenting = False


def percent() -> int:
    """The chosen size of type; 100 is as designed."""
    return _percent


def factor() -> float:
    """What every size of type is multiplied with."""
    return _percent / 100 * (PRESENTING / 100 if _presenting else 1.0)


def px(size: float) -> int:
    """A size in pixels at 100 %, as it is now."""
    return round(size * factor())


def presenting() -> bool:
    """Whether the window is shown to a room."""
    return _presenting


def port_factor() -> float:
    """How much larger ports are drawn: a room must see them from its last row."""
    return PORTS if _presenting else 1.0


def use(wanted: int) -> None:
    """Make type that large, within the limits of `PERCENTS`, and tell everybody."""
    global _percent
    limited = max(PERCENTS[0], min(PERCENTS[-1], wanted))
    if limited != _percent:
        _percent = limited
        notifier.scale_changed.emit()


def present(on: bool) -> None:
    """Enlarge type for a room, or end it."""
    global _presenting
    if on != _presenting:
        _presenting = on
        notifier.scale_changed.emit()
