"""Networks as networkx graphs and back.

Owns the agreed form: node attributes `type`, `params`, `at`; edge attributes `source_port`,
`target_port` (left out: the only output, the first free input); graph attributes `name`,
`variables`, `frames`. Reading never raises, whatever the graph holds: faults come back as problems.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from keyword import iskeyword
from typing import Any

import networkx as nx

from graph_compiler.code_model import Code
from graph_compiler.codes import problem
from graph_compiler.graph_wires import port_names, read_wires
from graph_compiler.model import Frame, Network, Node, Value, Variable
from graph_compiler.problems import Problem
from graph_compiler.resolve import shown

_STRUCTURED = frozenset({"repeat", "scan", "shares", "ties", "bypassed"})
"""Attributes that make a node more than a layer."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
"""What the name of a node, a frame or a variable looks like."""


def to_networkx(
    network: Network,
    variables: Mapping[str, Variable],
    project: str = "",
    networks: Mapping[str, Network] | None = None,
) -> nx.MultiDiGraph:
    """The network as a graph that `check_graph`, `emit` and `compile_graph` take.

    Of `networks`, the blocks that it uses come with it.
    """
    graph = _drawn(network, variables, project)
    used = blocks_used(network, networks or {})
    if used:
        graph.graph["blocks"] = {name: _drawn(one, {}, "") for name, one in used.items()}
    return graph


def blocks_used(network: Network, networks: Mapping[str, Network]) -> dict[str, Network]:
    """The blocks that a drawing is made of, those inside others included, by name."""
    found: dict[str, Network] = {}
    waiting = [network]
    while waiting:
        for node in waiting.pop().nodes.values():
            block = networks.get(node.type)
            if block is not None and block.is_block and node.type not in found:
                found[node.type] = block
                waiting.append(block)
    return dict(sorted(found.items()))


def _drawn(network: Network, variables: Mapping[str, Variable], project: str) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(
        name=network.title or project or network.name,
        network=network.name,
        variables=dict(variables),
        frames={frame.name: list(frame.nodes) for frame in network.frames.values()},
    )
    if network.params is not None:
        graph.graph["params"] = dict(network.params)
    if network.about:
        graph.graph["about"] = network.about
    if network.code is not None:
        graph.graph["code"] = network.code
    if network.ports:
        graph.graph["ports"] = list(network.ports)
    for node in network.nodes.values():
        graph.add_node(
            node.name,
            type=node.type,
            params=dict(node.params),
            at=node.at,
            dismissed=node.dismissed,
            **_structured(node),
        )
    for wire in network.wires:
        graph.add_edge(
            wire.source, wire.target, source_port=wire.source_port, target_port=wire.target_port
        )
    return graph


def _structured(node: Node) -> dict[str, Any]:
    """What makes a node more than a layer, as attributes."""
    found: dict[str, Any] = {}
    if node.repeat is not None:
        found["repeat"] = node.repeat
    if node.scan:
        found["scan"] = node.scan
    if node.shares:
        found["shares"] = node.shares
    if node.ties:
        found["ties"] = dict(node.ties)
    if node.bypassed:
        found["bypassed"] = True
    return found


def from_networkx(graph: nx.MultiDiGraph) -> tuple[Network, dict[str, Variable]]:
    """The network and the variables that a graph describes, as far as they can be told."""
    network, variables, _ = read_networkx(graph)
    return network, variables


def read_networkx(
    graph: Any, blocks: Mapping[Any, Any] | None = None
) -> tuple[Network, dict[str, Variable], tuple[Problem, ...]]:
    """The same, with the problems of whatever could not be read."""
    faults: list[Problem] = []
    about = graph.graph if isinstance(getattr(graph, "graph", None), Mapping) else {}
    name = about.get("network", "main")
    title = about.get("name", "")
    network = Network(
        name if isinstance(name, str) and NAME.fullmatch(name) else "main",
        title if isinstance(title, str) else "",
    )
    if not graph.is_directed():
        faults.append(
            problem(
                "undirected",
                expected="a directed graph",
                got="an undirected one",
                remedy="Build it as networkx.MultiDiGraph.",
            )
        )
    keys = _nodes(graph, network, faults)
    network.ports = tuple(
        name
        for name in port_names(about.get("ports"))
        if name in network.nodes and network.nodes[name].type in ("Input", "Output")
    )
    given = about.get("blocks") if blocks is None else blocks
    read_wires(graph, network, keys, faults, given if isinstance(given, Mapping) else {})
    variables = _variables(about.get("variables"), faults)
    _frames(about.get("frames"), network, keys)
    return network, variables, tuple(faults)


def read_blocks(graph: Any) -> tuple[dict[str, Network], tuple[Problem, ...]]:
    """The blocks that come with a graph, and what could not be read of them."""
    about = graph.graph if isinstance(getattr(graph, "graph", None), Mapping) else {}
    given = about.get("blocks")
    found: dict[str, Network] = {}
    faults: list[Problem] = []
    if not isinstance(given, Mapping):
        return found, ()
    for name, drawing in given.items():
        if (
            not isinstance(name, str)
            or not NAME.fullmatch(name)
            or not isinstance(drawing, nx.DiGraph)
        ):
            faults.append(
                problem(
                    "bad_block",
                    expected="a directed networkx graph under a plain name",
                    got=shown(name),
                    remedy="Rename the block, or give it a drawing.",
                )
            )
            continue
        block, _, more = read_networkx(drawing, given)
        params = drawing.graph.get("params")
        block.name = name
        block.about = text if isinstance(text := drawing.graph.get("about"), str) else ""
        block.params = _variables(params if isinstance(params, Mapping) else {}, faults)
        code = drawing.graph.get("code")
        block.code = _code(name, code, faults) if code is not None else None
        found[name] = block
        faults += (replace(one, node=f"{name}/{one.node}") for one in more)
    return found, tuple(faults)


def _code(name: str, code: Any, faults: list[Problem]) -> Code | None:
    """The code that a graph carries, if it could stand in a file."""
    from graph_compiler.schema_code import is_sound

    if isinstance(code, Code) and is_sound(code):
        return code
    faults.append(
        problem(
            "bad_block",
            expected="a text with its ports as code",
            got=shown(code),
            remedy=f"Give {name} a Code, or a drawing.",
        )
    )
    return None


def _nodes(graph: Any, network: Network, faults: list[Problem]) -> dict[Any, str]:
    keys: dict[Any, str] = {}
    for key, data in graph.nodes(data=True):
        name = key if isinstance(key, str) else shown(key, quoted=False)
        if name in network.nodes:
            faults.append(
                problem(
                    "duplicate_name",
                    name,
                    expected="a name of its own for each node",
                    got=f"two nodes named {shown(name, quoted=False)}",
                    remedy="Rename one of them.",
                )
            )
            continue
        keys[key] = name
        if not isinstance(key, str) and NAME.fullmatch(name):
            faults.append(
                problem(
                    "bad_name",
                    name,
                    expected="text as the name of a node",
                    got=shown(key),
                    remedy="Name the node by a string.",
                )
            )
        params = data.get("params", {})
        if not isinstance(params, Mapping):
            faults.append(
                problem(
                    "bad_attributes",
                    name,
                    "params",
                    expected="a dict of parameters",
                    got=shown(params),
                    remedy="Give the parameters as a dict.",
                )
            )
            params = {}
        type_name = data.get("type", "")
        node = Node(
            name,
            type_name if isinstance(type_name, str) else shown(type_name),
            {key: _stored(value) for key, value in params.items()} if params else {},
            _position(data["at"]) if "at" in data else (0.0, 0.0),
            _dismissed(data["dismissed"]) if "dismissed" in data else (),
        )
        if not _STRUCTURED.isdisjoint(data):
            node = replace(
                node,
                repeat=_stored(data.get("repeat")),
                scan=scan if (scan := data.get("scan")) in ("forward", "backward") else "",
                shares=shares if isinstance(shares := data.get("shares"), str) else "",
                ties=_ties(data.get("ties")),
                bypassed=data.get("bypassed") is True,
            )
        network.nodes[name] = node
    return keys


def _ties(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    return {
        name: other
        for name, other in given.items()
        if isinstance(name, str) and isinstance(other, str)
    }


def _stored(value: Any) -> Value:
    """Lists as tuples, all the way down."""
    if isinstance(value, list | tuple):
        return tuple(_stored(item) for item in value[:10_000])
    stored: Value = value
    return stored


def _position(at: Any) -> tuple[float, float]:
    if isinstance(at, tuple | list) and len(at) == 2:
        x, y = at
        numbers = isinstance(x, int | float) and isinstance(y, int | float)
        if numbers and abs(x) < 1e9 and abs(y) < 1e9 and not math.isnan(x + y):
            return float(x), float(y)
    return 0.0, 0.0


def _dismissed(codes: Any) -> tuple[str, ...]:
    if not isinstance(codes, tuple | list):
        return ()
    return tuple(code for code in codes if isinstance(code, str))


def _variables(given: Any, faults: list[Problem]) -> dict[str, Variable]:
    if not isinstance(given, Mapping):
        return {}
    found: dict[str, Variable] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not NAME.fullmatch(name) or iskeyword(name):
            faults.append(
                problem(
                    "bad_variable",
                    expected="a name of letters, digits and _ that Python leaves free",
                    got=shown(name),
                    remedy="Rename the variable.",
                )
            )
            continue
        variable = value if isinstance(value, Variable) else Variable(name, _stored(value))
        if not _is_value(variable.value):
            faults.append(
                problem(
                    "bad_variable",
                    port=name,
                    expected="a number, true, false, a word or a tuple of them",
                    got=shown(variable.value),
                    remedy="Give the variable such a value.",
                )
            )
            continue
        found[name] = variable
    return found


def _is_value(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_value(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool | str) or (isinstance(value, int) and abs(value) <= 10**15)


def _frames(given: Any, network: Network, keys: dict[Any, str]) -> None:
    if not isinstance(given, Mapping):
        return
    for name, members in given.items():
        if isinstance(name, str) and isinstance(members, list | tuple | set | frozenset):
            inside = tuple(keys[key] for key in members if _hashable(key) and key in keys)
            network.frames[name] = Frame(name, inside)


def _hashable(key: Any) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True
