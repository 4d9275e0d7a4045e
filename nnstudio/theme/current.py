"""The theme in use, and the signal that it has changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.theme.tokens import DARK, Theme


class Notifier(QObject):
    """Tells that another theme is in use; the value is the `Theme`."""

    theme_changed = Signal(object)


notifier = Notifier()
_current: Theme = DARK


def current() -> Theme:
    """The theme in use."""
    return _current


def use(theme: Theme) -> None:
    """Make `theme` the one in use and tell everybody."""
    global _current
    _current = theme
    notifier.theme_changed.emit(theme)
