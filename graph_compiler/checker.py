"""Checks a network and keeps the result up to date under edits.

Owns problems and facts of every node. Knows no torch and no Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.codes import problem
from graph_compiler.graphs import read_networkx
from graph_compiler.layer import Mismatch
from graph_compiler.model import Network, Project, Purpose, Variable, Wire
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.report import NodeFacts, Report
from graph_compiler.resolve import environment, resolve
from graph_compiler.symbolic_inference import ordered, outputs_of
from graph_compiler.wiring import bound


def check_graph(graph: Any, purpose: Purpose | None = None) -> Report:
    """Everything that is wrong with a graph, and what is known of its nodes; never raises."""
    network, variables, faults = read_networkx(graph)
    checker = Checker(network, variables, purpose)
    report = checker.report()
    return Report(report.network, (*faults, *report.problems), report.nodes)


def check_project(project: Project, purpose: Purpose | None = None) -> dict[str, Report]:
    """The report of every network of a project."""
    return {
        name: Checker(network, project.variables, purpose).report()
        for name, network in project.networks.items()
    }


class Checker:
    """The live check of one network that somebody else edits and reports the edits of."""

    def __init__(
        self,
        network: Network,
        variables: Mapping[str, Variable],
        purpose: Purpose | None = None,
    ) -> None:
        self._network, self._variables, self._purpose = network, variables, purpose
        self._facts: dict[str, NodeFacts] = {}
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._dirty = True

    def node_added(self, name: str) -> None:
        self._dirty = True

    node_removed = node_changed = node_added

    def wire_added(self, wire: Wire) -> None:
        self._dirty = True

    wire_removed = wire_added

    def variables_changed(self) -> None:
        self._dirty = True

    def purpose_changed(self, purpose: Purpose | None) -> None:
        self._purpose = purpose
        self._dirty = True

    def settle(self) -> frozenset[str]:
        """Brings everything up to date; the names of nodes whose facts or problems changed."""
        if not self._dirty:
            return frozenset()
        old, old_problems = self._facts, self._problems
        self._facts, self._problems, self._dirty = {}, {}, False
        self._infer()
        names = set(old) | set(self._facts) | set(old_problems) | set(self._problems)
        return frozenset(
            name
            for name in names
            if old.get(name) != self._facts.get(name)
            or old_problems.get(name) != self._problems.get(name)
        )

    def facts(self, name: str) -> NodeFacts | None:
        """What is known of a node."""
        self.settle()
        return self._facts.get(name)

    def problems(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with a node."""
        self.settle()
        return self._problems.get(name, ())

    def report(self) -> Report:
        """Everything at once."""
        self.settle()
        found = tuple(p for problems in self._problems.values() for p in problems)
        return Report(self._network.name, found, dict(self._facts))

    def accepts(
        self, source: str, source_port: str, target: str, target_port: str
    ) -> Problem | None:
        """What would be wrong with such a wire; None where it would fit."""
        return None

    def _infer(self) -> None:
        known, env = layers(), environment(self._variables)
        nodes = {n: node for n, node in self._network.nodes.items() if node.type in known}
        wires: dict[str, list[Wire]] = {}
        for wire in self._network.wires:
            if wire.source in nodes:
                wires.setdefault(wire.target, []).append(wire)
        feeds = {
            name: tuple(wire for _, wire in bound(known[node.type], wires.get(name, ())) if wire)
            for name, node in nodes.items()
        }
        for name in ordered(self._network, feeds, set(nodes)):
            node, layer = nodes[name], known[nodes[name].type]
            params, faults = resolve(node.params, layer, env)
            try:
                if faults:
                    raise faults[0]
                inputs = []
                for port, given in bound(layer, wires.get(name, ())):
                    if given is None:
                        raise Mismatch(
                            "unconnected", port, expected="a wire", got="none", remedy="Wire it."
                        )
                    facts = self._facts.get(given.source)
                    if facts is None or not facts.outputs:
                        inputs = None
                        break
                    inputs.append(facts.outputs[0])
                if inputs is None:
                    continue
                outputs = outputs_of(layer, params, tuple(inputs))
            except Mismatch as fault:
                self._problems[name] = (
                    problem(
                        fault.code,
                        name,
                        fault.port,
                        expected=fault.expected,
                        got=fault.got,
                        remedy=fault.remedy,
                        fixes=fault.fixes,
                    ),
                )
                continue
            weights = {
                key: shape
                for key, shape in layer.weights(params, *inputs).items()
                if shape is not None
            }
            count = 0
            for shape in weights.values():
                size = 1
                for axis in shape:
                    size *= axis
                count += size
            macs = layer.macs(params, outputs[0], *inputs)
            self._facts[name] = NodeFacts(node.type, tuple(inputs), outputs, weights, count, macs)
