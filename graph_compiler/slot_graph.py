"""The slots of a drawing with their wires, in an order that is kept while both come and go.

Owns which slots there are, which wires join them, which wires do not (loose ends, loops), and which
nodes a picked branch of a choice puts to sleep. What is worked out anew is
`graph_compiler.settling`'s.
"""

from __future__ import annotations

from graph_compiler.bypass import first_feed
from graph_compiler.model import Network, Wire
from graph_compiler.order import Order, canonical, on_cycles
from graph_compiler.slots import Slot


class SlotGraph:
    """The live mirror of a drawing that somebody else edits."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.slots: dict[str, Slot] = {}
        self.by_type: dict[str, dict[Slot, None]] = {}
        self.order = Order()
        self.loose: dict[Wire, None] = {}
        """Wires with an end that is no node."""
        self.back: dict[Wire, None] = {}
        """Wires left out of the order because each closes a cycle."""
        self.groups: tuple[tuple[str, ...], ...] = ()
        """Names that lie on a cycle together."""
        self._cycles_stale = False
        self._unread = 0
        """How many wires lead into inputs that bypassed nodes leave unread."""
        self.reread: dict[Slot, None] = {}
        """Slots whose wires have since come to be read or left unread."""
        self._places: dict[str, int] | None = None

    def add(self, slot: Slot) -> list[Wire]:
        """Takes on a slot; the loose wires that may now be tied again, let go of."""
        self.slots[slot.name] = slot
        self.order.append(slot)
        self._places = None
        again = [wire for wire in self.loose if slot.name in (wire.source, wire.target)]
        for wire in again:
            del self.loose[wire]
        return again

    def remove(self, slot: Slot) -> None:
        """Lets go of a slot without wires."""
        del self.slots[slot.name]
        self._places = None
        self.reread.pop(slot, None)
        self.untyped(slot, slot.node.type)
        self.order.remove(slot)

    def typed(self, slot: Slot, type: str) -> None:
        """Notes the type of a slot's node; one that is out of the run counts for none."""
        if not slot.bypassed:
            self.by_type.setdefault(type, {})[slot] = None

    def untyped(self, slot: Slot, type: str) -> None:
        """Forgets it."""
        self.by_type.get(type, {}).pop(slot, None)

    def link(self, wire: Wire) -> bool:
        """Joins two slots by a wire; False where an end is no node, or the wire is there."""
        self._places = None
        source, target = self.slots.get(wire.source), self.slots.get(wire.target)
        if source is None or target is None:
            self.loose[wire] = None
            return False
        if wire in target.wires_in:
            return False
        source.wires_out[wire] = target.wires_in[wire] = None
        self._join(wire, source, target)
        if target.bypassed:
            self.pass_through(target)
        return True

    def _join(self, wire: Wire, source: Slot, target: Slot) -> None:
        if not self.order.connect(source, target):
            self.back[wire] = None
        self._cycles_stale = True

    def _part(self, wire: Wire, source: Slot, target: Slot) -> None:
        if wire in self.back:
            del self.back[wire]
        else:
            self.order.disconnect(source, target)
        self._cycles_stale = True

    def pass_through(self, slot: Slot) -> None:
        """Leaves unread all wires into a bypassed slot but the first; of any other, none."""
        slot.first = first_feed(slot.wires_in, slot.layer) if slot.bypassed else None
        read = {slot.first} if slot.bypassed else slot.wires_in.keys()
        for wire in slot.wires_in:
            source = self.slots[wire.source]
            if wire not in read and wire not in source.unread:
                source.unread |= {wire}
                self._unread += 1
                self.reread[source] = None
                self._part(wire, source, slot)
        for wire in slot.wires_in:
            source = self.slots[wire.source]
            if wire in read and wire in source.unread:
                self._read_again(wire, source)
                self._join(wire, source, slot)

    def _read_again(self, wire: Wire, source: Slot) -> None:
        source.unread -= {wire}
        self._unread -= 1
        self.reread[source] = None

    def unlink(self, wire: Wire) -> bool:
        """Takes a wire away; False where it joined nothing."""
        self._places = None
        if wire in self.loose:
            del self.loose[wire]
            return False
        source, target = self.slots.get(wire.source), self.slots.get(wire.target)
        if source is None or target is None or wire not in target.wires_in:
            return False
        del source.wires_out[wire], target.wires_in[wire]
        if wire in source.unread:
            self._read_again(wire, source)
        else:
            self._part(wire, source, target)
        if target.bypassed:
            self.pass_through(target)
        return True

    def settle_cycles(self) -> list[Slot]:
        """Finds out anew which nodes lie on cycles, as seldom as there are any; who changed."""
        if not self._cycles_stale or not (self.back or self.groups):
            return []
        self._cycles_stale = False
        for wire in list(self.back):
            if self.order.connect(self.slots[wire.source], self.slots[wire.target]):
                del self.back[wire]
        edges: dict[str, list[str]] = {}
        if self.back:
            for slot in self.slots.values():
                if slot.wires_out:
                    read = (wire for wire in slot.wires_out if wire not in slot.unread)
                    edges[slot.name] = [wire.target for wire in read]
        groups = tuple(on_cycles(edges)) if edges else ()
        if groups == self.groups:
            return []
        old = {name for group in self.groups for name in group}
        new = {name for group in groups for name in group}
        self.groups = groups
        changed = [self.slots[name] for name in old ^ new if name in self.slots]
        for slot in changed:
            slot.cyclic = slot.name in new
        return changed

    def places(self) -> dict[str, int]:
        """Each node's place in an order that nodes and wires alone decide."""
        if self._places is None:
            row = canonical(self.slots, self._network.wires)
            self._places = {name: place for place, name in enumerate(row)}
        return self._places

    def awake(self) -> set[str] | None:
        """Nodes that lead to an end or into a loop through picked branches; None for all.

        What leads only into inputs that bypassed nodes leave unread sleeps as well.
        """
        if not self.by_type.get("Choice") and not self._unread:
            return None
        waiting = [
            slot
            for slot in self.slots.values()
            if slot.cyclic or not slot.outlets or not slot.wires_out
        ]
        reached = {slot.name for slot in waiting}
        while waiting:
            slot = waiting.pop()
            wires = [slot.first] if slot.bypassed and slot.first else slot.wires_in
            sources = [self.slots[wire.source] for wire in wires]
            if _is_choice(slot) and None not in slot.feeds:
                feeds = [feed[0] for feed in slot.feeds if feed is not None]
                sources = feeds[slot.params.pick : slot.params.pick + 1] or sources
            for source in sources:
                if source.name not in reached:
                    reached.add(source.name)
                    waiting.append(source)
        return reached


def _is_choice(slot: Slot) -> bool:
    """Whether it is known which branch a slot takes."""
    return (
        slot.node.type == "Choice"
        and not slot.bypassed
        and slot.layer is not None
        and not slot.faults
    )
