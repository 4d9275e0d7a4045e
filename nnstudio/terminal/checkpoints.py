"""`checkpoints`: which states of itself a run has kept, how much it may keep, removing some."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.terminal import follow
from nnstudio.terminal.outcome import GOOD, WRONG_USE, Failure
from nnstudio.terminal.output import figure, say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.summary import memory
from nnstudio.terminal.targets import RUN_HELP, find_run

if TYPE_CHECKING:
    from nnstudio.runs.kept import Budget

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_MOST = 1_000_000


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "checkpoints",
        checkpoints,
        "list the states that a run has kept, thin them or remove one",
        "A run keeps its newest three, its best, and more of them the earlier they are, as the "
        "budget allows; `nnstudio fork RUN --at STEP` begins a new run from one. A budget also "
        "holds for what a run keeps from now on.",
        examples="  nnstudio checkpoints RUN\n"
        "  nnstudio checkpoints RUN --keep 8 --room 200MB\n"
        "  nnstudio checkpoints RUN --remove 4000",
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    add_budget(parser)
    parser.add_argument(
        "--remove",
        action="append",
        default=[],
        metavar="STEP",
        help="remove the one after so many steps; may be repeated",
    )
    parser.add_argument("--runs", metavar="FOLDER", help="where the run directory is")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def add_budget(parser: argparse.ArgumentParser) -> None:
    """The options that say how many checkpoints are kept."""
    parser.add_argument(
        "--keep",
        type=_count,
        metavar="N",
        help="checkpoints beside the best (default: 20, unless the settings say otherwise)",
    )
    parser.add_argument(
        "--room",
        type=_bytes,
        metavar="SIZE",
        help="their size in all, such as 200MB (default: 1GB, unless the settings say otherwise)",
    )


def set_asked(run: Path, arguments: argparse.Namespace) -> bool:
    """Write what `--keep` and `--room` ask for into the run; False where they ask for nothing."""
    from nnstudio.runs.kept import Budget, budget_of, set_budget

    if arguments.keep is None and arguments.room is None:
        return False
    now = budget_of(run)
    count = now.count if arguments.keep is None else arguments.keep
    set_budget(run, Budget(count, now.room if arguments.room is None else arguments.room))
    return True


def checkpoints(arguments: argparse.Namespace) -> int:
    """`nnstudio checkpoints`"""
    from nnstudio.runs.kept import budget_of, kept_of, remove, thin
    from nnstudio.runs.layout import CHECKPOINTS, RunError

    run = find_run(arguments.run, arguments.runs)
    for name in arguments.remove:
        try:
            remove(run, name)
        except RunError as error:
            raise Failure(WRONG_USE, str(error)) from None
    budget = budget_of(run)
    if set_asked(run, arguments):
        budget = budget_of(run)
        thin(run / CHECKPOINTS, budget)
    found = kept_of(run)
    losses = _losses(run)
    if arguments.json:
        rows = [
            {"name": one.name, "step": one.step, "size": one.size, "loss": losses.get(one.step)}
            for one in found
        ]
        say_json({"run": str(run), "keep": budget.count, "room": budget.room, "checkpoints": rows})
        return GOOD
    if not found:
        say(f"{run.name} has kept none yet. It keeps {_words(budget)}.")
        return GOOD
    table(
        ("CHECKPOINT", "STEPS DONE", "TRAINING LOSS", "SIZE"),
        [
            (one.name, f"{one.step:,}", figure(losses.get(one.step)), memory(one.size))
            for one in found
        ],
    )
    say(f"{memory(sum(one.size for one in found))} in all; the run keeps {_words(budget)}.")
    step = next((str(one.step) for one in found if not one.best), "best")
    say(f"next: nnstudio fork {follow.name_of(run)} --at {step}")
    return GOOD


def _losses(run: Path) -> Mapping[int, float]:
    """The training loss of the last step before so many were done."""
    from nnstudio.runs.reader import RunReader

    reader = RunReader(run)
    reader.poll()
    steps, values = reader.series("train_loss")
    reader.close()
    return dict(zip((steps + 1).tolist(), values.tolist(), strict=True))


def _words(budget: Budget) -> str:
    return f"{budget.count} of at most {memory(budget.room)} and the best"


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() and len(text) < 9 else 0
    if not 1 <= value <= _MOST:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 up, got {text!r}")
    return value


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([kMGT]?B?)", text, re.IGNORECASE)
    unit = match[2].upper() if match else ""
    unit = unit if not unit or unit.endswith("B") else f"{unit}B"
    if match is None or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"expected a size such as 200MB or 1GB, got {text!r}")
    return round(float(match[1]) * _UNITS[unit])
