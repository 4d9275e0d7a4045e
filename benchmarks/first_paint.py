"""From the start of the process to the first painted window, against a bare Qt window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ratio import Row, median

ROUNDS = 9
OPEN = "from nnstudio.app.launch import main; main()"


def _bare() -> float:
    start = time.time()
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("bare_window.py"))],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[0]) - start


def _ours(folder: Path) -> float:
    times = folder / "times.jsonl"
    times.unlink(missing_ok=True)
    environment = {**os.environ, "NNSTUDIO_HOME": str(folder), "NNSTUDIO_TIMES": str(times)}
    start = time.time()
    process = subprocess.Popen([sys.executable, "-c", OPEN], env=environment)
    try:
        deadline = start + 60
        while time.time() < deadline and "usable" not in (
            times.read_text() if times.exists() else ""
        ):
            time.sleep(0.02)
        moments = [json.loads(line) for line in times.read_text().splitlines()]
    finally:
        process.terminate()
        process.wait(30)
    return next(m["time"] for m in moments if m["moment"] == "first paint") - start


def rows() -> list[Row]:
    """Medians over alternating starts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _ours(folder)
        _bare()
        pairs = [(_ours(folder), _bare()) for _ in range(ROUNDS)]
    ours = median([pair[0] for pair in pairs]) * 1e3
    bare = median([pair[1] for pair in pairs]) * 1e3
    return [
        Row("first painted window", ours, bare, "ms", "≤ 1.5 ×", ours <= 1.5 * bare, "bare Qt app")
    ]
