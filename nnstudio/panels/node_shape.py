"""The shapes of one node in words: what comes in, what goes out, and how that is worked out.

Pure text from the facts of a check. In a block, or where a parameter is an expression, each
derivation stands twice: with the names, then with the numbers.
"""

from __future__ import annotations

from graph_compiler.blocks import FAMILY as BLOCK
from graph_compiler.layer import Layer, Mismatch, Params
from graph_compiler.model import Node, Wire
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import resolve, resolved
from graph_compiler.tensors import TensorType
from graph_compiler.turns import INDEX
from nnstudio.document.document import Document
from nnstudio.document.looking import outlets
from nnstudio.document.values import is_expression
from nnstudio.document.visible import visible

STAYS = "the shape stays as it is"


def shape_rows(
    document: Document,
    network: str,
    node: Node,
    layer: Layer | None,
    facts: NodeFacts | None,
) -> list[tuple[str, str]]:
    """What arrives and from where, what leaves and by which port, and the derivation."""
    if facts is None:
        return [("not known yet", "")]
    rows: list[tuple[str, str]] = []
    fed = [(w, given) for w, given in arriving(document, network, node, layer, facts) if w]
    for wire, given in fed:
        if given is not None:
            port = f"{wire.target_port} " if len(fed) > 1 else ""
            rows.append((f"in   {given}", f"{port}from {wire.source}"))
    rows += [(f"out  {given}", name) for name, given in _named(document, node, layer, facts)]
    rows += [(line, "") for line in derivation(document, network, node, layer, facts)]
    return rows or [("not known yet", "")]


def derivation(
    document: Document, network: str, node: Node, layer: Layer | None, facts: NodeFacts
) -> tuple[str, ...]:
    """How the shape comes about; nothing where parameters are wrong or there are turns."""
    if layer is None or not facts.outputs or node.repeat is not None or layer.family == BLOCK:
        return ()
    try:
        seen = facts.params is not None
        names = visible(document.project, document.network(network), node)
        params = facts.params if seen else resolved(node, layer, names)
    except Mismatch:
        return ()
    given = [one for _, one in arriving(document, network, node, layer, facts)]
    lines = layer.words(params, facts.outputs[0], *given)
    if not lines:
        same = given and given[0] is not None and facts.outputs == (given[0],)
        return (STAYS,) if same else ()
    spoken = _with_names(document, network, node, layer, facts, given)
    if not spoken or len(spoken) != len(lines):
        return lines
    found: list[str] = []
    for named, plain in zip(spoken, lines, strict=True):
        found += [plain] if named == plain else [named, plain]
    return tuple(found)


def _with_names(
    document: Document,
    network: str,
    node: Node,
    layer: Layer,
    facts: NodeFacts,
    given: list[TensorType | None],
) -> tuple[str, ...]:
    """The same derivation with the names that the parameters are written in."""
    if not any(is_expression(p, node.params.get(p.name)) for p in layer.params):
        return ()
    env = {**document.values(network), **({INDEX: 0} if node.repeat is not None else {})}
    params, faults = resolve(node.params, layer, env, symbolic=True)
    if faults:
        return ()
    try:
        outputs = layer.output(params, *given)
        first = outputs if isinstance(outputs, TensorType) else outputs[0]
        lines = layer.words(params, first, *given)
        return tuple(line.replace(" - ", " − ").replace(" * ", "·") for line in lines)
    except (Mismatch, TypeError, ValueError):
        return ()


def arriving(
    document: Document, network: str, node: Node, layer: Layer | None, facts: NodeFacts
) -> list[tuple[Wire | None, TensorType | None]]:
    """For each input port in order its wire and what it brings; both None without a wire."""
    feeds = {w.target_port: w for w in document.network(network).wires if w.target == node.name}
    found: list[Wire | None] = []
    for port in layer.inputs if layer else ():
        if not port.many:
            found.append(feeds.pop(port.name, None))
            continue
        numbered = [name for name in feeds if name.removeprefix(port.name).isdigit()]
        numbered.sort(key=lambda name: int(name.removeprefix(port.name)))
        found += [feeds.pop(name) for name in numbered]
    brought = iter(facts.inputs)
    return [(wire, next(brought, None) if wire else None) for wire in found]


def _named(
    document: Document, node: Node, layer: Layer | None, facts: NodeFacts
) -> list[tuple[str, object]]:
    """The outputs with their names; a single one needs none."""
    if layer is None or len(facts.outputs) < 2:
        return [("", given) for given in facts.outputs]
    params: Params | None = facts.params
    names = outlets(node, layer, params, document.project.networks)
    return list(zip(names, facts.outputs, strict=False))
