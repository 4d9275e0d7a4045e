"""What a run showed of itself over time, as one picture file: a row for each moment.

Reads the folder `seen` of a run, whose arrays may come from anywhere: nothing is unpickled, and
large files are passed over. matplotlib is imported to draw; no Qt.
"""

from __future__ import annotations

import io
import math
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.plotdata.picture import INK, MUTED, PAPER, TRAINING, NothingToDraw
from nnstudio.runs.layout import SEEN, RunError, is_folder, read_small

MOST_ROWS, MOST_COLUMNS = 6, 12
_LARGEST = 32 << 20
_NAME = re.compile(r"step-([0-9]{9,16})\.npy")


def looks(run: Path) -> list[tuple[int, NDArray[Any]]]:
    """Steps done and what was seen then, in order; what cannot be read is left out."""
    folder = run / SEEN
    if not is_folder(folder):
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if match := _NAME.fullmatch(path.name):
            try:
                array = _array(read_small(path, _LARGEST))
            except (OSError, ValueError, RunError):
                continue
            if array.ndim >= 2 and array.size:
                found.append((int(match[1]), array))
    return found


def _array(data: bytes) -> NDArray[Any]:
    """The numbers in the bytes of a file; raises `ValueError` for anything but those."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    body = data[file.tell() :]
    # The header says how large the array is; only what is there is believed.
    if dtype != np.float32 or is_fortran or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError("other numbers than the header says")
    return np.frombuffer(body, dtype).reshape(shape)


def steps_of(run: Path) -> list[int]:
    """The steps done at each moment that was kept, in order; nothing is read but names."""
    folder = run / SEEN
    if not is_folder(folder):
        return []
    return sorted(
        int(match[1]) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))
    )


def look_at(run: Path, step: int, most: int = 64) -> dict[str, Any]:
    """What was seen at a moment: `pictures` (size and bytes of greys or colours) or `points`."""
    try:
        array = _array(read_small(run / SEEN / f"step-{step:09d}.npy", _LARGEST))
    except (OSError, ValueError, RunError):
        return {}
    if array.ndim == 2 and array.shape[1] == 2:
        return {"points": array.astype(float).tolist()}
    return {"pictures": [_entry(one) for one in array[:most]]} if array.ndim >= 2 else {}


def _entry(one: NDArray[Any]) -> dict[str, Any]:
    """An example from its lowest value, which is black, to its highest, which is white."""
    low, high = float(np.nanmin(one)), float(np.nanmax(one))
    shares = np.nan_to_num((one - low) / max(high - low, 1e-9))
    is_coloured = one.ndim == 3 and len(one) == 3
    picture = shares.transpose(1, 2, 0) if is_coloured else _as_picture(shares)[..., None]
    size = list(picture.shape)
    data = (255 * np.clip(picture, 0, 1)).round().astype(np.uint8).tobytes()
    return {"size": size, "bytes": b64encode(data).decode("ascii")}


def draw_looks(run: Path, target: Path, title: str = "") -> None:
    """Write the picture: pictures side by side, or points. Raises `NothingToDraw`."""
    found = looks(run)
    if not found:
        raise NothingToDraw(
            "it shows nothing of itself over time (adversarial and variational learning show "
            "samples, contrastive divergence filters)"
        )
    rows = np.unique(np.linspace(0, len(found) - 1, MOST_ROWS).round().astype(int))
    chosen = [found[row] for row in rows]
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    flat = chosen[-1][1].ndim == 2
    columns = 1 if flat else min(MOST_COLUMNS, len(chosen[-1][1]))
    size = (4.2, 2.6 * len(chosen)) if flat else (0.6 * columns + 1.2, 0.62 * len(chosen) + 0.5)
    figure = Figure(figsize=size, dpi=150, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, color=INK, fontsize=9)
    panes = figure.subplots(len(chosen), columns, squeeze=False)
    for row, (step, array) in zip(panes, chosen, strict=True):
        for pane, one in zip(row, [array] if flat else array, strict=False):
            pane.set_xticks([])
            pane.set_yticks([])
            for side in pane.spines.values():
                side.set_visible(flat)
            if not flat:
                pane.imshow(_as_picture(one), cmap="gray", aspect="equal")
            elif array.shape[1] == 2:
                pane.scatter(*array.T, s=6, color=TRAINING)
            else:
                pane.imshow(array, cmap="gray", aspect="auto")
        row[0].set_ylabel(f"{step:,}", rotation=0, ha="right", va="center", color=MUTED, fontsize=7)
    figure.savefig(target, format=target.suffix[1:])


def _as_picture(one: NDArray[Any]) -> NDArray[Any]:
    """The rows and columns of one example: the first map of a picture, or numbers as one row."""
    while one.ndim > 2:
        one = one[0]
    return np.atleast_2d(one)
