"""What a check finds: problems, and every node's types, parameters and multiply-accumulates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph_compiler.problems import Problem
from graph_compiler.tensors import TensorType


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node after inference; `outputs` is empty where its shape could not be told."""

    type: str
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]
    weights: Mapping[str, tuple[int, ...]]
    parameters: int
    macs: int
    """Multiply-accumulates for a batch of one."""
    inside: Mapping[str, NodeFacts] = field(default_factory=dict)
    """For blocks the nodes inside by name, for repeats the turns by `[0]`, `[1]`, …"""
    params: Any = field(default=None, compare=False, repr=False)
    """The resolved parameters; for a repeat those of the first turn."""
    bypassed: bool = False
    """Whether the node is out of the run, what comes in going out again."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of `check_graph`."""

    network: str
    problems: tuple[Problem, ...]
    nodes: Mapping[str, NodeFacts] = field(default_factory=dict)
    uncounted: tuple[str, ...] = ()
    """Types of layers at work in it whose multiply-accumulates nobody knows: Python, not drawn."""

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of a run; warnings and hints do not."""
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stand in the way of a run."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def parameters(self) -> int:
        """Trainable parameters of the whole network."""
        return sum(facts.parameters for facts in self.nodes.values())

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one example through the whole network."""
        return sum(facts.macs for facts in self.nodes.values())

    def as_json(self) -> dict[str, Any]:
        """One network's part of what `nnstudio check --json` prints."""
        return {
            "parameters": self.parameters,
            "frozen": 0,
            "macs": self.macs,
            **({"macs_unknown": list(self.uncounted)} if self.uncounted else {}),
            "nodes": {
                path: {
                    "type": facts.type,
                    "output": [
                        [size if isinstance(size, int) else str(size) for size in out.shape]
                        for out in facts.outputs
                    ],
                    "parameters": facts.parameters,
                    "macs": facts.macs,
                    **({"bypassed": True} if facts.bypassed else {}),
                }
                for path, facts in paths(self.nodes)
            },
        }


def types_in(nodes: Mapping[str, NodeFacts]) -> set[str]:
    """The types of all nodes that run, those in blocks and repeats included.

    Equal calls are seen once.
    """
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [*nodes.values()]
    while waiting:
        node = waiting.pop()
        if node.bypassed:
            continue
        found.add(node.type)
        if id(node.inside) not in seen:
            seen.add(id(node.inside))
            waiting.extend(node.inside.values())
    return found


def paths(nodes: Mapping[str, NodeFacts], above: str = "") -> Iterator[tuple[str, NodeFacts]]:
    """Every node with its path, those inside blocks and repeats included: `stage1[0]/conv1`."""
    for name, facts in nodes.items():
        path = f"{above}{name}" if name.startswith("[") or not above else f"{above}/{name}"
        yield path, facts
        yield from paths(facts.inside, path)
