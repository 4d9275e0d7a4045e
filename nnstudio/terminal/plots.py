"""`plot`: a run's curves as a picture file."""

from __future__ import annotations

import argparse
from pathlib import Path

from nnstudio.terminal.outcome import GOOD, WRONG_USE, Failure
from nnstudio.terminal.output import clean, say
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import RUN_HELP, find_run

KINDS = ("loss", "accuracy", "gap")
SAMPLES = "samples"


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "plot",
        plot,
        "draw a run's curves into a PNG or SVG file",
        "KIND is loss, accuracy, gap: training and validation error with the gap shaded, or "
        "samples: what a generator makes of the same noise, or a machine's filters, over time.",
        examples="  nnstudio plot RUN loss -o loss.png\n  nnstudio plot RUN gap -o gap.svg",
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "kind", metavar="KIND", choices=(*KINDS, SAMPLES), help=", ".join((*KINDS, SAMPLES))
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="a name that ends in .png or .svg"
    )


def plot(arguments: argparse.Namespace) -> int:
    """`nnstudio plot`"""
    target = Path(arguments.output)
    if target.suffix not in (".png", ".svg"):
        raise Failure(
            WRONG_USE,
            f"{target}: expected a name that ends in .png or .svg. Write -o {target.stem}.png",
        )
    draw(find_run(arguments.run), arguments.kind, target)
    say(f"{target}")
    return GOOD


def draw(run: Path, kind: str, target: Path) -> None:
    """Write one picture of a run."""
    from nnstudio.plotdata.curves import as_counted
    from nnstudio.plotdata.picture import NothingToDraw
    from nnstudio.plotdata.picture import draw as draw_picture
    from nnstudio.plotdata.seen import draw_looks
    from nnstudio.runs.reader import RunReader

    reader = RunReader(run)
    reader.poll()
    columns = {}
    for name in reader.names():
        steps, values = reader.series(name)
        columns[name] = as_counted(name, steps), values
    title = clean(reader.info.project_name)
    reader.close()
    try:
        if kind == SAMPLES:
            draw_looks(run, target, title)
        else:
            draw_picture(kind, columns, target, title)
    except NothingToDraw as error:
        raise Failure(
            WRONG_USE, f"{run.name}: {error}. Let it train for an epoch, or choose another kind."
        ) from None
