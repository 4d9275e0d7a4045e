"""The live check of a network: told of each edit, it works out anew only what the edit touches.

Owns which edit makes what doubtful, and the results. The slots with their wires are
`graph_compiler.slot_graph`'s, the working out is `graph_compiler.settling`'s. `check_graph` is the
same checker over everything at once, so that live and one-off results cannot differ. Knows no torch
and no Qt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graph_compiler.advice import once
from graph_compiler.blocks import drawing_of
from graph_compiler.bypass import is_out
from graph_compiler.candidates import candidate_problem
from graph_compiler.checking import watched_families
from graph_compiler.graphs import read_blocks, read_networkx
from graph_compiler.inferred import Inferred
from graph_compiler.model import Network, Project, Purpose, Value, Variable, Wire
from graph_compiler.order import to_outputs, topological
from graph_compiler.problems import Problem, weight
from graph_compiler.report import NodeFacts, Report, types_in
from graph_compiler.resolve import environment
from graph_compiler.settling import Settling
from graph_compiler.slot_graph import SlotGraph
from graph_compiler.slots import Slot
from graph_compiler.structure import Structure
from graph_compiler.tensors import TensorType
from graph_compiler.turns import INDEX, variables_of
from graph_compiler.wiring_faults import parameter_problem


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a block is looked at from: what one use of it gives its inputs and parameters."""

    types: Mapping[str, TensorType]
    params: Mapping[str, Value]


def check_graph(graph: Any, purpose: Purpose | None = None) -> Report:
    """Everything that is wrong with a graph, and what is known of its nodes; never raises."""
    network, variables, faults = read_networkx(graph)
    blocks, more = read_blocks(graph)
    report = Checker(network, variables, purpose, blocks).report()
    faults += more
    return Report(report.network, (*faults, *report.problems), report.nodes)


def check_project(project: Project, purpose: Purpose | None = None) -> dict[str, Report]:
    """The report of every network of a project; `purpose` belongs to the one that it names.

    Blocks are checked where they are used, with paths such as `stage1/conv1`.
    """
    first = project.plan.stages[0].network if project.plan.stages else "main"
    purposeful = purpose.network if purpose is not None and purpose.network else first
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
        self._graph = SlotGraph(network)
        self._slots = self._graph.slots
        self._settling = Settling(network, self._graph)
        self._readers: dict[Slot, None] = {}
        """Slots whose parameters read variables."""
        self._build()

    def _build(self) -> None:
        after: dict[str, list[str]] = {}
        for wire in self._network.wires:
            after.setdefault(wire.source, []).append(wire.target)
        nodes = self._network.nodes
        for name in topological(nodes, after):
            if name in nodes:
                slot = Slot(nodes[name], self._structure)
                self._graph.add(slot)
                self._take_type(slot)
                self._take_params(slot)
        for wire in self._network.wires:
            self._graph.link(wire)
        self._settling.everything()

    # edits

    def node_added(self, name: str) -> None:
        """A node is there that was not there before."""
        if name in self._slots:
            self.node_changed(name)
            return
        slot = Slot(self._network.nodes[name], self._structure)
        again = self._graph.add(slot)
        self._take_type(slot)
        self._take_params(slot)
        self._settling.ends(slot)
        for wire in again:
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
                self._graph.loose[wire] = None
        self._graph.remove(slot)
        self._readers.pop(slot, None)
        self._settling.forget(slot)

    def node_changed(self, name: str) -> None:
        """A node has another type, other parameters or other dismissed hints."""
        slot = self._slots[name]
        old, node = slot.node, self._network.nodes[name]
        slot.node = node
        if node.bypassed != old.bypassed and node.type == old.type:
            self._graph.untyped(slot, old.type)
            self._take_type(slot)
            self._settling.ends(slot)
        elif node.type != old.type:
            self._graph.untyped(slot, old.type)
            self._take_type(slot)
            self._settling.outlets(slot)
        elif (node.repeat, node.scan) != (old.repeat, old.scan):
            self._settling.outlets(slot)
        elif node.params == old.params and (node.shares, node.ties) == (old.shares, old.ties):
            if node.dismissed != old.dismissed:
                self._settling.types(slot)
            return
        self._take_params(slot)

    def wire_added(self, wire: Wire) -> None:
        """A wire is there that was not there before."""
        if self._graph.link(wire):
            self._settling.ends(self._slots[wire.source])
            self._settling.ends(self._slots[wire.target])
        elif wire in self._graph.loose:
            self._settling.ends_stale = True

    def wire_removed(self, wire: Wire) -> None:
        """A wire is gone."""
        if wire in self._graph.loose:
            self._settling.ends_stale = True
        if self._graph.unlink(wire):
            self._settling.ends(self._slots[wire.source])
            self._settling.ends(self._slots[wire.target])

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
                self._settling.types(slot)

    @property
    def values(self) -> Mapping[str, Value]:
        """What the names stand for that its expressions may read; in a block as it is called."""
        return self._env

    def blocks_changed(self) -> None:
        """A block was added, removed or edited."""
        self._structure.renew(self._blocks, self._env)
        known = self._structure.types
        for slot in self._slots.values():
            if known.get(slot.node.type) is not slot.layer or slot.structured:
                self._graph.untyped(slot, slot.node.type)
                self._take_type(slot)
                self._take_params(slot)
                self._settling.outlets(slot)

    def called_by(self, caller: Caller | None) -> None:
        """The block is looked at as another call, or the same with other types, sees it."""
        before = self._caller
        if caller == before and (
            caller is None or before is None or repr(caller.params) == repr(before.params)
        ):
            return  # the texts tell 1 from 1.0 and True
        self._caller = caller
        self.variables_changed()
        for slot in self._graph.by_type.get("Input", ()):
            slot.given = caller.types.get(slot.name) if caller else None
            self._settling.types(slot)

    def purpose_changed(self, purpose: Purpose | None) -> None:
        """The network is for other data, another recipe or another loss."""
        if purpose != self._purpose:
            self._purpose = purpose
            self._settling.purpose()

    # results

    def settle(self) -> frozenset[str]:
        """Brings everything up to date; the names of nodes whose facts or problems changed."""
        return self._settling.settle(self._env, self._purpose)

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
        awake = self._graph.awake()
        found = self._all_problems(awake)
        nodes: dict[str, NodeFacts] = {}
        for name in self._network.nodes:
            slot = self._slots[name]
            facts = slot.facts or slot.known_facts()
            if facts is not None and (awake is None or name in awake or slot.bypassed):
                nodes[name] = facts
        if any("/" in problem.node for problem in found):
            places = self._graph.places()
            found = once(found, self._network, self._blocks, places)
        found.sort(key=weight)
        written = {name for name, block in self._blocks.items() if block.code is not None}
        uncounted = tuple(sorted(written & types_in(nodes))) if written else ()
        return Report(self._network.name, tuple(found), nodes, uncounted)

    def structured(self) -> Iterator[NodeFacts]:
        """What is known of the nodes that hold a drawing or stand in a row, sources first.

        The order is the same whatever was drawn first.
        """
        self.settle()
        found = [slot for slot in self._slots.values() if slot.structured]
        if len(found) > 1:
            places = self._graph.places()
            found.sort(key=lambda slot: places[slot.name])
        awake = self._graph.awake() if found else None
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

    def errors(self) -> tuple[Problem, ...]:
        """Problems that stand in the way of a run, without the facts that a report works out."""
        self.settle()
        found = self._all_problems(self._graph.awake())
        return tuple(problem for problem in found if problem.severity == "error")

    def inferred(self) -> dict[str, Inferred] | None:
        """What `infer_symbolic` gives for a sound network; None where parameters read variables."""
        self.settle()
        if self._readers or self._graph.by_type.get("Choice"):
            return None
        special = any(slot.structured or slot.bypassed for slot in self._slots.values())
        if self._settling.sharing or special:
            return None
        slots = self._slots
        feeds = {
            name: slot.wires_by_port() for name, slot in slots.items() if slot.layer is not None
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

    # taking on what a node says

    def _take_type(self, slot: Slot) -> None:
        slot.set_layer(self._structure.types.get(slot.node.type))
        slot.given = None
        out = is_out(slot.node, slot.layer)
        if out or slot.bypassed:
            slot.bypassed = out
            self._graph.pass_through(slot)
            self._settling.bypassed(slot)
        if slot.node.type == "Input" and self._caller is not None:
            slot.given = self._caller.types.get(slot.name)
        slot.watched = slot.family in watched_families()
        self._graph.typed(slot, slot.node.type)
        self._settling.ends_stale = True

    def _take_params(self, slot: Slot) -> None:
        outlets = slot.outlets
        slot.set_params(self._env)
        if slot.outlets is not outlets and slot.outlets != outlets:
            self._settling.outlets(slot)
        self._settling.params(slot)
        slot.names = variables_of(slot.node) if not slot.bypassed else frozenset()
        if slot.structured:
            slot.names = (slot.names | self._structure.names(slot.node)) - {INDEX}
        if slot.names:
            self._readers[slot] = None
        elif slot in self._readers:
            del self._readers[slot]

    # what is wrong

    def _all_problems(self, awake: set[str] | None) -> list[Problem]:
        """What is wrong with the drawing, then with each node that is awake."""
        found, everywhere = self._problems_of(""), bool(self._settling.wide)
        for name in self._network.nodes:
            slot = self._slots[name]
            if awake is not None and name not in awake:
                continue
            if everywhere or slot.wiring or slot.faults or slot.shape_problems or slot.advice:
                found.extend(self._problems_of(name))
        return found

    def _problems_of(self, name: str) -> list[Problem]:
        found: list[Problem] = []
        slot = self._slots.get(name)
        if slot is not None:
            found += slot.wiring
            found += (parameter_problem(name, fault) for fault in slot.faults)
            found += slot.shape_problems
            found += slot.advice
        found += self._settling.wide.get(name, ())
        found = [p for p in found if p.severity != "hint" or p.code not in self._dismissed(p.node)]
        if self._network.name != "main":
            found = [replace(problem, network=self._network.name) for problem in found]
        found.sort(key=weight)
        return found
