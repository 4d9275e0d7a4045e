"""Sets forecasts of memory against the most that real runs took: the table in `docs/forecast.md`.

    python scripts/forecasts.py

Each template is trained for an epoch on the CPU by a worker of its own, whose peak of resident
memory the system tells when it has ended. Works where there is `os.wait4` (Linux, macOS).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from nnstudio.runs.create import create_run
from nnstudio.runs.forecast import forecasts
from nnstudio.runs.launch import command, environment
from nnstudio.terminal.targets import load

CASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mlp", ()),
    ("lenet5", ("plan.batch_size=1000",)),
    ("resnet", ("plan.batch_size=1000",)),
    ("vgg", ("plan.batch_size=1200",)),
    ("densenet", ("plan.batch_size=1000",)),
    ("mobilenetv2", ("plan.batch_size=1000",)),
    ("unet", ("plan.batch_size=300",)),
    ("capsnet", ("plan.batch_size=1000",)),
    ("gan", ("plan.batch_size=1000",)),
    ("vae", ("plan.batch_size=1000",)),
    ("char-rnn", ("plan.batch_size=64", "units=512")),
    ("gpt2", ("plan.batch_size=64", "d_model=256", "layers=6")),
    ("llama", ("plan.batch_size=64", "d_model=256", "layers=6")),
    ("bert", ("plan.batch_size=256", "d_model=128")),
    ("transformer", ("plan.batch_size=1000", "d_model=128")),
    ("vit-b16", ("plan.batch_size=1000",)),
    ("deep-belief-net", ("plan.batch_size=1000",)),
)
"""Templates, and settings with which they need more than the program alone."""
_KILO = 1 if sys.platform == "darwin" else 1024
"""Bytes of the unit in which the system tells memory."""


def measured(target: str, settings: tuple[str, ...]) -> tuple[int, int]:
    """Bytes as they were forecast, and at most resident in a run of an epoch."""
    project = load(f"template:{target}", settings)
    told = max(one.need for one in forecasts(project))
    with tempfile.TemporaryDirectory() as folder:
        run = create_run(project, folder, device="cpu", threads=1, epochs=1)
        worker = subprocess.Popen(
            command("--run", str(run)), env=environment(), stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
        if worker.returncode:
            raise SystemExit(f"{target}: the run ended with {worker.returncode}: {_end(run)}")
    return told, usage.ru_maxrss * _KILO


def _end(run: Path) -> str:
    return (run / "events.jsonl").read_text(encoding="utf-8").splitlines()[-1][:400]


def main() -> None:
    """Print the table."""
    print("| template | settings | forecast | measured | forecast / measured |")
    print("|---|---|---:|---:|---:|")
    for target, settings in CASES:
        told, most = measured(target, settings)
        words = ", ".join(one.removeprefix("plan.") for one in settings)
        sizes = f"{told / 1e6:,.0f} MB | {most / 1e6:,.0f} MB | {told / most:.2f}"
        print(f"| {target} | {words} | {sizes} |", flush=True)


if __name__ == "__main__":
    main()
