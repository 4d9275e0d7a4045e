"""Pairs of texts of the user's own: what is given and what is wanted, such as translations.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import sys

from nnstudio.engine.parts.own_file import fingerprint
from nnstudio.engine.parts.wording import words_in

SOURCE = {
    "title": "Pair file",
    "doc": "Pairs of your own, two texts in a line with a tab between them: a sentence and its "
    "translation, a question and its answer. What stands behind a second tab is not read.",
    "kind": "text",
    "group": "own",
    "form": "translation",
    "dtype": "int",
    "target": "none",
    "shape": "(length,)",
    "outputs": "vocabulary",
    "rows": "rows",
    "classes": (),
    "columns": (),
    "kept": ("vocabulary", "rows"),
    "unset": ("what the file holds", "Choose it in the Data panel, where it is looked at."),
    "opens": "file",
    "endings": (".txt", ".tsv"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "lower",
            "kind": "bool",
            "default": False,
            "label": "small letters",
            "doc": "The is the same word as the",
        },
        {
            "name": "most",
            "kind": "int",
            "default": 5000,
            "low": 5,
            "high": 1000000,
            "unit": "tokens",
            "label": "largest vocabulary",
            "doc": "how many different words there may be in both texts; all others are one "
            "unknown word",
        },
        {
            "name": "length",
            "kind": "int",
            "default": 16,
            "low": 4,
            "high": 10000,
            "unit": "tokens",
            "doc": "words of the longest text, its end included; what is longer is cut",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""
LOWER = False


def examples() -> tuple[list[list[str]], list[list[str]]]:
    """The given and the wanted texts as lists of words."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    given, wanted = [], []
    with open(PATH, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            first, _, rest = line.partition("\t")
            pair = words_in(first, LOWER), words_in(rest.partition("\t")[0], LOWER)
            if not all(pair):
                raise ValueError(f"line {number}: expected two texts with a tab between them.")
            given.append(pair[0])
            wanted.append(pair[1])
    return given, wanted
