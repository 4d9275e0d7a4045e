"""A table from a CSV file: one row an example, one column the target.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nnstudio.engine.parts.own_file import fingerprint
from nnstudio.engine.parts.tables import columns

SOURCE = {
    "title": "CSV file",
    "doc": "A table of your own: one row an example, one column the target.",
    "kind": "table",
    "group": "own",
    "target": "either",
    "shape": "(1,)",
    "outputs": "1",
    "rows": "0",
    "classes": (),
    "columns": (),
    "kept": ("columns", "rows", "size"),
    "opens": "file",
    "endings": (".csv", ".tsv", ".txt"),
    "takes": (".csv", ".tsv"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "separator",
            "kind": "text",
            "default": ",",
            "doc": "character between two cells",
        },
        {
            "name": "decimal",
            "kind": "choice",
            "default": ".",
            "choices": (".", ","),
            "label": "decimal mark",
            "doc": "character before the fraction of a number",
        },
        {
            "name": "thousands",
            "kind": "choice",
            "default": "none",
            "choices": ("none", ",", ".", "'", " "),
            "label": "thousands mark",
            "doc": "character between the thousands of a number, as in 1,000,000",
        },
        {
            "name": "signs",
            "kind": "bool",
            "default": False,
            "label": "signs at numbers",
            "doc": "read numbers without the sign before or behind them: $, €, £, ¥ or %",
        },
        {
            "name": "encoding",
            "kind": "choice",
            "default": "utf-8",
            "choices": ("utf-8", "utf-16", "cp1252"),
            "label": "characters",
            "doc": "how the file writes characters: utf-8 of today, cp1252 of older Windows",
        },
        {
            "name": "header",
            "kind": "bool",
            "default": True,
            "doc": "whether the first row holds the columns' names",
        },
        {
            "name": "blanks",
            "kind": "text",
            "default": "",
            "label": "words for empty",
            "doc": "words of this file that stand for an empty cell, as unknown; none, between "
            "semicolons",
        },
        {
            "name": "missing",
            "kind": "choice",
            "default": "refuse",
            "choices": ("refuse", "drop", "fill", "median"),
            "label": "empty cells",
            "doc": "refuse the file, drop such rows, or fill in mean or median, and for words the "
            "most frequent",
        },
        {
            "name": "streaming",
            "kind": "choice",
            "default": "auto",
            "choices": ("auto", "always", "never"),
            "label": "read in pieces",
            "doc": "keep the rows on the disk in place of the memory; auto does so for files "
            "of more than 200 MB",
        },
    ),
}

PATH = ""
FILE_SIZE = 0
FILE_SHA256 = ""
SEPARATOR = ","
ENCODING = "utf-8"
HEADER = True
PIECE = 10_000
EMPTY = ["", "?", "NA", "N/A", "NaN", "nan", "null"]


def examples() -> tuple[pd.DataFrame, np.ndarray]:
    """The features as a table, targets as class numbers (rows,) or numbers (rows, targets)."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    table = pd.read_csv(
        PATH,
        sep=SEPARATOR,
        header=0 if HEADER else None,
        dtype=str,
        keep_default_na=False,
        na_values=EMPTY,
        skipinitialspace=True,
        encoding=ENCODING,
    )
    if not HEADER:
        table.columns = [f"column{number + 1}" for number in table.columns]
    return columns(table)


def pieces() -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """The same, some rows at a time."""
    if FILE_SHA256 and fingerprint() != (FILE_SIZE, FILE_SHA256):
        print(f"warning: {PATH} is not as it was for this script", file=sys.stderr)
    tables = pd.read_csv(
        PATH,
        sep=SEPARATOR,
        header=0 if HEADER else None,
        dtype=str,
        keep_default_na=False,
        na_values=EMPTY,
        skipinitialspace=True,
        encoding=ENCODING,
        chunksize=PIECE,
    )
    for table in tables:
        if not HEADER:
            table.columns = [f"column{number + 1}" for number in table.columns]
        yield columns(table)
