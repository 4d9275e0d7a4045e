"""From pairs of sentences to tokens: one table of words for both sides, ends marked, filled up.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch

SPLIT = (0.6, 0.15, 0.25)
DATA_SEED = 0
LENGTH = 10
VOCABULARY = 0
MARKS = ("[PAD]", "[UNK]", "[BEGIN]", "[END]")
PAD = 0
UNKNOWN = 1
BEGIN = 2
END = 3


class Part(NamedTuple):
    """Some sentences and their translations, each with its end, filled up with 0."""

    inputs: torch.Tensor
    targets: torch.Tensor


class Data(NamedTuple):
    """The training, validation and test part, and the words by their numbers."""

    train: Part
    validation: Part
    test: Part
    vocabulary: list[str]


def prepare(sources: list[list[str]], targets: list[list[str]], device: torch.device) -> Data:
    """Three parts in random order; a sentence that occurs twice is in one part only."""
    parts = split(sources)
    counts = Counter(word for row in parts[0] for word in (*sources[row], *targets[row]))
    most = max(0, VOCABULARY - len(MARKS)) or None
    vocabulary = [*MARKS, *sorted(word for word, _ in counts.most_common(most))]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    made = [
        Part(
            rows_of((sources[row] for row in rows), numbers).to(device),
            rows_of((targets[row] for row in rows), numbers).to(device),
        )
        for rows in parts
    ]
    train, validation, test = made
    return Data(train, validation, test, vocabulary)


def split(sources: list[list[str]]) -> list[list[int]]:
    """Numbers of the rows of the training, validation and test part."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for row, source in enumerate(sources):
        alike.setdefault(tuple(source), []).append(row)
    groups = list(alike.values())
    generator = torch.Generator().manual_seed(DATA_SEED)
    order = torch.randperm(len(groups), generator=generator).tolist()
    rows = [row for number in order for row in groups[number]]
    starts = np.cumsum([0, *(len(groups[number]) for number in order)])
    # A cut falls between two groups, at the nearest place.
    ends = [starts[np.abs(starts - share * len(rows)).argmin()] for share in np.cumsum(SPLIT[:2])]
    return [rows[: ends[0]], rows[ends[0] : ends[1]], rows[ends[1] :]]


def rows_of(sentences: Iterable[list[str]], numbers: dict[str, int]) -> torch.Tensor:
    """Tokens with the end behind them, cut and filled up to the length (sentences, length)."""
    rows = []
    for sentence in sentences:
        known = [numbers.get(word, UNKNOWN) for word in sentence[: LENGTH - 1]]
        rows.append([*known, END, *[PAD] * (LENGTH - 1 - len(known))])
    return torch.tensor(rows, dtype=torch.int64).view(-1, LENGTH)


def words_of(tokens: Iterable[int], vocabulary: list[str]) -> list[str]:
    """The words before the first end."""
    words: list[str] = []
    for token in tokens:
        if token == END:
            break
        if token != PAD:
            words.append(vocabulary[token])
    return words
