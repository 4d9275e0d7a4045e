"""Templates and targets: shipped projects, their variants, and settings by key.

Owns the meaning of `template:ID@VARIANT` and of keys such as `hidden`, `main/conv1.kernel_size`,
`data.size` and `plan.epochs`. A template is one file, `ID.nns`, in the templates' folder.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from graph_compiler.files import ProjectError, load_project
from graph_compiler.model import DataSource, Node, Plan, Project, Stage, Value
from graph_compiler.registry import layers
from nnstudio import places
from nnstudio.document.carried import SUFFIXES, load_carried
from nnstudio.document.edits import Refused
from nnstudio.document.goals import has_goals, outputs_of, with_goal
from nnstudio.document.groups import groups_of
from nnstudio.document.preparation import preparation
from nnstudio.document.recipes import recipes
from nnstudio.document.sources import SourceSpec, sources

DEFAULT_VARIANT = "demo"
_SCHEME = "template:"
Spec = TypeVar("Spec")


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """What the gallery shows of a template before it is opened."""

    id: str
    name: str
    about: str
    tags: tuple[str, ...]
    variants: tuple[str, ...]
    path: Path


def templates() -> tuple[TemplateInfo, ...]:
    """All shipped templates, the easiest first by their tag `level:N`, then by id."""
    found = []
    for path in places.templates().glob("*.nns"):
        project = load_project(path)
        found.append(
            TemplateInfo(
                path.stem, project.name, project.about, project.tags, tuple(project.variants), path
            )
        )
    return tuple(sorted(found, key=lambda info: (_level(info), info.id)))


def load_target(target: str) -> Project:
    """The project named by `FILE`, `FILE@VARIANT`, `template:ID` or `template:ID@VARIANT`.

    `template:ID` alone is its variant `demo`. A FILE may be a picture that carries a project.
    Raises `ProjectError`.
    """
    if target.startswith(_SCHEME):
        identity, _, variant = target.removeprefix(_SCHEME).partition("@")
        project = load_project(_template_path(identity, target))
        return with_variant(project, variant or DEFAULT_VARIANT, target)
    path = Path(target)
    name, at, variant = target.rpartition("@")
    if not at or path.exists():
        return _load(path)
    return with_variant(_load(Path(name)), variant, target)


def _load(path: Path) -> Project:
    """The project in a file of its own, or in a picture that carries it."""
    return load_carried(path) if path.suffix.lower() in SUFFIXES else load_project(path)


def with_variant(project: Project, name: str, where: str = "") -> Project:
    """A copy of the project with a variant's settings; raises `ProjectError` for an unknown one."""
    if name not in project.variants:
        raise ProjectError(
            where or project.name,
            "",
            f"a variant of this project ({_listed(project.variants)})",
            f'"{name}"',
            _advice(name, project.variants, "This project has no variants: leave the @ away."),
        )
    for key, value in project.variants[name].items():
        project = assign(project, key, value)
    return project


def assign(project: Project, key: str, value: Value) -> Project:
    """A copy of the project with one setting changed; None takes a parameter back to its default.

    Keys: a variable's name, `NETWORK/NODE.PARAMETER`, `data.FIELD_OR_OPTION`, `plan.SETTING`
    for the first stage or `plan.STAGE.SETTING`; a stage that learns at several outputs has
    `OUTPUT.SETTING` as well.
    """
    if "/" in key:
        return _assign_parameter(project, key, value)
    head, dot, field = key.partition(".")
    if not dot:
        return _assign_variable(project, key, value)
    if head == "data" and field:
        return replace(project, data=_assign_data(project, field, value))
    if head == "plan" and field:
        return replace(project, plan=_assign_plan(project, field, value))
    raise ProjectError(
        project.name,
        key,
        "a variable, NETWORK/NODE.PARAMETER, data.OPTION or plan.SETTING",
        f'"{key}"',
        "Correct the key.",
    )


def _template_path(identity: str, target: str) -> Path:
    known = {path.stem: path for path in places.templates().glob("*.nns")}
    if identity not in known:
        raise ProjectError(
            target,
            "",
            f"a template ({_listed(known)})",
            f'"{identity}"',
            _advice(identity, known, "No templates are installed: install the program anew."),
        )
    return known[identity]


def _assign_variable(project: Project, key: str, value: Value) -> Project:
    if key not in project.variables:
        what = f"a variable of this project ({_listed(project.variables)})"
        otherwise = "Add the variable, or write NETWORK/NODE.PARAMETER."
        raise _unknown(project, key, what, key, project.variables, otherwise)
    variables = dict(project.variables)
    variables[key] = replace(variables[key], value=value)
    return replace(project, variables=variables)


def _trainable(project: Project) -> tuple[str, ...]:
    """The networks that stand alone; a block is trained where it is used."""
    return tuple(name for name, network in project.networks.items() if not network.is_block)


def _assign_parameter(project: Project, key: str, value: Value) -> Project:
    name, _, rest = key.partition("/")
    node_name, _, param = rest.rpartition(".")
    network = project.networks.get(name)
    if network is None:
        what = f"a network of this project ({_listed(project.networks)})"
        raise _unknown(project, key, what, name, project.networks, "Add the network.")
    node = network.nodes.get(node_name)
    if node is None:
        what = f"a node of {name}"
        raise _unknown(project, key, what, node_name, network.nodes, "Add the node.")
    names = _parameters(project, node)
    if param not in names:
        what = f"a parameter of {node.type} ({_listed(names)})"
        raise _unknown(project, key, what, param, names, "This layer has none.")
    changed = replace(
        network,
        nodes={**network.nodes, node_name: replace(node, params=_with(node.params, param, value))},
        wires=dict(network.wires),
        frames=dict(network.frames),
        routes=dict(network.routes),
        notes=dict(network.notes),
    )
    return replace(project, networks={**project.networks, name: changed})


def _parameters(project: Project, node: Node) -> list[str]:
    """What may be set on the node: its layer's parameters, or those of the block it stands for."""
    known = layers().get(node.type)
    if known is not None:
        return [one.name for one in known.params]
    block = project.networks.get(node.type)
    return [*(block.params or {})] if block is not None else [*node.params]


def _assign_data(project: Project, field: str, value: Value) -> DataSource:
    data = project.data
    match field, value:
        case "source", str():
            known = _option_names(_known(project, "data.source", value, sources()))
            kept = {name: one for name, one in data.options.items() if name in known}
            return replace(data, source=value, options=kept)
        case "scale", "none" | "standard" | "unit" | "robust":
            return replace(data, scale=str(value))
        case "split", (
            int() | float() as first,
            int() | float() as second,
            int() | float() as third,
        ):
            return replace(data, split=(float(first), float(second), float(third)))
        case "stratified", bool():
            return replace(data, stratified=value)
        case "seed", int() if not isinstance(value, bool):
            return replace(data, seed=value)
    if field in _DATA_FIELDS:
        raise _unfit(project, f"data.{field}", _DATA_FIELDS[field], value)
    source = _known(project, "data.source", data.source, sources())
    names = _option_names(source)
    if field in {param.name for param in preparation()}:
        return replace(data, preparation=_with(data.preparation, field, value))
    if field not in names:
        what = f"an option of {source.name} ({_listed(names)})"
        raise _unknown(project, f"data.{field}", what, field, names)
    return replace(data, options=_with(data.options, field, value))


def _assign_plan(project: Project, field: str, value: Value) -> Plan:
    """One setting of the first stage, or of the one that stands before it: `tune.epochs`."""
    stages = list(project.plan.stages or (Stage(),))
    names = [stage.name for stage in stages]
    name, dot, inner = field.partition(".")
    if not dot or (name not in names and name in _goals(project, stages[0])):
        number, inner = 0, field
    elif name in names:
        number = names.index(name)
    else:
        what = f"a stage of this plan ({_listed(names)})"
        known = names
        if outputs := _goals(project, stages[0]):
            what += f" or an output of its first ({_listed(outputs)})"
            known = [*names, *outputs]
        raise _unknown(project, f"plan.{field}", what, name, known)
    stages[number] = _assign_stage(project, stages[number], inner, value)
    return Plan(tuple(stages))


def _goals(project: Project, stage: Stage) -> tuple[str, ...]:
    """The outputs at which a stage learns, each on its own."""
    return outputs_of(project, stage) if has_goals(stage) else ()


def _assign_goal(project: Project, stage: Stage, field: str, value: Value) -> Stage:
    """One part of what an output learns: `kind.loss`."""
    try:
        return with_goal(project, stage, field, value)
    except Refused as refused:
        outputs = _listed(_goals(project, stage))
        expected = f"a setting of an output ({outputs})"
        shown = ascii(value)[:60]
        raise ProjectError(project.name, f"plan.{field}", expected, shown, refused.reason) from None


def _assign_stage(project: Project, first: Stage, field: str, value: Value) -> Stage:
    match field, value:
        case "recipe", str():
            recipe = _known(project, "plan.recipe", value, recipes())
            known = {setting.name for setting in recipe.settings}
            kept = {name: one for name, one in first.settings.items() if name in known}
            changed = replace(first, recipe=value, settings=kept)
        case "name", str():
            changed = replace(first, name=value)
        case "network", str() if value in _trainable(project):
            changed = replace(first, network=value)
        case "recipe" | "name", _:
            raise _unfit(project, f"plan.{field}", "a text", value)
        case "groups", _:
            try:
                changed = replace(first, groups=groups_of(value, project.variables))
            except Refused as refused:
                expected = "nodes with rates of their own, as conv*: rate 0.1 decay 0"
                shown = ascii(value)[:60]
                told = ProjectError(project.name, "plan.groups", expected, shown, refused.reason)
                raise told from None
        case str(), _ if "." in field and has_goals(first):
            changed = _assign_goal(project, first, field, value)
        case "network", _:
            expected = f"a network of this project ({_listed(_trainable(project))})"
            raise _unfit(project, "plan.network", expected, value)
        case _:
            recipe = _known(project, "plan.recipe", first.recipe, recipes())
            names = [setting.name for setting in recipe.settings]
            if field not in names:
                what = f"a setting of {first.recipe} ({_listed(names)})"
                raise _unknown(project, f"plan.{field}", what, field, names)
            changed = replace(first, settings=_with(first.settings, field, value))
    return changed


def _option_names(source: SourceSpec) -> list[str]:
    return [option.name for option in source.options] + [*source.kept]


_DATA_FIELDS = {
    "source": "the name of a data source",
    "scale": "none, standard, unit or robust",
    "split": "three fractions",
    "stratified": "true or false",
    "seed": "a whole number",
}


def _with(given: Mapping[str, Value], name: str, value: Value) -> dict[str, Value]:
    """A copy with one entry changed, or taken out where the value is None."""
    changed = {**given, name: value}
    if value is None:
        del changed[name]
    return changed


def _known(project: Project, key: str, name: str, all_of_them: Mapping[str, Spec]) -> Spec:
    if name not in all_of_them:
        what = f"one of {_listed(all_of_them)}"
        raise _unknown(project, key, what, name, all_of_them)
    return all_of_them[name]


def _unknown(
    project: Project, key: str, expected: str, name: str, known: Iterable[str], otherwise: str = ""
) -> ProjectError:
    shown = '"' + ascii(name)[1:-1][:60] + '"'
    return ProjectError(project.name, key, expected, shown, _advice(name, known, otherwise))


def _unfit(project: Project, key: str, expected: str, value: Value) -> ProjectError:
    return ProjectError(project.name, key, expected, ascii(value)[:60], "Give it such a value.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "it has none"


def _advice(name: str, known: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return "Choose one of them." if list(known) else otherwise


def _level(info: TemplateInfo) -> str:
    return next((tag for tag in info.tags if tag.startswith("level:")), "level:9")
