"""Steps on variables, and where a variable is used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Param
from graph_compiler.model import DataSource, Plan, Project, Stage, Value, Variable
from graph_compiler.turns import INDEX
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.groups import readings as group_readings
from nnstudio.document.groups import renamed as renamed_groups
from nnstudio.document.network_edits import PutNode
from nnstudio.document.specs import options, settings
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.ports import find
from nnstudio.document.values import with_name
from nnstudio.document.visible import expressions


@dataclass(frozen=True, slots=True)
class Use:
    """One place whose expression names a variable: a node's parameter, a data option, a setting."""

    network: str
    """The network of the node; "" for data and plan."""
    owner: str
    """The node, `data` or `plan`."""
    field: str
    value: Value
    hidden: frozenset[str] = frozenset()
    """Names that mean something nearer here: parameters of the block, the number of a turn."""

    @property
    def names(self) -> frozenset[str]:
        """The variables that the place reads."""
        return variables_in(self.value) - self.hidden

    @property
    def place(self) -> str:
        """The place as a person names it: `fc1.out_features`, `data.size`, `plan.epochs`."""
        return f"{self.owner}.{self.field}"


def uses(project: Project, variable: str) -> tuple[Use, ...]:
    """Every place whose expression names the variable."""
    return tuple(use for use in all_uses(project) if variable in use.names)


def all_uses(project: Project) -> tuple[Use, ...]:
    """Every place that holds an expression over variables."""
    found: list[Use] = []
    for network in project.networks.values():
        hidden = set(network.params or {})
        for node in network.nodes.values():
            layer = find(node.type, project)
            places = expressions(node.params, layer.params if layer else ())
            own = hidden | ({INDEX} if node.repeat is not None else set())
            found += [Use(network.name, node.name, *place, frozenset(own)) for place in places]
            if isinstance(node.repeat, str):
                found.append(Use(network.name, node.name, "repeat", node.repeat, frozenset(hidden)))
    found += [Use("", "data", *place) for place in expressions(*_options(project.data))]
    for stage in project.plan.stages:
        found += [Use("", "plan", *place) for place in expressions(*_settings(stage))]
        found += [Use("", "plan", *place) for place in group_readings(stage.groups)]
    return tuple(use for use in found if use.names)


def set_variable(document: Document, variable: Variable) -> Step:
    """A new variable, or another value, range or explanation for the one of its name."""
    draft = Draft(document.project)
    known = draft.project.variables
    if variable.name not in known:
        variable = replace(variable, name=naming.valid_variable(variable.name))
    refuse_value(variable)
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
                replace(
                    stage,
                    settings=_renamed(*_settings(stage), old, new),
                    groups=renamed_groups(stage.groups, old, new),
                )
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
    drawing = draft.project.networks[network]
    hidden = drawing.params or {}
    if old in hidden:
        return
    for node in tuple(drawing.nodes.values()):
        layer = find(node.type, draft.project)
        after = replace(node, repeat=with_name(node.repeat, old, new))
        if node.repeat is None or old != INDEX:
            params = _renamed(node.params, layer.params if layer else (), old, new)
            after = replace(after, params=params)
        if after == node:
            continue
        if new in hidden or (node.repeat is not None and new == INDEX):
            raise Refused(
                f"{network}/{node.name} reads {old}, and {new} means another thing there. "
                "Choose another name."
            )
        draft.edit(PutNode(network, node.name, node, after))


def _renamed(
    values: Mapping[str, Value], params: tuple[Param, ...], old: str, new: str
) -> Mapping[str, Value]:
    places = dict(expressions(values, params))
    return {
        key: with_name(value, old, new) if key in places else value for key, value in values.items()
    }


def _options(data: DataSource) -> tuple[Mapping[str, Value], tuple[Param, ...]]:
    return data.options, options(data.source) or ()


def _settings(stage: Stage) -> tuple[Mapping[str, Value], tuple[Param, ...]]:
    return stage.settings, settings(stage.recipe) or ()


def _refuse_unknown(draft: Draft, name: str) -> None:
    if name not in draft.project.variables:
        raise Refused(f"There is no variable “{name}”.")


def refuse_value(variable: Variable) -> None:
    """Refuses a value that no expression could read, and a range that is none."""
    value, low, high = variable.value, variable.low, variable.high
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused(f"{variable.name} needs a value, such as 64.")
    if low is not None and high is not None and low > high:
        raise Refused(f"The range of {variable.name} ends before it begins. Swap its ends.")
    if (low is not None or high is not None) and not isinstance(value, int | float):
        raise Refused(f"{variable.name} is no number and can have no range.")
