"""Steps on what surrounds the networks: plan, name, title, variants."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Plan, Stage, Value
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step, network_of
from nnstudio.document.field_edits import PutField
from nnstudio.document.first_weights import parsed
from nnstudio.document.goals import has_goals, with_goal
from nnstudio.document.groups import groups_of
from nnstudio.document.network_edits import PutNode
from nnstudio.document.project_edits import About, PutAbout, PutPlan
from nnstudio.document.recipes import networks_of
from nnstudio.document.specs import settings
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.params import add_variable
from nnstudio.document.values import checked


def set_plan(document: Document, plan: Plan) -> Step:
    """Another plan."""
    if not plan.stages:
        raise Refused("A plan needs at least one stage.")
    return Step("Change the plan", (PutPlan(document.project.plan, plan),))


def set_stage(document: Document, field: str, value: Value, number: int = 0) -> Step:
    """One field or setting of a stage; None takes a setting back to its default.

    Another recipe keeps the settings that it knows as well.
    """
    stages = list(document.project.plan.stages)
    stages[number] = with_setting(document, stages[number], field, value)
    plan = Plan(tuple(stages))
    return Step(f"Set {field.replace('_', ' ')}", (PutPlan(document.project.plan, plan),))


def with_setting(document: Document, stage: Stage, field: str, value: Value) -> Stage:
    """The stage with one field or setting changed."""
    if field == "recipe":
        params = settings(str(value))
        if params is None:
            raise Refused(f"There is no recipe “{value}”.")
        known = {param.name for param in params}
        kept = {key: one for key, one in stage.settings.items() if key in known}
        return replace(stage, recipe=str(value), settings=kept)
    if field == "network":
        network_of(document.project, str(value))
        return replace(stage, network=str(value))
    if field == "name":
        return replace(stage, name=_stage_name(document, stage, str(value)))
    if field == "frozen":
        return replace(stage, frozen=_patterns(value))
    if field == "frozen_running":
        return replace(stage, frozen_running=bool(value))
    if has_goals(stage) and "." in field:
        return with_goal(document.project, stage, field, value)
    if field == "first_weights":
        try:
            return replace(stage, first_weights=parsed(str(value or "")))
        except ValueError as error:
            raise Refused(str(error)) from None
    if field == "groups":
        return replace(stage, groups=groups_of(value, document.project.variables))
    if field == "weights":
        return replace(stage, weights=str(value or "").strip())
    if field in networks_of(replace(stage, others={})):
        network_of(document.project, str(value))
        return replace(stage, others={**stage.others, field: str(value)})
    after: dict[str, Value] = {}
    found = False
    for param in settings(stage.recipe) or ():
        one = stage.settings.get(param.name, param.default)
        if param.name == field:
            one, found = checked(param, value, document.project.variables), True
        if type(one) is not type(param.default) or one != param.default:
            after[param.name] = one
    if not found:
        raise Refused(f"The recipe {stage.recipe} has no setting “{field}”.")
    return replace(stage, settings=after)


def make_setting_variable(
    document: Document, field: str, name: str | None = None, number: int = 0
) -> Step:
    """A new variable with the value of a stage's setting, and the setting refers to it."""
    draft = Draft(document.project)
    stages = list(draft.project.plan.stages)
    stage = stages[number]
    spec = next((one for one in settings(stage.recipe) or () if one.name == field), None)
    if spec is None:
        raise Refused(f"The recipe {stage.recipe} has no setting “{field}”.")
    title = add_variable(draft, spec, stage.settings.get(field, spec.default), name)
    stages[number] = replace(stage, settings={**stage.settings, field: title})
    draft.plan(Plan(tuple(stages)))
    return draft.step(f"Make {title} a variable")


def _stage_name(document: Document, stage: Stage, wish: str) -> str:
    name = " ".join(wish.split())
    if not name or len(name) > 60 or not name.isprintable() or set(name) & set("./"):
        raise Refused("A stage's name has 1 to 60 printable characters, without dots and slashes.")
    if any(one.name == name for one in document.project.plan.stages if one is not stage):
        raise Refused(f"There is a stage {name} already.")
    return name


def _patterns(value: Value) -> tuple[str, ...]:
    given = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(given, tuple | list) or not all(isinstance(one, str) for one in given):
        raise Refused("What is frozen is a list of nodes and patterns, such as features/*.")
    return tuple(dict.fromkeys(given))


def set_name(document: Document, name: str) -> Step:
    """Another name for the project."""
    project = document.project
    return set_about(document, name, project.about, project.tags)


def set_about(document: Document, name: str, about: str, tags: tuple[str, ...]) -> Step:
    """Name, description and tags of the project."""
    title = " ".join(name.split())
    if not title:
        raise Refused("A project needs a name.")
    if len(title) > 200 or not title.isprintable():
        raise Refused("A project's name has at most 200 printable characters.")
    before = About.of(document.project)
    text = "Describe the project" if before.name == title else f"Name the project {title}"
    return Step(text, (PutAbout(before, About(title, about, tags)),))


def set_title(document: Document, network: str, title: str) -> Step:
    """Another title for a network; its class takes its name from it."""
    one = network_of(document.project, network)
    clean = " ".join(title.split())
    if len(clean) > 200 or not clean.isprintable():
        raise Refused("A title has at most 200 printable characters.")
    return Step("Change the title", (PutField(network, "title", one.title, clean),))


def apply_variant(document: Document, name: str) -> Step:
    """All settings of a variant at once."""
    from graph_compiler.files import ProjectError
    from nnstudio.document.templates import with_variant

    try:
        after = with_variant(document.project, name)
    except ProjectError as error:
        raise Refused(str(error)) from None
    draft = Draft(document.project)
    if tuple(after.variables.values()) != tuple(draft.project.variables.values()):
        draft.variables(tuple(after.variables.values()))
    for network, one in after.networks.items():
        for node in one.nodes.values():
            before = draft.project.networks[network].nodes[node.name]
            if before != node:
                draft.edit(PutNode(network, node.name, before, node))
    if draft.project.data != after.data:
        draft.data(after.data)
    if draft.project.plan != after.plan:
        draft.plan(after.plan)
    return draft.step(f"Apply {name}")
