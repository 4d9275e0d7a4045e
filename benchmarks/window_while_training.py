"""How late a 10 ms timer of the window is while a network trains with its plots in view."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.ratio import Row
from benchmarks.training_step import window_run


def rows() -> list[Row]:
    """The 99th percentile and the worst, against a frame of a 60 Hz screen."""
    with tempfile.TemporaryDirectory() as name:
        seen = window_run("lenet5", 120, 80, Path(name))
    p99, worst = float(str(seen["p99"])), float(str(seen["max"]))
    frame = 1000 / 60
    return [
        Row("timer lateness while training, p99", p99, frame, "ms", "≤ 6 ms", p99 <= 6, "a frame"),
        Row(
            "timer lateness while training, worst",
            worst,
            frame,
            "ms",
            "≤ 16 ms",
            worst <= 16,
            "a frame",
        ),
    ]
