"""Which wire feeds which port of a node.

Owns the reading of port names, the numbered ones of a port `many` included. Knows no shapes.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from graph_compiler.layer import Layer, Port
from graph_compiler.model import Wire

_NUMBERED = re.compile(r"([a-z_]+?)([1-9][0-9]{0,5})")


def port_of(layer: Layer, name: str) -> Port | None:
    """The input port that a `target_port` names, numbered names of a port `many` included."""
    for port in layer.inputs:
        if port.name == name and not port.many:
            return port
    match = _NUMBERED.fullmatch(name)
    if match:
        for port in layer.inputs:
            if port.many and port.name == match[1]:
                return port
    return None


def is_optional(layer: Layer, name: str) -> bool:
    """Whether the input port that a `target_port` names may stay without a wire."""
    port = port_of(layer, name)
    return port is not None and port.optional


def port_number(name: str) -> int:
    """The number at the end of a port's name; 0 where there is none."""
    match = _NUMBERED.fullmatch(name)
    return int(match[2]) if match else 0


def bound(layer: Layer, wires: Collection[Wire]) -> list[tuple[str, Wire | None]]:
    """Input port names in the order of the layer's rule, each with its wire or None.

    Of several wires into one port the first by name counts; wires into unknown ports are left out.
    """
    taken: dict[str, Wire] = {}
    for wire in wires if len(wires) < 2 else sorted(wires):
        taken.setdefault(wire.target_port, wire)
    found: list[tuple[str, Wire | None]] = []
    for port in layer.inputs:
        if not port.many:
            found.append((port.name, taken.get(port.name)))
            continue
        names = [name for name in taken if port_of(layer, name) is port]
        names.sort(key=port_number)
        found.extend((name, taken[name]) for name in names)
        if not names:
            found.append((f"{port.name}1", None))
    return found
