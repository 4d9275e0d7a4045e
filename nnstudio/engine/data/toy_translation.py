"""English and German sentences that come with NN Studio, made of few words.

This text becomes part of `train.py`; it knows nothing of NN Studio. The sentences lie beside the
script, in the folder `corpora`.
"""

from __future__ import annotations

from pathlib import Path

SOURCE = {
    "title": "Toy translation",
    "doc": "1,200 short English sentences and their German translations, written for NN Studio: "
    "articles and adjectives agree, and the verb goes to the end after 'weil'.",
    "kind": "text",
    "group": "real",
    "form": "translation",
    "dtype": "int",
    "target": "none",
    "shape": "(length,)",
    "outputs": "vocabulary",
    "rows": "1200",
    "classes": (),
    "columns": (),
    "shipped": ("corpora/translation.txt",),
    "options": (
        {
            "name": "vocabulary",
            "kind": "int",
            "default": 55,
            "low": 2,
            "high": 1000000,
            "unit": "tokens",
            "doc": "how many different words there may be; 55 are all of them",
        },
        {
            "name": "length",
            "kind": "int",
            "default": 16,
            "low": 4,
            "high": 10000,
            "unit": "tokens",
            "doc": "words of the longest sentence, its end included",
        },
    ),
}

FOLDER = ""


def examples() -> tuple[list[list[str]], list[list[str]]]:
    """The English and the German sentences as lists of words."""
    folder = Path(FOLDER) if FOLDER else Path(__file__).parent
    text = (folder / "corpora" / "translation.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return [row[0].split() for row in rows], [row[1].split() for row in rows]
