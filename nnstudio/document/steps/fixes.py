"""A problem's fix as one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph_compiler.blocks import drawing_of
from graph_compiler.layer import Layer
from graph_compiler.model import Node, Plan, Value, Wire
from graph_compiler.problems import (
    AddNode,
    AppendNode,
    Connect,
    Disconnect,
    Fix,
    InsertOnWire,
    RemoveNode,
    SetData,
    SetParam,
    SetPlan,
    SetTie,
)
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.specs import options
from nnstudio.document.steps import layout
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import share_group
from nnstudio.document.steps.nodes import append, heal, insert, put_new
from nnstudio.document.steps.params import param_of, with_param
from nnstudio.document.steps.ports import first_output, layer_of
from nnstudio.document.steps.project import with_setting
from nnstudio.document.steps.structure import tie
from nnstudio.document.steps.wires import refuse_impossible
from nnstudio.document.visible import checked_in

_DATA_FIELDS = ("source", "scale", "split", "stratified", "seed")


def apply_fix(document: Document, network: str, fix: Fix) -> Step:
    """All parts of a fix as one step; refused as a whole where one part no longer applies."""
    draft = Draft(document.project, network)
    for part in fix.steps:
        drawing, one = _at_home(draft, network, part)
        draft.turn_to(drawing)
        _apply(document, draft, one)
    draft.turn_to(network)
    return draft.step(fix.label)


def _at_home(draft: Draft, network: str, part: Any) -> tuple[str, Any]:
    """The drawing that a part of a fix belongs to, a block where its nodes are paths into one."""
    names = {field: getattr(part, field, "") for field in ("node", "source", "target")}
    paths = {field: path for field, path in names.items() if "/" in (path or "")}
    if not paths:
        return network, part
    networks = draft.project.networks
    found = {field: drawing_of(path, networks[network], networks) for field, path in paths.items()}
    homes = {drawing for drawing, _ in found.values()}
    if len(homes) != 1 or not homes <= networks.keys():
        raise Refused("The block has changed. Check the network again.")
    return homes.pop(), replace(part, **{field: name for field, (_, name) in found.items()})


def _apply(document: Document, draft: Draft, part: object) -> None:
    match part:
        case SetParam(node, param, value):
            one = draft.node(node)
            layer = layer_of(one.type, draft.project)
            for name in share_group(draft.network, (node,)):
                _set_param(draft, draft.node(name), layer, param, value)
        case InsertOnWire(target, port, type, params):
            insert(document, draft, _wire_into(draft, target, port), type, None, dict(params))
        case AppendNode(source, port, type, params):
            append(document, draft, source, port, type, dict(params))
        case AddNode(type, params, target, port):
            _add(document, draft, type, dict(params), target, port)
        case SetTie(node, weight, other):
            tie(draft, node, weight, other, document.report(draft.name).nodes if other else {})
        case RemoveNode(node):
            heal(draft, node)
        case Connect(source, source_port, target, target_port):
            wire = Wire(source, source_port, target, target_port)
            if wire not in draft.network.wires:
                refuse_impossible(draft, wire)
                draft.connect(wire)
        case Disconnect(target, port):
            draft.disconnect(_wire_into(draft, target, port))
        case SetPlan(field, value):
            stages = draft.project.plan.stages
            draft.plan(Plan((with_setting(document, stages[0], field, value), *stages[1:])))
        case SetData(field, value):
            _set_data(draft, field, value)


def _set_param(draft: Draft, node: Node, layer: Layer, param: str, value: Value) -> None:
    """A parameter that the layer does not have can only be taken away."""
    if value is None and all(one.name != param for one in layer.params):
        left = {key: one for key, one in node.params.items() if key != param}
        draft.put(replace(node, params=left))
        return
    clean = checked_in(draft.project, draft.network, node, param_of(layer, param), value)
    draft.put(with_param(node, layer, param, clean))


def _add(
    document: Document,
    draft: Draft,
    type: str,
    params: Mapping[str, Value],
    target: str,
    port: str,
) -> None:
    """A new layer: before what it feeds, or at the end of the drawing to which it belongs."""
    layer = layer_of(type, draft.project)
    if target:
        x, y = draft.node(target).at
    else:
        places = [node.at for node in draft.network.nodes.values()] or [(layout.PITCH, 0.0)]
        x, y = max(places) if layer.inputs else min(places)
    step = layout.PITCH if layer.inputs and not target else -layout.PITCH
    added = put_new(document, draft, type, layout.free(draft, (x + step, y)), params)
    exit = first_output(draft, added)
    if target and exit is not None:
        wire = Wire(added, exit, target, port)
        refuse_impossible(draft, wire)
        draft.connect(wire)


def _set_data(draft: Draft, field: str, value: Value) -> None:
    data = draft.project.data
    match field, value:
        case "source", str():
            draft.data(replace(data, source=value, options={}))
        case "scale", str():
            draft.data(replace(data, scale=value))
        case "stratified", bool():
            draft.data(replace(data, stratified=value))
        case "seed", int():
            draft.data(replace(data, seed=value))
        case "split", (float() | int() as a, float() | int() as b, float() | int() as c):
            draft.data(replace(data, split=(a, b, c)))
        case _ if field in _DATA_FIELDS:
            raise Refused(f"The data cannot take {value!r} as its {field}.")
        case _:
            if all(option.name != field for option in options(data.source) or ()):
                raise Refused(f"The data has no option “{field}”.")
            after = {key: one for key, one in data.options.items() if key != field}
            if value is not None:
                after[field] = value
            draft.data(replace(data, options=after))


def _wire_into(draft: Draft, target: str, port: str) -> Wire:
    draft.node(target)
    for wire in draft.into(target):
        if wire.target_port == port:
            return wire
    raise Refused(f"{target}.{port} has no wire any more. Check the network again.")
