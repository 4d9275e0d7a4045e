"""The live check of a network: told of each edit, it works out anew only what the edit touches.

Owns the slots, their order and the queue of what is dirty. Inference is `graph_compiler.slots`',
judgement `graph_compiler.checks`'. `check_graph` is the same checker over everything at once, so
that live and one-off results cannot differ. Knows no torch and no Qt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Any

from graph_compiler.blocks import code_problems, drawing_of
from graph_compiler.candidates import candidate_problem
from graph_compiler.checking import (
    TRANSPARENT,
    Sight,
    block_checks,
    network_checks,
    node_checks,
    reading_families,
    watched_families,
)
from graph_compiler.expressions import variables_in
from graph_compiler.flow import blocks_in, layers_in, maker
from graph_compiler.graphs import read_blocks, read_networkx
from graph_compiler.inferred import Inferred
from graph_compiler.model import Network, Node, Project, Purpose, Value, Variable, Wire
from graph_compiler.order import Order, canonical, on_cycles, to_outputs, topological
from graph_compiler.problems import Problem
from graph_compiler.report import NodeFacts, Report
from graph_compiler.resolve import environment
from graph_compiler.slots import Slot
from graph_compiler.structure import INDEX, Structure
from graph_compiler.tensors import TensorType
from graph_compiler.wiring import bound
from graph_compiler.wiring_faults import parameter_problem, wiring_problems

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a block is looked at from: what one use of it gives its inputs and parameters."""

    types: Mapping[str, TensorType]
    params: Mapping[str, Value]


_RANK = {"error": 0, "warning": 1, "hint": 2}


def check_graph(graph: Any, purpose: Purpose | None = None) -> Report:
    """Everything that is wrong with a graph, and what is known of its nodes; never raises."""
    network, variables, faults = read_networkx(graph)
    blocks, more = read_blocks(graph)
    report = Checker(network, variables, purpose, blocks).report()
    faults += more
    return Report(report.network, (*faults, *report.problems), report.nodes)


def check_project(project: Project, purpose: Purpose | None = None) -> dict[str, Report]:
    """The report of every network of a project; `purpose` belongs to the first stage's network.

    Blocks are checked where they are used, with paths such as `stage1/conv1`.
    """
    purposeful = project.plan.stages[0].network if project.plan.stages else "main"
    return {
        name: Checker(
            network, project.variables, purpose if name == purposeful else None, project.networks
        ).report()
        for name, network in project.networks.items()
        if not network.is_block
    }


class Checker:
    """Problems and facts of a network that somebody else edits and reports the edits of.

    The network and the variables are read live, never copied; each edit is made first, then told.
    """

    def __init__(
        self,
        network: Network,
        variables: Mapping[str, Variable],
        purpose: Purpose | None = None,
        blocks: Mapping[str, Network] | None = None,
        caller: Caller | None = None,
    ) -> None:
        self._network, self._variables, self._purpose = network, variables, purpose
        self._blocks: Mapping[str, Network] = blocks if blocks is not None else {}
        self._caller = caller
        self._env: dict[str, Value] = self._environment()
        self._structure = Structure(self._blocks, self._env)
        self._slots: dict[str, Slot] = {}
        self._by_type: dict[str, dict[Slot, None]] = {}
        self._readers: dict[Slot, None] = {}
        """Slots whose parameters read variables."""
        self._order = Order()
        self._loose: dict[Wire, None] = {}
        """Wires with an end that is no node."""
        self._back: dict[Wire, None] = {}
        """Wires left out of the order because each closes a cycle."""
        self._groups: tuple[tuple[str, ...], ...] = ()
        self._sharing: set[Slot] = set()
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
        self._cycles_stale = False
        self._in_order: dict[str, int] | None = None
        self._ends_stale = True
        self._wide: dict[str, tuple[Problem, ...]] = {}
        """What the checks of the whole network found, by node."""
        self._build()

    # edits

    def node_added(self, name: str) -> None:
        """A node is there that was not there before."""
        if name in self._slots:
            self.node_changed(name)
            return
        slot = self._slots[name] = Slot(self._network.nodes[name], self._structure)
        self._order.append(slot)
        self._in_order = None
        self._take_type(slot)
        self._take_params(slot)
        self._rebind[slot] = None
        for wire in [w for w in self._loose if name in (w.source, w.target)]:
            del self._loose[wire]
            self.wire_added(wire)

    def node_removed(self, name: str) -> None:
        """A node is gone; wires that still end there are reported as loose."""
        slot = self._slots.get(name)
        if slot is None:
            return
        for wire in [*slot.wires_in, *slot.wires_out]:
            if wire.source != wire.target or wire in slot.wires_in:
                self.wire_removed(wire)
            if wire in self._network.wires:
                self._loose[wire] = None
        del self._slots[name]
        self._in_order = None
        self._by_type[slot.node.type].pop(slot, None)
        self._order.remove(slot)
        for queue in (
            self._readers,
            self._dirty,
            self._rebind,
            self._advise,
            self._touched,
            self._other_params,
        ):
            queue.pop(slot, None)
        self._sharing.discard(slot)
        self._unfed.discard(slot)
        self._dangling.discard(slot)
        self._ends_stale = True

    def node_changed(self, name: str) -> None:
        """A node has another type, other parameters or other dismissed hints."""
        slot = self._slots[name]
        old, node = slot.node, self._network.nodes[name]
        slot.node = node
        if node.type != old.type:
            self._by_type[old.type].pop(slot, None)
            self._take_type(slot)
            self._rebind[slot] = None
            for wire in slot.wires_out:
                self._rebind[self._slots[wire.target]] = None
        elif (node.repeat, node.scan) != (old.repeat, old.scan):
            self._rebind[slot] = None
            for wire in slot.wires_out:
                self._rebind[self._slots[wire.target]] = None
        elif node.params == old.params and (node.shares, node.ties) == (old.shares, old.ties):
            if node.dismissed != old.dismissed:
                self._dirty[slot] = None
            return
        self._take_params(slot)

    def wire_added(self, wire: Wire) -> None:
        """A wire is there that was not there before."""
        self._in_order = None
        source, target = self._slots.get(wire.source), self._slots.get(wire.target)
        if source is None or target is None:
            self._loose[wire] = None
            self._ends_stale = True
            return
        if wire in target.wires_in:
            return
        source.wires_out[wire] = target.wires_in[wire] = None
        if not self._order.connect(source, target):
            self._back[wire] = None
        self._rebind[source] = self._rebind[target] = None
        self._cycles_stale = True

    def wire_removed(self, wire: Wire) -> None:
        """A wire is gone."""
        self._in_order = None
        if wire in self._loose:
            del self._loose[wire]
            self._ends_stale = True
            return
        source, target = self._slots.get(wire.source), self._slots.get(wire.target)
        if source is None or target is None or wire not in target.wires_in:
            return
        del source.wires_out[wire], target.wires_in[wire]
        if wire in self._back:
            del self._back[wire]
        else:
            self._order.disconnect(source, target)
        self._rebind[source] = self._rebind[target] = None
        self._cycles_stale = True

    def variables_changed(self) -> None:
        """Variables were added, removed or given other values."""
        old, self._env = self._env, self._environment()
        changed = {
            name
            for name in old.keys() | self._env.keys()
            if name not in old
            or name not in self._env
            or type(old[name]) is not type(self._env[name])
            or old[name] != self._env[name]
        }
        if changed:
            self._structure.renew(self._blocks, self._env)
        for slot in self._readers:
            if not changed.isdisjoint(slot.names):
                slot.set_params(self._env)
                self._dirty[slot] = None

    def blocks_changed(self) -> None:
        """A block was added, removed or edited."""
        self._structure.renew(self._blocks, self._env)
        known = self._structure.types
        for slot in self._slots.values():
            if known.get(slot.node.type) is not slot.layer or slot.structured:
                self._by_type[slot.node.type].pop(slot, None)
                self._take_type(slot)
                self._take_params(slot)
                self._rebind[slot] = None
                for wire in slot.wires_out:
                    self._rebind[self._slots[wire.target]] = None

    def called_by(self, caller: Caller | None) -> None:
        """The block is looked at as another call, or the same with other types, sees it."""
        before = self._caller
        if caller == before and (
            caller is None or before is None or repr(caller.params) == repr(before.params)
        ):
            return  # the texts tell 1 from 1.0 and True
        self._caller = caller
        self.variables_changed()
        for slot in self._by_type.get("Input", ()):
            slot.given = caller.types.get(slot.name) if caller else None
            self._dirty[slot] = None

    def purpose_changed(self, purpose: Purpose | None) -> None:
        """The network is for other data, another recipe or another loss."""
        if purpose != self._purpose:
            self._purpose = purpose
            self._ends_stale = True
            self._advise.update(dict.fromkeys(self._slots.values()))

    # results

    def settle(self) -> frozenset[str]:
        """Brings everything up to date; the names of nodes whose facts or problems changed."""
        changed: set[str] = set()
        if self._rebind:
            self._settle_wiring(changed)
        if self._dirty:
            self._settle_types(changed)
        if self._touched or self._other_params:
            self._settle_reach()
        if self._advise:
            self._settle_advice(changed)
        if self._ends_stale:
            self._settle_network(changed)
        return frozenset(changed) if changed else _NOTHING

    def facts(self, name: str) -> NodeFacts | None:
        """What is known of a node; None where its shape cannot be told."""
        self.settle()
        slot = self._slots.get(name)
        return slot.known_facts() if slot else None

    def problems(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with a node, errors first; dismissed hints are left out."""
        self.settle()
        return tuple(self._problems_of(name))

    def report(self) -> Report:
        """Problems of all nodes, errors first, and everything that is known of them."""
        self.settle()
        found = self._problems_of("")
        nodes: dict[str, NodeFacts] = {}
        awake = self._awake()
        for name in self._network.nodes:
            slot = self._slots[name]
            if awake is not None and name not in awake:
                continue
            if self._wide or slot.wiring or slot.faults or slot.shape_problems or slot.advice:
                found.extend(self._problems_of(name))
            facts = slot.facts or slot.known_facts()
            if facts is not None:
                nodes[name] = facts
        if any("/" in problem.node for problem in found):
            places = self._places()
            found = _once(found, self._network, self._blocks, places)
        found.sort(key=_severity)
        return Report(self._network.name, tuple(found), nodes)

    def structured(self) -> Iterator[NodeFacts]:
        """What is known of the nodes that hold a drawing or stand in a row, sources first.

        The order is the same whatever was drawn first.
        """
        self.settle()
        found = [slot for slot in self._slots.values() if slot.structured]
        if len(found) > 1:
            places = self._places()
            found.sort(key=lambda slot: places[slot.name])
        awake = self._awake() if found else None
        for slot in found:
            if awake is None or slot.name in awake:
                facts = slot.known_facts() or slot.broken_facts()
                if facts is not None:
                    yield facts

    def looked_into(self, name: str) -> NodeFacts | None:
        """What is known of a node, of a broken one what was worked out before it broke."""
        self.settle()
        slot = self._slots.get(name)
        return (slot.known_facts() or slot.broken_facts()) if slot else None

    def _places(self) -> dict[str, int]:
        """Each node's place in an order that nodes and wires alone decide."""
        if self._in_order is None:
            self._in_order = {
                name: place
                for place, name in enumerate(canonical(self._slots, self._network.wires))
            }
        return self._in_order

    def errors(self) -> tuple[Problem, ...]:
        """Problems that stand in the way of a run, without the facts that a report works out."""
        self.settle()
        found = self._problems_of("")
        awake = self._awake()
        for name, slot in self._slots.items():
            if awake is not None and name not in awake:
                continue
            if self._wide or slot.wiring or slot.faults or slot.shape_problems or slot.advice:
                found.extend(self._problems_of(name))
        return tuple(problem for problem in found if problem.severity == "error")

    def inferred(self) -> dict[str, Inferred] | None:
        """What `infer_symbolic` gives for a sound network; None where parameters read variables."""
        self.settle()
        if self._readers or self._by_type.get("Choice"):
            return None
        if self._sharing or any(slot.structured for slot in self._slots.values()):
            return None
        slots = self._slots
        feeds = {
            name: _wires_by_port(slot) for name, slot in slots.items() if slot.layer is not None
        }
        found: dict[str, Inferred] = {}
        for name in to_outputs(self._network, feeds):
            slot = slots[name]
            if slot.layer is not None:
                found[name] = Inferred(
                    slot.node, slot.layer, slot.params, {}, feeds[name], slot.inputs, slot.outputs
                )
        return found

    def accepts(
        self, source: str, source_port: str, target: str, target_port: str
    ) -> Problem | None:
        """What would be wrong with such a wire; None where it would fit."""
        self.settle()
        wire = Wire(source, source_port, target, target_port)
        found = candidate_problem(wire, self._slots, self._env)
        return replace(found, network=self._network.name) if found else None

    def _environment(self) -> dict[str, Value]:
        """What expressions read: variables, and a block's parameters at its caller's values."""
        found = environment(self._variables)
        if self._network.params:
            found |= environment(self._network.params)
        if self._caller is not None:
            found |= self._caller.params
        return found

    def _dismissed(self, path: str) -> tuple[str, ...]:
        """Codes of the hints that are dismissed on a node, which may stand inside a block."""
        slot = self._slots.get(path)
        if slot is not None or "/" not in path:
            return slot.node.dismissed if slot is not None else ()
        drawing, name = drawing_of(path, self._network, self._blocks)
        block = self._blocks.get(drawing)
        node = block.nodes.get(name) if block is not None else None
        return node.dismissed if node is not None else ()

    def _awake(self) -> set[str] | None:
        """Nodes that lead to an end through picked branches; None where nothing sleeps."""
        if not self._by_type.get("Choice"):
            return None
        waiting = [slot for slot in self._slots.values() if not slot.outlets or not slot.wires_out]
        reached = {slot.name for slot in waiting}
        while waiting:
            slot = waiting.pop()
            sources = [self._slots[wire.source] for wire in slot.wires_in]
            if slot.node.type == "Choice" and not slot.faults and None not in slot.feeds:
                feeds = [feed[0] for feed in slot.feeds if feed is not None]
                sources = feeds[slot.params.pick : slot.params.pick + 1] or sources
            for source in sources:
                if source.name not in reached:
                    reached.add(source.name)
                    waiting.append(source)
        return reached

    # the first time

    def _build(self) -> None:
        after: dict[str, list[str]] = {}
        for wire in self._network.wires:
            after.setdefault(wire.source, []).append(wire.target)
        nodes = self._network.nodes
        for name in topological(nodes, after):
            if name in nodes:
                slot = self._slots[name] = Slot(nodes[name], self._structure)
                self._order.append(slot)
                self._take_type(slot)
                self._take_params(slot)
        slots, connect = self._slots, self._order.connect
        self._rebind = dict.fromkeys(slots.values())
        for wire in self._network.wires:
            source, target = slots.get(wire.source), slots.get(wire.target)
            if source is None or target is None:
                self._loose[wire] = None
                continue
            source.wires_out[wire] = target.wires_in[wire] = None
            if not connect(source, target):
                self._back[wire] = None
        self._cycles_stale = self._ends_stale = True

    # taking on what a node says

    def _take_type(self, slot: Slot) -> None:
        slot.set_layer(self._structure.types.get(slot.node.type))
        slot.given = None
        if slot.node.type == "Input" and self._caller is not None:
            slot.given = self._caller.types.get(slot.name)
        slot.watched = slot.family in watched_families()
        self._by_type.setdefault(slot.node.type, {})[slot] = None
        self._ends_stale = True

    def _take_params(self, slot: Slot) -> None:
        outlets = slot.outlets
        slot.set_params(self._env)
        if slot.outlets is not outlets and slot.outlets != outlets:
            self._rebind[slot] = None
            for wire in slot.wires_out:
                self._rebind[self._slots[wire.target]] = None
        self._dirty[slot] = None
        if slot.family in node_checks():
            self._advise[slot] = None
        if slot.node.shares or slot.node.ties or slot in self._sharing:
            _keep(self._sharing, slot, bool(slot.node.shares or slot.node.ties))
            self._ends_stale = True
        if slot.after:
            self._other_params[slot] = None
        slot.names = _variables_of(slot.node)
        if slot.structured:
            slot.names = (slot.names | self._structure.names(slot.node)) - {INDEX}
        if slot.names:
            self._readers[slot] = None
        elif slot in self._readers:
            del self._readers[slot]

    # settling

    def _settle_wiring(self, changed: set[str]) -> None:
        if self._back or self._groups:
            self._settle_cycles()
        touched, self._rebind = self._rebind, {}
        slots, unfed, loose_ends = self._slots, self._unfed, self._dangling
        for slot in touched:
            slot.bind(slots)
            slot.wiring = wiring_problems(slot)
            dangling = not slot.wires_out and bool(slot.outlets)
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
        self._ends_stale = True

    def _settle_cycles(self) -> None:
        """Finds out anew which nodes lie on cycles, as seldom as there are any."""
        if not self._cycles_stale:
            return
        self._cycles_stale = False
        for wire in list(self._back):
            if self._order.connect(self._slots[wire.source], self._slots[wire.target]):
                del self._back[wire]
        edges: dict[str, list[str]] = {}
        if self._back:
            for slot in self._slots.values():
                if slot.wires_out:
                    edges[slot.name] = [wire.target for wire in slot.wires_out]
        groups = tuple(on_cycles(edges)) if edges else ()
        if groups == self._groups:
            return
        old = {name for group in self._groups for name in group}
        new = {name for group in groups for name in group}
        self._groups = groups
        for name in old ^ new:
            member = self._slots.get(name)
            if member is not None:
                member.cyclic = name in new
                self._rebind[member] = None

    def _settle_types(self, changed: set[str]) -> None:
        row, env, advise = self._order.row, self._env, self._advise
        structured: list[Slot] = []
        waiting = []
        for dirty in self._dirty:
            dirty.settle_stuck()
            dirty.queued = True
            waiting.append(dirty.position)
        self._dirty = {}
        heapify(waiting)
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
                    self._ends_stale = True
                for after in slot.after:
                    if not after.queued:
                        after.queued = True
                        heappush(waiting, after.position)
        if structured:
            advise.update(_reached(structured))
            self._ends_stale = True  # the last layer before an end may stand inside
        if self._wide or self._sharing:
            self._ends_stale = True  # what they say may quote any node between the ends

    def _settle_reach(self) -> None:
        """Finds who looks back at what changed, once the insides of blocks are known again."""
        touched, self._touched = self._touched, {}
        self._advise.update(_reached(touched))
        given, self._other_params = self._other_params, {}
        reads = reading_families()
        for slot in _reached(given):
            if slot.structured or slot.family in reads:
                self._advise[slot] = None

    def _settle_advice(self, changed: set[str]) -> None:
        waiting, self._advise = self._advise, {}
        by_family = node_checks()
        for slot in waiting:
            found: tuple[Problem, ...] = ()
            if slot.structured and not slot.cyclic:
                found = tuple(self._advice_inside(slot))
            elif not slot.cyclic:
                for check in by_family.get(slot.family, ()):
                    found += tuple(check.find(slot, self._purpose))
            if found != slot.advice:
                slot.advice = found
                changed.add(slot.name)

    def _advice_inside(self, slot: Slot) -> Iterator[Problem]:
        """What is to be said of the layers inside a node, each place once."""
        by_family = node_checks()
        seen: set[tuple[str, str, str]] = set()
        for path, block in blocks_in(slot):
            for check in block_checks():
                yield from check.find(path, block)
        for place in layers_in(slot):
            for advice in by_family.get(place.family, ()):
                for one in advice.find(place, self._purpose):
                    key = (one.node, one.port, one.code)
                    if key not in seen:
                        seen.add(key)
                        yield one

    def _settle_network(self, changed: set[str]) -> None:
        self._ends_stale = False
        if self._network.code is not None:
            self._settle_code(changed)
            return
        sight = Sight(
            self._slots,
            self._by_type,
            self._unfed,
            self._dangling,
            self._groups,
            tuple(self._loose),
            self._purpose,
            self._sharing,
        )
        found: dict[str, tuple[Problem, ...]] = {}
        for check in network_checks():
            for problem in check.find(sight):
                name = problem.node
                if name not in self._slots:  # a layer in a block: the block's
                    name = name.partition("/")[0]
                found[name] = (*found.get(name, ()), problem)
        old, self._wide = self._wide, found
        if old != found:
            names = old.keys() | found.keys()
            changed.update(name for name in names if name and old.get(name) != found.get(name))

    def _settle_code(self, changed: set[str]) -> None:
        """A block that is written in Python: what is wrong with its text."""
        old, self._wide = self._wide, code_problems(self._network)
        if old != self._wide:
            changed.add("")

    def _problems_of(self, name: str) -> list[Problem]:
        found: list[Problem] = []
        slot = self._slots.get(name)
        if slot is not None:
            found += slot.wiring
            found += (parameter_problem(name, fault) for fault in slot.faults)
            found += slot.shape_problems
            found += slot.advice
        found += self._wide.get(name, ())
        found = [p for p in found if p.severity != "hint" or p.code not in self._dismissed(p.node)]
        if self._network.name != "main":
            found = [replace(problem, network=self._network.name) for problem in found]
        found.sort(key=_severity)
        return found


def _once(
    found: list[Problem],
    network: Network,
    blocks: Mapping[str, Network],
    places: Mapping[str, int],
) -> list[Problem]:
    """The problems without hints on a layer of a block that an earlier use of it has shown."""
    seen: set[tuple[str, str, str, str]] = set()
    below = [problem for problem in found if problem.severity != "error" and "/" in problem.node]
    below.sort(key=lambda problem: places.get(_use(problem), -1))
    again: set[int] = set()
    for problem in below:
        drawing, name = drawing_of(problem.node, network, blocks)
        key = (drawing, name, problem.port, problem.code)
        if key in seen:
            again.add(id(problem))
        seen.add(key)
    return [problem for problem in found if id(problem) not in again]


def _use(problem: Problem) -> str:
    """The node of the drawing itself in which a problem lies."""
    return problem.node.partition("/")[0].partition("[")[0]


def _wires_by_port(slot: Slot) -> tuple[Wire, ...]:
    if len(slot.wires_in) < 2 or slot.layer is None:
        return tuple(slot.wires_in)
    return tuple(wire for _, wire in bound(slot.layer, slot.wires_in) if wire is not None)


def _severity(problem: Problem) -> int:
    return _RANK[problem.severity]


def _keep(members: set[Slot], slot: Slot, wanted: bool) -> None:
    if wanted:
        members.add(slot)
    else:
        members.discard(slot)


def _variables_of(node: Node) -> frozenset[str]:
    """Names that the parameters of a node may read; words of a choice count as well."""
    names: frozenset[str] = frozenset()
    for value in node.params.values():
        if isinstance(value, str | tuple | list):
            names |= variables_in(value)
    return names


def _passes(slot: Slot) -> bool:
    """Whether a look backwards may go through it; a block's last layer mostly stands inside it."""
    if not slot.structured or not slot.outputs:
        return slot.structured or slot.family in TRANSPARENT
    inside = f"{slot.name}/"
    made = (maker(slot, outlet).name for outlet in range(len(slot.outlets)))
    return any(name != slot.name and not name.startswith(inside) for name in made)


def _reached(touched: Iterable[Slot]) -> dict[Slot, None]:
    """The slots whose look backwards may meet one of the touched."""
    found = dict.fromkeys(touched)
    waiting = list(found)
    while waiting:
        for after in waiting.pop().after:
            if after not in found:
                found[after] = None
                if _passes(after):
                    waiting.append(after)
    return found
