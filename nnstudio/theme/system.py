"""What the desktop asks for: dark or light, high contrast, less motion.

Qt tells the first always, contrast since 6.10, motion since 6.12; where it does not say, the answer
is no, and a setting decides.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication


def is_dark() -> bool:
    """Whether dark windows are asked for; dark where the desktop does not say."""
    return QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light


def wants_contrast() -> bool:
    """Whether high contrast is asked for."""
    hints = QGuiApplication.styleHints()  # kept: what it hands out ends with it
    return bool(hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast)


def wants_less_motion() -> bool:
    """Whether the desktop asks for less motion, as far as Qt knows."""
    if QGuiApplication.instance() is None:
        return False
    hints = QGuiApplication.styleHints()
    asked = getattr(hints.accessibility(), "motionPreference", None)
    return asked is not None and asked() != Qt.MotionPreference.NoPreference


def follow(changed: Callable[..., None]) -> None:
    """Call `changed`, a method of a QObject, whenever the desktop asks for something else."""
    hints = QGuiApplication.styleHints()
    hints.colorSchemeChanged.connect(changed)
    asked = hints.accessibility()
    asked.contrastPreferenceChanged.connect(changed)
    moved = getattr(asked, "motionPreferenceChanged", None)
    if moved is not None:
        moved.connect(changed)
