"""A small text that comes with NN Studio: days at a lighthouse, written for this purpose.

This text becomes part of `train.py`; it knows nothing of NN Studio. The text lies beside the
script, in the folder `corpora`.
"""

from __future__ import annotations

from pathlib import Path

SOURCE = {
    "title": "Lighthouse tales",
    "doc": "A small English text written for NN Studio; the network learns to continue it.",
    "kind": "text",
    "group": "real",
    "form": "tokens",
    "dtype": "int",
    "target": "none",
    "shape": "(context,)",
    "outputs": "max(vocabulary, 256) if tokenizer == 'byte_pair' else vocabulary",
    "rows": "8410 // context",
    "classes": (),
    "columns": (),
    "shipped": ("corpora/lighthouse.txt",),
    "options": (
        {
            "name": "tokenizer",
            "kind": "choice",
            "default": "character",
            "choices": ("character", "word", "byte_pair"),
            "doc": "what a token is: a character, a word, or bytes that often stand together",
        },
        {
            "name": "vocabulary",
            "kind": "int",
            "default": 45,
            "low": 2,
            "high": 1000000,
            "unit": "tokens",
            "doc": "how many different tokens there may be: 45 are all characters, byte pairs need "
            "more than 256",
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

FOLDER = ""


def examples() -> tuple[bytes]:
    """The text in UTF-8."""
    folder = Path(FOLDER) if FOLDER else Path(__file__).parent
    return ((folder / "corpora" / "lighthouse.txt").read_bytes(),)
