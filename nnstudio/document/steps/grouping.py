"""The step that makes a block of nodes: what it holds, its ports, what stands in their place.

`nnstudio.document.steps.ungrouping` is its inverse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from graph_compiler.model import Frame, Network, Node, Note, Route, Value, Wire
from graph_compiler.report import NodeFacts
from graph_compiler.structure import outlets_of
from nnstudio.document.document import Document
from nnstudio.document.drawing_edits import PutNetwork
from nnstudio.document.edits import Step
from nnstudio.document.look_edits import PutNote
from nnstudio.document.network_edits import PutNode
from nnstudio.document.steps import naming, routing
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import follow_ties, head_of
from nnstudio.document.steps.groupable import held_of, params_of, refuse_cut
from nnstudio.document.steps.layout import HEIGHT, PITCH, WIDTH, Place, snapped
from nnstudio.document.steps.nodes import follow_in_variants
from nnstudio.document.steps.notes import note_of
from nnstudio.document.steps.port_order import chosen_order
from nnstudio.document.steps.ports import find


def group(
    document: Document,
    network: str,
    nodes: Iterable[str],
    name: str | None = None,
    notes: Iterable[str] | None = None,
) -> Step:
    """A new block made of nodes, and one use of it in their place.

    Inputs and outputs of the drawing stay outside. Every wire that the block cuts becomes a port.
    The notes go along; where none are given, those that lie among the nodes.
    """
    draft = Draft(document.project, network)
    held = held_of(draft.network, nodes)
    refuse_cut(draft.network, held)
    cut = _cut(document, draft, held)
    title = (
        naming.valid_block(name, draft.project)
        if name
        else naming.free_block(_wanted(draft, held), draft.project)
    )
    params = params_of(draft.project, draft.network, held)
    instance = naming.fresh(
        naming.node_of_block(title), [one for one in draft.network.nodes if one not in held]
    )
    block = Network(
        title,
        nodes={**{name: draft.node(name) for name in held}, **cut.ends},
        wires={
            **{w: None for w in draft.network.wires if w.source in held and w.target in held},
            **dict.fromkeys(cut.inside),
        },
        frames=_frames_inside(draft, held),
        params={one.name: one for one in params},
        routes={
            **{w: r for w, r in draft.network.routes.items() if {w.source, w.target} <= {*held}},
            **{wire: route for wire, route in cut.inside.items() if route != Route()},
        },
        notes=_notes_inside(draft, held, notes),
    )
    # In the order in which a person reads the wires that were cut.
    block = chosen_order(
        block,
        [one.name for one in cut.ends.values() if one.type == "Input"],
        [one.name for one in cut.ends.values() if one.type == "Output"],
    )
    at = middle(draft.node(name).at for name in held)
    outside = _frames_outside(draft, held, instance)
    draft.frames(tuple(f for f in _without(draft.network.frames.values(), held)))
    for wire in sorted(draft.network.wires):
        if wire.source in held or wire.target in held:
            draft.disconnect(wire)
    for note in block.notes.values():
        draft.edit(PutNote(network, note.name, note, None))
    for one in held:
        draft.edit(PutNode(network, one, draft.node(one), None))
    draft.edit(PutNetwork(title, None, block))
    draft.put(Node(instance, title, {one.name: one.name for one in params}, at))
    for wire, route in cut.outside.items():
        draft.connect(_at_instance(wire, instance), route)
    draft.frames(outside)
    follow_ties(
        draft,
        document.project,
        network,
        lambda path: f"{instance}/{path}" if head_of(path) in held else path,
    )
    for one in held:
        follow_in_variants(draft, f"{network}/{one}.", f"{title}/{one}.")
    what = held[0] if len(held) == 1 else f"{len(held)} nodes"
    return draft.step(f"Group {what} into {title}")


def middle(places: Iterable[Place]) -> Place:
    """The middle of all places, on the grid."""
    xs, ys = zip(*places, strict=True)
    return snapped((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Ports of a new block: their nodes, and the wires on both sides of them."""

    ends: dict[str, Node]
    inside: dict[Wire, Route]
    outside: dict[Wire, Route]
    """With "" for the node that stands for the block."""


def _at_instance(wire: Wire, instance: str) -> Wire:
    return replace(wire, source=wire.source or instance, target=wire.target or instance)


def _cut(document: Document, draft: Draft, held: tuple[str, ...]) -> _Cut:
    places = {name: draft.node(name).at for name in held}
    wires = sorted(draft.network.wires, key=lambda w: _reading_order(w, places))
    entering: dict[tuple[str, str], list[Wire]] = {}
    leaving: dict[tuple[str, str], list[Wire]] = {}
    for wire in wires:
        if wire.source not in held and wire.target in held:
            entering.setdefault((wire.source, wire.source_port), []).append(wire)
        elif wire.source in held and wire.target not in held:
            leaving.setdefault((wire.source, wire.source_port), []).append(wire)
    cut = _Cut({}, {}, {})
    ends, routes, box = cut.ends, draft.network.routes, around(places.values())
    left = min(x for x, _ in places.values()) - PITCH
    right = max(x for x, _ in places.values()) + PITCH
    for (source, source_port), feeds in entering.items():
        taken = {*held, *ends}
        wanted = "x" if len(entering) == 1 else _entry_name(draft, feeds[0])
        name = naming.fresh(wanted, taken, numbered=False)
        shape = _shape(document.facts(draft.name, source), draft, source, source_port)
        at = _free((left, places[feeds[0].target][1]), ends)
        ends[name] = Node(name, "Input", shape, at)
        before, behind = routing.entering([routes.get(wire, Route()) for wire in feeds], box)
        for wire, route in zip(feeds, behind, strict=True):
            cut.inside[Wire(name, "output", wire.target, wire.target_port)] = route
        cut.outside[Wire(source, source_port, "", name)] = before
    # An Output `h_` beside an Input `h` would be its port `h`.
    pairs = {f"{name}_" for name in ends}
    for (source, source_port), goals in leaving.items():
        taken = {*held, *ends, *pairs}
        wanted = "y" if len(leaving) == 1 else _exit_name(draft, goals[0])
        name = naming.fresh(wanted, taken, numbered=False)
        ends[name] = Node(name, "Output", {}, _free((right, places[source][1]), ends))
        before, behind = routing.leaving([routes.get(wire, Route()) for wire in goals], box)
        cut.inside[Wire(source, source_port, name, "input")] = before
        for wire, route in zip(goals, behind, strict=True):
            cut.outside[Wire("", name, wire.target, wire.target_port)] = route
    return cut


def around(places: Iterable[Place]) -> routing.Box:
    """The box that nodes at these places take up, as far as their size can be told here."""
    xs, ys = zip(*places, strict=True)
    return (min(xs), min(ys)), (max(xs) + WIDTH, max(ys) + HEIGHT)


def _notes_inside(
    draft: Draft, held: Iterable[str], names: Iterable[str] | None
) -> dict[str, Note]:
    """The notes that go along with the nodes: those named, else those that lie among them."""
    if names is not None:
        return {name: note_of(draft, name) for name in names}
    (left, top), (right, bottom) = around(draft.node(name).at for name in held)
    return {
        note.name: note
        for note in draft.network.notes.values()
        if left <= note.at[0] <= note.at[0] + note.size[0] <= right
        and top <= note.at[1] <= note.at[1] + note.size[1] <= bottom
    }


def _reading_order(wire: Wire, places: Mapping[str, Place]) -> tuple[float, float, Wire]:
    """Wires by where they enter or leave: from above, then from the left."""
    x, y = places.get(wire.target) or places.get(wire.source) or (0.0, 0.0)
    return (y, x, wire)


def _entry_name(draft: Draft, wire: Wire) -> str:
    layer = find(draft.node(wire.target).type, draft.project)
    single = layer is None or (len(layer.inputs) == 1 and not layer.inputs[0].many)
    return _short(wire.target, "in" if single else wire.target_port)


def _exit_name(draft: Draft, wire: Wire) -> str:
    layer = find(draft.node(wire.source).type, draft.project)
    single = layer is None or (len(layer.outputs) == 1 and layer.outlets is None)
    return _short(wire.source, "out" if single else wire.source_port)


def _short(node: str, port: str) -> str:
    """`conv1_in`; cut where it would be too long for a name and a number."""
    return f"{node[: naming.LONGEST - 4 - len(port)]}_{port}"


def _free(at: Place, ends: Mapping[str, Node]) -> Place:
    x, y = at
    while any(node.at[0] == x and abs(node.at[1] - y) < HEIGHT for node in ends.values()):
        y += HEIGHT
    return (x, y)


def _shape(facts: NodeFacts | None, draft: Draft, source: str, port: str) -> Mapping[str, Value]:
    """How the Input describes what comes in, for who looks at the block alone."""
    layer = find(draft.node(source).type, draft.project)
    if facts is None or layer is None:
        return {}
    outlets = outlets_of(layer, facts.params) if facts.params is not None else layer.outputs
    place = outlets.index(port) if port in outlets else 0
    if place >= len(facts.outputs):
        return {}
    x = facts.outputs[place]
    sizes = tuple(size for size in x.shape[1:] if isinstance(size, int))
    params: dict[str, Value] = {}
    if len(sizes) == x.rank - 1 <= 8 and sizes != (1, 28, 28):
        params["shape"] = sizes
    if x.dtype != "float":
        params["dtype"] = x.dtype
    return params


def _wanted(draft: Draft, held: Collection[str]) -> str:
    """The name of the frame that holds just these nodes, as a block's; else `Block`."""
    for frame in draft.network.frames.values():
        if set(frame.nodes) == set(held):
            words = "".join(
                word[:1].upper() + word[1:]
                for word in frame.name.replace("_", " ").replace("-", " ").split()
            )
            if words.isascii() and words.isalnum() and words[0].isalpha():
                return words[: naming.LONGEST - 6]
    return "Block"


def _frames_inside(draft: Draft, held: Collection[str]) -> dict[str, Frame]:
    """Frames of the nodes; one that holds all of them and more stays around the block."""
    found: dict[str, Frame] = {}
    for frame in draft.network.frames.values():
        nodes = tuple(name for name in frame.nodes if name in held)
        around = len(nodes) == len(held) and len(frame.nodes) > len(nodes)
        if nodes and not around:
            found[frame.name] = replace(frame, nodes=nodes)
    return found


def _without(frames: Iterable[Frame], held: Collection[str]) -> Iterable[Frame]:
    for frame in frames:
        nodes = tuple(name for name in frame.nodes if name not in held)
        if nodes or not frame.nodes:
            yield replace(frame, nodes=nodes)


def _frames_outside(draft: Draft, held: Collection[str], instance: str) -> tuple[Frame, ...]:
    found: list[Frame] = []
    for frame in draft.network.frames.values():
        nodes = tuple(name for name in frame.nodes if name not in held)
        if nodes and len(frame.nodes) - len(nodes) == len(held):
            found.append(replace(frame, nodes=(*nodes, instance)))
        elif nodes or not frame.nodes:
            found.append(replace(frame, nodes=nodes))
    return tuple(found)
