"""Fingerprints of the user's files: what a script's data were when it was written.

Owns size and SHA-256, and what has none. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

NONE = (0, "")
"""The fingerprint of what cannot be read: a script with it asks for nothing."""


def fingerprint(path: str | os.PathLike[str]) -> tuple[int, str]:
    """Bytes and SHA-256 of a regular file; `NONE` where there is none that can be read."""
    try:
        handle = os.open(Path(path), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return NONE
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest
    except (OSError, ValueError):
        return NONE
