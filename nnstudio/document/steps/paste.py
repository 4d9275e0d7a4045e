"""Steps that bring nodes in from a text: paste and duplicate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph_compiler.model import Frame, Network, Node, Wire
from nnstudio.document.clipboard import read_text, text_of
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.look_edits import PutNote
from nnstudio.document.steps import layout, naming
from nnstudio.document.steps.bringing import bring
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import head_of
from nnstudio.document.steps.layout import GRID, Place
from nnstudio.document.steps.looks import valid_route
from nnstudio.document.steps.nodes import refuse_recursion
from nnstudio.document.steps.routing import shifted

OFFSET = 8 * GRID


def paste(document: Document, network: str, text: str, at: Place | None = None) -> Step:
    """The nodes of a copied or typed text; names that are taken get a number, wires among them
    stay. Blocks and variables that they need and that are not here come along.

    Their top left corner comes to `at`; without a place they stand a little off where they were.
    """
    draft = Draft(document.project, network)
    copied = read_text(text)
    meanings = bring(draft, copied)
    nodes = {name: meanings.of(node) for name, node in copied.network.nodes.items()}
    names = _bring(draft, replace(copied.network, nodes=nodes), at)
    return draft.step(f"Paste {_listed(names, copied.network)}")


def duplicate(
    document: Document, network: str, nodes: Iterable[str], notes: Iterable[str] = ()
) -> Step:
    """Copies of nodes and notes beside them, with the wires among them."""
    draft = Draft(document.project, network)
    names, texts = tuple(dict.fromkeys(nodes)), tuple(dict.fromkeys(notes))
    if not names and not texts:
        raise Refused("There is nothing to duplicate. Select some nodes first.")
    brought = read_text(text_of(draft.network, names, texts)).network
    copies = _bring(draft, brought, None)
    return draft.step(f"Duplicate {_listed(copies, brought)}")


def _listed(names: tuple[str, ...], brought: Network) -> str:
    if not names:
        return "a note" if len(brought.notes) == 1 else f"{len(brought.notes)} notes"
    return names[0] if len(names) == 1 else f"{len(names)} nodes"


def _bring(draft: Draft, brought: Network, at: Place | None) -> tuple[str, ...]:
    taken = set(draft.network.nodes)
    names: dict[str, str] = {}
    for name in brought.nodes:
        names[name] = naming.another(name, taken)
        taken.add(names[name])
    dx, dy = _shift(draft, brought, at)
    before = dict(draft.network.nodes)
    for node in brought.nodes.values():
        x, y = node.at
        refuse_recursion(draft, node.type)
        draft.put(
            replace(
                node,
                name=names[node.name],
                at=layout.possible((x + dx, y + dy)),
                shares=_shared(node, names, before),
                ties=_tied(node, names, before),
            )
        )
    for wire in brought.wires:
        route = brought.routes.get(wire)
        draft.connect(
            Wire(names[wire.source], wire.source_port, names[wire.target], wire.target_port),
            route and valid_route(shifted(route, dx, dy)),
        )
    for note in brought.notes.values():
        title = naming.another(note.name, draft.network.notes)
        spot = layout.possible((note.at[0] + dx, note.at[1] + dy))
        draft.edit(PutNote(draft.name, title, None, replace(note, name=title, at=spot)))
    frames = dict(draft.network.frames)
    for frame in brought.frames.values():
        title = naming.another(frame.name, frames)
        held = tuple(names[name] for name in frame.nodes)
        frames[title] = replace(Frame(title, held), colour=frame.colour)
    draft.frames(tuple(frames.values()))
    return tuple(names.values())


def _shared(node: Node, names: Mapping[str, str], before: Mapping[str, Node]) -> str:
    """Whose module a copy uses: that of the owner's copy, or of the same owner where it is here."""
    if node.shares in names:
        return names[node.shares]
    owner = before.get(node.shares)
    return owner.name if owner is not None and owner.type == node.type else ""


def _tied(node: Node, names: Mapping[str, str], before: Mapping[str, Node]) -> Mapping[str, str]:
    """Weights of a copy that are another node's: its copy's, or its own where that is here."""
    ties: dict[str, str] = {}
    for own, path in node.ties.items():
        head = head_of(path)
        if head in names:
            ties[own] = names[head] + path[len(head) :]
        elif head in before:
            ties[own] = path
    return ties


def _shift(draft: Draft, brought: Network, at: Place | None) -> Place:
    places = _places(brought)
    if at is not None:
        return (at[0] - min(x for x, _ in places), at[1] - min(y for _, y in places))
    standing = set(_places(draft.network))
    shift = OFFSET
    while any((x + shift, y + shift) in standing for x, y in places):
        shift += OFFSET
    return (shift, shift)


def _places(network: Network) -> list[Place]:
    nodes = [node.at for node in network.nodes.values()]
    return nodes + [note.at for note in network.notes.values()]
