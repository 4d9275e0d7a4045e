"""One look for the whole window: colours, sizes and type as tokens, and what Qt needs made of them."""

from nnstudio.theme.tokens import DARK, LIGHT, Theme
from nnstudio.theme.current import current, notifier, use

__all__ = ["DARK", "LIGHT", "Theme", "current", "notifier", "use"]
