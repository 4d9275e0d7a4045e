"""Steps on nodes: add, append, insert, delete, dissolve, move, rename, replace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.blocks import drawing_of
from graph_compiler.bypass import first_feed
from graph_compiler.model import Node, Plan, Route, Stage, Value, Wire
from graph_compiler.registry import short_name
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step, network_of
from nnstudio.document.goals import renamed_goals
from nnstudio.document.look_edits import MoveNodes, PutNote
from nnstudio.document.network_edits import RenameNode
from nnstudio.document.patterns import with_node
from nnstudio.document.recipes import networks_of
from nnstudio.document.steps import layout, naming, routing
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import follow_ties, head_of, heirs, holds
from nnstudio.document.steps.layout import Place
from nnstudio.document.steps.notes import note_of
from nnstudio.document.steps.ports import find, first_output, free_input, layer_of, place


def add_layer(
    document: Document,
    network: str,
    type: str,
    at: Place,
    params: Mapping[str, Value] | None = None,
    name: str | None = None,
) -> Step:
    """A new node at a place, named by its type and a number unless a name is given."""
    draft = Draft(document.project, network)
    added = put_new(document, draft, type, at, params or {}, name)
    return draft.step(f"Add {added}")


def append_layer(document: Document, network: str, after: str | None, type: str) -> Step:
    """A new node behind `after` and wired: between it and what it fed, or as the new end.

    Behind a node without outputs it goes before that node. Without `after` it stands alone at the
    right.
    """
    draft = Draft(document.project, network)
    layer = layer_of(type, draft.project)
    if after is None:
        right = max((node.at for node in draft.network.nodes.values()), default=None)
        at = (0.0, 0.0) if right is None else (right[0] + layout.PITCH, right[1])
        added = put_new(document, draft, type, layout.free(draft, at), {})
        return draft.step(f"Add {added}")
    if not layer.inputs:
        added = put_new(document, draft, type, layout.beside(draft, after), {})
        return draft.step(f"Add {added}")
    port = first_output(draft, after)
    if port is None:
        arriving = draft.into(after)
        if arriving and layer.outputs:
            added = insert(document, draft, arriving[0], type, None, {})
        else:
            added = put_new(document, draft, type, layout.beside(draft, after), {})
        return draft.step(f"Add {added}")
    added = append(document, draft, after, port, type, {})
    return draft.step(f"Append {added} to {after}")


def insert_on_wire(
    document: Document, network: str, wire: Wire, type: str, at: Place | None = None
) -> Step:
    """A new node in the middle of a wire; without a place it makes room for itself."""
    draft = Draft(document.project, network)
    added = insert(document, draft, wire, type, at, {})
    return draft.step(f"Insert {added}")


def delete(
    document: Document,
    network: str,
    nodes: Iterable[str] = (),
    wires: Iterable[Wire] = (),
    notes: Iterable[str] = (),
) -> Step:
    """Nodes go with all their wires, and the wires and notes named."""
    draft = Draft(document.project, network)
    names, loose = tuple(dict.fromkeys(nodes)), tuple(dict.fromkeys(wires))
    texts = tuple(dict.fromkeys(notes))
    for wire in loose:
        if wire not in draft.network.wires:
            raise Refused(f"There is no wire {wire}.")
        draft.disconnect(wire)
    for name in names:
        draft.remove(name)
    for name in texts:
        draft.edit(PutNote(network, name, note_of(draft, name), None))
    if not names and not loose:
        return draft.step(_listed("Delete", tuple("a note" for _ in texts), "notes"))
    if not names:
        return draft.step(_listed("Delete", tuple("the wire" for _ in loose), "wires"))
    return draft.step(_listed("Delete", names, "nodes"))


def dissolve(document: Document, network: str, nodes: Iterable[str]) -> Step:
    """Nodes go, and what fed each now feeds what it fed."""
    draft = Draft(document.project, network)
    names = tuple(dict.fromkeys(nodes))
    for name in names:
        heal(draft, name)
    return draft.step(_listed("Dissolve", names, "nodes"))


def move(
    document: Document,
    network: str,
    places: Mapping[str, Place],
    notes: Mapping[str, Place] | None = None,
) -> Step:
    """Nodes and notes to other places; the points of wires between nodes that go alike go along."""
    drawing = network_of(document.project, network)
    moved: list[list[tuple[str, Place, Place]]] = []
    for lying, to, what in (
        (drawing.nodes, places, "node"),
        (drawing.notes, notes or {}, "note"),
    ):
        moved.append([])
        for name, at in to.items():
            if name not in lying:
                raise Refused(f"There is no {what} “{name}”.")
            moved[-1].append((name, lying[name].at, layout.possible(at)))
    nodes, texts = tuple(moved[0]), tuple(moved[1])
    names = tuple(places) or tuple("a note" for _ in texts)
    text = _listed("Move", names, "nodes" if places else "notes")
    routes = routing.moved(drawing.routes, nodes)
    return Step(text, (MoveNodes(network, nodes, texts, routes),) if nodes or texts else ())


def rename(document: Document, network: str, old: str, new: str) -> Step:
    """Another name for a node; wires, frames, paths to weights and keys of variants follow.

    Where it is an end of a block, the port has its name, and the wires of all uses follow.
    """
    draft = Draft(document.project, network)
    draft.node(old)
    new = naming.valid(new)
    if new == old:
        return draft.step(f"Rename {old}")
    if new in draft.network.nodes:
        raise Refused(f"There is already a node “{new}”. Choose another name.")
    rename_node(draft, old, new)
    return draft.step(f"Rename {old} to {new}")


def replace_type(document: Document, network: str, name: str, type: str) -> Step:
    """Another layer in a node's place, with the wires and the parameters that still fit."""
    draft = Draft(document.project, network)
    node, layer = draft.node(name), layer_of(type, draft.project)
    known = {param.name: param for param in layer.params}
    kept = {
        key: value
        for key, value in node.params.items()
        if key in known and _still_fits(value, known[key].kind, known[key].choices)
    }
    old_layer = find(node.type, draft.project)
    arriving, leaving = draft.into(name), draft.out_of(name)
    routes = {wire: draft.disconnect(wire) for wire in (*arriving, *leaving)}
    if type != node.type:
        refuse_recursion(draft, type)
        heirs(draft, name)
        node = replace(draft.node(name), dismissed=(), shares="", ties={})
        if layer.family != BLOCK:
            node = replace(node, scan="")
        if not (layer.inputs and layer.outputs):
            node = replace(node, repeat=None)
    draft.put(replace(node, type=type, params=kept))
    order = [port.name for port in old_layer.inputs] if old_layer else []
    arriving = tuple(sorted(arriving, key=lambda wire: _port_place(wire.target_port, order)))
    # By name first, so that a wire in order takes no port that another one has by name.
    named = [wire for wire in arriving if place(wire.target_port, layer.inputs)]
    for wire in named:
        draft.connect(wire, routes[wire])
    for wire in arriving:
        port = None if wire in named else free_input(draft, name)
        if port is not None:
            draft.connect(replace(wire, target_port=port), routes[wire])
    outlets = layer.outputs
    was = old_layer.outputs if old_layer else ()
    for wire in leaving if outlets else ():
        outlet = wire.source_port
        if outlet not in outlets:
            index = was.index(outlet) if outlet in was else 0
            outlet = outlets[min(index, len(outlets) - 1)]
        draft.connect(replace(wire, source_port=outlet), routes[wire])
    return draft.step(f"Replace {old_layer.title if old_layer else node.type} by {layer.title}")


def _port_place(port: str, order: list[str]) -> tuple[int, int]:
    """Where a port stands among those of its layer, for sorting: `input10` behind `input9`."""
    stem = port.rstrip("0123456789")
    at = order.index(port) if port in order else order.index(stem) if stem in order else len(order)
    return (at, int(port[len(stem) :] or 0))


def dismiss_hint(document: Document, network: str, name: str, code: str) -> Step:
    """A hint on a node that the user does not want to see any more; `name` may be a path."""
    networks = document.project.networks
    drawing, own = drawing_of(name, networks[network], networks)
    draft = Draft(document.project, drawing if drawing in networks else network)
    node = draft.node(own)
    draft.put(replace(node, dismissed=tuple(sorted({*node.dismissed, code}))))
    return draft.step(f"Dismiss a hint on {name}")


def restore_hints(document: Document, network: str, name: str) -> Step:
    """All dismissed hints of a node come back."""
    draft = Draft(document.project, network)
    draft.put(replace(draft.node(name), dismissed=()))
    return draft.step(f"Show the hints on {name}")


# Parts of steps, on a draft; fixes are put together from them as well.


def put_new(
    document: Document,
    draft: Draft,
    type: str,
    at: Place,
    params: Mapping[str, Value],
    name: str | None = None,
) -> str:
    """Adds a node to the draft and returns its name."""
    layer = layer_of(type, draft.project)
    refuse_recursion(draft, type)
    unknown = [key for key in params if key not in {param.name for param in layer.params}]
    if unknown:
        raise Refused(f"{layer.title} has no parameter “{unknown[0]}”.")
    taken = draft.network.nodes
    if name is None:
        wanted, numbered = _wanted(document, type)
        name = naming.fresh(wanted, taken, numbered=numbered)
    else:
        name = naming.another(naming.valid(name), taken)
    draft.put(Node(name, type, dict(params), layout.possible(at)))
    return name


def refuse_recursion(draft: Draft, type: str) -> None:
    """Refuses a block inside itself, or inside one that it holds."""
    if type == draft.name or holds(draft.project, type, draft.name):
        raise Refused(f"{type} cannot stand in {draft.name}: it would hold itself.")


def append(
    document: Document, draft: Draft, source: str, port: str, type: str, params: Mapping[str, Value]
) -> str:
    """Adds a node behind an output; wires that left the output leave the new node."""
    leaving = tuple(wire for wire in draft.out_of(source) if wire.source_port == port)
    layer = layer_of(type, draft.project)
    if len({wire.target for wire in leaving}) == 1 and layer.outputs:
        at = layout.between(draft, source, leaving[0].target)
    else:
        at = layout.beside(draft, source)
    added = put_new(document, draft, type, at, params)
    entry, exit = free_input(draft, added), first_output(draft, added)
    if entry is None:
        return added
    if exit is not None:
        for wire in leaving:
            route = draft.disconnect(wire)
            draft.connect(replace(wire, source=added, source_port=exit), route)
    draft.connect(Wire(source, port, added, entry))
    _join_frame(draft, added, (source, *(wire.target for wire in leaving)))
    return added


def insert(
    document: Document,
    draft: Draft,
    wire: Wire,
    type: str,
    at: Place | None,
    params: Mapping[str, Value],
) -> str:
    """Adds a node on a wire."""
    if wire not in draft.network.wires:
        raise Refused(f"There is no wire {wire}.")
    layer = layer_of(type, draft.project)
    if not layer.inputs or not layer.outputs:
        raise Refused(f"{layer.title} cannot stand on a wire: it needs an input and an output.")
    spot = at if at is not None else layout.between(draft, wire.source, wire.target)
    added = put_new(document, draft, type, spot, params)
    entry, exit = free_input(draft, added), first_output(draft, added)
    if entry is not None and exit is not None:
        ends = (wire.source, added, wire.target)
        route = draft.disconnect(wire) or Route()
        first, second = routing.split(route, *(layout.centre(draft, name) for name in ends))
        draft.connect(Wire(wire.source, wire.source_port, added, entry), first)
        draft.connect(replace(wire, source=added, source_port=exit), second)
    _join_frame(draft, added, (wire.source, wire.target))
    return added


def heal(draft: Draft, name: str) -> None:
    """Takes a node out and joins what fed its first wired input to all that it fed."""
    leaving = draft.out_of(name)
    feed = first_feed(draft.into(name), find(draft.node(name).type, draft.project))
    routes = {wire: draft.network.routes.get(wire) for wire in (feed, *leaving) if wire}
    draft.remove(name)
    for wire in leaving if feed is not None else ():
        if feed is not None and feed.source != name and wire.target != name:
            draft.connect(
                replace(wire, source=feed.source, source_port=feed.source_port),
                routing.joined(routes[feed], routes[wire]),
            )


def rename_node(draft: Draft, old: str, new: str) -> None:
    """Gives a node another name, with all that names it."""
    draft.edit(RenameNode(draft.name, old, new))
    follow_ties(
        draft,
        draft.before,
        draft.name,
        lambda path: new + path[len(old) :] if head_of(path) == old else path,
    )
    follow_in_variants(draft, f"{draft.name}/{old}.", f"{draft.name}/{new}.")
    stages = draft.project.plan.stages
    renamed = tuple(
        renamed_goals(_followed(draft, stage, old, new), draft.name, old, new) for stage in stages
    )
    if renamed != stages:
        draft.plan(Plan(renamed))


def _followed(draft: Draft, stage: Stage, old: str, new: str) -> Stage:
    """The stage with a node's new name in its patterns, unless they mean another network's too."""
    trained = set(networks_of(stage).values())
    known = draft.project.networks
    drawings = [known[name] for name in trained - {draft.name} if name in known]
    if draft.name not in trained or any(old in one.nodes for one in drawings):
        return stage
    return with_node(stage, old, new)


def follow_in_variants(draft: Draft, old: str, new: str) -> None:
    """Replaces the beginning of keys in all variants: `main/conv1.` by `main/stem.`."""
    draft.variants(
        lambda given: {
            new + key.removeprefix(old) if key.startswith(old) else key: value
            for key, value in given.items()
        }
    )


def _join_frame(draft: Draft, added: str, neighbours: Collection[str]) -> None:
    """A node put between two nodes of one frame lies in that frame, too."""
    for frame in draft.network.frames.values():
        if neighbours and all(name in frame.nodes for name in neighbours):
            frames = tuple(
                replace(one, nodes=(*one.nodes, added)) if one is frame else one
                for one in draft.network.frames.values()
            )
            draft.frames(frames)
            return


def _wanted(document: Document, type: str) -> tuple[str, bool]:
    """The name a new node should have, and whether its first one is numbered."""
    data = document.purpose.data
    if type == "Input":
        return ("image" if data is not None and len(data.shape) == 3 else "inputs"), False
    if type == "Output":
        return ("prediction" if data is not None and data.target == "value" else "logits"), False
    layer = layer_of(type, document.project)
    if layer.family == BLOCK:
        return naming.node_of_block(type), True
    return short_name(type), layer.family != "shape"


def _still_fits(value: Value, kind: str, choices: tuple[str, ...]) -> bool:
    match kind:
        case "bool":
            return isinstance(value, bool | str)
        case "choice":
            return value in choices
        case "text":
            return isinstance(value, str)
        case "int" | "float":
            return value is None or (
                isinstance(value, int | float | str) and not isinstance(value, bool)
            )
        case _:
            return not isinstance(value, bool)


def _listed(verb: str, names: tuple[str, ...], many: str) -> str:
    return f"{verb} {names[0]}" if len(names) == 1 else f"{verb} {len(names)} {many}"
