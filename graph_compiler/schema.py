"""The project file's form, version 3: closed types in, plain values out, and the same way back.

Owns how entries become a project and a project entries, and what must hold between them. The
entries themselves are `graph_compiler.schema_entries`'. Reads and writes no files.
"""

from __future__ import annotations

import re
from heapq import heapify, heappop, heappush
from typing import Any

from pydantic import ValidationError

from graph_compiler.model import (
    DataSource,
    Frame,
    Goal,
    Group,
    Network,
    Node,
    Plan,
    Project,
    Stage,
    Variable,
    Wire,
)
from graph_compiler.own_names import with_own_names
from graph_compiler.refusals import Path, Refusal, in_words, quoted
from graph_compiler.schema_code import code_of, plain_code
from graph_compiler.schema_entries import NetworkEntry, ProjectEntry, StageEntry, VariableEntry
from graph_compiler.schema_looks import notes_of, plain_notes, plain_routes, routes_of
from graph_compiler.schema_versions import VERSION, current

CAPS = {"nodes": 100_000, "wires": 1_000_000, "routes": 100_000, "notes": 10_000}
"""How many of each a project may hold."""

_WIRE = re.compile(r"(\w+(?:/\w+)*)\.(\w+) -> (\w+(?:/\w+)*)\.(\w+)", re.ASCII)


def project_of(raw: Any) -> Project:
    """The project that a parsed file describes; raises `Refusal` or `FutureVersion`."""
    entry = _validated(_counted(current(raw)))
    project = Project(
        name=entry.name,
        about=entry.about,
        tags=tuple(entry.tags),
        networks={name: _network(name, one) for name, one in entry.networks.items()},
        variables=_variables(entry.variables),
        variants=dict(entry.variants),
        data=DataSource(
            source=entry.data.source,
            options=entry.data.options,
            scale=entry.data.scale,
            split=(entry.data.split[0], entry.data.split[1], entry.data.split[2]),
            stratified=entry.data.stratified,
            seed=entry.data.seed,
            preparation=entry.data.preparation,
        ),
        plan=Plan(tuple(_stage(one) for one in entry.plan)),
    )
    return with_own_names(project)


def entries_of(project: Project) -> ProjectEntry:
    """The file's form of a project; raises `Refusal` for what would not open again."""
    raw = {
        "format": "nnstudio",
        "version": VERSION,
        "name": project.name,
        "about": project.about,
        "tags": list(project.tags),
        "variables": {
            name: _plain_variable(one) for name, one in sorted(project.variables.items())
        },
        "variants": {name: dict(one) for name, one in project.variants.items()},
        "data": {
            "source": project.data.source,
            "options": dict(sorted(project.data.options.items())),
            "scale": project.data.scale,
            "split": list(project.data.split),
            "stratified": project.data.stratified,
            "seed": project.data.seed,
            "preparation": dict(sorted(project.data.preparation.items())),
        },
        "plan": [_plain_stage(one) for one in project.plan.stages],
        "networks": {name: _plain(one) for name, one in sorted(project.networks.items())},
    }
    _refuse_too_many(raw)
    return _validated(raw)


def _stage(entry: StageEntry) -> Stage:
    return Stage(
        entry.name,
        entry.recipe,
        entry.network,
        entry.settings,
        entry.others,
        tuple(entry.frozen),
        entry.frozen_running,
        entry.weights,
        entry.first_weights,
        tuple(Group(one.nodes, one.rate, one.weight_decay) for one in entry.groups),
        {
            name: Goal(tuple(one.targets), one.loss, one.weight, one.class_weights, one.settings)
            for name, one in entry.outputs.items()
        },
    )


def _plain_stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "recipe": stage.recipe,
        "network": stage.network,
        "settings": dict(sorted(stage.settings.items())),
        "others": dict(stage.others),
        "frozen": list(stage.frozen),
        "frozen_running": stage.frozen_running,
        "weights": stage.weights,
        "first_weights": dict(stage.first_weights),
        "groups": [
            {"nodes": one.nodes, "rate": one.rate, "weight_decay": one.weight_decay}
            for one in stage.groups
        ],
        "outputs": {
            name: {
                "targets": list(one.targets),
                "loss": one.loss,
                "weight": one.weight,
                "class_weights": one.class_weights,
                "settings": dict(sorted(one.settings.items())),
            }
            for name, one in stage.outputs.items()
        },
    }


def _variables(entries: dict[str, VariableEntry]) -> dict[str, Variable]:
    return {
        name: Variable(name, one.value, one.doc, one.low, one.high, tuple(one.choices))
        for name, one in entries.items()
    }


def _plain_variable(one: Variable) -> dict[str, Any]:
    return {
        "value": one.value,
        "doc": one.doc,
        "low": one.low,
        "high": one.high,
        "choices": list(one.choices),
    }


def in_order(network: Network) -> list[str]:
    """The nodes' names, sources before targets, ties and cycles by name."""
    before = dict.fromkeys(network.nodes, 0)
    after: dict[str, list[str]] = {name: [] for name in network.nodes}
    for wire in network.wires:
        before[wire.target] += 1
        after[wire.source].append(wire.target)
    ready = [name for name, count in before.items() if count == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        name = heappop(ready)
        order.append(name)
        for follower in after[name]:
            before[follower] -= 1
            if before[follower] == 0:
                heappush(ready, follower)
    return order + sorted(name for name, count in before.items() if count > 0)


def _plain(network: Network) -> dict[str, Any]:
    for wire in network.wires:
        for end in (wire.source, wire.target):
            if end not in network.nodes:
                raise _unknown_end(("networks", network.name, "wires"), str(wire), end)
    place = {name: number for number, name in enumerate(in_order(network))}
    wires = sorted(
        network.wires,
        key=lambda w: (place[w.target], _natural(w.target_port), w.source, w.source_port),
    )
    return {
        "title": network.title,
        "about": network.about,
        "params": None
        if network.params is None
        else {name: _plain_variable(one) for name, one in network.params.items()},
        "code": None if network.code is None else plain_code(network.code),
        "nodes": {
            name: {
                "type": (node := network.nodes[name]).type,
                "params": dict(sorted(node.params.items())),
                "at": list(node.at),
                "dismissed": sorted(node.dismissed),
                "repeat": node.repeat,
                "scan": node.scan,
                "shares": node.shares,
                "ties": dict(sorted(node.ties.items())),
                "bypassed": node.bypassed,
                "colour": node.colour,
            }
            for name in place
        },
        "wires": [str(wire) for wire in wires],
        "frames": {
            name: {
                "nodes": sorted(frame.nodes, key=lambda n: (place.get(n, len(place)), n)),
                "colour": frame.colour,
            }
            for name, frame in sorted(network.frames.items())
        },
        "ports": list(network.ports),
        "routes": plain_routes(network, wires),
        "notes": plain_notes(network),
    }


def _natural(port: str) -> tuple[str, int, str]:
    """`input2` before `input10`."""
    stem = port.rstrip("0123456789")
    return stem, int(port[len(stem) :] or 0), port


def _network(name: str, entry: NetworkEntry) -> Network:
    place: Path = ("networks", name)
    network = Network(
        name,
        entry.title,
        {
            key: Node(
                key,
                one.type,
                one.params,
                (one.at[0], one.at[1]),
                tuple(one.dismissed),
                one.repeat,
                one.scan,
                one.shares,
                one.ties,
                one.bypassed,
                one.colour,
            )
            for key, one in entry.nodes.items()
        },
        params=None if entry.params is None else _variables(entry.params),
        about=entry.about,
        code=None if entry.code is None else code_of(entry.code),
        ports=_ports(place, entry),
    )
    taken: dict[tuple[str, str], str] = {}
    for number, text in enumerate(entry.wires):
        wire = _wire((*place, "wires", number), text)
        for end in (wire.source, wire.target):
            if end not in network.nodes:
                raise _unknown_end((*place, "wires", number), text, end)
        end_of = (wire.target, wire.target_port)
        if end_of in taken:
            raise Refusal(
                (*place, "wires", number),
                f"one wire into {wire.target}.{wire.target_port}",
                f'"{taken[end_of]}" and "{text}"',
                "Remove one of the two.",
            )
        taken[end_of] = text
        network.wires[wire] = None
    for key, one in entry.frames.items():
        for number, member in enumerate(one.nodes):
            if member not in network.nodes:
                raise Refusal(
                    (*place, "frames", key, "nodes", number),
                    "the name of a node of this network",
                    f'"{member}"',
                    "Remove it from the frame.",
                )
        network.frames[key] = Frame(key, tuple(one.nodes), one.colour)
    network.routes = routes_of(place, entry, network.wires)
    network.notes = notes_of(entry)
    return network


def _ports(place: Path, entry: NetworkEntry) -> tuple[str, ...]:
    """The order of the ports: names of Input and Output nodes, each once."""
    for number, name in enumerate(entry.ports):
        node = entry.nodes.get(name)
        if node is None or node.type not in ("Input", "Output") or name in entry.ports[:number]:
            raise Refusal(
                (*place, "ports", number),
                "the name of an Input or Output node of this network, once",
                f'"{name}"',
                "Remove it from the order of the ports.",
            )
    return tuple(entry.ports)


def _wire(path: Path, text: str) -> Wire:
    match = _WIRE.fullmatch(text) if len(text) <= 1000 else None
    if match is None:
        raise Refusal(
            path,
            'a wire such as "conv1.output -> relu1.input"',
            quoted(text),
            "Mend or remove this wire.",
        )
    return Wire(*match.groups())


def _unknown_end(path: Path, wire: str, end: str) -> Refusal:
    return Refusal(
        path,
        "the names of two nodes of this network",
        f'"{wire}"',
        f"Add a node {end}, or remove this wire.",
    )


def _counted(raw: dict[str, Any]) -> dict[str, Any]:
    _refuse_too_many(raw)
    return raw


def _refuse_too_many(raw: dict[str, Any]) -> None:
    """Caps counted before any entry is built."""
    networks = raw.get("networks")
    entries = networks.items() if isinstance(networks, dict) else ()
    for field, most in CAPS.items():
        count = 0
        for name, network in entries:
            part = network.get(field) if isinstance(network, dict) else None
            count += len(part) if isinstance(part, dict | list) else 0
            if count > most:
                raise Refusal(
                    ("networks", name, field),
                    f"at most {most} {field} in a project",
                    "more",
                    "Divide the project into several files.",
                )


def _validated(raw: Any) -> ProjectEntry:
    try:
        entry = ProjectEntry.model_validate(raw)
    except ValidationError as error:
        raise in_words(error.errors(include_url=False)[0]) from None
    if abs(sum(entry.data.split) - 1) > 1e-6:
        raise Refusal(
            ("data", "split"),
            "three fractions that add up to 1",
            f"{list(entry.data.split)}, which add up to {sum(entry.data.split):.4g}",
            "Correct one of them.",
        )
    for name, network in entry.networks.items():
        if network.code is not None and (network.params is None or network.nodes):
            raise Refusal(
                ("networks", name, "code"),
                "params, and no nodes, beside the code of a block",
                "nodes" if network.nodes else "no params",
                "Remove the nodes." if network.nodes else "Add params, empty if there are none.",
            )
    whole = sorted(name for name, one in entry.networks.items() if one.params is None)
    for number, stage in enumerate(entry.plan):
        named: dict[Path, str] = {("plan", number, "network"): stage.network}
        named |= {("plan", number, "others", role): one for role, one in stage.others.items()}
        for place, wanted in named.items():
            if wanted not in whole and entry.networks:
                raise Refusal(
                    place,
                    f"one of {', '.join(whole)}" if whole else "a network beside the blocks",
                    f'"{wanted}"',
                    "Name a network of this project.",
                )
    return entry
