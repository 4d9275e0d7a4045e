"""Steps on what surrounds the networks: plan, name, title, variants."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Plan, Stage, Value
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step, network_of
from nnstudio.document.network_edits import PutNode, PutTitle
from nnstudio.document.project_edits import About, PutAbout, PutPlan
from nnstudio.document.specs import settings
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.params import add_variable
from nnstudio.document.values import checked


def set_plan(document: Document, plan: Plan) -> Step:
    """Another plan."""
    if not plan.stages:
        raise Refused("A plan needs at least one stage.")
    return Step("Change the plan", (PutPlan(document.project.plan, plan),))


def set_stage(document: Document, field: str, value: Value) -> Step:
    """One field or setting of the first stage; None takes a setting back to its default.

    Another recipe keeps the settings that it knows as well.
    """
    stages = document.project.plan.stages
    first = with_setting(document, stages[0], field, value)
    plan = Plan((first, *stages[1:]))
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
        return replace(stage, name=str(value))
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


def make_setting_variable(document: Document, field: str, name: str | None = None) -> Step:
    """A new variable with a setting's value, and the setting refers to it."""
    draft = Draft(document.project)
    first, *others = draft.project.plan.stages
    spec = next((one for one in settings(first.recipe) or () if one.name == field), None)
    if spec is None:
        raise Refused(f"The recipe {first.recipe} has no setting “{field}”.")
    title = add_variable(draft, spec, first.settings.get(field, spec.default), name)
    changed = replace(first, settings={**first.settings, field: title})
    draft.plan(Plan((changed, *others)))
    return draft.step(f"Make {title} a variable")


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
    return Step("Change the title", (PutTitle(network, one.title, clean),))


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
