"""`predict`: the answers of a run for new rows, pictures, sounds or arrays, written as a table."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.terminal import predict_own
from nnstudio.terminal.outcome import GOOD, RUN_FAILED, WRONG_USE, Failure
from nnstudio.terminal.output import complain, say_json
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import RUN_HELP, find_run
from nnstudio.terminal.training import add_trust

if TYPE_CHECKING:
    import pandas as pd

    from nnstudio.engine.predicting import Predictor

MOST_LISTED = 1000
"""Rows that `--json` lists where no file is written."""


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "predict",
        predict,
        "answer new rows with what a run has learned",
        "IN is a CSV or Parquet file with the columns that the run was trained with, a picture or "
        "WAV file or a folder of them, or an .npy file. Columns of other names are kept and not "
        "looked at. What is odd (a category never seen, an empty cell) is told on standard error.",
        examples="  nnstudio predict RUN new.csv -o answers.csv\n"
        "  nnstudio predict RUN new.csv -o answers.parquet --weights last\n"
        "  nnstudio predict RUN photographs -o answers.csv\n"
        "  cat new.csv | nnstudio predict RUN - > answers.csv\n" + predict_own.EXAMPLES,
    )
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "input", metavar="IN", nargs="?", help="a file or folder, or - for standard input"
    )
    parser.add_argument("-o", "--output", metavar="OUT", help="where to (default: standard output)")
    parser.add_argument(
        "--weights",
        metavar="W",
        default="best",
        help="best (default), last, the step of a kept checkpoint, or a file",
    )
    parser.add_argument("--runs", metavar="FOLDER", help="where the run directory is")
    add_trust(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object about the answers; without OUT with the answers themselves",
    )
    predict_own.add_options(parser)


def predict(arguments: argparse.Namespace) -> int:
    """`nnstudio predict`"""
    from nnstudio.engine.answer_files import write_answers, write_stream
    from nnstudio.engine.bad_data import BadData
    from nnstudio.runs.trust import trust_run

    run = find_run(arguments.run, arguments.runs)
    if arguments.trust:
        trust_run(run)
    if arguments.input is None or predict_own.is_asked(arguments):
        return predict_own.predict_own(run, arguments.weights, arguments)
    target = Path(arguments.output) if arguments.output not in (None, "-") else None
    _check_places(arguments.input, target)
    try:
        predictor = _predictor(run, arguments.weights)
        with _input(arguments.input) as path:
            tables = (piece.whole() for piece in predictor.pieces(path))
            if target is not None:
                count = write_answers(tables, target, predictor.form)
                found: list[dict[str, Any]] | None = None
            elif arguments.json:
                found = _listed(tables)
                count = len(found)
            else:
                count, found = write_stream(tables, predictor.form), None
    except BadData as error:
        raise Failure(RUN_FAILED, str(error)) from None
    notes = predictor.told()
    if arguments.json:
        trained = predictor.trained
        told = {"run": str(run), "weights": arguments.weights, "step": trained.step, "rows": count}
        answers = {"answers": found} if found is not None else {"output": str(target)}
        say_json({**told, **answers, "notes": notes})
        return GOOD
    for note in notes:
        complain(note)
    if target is not None:
        complain(_summary(predictor, count, target, arguments.weights))
    return GOOD


def _predictor(run: Path, weights: str) -> Predictor:
    from nnstudio.engine.predicting import Predictor

    return Predictor(run, weights)


def _check_places(given: str, target: Path | None) -> None:
    if target is None or given == "-":
        return
    if target.exists() and os.path.realpath(given) == os.path.realpath(target):
        raise Failure(
            WRONG_USE, f"{target}: expected another file than IN, got the same. Name another."
        )


@contextmanager
def _input(given: str) -> Iterator[Path]:
    """The file or folder to read; standard input is put on the disk first, whatever its length."""
    if given != "-":
        yield Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="nnstudio-") as folder:
        path = Path(folder) / "standard input"
        with open(path, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


def _listed(tables: Iterator[pd.DataFrame]) -> list[dict[str, Any]]:
    """All rows as objects, as long as they are few."""
    found: list[dict[str, Any]] = []
    for table in tables:
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        found += [{str(name): _plain(value) for name, value in row.items()} for row in rows]
        if len(found) > MOST_LISTED:
            raise Failure(
                WRONG_USE,
                f"--json: expected at most {MOST_LISTED} rows without -o, got more. "
                "Name a file with -o.",
            )
    return found


def _plain(value: Any) -> Any:
    """A cell as JSON knows it."""
    import math

    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _summary(predictor: Predictor, count: int, target: Path, weights: str) -> str:
    step = predictor.trained.step
    after = f" after step {step}" if step >= 0 else ""
    rows = "1 row" if count == 1 else f"{count} rows"
    return f"{target}: {rows}, answered with the {_titled(weights)} weights{after}."


def _titled(weights: str) -> str:
    return weights if weights in ("best", "last") else f"“{Path(weights).name}”"
