"""A text's words: what stands between spaces, and marks of punctuation by themselves.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import re


def words_in(text: str, lower: bool) -> list[str]:
    """The words and marks of a text; in small letters, if so asked."""
    return re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", text.lower() if lower else text)
