"""Steps on frames: the titled boxes whose chains become one `nn.Sequential`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graph_compiler.model import Frame
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.looks import valid_colour

LONGEST = 60


def add_frame(
    document: Document,
    network: str,
    nodes: Iterable[str],
    name: str | None = None,
    colour: str = "",
) -> Step:
    """A frame around nodes; they leave the frames they lay in."""
    draft = Draft(document.project, network)
    held = _known(draft, nodes)
    if not held:
        raise Refused("A frame needs at least one node. Select some first.")
    draft.unframe(held)
    taken = draft.network.frames
    title = naming.another(_valid(name), taken) if name else naming.fresh("part", taken)
    draft.frames((*taken.values(), Frame(title, held, colour)))
    return draft.step(f"Frame {title}")


def rename_frame(document: Document, network: str, old: str, new: str) -> Step:
    """Another title for a frame."""
    draft = Draft(document.project, network)
    frame, title = _frame(draft, old), _valid(new)
    if title != old and title in draft.network.frames:
        raise Refused(f"There is already a frame “{title}”. Choose another name.")
    _replace(draft, old, replace(frame, name=title))
    return draft.step(f"Rename frame {old} to {title}")


def remove_frame(document: Document, network: str, name: str) -> Step:
    """A frame goes; its nodes stay."""
    draft = Draft(document.project, network)
    _frame(draft, name)
    draft.frames(tuple(frame for frame in draft.network.frames.values() if frame.name != name))
    return draft.step(f"Remove frame {name}")


def set_frame_nodes(document: Document, network: str, name: str, nodes: Iterable[str]) -> Step:
    """What lies in a frame; nodes leave the frames they lay in, and a frame left empty goes."""
    draft = Draft(document.project, network)
    frame, held = _frame(draft, name), _known(draft, nodes)
    after: list[Frame] = []
    for other in draft.network.frames.values():
        rest = held if other is frame else tuple(node for node in other.nodes if node not in held)
        if rest:
            after.append(replace(other, nodes=rest))
    draft.frames(tuple(after))
    return draft.step(f"Change frame {name}")


def set_frame_colour(document: Document, network: str, name: str, colour: str) -> Step:
    """Another colour for a frame; "" is the theme's own."""
    draft = Draft(document.project, network)
    _replace(draft, name, replace(_frame(draft, name), colour=valid_colour(colour)))
    return draft.step(f"Colour frame {name}")


def _replace(draft: Draft, name: str, frame: Frame) -> None:
    frames = tuple(frame if one.name == name else one for one in draft.network.frames.values())
    draft.frames(frames)


def _frame(draft: Draft, name: str) -> Frame:
    try:
        return draft.network.frames[name]
    except KeyError:
        raise Refused(f"There is no frame “{name}”.") from None


def _known(draft: Draft, nodes: Iterable[str]) -> tuple[str, ...]:
    return tuple(draft.node(name).name for name in dict.fromkeys(nodes))


def _valid(name: str) -> str:
    title = " ".join(name.split())
    if not title:
        raise Refused("A frame needs a name.")
    if len(title) > LONGEST or not title.isprintable():
        raise Refused(f"A frame's name has at most {LONGEST} printable characters.")
    return title
