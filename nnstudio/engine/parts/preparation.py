"""From examples to tensors: split, scaling fitted on the training part, targets for the loss.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from nnstudio.engine.data.csv import encode

SPLIT = (0.6, 0.15, 0.25)
STRATIFIED = True
DATA_SEED = 0
SCALE = "standard"
TARGET = "value"
LOSS = "cross_entropy"
RECIPE_NAME = "supervised"
CLASSES = 10
TABLE = False


class Part(NamedTuple):
    """Some rows of the data."""

    inputs: torch.Tensor
    targets: torch.Tensor


class Data(NamedTuple):
    """The training, validation and test part."""

    train: Part
    validation: Part
    test: Part
    if TARGET == "value":
        unit: torch.Tensor


def prepare(inputs: np.ndarray, targets: np.ndarray, device: torch.device) -> Data:
    """The examples in three parts, as tensors on the device."""
    parts = split(targets)
    if TABLE:
        inputs = encode(inputs, parts[0])
    if SCALE != "none":
        inputs, _ = scale(inputs, parts[0])
    if TARGET == "value":
        unit = np.ones(1)
        if SCALE != "none":
            targets, unit = scale(targets, parts[0])
        targets = targets.astype(np.float32)
    elif RECIPE_NAME == "perceptron" or LOSS == "bce_with_logits" or LOSS == "bce":
        targets = targets.astype(np.float32)[:, None]
    elif LOSS == "cross_entropy" or LOSS == "log_loss":
        targets = targets.astype(np.int64)
    else:
        targets = np.eye(CLASSES, dtype=np.float32)[targets]
    x = torch.from_numpy(inputs.astype(np.float32)).to(device)
    y = torch.from_numpy(targets).to(device)
    train, validation, test = (Part(x[rows], y[rows]) for rows in parts)
    if TARGET == "value":
        # A difference of 1 between scaled targets, in the unit of the data.
        return Data(train, validation, test, torch.from_numpy(unit.astype(np.float32)).to(device))
    return Data(train, validation, test)


def split(targets: np.ndarray) -> list[np.ndarray]:
    """Numbers of the rows of the training, validation and test part, in random order."""
    generator = torch.Generator().manual_seed(DATA_SEED)
    order = torch.randperm(len(targets), generator=generator).numpy()
    if STRATIFIED:
        # Spread every class evenly over the order, so that each part gets its share of it.
        place = np.empty(len(order))
        for label in np.unique(targets):
            rows = np.flatnonzero(targets[order] == label)
            place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
        order = order[np.argsort(place, kind="stable")]
    ends = np.rint(np.cumsum(SPLIT[:2]) * len(order)).astype(int)
    return np.split(order, ends)


def scale(values: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values at a common size, fitted on the given rows alone, and the former size of 1."""
    axes = (0, *range(2, values.ndim))
    fit = values[rows].astype(np.float64)
    if SCALE == "standard":
        shift = fit.mean(axes, keepdims=True)
        size = fit.std(axes, keepdims=True)
    else:
        shift = fit.min(axes, keepdims=True)
        size = fit.max(axes, keepdims=True) - shift
    size[size == 0] = 1  # a constant column stays one
    return (values - shift) / size, size.ravel()
