"""`queue`: runs that wait for their turn, one after the other."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from nnstudio.terminal import follow, training
from nnstudio.terminal.checkpoints import add_budget, set_asked
from nnstudio.terminal.outcome import GOOD, INTERRUPTED, RUN_FAILED, WRONG_USE, Failure
from nnstudio.terminal.output import say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import base_folder, load

if TYPE_CHECKING:
    from nnstudio.runs.queue import Entry

LOOK = 1.0
"""Seconds between two looks whether another window's run has ended."""


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "queue",
        queue,
        "let runs wait for their turn: list, add, remove, first, run",
        "Each is frozen as it is when it is added. A window with no run of its own takes them up "
        "as well; no run is ever started twice.",
        examples="  nnstudio queue add digits.nns wide.nns --epochs 40\n"
        "  nnstudio queue add digits.nns --set plan.learning_rate=0.01\n"
        "  nnstudio queue\n"
        "  nnstudio queue first 3\n"
        "  nnstudio queue remove 2\n"
        "  nnstudio queue run",
    )
    parser.add_argument(
        "do",
        metavar="WHAT",
        nargs="?",
        default="list",
        choices=("list", "add", "remove", "first", "run"),
        help="list (default), add FILE …, remove N …, first N, run",
    )
    parser.add_argument(
        "what", metavar="FILE or N", nargs="*", help="files, or numbers of the list"
    )
    training.add_choices(parser)
    training.add_evaluation(parser)
    add_budget(parser)
    training.add_trust(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object, or one event a line")


def queue(arguments: argparse.Namespace) -> int:
    """`nnstudio queue`"""
    wanted = {"list": (0, 0), "run": (0, 0), "first": (1, 1)}.get(arguments.do, (1, 1000))
    if not wanted[0] <= len(arguments.what) <= wanted[1]:
        needs = {"add": "FILE …", "remove": "N …", "first": "one N"}.get(arguments.do, "nothing")
        raise Failure(
            WRONG_USE,
            f"nnstudio queue {arguments.do}: expected {needs} behind it, got "
            f"{' '.join(arguments.what) or 'nothing'}. See: nnstudio queue --help",
        )
    does = {"list": _list, "add": _add, "remove": _remove, "first": _first, "run": _run}
    return does[arguments.do](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from nnstudio.runs.queue import entries

    found = entries()
    if arguments.json:
        say_json({"queue": [_row(one) for one in found]})
        return GOOD
    if not found:
        say("Nothing waits. Add a run: nnstudio queue add FILE")
        return GOOD
    rows = [_row(one) for one in found]
    table(
        ("N", "RUN", "PROJECT", "EPOCHS", ""),
        [(str(r["number"]), r["id"], r["project"], str(r["epochs"]), r["status"]) for r in rows],
    )
    say("next: nnstudio queue run")
    return GOOD


def _add(arguments: argparse.Namespace) -> int:
    from nnstudio.runs.queue import add
    from nnstudio.runs.trust import trust

    for target in arguments.what:
        project = load(target, arguments.settings)
        if arguments.trust:
            trust(project)
        run = training.make_run(
            project,
            arguments.runs,
            base=base_folder(target),
            device=arguments.device or "auto",
            threads=arguments.threads,
            epochs=arguments.epochs,
            seed=arguments.seed,
            processes=arguments.processes or 1,
            evaluates=arguments.evaluation,
        )
        set_asked(run, arguments)
        entry = add(run)
        if arguments.json:
            say_json({"event": "queued", **_row(entry)})
        else:
            say(f"{entry.number}  {run.name} waits. Start the queue: nnstudio queue run")
    return GOOD


def _remove(arguments: argparse.Namespace) -> int:
    from nnstudio.runs.queue import remove

    for text in arguments.what:
        entry = remove(_number(text))
        if not arguments.json:
            say(f"{entry.run.name} waits no more. It lies in {entry.run}")
    return GOOD


def _first(arguments: argparse.Namespace) -> int:
    from nnstudio.runs.queue import first

    first(_number(arguments.what[0]))
    return _list(arguments)


def _run(arguments: argparse.Namespace) -> int:
    """Work off the queue, one run after the other, until nothing waits."""
    from nnstudio.runs.layout import RunError
    from nnstudio.runs.queue import drop, entries, give_back, take_turn
    from nnstudio.runs.trust import TrustNeeded

    worst, told = GOOD, False
    while True:
        entry = take_turn()
        if entry is None:
            if not entries():
                return worst
            if not told and not arguments.json:
                say("Another run has its turn; waiting for its end.")
            told = True
            time.sleep(LOOK)
            continue
        told = False
        if not arguments.json:
            say(f"{entry.run.name}:")
        try:
            status = training.start(entry.run, as_json=arguments.json)
        except (TrustNeeded, RunError):
            give_back(entry)
            raise
        drop(entry)
        if status == INTERRUPTED:
            return status
        if status == RUN_FAILED:
            worst = status


def _row(entry: Entry) -> dict[str, Any]:
    from nnstudio.runs.info import read_info
    from nnstudio.runs.layout import RunError
    from nnstudio.runs.queue import state_of

    try:
        info = read_info(entry.run)
        project, epochs = info.project_name, info.epochs
    except (RunError, OSError):
        project, epochs = "", 0
    state = state_of(entry.run)
    status = "waiting" if not entry.turn else state.status if state is not None else "gone"
    return {
        "number": entry.number,
        "id": follow.name_of(entry.run),
        "run": str(entry.run),
        "project": project,
        "epochs": epochs,
        "status": status,
    }


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise Failure(WRONG_USE, f"queue: expected the number of a waiting run, got {text!r}.")
    return int(text)
