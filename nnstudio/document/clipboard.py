"""Nodes as readable text and back: JSON that a person can read, mend and type.

The form is a network's part of a project file: `{"nodes": {…}, "wires": […], "frames": {…}}`, with
the `blocks`, `variables` and `params` that the nodes need, so that they mean the same in any
project. A text from the clipboard is a stranger's: it passes the reader of project files, and what
is no such text is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from graph_compiler import safe_json
from graph_compiler.blocks import types_of
from graph_compiler.files import project_text
from graph_compiler.graphs import blocks_used
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Plan, Project, Variable
from graph_compiler.refusals import FutureVersion, Refusal
from graph_compiler.schema import project_of
from graph_compiler.schema_versions import VERSION
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused
from nnstudio.document.visible import readings

MOST_BLOCKS = 200
"""Blocks that nodes can bring along."""

_NAME = "clipboard"
_EXAMPLE = '{"nodes": {"relu1": {"type": "ReLU"}}, "wires": []}'


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copied text holds: nodes, and what they mean by their types and names."""

    network: Network
    blocks: dict[str, Network]
    """Blocks and Python layers that the nodes are, those inside others included."""
    variables: dict[str, Variable]
    """The project's variables that are read. Parameters of the block copied from are those of
    `network`."""


def copy_text(
    document: Document, network: str, nodes: Iterable[str], notes: Iterable[str] = ()
) -> str:
    """Nodes with the wires and frames among them, their blocks and the variables that they read,
    apart from these the parameters of the block that they lie in.

    Notes come along where they are named. Raises `Refused` for what is not there.
    """
    drawing, project = document.network(network), document.project
    part = _part(drawing, nodes, notes)
    blocks = blocks_used(part, project.networks)
    mine = _read(part, document.types)
    own = {name: one for name, one in (drawing.params or {}).items() if name in mine}
    read = (mine - own.keys()).union(*(_read(one, document.types) for one in blocks.values()))
    variables = {name: one for name, one in project.variables.items() if name in read}
    return _text(replace(part, params=own or None), blocks, variables)


def text_of(network: Network, nodes: Iterable[str], notes: Iterable[str] = ()) -> str:
    """The nodes and notes alone, for a network that is in no document."""
    return _text(_part(network, nodes, notes), {}, {})


def _part(network: Network, nodes: Iterable[str], notes: Iterable[str]) -> Network:
    names, texts = tuple(dict.fromkeys(nodes)), tuple(dict.fromkeys(notes))
    for name in names:
        if name not in network.nodes:
            raise Refused(f"There is no node “{name}”.")
    for name in texts:
        if name not in network.notes:
            raise Refused(f"There is no note “{name}”.")
    chosen = set(names)
    return Network(
        "main",
        "",
        {name: network.nodes[name] for name in names},
        {wire: None for wire in network.wires if wire.source in chosen and wire.target in chosen},
        {
            frame.name: frame
            for frame in network.frames.values()
            if frame.nodes and chosen.issuperset(frame.nodes)
        },
        routes={
            wire: route
            for wire, route in network.routes.items()
            if wire.source in chosen and wire.target in chosen
        },
        notes={name: network.notes[name] for name in texts},
    )


def _read(drawing: Network, types: Mapping[str, Layer]) -> set[str]:
    """The names that a drawing reads and does not define itself."""
    found: set[str] = set()
    for node in drawing.nodes.values():
        for _, names in readings(node, types.get(node.type)):
            found |= names
    return found - set(drawing.params or {})


def _text(part: Network, blocks: dict[str, Network], variables: dict[str, Variable]) -> str:
    project = Project(_NAME, networks={"main": part, **blocks}, variables=variables, plan=Plan(()))
    entries = json.loads(project_text(project))
    sections = _sections(entries["networks"].pop("main"), "  ", always=True)
    if entries["networks"]:
        rows = [
            f"    {_json(name)}: {{\n" + ",\n".join(_sections(entry, " " * 6)) + "\n    }"
            for name, entry in entries["networks"].items()
        ]
        sections.append('  "blocks": {\n' + ",\n".join(rows) + "\n  }")
    if entries["variables"]:
        rows = [f"{_json(name)}: {_json(one)}" for name, one in entries["variables"].items()]
        sections.append(_block("variables", "{}", rows))
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _sections(entry: dict[str, Any], indent: str, *, always: bool = False) -> list[str]:
    """The parts of a network's entry, one node or wire a line."""
    found = []
    for key, part in entry.items():
        if isinstance(part, dict) and key != "code":
            if part or key == "params" or (always and key == "nodes"):
                rows = [f"{_json(name)}: {_json(one)}" for name, one in part.items()]
                found.append(_block(key, "{}", rows, indent))
        elif key == "wires":
            if part or always:
                found.append(_block(key, "[]", [_json(wire) for wire in part], indent))
        elif part not in ("", [], None):
            found.append(f"{indent}{_json(key)}: {_json(part)}")
    return found


def read_text(text: str) -> Copied:
    """What a pasted text describes; raises `Refused` for any other text."""
    try:
        raw = safe_json.parse(text)
    except safe_json.JsonError as error:
        raise Refused(
            f"The clipboard holds no nodes: expected {error.expected}, got {error.got}. "
            f"Copy nodes, or a text such as {_EXAMPLE}."
        ) from None
    try:
        project = project_of(_as_project(raw))
    except (Refusal, FutureVersion) as error:
        raise Refused(f"The clipboard's nodes cannot be read: {_words(error)}") from None
    network = project.networks.pop("main")
    if not network.nodes and not network.notes:
        raise Refused(f"The clipboard holds no nodes. Copy nodes, or a text such as {_EXAMPLE}.")
    used = blocks_used(network, project.networks)
    if len(used) > MOST_BLOCKS:
        raise Refused(
            f"The clipboard's nodes need {len(used)} blocks; at most {MOST_BLOCKS} come with a "
            "paste. Open the project that they are from instead."
        )
    inner_first(used)
    read = set().union(*(_read(one, types_of(used)) for one in (network, *used.values())))
    return Copied(
        network, used, {name: one for name, one in project.variables.items() if name in read}
    )


def inner_first(blocks: Mapping[str, Network]) -> tuple[str, ...]:
    """The names of blocks, each behind those that stand in it; refuses one that holds itself."""
    inside = {
        name: {node.type for node in one.nodes.values()} & blocks.keys()
        for name, one in blocks.items()
    }
    try:
        return tuple(TopologicalSorter(inside).static_order())
    except CycleError as error:
        name = error.args[1][0]
        raise Refused(
            f"The clipboard's block {name} would hold itself. Take it out of itself."
        ) from None


def _as_project(raw: Any) -> dict[str, Any]:
    """The text as that of a project; of a whole project's text, its first network."""
    head = {"format": "nnstudio", "version": VERSION, "name": _NAME, "plan": []}
    if isinstance(raw, dict) and raw.get("format") == "nnstudio":
        networks = raw.get("networks")
        if isinstance(networks, dict) and networks:
            first = "main" if "main" in networks else next(iter(networks))
            others = {name: one for name, one in networks.items() if name != first}
            return {
                **head,
                "version": raw.get("version"),
                "networks": {"main": networks[first], **others},
                "variables": raw.get("variables", {}),
            }
    if not isinstance(raw, dict) or not ("nodes" in raw or "notes" in raw):
        raise Refused(f"The clipboard holds no nodes. Copy nodes, or a text such as {_EXAMPLE}.")
    blocks, variables = raw.get("blocks", {}), raw.get("variables", {})
    if not isinstance(blocks, dict):
        raise Refused(
            "The clipboard's blocks cannot be read: expected an object of blocks by their names. "
            "Copy the nodes again."
        )
    if "main" in blocks:
        raise Refused("The clipboard's blocks cannot be read: none can be named main. Rename it.")
    part = {key: one for key, one in raw.items() if key not in ("blocks", "variables")}
    return {**head, "networks": {"main": part, **blocks}, "variables": variables}


def _words(error: Exception) -> str:
    if isinstance(error, Refusal):
        place = ".".join(str(part) for part in error.path[2:])
        return f"{place}: expected {error.expected}, got {error.got}. {error.remedy}".removeprefix(
            ": "
        )
    return str(error)


def _block(key: str, brackets: str, rows: list[str], indent: str = "  ") -> str:
    if not rows:
        return f'{indent}"{key}": {brackets}'
    inside = ",\n".join(f"{indent}  {row}" for row in rows)
    return f'{indent}"{key}": {brackets[0]}\n{inside}\n{indent}{brackets[1]}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
