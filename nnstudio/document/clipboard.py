"""Nodes as readable text and back: JSON that a person can read, mend and type.

The form is a network's part of a project file: `{"nodes": {…}, "wires": […], "frames": {…}}`. A
text from the clipboard is a stranger's: it passes the reader of project files, and what is no such
text is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from graph_compiler import safe_json
from graph_compiler.files import project_text
from graph_compiler.model import Network, Project
from graph_compiler.refusals import FutureVersion, Refusal
from graph_compiler.schema import VERSION, project_of
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused

_NAME = "clipboard"
_EXAMPLE = '{"nodes": {"relu1": {"type": "ReLU"}}, "wires": []}'


def copy_text(document: Document, network: str, nodes: Iterable[str]) -> str:
    """Nodes with the wires and frames among them; raises `Refused` for one that is not there."""
    return text_of(document.network(network), nodes)


def text_of(network: Network, nodes: Iterable[str]) -> str:
    """The same for a network that is in no document."""
    names = tuple(dict.fromkeys(nodes))
    for name in names:
        if name not in network.nodes:
            raise Refused(f"There is no node “{name}”.")
    chosen = set(names)
    part = Network(
        "main",
        "",
        {name: network.nodes[name] for name in names},
        {wire: None for wire in network.wires if wire.source in chosen and wire.target in chosen},
        {
            frame.name: frame
            for frame in network.frames.values()
            if frame.nodes and chosen.issuperset(frame.nodes)
        },
    )
    entry = json.loads(project_text(Project(_NAME, networks={"main": part})))["networks"]["main"]
    blocks = [
        _block(
            "nodes", "{}", [f"{_json(key)}: {_json(node)}" for key, node in entry["nodes"].items()]
        ),
        _block("wires", "[]", [_json(wire) for wire in entry["wires"]]),
    ]
    if entry["frames"]:
        rows = [f"{_json(key)}: {_json(frame)}" for key, frame in entry["frames"].items()]
        blocks.append(_block("frames", "{}", rows))
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def network_in(text: str) -> Network:
    """The network that a pasted text describes; raises `Refused` for any other text."""
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
    network = project.networks["main"]
    if not network.nodes:
        raise Refused(f"The clipboard holds no nodes. Copy nodes, or a text such as {_EXAMPLE}.")
    return network


def _as_project(raw: Any) -> dict[str, Any]:
    """The text's network as that of a project; of a whole project's text, its first network."""
    if isinstance(raw, dict) and raw.get("format") == "nnstudio":
        networks = raw.get("networks")
        if isinstance(networks, dict) and networks:
            raw = networks.get("main", next(iter(networks.values())))
    if not isinstance(raw, dict) or "nodes" not in raw:
        raise Refused(f"The clipboard holds no nodes. Copy nodes, or a text such as {_EXAMPLE}.")
    return {"format": "nnstudio", "version": VERSION, "name": _NAME, "networks": {"main": raw}}


def _words(error: Exception) -> str:
    if isinstance(error, Refusal):
        place = ".".join(str(part) for part in error.path[2:])
        return f"{place}: expected {error.expected}, got {error.got}. {error.remedy}".removeprefix(
            ": "
        )
    return str(error)


def _block(key: str, brackets: str, rows: list[str]) -> str:
    if not rows:
        return f'  "{key}": {brackets}'
    inside = ",\n".join(f"    {row}" for row in rows)
    return f'  "{key}": {brackets[0]}\n{inside}\n  {brackets[1]}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
