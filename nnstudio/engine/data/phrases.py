"""A bank of sentiment phrases that comes with NN Studio: trees with a feeling at every node.

This text becomes part of `train.py`; it knows nothing of NN Studio. The trees lie beside the
script, in the folder `corpora`.
"""

from __future__ import annotations

from pathlib import Path

SOURCE = {
    "title": "Sentiment phrases",
    "doc": "400 short phrases as trees, written for NN Studio; at every node stands how the words "
    "below it sound, from awful to wonderful. Negations turn over what they stand before.",
    "kind": "text",
    "group": "real",
    "form": "trees",
    "dtype": "int",
    "target": "none",
    "shape": "(nodes,)",
    "outputs": "5 if feelings == 'five' else 2",
    "rows": "400",
    "classes": (),
    "columns": (),
    "shipped": ("corpora/phrases.txt",),
    "options": (
        {
            "name": "vocabulary",
            "kind": "int",
            "default": 30,
            "low": 2,
            "high": 1000000,
            "unit": "tokens",
            "doc": "how many different words there may be; 30 are all of them",
        },
        {
            "name": "feelings",
            "kind": "choice",
            "default": "five",
            "choices": ("five", "two"),
            "doc": "five: awful, bad, neutral, good, wonderful; two: bad and good, where neutral "
            "nodes are not asked",
        },
        {
            "name": "nodes",
            "kind": "int",
            "default": 15,
            "low": 1,
            "high": 10000,
            "doc": "nodes of the largest tree; larger ones are left out",
        },
    ),
}

FOLDER = ""


def examples() -> tuple[list[str]]:
    """The trees in brackets, such as `(1 (2 not) (3 good))`."""
    folder = Path(FOLDER) if FOLDER else Path(__file__).parent
    return ((folder / "corpora" / "phrases.txt").read_text(encoding="utf-8").splitlines(),)
