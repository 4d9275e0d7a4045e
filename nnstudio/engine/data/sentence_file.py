"""Sentences of the user's own, in stories or paragraphs with an empty line between them.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from nnstudio.engine.parts.own_file import fingerprint
from nnstudio.engine.parts.wording import words_in

SOURCE = {
    "title": "Sentence file",
    "doc": "A text of your own, an empty line between two paragraphs: words to be guessed, and "
    "whether one sentence follows another.",
    "kind": "text",
    "group": "own",
    "form": "sentence_pairs",
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
    "endings": (".txt", ".md"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "sentences",
            "kind": "choice",
            "default": "marks",
            "choices": ("marks", "lines"),
            "doc": "marks: a sentence ends with . ! or ?; lines: each line is one",
        },
        {
            "name": "lower",
            "kind": "bool",
            "default": True,
            "label": "small letters",
            "doc": "The is the same word as the",
        },
        {
            "name": "most",
            "kind": "int",
            "default": 5000,
            "low": 6,
            "high": 1000000,
            "unit": "tokens",
            "label": "largest vocabulary",
            "doc": "how many different words there may be; all others are one unknown word",
        },
        {
            "name": "length",
            "kind": "int",
            "default": 32,
            "low": 8,
            "high": 100000,
            "unit": "tokens",
            "doc": "words of two sentences with their marks; what is longer is cut",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""
SENTENCES = "marks"
LOWER = True
ENDS = r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’)])\s+(?=\W*[^\Wa-z])"
"""What ends a sentence; behind a quotation only where no small letter goes on with it."""
FEWEST = 10
"""Paragraphs below which a text counts as not divided, and is cut."""
IN_ONE = 8
"""Sentences of a paragraph that is cut so."""


def examples() -> tuple[list[list[str]]]:
    """The paragraphs, each a list of its sentences with a space between two words."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    text = Path(PATH).read_text(encoding="utf-8-sig")
    paragraphs = [sentences(one) for one in re.split(r"\n\s*\n", text) if one.strip()]
    if len(paragraphs) < FEWEST:
        whole = [sentence for paragraph in paragraphs for sentence in paragraph]
        paragraphs = [whole[start : start + IN_ONE] for start in range(0, len(whole), IN_ONE)]
    return (paragraphs,)


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph."""
    if SENTENCES == "lines":
        parts = paragraph.splitlines()
    if SENTENCES == "marks":
        parts = re.split(ENDS, paragraph)
    found = [" ".join(words_in(part, LOWER)) for part in parts]
    return [sentence for sentence in found if sentence]
