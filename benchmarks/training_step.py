"""A training step with all metrics live, against the usual hand loop; what the window costs.

Same networks, rows and batch, one thread, each in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.ratio import Row, best

ROUNDS = 3
CASES = (
    ("mlp", 32, "tiny MLP", 150, 0.85),
    ("mlp", 512, "middle-sized MLP", 60, 0.95),
    ("lenet5", 120, "LeNet-5 on 8×8", 40, 0.95),
)
"""Template, units of its hidden layers, title, epochs, goal."""
HERE = Path(__file__).parent


def _by_hand(name: str, hidden: int, epochs: int, batch: int) -> float:
    done = subprocess.run(
        [sys.executable, str(HERE / "hand_loop.py"), name, str(hidden), str(epochs), str(batch)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def step_seconds(run: Path) -> float:
    """Seconds of a step of a finished run but its first epoch, checkpoints included."""
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    first, last = epochs[0], epochs[-1]
    return float((last["t"] - first["t"]) / (last["step"] - first["step"]))


def _engine(name: str, hidden: int, epochs: int, folder: Path) -> float:
    from nnstudio.document.templates import assign, load_target
    from nnstudio.runs.create import create_run
    from nnstudio.runs.worker import start_training

    project = assign(load_target(f"template:{name}"), "hidden", hidden)
    run = create_run(project, folder, device="cpu", threads=1, epochs=epochs)
    process = start_training(run, detach=False)
    process.wait(600)
    return step_seconds(run)


def window_run(name: str, hidden: int, epochs: int, folder: Path) -> dict[str, object]:
    """Train in the real window with its plots in view; run directory and lateness of its timer."""
    done = subprocess.run(
        [sys.executable, str(HERE / "window_run.py"), name, str(hidden), str(epochs)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NNSTUDIO_HOME": str(folder)},
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _batch(name: str) -> int:
    from nnstudio.document.recipes import stage_settings
    from nnstudio.document.templates import load_target

    project = load_target(f"template:{name}")
    return int(stage_settings(project.plan.stages[0], project.variables)["batch_size"])


def rows() -> list[Row]:
    """Best of alternating rounds, since other load only ever adds."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for template, hidden, title, epochs, goal in CASES:
            batch = _batch(template)
            hand, alone, beside = [], [], []
            for _ in range(ROUNDS):
                hand.append(_by_hand(template, hidden, epochs, batch))
                alone.append(_engine(template, hidden, epochs, folder))
                seen = window_run(template, hidden, epochs * 2, folder)
                beside.append(step_seconds(Path(str(seen["run"]))))
            usual, ours, watched = best(hand) * 1e6, best(alone) * 1e6, best(beside) * 1e6
            found += [
                Row(
                    f"training step, {title}, no window",
                    ours,
                    usual,
                    "µs",
                    f"≤ {goal} ×",
                    ours <= goal * usual,
                    "usual hand loop",
                ),
                Row(
                    f"training step, {title}, window with plots",
                    watched,
                    usual,
                    "µs",
                    f"≤ {goal} ×",
                    watched <= goal * usual,
                    "usual hand loop",
                ),
                Row(
                    f"speed kept beside the window, {title}",
                    1e6 / watched,
                    1e6 / ours,
                    "steps/s",
                    "≥ 0.95 ×",
                    ours >= 0.95 * watched,
                    "without window",
                ),
            ]
    return found
