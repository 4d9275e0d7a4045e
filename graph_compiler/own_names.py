"""Blocks keep out of the way of the layers: a file's block that is called like one gets a number.

Owns that renaming. A name that was free when a drawing was saved may be a layer's by now, and many
rules ask for a layer by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph_compiler.model import Network, Node, Project
from graph_compiler.registry import layers


def with_own_names(project: Project) -> Project:
    """The project with every block under a name that no layer has; uses of it follow.

    In the drawing of such a block itself the name means the layer, for no block holds itself.
    """
    new = _new_names(project.networks)
    if not new:
        return project
    networks = {}
    for name, network in project.networks.items():
        network.name = new.get(name, name)
        network.nodes = {
            key: _renamed(node, {old: other for old, other in new.items() if old != name})
            for key, node in network.nodes.items()
        }
        networks[network.name] = network
    project.networks = networks
    project.variants = {
        title: {_key(key, new): value for key, value in settings.items()}
        for title, settings in project.variants.items()
    }
    return project


def _new_names(networks: Mapping[str, Network]) -> dict[str, str]:
    """By name in the file, the name that a block gets in its place."""
    new: dict[str, str] = {}
    taken = {*networks, *layers()}
    for name, network in networks.items():
        if network.is_block and name in layers():
            number = 2
            while f"{name}Block{number if number > 2 else ''}" in taken:
                number += 1
            new[name] = f"{name}Block{number if number > 2 else ''}"
            taken.add(new[name])
    return new


def _renamed(node: Node, new: Mapping[str, str]) -> Node:
    return replace(node, type=new[node.type]) if node.type in new else node


def _key(key: str, new: Mapping[str, str]) -> str:
    """A variant's key, which begins with a drawing: `Stage/conv1.kernel_size`."""
    drawing, slash, rest = key.partition("/")
    return f"{new[drawing]}/{rest}" if slash and drawing in new else key
