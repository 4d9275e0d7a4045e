"""The step that makes a block of nodes: what it holds, its ports, what stands in their place.

`nnstudio.document.steps.ungrouping` is its inverse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from graph_compiler.model import Frame, Network, Node, Value, Variable, Wire
from graph_compiler.report import NodeFacts
from graph_compiler.structure import outlets_of
from nnstudio.document.document import Document
from nnstudio.document.drawing_edits import PutNetwork
from nnstudio.document.edits import Refused, Step
from nnstudio.document.network_edits import PutNode, PutWire
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import follow_ties, head_of
from nnstudio.document.steps.layout import HEIGHT, PITCH, Place, snapped
from nnstudio.document.steps.nodes import follow_in_variants
from nnstudio.document.steps.ports import find
from nnstudio.document.visible import readings

ENDS = ("Input", "Output")


def group(document: Document, network: str, nodes: Iterable[str], name: str | None = None) -> Step:
    """A new block made of nodes, and one use of it in their place.

    Inputs and outputs of the drawing stay outside. Every wire that the block cuts becomes a port.
    """
    draft = Draft(document.project, network)
    held = _held(draft, nodes)
    _refuse_ways_out(draft, held)
    _refuse_shared(draft, held)
    _refuse_woken(draft, held)
    cut = _cut(document, draft, held)
    title = (
        naming.valid_block(name, draft.project)
        if name
        else naming.free_block(_wanted(draft, held), draft.project)
    )
    params = _params(draft, held)
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
    )
    at = middle(draft.node(name).at for name in held)
    outside = _frames_outside(draft, held, instance)
    draft.frames(tuple(f for f in _without(draft.network.frames.values(), held)))
    for wire in sorted(draft.network.wires):
        if wire.source in held or wire.target in held:
            draft.edit(PutWire(network, wire, False))
    for one in held:
        draft.edit(PutNode(network, one, draft.node(one), None))
    draft.edit(PutNetwork(title, None, block))
    draft.put(Node(instance, title, {one.name: one.name for one in params}, at))
    for wire in cut.outside:
        draft.edit(PutWire(network, _at_instance(wire, instance), True))
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


def _held(draft: Draft, nodes: Iterable[str]) -> tuple[str, ...]:
    chosen = {draft.node(name).name for name in nodes}
    held = tuple(
        node.name
        for node in draft.network.nodes.values()
        if node.name in chosen and node.type not in ENDS
    )
    if not held:
        raise Refused(
            "There is nothing to group: inputs and outputs stay outside. Select some layers first."
        )
    return held


def _refuse_ways_out(draft: Draft, held: Collection[str]) -> None:
    """Refuses nodes between which a way leads through one that stays outside."""
    after: dict[str, list[str]] = {}
    for wire in draft.network.wires:
        after.setdefault(wire.source, []).append(wire.target)
    came: dict[str, str] = {}
    """Outside nodes that something in the group leads to, with the one that led there."""
    waiting = [(name, name) for name in held]
    while waiting:
        name, start = waiting.pop()
        for other in after.get(name, ()):
            if other in held:
                if name not in held:
                    raise Refused(
                        f"{came[name]} feeds {other} through {name}, which would stay outside. "
                        f"Select {name} as well, or leave one of the two out."
                    )
            elif other not in came:
                came[other] = start
                waiting.append((other, start))


def _refuse_shared(draft: Draft, held: Collection[str]) -> None:
    """Refuses modules that would have to be inside and outside at once."""
    for node in draft.network.nodes.values():
        if node.shares in draft.network.nodes and (node.name in held) != (node.shares in held):
            raise Refused(
                f"{node.name} uses the module of {node.shares}, so that both or none can be "
                "grouped. Select both, or give it a module of its own."
            )
        for own, other in node.ties.items():
            if node.name in held and head_of(other) not in held:
                raise Refused(
                    f"{node.name}.{own} is tied to {other}, which would stay outside. "
                    f"Select {head_of(other)} as well, or give {node.name} a {own} of its own."
                )


def _refuse_woken(draft: Draft, held: Collection[str]) -> None:
    """Refuses what would wake a branch that a choice lets sleep.

    A block works out all that leads to its outputs, and all that feeds it is worked out.
    """
    nodes = draft.network.nodes
    choices = {name for name, node in nodes.items() if node.type == "Choice"}
    if not choices:
        return
    awake = {name for name, node in nodes.items() if node.type in ENDS}
    before: dict[str, list[str]] = {}
    for wire in draft.network.wires:
        if wire.target not in choices:
            before.setdefault(wire.target, []).append(wire.source)
    waiting = list(awake)
    while waiting:
        for name in before.get(waiting.pop(), ()):
            if name not in awake:
                awake.add(name)
                waiting.append(name)
    for wire in sorted(draft.network.wires):
        if wire.target in held and wire.target in choices and wire.source not in {*held, *awake}:
            raise Refused(
                f"{wire.target} lets one branch through; {wire.source} would be worked out "
                f"whichever it is. Select {wire.source} as well."
            )
    exits = sorted(
        {
            (wire.source in awake, wire.source, wire.source_port)
            for wire in draft.network.wires
            if wire.source in held and wire.target not in held
        }
    )
    if len(exits) > 1 and not exits[0][0]:
        raise Refused(
            f"{exits[0][1]} is worked out only where a choice picks it, {exits[1][1]} whether or "
            "not. Group them apart, or select the choice as well."
        )


@dataclass(frozen=True, slots=True)
class _Cut:
    """Ports of a new block: their nodes, and the wires on both sides of them."""

    ends: dict[str, Node]
    inside: tuple[Wire, ...]
    outside: tuple[Wire, ...]
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
    ends: dict[str, Node] = {}
    inside: list[Wire] = []
    outside: list[Wire] = []
    left = min(x for x, _ in places.values()) - PITCH
    right = max(x for x, _ in places.values()) + PITCH
    for (source, source_port), feeds in entering.items():
        taken = {*held, *ends}
        wanted = "x" if len(entering) == 1 else _entry_name(draft, feeds[0])
        name = naming.fresh(wanted, taken, numbered=False)
        shape = _shape(document.facts(draft.name, source), draft, source, source_port)
        at = _free((left, places[feeds[0].target][1]), ends)
        ends[name] = Node(name, "Input", shape, at)
        inside += [Wire(name, "output", wire.target, wire.target_port) for wire in feeds]
        outside.append(Wire(source, source_port, "", name))
    for (source, source_port), goals in leaving.items():
        taken = {*held, *ends}
        wanted = "y" if len(leaving) == 1 else _exit_name(draft, goals[0])
        name = naming.fresh(wanted, taken, numbered=False)
        ends[name] = Node(name, "Output", {}, _free((right, places[source][1]), ends))
        inside.append(Wire(source, source_port, name, "input"))
        outside += [Wire("", name, wire.target, wire.target_port) for wire in goals]
    return _Cut(ends, tuple(inside), tuple(outside))


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


def _params(draft: Draft, held: Iterable[str]) -> tuple[Variable, ...]:
    """What the nodes read of the parameters of the block in which they lie."""
    around = draft.network.params or {}
    read: set[str] = set()
    for name in held:
        node = draft.node(name)
        for _, names in readings(node, find(node.type, draft.project)):
            read |= names
    found = tuple(variable for name, variable in around.items() if name in read)
    for variable in found:
        if (isinstance(variable.value, str) and not variable.choices) or variable.value is None:
            raise Refused(
                f"A word such as {variable.name} cannot be handed on to a block inside. "
                f"Give {variable.name} a list of choices first."
            )
    return found


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
