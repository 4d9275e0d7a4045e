"""`demo`: the whole path in one command.

With a display the window opens on LeNet-5; without one the same job is done in the terminal:
compile, train on the digits, draw the curves, export the Python.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nnstudio import doctor
from nnstudio.terminal.outcome import GOOD
from nnstudio.terminal.output import figure, say, table
from nnstudio.terminal.parser import Commands

TARGET = "template:lenet5@demo"
FOLDER = "nnstudio-demo"


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "demo",
        demo,
        "see it work: the window on LeNet-5, or the same job in the terminal",
        "Without a display, or with --terminal or --out, LeNet-5 is compiled, trained on the "
        "digits, drawn and exported here.",
        examples="  nnstudio demo\n  nnstudio demo --out lenet",
    )
    parser.add_argument("--terminal", action="store_true", help="do it here also with a display")
    parser.add_argument(
        "--out", metavar="FOLDER", help=f"do it here and put the results into FOLDER ({FOLDER})"
    )


def demo(arguments: argparse.Namespace) -> int:
    """`nnstudio demo`"""
    from nnstudio.terminal import window

    asked = arguments.terminal or arguments.out is not None
    if not asked and window.can_open():
        say("Opening the window on LeNet-5.")
        return window.open_window(TARGET)
    if not asked:
        say(_why_no_window())
    return do_it_here(Path(arguments.out or FOLDER))


def do_it_here(folder: Path) -> int:
    """Compile, train, draw and export LeNet-5; everything lands in `folder`."""
    from nnstudio.runs import readiness
    from nnstudio.runs.create import source_of
    from nnstudio.runs.worker import start_training
    from nnstudio.terminal import follow, plots, projects, training
    from nnstudio.terminal.targets import load

    project = load(TARGET)
    source = source_of(project)
    report = readiness.reports(project)["main"]
    say(
        f"{project.name}: {len(report.nodes)} nodes, {report.parameters:,} parameters, "
        f"compiled to class {source.class_name}."
    )
    folder.mkdir(parents=True, exist_ok=True)
    run = training.make_run(project, folder / "runs", base=folder)
    process = start_training(run)
    status = follow.follow(run, follow.display_for(False), process=process)
    if status != GOOD:
        return status
    written = [run / "project.nns"]
    for kind in plots.KINDS:
        for suffix in (".png", ".svg"):
            plots.draw(run, kind, folder / f"{kind}{suffix}")
            written.append(folder / f"{kind}{suffix}")
    for name in ("model.py", "train.py"):
        projects.write_text(folder / name, (run / name).read_text(encoding="utf-8"))
        written.append(folder / name)
    metrics = _metrics(run)
    table(("", "TRAINING", "VALIDATION", "TEST"), training.result_rows(metrics))
    say(f"test accuracy: {figure(metrics.get('test_accuracy'))}")
    _tell(folder.resolve(), run.resolve())
    return GOOD


def _tell(folder: Path, run: Path) -> None:
    rows = (
        ("curves", "loss, accuracy, gap, as .png and .svg", folder),
        ("Python", "model.py and train.py: python train.py", folder),
        ("run", "project, weights, log and every number", run),
    )
    for what, which, where in rows:
        say(f"{what:<8}{which:<42}{where}")
    say("Next: nnstudio new template:lenet5 -o digits.nns · nnstudio train digits.nns")


def _metrics(run: Path) -> dict[str, float]:
    from nnstudio.runs.reader import RunReader

    reader = RunReader(run)
    reader.poll()
    metrics = dict(reader.state().metrics)
    reader.close()
    return metrics


def _why_no_window() -> str:
    if not doctor.has_display():
        return "There is no display here, so the job is done in the terminal."
    missing = doctor.missing_libraries(window=True)
    command = doctor.install_command(missing)
    cure = f" ({command})" if command else ""
    return f"Qt misses {', '.join(missing)}{cure}, so the job is done in the terminal."
