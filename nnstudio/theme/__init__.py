"""One look for the whole window: colours, sizes, type as tokens, and what Qt needs of them."""

from nnstudio.theme.current import current, notifier, use
from nnstudio.theme.tokens import DARK, LIGHT, Theme

__all__ = ["DARK", "LIGHT", "Theme", "current", "notifier", "use"]
