"""Little stories of five sentences each that come with NN Studio.

This text becomes part of `train.py`; it knows nothing of NN Studio. The stories lie beside the
script, in the folder `corpora`.
"""

from __future__ import annotations

from pathlib import Path

SOURCE = {
    "title": "Little stories",
    "doc": "240 stories of five sentences, written for NN Studio: words to be guessed, and whether "
    "one sentence follows another.",
    "kind": "text",
    "group": "real",
    "form": "sentence_pairs",
    "dtype": "int",
    "target": "none",
    "shape": "(length,)",
    "outputs": "vocabulary",
    "rows": "1920",
    "classes": (),
    "columns": (),
    "shipped": ("corpora/stories.txt",),
    "options": (
        {
            "name": "vocabulary",
            "kind": "int",
            "default": 80,
            "low": 2,
            "high": 1000000,
            "unit": "tokens",
            "doc": "how many different words there may be; 80 are all of them",
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

FOLDER = ""


def examples() -> tuple[list[list[str]]]:
    """The stories, each a list of its sentences."""
    folder = Path(FOLDER) if FOLDER else Path(__file__).parent
    text = (folder / "corpora" / "stories.txt").read_text(encoding="utf-8")
    return ([story.splitlines() for story in text.split("\n\n")],)
