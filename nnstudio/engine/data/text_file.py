"""A text of the user's own, read by position so that it may be larger than memory.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nnstudio.engine.parts.own_file import fingerprint

SOURCE = {
    "title": "Text file",
    "doc": "A text of your own in UTF-8: the network learns to continue it.",
    "kind": "text",
    "group": "own",
    "form": "tokens",
    "dtype": "int",
    "target": "none",
    "shape": "(context,)",
    "outputs": "vocabulary",
    "rows": "rows",
    "classes": (),
    "columns": (),
    "kept": ("vocabulary", "rows"),
    "unset": ("what the file holds", "Choose it in the Data panel, where it is looked at."),
    "opens": "file",
    "endings": (".txt", ".md"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "tokenizer",
            "kind": "choice",
            "default": "character",
            "choices": ("character", "word", "byte_pair"),
            "doc": "what a token is: a character, a word, or bytes that often stand together",
        },
        {
            "name": "most",
            "kind": "int",
            "default": 1000,
            "low": 2,
            "high": 1000000,
            "unit": "tokens",
            "label": "largest vocabulary",
            "doc": "how many different tokens there may be; byte pairs need more than 256",
        },
        {
            "name": "context",
            "kind": "int",
            "default": 32,
            "low": 1,
            "high": 1000000,
            "unit": "tokens",
            "doc": "tokens that the network reads at once",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""


class FileText:
    """The bytes of a file by position."""

    def __init__(self, path: str) -> None:
        self.path = path
        with open(path, "rb") as file:
            # Some programs begin a file with a mark that is no part of the text.
            self.begin = 3 if file.read(3) == b"\xef\xbb\xbf" else 0
        self.size = Path(path).stat().st_size - self.begin

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, places: slice) -> bytes:
        first, last, _ = places.indices(self.size)
        with open(self.path, "rb") as file:
            file.seek(self.begin + first)
            return file.read(max(0, last - first))


def examples() -> tuple[FileText]:
    """The text, read where and when it is asked for."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    return (FileText(PATH),)
