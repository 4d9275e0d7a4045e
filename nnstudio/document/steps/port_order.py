"""The order of a block's ports through the edits of a step: what stays keeps its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graph_compiler.blocks import ends_out, ports_in
from graph_compiler.model import Network, Project
from nnstudio.document.field_edits import PutField

if TYPE_CHECKING:
    from nnstudio.document.steps.draft import Draft

SIDES: Mapping[str, Callable[[Network], tuple[str, ...]]] = {"in": ports_in, "out": ends_out}
"""Side to the end nodes there, in the order of their ports."""


def put_order(draft: Draft, block: str, ends: Mapping[str, Sequence[str]]) -> None:
    """Gives the end nodes of each side that is named their order."""
    network = draft.project.networks[block]
    given = {side: tuple(ends.get(side) or of(network)) for side, of in SIDES.items()}
    chosen = _chosen(network, given)
    if chosen != network.ports:
        draft.edit(PutField(block, "ports", network.ports, chosen))


def keep_order(
    draft: Draft,
    before: Project,
    renamed: Mapping[tuple[str, str], str],
    ordered: Collection[str],
) -> None:
    """Ports that were there stay in their order, new ones come behind, gone ones are forgotten."""
    for name, old in before.networks.items():
        block = draft.project.networks.get(name)
        if block is None or block.code is not None or not (block.is_block or block.ports):
            continue
        wanted = {}
        for side, of in SIDES.items():
            now = of(block)
            was: Iterable[str] = () if name in ordered else of(old) if old.code is None else ()
            left = [end for one in was if (end := renamed.get((name, one), one)) in now]
            wanted[side] = (*left, *(end for end in now if end not in left))
        chosen = _chosen(block, wanted)
        if chosen != block.ports:
            draft.edit(PutField(name, "ports", block.ports, chosen))


def chosen_order(network: Network, inputs: Sequence[str], outputs: Sequence[str]) -> Network:
    """The drawing with its end nodes in an order."""
    return replace(network, ports=_chosen(network, {"in": inputs, "out": outputs}))


def _chosen(network: Network, wanted: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What has to be stored: nothing of a side that stands as its names would stand."""
    plain = replace(network, ports=())
    moved = [side for side, of in SIDES.items() if tuple(wanted[side]) != of(plain)]
    return tuple(end for side in moved for end in wanted[side])
