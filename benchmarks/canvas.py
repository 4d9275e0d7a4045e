"""The canvas at 100 to 10,000 nodes, against a naive and a tuned canvas of one item a node.

Every size runs in a process of its own, all three canvases in turn within it. Each frame is really
painted: a step of the gesture, then Qt's events until the viewport has had its paint event.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.ratio import Row, median

SIZES = (100, 1000, 5000, 10_000)
GOAL_SIZE = 5000
"""The size that the goals of a frame are set for; larger drawings are to stay usable."""
FRAME, DRAG, PAN = 8.3, 2.5, 4.0
EVEN = 1.5
"""A drag of a hundred nodes may cost so many times more in a large drawing than in a small one."""
OPEN_SECONDS, OPEN_MEGABYTES = 1.0, 80.0
AGAINST = {"tuned": "tuned, one item a node", "naive": "naive, one item a node"}


def rows() -> list[Row]:
    """Gestures at every size, then opening."""
    found: list[Row] = []
    drags: dict[int, float] = {}
    for size in SIZES:
        frames = _run("gestures", str(size))
        ours = {gesture: median(kinds["ours"]) for gesture, kinds in frames.items()}
        drags[size] = ours["drag"]
        found += _zoom(size, frames["zoom"], ours["zoom"])
        # A hundred nodes are seen near as a whole, and every one of them moves.
        limit = DRAG if size >= GOAL_SIZE else FRAME
        within = ours["drag"] <= limit
        found += _against("drag 100 of", size, frames["drag"], f"≤ {limit} ms", within)
        found += _against("pan at zoom 1,", size, frames["pan"], f"≤ {PAN} ms", ours["pan"] <= PAN)
    even = drags[GOAL_SIZE] <= EVEN * drags[100]
    area = f"drag 100 of {GOAL_SIZE:,} nodes against 100 of 100"
    found.append(
        Row(area, drags[GOAL_SIZE], drags[100], "ms", f"≤ {EVEN} ×", even, "drag 100 of 100")
    )
    return found + [row for size in SIZES for row in _open(size)]


def _zoom(size: int, kinds: dict[str, list[float]], ours: float) -> list[Row]:
    within = ours <= FRAME or size > GOAL_SIZE
    faster = median(kinds["tuned"]) >= 10 * ours or size < GOAL_SIZE
    goal = f"≤ {FRAME} ms" if size <= GOAL_SIZE else "usable"
    if size >= GOAL_SIZE:
        goal += ", ≥ 10 × faster"
    return _against("whole-graph zoom,", size, kinds, goal, within and faster)


def _against(
    gesture: str, size: int, kinds: dict[str, list[float]], goal: str, met: bool
) -> list[Row]:
    ours = kinds["ours"]
    area = f"{gesture} {size:,} nodes (p95 {_p95(ours):.1f} ms of {len(ours)} frames)"
    return [
        Row(area, median(ours), median(kinds[kind]), "ms", goal, met, words)
        for kind, words in AGAINST.items()
    ]


def _open(size: int) -> list[Row]:
    taken = {kind: _run("open", str(size), kind) for kind in ("ours", *AGAINST)}
    ours, found = taken["ours"], []
    seconds = ours["seconds"] <= OPEN_SECONDS or size > GOAL_SIZE
    memory = ours["megabytes"] <= OPEN_MEGABYTES or size > GOAL_SIZE
    timed = f"≤ {OPEN_SECONDS:g} s" if size <= GOAL_SIZE else "usable"
    held = f"≤ {OPEN_MEGABYTES:g} MB" if size <= GOAL_SIZE else "usable"
    for kind, words in AGAINST.items():
        area = f"open {size:,} nodes: file, model, checks, first frame"
        them = f"{words}, without checks"
        found.append(Row(area, ours["seconds"], taken[kind]["seconds"], "s", timed, seconds, them))
        area = f"open {size:,} nodes: memory of the canvas"
        theirs = taken[kind]["megabytes"]
        found.append(Row(area, ours["megabytes"], theirs, "MB", held, memory, words))
    return found


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _run(*arguments: str) -> Any:
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    command = [sys.executable, "-m", "benchmarks.canvas_run", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])
