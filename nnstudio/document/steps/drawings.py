"""Steps on whole drawings: add a block or a network, rename, duplicate, describe, delete one."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Network, Node, Plan, Project, Wire
from nnstudio.document.document import Document
from nnstudio.document.drawing_edits import PutNetwork, RenameNetwork, copied
from nnstudio.document.edits import Refused, Step, network_of
from nnstudio.document.field_edits import PutField
from nnstudio.document.network_edits import PutNode
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import instances
from nnstudio.document.steps.layout import PITCH
from nnstudio.document.steps.nodes import follow_in_variants

MAIN = "main"
"""The network that the window opens and trains; every project has it."""


def add_block(document: Document, name: str) -> Step:
    """A new block that hands on what it is fed: an Input `x` wired to an Output `y`."""
    draft = Draft(document.project)
    title = naming.valid_block(name, draft.project)
    ends = (Node("x", "Input"), Node("y", "Output", at=(2 * PITCH, 0.0)))
    block = Network(
        title,
        nodes={node.name: node for node in ends},
        wires={Wire("x", "output", "y", "input"): None},
        params={},
    )
    draft.edit(PutNetwork(title, None, block))
    return draft.step(f"Add the block {title}")


def add_network(document: Document, name: str) -> Step:
    """A new empty network beside the others."""
    draft = Draft(document.project)
    title = naming.valid_network(name, draft.project)
    draft.edit(PutNetwork(title, None, Network(title)))
    return draft.step(f"Add the network {title}")


def rename_drawing(document: Document, old: str, new: str) -> Step:
    """Another name for a block or network; instances, stages and keys of variants follow."""
    draft = Draft(document.project)
    drawing = network_of(draft.project, old)
    if old == MAIN:
        raise Refused("The main network keeps its name. Give it another title instead.")
    if new.strip() == old:
        return draft.step(f"Rename {old}")
    name = (naming.valid_block if drawing.is_block else naming.valid_network)(new, draft.project)
    draft.edit(RenameNetwork(old, name))
    for network, node in instances(draft.project, old):
        draft.edit(PutNode(network, node.name, node, replace(node, type=name)))
    stages = draft.project.plan.stages
    if any(stage.network == old for stage in stages):
        draft.plan(
            Plan(
                tuple(
                    replace(stage, network=name) if stage.network == old else stage
                    for stage in stages
                )
            )
        )
    follow_in_variants(draft, f"{old}/", f"{name}/")
    return draft.step(f"Rename {old} to {name}")


def duplicate_drawing(document: Document, name: str, new: str | None = None) -> Step:
    """A copy of a block or network under another name; nothing uses it yet."""
    draft = Draft(document.project)
    drawing = network_of(draft.project, name)
    if new is not None:
        valid = naming.valid_block if drawing.is_block else naming.valid_network
        title = valid(new, draft.project)
    elif drawing.is_block:
        title = naming.free_block(name, draft.project)
    else:
        title = naming.another(name, draft.project.networks)
    copy = copied(drawing)
    copy.name = title
    if copy.title:
        copy.title = _another_title(copy.title, draft.project)
    draft.edit(PutNetwork(title, None, copy))
    draft.variants(
        lambda given: {
            **given,
            **{
                title + key.removeprefix(name): value
                for key, value in given.items()
                if key.startswith(f"{name}/")
            },
        },
    )
    return draft.step(f"Duplicate {name} as {title}")


def delete_drawing(document: Document, name: str) -> Step:
    """A block or network goes; refused while something uses it."""
    draft = Draft(document.project)
    drawing = network_of(draft.project, name)
    if name == MAIN:
        raise Refused("The main network stays. Delete the nodes in it instead.")
    used = [
        f"{network}/{node.name}"
        for network, node in instances(draft.project, name)
        if network != name
    ]
    if used and drawing.is_block:
        more = f" and {len(used) - 3} more" if len(used) > 3 else ""
        raise Refused(
            f"{name} is used by {', '.join(used[:3])}{more}. "
            "Ungroup or delete the nodes that use it first."
        )
    stage = next((stage for stage in draft.project.plan.stages if stage.network == name), None)
    if stage is not None:
        raise Refused(
            f"The stage “{stage.name}” of the plan trains {name}. Choose another network there "
            "first."
        )
    remove_drawing(draft, name)
    return draft.step(f"Delete {name}")


def remove_drawing(draft: Draft, name: str) -> None:
    """Takes a drawing out of a draft, and what variants say of it."""
    draft.edit(PutNetwork(name, copied(network_of(draft.project, name)), None))
    draft.variants(
        lambda given: {
            key: value for key, value in given.items() if not key.startswith(f"{name}/")
        },
    )


def describe_drawing(document: Document, name: str, about: str) -> Step:
    """One sentence on what a drawing does; the palette shows that of a block."""
    drawing = network_of(document.project, name)
    clean = " ".join(about.split())
    if len(clean) > 500 or not clean.isprintable():
        raise Refused("A description has at most 500 printable characters.")
    return Step(f"Describe {name}", (PutField(name, "about", drawing.about, clean),))


def _another_title(title: str, project: Project) -> str:
    """The title with a number, for two drawings of one title would be two classes of one name."""
    taken = {network.title for network in project.networks.values()}
    number = 2
    while f"{title[:190]} {number}" in taken:
        number += 1
    return f"{title[:190]} {number}"
