"""`forecast`: what training needs of memory, the largest batch that fits, how long it takes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nnstudio.terminal import training
from nnstudio.terminal.outcome import GOOD, PROJECT_ERRORS, Failure
from nnstudio.terminal.output import say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import FILE_HELP, base_folder, load, problem_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_compiler.model import Project
    from nnstudio.runs.forecast import Forecast
    from nnstudio.runs.pace import Pace


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "forecast",
        forecast,
        "tell what training will need: memory by part, the largest batch, time an epoch",
        "Every stage of the plan is told, and the plan needs what its largest stage needs. "
        "A few real steps of each are timed for about two seconds in all, on data and weights that "
        "are thrown away; with --no-timing nothing is run. These are estimates: "
        "docs/forecast.md says how far off they were when measured.",
        examples="  nnstudio forecast digits.nns\n"
        "  nnstudio forecast template:resnet --device cuda --set plan.batch_size=256\n"
        "  nnstudio forecast template:gpt2@124m --no-timing",
    )
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--device", type=training.device_name, default="auto", metavar="D",
                        help="auto (default), cpu, cuda, cuda:1, xpu or mps")  # fmt: skip
    parser.add_argument("--threads", type=training.thread_count, metavar="T",
                        help="threads on the CPU (default: cores − 1)")  # fmt: skip
    parser.add_argument("--no-timing", action="store_true", help="memory alone")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="a variable, NETWORK/NODE.PARAMETER, data.OPTION or plan.SETTING; may be repeated",
    )  # fmt: skip
    training.add_trust(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")


def forecast(arguments: argparse.Namespace) -> int:
    """`nnstudio forecast`"""
    from nnstudio.runs.forecast import forecasts
    from nnstudio.runs.readiness import errors, reports
    from nnstudio.runs.room import room_faults, room_here, trains_here
    from nnstudio.runs.trust import trust

    project = load(arguments.file, arguments.settings)
    if arguments.trust:
        trust(project)
    found = forecasts(project, reports(project))
    here = trains_here(arguments.device)
    room = room_here() if here else 0
    faults = tuple(room_faults(project, reports(project), room)) if here and found else ()
    wrong = faults or errors(project)
    pace: Pace | None = None
    if not wrong and not arguments.no_timing:
        pace = _pace(project, arguments)
    if arguments.json:
        say_json(_as_json(found, room, pace, [problem.as_json() for problem in wrong]))
    elif found:
        _show(project, found, room)
        if pace is not None:
            say(f"time: {pace.words}")
    if wrong:
        raise Failure(PROJECT_ERRORS, *(problem_line(problem) for problem in wrong))
    return GOOD


def _pace(project: Project, arguments: argparse.Namespace) -> Pace:
    from graph_compiler.files import project_text
    from nnstudio.engine.calibrating import calibrate

    base = str(base_folder(arguments.file))
    return calibrate(project_text(project), base, arguments.device, arguments.threads or 0)


def _show(project: Project, found: Sequence[Forecast], room: int) -> None:
    from nnstudio.runs.room import memory_words, roughly

    say(project.name)
    words = list(dict.fromkeys(word for one in found for word in one.parts))
    rows = [("batches of", *(f"{one.batch:,}" for one in found))]
    rows += [
        (word, *(roughly(one.parts[word]) if word in one.parts else "–" for one in found))
        for word in words
    ]
    rows.append(("in all, about", *(roughly(one.need) for one in found)))
    if room:
        rows.append(("largest batch", *(_largest(one, room) for one in found)))
    table(("stage", *(one.stage for one in found)), rows)
    say(f"memory: {memory_words(found, room)}")


def _largest(found: Forecast, room: int) -> str:
    from nnstudio.runs.room import round_down

    most = found.largest_batch(room)
    return "all rows" if most and most == found.rows else f"{round_down(most):,}"


def _as_json(
    found: Sequence[Forecast], room: int, pace: Pace | None, problems: list[Any]
) -> dict[str, Any]:
    if not found:
        return {"problems": problems}
    from dataclasses import asdict

    most = max(found, key=lambda one: one.need)
    timed = {**asdict(pace), "seconds": pace.seconds} if pace is not None else None
    return {
        "problems": problems,
        "need": most.need,
        "stage": most.stage,
        "room": room or None,
        "stages": [
            {
                "stage": one.stage,
                "batch": one.batch,
                "memory": one.parts,
                "need": one.need,
                "largest_batch": one.largest_batch(room) if room else None,
            }
            for one in found
        ],
        "pace": timed,
    }
