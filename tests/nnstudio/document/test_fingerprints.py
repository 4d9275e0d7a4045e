"""Fingerprints of files: what they are, and what has none."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from nnstudio.document.fingerprints import NONE, fingerprint


def test_size_and_digest_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "größe.csv"
    data = bytes(range(256)) * 5000
    path.write_bytes(data)
    assert fingerprint(path) == (len(data), hashlib.sha256(data).hexdigest())
    path.write_bytes(b"")
    assert fingerprint(path) == (0, hashlib.sha256(b"").hexdigest())


def test_what_is_no_file_has_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "pipe", "/dev/zero", "a\0b"):
        assert fingerprint(path) == NONE
