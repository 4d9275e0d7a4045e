"""FILE and RUN as people write them, turned into projects and run folders."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.terminal.outcome import PROJECT_ERRORS, WRONG_USE, Failure

if TYPE_CHECKING:
    from graph_compiler.model import Project, Value
    from graph_compiler.problems import Problem
    from nnstudio.runs.create import RunRefused

FILE_HELP = "a path or template:ID, either with @VARIANT"
RUN_HELP = "a run's id, the beginning of its id, or its folder"


def load(target: str, settings: Iterable[str] = ()) -> Project:
    """The project that FILE names, with `--set NAME=VALUE` applied."""
    from graph_compiler.files import ProjectError
    from nnstudio.document.templates import assign, load_target

    try:
        project = load_target(target)
    except ProjectError as error:
        raise Failure(_status(target, error), str(error)) from None
    for setting in settings:
        key, separator, text = setting.partition("=")
        if not separator or not key:
            raise Failure(
                WRONG_USE, f"--set {setting}: expected NAME=VALUE, got no value. Write NAME=VALUE."
            )
        try:
            project = assign(project, key.strip(), value_of(text.strip()))
        except ProjectError as error:
            raise Failure(WRONG_USE, f"--set {setting}: {error}") from None
    return project


def value_of(text: str) -> Value:
    """A value as typed: a number, true, false, a list of those, or else the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text.lower() in ("none", "null"):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return _as_value(value, text)


def base_folder(target: str) -> Path:
    """The folder against which relative paths in the project are meant."""
    path = Path(target.rpartition("@")[0] or target)
    try:
        return Path.cwd() if target.startswith("template:") else path.resolve().parent
    except FileNotFoundError:
        raise Failure(
            WRONG_USE,
            "nnstudio: expected to be in a folder, got one that was removed. Change to another.",
        ) from None


def find_run(run: str, folder: str | None = None) -> Path:
    """The folder of RUN."""
    from nnstudio.runs.layout import RunError
    from nnstudio.runs.listing import find

    try:
        return find(run, folder)
    except RunError as error:
        raise Failure(WRONG_USE, str(error)) from None


def refused(error: RunRefused) -> Failure:
    """A project with errors, one line each."""
    return Failure(PROJECT_ERRORS, *(problem_line(problem) for problem in error.problems))


def problem_line(problem: Problem) -> str:
    """A problem in one line, with the network where it is not the main one."""
    where = "" if problem.network == "main" else f"{problem.network}/"
    return f"{problem.severity}: {where}{problem.text}"


def _as_value(value: object, text: str) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_as_value(item, str(item)) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return text


def _status(target: str, error: Exception) -> int:
    """A file that is missing, or a template or variant that does not exist, is wrong use."""
    from graph_compiler.files import ProjectError

    assert isinstance(error, ProjectError)
    named = error.where == target and not error.place and not error.line
    missing = error.got in ("nothing under this name", "a folder")
    return WRONG_USE if named or missing else PROJECT_ERRORS
