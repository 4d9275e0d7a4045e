"""`runs` and `watch`: which runs there are, and how one goes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nnstudio.terminal import follow
from nnstudio.terminal.outcome import GOOD, WRONG_USE, Failure
from nnstudio.terminal.output import ago, complain, figure, say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import RUN_HELP, find_run

if TYPE_CHECKING:
    from nnstudio.runs.listing import RunSummary


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "watch",
        watch,
        "follow a run: progress, loss and accuracy as sparklines",
        "Ctrl-C leaves; the run goes on.",
        examples="  nnstudio watch lenet-5-20261121-0930-1f2e",
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument("--json", action="store_true", help="one event a line")

    parser = commands.add("runs", runs, "list the runs, the newest first")
    parser.add_argument("--runs", metavar="FOLDER", help="the runs in FOLDER")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def watch(arguments: argparse.Namespace) -> int:
    """`nnstudio watch`"""
    from nnstudio.runs.reader import RunReader

    run = find_run(arguments.run)
    reader = RunReader(run)
    reader.poll()
    state = reader.state()
    reader.close()
    if not state.over and not state.live:
        raise Failure(
            WRONG_USE,
            f"{run.name}: expected a run that goes on or has ended, got one without a worker. "
            f"Put one to it: {follow.resume_command(run)}",
        )
    return follow.follow(run, follow.display_for(arguments.json), as_json=arguments.json)


def runs(arguments: argparse.Namespace) -> int:
    """`nnstudio runs`"""
    from pathlib import Path

    from nnstudio import places
    from nnstudio.runs.listing import list_runs

    folder = Path(arguments.runs) if arguments.runs else places.runs()
    found = list_runs(folder)
    if arguments.json:
        say_json({"folder": str(folder), "runs": [_row(run) for run in found]})
        return GOOD
    if not found:
        say(f"No runs in {folder}. Make one: nnstudio train template:lenet5")
        return GOOD
    table(
        ("RUN", "STATUS", "EPOCH", "VALIDATION", "DEVICE", "MADE"),
        [
            (
                run.info.id,
                run.state.status,
                f"{run.state.epoch}/{run.state.epochs}",
                _best(run),
                run.state.device,
                ago(run.info.created),
            )
            for run in found
        ],
    )
    say(f"in {folder}")
    for run in found:
        if run.problem:
            complain(f"{run.info.id}: {run.problem}")
    return GOOD


def _best(run: RunSummary) -> str:
    """The newest validation figure: accuracy where there is one, else the loss."""
    for name, unit in (("val_accuracy", "accuracy"), ("val_mae", "error"), ("val_loss", "loss")):
        if name in run.state.metrics:
            return f"{unit} {figure(run.state.metrics[name])}"
    return ""


def _row(run: RunSummary) -> dict[str, Any]:
    state = run.state
    return {
        "id": run.info.id,
        "path": str(run.path),
        "name": run.info.project_name,
        "status": state.status,
        "reason": state.reason,
        "created": run.info.created,
        "step": state.step,
        "epoch": state.epoch,
        "epochs": state.epochs,
        "device": state.device,
        "threads": run.info.threads,
        "seed": run.info.seed,
        "metrics": dict(state.metrics),
        "problem": run.problem,
    }
