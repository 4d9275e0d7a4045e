"""The step that puts a block's nodes in the place of one use of it: the inverse of grouping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Layer
from graph_compiler.model import Frame, Network, Node, Route, Value, Wire
from graph_compiler.turns import INDEX
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step, same
from nnstudio.document.look_edits import PutNote
from nnstudio.document.network_edits import PutNode
from nnstudio.document.steps import layout, naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.drawings import remove_drawing
from nnstudio.document.steps.following import follow_ties, head_of, instances, ports_by_node
from nnstudio.document.steps.groupable import ENDS
from nnstudio.document.steps.grouping import middle
from nnstudio.document.steps.ports import find
from nnstudio.document.steps.routing import joined, shifted
from nnstudio.document.substitution import with_values
from nnstudio.document.values import is_expression
from nnstudio.document.visible import readings


def ungroup(document: Document, network: str, node: str) -> Step:
    """A block's nodes in the place of one use of it, with the values that it has there.

    The block itself stays, unless nothing else uses it and all that it says now stands here.
    """
    draft = Draft(document.project, network)
    instance = draft.node(node)
    block = draft.project.networks.get(instance.type)
    if block is None or not block.is_block:
        raise Refused(f"{node} is no block. Only a block can be ungrouped.")
    if block.code is not None:
        raise Refused(f"{node} is written in Python. Only what is drawn can be ungrouped.")
    _refuse_structured(draft, instance)
    given = _Given.of(draft, instance, block)
    _refuse_hidden(draft, instance, block, given)
    arriving, leaving = draft.into(node), draft.out_of(node)
    frame = next((f for f in draft.network.frames.values() if node in f.nodes), None)
    draft.frames(tuple(_without(one, node) for one in draft.network.frames.values()))
    outside = {wire: draft.disconnect(wire) for wire in sorted({*arriving, *leaving})}
    draft.edit(PutNode(network, node, instance, None))
    names = _names(draft, block)
    dx, dy = _shift(instance, block)
    for name, new in names.items():
        one = block.nodes[name]
        at = layout.possible((one.at[0] + dx, one.at[1] + dy))
        draft.put(_substituted(draft, replace(one, name=new, at=at), names, given))
    inside = {wire: shifted(route, dx, dy) for wire, route in block.routes.items()}
    for wire, route in _wires(block, names, arriving, leaving, inside, outside).items():
        draft.connect(wire, route)
    for note in block.notes.values():
        title = naming.another(note.name, draft.network.notes)
        at = layout.possible((note.at[0] + dx, note.at[1] + dy))
        draft.edit(PutNote(network, title, None, replace(note, name=title, at=at)))
    draft.frames(_frames(draft, block, names, frame, node))
    follow_ties(
        draft,
        document.project,
        network,
        lambda path: _outside(path, node, names),
    )
    _follow_variants(draft, instance, block, names, given)
    if not instances(draft.project, block.name) and _all_is_here(draft, block, given):
        remove_drawing(draft, block.name)
    return draft.step(f"Ungroup {node}")


def _refuse_structured(draft: Draft, instance: Node) -> None:
    name = instance.name
    if instance.bypassed:
        raise Refused(f"{name} is bypassed and cannot be ungrouped. Let it run again first.")
    if instance.repeat is not None:
        raise Refused(
            f"{name} stands {instance.repeat} times in a row and cannot be ungrouped. "
            "Set its repeat to once first."
        )
    if instance.scan:
        raise Refused(
            f"{name} reads a sequence step by step and cannot be ungrouped. "
            "Turn its scan off first."
        )
    if instance.shares:
        raise Refused(
            f"{name} uses the module of {instance.shares} and cannot be ungrouped. "
            "Give it a module of its own first."
        )
    for other in draft.network.nodes.values():
        if other.shares == name:
            raise Refused(
                f"{other.name} uses the module of {name}, which cannot be ungrouped. "
                f"Give {other.name} a module of its own first."
            )


@dataclass(frozen=True, slots=True)
class _Given:
    """What a block's parameters are at one use of it."""

    values: Mapping[str, Value]
    words: frozenset[str]
    """Parameters whose text is a word, not an expression."""

    @classmethod
    def of(cls, draft: Draft, instance: Node, block: Network) -> _Given:
        layer = find(block.name, draft.project)
        params = layer.params if layer else ()
        values = {param.name: instance.params.get(param.name, param.default) for param in params}
        words = frozenset(
            param.name
            for param in params
            if isinstance(values[param.name], str) and not is_expression(param, values[param.name])
        )
        return cls(values, words)

    def inside(self, hidden: bool) -> Mapping[str, Value]:
        """What a node sees of it; the number of its own turn hides a parameter of that name."""
        return {name: one for name, one in self.values.items() if not (hidden and name == INDEX)}


def _refuse_hidden(draft: Draft, instance: Node, block: Network, given: _Given) -> None:
    """Refuses where a name means one thing inside and another outside."""
    around = draft.network.params or {}
    for node in block.nodes.values():
        for field, read in readings(node, find(node.type, draft.project)):
            for name in sorted(read - set(given.values)):
                if name in around:
                    raise Refused(
                        f"{instance.type}/{node.name}.{field} reads the variable {name}, which "
                        f"means a parameter of {draft.name} here. Rename one of the two first."
                    )
            repeated = node.repeat is not None and field != "repeat"
            if repeated and any(_reads_index(given.values[n]) for n in read & set(given.values)):
                raise Refused(
                    f"{instance.type}/{node.name}.{field} would read {INDEX}, which means the "
                    "number of its turn there. Rename the variable first."
                )


def _reads_index(value: Value) -> bool:
    return INDEX in variables_in(value)


def _names(draft: Draft, block: Network) -> dict[str, str]:
    """The block's nodes by their names here; those that are taken get a number."""
    taken = set(draft.network.nodes)
    names: dict[str, str] = {}
    inner = {name for name, node in block.nodes.items() if node.type not in ENDS}
    for name in sorted(inner):
        names[name] = (
            name
            if name not in taken
            else naming.fresh(name.rstrip("0123456789") or name, taken | inner)
        )
        taken.add(names[name])
    return names


def _shift(instance: Node, block: Network) -> tuple[float, float]:
    places = [node.at for node in block.nodes.values() if node.type not in ENDS]
    if not places:
        return (0.0, 0.0)
    x, y = middle(places)
    return (instance.at[0] - x, instance.at[1] - y)


def _substituted(draft: Draft, node: Node, names: Mapping[str, str], given: _Given) -> Node:
    layer = find(node.type, draft.project)
    seen = given.inside(node.repeat is not None)
    params: dict[str, Value] = {}
    for key, value in node.params.items():
        after = _param(layer, key, value, seen, given.words)
        if after is not None or value is None:
            params[key] = after
    repeat = node.repeat
    if isinstance(repeat, str):
        repeat = with_values(repeat, given.values, given.words)
    ties = {
        own: names.get(head_of(path), head_of(path)) + path[len(head_of(path)) :]
        for own, path in node.ties.items()
    }
    shares = names.get(node.shares, node.shares)
    return replace(node, params=params, repeat=repeat, shares=shares, ties=ties)


def _param(
    layer: Layer | None,
    key: str,
    value: Value,
    seen: Mapping[str, Value],
    words: frozenset[str],
) -> Value:
    spec = next((one for one in layer.params if one.name == key), None) if layer else None
    if spec is None or not is_expression(spec, value):
        return value
    return with_values(value, seen, words)


def _wires(
    block: Network,
    names: Mapping[str, str],
    arriving: tuple[Wire, ...],
    leaving: tuple[Wire, ...],
    inside: Mapping[Wire, Route],
    outside: Mapping[Wire, Route | None],
) -> dict[Wire, Route]:
    """The wires inside, those through the ports joined with what they meet outside.

    A wire inside and one outside may be spelled alike, so that their routes are held apart.
    """
    feeds = {wire.target_port: wire for wire in arriving}
    ends = {port: end for end, port in ports_by_node(block)[1].items()}
    into = {wire.target: wire for wire in block.wires}

    def source(wire: Wire) -> tuple[str, str, Route] | None:
        route = inside.get(wire) or Route()
        if block.nodes[wire.source].type != "Input":
            return names[wire.source], wire.source_port, route
        feed = feeds.get(wire.source)
        if feed is None:
            return None
        return feed.source, feed.source_port, joined(outside.get(feed), route)

    laid: dict[Wire, Route] = {}
    for wire in sorted(block.wires):
        start = source(wire)
        if start is not None and wire.target in names:
            laid[Wire(*start[:2], names[wire.target], wire.target_port)] = start[2]
    for wire in leaving:
        inner = into.get(ends.get(wire.source_port, ""))
        start = source(inner) if inner is not None else None
        if start is not None:
            whole = joined(start[2], outside.get(wire))
            laid[Wire(*start[:2], wire.target, wire.target_port)] = whole
    return laid


def _without(frame: Frame, node: str) -> Frame:
    return replace(frame, nodes=tuple(name for name in frame.nodes if name != node))


def _frames(
    draft: Draft, block: Network, names: Mapping[str, str], around: Frame | None, instance: str
) -> tuple[Frame, ...]:
    """Frames inside come out, joined with one of their name; the rest lies where the block lay."""
    found = dict(draft.network.frames)
    held: set[str] = set()
    for frame in block.frames.values():
        nodes = tuple(names[name] for name in frame.nodes if name in names)
        held.update(nodes)
        before = found.get(frame.name, Frame(frame.name, (), frame.colour))
        if nodes or frame.name not in found:
            found[frame.name] = replace(before, nodes=(*before.nodes, *nodes))
    if around is not None:
        loose = tuple(name for name in names.values() if name not in held)
        now = found[around.name]
        found[around.name] = replace(now, nodes=(*now.nodes, *loose))
        if not found[around.name].nodes and around.nodes == (instance,):
            del found[around.name]
    return tuple(found.values())


def _outside(path: str, instance: str, names: Mapping[str, str]) -> str:
    """A path that led into the block, as it leads now."""
    head, slash, rest = path.partition("/")
    if not slash or head_of(head) != instance:
        return path
    inner = head_of(rest)
    return names.get(inner, inner) + rest[len(inner) :]


def _follow_variants(
    draft: Draft, instance: Node, block: Network, names: Mapping[str, str], given: _Given
) -> None:
    """What variants say of the block's nodes and of its parameters here, they say of the nodes."""
    mine = f"{draft.name}/{instance.name}."
    places = {f"{block.name}/{name}.": name for name in names}

    def change(settings: Mapping[str, Value]) -> Mapping[str, Value]:
        own = {key[len(mine) :]: value for key, value in settings.items() if key.startswith(mine)}
        here = _Given({**given.values, **own}, given.words - set(own))
        after: dict[str, Value] = {}
        for key, value in settings.items():
            place = key.rpartition(".")[0] + "."
            if key.startswith(mine):
                for name, new in names.items():
                    node = block.nodes[name]
                    for param, text in node.params.items():
                        told = _value(draft, node, param, text, here)
                        if not same(told, _value(draft, node, param, text, given)):
                            after.setdefault(f"{draft.name}/{new}.{param}", told)
                continue
            after[key] = value
            if place in places:
                node, param = block.nodes[places[place]], key[len(place) :]
                new = names[node.name]
                after[f"{draft.name}/{new}.{param}"] = _value(draft, node, param, value, here)
        return after

    draft.variants(change)


def _value(draft: Draft, node: Node, param: str, value: Value, given: _Given) -> Value:
    """What a parameter of a node inside is at one use of the block."""
    layer = find(node.type, draft.project)
    return _param(layer, param, value, given.inside(node.repeat is not None), given.words)


def _all_is_here(draft: Draft, block: Network, given: _Given) -> bool:
    """Whether a block that nothing uses any more says nothing that its drawing does not say."""
    around = draft.network.params or {}
    return (
        not block.title
        and not block.about
        and all(
            given.values.get(name) == name and around.get(name) == variable
            for name, variable in (block.params or {}).items()
        )
    )
