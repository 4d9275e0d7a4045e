"""Steps on wires: lay one, move its ends, take one away."""

from __future__ import annotations

from graph_compiler.model import Wire
from graph_compiler.resolve import environment, resolve
from graph_compiler.structure import outlets_of
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.ports import layer_of, place
from nnstudio.document.visible import visible


def connect(document: Document, network: str, wire: Wire) -> Step:
    """A wire from an output to an input, in place of the one that ended there."""
    draft = Draft(document.project, network)
    refuse_impossible(draft, wire)
    if wire in draft.network.wires:
        return draft.step(f"Connect {wire.source} to {wire.target}")
    draft.connect(wire)
    return draft.step(f"Connect {wire.source} to {wire.target}")


def rewire(document: Document, network: str, old: Wire, new: Wire) -> Step:
    """One end of a wire, or both, to other ports; its route goes along."""
    draft = Draft(document.project, network)
    if old not in draft.network.wires:
        raise Refused(f"There is no wire {old}.")
    if old != new:
        route = draft.disconnect(old)
        refuse_impossible(draft, new)
        draft.connect(new, route)
    return draft.step(f"Connect {new.source} to {new.target}")


def disconnect(document: Document, network: str, wire: Wire) -> Step:
    """One wire away."""
    draft = Draft(document.project, network)
    if wire not in draft.network.wires:
        raise Refused(f"There is no wire {wire}.")
    draft.disconnect(wire)
    return draft.step(f"Disconnect {wire.target} from {wire.source}")


def refuse_impossible(draft: Draft, wire: Wire) -> None:
    """Refuses a wire from or to a port that does not exist, to its own node, or closing a cycle."""
    source = layer_of(draft.node(wire.source).type, draft.project)
    target = layer_of(draft.node(wire.target).type, draft.project)
    node = draft.node(wire.source)
    params, _ = resolve(
        node.params, source, environment(visible(draft.project, draft.network, node))
    )
    if wire.source_port not in outlets_of(source, params) and not (
        node.scan and wire.source_port.startswith("last_")
    ):
        raise Refused(f"{wire.source} has no output “{wire.source_port}”.")
    if place(wire.target_port, target.inputs) is None:
        raise Refused(f"{wire.target} has no input “{wire.target_port}”.")
    if wire.source == wire.target:
        raise Refused(f"{wire.source} cannot feed itself. Wire it to another node.")
    if _reaches(draft, wire.target, wire.source):
        raise Refused(
            f"{wire.target} already feeds {wire.source}; this wire would close a cycle. "
            "Take the way back out first."
        )


def _reaches(draft: Draft, start: str, goal: str) -> bool:
    followers: dict[str, list[str]] = {}
    for wire in draft.network.wires:
        followers.setdefault(wire.source, []).append(wire.target)
    seen, open_ends = {start}, [start]
    while open_ends:
        here = open_ends.pop()
        if here == goal:
            return True
        for other in followers.get(here, ()):
            if other not in seen:
                seen.add(other)
                open_ends.append(other)
    return False
