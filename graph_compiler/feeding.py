"""What feeds an input, found through bypassed nodes.

Owns one walk over the slots as they are wired at one moment; a chain of bypassed nodes is walked
once, however many ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graph_compiler.model import Wire

if TYPE_CHECKING:
    from graph_compiler.slots import Slot

Feed = tuple["Slot", int]
"""A slot, and which of its outputs."""


class Feeding:
    """Answers for the wires of `slots` as long as nobody changes them."""

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self._slots = slots
        self._through: dict[Slot, Feed | None] = {}
        """What passes through a bypassed slot."""

    def of(self, wire: Wire | None) -> Feed | None:
        """What a wire brings; None where nothing comes."""
        walked: list[Slot] = []
        found: Feed | None = None
        while wire is not None:
            source = self._slots.get(wire.source)
            if source is None or wire.source_port not in source.outlets:
                break
            if not source.bypassed:
                found = source, source.outlets.index(wire.source_port)
                break
            if source in self._through:
                found = self._through[source]
                break
            self._through[source] = None  # met again on the way, it is a ring
            walked.append(source)
            wire = source.first
        for slot in walked:
            self._through[slot] = found
        return found
