"""What a training can show of itself over time: samples of a generator, filters of a machine.

Owns the folder `seen` of a run: an array for each of a few dozen moments, dense at the beginning.
Looking costs at most a fiftieth of the time and changes nothing in the training.
"""

from __future__ import annotations

import math
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nnstudio.runs.layout import SEEN, folder_inside

SHARE = 0.02
"""Part of the time that looking may take."""
MOST = 24
"""Moments that are kept."""
LARGEST = 4_000_000
"""Numbers in one look; what is larger is not kept."""
_NAME = re.compile(r"step-([0-9]{9,16})\.npy")


class Seen:
    """Looks at `recipe` now and then and keeps what it shows below the run's folder."""

    def __init__(self, path: Path, recipe: Any) -> None:
        self.path, self.recipe = path, recipe
        self._due = 0.0

    def maybe_look(self, step: int) -> None:
        """Keep what can be seen after `step` steps, unless the last look was just now."""
        begin = time.perf_counter()
        if begin >= self._due:
            self.look(step)
            now = time.perf_counter()
            self._due = now + (now - begin) / SHARE

    def look(self, step: int) -> None:
        """Keep what can be seen after `step` steps."""
        running = getattr(self.recipe, "running", self.recipe)  # the stage that is at work
        show = getattr(running, "samples", None) or getattr(running, "filters", None)
        if show is None:
            return
        devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
        with torch.random.fork_rng(devices):
            array = show().detach().to("cpu", torch.float32).numpy()
        if array.size > LARGEST:
            return
        folder = folder_inside(self.path / SEEN)
        target = folder / f"step-{step:09d}.npy"
        written = folder / f".{os.getpid()}.npy"
        np.save(written, array, allow_pickle=False)
        written.replace(target)
        _thin(folder)


def _thin(folder: Path) -> None:
    """Remove the moment whose neighbours are closest, counted in doublings, until few are left."""
    steps = sorted(int(m[1]) for name in os.listdir(folder) if (m := _NAME.fullmatch(name)))
    while len(steps) > MOST:
        between = [
            math.log((steps[i + 1] + 1) / (steps[i - 1] + 1)) for i in range(1, len(steps) - 1)
        ]
        gone = steps.pop(1 + between.index(min(between)))
        (folder / f"step-{gone:09d}.npy").unlink()
