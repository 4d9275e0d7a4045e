"""Rows of symbols that are to become others: copied, reversed, added up, closed.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

SOURCE = {
    "title": "Sequence tasks",
    "doc": "Generated rows of symbols: copy them, reverse them, add two numbers digit by digit, or "
    "close what brackets are open.",
    "kind": "text",
    "group": "generated",
    "form": "translation",
    "dtype": "int",
    "target": "none",
    "shape": "(length,)",
    "outputs": "15 if task == 'addition' else 10 if task == 'brackets' else symbols + 4",
    "rows": "samples",
    "classes": (),
    "columns": (),
    "options": (
        {
            "name": "task",
            "kind": "choice",
            "default": "copy",
            "choices": ("copy", "reverse", "addition", "brackets"),
            "doc": "what is to be done with a row",
        },
        {
            "name": "samples",
            "kind": "int",
            "default": 4000,
            "low": 10,
            "high": 10000000,
            "unit": "rows",
            "doc": "how many rows are drawn",
        },
        {
            "name": "symbols",
            "kind": "int",
            "default": 10,
            "low": 2,
            "high": 26,
            "doc": "how many different symbols there are to copy or reverse",
        },
        {
            "name": "length",
            "kind": "int",
            "default": 10,
            "low": 4,
            "high": 10000,
            "unit": "tokens",
            "doc": "tokens of the longest row, its end included",
        },
    ),
}

TASK = "copy"
SAMPLES = 4000
SYMBOLS = 10
LENGTH = 10
DATA_SEED = 0
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def examples() -> tuple[list[list[str]], list[list[str]]]:
    """What is given and what it is to become, each a list of symbols."""
    random = np.random.default_rng(DATA_SEED)
    made = [example(random) for _ in range(SAMPLES)]
    return [list(given) for given, _ in made], [list(wanted) for _, wanted in made]


def example(random: np.random.Generator) -> tuple[str, str]:
    """One row and what it is to become."""
    if TASK == "addition":
        # The sum needs one digit more than the larger number, and the end its place.
        digits = max(1, (LENGTH - 2) // 2)
        one, other = (int(random.integers(10 ** random.integers(1, digits + 1))) for _ in "ab")
        return f"{one}+{other}", str(one + other)
    if TASK == "brackets":
        return opened(random)
    count = int(random.integers(1, LENGTH))
    given = "".join(LETTERS[number] for number in random.integers(0, SYMBOLS, count))
    if TASK == "reverse":
        return given, given[::-1]
    return given, given


def opened(random: np.random.Generator) -> tuple[str, str]:
    """Brackets of which some are still open, and those that close them, the last one first."""
    given, waiting = "", ""
    for _ in range(int(random.integers(1, LENGTH))):
        if waiting and random.random() < 0.4:
            given, waiting = given + waiting[0], waiting[1:]
        else:
            kind = int(random.integers(3))
            given, waiting = given + "([{"[kind], ")]}"[kind] + waiting
    return given, waiting
