"""Blocks from outside: what a drawing with parameters looks like to the drawings that use it.

Owns the making of a block's layer (title, parameters, ports) and the lookup of types in a project.
What a block computes is `graph_compiler.structure`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

import networkx as nx

from graph_compiler.bypass import running
from graph_compiler.code_model import Code
from graph_compiler.code_rules import code_layer, fault_of
from graph_compiler.codes import problem
from graph_compiler.layer import Layer, Mismatch, Param, Params, Port
from graph_compiler.model import Network, Node, Value, Variable
from graph_compiler.problems import Problem
from graph_compiler.registry import layers
from graph_compiler.tensors import TensorType

FAMILY = "block"


def drawn(networks: Mapping[str, Network]) -> dict[str, Network]:
    """The blocks that have a drawing inside, as they run; the others are written in Python."""
    types: Mapping[str, Layer] = {}
    if any(node.bypassed for one in networks.values() for node in one.nodes.values()):
        types = types_of(networks)
    return {
        name: running(one, types) if types else one
        for name, one in networks.items()
        if one.is_block and one.code is None and name not in layers()
    }


def circular(blocks: Mapping[str, Network]) -> frozenset[str]:
    """The blocks that hold themselves, by themselves or inside others."""
    holds = nx.DiGraph()
    for name, block in blocks.items():
        inside = {node.type for node in block.nodes.values()} & blocks.keys()
        holds.add_edges_from((name, other) for other in inside)
    return frozenset(
        name
        for one in nx.strongly_connected_components(holds)
        for name in one
        if len(one) > 1 or holds.has_edge(name, name)
    )


def types_of(networks: Mapping[str, Network]) -> Mapping[str, Layer]:
    """Every type that a drawing may name: the layers, and the blocks among these networks.

    A name that both have is none, for it cannot be told which is meant.
    """
    own = {name: block_layer(network) for name, network in networks.items() if network.is_block}
    if not own:
        return layers()
    types = {**layers(), **own}
    for name in layers().keys() & own.keys():
        del types[name]
    return MappingProxyType(types)


def block_layer(block: Network) -> Layer:
    """The block as a layer with its ports and parameters; equal blocks give the same object."""
    if block.code is not None:
        return _written(block.name, block.title, block.about, _params_of(block), block.code)
    return _layer(
        block.title or block.name,
        block.about,
        _params_of(block),
        tuple((name, _taken(block.nodes[name])) for name in ports_in(block)),
        ports_out(block),
    )


def _params_of(block: Network) -> tuple[Param, ...]:
    """The block's parameters, with the kind that tells a default of 1 from one of 1.0 or True."""
    return tuple(_param(variable) for variable in (block.params or {}).values())


def code_problems(block: Network) -> dict[str, tuple[Problem, ...]]:
    """What is wrong with the text of a block that is written in Python, as of the whole drawing."""
    assert block.code is not None
    fault = fault_of(block.name, _params_of(block), block.code)
    if fault is None:
        return {}
    found = problem(
        "bad_code",
        port="code",
        expected=fault.expected,
        got=fault.got,
        remedy=fault.remedy,
        network=block.name,
    )
    return {"": (found,)}


def drawing_of(path: str, network: Network, blocks: Mapping[str, Network]) -> tuple[str, str]:
    """The drawing and the node that a path leads to: `stage1[0]/conv1` to (`Stage`, `conv1`).

    As far as it can be followed: the drawing is empty where a step names no block.
    """
    drawing: Network | None = network
    *above, name = path.split("/")
    for step in above:
        node = drawing.nodes.get(step.partition("[")[0]) if drawing is not None else None
        drawing = blocks.get(node.type) if node is not None else None
    return (drawing.name if drawing is not None else ""), name.partition("[")[0]


def ports_in(block: Network) -> tuple[str, ...]:
    """The names of a drawing's inputs, in the order of its ports."""
    if block.code is not None:
        return tuple(port.name for port in block.code.inputs)
    return in_order(_of_type(block.nodes.values(), "Input"), block.ports)


def ports_out(block: Network) -> tuple[str, ...]:
    """The names of a drawing's outputs, in the order of its ports.

    An Output `h_` beside an Input `h` is the port `h`: what goes in again at the next step or turn,
    for two nodes of a drawing cannot have one name.
    """
    if block.code is not None:
        return ends_out(block)
    return tuple(_port(name, block) for name in ends_out(block))


def ends_out(block: Network) -> tuple[str, ...]:
    """The names of a drawing's Output nodes, in the order of its ports."""
    if block.code is not None:
        return tuple(port.name for port in block.code.outputs)
    names = _of_type(block.nodes.values(), "Output")
    by_name = sorted(names, key=lambda name: natural(_port(name, block)))
    return in_order(by_name, block.ports)


def _taken(end: Node) -> str:
    """What a port of a block takes: indices or a mask where its Input says so, else anything."""
    dtype = end.params.get("dtype")
    return dtype if dtype in ("int", "bool") else "any"


def in_order(names: Iterable[str], chosen: Sequence[str]) -> tuple[str, ...]:
    """Names in a chosen order; those that it leaves out come behind, in their own."""
    if not chosen:
        return tuple(names)
    place = {name: number for number, name in enumerate(chosen)}
    return tuple(sorted(names, key=lambda name: place.get(name, len(place))))


def _port(name: str, block: Network) -> str:
    """The port of an Output node."""
    fed = block.nodes.get(name.removesuffix("_")) if name.endswith("_") else None
    return name if fed is None or fed.type != "Input" else fed.name


def _of_type(nodes: Iterable[Node], type: str) -> tuple[str, ...]:
    return tuple(sorted((node.name for node in nodes if node.type == type), key=natural))


def holders(networks: Mapping[str, Network], name: str) -> set[str]:
    """The blocks that a block stands in, at any depth, and itself: none of them fits into it."""
    found, waiting = {name}, [name]
    blocks = [one for one in networks.values() if one.is_block]
    while waiting:
        inner = waiting.pop()
        for one in blocks:
            if one.name not in found and any(n.type == inner for n in one.nodes.values()):
                found.add(one.name)
                waiting.append(one.name)
    return found


def natural(name: str) -> tuple[str, int, str]:
    """A key that puts `input2` before `input10`."""
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0), name


@lru_cache(maxsize=1024)
def _layer(
    title: str,
    about: str,
    params: tuple[Param, ...],
    inputs: tuple[tuple[str, str], ...],
    outputs: tuple[str, ...],
) -> Layer:
    return Layer(
        title=title,
        family=FAMILY,
        doc=about or "A block of this project.",
        keywords=("block",),
        params=params,
        inputs=tuple(Port(name, (0, None), dtype, "as drawn") for name, dtype in inputs),
        outputs=outputs,
        output=_never,
    )


@lru_cache(maxsize=1024)
def _written(name: str, title: str, about: str, params: tuple[Param, ...], code: Code) -> Layer:
    return code_layer(name, title, about, params, code)


def _never(params: Params, *inputs: TensorType) -> TensorType:
    raise Mismatch(
        "rule_failed",
        "",
        expected="a drawing to follow",
        got="a block without one",
        remedy="Open the block and mend it.",
    )


def _param(variable: Variable) -> Param:
    value = variable.value
    return Param(
        variable.name,
        _kind(value, variable),
        value,
        variable.doc or "a parameter of the block",
        low=variable.low,
        high=variable.high,
        choices=variable.choices,
    )


def _kind(value: Value, variable: Variable) -> str:
    """The kind of parameter that holds such a default."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "choice" if variable.choices else "text"
        case tuple():
            whole = all(isinstance(item, int) and not isinstance(item, bool) for item in value)
            return "ints" if whole else "floats"
    return "text"
