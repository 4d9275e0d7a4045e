"""What differs between two projects: networks, nodes, wires, frames, variables, data and plan.

Pure values in, pure values out. A node that only got another name is told as renamed, so that its
wires do not all count as changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from graph_compiler.blocks import ends_out, ports_in
from graph_compiler.model import Network, Node, Project, Stage, Value, Wire
from nnstudio.document.groups import in_words

Kind = Literal["added", "removed", "changed", "renamed"]

_STRUCTURE = ("repeat", "scan", "shares", "ties", "dismissed")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: what it is called and how, as people read it.

    `part` is `project`, `variables`, `variants`, `data`, `plan`, or a drawing's name after
    `network `.
    """

    kind: Kind
    part: str
    what: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """How the nodes and wires of one drawing stand to those of another, for a merged picture."""

    nodes: Mapping[str, Kind]
    """By name in the newer drawing; removed ones by their old name."""
    wires: Mapping[Wire, Kind]
    """In the newer drawing's names."""
    renamed: Mapping[str, str]
    """Old name to new."""
    moved: tuple[str, ...]
    """Nodes that stand elsewhere and are otherwise as they were."""


def compare(before: Project, after: Project) -> tuple[Difference, ...]:
    """Everything that differs, in the order of a project file; empty where nothing does."""
    found: list[Difference] = []
    for field in ("name", "about"):
        found += _changed("project", field, getattr(before, field), getattr(after, field))
    found += _changed("project", "tags", before.tags, after.tags)
    found += _entries("variables", _variables(before.variables), _variables(after.variables))
    found += _entries("variants", _variants(before), _variants(after))
    found += _data(before, after)
    found += _plan(before, after)
    for name in dict.fromkeys((*before.networks, *after.networks)):
        found += _networks(name, before.networks.get(name), after.networks.get(name))
    return tuple(found)


def marks(before: Network, after: Network) -> Marks:
    """How each node and wire of two drawings stands to the other drawing."""
    renamed = _renamed(before, after)
    nodes: dict[str, Kind] = {}
    moved = []
    for name, node in before.nodes.items():
        here = renamed.get(name, name)
        other = after.nodes.get(here)
        if other is None:
            nodes[name] = "removed"
        elif here != name:
            nodes[here] = "renamed"
        elif list(_node_changes(node, other, renamed)):
            nodes[here] = "changed"
        elif node.at != other.at:
            moved.append(here)
    known = {renamed.get(name, name) for name in before.nodes}
    nodes |= {name: "added" for name in after.nodes if name not in known}
    old = {_with_names(wire, renamed) for wire in before.wires}
    wires: dict[Wire, Kind] = {wire: "removed" for wire in old if wire not in after.wires}
    wires |= {wire: "added" for wire in after.wires if wire not in old}
    return Marks(nodes, wires, renamed, tuple(moved))


def _networks(name: str, before: Network | None, after: Network | None) -> Iterator[Difference]:
    part = f"network {name}"
    if before is None or after is None:
        there = after if after is not None else before
        assert there is not None
        kind: Kind = "added" if before is None else "removed"
        noun = "block" if there.is_block else "network"
        noun = f"{noun} of {_count(len(there.nodes), 'node')}"
        yield Difference(kind, part, noun if there.code is None else "layer written in Python")
        return
    for field in ("title", "about"):
        yield from _changed(part, field, getattr(before, field), getattr(after, field))
    yield from _entries(
        part, _variables(before.params or {}), _variables(after.params or {}), "parameter "
    )
    yield from _code(part, before, after)
    found = marks(before, after)
    old_names = {new: old for old, new in found.renamed.items()}
    for node in dict.fromkeys((*before.nodes, *after.nodes)):
        if node in found.renamed:
            yield Difference("renamed", part, node, node, found.renamed[node])
            continue
        kind_here = found.nodes.get(node)
        if kind_here == "removed":
            yield Difference("removed", part, node, _node(before.nodes[node]))
        elif kind_here == "added":
            yield Difference("added", part, node, "", _node(after.nodes[node]))
        elif kind_here in ("changed", "renamed"):
            old = before.nodes[old_names.get(node, node)]
            for field, was, now in _node_changes(old, after.nodes[node], found.renamed):
                yield Difference("changed", part, f"{node}.{field}", was, now)
    gone = {n for n, how in found.nodes.items() if how in ("added", "removed")}
    for wire, how in sorted(found.wires.items()):
        # What comes and goes with its node needs no line of its own.
        if wire.source not in gone and wire.target not in gone:
            yield Difference(how, part, str(wire))
    yield from _entries(part, _frames(before, found.renamed), _frames(after), "frame ")
    ends = ({*before.ports, *after.ports} & {*before.nodes}) & {*after.nodes}
    old_order, new_order = (
        [end for end in (*ports_in(one), *ends_out(one)) if end in ends] for one in (before, after)
    )
    yield from _changed(part, "order of the ports", ", ".join(old_order), ", ".join(new_order))
    if found.moved:
        yield Difference("changed", part, f"place of {_count(len(found.moved), 'node')}")
    yield from _looks(part, before, after, found.renamed)


def _looks(
    part: str, before: Network, after: Network, renamed: Mapping[str, str]
) -> Iterator[Difference]:
    """What is drawn in another way and computes the same: colours, routes of wires, notes."""
    coloured = [
        (here, node.colour or "none", after.nodes[here].colour or "none")
        for name, node in before.nodes.items()
        if (here := renamed.get(name, name)) in after.nodes
        and node.colour != after.nodes[here].colour
    ]
    if len(coloured) == 1:
        yield Difference("changed", part, f"colour of {coloured[0][0]}", *coloured[0][1:])
    elif coloured:
        yield Difference("changed", part, f"colour of {len(coloured)} nodes")
    old = {_with_names(wire, renamed): before.routes.get(wire) for wire in before.wires}
    routed = [w for w, route in old.items() if w in after.wires and route != after.routes.get(w)]
    if routed:
        yield Difference("changed", part, f"route of {_count(len(routed), 'wire')}")
    yield from _entries(part, _notes(before), _notes(after), "note ")
    shared = [name for name in before.notes if name in after.notes]
    old_looks, new_looks = (
        {name: replace(one.notes[name], text="") for name in shared} for one in (before, after)
    )
    moved = [name for name in shared if old_looks[name] != new_looks[name]]
    if moved:
        yield Difference("changed", part, f"look of {_count(len(moved), 'note')}")


def _notes(network: Network) -> dict[str, str]:
    """The notes as one line each."""
    lines = {name: " ".join(note.text.split()) for name, note in network.notes.items()}
    return {name: line if len(line) <= 60 else f"{line[:59]}…" for name, line in lines.items()}


def _code(part: str, before: Network, after: Network) -> Iterator[Difference]:
    """What differs between two layers written in Python; the text line by line."""
    old, new = before.code, after.code
    if old is None or new is None or old == new:
        return
    lines = [Counter(code.text.split("\n")) for code in (old, new)]
    less, more = ((one - two).total() for one, two in (lines, lines[::-1]))
    if old.text != new.text:
        yield Difference("changed", part, "Python", f"{less} lines less", f"{more} lines more")
    for field, given in (("inputs", "input"), ("outputs", "output")):
        ports = [{one.name: repr(one) for one in getattr(code, field)} for code in (old, new)]
        for name in dict.fromkeys((*ports[0], *ports[1])):
            if ports[0].get(name) != ports[1].get(name):
                kind: Kind = "added" if name not in ports[0] else "changed"
                kind = "removed" if name not in ports[1] else kind
                yield Difference(kind, part, f"{given} {name}")
    for field in ("sizes", "weights"):
        yield from _entries(part, dict(getattr(old, field)), dict(getattr(new, field)), "")


def _node_changes(
    before: Node, after: Node, renamed: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Field or parameter, value before, value after."""
    if before.type != after.type:
        yield "type", before.type, after.type
    for name in dict.fromkeys((*before.params, *after.params)):
        was, now = before.params.get(name), after.params.get(name)
        if was != now:
            yield name, _param(before, name), _param(after, name)
    for field in _STRUCTURE:
        was, now = getattr(before, field), getattr(after, field)
        if field == "shares":
            was = renamed.get(was, was)
        if was != now:
            yield field, _value(was or ""), _value(now or "")
    if before.bypassed != after.bypassed:
        words = ("no", "yes")
        yield "bypassed", words[before.bypassed], words[after.bypassed]


def _param(node: Node, name: str) -> str:
    return _value(node.params[name]) if name in node.params else "default"


def _renamed(before: Network, after: Network) -> dict[str, str]:
    """Nodes of which only the name changed: the same layer between the same neighbours."""
    gone = [name for name in before.nodes if name not in after.nodes]
    new = [name for name in after.nodes if name not in before.nodes]
    found: dict[str, str] = {}
    while True:
        named = set(found.values())
        places: dict[object, list[str]] = {}
        for name in new:
            if name not in named:
                known = {n: n for n in after.nodes if n in before.nodes or n in named}
                places.setdefault(_place(after, name, known), []).append(name)
        asked: dict[object, list[str]] = {}
        for name in gone:
            if name not in found:
                known = {n: n for n in before.nodes if n in after.nodes} | found
                asked.setdefault(_place(before, name, known), []).append(name)
        fresh = {
            names[0]: places[place][0]
            for place, names in asked.items()
            if len(names) == 1 and len(places.get(place, ())) == 1
        }
        if not fresh:
            return found
        found |= fresh


def _place(network: Network, name: str, known: Mapping[str, str]) -> object:
    """What makes a node itself but for its name; neighbours that are not known count by type."""
    node = network.nodes[name]

    def other(neighbour: str) -> tuple[str, str]:
        if neighbour in known:
            return ("", known[neighbour])
        there = network.nodes.get(neighbour)
        return (there.type if there is not None else "", "")

    around = frozenset(
        ("in", wire.target_port, other(wire.source), wire.source_port)
        if wire.target == name
        else ("out", wire.source_port, other(wire.target), wire.target_port)
        for wire in network.wires
        if name in (wire.source, wire.target)
    )
    params = tuple(sorted((key, repr(value)) for key, value in node.params.items()))
    return (node.type, params, around)


def _with_names(wire: Wire, renamed: Mapping[str, str]) -> Wire:
    return Wire(
        renamed.get(wire.source, wire.source),
        wire.source_port,
        renamed.get(wire.target, wire.target),
        wire.target_port,
    )


def _data(before: Project, after: Project) -> Iterator[Difference]:
    for field in ("source", "scale", "split", "stratified", "seed"):
        yield from _changed("data", field, getattr(before.data, field), getattr(after.data, field))
    options = _settings_by_name(before.data.options), _settings_by_name(after.data.options)
    yield from _entries("data", options[0], options[1])


def _plan(before: Project, after: Project) -> Iterator[Difference]:
    old = {stage.name: stage for stage in before.plan.stages}
    new = {stage.name: stage for stage in after.plan.stages}
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            kind: Kind = "added" if was is None else "removed"
            yield Difference(kind, "plan", f"stage {name}")
            continue
        for field in ("recipe", "network", "frozen", "frozen_running", "weights"):
            told = f"{name}.{field.replace('_', ' ')}"
            yield from _changed("plan", told, getattr(was, field), getattr(now, field))
        yield from _entries("plan", was.others, now.others, f"{name}.")
        settings = _settings_by_name(was.settings), _settings_by_name(now.settings)
        yield from _entries("plan", settings[0], settings[1], f"{name}.")
        yield from _entries("plan", _goals(was), _goals(now), f"{name}.")
        drawn = dict(was.first_weights), dict(now.first_weights)
        yield from _entries("plan", drawn[0], drawn[1], f"{name}.first weights of ")
        groups = in_words(was.groups), in_words(now.groups)
        yield from _changed("plan", f"{name}.rates of their own", groups[0], groups[1])
    shared = [name for name in old if name in new]
    order = [name for name in new if name in old]
    if shared != order:
        yield Difference("changed", "plan", "order of stages", ", ".join(shared), ", ".join(order))


def _goals(stage: Stage) -> dict[str, str]:
    """What is chosen for the outputs, one text each."""
    return {
        f"output {name}": f"{', '.join(one.targets)} {one.loss} × {_value(one.weight)}".strip()
        + (f", classes {one.class_weights}" if one.class_weights != "none" else "")
        + "".join(f", {key.replace('_', ' ')} {_value(v)}" for key, v in one.settings.items())
        for name, one in stage.outputs.items()
    }


def _entries(
    part: str, before: Mapping[str, str], after: Mapping[str, str], noun: str = ""
) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            yield Difference("added", part, f"{noun}{name}", "", now)
        elif now is None and was is not None:
            yield Difference("removed", part, f"{noun}{name}", was)
        elif was is not None and now is not None and was != now:
            yield Difference("changed", part, f"{noun}{name}", was, now)


def _changed(part: str, what: str, before: Any, after: Any) -> Iterable[Difference]:
    if before != after:
        yield Difference("changed", part, what, _value(before), _value(after))


def _variables(variables: Mapping[str, Any]) -> dict[str, str]:
    """Each variable's value, and its bounds and words where it has some."""
    found = {}
    for name, variable in variables.items():
        text = _value(variable.value)
        if variable.low is not None or variable.high is not None:
            low, high = (
                "…" if bound is None else _value(bound) for bound in (variable.low, variable.high)
            )
            text += f" ({low} to {high})"
        if variable.choices:
            text += f" (one of {', '.join(variable.choices)})"
        if variable.doc:
            text += f", {variable.doc}"
        found[name] = text
    return found


def _variants(project: Project) -> dict[str, str]:
    return {name: _settings(values) for name, values in project.variants.items()}


def _frames(network: Network, renamed: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    return {
        name: ", ".join(renamed.get(node, node) for node in frame.nodes)
        + (f" ({frame.colour})" if frame.colour else "")
        for name, frame in network.frames.items()
    }


def _settings_by_name(settings: Mapping[str, Value]) -> dict[str, str]:
    return {name: _value(value) for name, value in settings.items()}


def _settings(settings: Mapping[str, Value]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in settings.items())


def _node(node: Node) -> str:
    settings = _settings(node.params)
    return f"{node.type}({settings})"


def _value(value: Any) -> str:
    """A value as a project file has it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case tuple() | list():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case float():
            return f"{value:g}"
        case str() | int():
            return str(value)
        case Mapping() if value:
            return ", ".join(f"{key} to {one}" for key, one in value.items())
    return ""


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"
