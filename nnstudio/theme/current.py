"""What the window looks like now: the theme, the size of type, how much may move."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.theme.themes import DARK
from nnstudio.theme.tokens import Theme


class Notifier(QObject):
    """Tells what has changed; all that draws by itself listens."""

    theme_changed = Signal(object)
    """Another theme is in use; the value is the `Theme`."""
    scale_changed = Signal()
    """Type has another size: `scale.factor()`."""
    motion_changed = Signal()
    """Pictures may move more or less than before: `motion.reduced()`."""


notifier = Notifier()
_current: Theme = DARK


def current() -> Theme:
    """The theme in use."""
    return _current


def use(theme: Theme) -> None:
    """Make `theme` the one in use and tell everybody, if it is another."""
    global _current
    if theme != _current:
        _current = theme
        notifier.theme_changed.emit(theme)
