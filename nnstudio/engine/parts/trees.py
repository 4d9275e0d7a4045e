"""From trees in brackets to rows of nodes: words, places of the children, classes.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import torch

SPLIT = (0.6, 0.15, 0.25)
DATA_SEED = 0
NODES = 15
FEELINGS = "five"
VOCABULARY = 0
UNKNOWN = "[UNK]"
UNASKED = -100
HIGHEST = 4


class Tree(NamedTuple):
    """The nodes of a tree, children before parents, the root last; a leaf has -1 as children."""

    words: list[str]
    left: list[int]
    right: list[int]
    classes: list[int]


class Part(NamedTuple):
    """Some trees, each a row of nodes filled up with leaves that are not asked (trees, nodes)."""

    inputs: torch.Tensor
    """The word of each leaf by its number."""
    left: torch.Tensor
    right: torch.Tensor
    targets: torch.Tensor
    """The class of each node, -100 where none is asked."""
    root: torch.Tensor
    """The place of the root (trees,)."""


class Data(NamedTuple):
    """The training, validation and test part, and the words by their numbers."""

    train: Part
    validation: Part
    test: Part
    vocabulary: list[str]


def prepare(lines: list[str], device: torch.device) -> Data:
    """Three parts in random order; the words are those of the training part."""
    trees = [tree for tree in map(read, lines) if len(tree.words) <= NODES]
    generator = torch.Generator().manual_seed(DATA_SEED)
    order = torch.randperm(len(trees), generator=generator).numpy()
    ends = np.rint(np.cumsum(SPLIT[:2]) * len(trees)).astype(int)
    parts = [[trees[row] for row in rows] for rows in np.split(order, ends)]
    counts = Counter(word for tree in parts[0] for word in tree.words if word)
    most = max(0, VOCABULARY - 1) or None
    vocabulary = [UNKNOWN, *sorted(word for word, _ in counts.most_common(most))]
    numbers = {word: number for number, word in enumerate(vocabulary)}
    made = [rows_of(part, numbers) for part in parts]
    train, validation, test = (Part(*(rows.to(device) for rows in part)) for part in made)
    return Data(train, validation, test, vocabulary)


def read(line: str) -> Tree:
    """The tree of a line such as `(1 (2 not) (3 good))`; raises `ValueError` with the line."""
    tree = Tree([], [], [], [])
    open_nodes: list[tuple[int, list[int]]] = []
    marks = re.findall(r"\(\s*\d+|\)|[^\s()]+", line)
    for mark in marks:
        if mark.startswith("("):
            if int(mark[1:]) > HIGHEST:
                raise ValueError(
                    f"{line[:60]}: expected feelings from 0 to {HIGHEST}, got {mark[1:].strip()}."
                )
            open_nodes.append((int(mark[1:]), []))
        elif mark != ")":
            if not open_nodes or open_nodes[-1][1]:
                raise ValueError(f"{line[:60]}: expected a word or two trees in each bracket.")
            label, children = open_nodes[-1]
            children.append(-1)
            tree.words.append(mark)
            tree.left.append(-1)
            tree.right.append(-1)
            tree.classes.append(label)
        else:
            if not open_nodes:
                raise ValueError(f"{line[:60]}: expected an opening bracket for each closing one.")
            label, children = open_nodes.pop()
            if children != [-1]:
                if len(children) != 2:
                    raise ValueError(f"{line[:60]}: expected a word or two trees in each bracket.")
                tree.words.append("")
                tree.left.append(children[0])
                tree.right.append(children[1])
                tree.classes.append(label)
            if open_nodes:
                open_nodes[-1][1].append(len(tree.words) - 1)
    if open_nodes or not tree.words:
        raise ValueError(f"{line[:60]}: expected a closing bracket for each opening one.")
    return tree


def rows_of(trees: list[Tree], numbers: dict[str, int]) -> Part:
    """The trees as rows of the same length."""

    def filled(rows: list[list[int]], by: int) -> torch.Tensor:
        whole = [[*row, *[by] * (NODES - len(row))] for row in rows]
        return torch.tensor(whole, dtype=torch.int64).view(-1, NODES)

    return Part(
        filled([[numbers.get(word, 0) for word in tree.words] for tree in trees], 0),
        filled([tree.left for tree in trees], -1),
        filled([tree.right for tree in trees], -1),
        filled([[asked(label) for label in tree.classes] for tree in trees], UNASKED),
        torch.tensor([len(tree.words) - 1 for tree in trees], dtype=torch.int64),
    )


def asked(label: int) -> int:
    """The class that a node is asked for."""
    if FEELINGS == "two":
        return UNASKED if label == 2 else int(label > 2)
    return label
