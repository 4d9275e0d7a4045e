"""The answers of a trained network for new examples: read, prepared as in training, written.

This text becomes `predict.py`, put together with the parts that prepared the examples for training;
it knows nothing of NN Studio.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from nnstudio.engine.data.parquet import parquet_rows
from nnstudio.engine.data.wav_folder import HEAR, LENGTH, RATE, heard, sounds
from nnstudio.engine.parts.pictures import picture, pictures
from nnstudio.engine.parts.preparation import products, scaled
from nnstudio.engine.parts.spectrogram import spectrogram
from nnstudio.engine.parts.streaming import as_inputs, as_numbers
from nnstudio.engine.parts.tables import encode, features

INPUT = "rows"
PARQUET = False
STREAMED = False
FITS = True
TABLE = True
MISSING = "refuse"
DEGREE = 1
SCALE = "standard"
TARGET = "class"
LOSS = "cross_entropy"
READ_AS = "scores"
TARGETS: list[str] = []
NAMES: list[str] = []
ANSWERS: dict[str, list[str]] = {}
KINDS: dict[str, list[str]] = {}
OUTPUTS: dict[str, tuple[list[int], str, float]] = {}
LOSSES = ("cross_entropy", "mse")
READ: dict[str, str] = {}
READINGS = ("largest", "number")
ALONE = False
MASKED = False
SEPARATOR = ","
DECIMAL = "."
ENCODING = "utf-8"
HEADER = True
EMPTY = ["", "?", "NA", "N/A", "NaN", "nan", "null"]
PIECE = 10_000
SIZE = 28
BATCH = 1024


def run(network: nn.Module, options: argparse.Namespace) -> None:
    """Write the examples with a column for every answer; the file is there when it is whole."""
    weights = torch.load(options.weights, map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    network.eval()
    if FITS:
        with open(options.fitted, encoding="utf-8") as file:
            fitted = json.load(file)
    else:
        fitted = {}
    unfinished = f"{options.output}.part"
    with open(unfinished, "w", newline="", encoding=ENCODING) as file:
        for number, (table, given) in enumerate(pieces(options.input)):
            answers = answered(network, given, fitted)
            table = table.drop(columns=answers.columns, errors="ignore")
            whole = pd.concat([table, answers], axis=1)
            whole.to_csv(file, sep=SEPARATOR, decimal=DECIMAL, header=number == 0, index=False)
    os.replace(unfinished, options.output)


def pieces(path: str) -> Iterator[tuple[pd.DataFrame, Any]]:
    """Some examples at a time: what stands before the answers, and what the network is given."""
    if PARQUET and path.endswith((".parquet", ".pq")):
        for table in parquet_rows(path):
            yield table, table.mask(table.isin(EMPTY))
    elif INPUT == "rows":
        tables = pd.read_csv(
            path,
            sep=SEPARATOR,
            header=0 if HEADER else None,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            encoding=ENCODING,
            chunksize=PIECE,
        )
        for table in tables:
            if not HEADER:
                table.columns = [f"column{number + 1}" for number in table.columns]
            yield table, table.mask(table.isin(EMPTY))
    elif INPUT == "arrays":
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        for first in range(0, len(values), PIECE):
            piece = values[first : first + PIECE]
            yield pd.DataFrame({"row": np.arange(len(piece)) + first + 1}), np.array(piece)
    else:
        if INPUT == "pictures":
            files = pictures(Path(path)) if os.path.isdir(path) else [Path(path)]
        else:
            files = sounds(Path(path)) if os.path.isdir(path) else [Path(path)]
        for first in range(0, len(files), PIECE):
            piece = files[first : first + PIECE]
            yield pd.DataFrame({"file": [file.name for file in piece]}), read(piece)


def read(files: list[Path]) -> np.ndarray:
    """The examples in some files."""
    if INPUT == "pictures":
        return np.stack([picture(file, SIZE) for file in files])
    waves = np.stack([heard(file, RATE, RATE * LENGTH // 1000) for file in files])[:, None]
    if HEAR == "spectrogram":
        return spectrogram(waves, 256)
    return waves


@torch.no_grad()
def answered(network: nn.Module, given: Any, fitted: dict[str, Any]) -> pd.DataFrame:
    """What the network says of some examples, a column for every answer."""
    if INPUT == "rows":
        given = features(given)
        if MISSING == "refuse" and given.isna().any(axis=None):
            raise ValueError("Some cells are empty.")
        if MISSING == "drop":
            given = given.dropna()  # a row with an empty cell gets no answer
    inputs = inputs_of(given, fitted)
    if READ_AS == "lengths":
        targets = torch.zeros(len(inputs), dtype=torch.int64)
        scores = [
            network(image=part, target=of_part)[0]
            for part, of_part in zip(inputs.split(BATCH), targets.split(BATCH), strict=True)
        ]
    else:
        scores = [network(part) for part in inputs.split(BATCH)]
    if READ_AS == "several":
        told: dict[str, Any] = {}
        for number, (output, (places, loss, _)) in enumerate(OUTPUTS.items()):
            own = scores if ALONE else [one[number] for one in scores]
            told |= columns_at(output, places, loss, torch.cat(own), fitted)
    else:
        told = columns_of(torch.cat(scores), fitted)
    if INPUT == "rows":
        return pd.DataFrame(told, index=given.index)
    return pd.DataFrame(told)


def inputs_of(given: Any, fitted: dict[str, Any]) -> torch.Tensor:
    """The examples as the network takes them."""
    if STREAMED:
        return torch.from_numpy(as_inputs(as_numbers(given), fitted))
    if TABLE:
        given = encode(given, fitted)
    elif INPUT == "rows":
        given = given.to_numpy(np.float64)
    if DEGREE > 1:
        given = products(given)
    if SCALE != "none":
        given = scaled(given, fitted)
    return torch.from_numpy(given.astype(np.float32))


def columns_of(scores: torch.Tensor, fitted: dict[str, Any]) -> dict[str, Any]:
    """The answers by the names of their columns."""
    told: dict[str, Any] = {}
    if TARGET == "class":
        places = classes(scores)
        told[f"predicted {TARGETS[0]}"] = [NAMES[place] for place in places.tolist()]
        if LOSS in ("cross_entropy", "nll", "kl", "log_loss", "bce_with_logits", "bce"):
            for name, share in zip(NAMES, probabilities(scores).T.tolist(), strict=True):
                told[f"probability of {name}"] = share
    elif TARGET == "labels":
        if LOSS in ("bce_with_logits", "hinge"):
            places = (scores > 0).long()
        else:
            places = (scores > 0.5).long()
        for number, (name, (no, yes)) in enumerate(ANSWERS.items()):
            told[f"predicted {name}"] = [yes if one else no for one in places[:, number].tolist()]
            if LOSS == "bce_with_logits":
                told[f"probability of {name} = {yes}"] = scores[:, number].sigmoid().tolist()
            elif LOSS == "bce":
                told[f"probability of {name} = {yes}"] = scores[:, number].tolist()
    else:
        values = scores.double().numpy()
        if LOSS == "gaussian_nll":
            values, logs = np.split(values, 2, axis=1)
            spread = np.exp(logs / 2)
        if LOSS == "poisson":
            values = np.exp(values)
        elif SCALE != "none":
            values = values * fitted["unit"] + fitted["target_shift"]
            if LOSS == "gaussian_nll":
                spread = spread * fitted["unit"]
        for number, name in enumerate(TARGETS):
            told[f"predicted {name}"] = values[:, number]
            if LOSS == "gaussian_nll":
                told[f"standard deviation of {name}"] = spread[:, number]
    return told


def columns_at(
    output: str, places: list[int], loss: str, scores: torch.Tensor, fitted: dict[str, Any]
) -> dict[str, Any]:
    """The answers of one output; `places` are those of its targets, none where it has all."""
    told: dict[str, Any] = {}
    for number, place in enumerate(places or range(len(TARGETS))):
        name = TARGETS[place]
        shared = sum(place in (at or [place]) for at, _, _ in OUTPUTS.values()) > 1
        title = f"{name} at {output}" if shared or not places else name
        words = KINDS.get(name) or ANSWERS.get(name) or NAMES
        if MASKED and scores.dim() == 4:
            shares = shares_of_pixels(scores)
            told[f"predicted {title}"] = [seen(share, words) for share in shares]
            for word, share in zip(words, shares.T.tolist(), strict=True):
                told[f"share of {title} = {word}"] = share
        elif "largest" in READINGS and READ[output] == "largest":
            told[f"predicted {title}"] = [words[one] for one in scores.argmax(1).tolist()]
            if loss in ("cross_entropy", "log_loss", "nll", "kl"):
                for word, share in zip(words, shares_at(loss, scores).T.tolist(), strict=True):
                    told[f"probability of {title} = {word}"] = share
        elif "number" in READINGS and READ[output] == "number":
            values = scores[:, number].double().numpy()
            if "poisson" in LOSSES and loss == "poisson":
                values = np.exp(values)
            elif SCALE != "none":
                values = values * fitted["unit"][place] + fitted["target_shift"][place]
            told[f"predicted {title}"] = values
            if "gaussian_nll" in LOSSES and loss == "gaussian_nll":
                spread = np.exp(scores.chunk(2, 1)[1][:, number].double().numpy() / 2)
                if SCALE != "none":
                    spread = spread * fitted["unit"][place]
                told[f"standard deviation of {title}"] = spread
        elif "sign" in READINGS or "half" in READINGS:
            share = scores[:, number].double()
            if "bce_with_logits" in LOSSES and loss == "bce_with_logits":
                share = share.sigmoid()
            least = 0 if "hinge" in LOSSES and loss == "hinge" else 0.5
            told[f"predicted {title}"] = [words[one > least] for one in share.tolist()]
            if loss in ("bce_with_logits", "bce"):
                told[f"probability of {title} = {words[1]}"] = share.tolist()
    return told


def shares_at(loss: str, scores: torch.Tensor) -> torch.Tensor:
    """The probability of each class, as the loss has them, at an output."""
    if "cross_entropy" in LOSSES and loss == "cross_entropy":
        return scores.double().softmax(1)
    if loss in ("nll", "kl"):
        return scores.double().exp()
    return scores.double()


def shares_of_pixels(scores: torch.Tensor) -> np.ndarray:
    """The share of each class in masks, from the scores (rows, classes, height, width)."""
    count = scores.shape[1]
    pixels = scores.argmax(1).flatten(1)
    return np.stack([np.bincount(one, minlength=count) / len(one) for one in pixels.numpy()])


def seen(shares: np.ndarray, words: list[str]) -> str:
    """The classes in a mask, the largest first; the background only where there is nothing else."""
    found = [words[one] for one in np.argsort(-shares, kind="stable") if one and shares[one] > 0]
    return ", ".join(found) or words[0]


def classes(scores: torch.Tensor) -> torch.Tensor:
    """The number of the class of each row."""
    if LOSS in ("bce_with_logits", "hinge"):
        return (scores[:, 0] > 0).long()
    if LOSS == "bce" or READ_AS == "fires":
        return (scores[:, 0] > 0.5).long()
    return scores.argmax(1)


def probabilities(scores: torch.Tensor) -> torch.Tensor:
    """The probability of each class in each row."""
    if LOSS == "cross_entropy":
        return scores.double().softmax(1)
    if LOSS in ("nll", "kl"):
        return scores.double().exp()
    if LOSS == "bce_with_logits":
        scores = scores.double().sigmoid()
    if LOSS in ("bce_with_logits", "bce"):
        return torch.cat([1 - scores, scores], 1)
    return scores
