"""What the emitted class consists of: chains of layers, single layers, operations; in order.

Owns the rule by which chains become `nn.Sequential` and get their names. Knows no text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graph_compiler.emit_calls import is_alias, is_link
from graph_compiler.emit_loops import is_row
from graph_compiler.inferred import Inferred
from graph_compiler.model import Frame, Wire
from graph_compiler.naming import Namespace

Value: TypeAlias = tuple[str, str]
"""What flows along wires: a node's name and the name of one of its output ports."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the forward pass: modules in a row, or one operation without a module."""

    nodes: tuple[str, ...]
    sources: tuple[Value, ...]
    """The values that go in, in the order of the first node's wires."""
    attribute: str = ""
    """The module's name in the class; empty for operations."""
    ports: tuple[str, ...] = ("output",)
    """The output ports of the last node."""
    branches: tuple[tuple[str, ...], ...] = ()
    """For a choice that the constructor makes: the modules of each branch; empty for none."""

    @property
    def value(self) -> Value:
        """The first value that comes out."""
        return self.nodes[-1], self.ports[0]

    @property
    def values(self) -> tuple[Value, ...]:
        """All values that come out."""
        return tuple((self.nodes[-1], port) for port in self.ports)

    @property
    def is_chain(self) -> bool:
        """Whether it becomes an `nn.Sequential`."""
        return len(self.nodes) > 1


@dataclass(frozen=True, slots=True)
class Parts:
    """A network taken apart."""

    inputs: tuple[str, ...]
    parts: tuple[Part, ...]
    outputs: Mapping[str, Value]
    """Output node to the value it returns, in the order in which they are returned."""


class UndecidedError(Exception):
    """Choices that no constructor can make, since more than a chain of modules hangs on them."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


def take_apart(
    nodes: Mapping[str, Inferred],
    frames: Mapping[str, Frame],
    ends: tuple[Sequence[str], Sequence[str]],
    alone: frozenset[str] = frozenset(),
) -> Parts:
    """Inputs, steps in the order of execution, and outputs of a network given in order.

    `ends` are the names of its inputs and outputs, in the order of the ports. Nodes in `alone`
    share weights with others and keep out of chains. Raises `UndecidedError`.
    """
    aliases = _aliases(nodes)
    inputs = tuple(name for name in ends[0] if name in nodes)
    outputs = {name: _source(nodes[name].wires[0], aliases) for name in ends[1] if name in nodes}
    users: dict[str, list[str]] = {name: [] for name in nodes}
    for name, node in nodes.items():
        if not aliases or (name, "output") not in aliases:
            for wire in node.wires:
                users[_source(wire, aliases)[0] if aliases else wire.source].append(name)
    homes = _homes(nodes, frames)
    links = {name for name, node in nodes.items() if name not in alone and is_link(node)}
    forks = _forks(nodes, aliases, users, links)
    inside = {name for _, branches in forks.values() for branch in branches for name in branch}
    chains = _chains(nodes, aliases, users, homes, links - inside, inside)
    attributes = _attributes(chains, nodes, aliases, users, homes)
    parts = {
        chain[0]: Part(
            chain,
            (forks[chain[0]][0],)
            if chain[0] in forks
            else tuple(_source(wire, aliases) for wire in nodes[chain[0]].wires),
            attributes.get(chain[0], ""),
            nodes[chain[-1]].ports_out,
            forks[chain[0]][1] if chain[0] in forks else (),
        )
        for chain in chains
    }
    return Parts(inputs, _in_order(parts, inputs), outputs)


def pipeline(
    taken: Parts, nodes: Mapping[str, Inferred], frames: Mapping[str, Frame]
) -> tuple[str, ...]:
    """The nodes of a drawing that is one chain of modules and rows, in order; else empty.

    Pieces that people named by frames stay apart.
    """
    named = {node for frame in frames.values() for node in frame.nodes}
    value: Value | None = (taken.inputs[0], "output") if len(taken.inputs) == 1 else None
    found: list[str] = []
    for part in taken.parts:
        framed = len(taken.parts) > 1 and part.is_chain and part.nodes[0] in named
        if framed or not part.attribute or part.branches or part.sources != (value,):
            return ()
        if not all(is_link(nodes[name]) or is_row(nodes[name]) for name in part.nodes):
            return ()
        found.extend(part.nodes)
        value = part.value
    return tuple(found) if list(taken.outputs.values()) == [value] else ()


def _kind(node: Inferred) -> str:
    return node.node.type


def _aliases(nodes: Mapping[str, Inferred]) -> dict[Value, Value]:
    """Values of operations that only pass on their input, to the value that is."""
    aliases: dict[Value, Value] = {}
    for name, node in nodes.items():
        if node.turns is not None or node.layer.module:
            continue
        passes = node.node.type == "Choice" and (
            len({_source(wire, aliases) for wire in node.wires}) == 1
        )
        written = node.layer.forward or node.layer.template
        if passes or (written and is_alias(node)):
            aliases[name, node.ports_out[0]] = _source(node.wires[0], aliases)
    return aliases


def _source(wire: Wire, aliases: Mapping[Value, Value]) -> Value:
    value = (wire.source, wire.source_port)
    return aliases.get(value, value) if aliases else value


def _homes(nodes: Mapping[str, Inferred], frames: Mapping[str, Frame]) -> dict[str, str]:
    """Node to the frame it counts to: the smallest around it, of several the first by name."""
    homes: dict[str, str] = {}
    for frame in sorted(frames.values(), key=lambda frame: (len(frame.nodes), frame.name)):
        for name in frame.nodes:
            if name in nodes:
                homes.setdefault(name, frame.name)
    return homes


def _chains(
    nodes: Mapping[str, Inferred],
    aliases: Mapping[Value, Value],
    users: Mapping[str, list[str]],
    homes: Mapping[str, str],
    links: set[str],
    inside: set[str],
) -> list[tuple[str, ...]]:
    """Every module or operation once; modules in a row in one frame are together."""
    following: dict[str, str] = {}
    inner: set[str] = set()
    for name in nodes:
        if name not in links:
            continue
        wire = nodes[name].wires[0]
        source = _source(wire, aliases)[0] if aliases else wire.source
        if source in links and len(users[source]) == 1 and homes.get(source) == homes.get(name):
            following[source] = name
            inner.add(name)
    skipped = {name for name, _ in aliases}
    chains = []
    for name, node in nodes.items():
        if name in inner or name in skipped or name in inside or not has_code(node):
            continue
        chain = [name]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append(tuple(chain))
    return chains


def _forks(
    nodes: Mapping[str, Inferred],
    aliases: Mapping[Value, Value],
    users: Mapping[str, list[str]],
    links: set[str],
) -> dict[str, tuple[Value, tuple[tuple[str, ...], ...]]]:
    """Choice to the value where its branches part, and the modules on each branch."""
    found: dict[str, tuple[Value, tuple[tuple[str, ...], ...]]] = {}
    undecided: set[str] = set()
    for name, node in nodes.items():
        if node.node.type != "Choice" or (name, node.ports_out[0]) in aliases:
            continue
        branches, starts = [], set()
        for wire in node.wires:
            value = _source(wire, aliases)
            branch: list[str] = []
            while value[0] in links and len(users[value[0]]) == 1:
                branch.append(value[0])
                value = _source(nodes[value[0]].wires[0], aliases)
            branches.append(tuple(reversed(branch)))
            starts.add(value)
        if len(starts) == 1:
            found[name] = starts.pop(), tuple(branches)
        else:
            undecided.add(name)
    if undecided:
        raise UndecidedError(frozenset(undecided))
    return found


def has_code(node: Inferred) -> bool:
    """Whether anything is written for the node: all but the ends of a drawing."""
    layer = node.layer
    made = layer.module or layer.forward or layer.template or node.body
    return bool(made) or node.node.type == "Choice"


def has_module(node: Inferred) -> bool:
    """Whether the node becomes a module of the class."""
    return bool(node.layer.module or node.body) or node.node.type == "Choice"


_BY_PLACE = {
    (True, True): "layers",
    (True, False): "stem",
    (False, True): "head",
    (False, False): "body",
}
"""A chain without a frame: whether it begins at an input and ends at an output, to its name."""


def _attributes(
    chains: list[tuple[str, ...]],
    nodes: Mapping[str, Inferred],
    aliases: Mapping[Value, Value],
    users: Mapping[str, list[str]],
    homes: Mapping[str, str],
) -> dict[str, str]:
    """First node of every chain of modules to its attribute: what people named goes first."""
    scope = Namespace()
    framed = {c: homes[c[0]] for c in chains if len(c) > 1 and c[0] in homes}
    names = scope.claim_all(framed.values())
    singles = [c[0] for c in chains if len(c) == 1 and has_module(nodes[c[0]])]
    attributes = scope.claim_all(singles)
    used: set[str] = set()
    for chain in chains:
        if chain in framed:
            name = names[framed[chain]]
            attributes[chain[0]] = scope.claim(name) if name in used else name
            used.add(name)
        elif len(chain) > 1:
            source = _source(nodes[chain[0]].wires[0], aliases)
            begins = _kind(nodes[source[0]]) == "Input"
            ends = any(_kind(nodes[user]) == "Output" for user in users[chain[-1]])
            wish = _BY_PLACE[begins, ends]
            if [_kind(nodes[user]) for user in users[chain[-1]]] == ["Add"]:
                joined = nodes[users[chain[-1]][0]]
                around = any(_source(wire, aliases) == source for wire in joined.wires)
                wish = "residual" if around else wish
            attributes[chain[0]] = scope.claim(wish)
    return attributes


def _in_order(parts: Mapping[str, Part], inputs: tuple[str, ...]) -> tuple[Part, ...]:
    """Sources before users, and each branch to its end before the next begins."""
    maker = {value: head for head, part in parts.items() for value in part.values}
    waiting = {
        head: len({maker[source] for source in part.sources if source in maker})
        for head, part in parts.items()
    }
    users: dict[str, list[str]] = {head: [] for head in parts}
    for head, part in parts.items():
        for source in {maker[source] for source in part.sources if source in maker}:
            users[source].append(head)
    place = {name: number for number, name in enumerate(inputs)}
    # The stack keeps what became ready last on top: that continues the branch just written.
    stack = sorted(
        (head for head, count in waiting.items() if count == 0),
        key=lambda head: (
            min((place.get(s[0], 0) for s in parts[head].sources), default=len(place)),
            head,
        ),
        reverse=True,
    )
    order = []
    while stack:
        head = stack.pop()
        order.append(parts[head])
        ready = []
        for user in users[head]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
        stack.extend(sorted(ready, reverse=True))
    return tuple(order)
