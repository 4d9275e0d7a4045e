"""One look for the whole window: colours, sizes, type as tokens, and what Qt needs of them."""

from nnstudio.theme.current import current, notifier, use
from nnstudio.theme.themes import DARK, HIGH_DARK, HIGH_LIGHT, LIGHT, THEMES
from nnstudio.theme.tokens import Theme

__all__ = [
    "DARK",
    "HIGH_DARK",
    "HIGH_LIGHT",
    "LIGHT",
    "THEMES",
    "Theme",
    "current",
    "notifier",
    "use",
]
