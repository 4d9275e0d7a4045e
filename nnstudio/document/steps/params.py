"""Steps on parameters: set one, on one node or on many, and make a variable of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from graph_compiler.layer import Layer, Param
from graph_compiler.model import Node, Value, Variable
from graph_compiler.turns import INDEX
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step, network_of
from nnstudio.document.network_edits import PutNode
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import share_group
from nnstudio.document.steps.ports import layer_of
from nnstudio.document.visible import checked_in


def set_param(
    document: Document, network: str, nodes: str | Iterable[str], param: str, value: Value
) -> Step:
    """One parameter of one or several nodes; None takes it back to its default.

    Numbers may be given as an expression over the variables, as text. Nodes that share one module
    have its parameters together.
    """
    names = (nodes,) if isinstance(nodes, str) else tuple(dict.fromkeys(nodes))
    drawing = network_of(document.project, network)
    for name in names:
        if name not in drawing.nodes:
            raise Refused(f"There is no node “{name}”.")
    edits = []
    for name in share_group(drawing, names):
        node = drawing.nodes[name]
        layer = layer_of(node.type, document.project)
        clean = checked_in(document.project, drawing, node, param_of(layer, param), value)
        edits.append(PutNode(network, name, node, with_param(node, layer, param, clean)))
    what = names[0] if len(names) == 1 else f"{len(names)} nodes"
    return Step(f"Set {param.replace('_', ' ')} of {what}", tuple(edits))


def set_param_each(
    document: Document, network: str, param: str, values: Mapping[str, Value]
) -> Step:
    """One parameter of several nodes, a value for each; a refusal of one refuses all."""
    edits = []
    drawing = network_of(document.project, network)
    wanted = dict(values)
    for name, value in values.items():
        for other in share_group(drawing, (name,)):
            wanted.setdefault(other, value)
    for name, value in wanted.items():
        node = drawing.nodes[name]
        layer = layer_of(node.type, document.project)
        clean = checked_in(document.project, drawing, node, param_of(layer, param), value)
        edits.append(PutNode(network, name, node, with_param(node, layer, param, clean)))
    what = next(iter(values)) if len(values) == 1 else f"{len(values)} nodes"
    return Step(f"Set {param.replace('_', ' ')} of {what}", tuple(edits))


def reset_params(document: Document, network: str, nodes: Iterable[str]) -> Step:
    """Every parameter of these nodes goes back to its default."""
    drawing = network_of(document.project, network)
    names = share_group(drawing, tuple(dict.fromkeys(nodes)))
    edits = []
    for name in names:
        node = drawing.nodes[name]
        known = {param.name for param in layer_of(node.type, document.project).params}
        left = {key: value for key, value in node.params.items() if key not in known}
        if left != node.params:
            edits.append(PutNode(network, name, node, replace(node, params=left)))
    what = names[0] if len(names) == 1 else f"{len(names)} nodes"
    return Step(f"Reset {what}", tuple(edits))


def make_variable(
    document: Document, network: str, node: str, param: str, name: str | None = None
) -> Step:
    """A new variable with the parameter's value, and the parameter refers to it."""
    draft = Draft(document.project, network)
    one = draft.node(node)
    layer = layer_of(one.type, draft.project)
    spec = param_of(layer, param)
    hidden = set(network_of(document.project, network).params or {})
    hidden |= {INDEX} if one.repeat is not None else set()
    title = add_variable(draft, spec, one.params.get(param, spec.default), name, hidden)
    draft.put(with_param(one, layer, param, title))
    return draft.step(f"Make {title} a variable")


def add_variable(
    draft: Draft, spec: Param, value: Value, name: str | None, hidden: Collection[str] = ()
) -> str:
    """Adds a variable with a field's value to the draft and returns its name; `hidden` are names
    that mean something nearer where the field stands."""
    if isinstance(value, str | bool) or value is None or spec.kind not in ("int", "float", "size"):
        raise Refused(f"{spec.title} holds no number to make a variable of.")
    if isinstance(value, tuple):
        raise Refused(f"{spec.title} holds several numbers. Give it one number first.")
    taken = draft.project.variables
    title = (
        naming.valid_variable(name) if name else naming.variable_for(spec.name, {*taken, *hidden})
    )
    if title in taken:
        raise Refused(f"There is already a variable “{title}”. Choose another name.")
    if title in hidden:
        raise Refused(f"“{title}” means another thing in this drawing. Choose another name.")
    draft.variables((*taken.values(), Variable(title, value)))
    return title


def param_of(layer: Layer, name: str) -> Param:
    """The parameter `name` of a layer; refused where it has none."""
    for param in layer.params:
        if param.name == name:
            return param
    raise Refused(f"{layer.title} has no parameter “{name}”.")


def with_param(node: Node, layer: Layer, name: str, value: Value) -> Node:
    """The node with one parameter changed; what equals its default is left out."""
    params: dict[str, Value] = {}
    for param in layer.params:
        one = value if param.name == name else node.params.get(param.name, param.default)
        if type(one) is not type(param.default) or one != param.default:
            params[param.name] = one
    for key, one in node.params.items():
        if key not in params and all(param.name != key for param in layer.params):
            params[key] = one
    return replace(node, params=params)
