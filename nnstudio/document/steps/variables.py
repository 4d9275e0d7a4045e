"""Steps on variables, and where a variable is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Param
from graph_compiler.model import DataSource, Plan, Project, Stage, Value, Variable
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.network_edits import PutNode
from nnstudio.document.specs import options, settings
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.ports import find
from nnstudio.document.values import is_expression, with_name


@dataclass(frozen=True, slots=True)
class Use:
    """One place whose expression names a variable: a node's parameter, a data option, a setting."""

    network: str
    """The network of the node; "" for data and plan."""
    owner: str
    """The node, `data` or `plan`."""
    field: str
    value: Value

    @property
    def place(self) -> str:
        """The place as a person names it: `fc1.out_features`, `data.size`, `plan.epochs`."""
        return f"{self.owner}.{self.field}"


def uses(project: Project, variable: str) -> tuple[Use, ...]:
    """Every place whose expression names the variable."""
    return tuple(use for use in all_uses(project) if variable in variables_in(use.value))


def all_uses(project: Project) -> tuple[Use, ...]:
    """Every place that holds an expression over variables."""
    found: list[Use] = []
    for network in project.networks.values():
        for node in network.nodes.values():
            layer = find(node.type, project)
            places = _expressions(node.params, layer.params if layer else ())
            found += [Use(network.name, node.name, *place) for place in places]
    found += [Use("", "data", *place) for place in _expressions(*_options(project.data))]
    for stage in project.plan.stages:
        found += [Use("", "plan", *place) for place in _expressions(*_settings(stage))]
    return tuple(use for use in found if variables_in(use.value))


def set_variable(document: Document, variable: Variable) -> Step:
    """A new variable, or another value, range or explanation for the one of its name."""
    draft = Draft(document.project)
    known = draft.project.variables
    if variable.name not in known:
        variable = replace(variable, name=naming.valid_variable(variable.name))
    _refuse_value(variable)
    after = dict(known)
    after[variable.name] = variable
    draft.variables(tuple(after.values()))
    return draft.step(f"{'Set' if variable.name in known else 'Add'} {variable.name}")


def remove_variable(document: Document, name: str) -> Step:
    """A variable goes; refused while an expression names it."""
    draft = Draft(document.project)
    _refuse_unknown(draft, name)
    used = uses(draft.project, name)
    if used:
        places = ", ".join(use.place for use in used[:3])
        more = f" and {len(used) - 3} more" if len(used) > 3 else ""
        raise Refused(f"{name} is used by {places}{more}. Give them values of their own first.")
    draft.variables(tuple(one for one in draft.project.variables.values() if one.name != name))
    draft.variants(lambda given: {key: value for key, value in given.items() if key != name})
    return draft.step(f"Remove {name}")


def rename_variable(document: Document, old: str, new: str) -> Step:
    """Another name for a variable; all expressions and the keys of variants follow."""
    draft = Draft(document.project)
    _refuse_unknown(draft, old)
    new = naming.valid_variable(new)
    if new == old:
        return draft.step(f"Rename {old}")
    if new in draft.project.variables:
        raise Refused(f"There is already a variable “{new}”. Choose another name.")
    draft.variables(
        tuple(
            replace(one, name=new) if one.name == old else one
            for one in draft.project.variables.values()
        )
    )
    for network in document.project.networks:
        _rename_in_network(draft, network, old, new)
    data, plan = draft.project.data, draft.project.plan
    draft.data(replace(data, options=_renamed(*_options(data), old, new)))
    draft.plan(
        Plan(
            tuple(
                replace(stage, settings=_renamed(*_settings(stage), old, new))
                for stage in plan.stages
            )
        )
    )
    draft.variants(
        lambda given: {
            new if key == old else key: with_name(value, old, new) if "/" in key else value
            for key, value in given.items()
        },
    )
    return draft.step(f"Rename {old} to {new}")


def _rename_in_network(draft: Draft, network: str, old: str, new: str) -> None:
    for node in tuple(draft.project.networks[network].nodes.values()):
        layer = find(node.type, draft.project)
        params = _renamed(node.params, layer.params if layer else (), old, new)
        if params != node.params:
            draft.edit(PutNode(network, node.name, node, replace(node, params=params)))


def _renamed(
    values: Mapping[str, Value], params: tuple[Param, ...], old: str, new: str
) -> Mapping[str, Value]:
    places = dict(_expressions(values, params))
    return {
        key: with_name(value, old, new) if key in places else value for key, value in values.items()
    }


def _expressions(
    values: Mapping[str, Value], params: tuple[Param, ...]
) -> tuple[tuple[str, Value], ...]:
    """The values that are expressions; what has no description is none."""
    known = {param.name: param for param in params}
    return tuple(
        (key, value)
        for key, value in values.items()
        if key in known and is_expression(known[key], value)
    )


def _options(data: DataSource) -> tuple[Mapping[str, Value], tuple[Param, ...]]:
    return data.options, options(data.source) or ()


def _settings(stage: Stage) -> tuple[Mapping[str, Value], tuple[Param, ...]]:
    return stage.settings, settings(stage.recipe) or ()


def _refuse_unknown(draft: Draft, name: str) -> None:
    if name not in draft.project.variables:
        raise Refused(f"There is no variable “{name}”.")


def _refuse_value(variable: Variable) -> None:
    value, low, high = variable.value, variable.low, variable.high
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused(f"{variable.name} needs a value, such as 64.")
    if low is not None and high is not None and low > high:
        raise Refused(f"The range of {variable.name} ends before it begins. Swap its ends.")
    if (low is not None or high is not None) and not isinstance(value, int | float):
        raise Refused(f"{variable.name} is no number and can have no range.")
