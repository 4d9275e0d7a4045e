"""`templates`, `new`, `check`, `export`: what is done with a project short of training it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.terminal.outcome import GOOD, PROJECT_ERRORS, WRONG_USE, Failure
from nnstudio.terminal.output import complain, quoted, say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.summary import node_rows, shapes
from nnstudio.terminal.targets import FILE_HELP, base_folder, load, network_named, problem_line

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from graph_compiler.report import Report

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
_MARKS = {"error": "●", "warning": "▲", "hint": "○"}


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add("templates", templates, "list the projects to start from")
    parser.add_argument("--json", action="store_true", help="one JSON object")

    parser = commands.add(
        "new",
        new,
        "make a project of your own from a template, another project, a table or a folder",
        "Of a table (.csv, .tsv, .txt, .parquet) it tells what it proposes: target, task, "
        "template, plan, what it found in the columns and what it does about it. A folder has "
        "pictures or WAV files, in one folder for each class.",
        examples="  nnstudio new template:lenet5 -o digits.nns\n"
        "  nnstudio new template:lenet5@paper -o lenet.nns\n"
        "  nnstudio new orders.csv --target returned -o orders.nns\n"
        "  nnstudio new pets/ -o pets.nns",
    )
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("-o", "--output", metavar="PATH.nns", required=True, help="where to")
    parser.add_argument("--target", metavar="COLUMN", help="of a table: what is to be predicted")
    parser.add_argument("--force", action="store_true", help="replace what is there")

    parser = commands.add(
        "check",
        check,
        "tell shapes, parameters and what is wrong, with remedies",
        "Only errors make the exit status 1; warnings and hints do not.",
        examples="  nnstudio check digits.nns\n  nnstudio check template:lenet5@paper --json",
    )
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--json", action="store_true", help="one JSON object")

    parser = commands.add(
        "export",
        export,
        "write the project's Python, which runs without NN Studio",
        "--to model writes one file with the network; --to script writes a folder with model.py "
        "and train.py.",
        examples="  nnstudio export digits.nns --to model -o lenet.py\n"
        "  nnstudio export digits.nns --to script -o exported && python exported/train.py\n"
        "  nnstudio export gan.nns --to model --network generator -o generator.py",
    )
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--to", choices=("model", "script"), required=True, help="what to write")
    parser.add_argument("-o", "--output", metavar="PATH", required=True, help="file or folder")
    parser.add_argument("--network", metavar="NAME", help="with --to model: this network alone")
    parser.add_argument("--force", action="store_true", help="replace what is there")


def templates(arguments: argparse.Namespace) -> int:
    """`nnstudio templates`"""
    from nnstudio.document.templates import templates as shipped

    found = shipped()
    if arguments.json:
        rows = [
            {
                "id": info.id,
                "name": info.name,
                "about": info.about,
                "tags": list(info.tags),
                "variants": list(info.variants),
            }
            for info in found
        ]
        say_json({"templates": rows})
        return GOOD
    table(
        ("FILE", "NAME", "VARIANTS", "ABOUT"),
        [
            (f"template:{info.id}", info.name, " ".join(info.variants), _sentence(info.about))
            for info in found
        ],
    )
    return GOOD


def new(arguments: argparse.Namespace) -> int:
    """`nnstudio new`"""
    from graph_compiler.files import save_project
    from nnstudio.web_tables import is_address

    target = Path(arguments.output)
    if target.suffix != ".nns":
        raise Failure(
            WRONG_USE, f"{target}: expected a name that ends in .nns. Write -o {target.stem}.nns"
        )
    _refuse_existing(target, arguments.force)
    if is_address(arguments.file):
        project = _of_table(_fetched(arguments.file), arguments.target, target)
    elif Path(arguments.file).suffix.lower() in TABLES:
        project = _of_table(Path(arguments.file), arguments.target, target)
    elif Path(arguments.file).is_dir():
        project = _of_folder(Path(arguments.file), target)
    else:
        project = load(arguments.file)
    save_project(project, target)
    say(f"{target}: made from {arguments.file}. Next: nnstudio check {quoted(target)}")
    return GOOD


def _fetched(address: str) -> Path:
    """The table of an address, as it was fetched before or now."""
    from nnstudio.downloads import DownloadError
    from nnstudio.web_tables import get, table_of

    try:
        found = table_of(address) or get(address, lambda *_: None)[0]
    except DownloadError as error:
        raise Failure(WRONG_USE, str(error)) from error
    return found.path


def _of_table(path: Path, answer: str | None, target: Path) -> Project:
    """The project that is proposed for a table, told on the way."""
    from nnstudio.app.from_table import project_for
    from nnstudio.document.proposal import proposal_of
    from nnstudio.engine.csv_proposing import propose

    try:
        proposal = proposal_of(propose(path, {"target": answer} if answer else {}))
        for line in proposal.text().split("\n"):
            say(line)
        if proposal.problem:
            raise ValueError(proposal.problem)
        project = project_for(path, proposal)
    except ValueError as error:
        raise Failure(PROJECT_ERRORS, str(error)) from None
    return _beside(target, project, path)


def _of_folder(path: Path, target: Path) -> Project:
    """The project for a folder of pictures or sounds, told on the way."""
    from nnstudio.app.from_folder import payload, project_for
    from nnstudio.engine.preview import preview

    try:
        found = preview(**payload(path))
        project = project_for(path, found)
    except ValueError as error:
        raise Failure(PROJECT_ERRORS, str(error)) from None
    say(f"{path.resolve().name}: {found['rows']:,} rows")
    for name, rows in found["classes"]:
        say(f"  {name}: {rows}")
    return _beside(target, project, path)


def _beside(target: Path, project: Project, path: Path) -> Project:
    """The project for a place: data beside it keep their name alone, so that both can be moved."""
    own, folder = path.resolve(), target.resolve().parent
    kept = own.relative_to(folder).as_posix() if own.is_relative_to(folder) else str(own)
    options = {**project.data.options, "path": kept}
    return replace(project, data=replace(project.data, options=options))


def check(arguments: argparse.Namespace) -> int:
    """`nnstudio check`"""
    from nnstudio.document.sources import NO_DATA
    from nnstudio.runs import readiness
    from nnstudio.runs.trust import trust_hints

    try:
        project = load(arguments.file)
    except Failure as failure:
        if arguments.json and failure.status == PROJECT_ERRORS:
            say_json({"problems": [_file_problem(failure)], "networks": {}})
        raise
    reports = readiness.reports(project)
    others = (*readiness.other_faults(project), *trust_hints(project))
    good = all(report.ok for report in reports.values())
    good = good and not any(problem.severity == "error" for problem in others)
    if good and (faults := readiness.learning_faults(project, reports)):
        others, good = (*others, *faults), False
    if arguments.json:
        found = [problem for report in reports.values() for problem in report.problems]
        problems = [problem.as_json() for problem in (*found, *others)]
        say_json({"problems": problems, "networks": {n: r.as_json() for n, r in reports.items()}})
    else:
        for name, report in reports.items():
            _show(project, name, report)
        for problem in others:
            complain(f"{_MARKS[problem.severity]} {problem_line(problem)}")
        if good:
            unchosen = project.data.source == NO_DATA
            say("No errors. Choose data to train." if unchosen else "No errors: ready to train.")
    return GOOD if good else PROJECT_ERRORS


def export(arguments: argparse.Namespace) -> int:
    """`nnstudio export`"""
    from nnstudio.runs.create import model_of, source_of

    project = load(arguments.file)
    target = Path(arguments.output)
    if arguments.to == "model":
        named = arguments.network
        source, left_out = model_of(project, network_named(project, named) if named else None)
        _refuse_existing(target, arguments.force)
        write_text(target, source.text)
        say(f"{target}: class {source.class_name}")
        for name in left_out:
            complain(f"{name} has errors and is left out. See: nnstudio check {arguments.file}")
    else:
        from nnstudio.document.exported import exported_texts

        if arguments.network is not None:
            raise Failure(WRONG_USE, "--network: expected --to model beside it. Leave it away.")
        source = source_of(project)
        _refuse_existing(target, arguments.force)
        folder = str(base_folder(arguments.file))
        texts = exported_texts(project, source, {"folder": folder, "fingerprint": True})
        write_folder(target, texts)
        scripts = (
            "model.py, train.py and predict.py"
            if "predict.py" in texts
            else ("model.py and train.py")
        )
        say(f"{target}: {scripts}. Next: python {quoted(target / 'train.py')}")
    return GOOD


def write_text(target: Path, text: str) -> None:
    """Write a file of an export, wholly or not at all."""
    from graph_compiler.safe_io import safe_write

    safe_write(target, text, backup=False)


def write_folder(target: Path, texts: Mapping[str, str]) -> None:
    """Write the files of an export; a folder made for nothing is taken away again."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        for name, text in texts.items():
            (target / name).parent.mkdir(exist_ok=True)
            write_text(target / name, text)
    finally:
        with suppress(OSError):
            target.rmdir()  # which only an empty one lets happen


def _refuse_existing(target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise Failure(
            WRONG_USE,
            f"{target}: expected a new name, got one that exists. Choose another, or add --force.",
        )


def _show(project: Project, name: str, report: Report) -> None:
    title = project.name if name == "main" else f"{project.name}, {name}"
    unknown = (
        f", unknown ones in {', '.join(report.uncounted)} (Python)" if report.uncounted else ""
    )
    say(f"{title}: {report.parameters:,} parameters, {report.macs:,} MACs{unknown}")
    table(
        ("NODE", "LAYER", "OUTPUT", "PARAMETERS", "MACS"),
        [
            (
                row.shown,
                row.facts.type,
                shapes(row.facts.outputs),
                f"{row.facts.parameters:,}" if row.facts.parameters else "",
                "unknown"
                if row.facts.type in report.uncounted
                else (f"{row.facts.macs:,}" if row.facts.macs else ""),
            )
            for row in node_rows(report.nodes)
        ],
    )
    for problem in report.problems:
        complain(f"{_MARKS[problem.severity]} {problem_line(problem)}")


def _file_problem(failure: Failure) -> dict[str, Any]:
    """A file that could not be read at all, in the form of a problem."""
    text = str(failure)
    place, _, rest = text.partition(": expected ")
    expected, _, rest = rest.partition(", got ")
    got, _, remedy = rest.partition(". ")
    return {
        "code": "unreadable-file",
        "severity": "error",
        "network": "",
        "node": "",
        "port": "",
        "expected": expected or place,
        "got": got,
        "remedy": remedy,
        "fixes": [],
    }


def _sentence(text: str) -> str:
    """The first sentence."""
    head, stop, _ = text.partition(". ")
    return head + stop.strip()
