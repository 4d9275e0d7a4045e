"""From examples to tensors: split, scaling fitted on the training part, targets for the loss.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.preprocessing import PolynomialFeatures

from nnstudio.engine.parts.tables import FITS_TABLE, encode, fit_table

PREPARATION = {
    "settings": (
        {
            "name": "in_order",
            "kind": "bool",
            "default": False,
            "label": "parts in order",
            "doc": "the first rows are the training part, the last the test part, as they stand "
            "or as a column of times orders them",
        },
        {
            "name": "folds",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 100,
            "doc": "pieces of all rows but the test part, one of which validates; 0 is none",
        },
        {
            "name": "fold",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 100,
            "doc": "which of the folds validates",
        },
        {
            "name": "balanced",
            "kind": "bool",
            "default": False,
            "label": "balanced sampling",
            "doc": "rows of rare classes are drawn more often, so that every class (of "
            "several, every combination) comes up equally; in training alone",
        },
        {
            "name": "degree",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 6,
            "label": "polynomial degree",
            "doc": "products of up to so many features become features as well; 1 adds none",
        },
        {
            "name": "categories_as",
            "kind": "choice",
            "default": "one_hot",
            "choices": ("one_hot", "ordinal"),
            "label": "categories become",
            "doc": "one input for each category, or one number, the category's place in its list",
        },
        {
            "name": "rare",
            "kind": "int",
            "default": 0,
            "low": 0,
            "high": 1000000,
            "unit": "rows",
            "label": "rare below",
            "doc": "categories with fewer rows in the training part count as “other”, and so does "
            "what it never held; 0 keeps all apart",
        },
    ),
}

SPLIT = (0.6, 0.15, 0.25)
STRATIFIED = True
IN_ORDER = False
ROWS_BETWEEN = 0
STEPS = False
FOLDS = 0
FOLD = 1
DATA_SEED = 0
SCALE = "standard"
TARGET = "value"
LOSS = "cross_entropy"
READ_AS = "scores"
CLASSES = 10
CLASS_COLUMNS: list[int] = []
KEPT_COLUMNS: list[int] = []
"""Targets that are no measurements but numbers of classes, or counts: they are not scaled."""
PIXELS_FROM = 0
PLACED = False
TABLE = False
FITS = True
DEGREE = 1
BALANCED = False
GROUP = ""
WEIGHT = ""
PART = ""
PARTS = ("training", "validation", "test")


class Part(NamedTuple):
    """Some rows of the data."""

    inputs: torch.Tensor
    targets: torch.Tensor


class Data(NamedTuple):
    """The training, validation and test part."""

    train: Part
    validation: Part
    test: Part
    if FITS:
        fitted: dict[str, Any]
    if TARGET in ("value", "several"):
        unit: torch.Tensor
    if WEIGHT or BALANCED:
        chances: torch.Tensor


def prepare(inputs: np.ndarray, targets: np.ndarray, device: torch.device) -> Data:
    """The examples in three parts, as tensors on the device."""
    if PART:
        parts = [np.flatnonzero(inputs[PART] == name) for name in PARTS]
    elif GROUP:
        parts = grouped(inputs[GROUP].to_numpy())
    else:
        parts = split(targets)
    if BALANCED and TARGET == "several":
        chances = balanced(combined(targets[parts[0]]))
    elif BALANCED:
        chances = balanced(targets[parts[0]])
    if WEIGHT and BALANCED:
        chances = chances * inputs[WEIGHT].to_numpy(float)[parts[0]]
    elif WEIGHT:
        chances = inputs[WEIGHT].to_numpy(float)[parts[0]]
    if FITS:
        fitted: dict[str, Any] = {}
    if TABLE and FITS_TABLE:
        fitted |= fit_table(inputs.iloc[parts[0]])
    if TABLE:
        inputs = encode(inputs, fitted)
    if DEGREE > 1:
        inputs = products(inputs)
    if SCALE != "none" and STEPS:
        # Every step of a sequence alike.
        shift, size = fit_scale(inputs.swapaxes(1, -1)[parts[0]])
        fitted["shift"], fitted["size"] = shift.T, size.T
    elif SCALE != "none":
        fitted["shift"], fitted["size"] = fit_scale(inputs[parts[0]])
    if SCALE != "none":
        inputs = scaled(inputs, fitted)
    if TARGET in ("value", "several"):
        if SCALE != "none" and LOSS != "poisson":
            if PIXELS_FROM > 0:
                plain = targets[:, :PIXELS_FROM]  # behind them stand the pixels of a mask
                shift, unit = fit_scale(plain[parts[0]])
            else:
                shift, unit = fit_scale(targets[parts[0]])
            if KEPT_COLUMNS:
                shift[KEPT_COLUMNS], unit[KEPT_COLUMNS] = 0, 1  # classes and counts stay
            fitted["target_shift"], fitted["unit"] = shift, unit
            if PIXELS_FROM > 0:
                targets = np.concatenate([(plain - shift) / unit, targets[:, PIXELS_FROM:]], 1)
            else:
                targets = (targets - shift) / unit
        else:
            unit = np.ones(targets.shape[1:2] if TARGET == "several" else 1)
        targets = targets.astype(np.float32)
    elif TARGET == "labels":
        targets = targets.astype(np.float32)
    elif READ_AS == "fires" or LOSS in ("bce_with_logits", "bce", "hinge"):
        targets = targets.astype(np.float32)[:, None]
    elif LOSS in ("cross_entropy", "log_loss", "nll", "multi_margin"):
        targets = targets.astype(np.int64)
    else:
        targets = np.eye(CLASSES, dtype=np.float32)[targets]
        if PLACED:
            targets = np.moveaxis(targets, -1, 1)
    x = torch.from_numpy(inputs.astype(np.float32)).to(device)
    y = torch.from_numpy(targets).to(device)
    train, validation, test = (Part(x[rows], y[rows]) for rows in parts)
    if TARGET in ("value", "several"):
        # A difference of 1 between scaled targets, in the unit of the data.
        size = torch.from_numpy(unit.astype(np.float32)).to(device)
    if FITS and TARGET in ("value", "several") and (WEIGHT or BALANCED):
        return Data(train, validation, test, fitted, size, torch.from_numpy(chances))
    if FITS and TARGET in ("value", "several"):
        return Data(train, validation, test, fitted, size)
    if FITS and (WEIGHT or BALANCED):
        return Data(train, validation, test, fitted, torch.from_numpy(chances))
    if FITS:
        return Data(train, validation, test, fitted)
    if TARGET in ("value", "several") and (WEIGHT or BALANCED):
        return Data(train, validation, test, size, torch.from_numpy(chances))
    if TARGET in ("value", "several"):
        return Data(train, validation, test, size)
    if WEIGHT or BALANCED:
        return Data(train, validation, test, torch.from_numpy(chances))
    return Data(train, validation, test)


def split(targets: np.ndarray) -> list[np.ndarray]:
    """Numbers of the rows of the training, validation and test part."""
    if IN_ORDER:
        order = np.arange(len(targets))
    else:
        generator = torch.Generator().manual_seed(DATA_SEED)
        order = torch.randperm(len(targets), generator=generator).numpy()
    if STRATIFIED:
        # Spread every class evenly over the order, so that each part gets its share of it.
        place = np.empty(len(order))
        for label in np.unique(targets):
            rows = np.flatnonzero(targets[order] == label)
            place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
        order = order[np.argsort(place, kind="stable")]
    if FOLDS > 0:
        return folded(order)
    ends = np.rint(np.cumsum(SPLIT[:2]) * len(order)).astype(int)
    if ROWS_BETWEEN > 0:
        # What begins in one part and ends in the next belongs to neither.
        train, validation, test = np.split(order, ends)
        return [train, validation[ROWS_BETWEEN:], test[ROWS_BETWEEN:]]
    return np.split(order, ends)


def folded(order: np.ndarray) -> list[np.ndarray]:
    """The three parts, where one fold of all rows but the test part validates."""
    rest, test = np.split(order, [round((1 - SPLIT[2]) * len(order))])
    if IN_ORDER:
        # What comes before a fold trains for it, so the first piece validates nothing.
        pieces = np.array_split(rest, FOLDS + 1)
        return [np.concatenate(pieces[:FOLD]), pieces[FOLD], test]
    pieces = np.array_split(rest, FOLDS)
    return [np.concatenate([*pieces[: FOLD - 1], *pieces[FOLD:]]), pieces[FOLD - 1], test]


def grouped(groups: np.ndarray) -> list[np.ndarray]:
    """Numbers of the rows of the three parts, no group in two of them."""
    names, group = np.unique(groups, return_inverse=True)
    generator = torch.Generator().manual_seed(DATA_SEED)
    order = torch.randperm(len(names), generator=generator).numpy()
    sizes = np.bincount(group)[order]
    # Where the middle of each group lies, when they stand one behind another.
    middle = (np.cumsum(sizes) - sizes / 2) / len(group)
    part = np.empty(len(names), dtype=int)
    if FOLDS > 0:
        edges = np.linspace(0, 1 - SPLIT[2], FOLDS + 1)[1:]
        fold = np.searchsorted(edges, middle, side="right") + 1
        part[order] = np.where(fold > FOLDS, 2, fold == FOLD)
    else:
        part[order] = np.searchsorted(np.cumsum(SPLIT[:2]), middle, side="right")
    return [np.flatnonzero(part[group] == number) for number in range(3)]


def balanced(targets: np.ndarray) -> np.ndarray:
    """How often each row is to come up, so that every class comes up as often as any other."""
    counts = np.bincount(targets)
    return (len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1)))[targets]


def combined(targets: np.ndarray) -> np.ndarray:
    """The classes of each row as one: a number for each combination of them that there is."""
    return np.unique(targets[:, CLASS_COLUMNS], axis=0, return_inverse=True)[1].ravel()


def products(inputs: np.ndarray) -> np.ndarray:
    """The features, and behind them their products of up to `DEGREE` factors."""
    return PolynomialFeatures(DEGREE, include_bias=False).fit_transform(inputs)


def fit_scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is taken from values, and then divided by, to bring them to a common size."""
    axes = (0, *range(2, values.ndim))
    values = values.astype(np.float64)
    if SCALE == "standard":
        shift = values.mean(axes, keepdims=True)
        size = values.std(axes, keepdims=True)
    elif SCALE == "robust":
        low, shift, high = np.percentile(values, (25, 50, 75), axes, keepdims=True)
        size = high - low
    else:
        shift = values.min(axes, keepdims=True)
        size = values.max(axes, keepdims=True) - shift
    size[size == 0] = 1  # a constant column stays one
    return shift[0], size[0]


def scaled(inputs: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
    """The inputs at the size that was fitted."""
    return (inputs - fitted["shift"]) / fitted["size"]
