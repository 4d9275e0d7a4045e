"""What edits have made doubtful, and the working out of it anew: wiring, types, advice, the whole.

Owns the queues of the live check and the order in which they are emptied. Which edit makes what
doubtful is `graph_compiler.checker`'s; inference is `graph_compiler.slots`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from graph_compiler.advice import advice_of, reached
from graph_compiler.blocks import code_problems
from graph_compiler.checking import Sight, network_checks, node_checks, reading_families
from graph_compiler.feeding import Feeding
from graph_compiler.model import Network, Purpose, Value
from graph_compiler.problems import Problem
from graph_compiler.slot_graph import SlotGraph
from graph_compiler.slots import Slot
from graph_compiler.wiring_faults import wiring_problems

_NOTHING: frozenset[str] = frozenset()


class Settling:
    """The doubtful slots of a drawing, until `settle` has gone through them."""

    def __init__(self, network: Network, graph: SlotGraph) -> None:
        self._network, self._graph = network, graph
        self.ends_stale = True
        """Whether the checks of the whole network are to look again."""
        self.wide: dict[str, tuple[Problem, ...]] = {}
        """What they found, by node."""
        self.sharing: set[Slot] = set()
        """Slots that use another node's module or weights."""
        self._unfed: set[Slot] = set()
        self._dangling: set[Slot] = set()
        self._dirty: dict[Slot, None] = {}
        self._rebind: dict[Slot, None] = {}
        self._advise: dict[Slot, None] = {}
        self._touched: dict[Slot, None] = {}
        """Slots with other wires; who looks back at them is to be advised anew."""
        self._other_params: dict[Slot, None] = {}
        """The same for other parameters."""

    # what becomes doubtful

    def types(self, slot: Slot) -> None:
        """A slot's types are doubtful, and with them those of all that it feeds."""
        self._dirty[slot] = None

    def ends(self, slot: Slot) -> None:
        """The wires at a slot are doubtful."""
        self._rebind[slot] = None

    def outlets(self, slot: Slot) -> None:
        """The ports of a slot are doubtful, and with them the wires at their other ends."""
        self._rebind[slot] = None
        for wire in slot.wires_out:
            self._rebind[self._graph.slots[wire.target]] = None

    def bypassed(self, slot: Slot) -> None:
        """A slot is out of the run from now on, in it again, or another wire passes through."""
        self.outlets(slot)
        self._advise[slot] = None

    def params(self, slot: Slot) -> None:
        """A slot has other parameters."""
        self._dirty[slot] = None
        if slot.family in node_checks():
            self._advise[slot] = None
        shares = bool(slot.node.shares or slot.node.ties) and not slot.bypassed
        if shares or slot in self.sharing:
            _keep(self.sharing, slot, shares)
            self.ends_stale = True
        if slot.after:
            self._other_params[slot] = None

    def purpose(self) -> None:
        """The network is for something else."""
        self.ends_stale = True
        self._advise.update(dict.fromkeys(self._graph.slots.values()))

    def everything(self) -> None:
        """Nothing is known yet."""
        self._rebind = dict.fromkeys(self._graph.slots.values())
        self.ends_stale = True

    def forget(self, slot: Slot) -> None:
        """A slot is gone."""
        for queue in (
            self._dirty,
            self._rebind,
            self._advise,
            self._touched,
            self._other_params,
        ):
            queue.pop(slot, None)
        for members in (self.sharing, self._unfed, self._dangling):
            members.discard(slot)
        self.ends_stale = True

    # working it out

    def settle(self, env: Mapping[str, Value], purpose: Purpose | None) -> frozenset[str]:
        """Brings everything up to date; the names of nodes whose facts or problems changed."""
        changed: set[str] = set()
        if self._rebind:
            self._settle_wiring()
        if self._dirty:
            self._settle_types(env, changed)
        if self._touched or self._other_params:
            self._settle_reach()
        if self._advise:
            self._settle_advice(purpose, changed)
        if self.ends_stale:
            self._settle_network(purpose, changed)
        return frozenset(changed) if changed else _NOTHING

    def _settle_wiring(self) -> None:
        self._rebind.update(dict.fromkeys(self._graph.settle_cycles()))
        touched, self._rebind = self._rebind, {}
        self._reach_through(touched)
        slots, unfed, loose_ends = self._graph.slots, self._unfed, self._dangling
        feeding = Feeding(slots)
        for slot in touched:
            slot.bind(feeding)
            slot.wiring = wiring_problems(slot)
            dangling = not slot.wires_out and bool(slot.outlets) and not slot.bypassed
            slot.at_end = dangling or slot.family == "io"
            if dangling or slot in loose_ends:
                _keep(loose_ends, slot, dangling)
            if slot.missing or slot in unfed:
                fed = {wire.target_port for wire in slot.wires_in}
                _keep(unfed, slot, any(port not in fed for port in slot.missing))
        self._dirty.update(touched)
        if len(touched) == len(slots):
            self._advise.update(touched)
        else:
            self._touched.update(touched)
        self.ends_stale = True

    def _reach_through(self, touched: dict[Slot, None]) -> None:
        """Adds what stands before and behind bypassed slots, for it is joined through them."""
        slots, reread = self._graph.slots, self._graph.reread
        touched.update(reread)
        reread.clear()
        waiting = [slot for slot in touched if slot.bypassed]
        while waiting:
            slot = waiting.pop()
            near = [slots[wire.target] for wire in slot.wires_out]
            if slot.first is not None:
                near.append(slots[slot.first.source])
            for other in near:
                if other not in touched:
                    touched[other] = None
                    if other.bypassed:
                        waiting.append(other)

    def _settle_types(self, env: Mapping[str, Value], changed: set[str]) -> None:
        row, advise = self._graph.order.row, self._advise
        structured: list[Slot] = []
        waiting = self._queued()
        while waiting:
            slot = row[heappop(waiting)]
            if slot is None:
                continue
            slot.queued = False
            changed.add(slot.name)
            if slot.watched or slot.advice:
                advise[slot] = None
            if slot.structured:
                structured.append(slot)
            if slot.infer(env):
                if slot.at_end:
                    self.ends_stale = True
                for after in slot.after:
                    if not after.queued:
                        after.queued = True
                        heappush(waiting, after.position)
        if structured:
            advise.update(reached(structured))
            self.ends_stale = True  # the last layer before an end may stand inside
        if self.wide or self.sharing:
            self.ends_stale = True  # what they say may quote any node between the ends

    def _queued(self) -> list[int]:
        """The places of the slots whose types are doubtful, ready to be taken by the first."""
        places = []
        for slot in self._dirty:
            slot.settle_stuck()
            slot.queued = True
            places.append(slot.position)
        self._dirty = {}
        heapify(places)
        return places

    def _settle_reach(self) -> None:
        """Finds who looks back at what changed, once the insides of blocks are known again."""
        touched, self._touched = self._touched, {}
        self._advise.update(reached(touched))
        given, self._other_params = self._other_params, {}
        reads = reading_families()
        for slot in reached(given):
            if slot.structured or slot.family in reads:
                self._advise[slot] = None

    def _settle_advice(self, purpose: Purpose | None, changed: set[str]) -> None:
        waiting, self._advise = self._advise, {}
        for slot in waiting:
            found = advice_of(slot, purpose)
            if found != slot.advice:
                slot.advice = found
                changed.add(slot.name)

    def _settle_network(self, purpose: Purpose | None, changed: set[str]) -> None:
        self.ends_stale = False
        old = self.wide
        if self._network.code is not None:
            self.wide = code_problems(self._network)
            if old != self.wide:
                changed.add("")
            return
        self.wide = _by_node(self._found(purpose), self._graph.slots)
        if old != self.wide:
            names = old.keys() | self.wide.keys()
            changed.update(name for name in names if name and old.get(name) != self.wide.get(name))

    def _found(self, purpose: Purpose | None) -> Iterable[Problem]:
        graph = self._graph
        sight = Sight(
            graph.slots,
            graph.by_type,
            self._unfed,
            self._dangling,
            graph.groups,
            tuple(graph.loose),
            purpose,
            self.sharing,
        )
        for check in network_checks():
            yield from check.find(sight)


def _by_node(
    problems: Iterable[Problem], slots: Mapping[str, Slot]
) -> dict[str, tuple[Problem, ...]]:
    """The problems by node; those of a layer in a block by the block's."""
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in problems:
        name = problem.node
        if name not in slots:
            name = name.partition("/")[0]
        found[name] = (*found.get(name, ()), problem)
    return found


def _keep(members: set[Slot], slot: Slot, wanted: bool) -> None:
    if wanted:
        members.add(slot)
    else:
        members.discard(slot)
