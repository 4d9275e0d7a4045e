"""The verdict on a finished run from its folder alone, for the terminal.

Owns the way from a run directory to `verdict.judge`. Knows no Qt and no torch.
"""

from __future__ import annotations

from pathlib import Path

from graph_compiler.files import ProjectError, load_project
from graph_compiler.model import Purpose
from nnstudio.document.sources import purpose as purpose_of
from nnstudio.plotdata.curves import Columns
from nnstudio.plotdata.history import history
from nnstudio.plotdata.verdict import Verdict, judge
from nnstudio.runs.reader import RunReader


def validation_rows(run: Path, purpose: Purpose | None) -> int | None:
    """Rows of the validation part, from the run's own project; None where they are not known."""
    if purpose is None or purpose.data is None or not purpose.data.rows:
        return None
    try:
        split = load_project(run / "project.nns").data.split
    except (ProjectError, OSError):
        return None
    return max(1, round(purpose.data.rows * split[1]))


def verdict_on(run: Path) -> Verdict:
    """What the errors of a run say about bias and variance; raises `ProjectError` or `RunError`."""
    purpose = purpose_of(load_project(run / "project.nns"))
    reader = RunReader(run)
    try:
        reader.poll()
        columns = Columns()
        for name in reader.names():
            if name.startswith(("fit_", "val_")):
                columns.follow(name, *reader.series(name))
        over = reader.state().status in ("done", "stopped")
    finally:
        reader.close()
    found = history(columns.series, purpose, validation_rows(run, purpose), over)
    return judge(found, purpose)
