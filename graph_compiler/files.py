"""Project files: load, save, and the same without files; equal projects have equal texts.

Owns the text's layout (one line a node, a wire, a frame, a variable) and the errors people see.
Opening is reading: nothing here imports, evaluates or connects on behalf of a file.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from graph_compiler import safe_json
from graph_compiler.model import Project
from graph_compiler.refusals import FutureVersion, Refusal, quoted
from graph_compiler.safe_io import ReadError, SaveError, read_file, safe_write
from graph_compiler.schema import entries_of, project_of
from graph_compiler.schema_code import code_rows
from graph_compiler.schema_entries import (
    NetworkEntry,
    NodeEntry,
    NoteEntry,
    ProjectEntry,
    StageEntry,
)
from graph_compiler.schema_versions import VERSION

_HEAD = re.compile(rb'^\s*\{\s*"format"\s*:\s*"nnstudio"\s*,\s*"version"\s*:\s*(\d{1,9})')


class ProjectError(Exception):
    """A project that cannot be read or written: `<file>: <place>: expected …, got …. <remedy>`."""

    def __init__(
        self, where: str, place: str, expected: str, got: str, remedy: str, line: int = 0
    ) -> None:
        parts = [where, f"line {line}" if line else "", place]
        head = ": ".join(part for part in parts if part)
        super().__init__(f"{head}: expected {expected}, got {got}. {remedy}")
        self.where, self.place, self.line = where, place, line
        self.expected, self.got, self.remedy = expected, got, remedy


class FutureVersionError(ProjectError):
    """The file comes from a newer version; it can be neither read nor overwritten."""

    def __init__(self, where: str, version: int) -> None:
        super().__init__(
            where,
            "version",
            f"a project file of version {VERSION} or older",
            f"version {version}",
            "Open it with a newer NN Studio; this one leaves the file as it is.",
        )
        self.version = version


def load_project(path: str | os.PathLike[str]) -> Project:
    """The project in a file, as data only; raises `ProjectError` for anything wrong."""
    where = Path(path).name
    try:
        data = read_file(path, safe_json.MAX_BYTES)
    except ReadError as error:
        raise ProjectError(where, "", error.expected, error.got, error.remedy) from error
    try:
        text = safe_json.decode(data)
    except safe_json.JsonError as error:
        raise _json_error(where, error) from None
    return parse_project(text, where)


def parse_project(text: str, where: str) -> Project:
    """The project that a text describes; `where` names the text in errors."""
    try:
        return project_of(safe_json.parse(text))
    except safe_json.JsonError as error:
        raise _json_error(where, error) from None
    except FutureVersion as error:
        raise FutureVersionError(where, error.version) from None
    except Refusal as error:
        line = safe_json.line_of(text, error.path) if error.path else 0
        raise _refusal_error(where, error, line) from None


def save_project(project: Project, path: str | os.PathLike[str]) -> None:
    """Writes the project, wholly or not at all, the previous version kept as `NAME~`.

    Raises `ProjectError` for what no file may hold, `FutureVersionError` where a newer file would
    be overwritten, and `SaveError` where the disk refuses.
    """
    text = project_text(project)
    refuse_newer(path)
    safe_write(path, text)


def refuse_newer(path: str | os.PathLike[str]) -> None:
    """Raises `FutureVersionError` if `path` holds a project of a newer version."""
    try:
        with open(path, "rb") as file:
            head = _HEAD.match(file.read(200))
    except (OSError, ValueError):
        return  # nothing readable there; writing will say what is wrong, if anything
    if head and int(head[1]) > VERSION:
        raise FutureVersionError(Path(path).name, int(head[1]))


def project_text(project: Project) -> str:
    """The text of the project's file: equal projects give equal texts."""
    try:
        entry = entries_of(project)
    except Refusal as error:
        raise _refusal_error(project.name[:60], error, 0) from None
    return _layout(entry)


def _layout(entry: ProjectEntry) -> str:
    fields = [
        f'"format": {_json(entry.format)}',
        f'"version": {entry.version}',
        f'"name": {_json(entry.name)}',
        f'"about": {_json(entry.about)}',
        f'"tags": {_json(entry.tags)}',
        f'"variables": {_rows({k: _given(v) for k, v in entry.variables.items()}, 2)}',
        f'"variants": {_rows(entry.variants, 2)}',
        f'"data": {_json(_without(entry.data.model_dump(), "preparation"))}',
        f'"plan": {_list([_json(_stage(stage)) for stage in entry.plan], 2)}',
    ]
    networks = []
    for name, network in entry.networks.items():
        parts = [f'"title": {_json(network.title)}']
        if network.about:
            parts.append(f'"about": {_json(network.about)}')
        if network.params is not None:
            params = {k: _given(v) for k, v in network.params.items()}
            parts.append(f'"params": {_rows(params, 6)}')
        if network.code is not None:
            parts.append(f'"code": {_code(code_rows(network.code))}')
        parts += [
            f'"nodes": {_rows({k: _node(v) for k, v in network.nodes.items()}, 6)}',
            f'"wires": {_list([_json(wire) for wire in network.wires], 6)}',
            f'"frames": {_rows({k: _given(v) for k, v in network.frames.items()}, 6)}',
            *_ordered_and_looks(network),
        ]
        networks.append(f"{_json(name)}: {_block(parts, 4)}")
    fields.append(f'"networks": {_block(networks, 2)}')
    return _block(fields, 0) + "\n"


def _stage(stage: StageEntry) -> dict[str, Any]:
    rare = ("others", "frozen", "frozen_running", "weights", "first_weights", "groups", "outputs")
    row = _without(stage.model_dump(), *rare)
    if stage.groups:
        row["groups"] = [
            {name: value for name, value in one.items() if value is not None}
            for one in row["groups"]
        ]
    return row


def _without(row: dict[str, Any], *rare: str) -> dict[str, Any]:
    """The row without those of the rare entries that are empty."""
    return {name: value for name, value in row.items() if name not in rare or value}


def _code(rows: dict[str, Any]) -> str:
    """A layer written in Python: its text line by line."""
    parts = [f'"text": {_list([_json(line) for line in rows["text"]], 8)}']
    for name in ("inputs", "outputs", "sizes", "weights"):
        if name in rows:
            parts.append(f"{_json(name)}: {_rows(rows[name], 8)}")
    if "measured" in rows:
        parts.append(f'"measured": {_list([_json(one) for one in rows["measured"]], 8)}')
    return _block(parts, 6)


def _ordered_and_looks(network: NetworkEntry) -> list[str]:
    """What most drawings have none of: an order of the ports, routes of wires, notes."""
    parts: list[str] = []
    if network.ports:
        parts.append(f'"ports": {_json(network.ports)}')
    if network.routes:
        routes = {}
        for wire, route in network.routes.items():
            row: dict[str, Any] = {"points": [[_short(x) for x in point] for point in route.points]}
            row |= {"style": route.style, "link": route.link}
            routes[wire] = {key: value for key, value in row.items() if value}
        parts.append(f'"routes": {_rows(routes, 6)}')
    if network.notes:
        parts.append(f'"notes": {_rows({k: _note(v) for k, v in network.notes.items()}, 6)}')
    return parts


def _note(note: NoteEntry) -> dict[str, Any]:
    row: dict[str, Any] = {"text": note.text}
    row |= {name: [_short(x) for x in getattr(note, name)] for name in ("at", "size")}
    return row | ({"colour": note.colour} if note.colour else {})


def _node(node: NodeEntry) -> dict[str, Any]:
    row: dict[str, Any] = {"type": node.type}
    if node.params:
        row["params"] = node.params
    row["at"] = [_short(x) for x in node.at]
    for name in ("repeat", "scan", "shares", "ties", "dismissed", "bypassed", "colour"):
        if value := getattr(node, name):
            row[name] = value
    return row


def _given(entry: Any) -> dict[str, Any]:
    """The fields that say something: empty texts and absent bounds are left out."""
    row = {
        key: value
        for key, value in entry.model_dump().items()
        if key == "value" or (value not in (None, "") and not (key == "choices" and not value))
    }
    for bound in ("low", "high"):
        if bound in row:
            row[bound] = _short(row[bound])
    return row


def _short(number: float) -> int | float:
    """Whole numbers without their `.0`, where the field is known to be a real number anyway."""
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _rows(rows: dict[str, Any], indent: int) -> str:
    return _block([f"{_json(key)}: {_json(value)}" for key, value in rows.items()], indent)


def _block(lines: list[str], indent: int) -> str:
    return _bracketed("{", lines, "}", indent)


def _list(lines: list[str], indent: int) -> str:
    return _bracketed("[", lines, "]", indent)


def _bracketed(opening: str, lines: list[str], closing: str, indent: int) -> str:
    if not lines:
        return opening + closing
    space = "\n" + " " * (indent + 2)
    return f"{opening}{space}{f',{space}'.join(lines)}\n{' ' * indent}{closing}"


def _json_error(where: str, error: safe_json.JsonError) -> ProjectError:
    return ProjectError(where, "", error.expected, error.got, error.remedy, error.line)


def _refusal_error(where: str, error: Refusal, line: int) -> ProjectError:
    place = ".".join(quoted(str(part))[1:-1] for part in error.path)
    return ProjectError(where, place, error.expected, error.got, error.remedy, line)


__all__ = [
    "FutureVersionError",
    "ProjectError",
    "SaveError",
    "load_project",
    "parse_project",
    "project_text",
    "refuse_newer",
    "save_project",
]
