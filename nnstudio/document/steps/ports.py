"""Which ports a layer has for wires: free ones, and the numbered ones of a port `many`."""

from __future__ import annotations

import re

from graph_compiler.blocks import block_layer
from graph_compiler.layer import Layer, Port
from graph_compiler.model import Project
from graph_compiler.registry import layers
from nnstudio.document.edits import Refused
from nnstudio.document.steps.draft import Draft


def layer_of(type: str, project: Project) -> Layer:
    """The layer or block `type`; refused where there is none of that name."""
    found = find(type, project)
    if found is None:
        raise Refused(f"There is no layer “{type}”. Choose one from the palette.")
    return found


def find(type: str, project: Project) -> Layer | None:
    """The layer or block `type`; None where neither this program nor the project knows it."""
    block = project.networks.get(type)
    return block_layer(block) if block is not None and block.is_block else layers().get(type)


def place(port: str, ports: tuple[Port, ...]) -> Port | None:
    """The port that a wire's end belongs to; `input3` belongs to a port `input` for many."""
    for candidate in ports:
        if candidate.many:
            if re.fullmatch(re.escape(candidate.name) + r"[1-9]\d{0,5}", port):
                return candidate
        elif candidate.name == port:
            return candidate
    return None


def free_input(draft: Draft, name: str) -> str | None:
    """The first input of a node without a wire; None where all have one."""
    layer = find(draft.node(name).type, draft.project)
    if layer is None:
        return None
    taken = {wire.target_port for wire in draft.into(name)}
    for port in layer.inputs:
        if not port.many:
            if port.name not in taken:
                return port.name
            continue
        number = 1
        while f"{port.name}{number}" in taken:
            number += 1
        return f"{port.name}{number}"
    return None


def first_output(draft: Draft, name: str) -> str | None:
    """The first output of a node; None where it has none."""
    layer = find(draft.node(name).type, draft.project)
    return layer.outputs[0] if layer and layer.outputs else None
