"""From stories to pairs of sentences: half of them follow one another, half are thrown together.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

SPLIT = (0.6, 0.15, 0.25)
DATA_SEED = 0
LENGTH = 32
VOCABULARY = 0
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
UNKNOWN = 1
BEGIN = 2
END = 3
MASK = 4


class Part(NamedTuple):
    """Some pairs of sentences."""

    inputs: torch.Tensor
    """The words of both with their marks (pairs, length), filled up with 0."""
    types: torch.Tensor
    """0 for the first sentence, 1 for the second (pairs, length)."""
    targets: torch.Tensor
    """1 where the second followed the first in its story, else 0 (pairs,)."""


class Data(NamedTuple):
    """The training, validation and test part, and the words by their numbers."""

    train: Part
    validation: Part
    test: Part
    vocabulary: list[str]


def prepare(stories: list[list[str]], device: torch.device) -> Data:
    """Whole stories in each part; the words are those of the training part."""
    ends = np.rint(np.cumsum(SPLIT[:2]) * len(stories)).astype(int)
    parts = [stories[: ends[0]], stories[ends[0] : ends[1]], stories[ends[1] :]]
    counts = Counter(word for story in parts[0] for sentence in story for word in sentence.split())
    most = max(0, VOCABULARY - len(MARKS)) or None
    vocabulary = [*MARKS, *sorted(word for word, _ in counts.most_common(most))]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    generator = torch.Generator().manual_seed(DATA_SEED)
    made = [pairs(part, numbers, generator) for part in parts]
    train, validation, test = (Part(*(rows.to(device) for rows in part)) for part in made)
    return Data(train, validation, test, vocabulary)


def pairs(stories: list[list[str]], numbers: dict[str, int], generator: torch.Generator) -> Part:
    """Each sentence with the one behind it, and with one of another story."""
    told = [
        [[numbers.get(word, UNKNOWN) for word in sentence.split()] for sentence in story]
        for story in stories
    ]
    inputs, types, follows = [], [], []
    for place, story in enumerate(told):
        for first, second in pairwise(story):
            other = int(torch.randint(max(1, len(told) - 1), (), generator=generator))
            strange = told[other + (other >= place)] if len(told) > 1 else story
            chosen = int(torch.randint(len(strange), (), generator=generator))
            for behind, follow in ((second, 1), (strange[chosen], 0)):
                words, sides = joined(first, behind)
                inputs.append(words)
                types.append(sides)
                follows.append(follow)
    shape = (-1, LENGTH)
    return Part(
        torch.tensor(inputs, dtype=torch.int64).view(shape),
        torch.tensor(types, dtype=torch.int64).view(shape),
        torch.tensor(follows, dtype=torch.int64),
    )


def joined(first: list[int], second: list[int]) -> tuple[list[int], list[int]]:
    """`[CLS] first [SEP] second [SEP]`, the longer cut until both fit, filled up with 0."""
    first, second = list(first), list(second)
    while len(first) + len(second) + 3 > LENGTH:
        (first if len(first) > len(second) else second).pop()
    words = [BEGIN, *first, END, *second, END]
    sides = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    rest = [0] * (LENGTH - len(words))
    return words + rest, sides + rest
