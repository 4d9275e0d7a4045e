"""Trees of the user's own, one in a line, as in the Stanford sentiment treebank.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nnstudio.engine.parts.own_file import fingerprint

SOURCE = {
    "title": "Tree file",
    "doc": "Trees of your own, one in a line with a class at every node: (1 (2 not) (3 good)).",
    "kind": "text",
    "group": "own",
    "form": "trees",
    "dtype": "int",
    "target": "none",
    "shape": "(nodes,)",
    "outputs": "5 if feelings == 'five' else 2",
    "rows": "rows",
    "classes": (),
    "columns": (),
    "kept": ("vocabulary", "rows"),
    "unset": ("what the file holds", "Choose it in the Data panel, where it is looked at."),
    "opens": "file",
    "endings": (".txt",),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "feelings",
            "kind": "choice",
            "default": "five",
            "choices": ("five", "two"),
            "doc": "five: classes 0 to 4; two: 0 and 1 against 3 and 4, where 2 is not asked",
        },
        {
            "name": "nodes",
            "kind": "int",
            "default": 63,
            "low": 1,
            "high": 10000,
            "doc": "nodes of the largest tree; larger ones are left out",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""


def examples() -> tuple[list[str]]:
    """The lines of the file that hold something."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    lines = Path(PATH).read_text(encoding="utf-8-sig").splitlines()
    return ([line for line in lines if line.strip()],)
