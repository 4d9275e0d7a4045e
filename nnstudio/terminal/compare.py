"""`diff`: what differs between two projects, or between the projects of two runs."""

from __future__ import annotations

import argparse
from contextlib import suppress
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from nnstudio.terminal.outcome import GOOD, Failure
from nnstudio.terminal.output import clean, say, say_json
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import FILE_HELP, RUN_HELP, find_run, load

if TYPE_CHECKING:
    from graph_compiler.model import Project

MOST = 120
"""Most letters of a value in a line; `--json` has all."""

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "diff",
        diff,
        "tell what differs between two projects or two runs",
        "A and B are each a FILE or a RUN. Lines begin with + for what only B has, - for what "
        "only A has, ~ for what changed, > for what only got another name.",
        examples="  nnstudio diff old.nns new.nns\n"
        "  nnstudio diff template:lenet5@paper mine.nns\n  nnstudio diff RUN1 RUN2 --json",
    )
    for name in ("A", "B"):
        parser.add_argument(name.lower(), metavar=name, help=f"{FILE_HELP}; or {RUN_HELP}")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def diff(arguments: argparse.Namespace) -> int:
    """`nnstudio diff`"""
    from nnstudio.document.comparing import compare

    before, after = _project(arguments.a), _project(arguments.b)
    found = compare(before, after)
    counts = _parameters(before), _parameters(after)
    if arguments.json:
        say_json(
            {
                "differences": [asdict(one) for one in found],
                "parameters": {"before": counts[0], "after": counts[1]},
            }
        )
        return GOOD
    if not found:
        say("Nothing differs.")
        return GOOD
    for part, lines in groupby(found, key=lambda one: one.part):
        say(clean(part))
        for one in lines:
            say(f"  {_SIGNS[one.kind]} {_line(one.what, one.before, one.after)}")
    for name in sorted({*counts[0], *counts[1]}):
        was, now = (_figure(side.get(name)) for side in counts)
        if was != now:
            say(f"parameters of {clean(name)}: {was} → {now}")
    return GOOD


def _line(what: str, before: str, after: str) -> str:
    what, before, after = (_short(clean(text)) for text in (what, before, after))
    if before and after:
        return f"{what}: {before} → {after}"
    return f"{what}: {before or after}" if before or after else what


def _short(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}…"


def _project(word: str) -> Project:
    """The project of a FILE or, where that is none, of a RUN."""
    try:
        return load(word)
    except Failure as failure:
        with suppress(Failure):
            return load(str(find_run(word) / "project.nns"))
        raise failure from None


def _parameters(project: Project) -> dict[str, int]:
    """Trainable parameters of each network that stands alone and has no errors."""
    from graph_compiler import check_project

    reports = check_project(project)
    return {
        name: report.parameters
        for name, report in reports.items()
        if report.ok and not project.networks[name].is_block
    }


def _figure(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"
