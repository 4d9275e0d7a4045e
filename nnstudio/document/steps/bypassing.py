"""The step that takes nodes out of the run for a while, and lets them run again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graph_compiler.bypass import refusal
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.ports import find


def set_bypassed(
    document: Document, network: str, nodes: str | Iterable[str], bypassed: bool
) -> Step:
    """Whether nodes are out of run and export alike; their first inputs then pass through.

    Refused where that would not fit any more; to let nodes run again is never refused.
    """
    draft = Draft(document.project, network)
    names = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))
    if not names:
        raise Refused("There is nothing to bypass. Select a node first.")
    for name in names:
        reason = _reason(draft, name) if bypassed else ""
        if reason:
            raise Refused(f"{name} cannot be bypassed: {reason}")
        draft.put(replace(draft.node(name), bypassed=bypassed))
    what = names[0] if len(names) == 1 else f"{len(names)} nodes"
    step = draft.step(f"Bypass {what}" if bypassed else f"Let {what} run")
    if bypassed:
        _refuse_misfits(document, step, draft, names)
    return step


def _refuse_misfits(document: Document, step: Step, draft: Draft, names: tuple[str, ...]) -> None:
    """Refuses where something fits with the nodes and would not without them."""
    found = document.errors_of(step)
    if not found:
        return
    first = min(found, key=lambda problem: problem.network != draft.name)
    what, it = (names[0], "it") if len(names) == 1 else ("These nodes", "them")
    where, other = first.place, draft.network.nodes.get(first.node)
    if first.network != draft.name:
        where, other = f"{where} in {first.network}", None
    remedy = "Put another layer there"
    if other is not None and not other.bypassed and not _reason(draft, other.name):
        remedy = f"Bypass {first.node} as well"
    raise Refused(
        f"{what} cannot be bypassed. {where}: expected {first.expected}, got {first.got}. "
        f"{remedy}, or leave {it} in."
    )


def _reason(draft: Draft, name: str) -> str:
    """Why a node cannot be bypassed whatever is around it; empty where it can."""
    type = draft.node(name).type
    return refusal(find(type, draft.project), type)
