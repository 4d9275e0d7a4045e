"""`pause`, `step`, `stop`, `extend`, `fork`: requests to a run's worker, whoever started it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.terminal import follow, training
from nnstudio.terminal.outcome import GOOD, RUN_FAILED, WRONG_USE, Failure
from nnstudio.terminal.output import say
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import RUN_HELP, find_run, load, refused

if TYPE_CHECKING:
    from nnstudio.runs.state import RunState

PATIENCE = 60.0
"""Seconds to wait for the worker's answer: it may still be starting, or in a long step."""


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    for name, action, summary in (
        ("pause", pause, "pause a run; train --resume RUN lets it go on"),
        ("step", step, "make one training step of a paused run"),
        ("stop", stop, "stop a run with a checkpoint"),
    ):
        parser = commands.add(name, action, summary, examples=f"  nnstudio {name} RUN")
        parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser = commands.add(
        "extend",
        extend,
        "train a run until it has N epochs in all, also one that is done",
        examples="  nnstudio extend RUN --epochs 60",
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "--epochs", type=training.positive, metavar="N", required=True, help="epochs in all"
    )
    training.add_trust(parser)
    training.add_following(parser)

    parser = commands.add(
        "fork",
        fork,
        "begin a new run from a checkpoint of another, with changed settings or without",
        "Without a change the new run goes on exactly as the other would have. With changes it\n"
        "begins anew with the weights of the nodes that have the same names and shapes.",
        examples="  nnstudio fork RUN --epochs 40\n"
        "  nnstudio fork RUN --at best --set plan.learning_rate=0.0001\n"
        "  nnstudio fork RUN --project changed.nns",
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "--at",
        metavar="CHECKPOINT",
        default="newest",
        help="newest (default), best, or the number of its step",
    )
    parser.add_argument("--project", metavar="FILE", help="a drawing in the place of the run's own")
    parser.add_argument("--epochs", type=training.positive, metavar="N", help="epochs in all")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a variable, NETWORK/NODE.PARAMETER or plan.SETTING; may be repeated",
    )
    parser.add_argument("--runs", metavar="FOLDER", help="where the run directory is made")
    training.add_trust(parser)
    training.add_following(parser)


def pause(arguments: argparse.Namespace) -> int:
    """`nnstudio pause`"""
    return _ask(find_run(arguments.run), "pause")


def step(arguments: argparse.Namespace) -> int:
    """`nnstudio step`"""
    return _ask(find_run(arguments.run), "step")


def stop(arguments: argparse.Namespace) -> int:
    """`nnstudio stop`"""
    return _ask(find_run(arguments.run), "stop")


def extend(arguments: argparse.Namespace) -> int:
    """`nnstudio extend`"""
    from nnstudio.runs.requests import send
    from nnstudio.runs.trust import require_of_run, trust_run

    run = find_run(arguments.run)
    if arguments.trust:
        trust_run(run)
    require_of_run(run)
    state = _state(run)
    if arguments.epochs <= state.epoch:
        raise Failure(
            WRONG_USE,
            f"{run.name}: expected more epochs than the {state.epoch} it has, got "
            f"{arguments.epochs}. Say how many it shall have in all.",
        )
    if state.live:
        return _ask(run, "epochs", epochs=arguments.epochs)
    number = send(run, "epochs", epochs=arguments.epochs)
    return training.start(
        run, detach=arguments.detach, as_json=arguments.json, resume=True, after=number - 1
    )


def fork(arguments: argparse.Namespace) -> int:
    """`nnstudio fork`"""
    from nnstudio.runs.create import RunRefused
    from nnstudio.runs.fork import fork_run
    from nnstudio.runs.layout import PROJECT
    from nnstudio.runs.trust import trust

    run = find_run(arguments.run)
    project = load(arguments.project or str(run / PROJECT), arguments.settings)
    if arguments.trust:
        trust(project)
    try:
        made, whole = fork_run(
            run, project, at=arguments.at, epochs=arguments.epochs, folder=arguments.runs
        )
    except RunRefused as error:
        raise refused(error) from None
    return training.start(
        made, detach=arguments.detach, as_json=arguments.json, resume=whole, after=0
    )


def _ask(run: Path, do: str, **values: int) -> int:
    """Send a request and wait until the worker has answered it."""
    from nnstudio.runs.reader import RunReader
    from nnstudio.runs.requests import send

    state = _state(run)
    if not state.live:
        hint = "" if state.status == "done" else f" Resume it: {follow.resume_command(run)}"
        raise Failure(
            WRONG_USE,
            f"{run.name}: expected a run that goes on, got one that "
            f"{f'is {state.status}' if state.over else 'has no worker'}."
            f"{hint or ' There is nothing to do.'}",
        )
    reader = RunReader(run)
    reader.poll()
    number = send(run, do, **values)
    end = time.monotonic() + PATIENCE
    answered = False
    while time.monotonic() < end:
        for event in reader.poll():
            if event["event"] == "answered" and event.get("id") == number:
                if event.get("ok") is False:
                    why = event.get("message") or "the worker refused."
                    raise Failure(WRONG_USE, f"{run.name}: {why}")
                answered = True
        state = reader.state()
        if answered and _settled(do, state):
            return _told(run, state)
        if state.over:
            if do == "stop":
                return _told(run, state)
            raise Failure(RUN_FAILED, f"{run.name}: it ended before it answered ({state.status}).")
        time.sleep(0.05)
    raise Failure(
        RUN_FAILED,
        f"{run.name}: the worker gave no answer within {PATIENCE:.0f} seconds. "
        "It does so before its next step.",
    )


def _settled(do: str, state: RunState) -> bool:
    """Whether an answered request has had its effect."""
    if do == "pause":
        return state.status == "paused"
    return state.over if do == "stop" else True


def _told(run: Path, state: RunState) -> int:
    say(f"{run.name}: {state.status}, epoch {state.epoch} of {state.epochs}, step {state.step}")
    return GOOD


def _state(run: Path) -> RunState:
    from nnstudio.runs.reader import RunReader

    reader = RunReader(run)
    reader.poll()
    state = reader.state()
    reader.close()
    return state
