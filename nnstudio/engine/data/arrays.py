"""NumPy arrays: inputs and targets in one .npz file, or a table of numbers in a .npy file.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import zipfile

import numpy as np

SOURCE = {
    "title": "NumPy arrays",
    "doc": "Inputs and targets in an .npz file, or rows of numbers in an .npy file, the last of "
    "each the target. Whole numbers are classes.",
    "kind": "arrays",
    "group": "own",
    "target": "kind",
    "shape": "shape",
    "outputs": "outputs",
    "rows": "rows",
    "classes": (),
    "columns": (),
    "kept": ("kind", "shape", "outputs", "rows"),
    "opens": "file",
    "endings": (".npz", ".npy"),
    "options": (
        {"name": "path", "kind": "text", "default": "", "label": "file", "doc": "the file"},
        {
            "name": "inputs",
            "kind": "text",
            "default": "x",
            "doc": "name of the array of inputs in an .npz file",
        },
        {
            "name": "targets",
            "kind": "text",
            "default": "y",
            "doc": "name of the array of targets in an .npz file",
        },
    ),
}

PATH = ""
INPUTS = "x"
TARGETS = "y"
KIND = "value"
MOST_BYTES = 4_000_000_000
LARGEST = 3.4028234663852886e38


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Inputs (rows, …), class numbers (rows,) or numbers (rows, targets)."""
    inputs, targets = arrays()
    for name, values in (("inputs", inputs), ("targets", targets)):
        finite = (np.abs(values) <= LARGEST).reshape(len(values), -1).all(1)
        if not finite.all():
            row = int(np.argmin(finite))
            where = f"{PATH}, row {row} of the {name}"
            raise ValueError(f"{where}: expected finite numbers below 3.4e38, got others.")
    if KIND == "class":
        return inputs, targets.astype(np.int64)
    return inputs, targets.reshape(len(targets), -1).astype(np.float64)


def arrays() -> tuple[np.ndarray, np.ndarray]:
    """Both arrays as the file holds them; an array of Python objects is never read."""
    try:
        if not zipfile.is_zipfile(PATH):
            with open(PATH, "rb") as file:
                if file.read(6) != b"\x93NUMPY":
                    raise ValueError(f"{PATH}: expected arrays of NumPy, got another kind of file.")
            table = np.load(PATH, mmap_mode="r", allow_pickle=False)
            if table.ndim != 2 or table.shape[1] < 2:
                shape = "×".join(map(str, table.shape))
                raise ValueError(f"{PATH}: expected rows of two numbers and more, got {shape}.")
            return np.array(table[:, :-1], np.float64), np.array(table[:, -1])
        with zipfile.ZipFile(PATH) as archive:
            if sum(one.file_size for one in archive.infolist()) > MOST_BYTES:
                raise ValueError(f"{PATH}: expected at most {MOST_BYTES:,} bytes, got more.")
        with np.load(PATH, allow_pickle=False) as file:
            for name in (INPUTS, TARGETS):
                if name not in file.files:
                    there = ", ".join(file.files[:8])
                    raise ValueError(f"{PATH}: expected an array {name!a}, got {there}.")
            inputs, targets = file[INPUTS], file[TARGETS]
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{PATH}: expected arrays of NumPy, got {error}.") from error
    for values in (inputs, targets):
        if values.dtype.kind not in "biuf":
            raise ValueError(f"{PATH}: expected numbers, got {values.dtype}.")
    if inputs.ndim < 2 or inputs.shape[:1] != targets.shape[:1]:
        shapes = f"{inputs.shape} and {targets.shape}"
        raise ValueError(f"{PATH}: expected as many targets as rows of inputs, got {shapes}.")
    if not len(inputs):
        raise ValueError(f"{PATH}: expected rows, got none.")
    return inputs.astype(np.float64), targets
