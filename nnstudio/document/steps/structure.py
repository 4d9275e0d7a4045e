"""Steps on what a node is besides its layer: its turns, its scan, shared modules, tied weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph_compiler.layer import Mismatch
from graph_compiler.model import Node, Value
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import environment
from graph_compiler.sharing import sharing_problems
from graph_compiler.turns import turns
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import heirs, share_group
from nnstudio.document.steps.ports import layer_of
from nnstudio.document.visible import visible

SCANS = ("", "forward", "backward")


def set_repeat(
    document: Document, network: str, nodes: str | Iterable[str], count: int | str | None
) -> Step:
    """How often nodes stand in a row: a number, an expression as text, or None for once.

    Nodes that share one module take their turns together.
    """
    draft = Draft(document.project, network)
    names = _named(nodes)
    repeat = _turns(count)
    for name in names:
        node = draft.node(name)
        layer = layer_of(node.type, draft.project)
        if repeat is not None and not (layer.inputs and layer.outputs):
            raise Refused(
                f"{name} cannot stand in a row: {layer.title} lacks an input or an output that one "
                "turn could hand to the next. Repeat another layer."
            )
    for name in share_group(draft.network, names):
        node = replace(draft.node(name), repeat=repeat)
        _refuse_turns(draft, node)
        draft.put(node)
    what = names[0] if len(names) == 1 else f"{len(names)} nodes"
    return draft.step(f"Repeat {what} {repeat} times" if repeat else f"Do not repeat {what}")


def set_scan(document: Document, network: str, nodes: str | Iterable[str], scan: str) -> Step:
    """Whether blocks read sequences step by step: `forward`, `backward`, or "" for at once."""
    draft = Draft(document.project, network)
    names = _named(nodes)
    if scan not in SCANS:
        raise Refused(f"“{scan}” is no direction. Choose forward or backward.")
    for name in names:
        node = draft.node(name)
        block = draft.project.networks.get(node.type)
        if scan and (block is None or not block.is_block or block.code is not None):
            raise Refused(
                f"{name} is no block; only blocks can read a sequence step by step. "
                "Group it into a block first."
            )
    for name in share_group(draft.network, names):
        draft.put(replace(draft.node(name), scan=scan))
    what = names[0] if len(names) == 1 else f"{len(names)} blocks"
    return draft.step(f"Scan {what} {scan}" if scan else f"Do not scan {what}")


def set_shares(document: Document, network: str, node: str, other: str) -> Step:
    """The node uses another one's module, with its parameters; "" gives it one of its own."""
    draft = Draft(document.project, network)
    one = draft.node(node)
    if not other:
        draft.put(replace(one, shares=""))
        return draft.step(f"Give {node} a module of its own")
    owner = draft.node(other)
    owner = draft.node(owner.shares) if owner.shares in draft.network.nodes else owner
    if owner.name == node:
        raise Refused(
            f"{node} cannot use its own module."
            if other == node
            else f"{other} uses the module of {node} already."
        )
    if owner.type != one.type:
        raise Refused(
            f"{node} cannot use the module of {owner.name}: "
            f"the one is a {one.type}, the other a {owner.type}."
        )
    heirs(draft, node)
    draft.put(
        replace(
            draft.node(node),
            shares=owner.name,
            params=owner.params,
            repeat=owner.repeat,
            scan=owner.scan,
            ties={},
        )
    )
    return draft.step(f"Let {node} use the module of {owner.name}")


def set_tie(document: Document, network: str, node: str, weight: str, target: str | None) -> Step:
    """One weight of the node is another node's, named `word.weight` or `embed/word.weight`.

    None gives the node a weight of its own.
    """
    draft = Draft(document.project, network)
    tie(draft, node, weight, target, document.report(network).nodes)
    own = f"{node}.{weight}" if weight else node
    return draft.step(f"Tie {own} to {target}" if target else f"Give {own} a value of its own")


def tie(
    draft: Draft, node: str, weight: str, target: str | None, facts: Mapping[str, NodeFacts]
) -> None:
    """The same on a draft; `facts` say which weights there are and of which shapes."""
    one = draft.node(node)
    ties = {own: other for own, other in one.ties.items() if own != weight}
    if target is None:
        draft.put(replace(one, ties=ties))
        return
    if one.shares:
        raise Refused(
            f"{node} uses the module of {one.shares}. Tie the weight there, or give {node} a "
            "module of its own first."
        )
    if node not in facts:
        raise Refused(
            f"The weights of {node} are not known yet. Mend the problems before it first."
        )
    target = _end_of(draft, target)
    if target in (f"{node}.{weight}", node if not weight else ""):
        raise Refused(f"{node}.{weight} cannot be tied to itself. Choose another weight.")
    tied = replace(one, ties={weight: target})
    nodes, blocks = draft.network.nodes, draft.project.networks
    for problem in sharing_problems([replace(tied, shares="")], nodes, facts, blocks):
        raise Refused(_words(problem))
    if target.split("/")[0].rpartition(".")[0] not in facts and target.split("/")[0] not in facts:
        raise Refused(f"The weight {target} is not known yet. Mend the problems before it first.")
    draft.put(replace(one, ties=dict(sorted({**ties, weight: target}.items()))))
    mine = f"{node}.{weight}" if weight else node
    for other in tuple(draft.network.nodes.values()):
        if mine in other.ties.values():
            followed = {own: target if end == mine else end for own, end in other.ties.items()}
            draft.put(replace(other, ties=followed))


def _end_of(draft: Draft, target: str) -> str:
    """The weight that a weight of this drawing is tied to itself; else the weight as named."""
    name, _, weight = target.rpartition(".") if "." in target else (target, "", "")
    node = draft.network.nodes.get(name)
    return node.ties.get(weight, target) if node is not None else target


def _words(problem: Problem) -> str:
    return f"{problem.place}: expected {problem.expected}, got {problem.got}."


def _named(nodes: str | Iterable[str]) -> tuple[str, ...]:
    names = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))
    if not names:
        raise Refused("There is nothing to change. Select a node first.")
    return names


def _turns(count: int | str | None) -> int | str | None:
    """As it is stored: once is no repeat, and a number in words of digits is a number."""
    if isinstance(count, str):
        count = count.strip()
        if count.isascii() and count.isdigit() and len(count) < 16:
            count = int(count)
    if count is None or count == "" or (count == 1 and not isinstance(count, bool)):
        return None
    return count


def _refuse_turns(draft: Draft, node: Node) -> None:
    if node.repeat is None:
        return
    env: Mapping[str, Value] = environment(visible(draft.project, draft.network))
    try:
        turns(node, env)
    except Mismatch as fault:
        raise Refused(
            f"{node.name}.repeat: expected {fault.expected}, got {fault.got}. {fault.remedy}"
        ) from None
