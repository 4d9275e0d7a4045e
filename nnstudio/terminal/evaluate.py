"""`evaluate`: the final evaluation of a run, and how often its test part has been read."""

from __future__ import annotations

import argparse

from nnstudio.terminal.outcome import GOOD
from nnstudio.terminal.output import figure, say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import RUN_HELP, find_run
from nnstudio.terminal.training import add_trust


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "evaluate",
        evaluate,
        "final evaluation: measure a run on its test part",
        "Every reading of the test part is counted, over all runs on the same rows: the more "
        "often choices follow from it, the less it says. A run reads it at its end, unless it was "
        "trained with --no-evaluation.",
        examples="  nnstudio evaluate RUN\n  nnstudio evaluate RUN --weights best\n"
        "  nnstudio evaluate RUN --count",
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "--weights",
        metavar="W",
        default="last",
        help="last (default), best, the step of a kept checkpoint, or a file",
    )
    parser.add_argument(
        "--count", action="store_true", help="tell how often it was read, and read nothing"
    )
    parser.add_argument("--runs", metavar="FOLDER", help="where the run directory is")
    add_trust(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")


def evaluate(arguments: argparse.Namespace) -> int:
    """`nnstudio evaluate`"""
    from nnstudio.runs.final_evaluation import readings
    from nnstudio.runs.trust import trust_run

    run = find_run(arguments.run, arguments.runs)
    if arguments.count:
        known = readings(run)
        if arguments.json:
            say_json({"run": str(run), "times": known.times, "runs": known.runs})
        else:
            say(known.text)
        return GOOD
    if arguments.trust:
        trust_run(run)
    from nnstudio.engine.evaluating import evaluate as measure

    scores, step, known = measure(run, arguments.weights)
    if arguments.json:
        say_json(
            {
                "run": str(run),
                "part": "test",
                "weights": arguments.weights,
                "step": step,
                "metrics": scores,
                "times": known.times,
                "runs": known.runs,
            }
        )
        return GOOD
    table(("", "TEST"), score_rows(scores))
    say(known.text)
    return GOOD


def score_rows(scores: dict[str, float]) -> list[tuple[str, str]]:
    """A row for each measure: its name, and its value on the test part."""
    from nnstudio.plotdata.curves import title

    return [(title(name.removeprefix("test_")), figure(value)) for name, value in scores.items()]
