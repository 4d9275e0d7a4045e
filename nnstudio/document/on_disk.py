"""What a file looked like when we last read or wrote it, to tell of a change behind our back."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


class ChangedOnDisk(Exception):
    """A project's file is another one than it was; saving would undo what somebody else saved."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path.name} was changed by another program since it was opened. "
            "Open it again, save under another name, or overwrite it."
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's content, by hash; time and size only tell whether hashing is worth the while."""

    digest: str
    modified: int
    size: int

    @classmethod
    def of(cls, path: Path, last: Fingerprint | None = None) -> Fingerprint | None:
        """What lies at `path` now: `last` itself if nothing has changed, None if unreadable."""
        try:
            status = os.stat(path)
            if last and (last.modified, last.size) == (status.st_mtime_ns, status.st_size):
                return last
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None
        if last and last.digest == digest:
            return last
        return cls(digest, status.st_mtime_ns, status.st_size)
