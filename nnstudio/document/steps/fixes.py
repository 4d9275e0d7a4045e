"""A problem's fix as one step."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Plan, Value, Wire
from graph_compiler.problems import (
    AppendNode,
    Connect,
    Disconnect,
    Fix,
    InsertOnWire,
    RemoveNode,
    SetData,
    SetParam,
    SetPlan,
)
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.specs import options
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.nodes import append, heal, insert
from nnstudio.document.steps.params import param_of, with_param
from nnstudio.document.steps.ports import layer_of
from nnstudio.document.steps.project import with_setting
from nnstudio.document.steps.wires import refuse_impossible
from nnstudio.document.values import checked

_DATA_FIELDS = ("source", "scale", "split", "stratified", "seed")


def apply_fix(document: Document, network: str, fix: Fix) -> Step:
    """All parts of a fix as one step; refused as a whole where one part no longer applies."""
    draft = Draft(document.project, network)
    for part in fix.steps:
        _apply(document, draft, part)
    return draft.step(fix.label)


def _apply(document: Document, draft: Draft, part: object) -> None:
    match part:
        case SetParam(node, param, value):
            one = draft.node(node)
            layer = layer_of(one.type, draft.project)
            clean = checked(param_of(layer, param), value, draft.project.variables)
            draft.put(with_param(one, layer, param, clean))
        case InsertOnWire(target, port, type, params):
            insert(document, draft, _wire_into(draft, target, port), type, None, dict(params))
        case AppendNode(source, port, type, params):
            append(document, draft, source, port, type, dict(params))
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
