"""FILE and RUN as people write them, turned into projects and run folders."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
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
    keys = set()
    for setting in settings:
        key, separator, text = setting.partition("=")
        if not separator or not key:
            raise Failure(
                WRONG_USE, f"--set {setting}: expected NAME=VALUE, got no value. Write NAME=VALUE."
            )
        try:
            project = assign(project, key.strip(), value_of(text.strip()))
            keys.add(key.strip())
        except ProjectError as error:
            raise Failure(WRONG_USE, f"--set {setting}: {error}") from None
    project = looked_at(project, target) if keys else project
    return with_vocabulary(project, keys) if keys else project


def with_vocabulary(project: Project, given: Collection[str]) -> Project:
    """The project with a vocabulary as large as that of other data, unless it is given as well."""
    from dataclasses import replace

    from nnstudio.document.vocabulary import vocabulary_of, vocabulary_variable

    name = vocabulary_variable(project.variables)
    if name in given or not any(key.startswith("data.") for key in given):
        return project
    tokens = vocabulary_of(project.data, project.variables)
    if tokens is None:
        return project
    variables = {**project.variables, name: replace(project.variables[name], value=tokens)}
    return replace(project, variables=variables)


def looked_at(project: Project, target: str) -> Project:
    """The project with what a look at the user's file or folder finds, if it says nothing yet."""
    from dataclasses import replace

    from nnstudio.document.sources import sources

    data = project.data
    spec, path = sources().get(data.source), data.options.get("path")
    if spec is None or not spec.opens or not isinstance(path, str) or not path:
        return project
    if all(data.options.get(name) is not None for name in spec.kept):
        return project
    from nnstudio.document.steps.data import frozen
    from nnstudio.engine.preview import preview

    variables = {name: one.value for name, one in project.variables.items()}
    options = {**data.options, "path": str(base_folder(target) / path)}
    try:
        found = preview({"source": data.source, "options": options}, variables)["options"]
    except ValueError as error:
        raise Failure(PROJECT_ERRORS, str(error)) from error
    kept = {name: frozen(value) for name, value in found.items()}
    return replace(project, data=replace(data, options={**kept, "path": path}))


def network_named(project: Project, name: str) -> str:
    """The name that `--network` was given, where a network that is no block has it."""
    names = [one for one, network in project.networks.items() if not network.is_block]
    if name not in names:
        known = f"one of {', '.join(names)}" if names else "a project with a network"
        raise Failure(WRONG_USE, f"--network {name}: expected {known}. Choose one.")
    return name


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
