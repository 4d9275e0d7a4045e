"""A table that need not fit into memory: packed on disk once, rows read when they are asked for.

This text becomes part of `train.py`; it knows nothing of NN Studio. In memory are the target of
each row and what is fitted on the training part; the features stay in a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import PolynomialFeatures

from nnstudio.engine.data.csv import pieces

PATH = ""
CACHE = ""
ROWS = 0
SPLIT = (0.6, 0.15, 0.25)
IN_ORDER = False
GROUP = ""
PART = ""
PARTS = ("training", "validation", "test")
DATA_SEED = 0
SCALE = "standard"
TARGET = "value"
LOSS = "cross_entropy"
READ_AS = "scores"
CLASSES = 10
KEPT_COLUMNS: list[int] = []
"""Targets that are no measurements but numbers of classes, or counts: they are not scaled."""
FEATURES: dict[str, list[str]] = {}
TARGETS: list[str] = []
CATEGORIES = True
CATEGORIES_AS = "one_hot"
MISSING = "refuse"
RARE = 0
DEGREE = 1
FORM: tuple[Any, ...] = ()
BLOCK = 4096
FILES = ("training.rows", "validation.rows", "test.rows")


def examples() -> tuple[Callable[[], Iterator[Any]]]:
    """What reads the table's rows, some at a time."""
    return (pieces,)


def packed(read: Callable[[], Iterator[Any]]) -> Path:
    """The folder with the packed rows of each part, made where it is not there yet."""
    state = os.stat(PATH)
    # Whatever changes the rows or their parts changes the name.
    said = (PATH, state.st_size, state.st_mtime_ns, FORM)
    name = hashlib.sha256(repr((*said, SPLIT, DATA_SEED, IN_ORDER)).encode()).hexdigest()[:16]
    folder = Path(CACHE or Path(__file__).with_name("packed")) / name
    if folder.exists():
        return folder
    made = folder.with_name(f"{name}.{os.getpid()}")
    made.mkdir(parents=True, exist_ok=True)
    try:
        pack(read, made)
        made.rename(folder)
    finally:
        # Left over where the disk is full, or where another process was faster.
        shutil.rmtree(made, ignore_errors=True)
    return folder


def pack(read: Callable[[], Iterator[Any]], folder: Path) -> None:
    """Write the rows of each part into a file of their own."""
    generator = torch.Generator().manual_seed(DATA_SEED)
    first = 0
    with ExitStack() as stack:
        files = [stack.enter_context(open(folder / name, "wb")) for name in FILES]
        for table, targets in read():
            rows = np.column_stack([as_numbers(table), targets]).astype(np.float64)
            of_row = part_of(table, first, generator)
            for number, file in enumerate(files):
                file.write(rows[of_row == number].tobytes())
            first += len(rows)
    about = json.dumps({"path": PATH, "rows": first})
    (folder / "about.json").write_text(about, encoding="utf-8")


def part_of(table: pd.DataFrame, first: int, generator: torch.Generator) -> np.ndarray:
    """The number of the part of each row; `first` rows came before these."""
    if PART:
        return pd.Index(PARTS).get_indexer(table[PART])
    if GROUP:
        # A number from 0 to 1 that follows from the group alone.
        place = pd.util.hash_array(table[GROUP].to_numpy(object)) / 2.0**64
    elif IN_ORDER:
        place = (first + np.arange(len(table)) + 0.5) / ROWS
    else:
        place = torch.rand(len(table), generator=generator, dtype=torch.float64).numpy()
    return np.searchsorted(np.cumsum(SPLIT[:2]), place, side="right")


def as_numbers(table: pd.DataFrame) -> np.ndarray:
    """Numbers as they are, categories as their places in the list, nan where a cell is empty."""
    found = []
    for name, categories in FEATURES.items():
        if categories:
            places = pd.Index(categories).get_indexer(table[name]).astype(float)
            places[table[name].isna()] = np.nan
            found.append(places)
        else:
            found.append(table[name].to_numpy(float))
    return np.stack(found, axis=1)


class Stored:
    """Rows of numbers in a file, read by their places."""

    def __init__(self, path: Path) -> None:
        self.width = len(FEATURES) + len(TARGETS)
        self.file = open(path, "rb", buffering=0)  # noqa: SIM115
        self.count = os.fstat(self.file.fileno()).st_size // (8 * self.width)

    def __len__(self) -> int:
        return self.count

    def between(self, first: int, last: int) -> np.ndarray:
        """The rows from `first` to before `last`."""
        self.file.seek(8 * self.width * first)
        values = bytearray(8 * self.width * (last - first))
        done = 0
        while done < len(values):
            done += self.file.readinto(memoryview(values)[done:])
        return np.frombuffer(values).reshape(-1, self.width)

    def at(self, places: list[int]) -> np.ndarray:
        """The rows at these places."""
        found = [self.between(place, place + 1) for place in places]
        return np.concatenate(found) if found else np.empty((0, self.width))

    def blocks(self) -> Iterator[np.ndarray]:
        """All rows, some at a time."""
        for first in range(0, self.count, BLOCK):
            yield self.between(first, min(self.count, first + BLOCK))

    def column(self, first: int) -> np.ndarray:
        """All rows, but only their columns from `first` on."""
        found = np.empty((self.count, self.width - first))
        for number, block in enumerate(self.blocks()):
            found[number * BLOCK : number * BLOCK + len(block)] = block[:, first:]
        return found


def fit(train: Stored) -> dict[str, Any]:
    """What turns rows into inputs, from the training part alone."""
    fitted: dict[str, Any] = {}
    if MISSING == "fill":
        fitted["usual"] = usual(train)
    if CATEGORIES and CATEGORIES_AS == "one_hot":
        counts = [np.zeros(len(categories)) for categories in FEATURES.values()]
        for block in train.blocks():
            for number, places in enumerate(filled(block, fitted).T[: len(FEATURES)]):
                there = places[places >= 0].astype(int)
                if len(counts[number]):
                    counts[number] += np.bincount(there, minlength=len(counts[number]))
        # What training never saw stays 0: no weight could have been learned for it.
        fitted["known"] = [count >= max(RARE, 1) for count in counts]
    if SCALE != "none":
        blocks = (encoded(block, fitted) for block in train.blocks())
        fitted["shift"], fitted["size"] = fit_scale(blocks)
    return fitted


def usual(train: Stored) -> np.ndarray:
    """The mean of each number and the most frequent place of each category."""
    sums, counts = np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
    words = [np.zeros(len(categories)) for categories in FEATURES.values()]
    for block in train.blocks():
        for number, column in enumerate(block.T[: len(FEATURES)]):
            there = column[~np.isnan(column)]
            sums[number] += there.sum()
            counts[number] += len(there)
            if len(words[number]):
                known = there[there >= 0].astype(int)
                words[number] += np.bincount(known, minlength=len(words[number]))
    found = sums / np.maximum(counts, 1)
    for number, count in enumerate(words):
        if len(count):
            found[number] = count.argmax()
    return found


def as_inputs(rows: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
    """The inputs of some rows (rows, inputs)."""
    if SCALE != "none":
        return ((encoded(rows, fitted) - fitted["shift"]) / fitted["size"]).astype(np.float32)
    return encoded(rows, fitted).astype(np.float32)


def encoded(rows: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
    """The features as numbers, before they are scaled."""
    inputs = filled(rows, fitted)[:, : len(FEATURES)]
    if CATEGORIES and CATEGORIES_AS == "one_hot":
        found = []
        for number, categories in enumerate(FEATURES.values()):
            places = inputs[:, number, None]
            if categories:
                one_each = places == np.arange(len(categories))
                found.append(one_each & np.asarray(fitted["known"][number]))
                if RARE > 0:
                    found.append(~found[-1].any(1, keepdims=True))
            else:
                found.append(places)
        inputs = np.concatenate(found, axis=1)
    if DEGREE > 1:
        inputs = PolynomialFeatures(DEGREE, include_bias=False).fit_transform(inputs)
    return inputs


def filled(rows: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
    """The rows with what is usual in the place of empty cells."""
    if MISSING == "fill":
        features = rows[:, : len(FEATURES)]
        return np.where(np.isnan(features), fitted["usual"], features)
    return rows


class Rows:
    """Inputs of a part, made when they are asked for: by places, or in blocks one after another."""

    def __init__(
        self, stored: Stored, fitted: dict[str, Any], first: int, last: int, device: torch.device
    ) -> None:
        self.stored, self.fitted = stored, fitted
        self.first, self.last, self.device = first, last, device

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, rows: torch.Tensor | slice) -> Any:
        """The inputs of these rows; of a slice again what is read when it is asked for."""
        if isinstance(rows, slice):
            first, last, _ = rows.indices(len(self))
            ends = (self.first + first, self.first + max(first, last))
            return Rows(self.stored, self.fitted, *ends, self.device)
        return self._inputs(self.stored.at((rows + self.first).tolist()))

    def split(self, size: int) -> Iterator[torch.Tensor]:
        """All inputs in their order, `size` rows at a time."""
        for first in range(self.first, self.last, size):
            yield self._inputs(self.stored.between(first, min(self.last, first + size)))

    def _inputs(self, rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(as_inputs(rows, self.fitted)).to(self.device)


class Part(NamedTuple):
    """Some rows of the data."""

    inputs: Rows
    targets: torch.Tensor


class Data(NamedTuple):
    """The training, validation and test part."""

    train: Part
    validation: Part
    test: Part
    fitted: dict[str, Any]
    if TARGET in ("value", "several"):
        unit: torch.Tensor


def prepare(read: Callable[[], Iterator[Any]], device: torch.device) -> Data:
    """The table in three parts, whose inputs are read from the disk batch by batch."""
    folder = packed(read)
    train, validation, test = (Stored(folder / name) for name in FILES)
    fitted = fit(train)
    if TARGET in ("value", "several"):
        if SCALE != "none" and LOSS != "poisson":
            shift, unit = fit_scale(block[:, len(FEATURES) :] for block in train.blocks())
            if KEPT_COLUMNS:
                shift[KEPT_COLUMNS], unit[KEPT_COLUMNS] = 0, 1  # classes and counts stay
            fitted["target_shift"], fitted["unit"] = shift, unit
        else:
            unit = np.ones(len(TARGETS))

    def part(stored: Stored) -> Part:
        targets = stored.column(len(FEATURES))
        if TARGET in ("value", "several"):
            if SCALE != "none" and LOSS != "poisson":
                targets = (targets - shift) / unit
            targets = targets.astype(np.float32)
        elif TARGET == "labels":
            targets = targets.astype(np.float32)
        elif READ_AS == "fires" or LOSS in ("bce_with_logits", "bce", "hinge"):
            targets = targets.astype(np.float32)[:, :1]
        elif LOSS in ("cross_entropy", "log_loss", "nll", "multi_margin"):
            targets = targets.astype(np.int64)[:, 0]
        else:
            targets = np.eye(CLASSES, dtype=np.float32)[targets.astype(np.int64)[:, 0]]
        return Part(
            Rows(stored, fitted, 0, len(stored), device), torch.from_numpy(targets).to(device)
        )

    if TARGET in ("value", "several"):
        # A difference of 1 between scaled targets, in the unit of the data.
        size = torch.from_numpy(unit.astype(np.float32)).to(device)
        return Data(part(train), part(validation), part(test), fitted, size)
    return Data(part(train), part(validation), part(test), fitted)


def fit_scale(blocks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Shift and size of each column, from blocks of rows that are seen once."""
    if SCALE == "standard":
        count, mean, squares = 0, 0.0, 0.0
        for block in blocks:
            # Two groups of rows together: Chan, Golub and LeVeque (1979).
            total = count + len(block)
            change = block.mean(0) - mean
            squares = squares + block.var(0) * len(block) + change**2 * count * len(block) / total
            mean = mean + change * len(block) / total
            count = total
        shift, size = mean, np.sqrt(squares / count)
    else:
        ends = [(block.min(0), block.max(0)) for block in blocks]
        shift = np.min([low for low, _ in ends], axis=0)
        size = np.max([high for _, high in ends], axis=0) - shift
    return shift, np.where(size == 0, 1, size)  # a constant column stays one
