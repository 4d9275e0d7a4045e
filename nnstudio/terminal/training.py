"""`train`: a run from nothing, or on from its last checkpoint, in the foreground or detached."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.terminal import follow
from nnstudio.terminal.checkpoints import add_budget, set_asked
from nnstudio.terminal.memory import memory_line
from nnstudio.terminal.outcome import GOOD, RUN_FAILED, WRONG_USE, Failure
from nnstudio.terminal.output import figure, say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import FILE_HELP, base_folder, find_run, load, refused

if TYPE_CHECKING:
    from graph_compiler.model import Project

MAX_PROCESSES = 1024
MAX_THREADS = 1024
"""Threads beyond which the libraries that compute fall over instead of refusing."""


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "train",
        train,
        "train a project, or resume a run",
        "Ctrl-C stops with a checkpoint; --resume goes on from there.",
        examples="  nnstudio train template:lenet5\n"
        "  nnstudio train digits.nns --epochs 20 --seed 1 --set hidden=64\n"
        "  nnstudio train digits.nns --detach\n"
        "  nnstudio train --resume RUN\n"
        "  nnstudio train gate.nns --trust",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help=FILE_HELP)
    parser.add_argument("--resume", metavar="RUN", help="continue this run instead")
    add_choices(parser)
    add_evaluation(parser)
    add_budget(parser)
    add_trust(parser)
    add_following(parser)


def add_choices(parser: argparse.ArgumentParser) -> None:
    """The options that say how a project is trained."""
    parser.add_argument("--epochs", type=positive, metavar="N", help="how often to see all data")
    parser.add_argument("--seed", type=natural, metavar="S", help="where random numbers begin")
    parser.add_argument(
        "--device",
        type=device_name,
        metavar="D",
        help="auto (default), cpu, cuda, cuda:1, xpu or mps",
    )
    parser.add_argument(
        "--threads", type=thread_count, metavar="T", help="threads on the CPU (default: cores − 1)"
    )
    parser.add_argument(
        "--processes",
        type=process_count,
        metavar="N",
        help="processes that share every batch, on a device or a share of the cores each",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="a variable, NETWORK/NODE.PARAMETER, data.OPTION or plan.SETTING; may be repeated",
    )
    parser.add_argument("--runs", metavar="FOLDER", help="where the run directory is made")


def add_evaluation(parser: argparse.ArgumentParser) -> None:
    """The options that say whether a run reads its test part."""
    parser.add_argument(
        "--evaluation",
        action=argparse.BooleanOptionalAction,
        help="read the test part when the run ends, or leave it to nnstudio evaluate RUN "
        "(default: read it, unless the window's settings say otherwise)",
    )


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The flag that lets a project's own Python run."""
    parser.add_argument(
        "--trust",
        action="store_true",
        help="let the Python that the project brings along run, now and as long as it is unchanged",
    )


def add_following(parser: argparse.ArgumentParser) -> None:
    """The flags that say how a started run is followed."""
    parser.add_argument(
        "--detach",
        action="store_true",
        help="go on when the terminal is closed; print the run's id",
    )
    parser.add_argument("--json", action="store_true", help="one event a line, the last one done")


def train(arguments: argparse.Namespace) -> int:
    """`nnstudio train`"""
    if arguments.resume is not None:
        return _resume(arguments)
    if arguments.file is None:
        raise Failure(
            WRONG_USE, "nnstudio train: expected FILE or --resume RUN. See: nnstudio train --help"
        )
    from nnstudio.runs.trust import trust

    project = load(arguments.file, arguments.settings)
    if arguments.trust:
        trust(project)
    run = make_run(
        project,
        arguments.runs,
        base=base_folder(arguments.file),
        device=arguments.device or "auto",
        threads=arguments.threads,
        processes=arguments.processes or 1,
        epochs=arguments.epochs,
        seed=arguments.seed,
        evaluates=arguments.evaluation,
    )
    set_asked(run, arguments)
    needs = "" if arguments.json or arguments.detach else memory_line(project)
    first = f"{project.name} {needs}" if needs else ""
    return start(run, detach=arguments.detach, as_json=arguments.json, first=first)


def make_run(
    project: Project,
    folder: str | Path | None,
    *,
    base: Path,
    device: str = "auto",
    threads: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    processes: int = 1,
    evaluates: bool | None = None,
) -> Path:
    """A new run directory, or the project's errors."""
    from nnstudio.runs.create import RunRefused, create_run

    try:
        return create_run(
            project,
            folder,
            base=base,
            device=device,
            threads=threads,
            epochs=epochs,
            seed=seed,
            processes=processes,
            evaluates=evaluates,
        )
    except RunRefused as error:
        raise refused(error) from None


def start(
    run: Path,
    *,
    detach: bool = False,
    as_json: bool = False,
    resume: bool = False,
    after: int | None = None,
    first: str = "",
) -> int:
    """Put a worker to a run and follow it, or leave it to itself."""
    from nnstudio.runs.worker import start_training

    process = start_training(run, detach=detach, resume=resume, after=after)
    if detach:
        name = follow.name_of(run)
        if as_json:
            say_json({"event": "detached", "run": str(run), "id": run.name, "pid": process.pid})
        else:
            say(run.name)
            say(f"It goes on by itself. Watch it: nnstudio watch {name}")
        return GOOD
    display = follow.display_for(as_json)
    status = follow.follow(run, display, process=process, as_json=as_json, first=first)
    if status == GOOD and not as_json:
        show_result(run)
    elif status == RUN_FAILED and not as_json:
        say(f"What the worker printed: {run / 'worker.log'}")
    return status


def show_result(run: Path) -> None:
    """The metrics of a finished run and what can be done with it."""
    from nnstudio.plotdata.of_run import verdict_on
    from nnstudio.runs.final_evaluation import readings
    from nnstudio.runs.reader import RunReader

    reader = RunReader(run)
    reader.poll()
    metrics = reader.state().metrics
    reader.close()
    table(("", "TRAINING", "VALIDATION", "TEST"), result_rows(metrics))
    known = readings(run)
    if known.times:
        say(known.text)
    verdict = verdict_on(run)
    if verdict.kind != "too_early":
        say(f"{verdict.title}. {verdict.text}")
    name = follow.name_of(run)
    say(f"run: {run}")
    say(f"next: nnstudio plot {name} loss -o loss.png · nnstudio extend {name} --epochs N")


def result_rows(metrics: Mapping[str, float]) -> list[tuple[str, ...]]:
    """A row for each measure: its name, and its value on the three parts of the data."""
    from nnstudio.plotdata.curves import title

    measures = dict.fromkeys(
        name.partition("_")[2] for name in metrics if name.partition("_")[0] in ("val", "test")
    )
    return [
        (
            title(measure),
            figure(metrics.get(f"fit_{measure}", metrics.get(f"train_{measure}"))),
            figure(metrics.get(f"val_{measure}")),
            figure(metrics.get(f"test_{measure}")),
        )
        for measure in measures
    ]


def positive(text: str) -> int:
    """A whole number from 1 up."""
    return _whole(text, 1)


def natural(text: str) -> int:
    """A whole number from 0 up."""
    return _whole(text, 0)


def thread_count(text: str) -> int:
    """A number of threads that a system can give."""
    return _whole(text, 1, MAX_THREADS)


def process_count(text: str) -> int:
    """A number of processes that one machine can bear."""
    return _whole(text, 1, MAX_PROCESSES)


def device_name(text: str) -> str:
    """A device as torch names it, whether it is there or not."""
    if not re.fullmatch(r"auto|mps|cpu|(cuda|xpu)(:[0-9]{1,3})?", text):
        raise argparse.ArgumentTypeError(
            f"expected auto, cpu, cuda, cuda:1, xpu or mps, got {text!r}"
        )
    return text


def _whole(text: str, low: int, high: int = 2**31 - 1) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        end = "up" if high == 2**31 - 1 else f"to {high}"
        raise argparse.ArgumentTypeError(f"expected a whole number from {low} {end}, got {text!r}")
    return value


def _resume(arguments: argparse.Namespace) -> int:
    fixed = {
        "FILE": arguments.file,
        "--epochs": arguments.epochs,
        "--seed": arguments.seed,
        "--device": arguments.device,
        "--threads": arguments.threads,
        "--processes": arguments.processes,
        "--set": arguments.settings or None,
        "--keep": arguments.keep,
        "--room": arguments.room,
        "--evaluation" if arguments.evaluation else "--no-evaluation": arguments.evaluation,
    }
    given = next((flag for flag, value in fixed.items() if value is not None), None)
    if given:
        advice = "Use extend for more epochs." if given == "--epochs" else "Leave it away."
        raise Failure(
            WRONG_USE, f"{given}: expected nothing beside --resume, which keeps them all. {advice}"
        )
    from nnstudio.runs.trust import trust_run

    run = find_run(arguments.resume, arguments.runs)
    if arguments.trust:
        trust_run(run)
    return resume(run, detach=arguments.detach, as_json=arguments.json)


def resume(run: Path, *, detach: bool, as_json: bool) -> int:
    """Continue a run: a paused one by its own worker, an ended one by a new worker."""
    from nnstudio.runs.reader import RunReader
    from nnstudio.runs.requests import send

    reader = RunReader(run)
    reader.poll()
    state = reader.state()
    reader.close()
    if state.live and state.status == "paused":
        send(run, "continue")
        if detach:
            say(f"{run.name} continues. Watch it: nnstudio watch {follow.name_of(run)}")
            return GOOD
        return follow.follow(run, follow.display_for(as_json), as_json=as_json)
    if state.live:
        raise Failure(
            WRONG_USE,
            f"{run.name}: expected a run that rests, got one that "
            f"{'a worker just begins with' if state.over else f'is {state.status}'}. "
            f"Watch it: nnstudio watch {follow.name_of(run)}",
        )
    if state.status == "done":
        raise Failure(
            WRONG_USE,
            f"{run.name}: expected a run that was cut short, got one that is done. "
            f"Train on: nnstudio extend {follow.name_of(run)} --epochs N",
        )
    return start(run, detach=detach, as_json=as_json, resume=True)
