"""Steps on the list of a plan's stages: one more, one less, another order, another head."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.model import Node, Plan, Stage
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.groups import parted
from nnstudio.document.network_edits import PutNode
from nnstudio.document.patterns import fits
from nnstudio.document.places import FIRST_WEIGHTS
from nnstudio.document.project_edits import PutPlan
from nnstudio.document.recipes import recipes
from nnstudio.document.steps.draft import Draft

MOST = 100


def add_stage(document: Document, number: int | None = None) -> Step:
    """A stage like the one before it, behind that; behind the last without a number."""
    stages = list(document.project.plan.stages)
    if len(stages) >= MOST:
        raise Refused(f"A plan has at most {MOST} stages.")
    before = len(stages) - 1 if number is None else number
    name = _free_name(stages, stages[before].name)
    stages.insert(before + 1, replace(_going_on(stages[before]), name=name))
    return _step(document, f"Add the stage {name}", stages)


def remove_stage(document: Document, number: int) -> Step:
    """The plan without a stage; the last one stays."""
    stages = list(document.project.plan.stages)
    if len(stages) == 1:
        raise Refused("A plan needs at least one stage.")
    name = stages.pop(number).name
    return _step(document, f"Remove the stage {name}", stages)


def move_stage(document: Document, number: int, ways: int) -> Step:
    """A stage earlier (-1) or later (1) in the plan."""
    stages = list(document.project.plan.stages)
    target = number + ways
    if not 0 <= target < len(stages):
        raise Refused("It stands at the end of the plan already.")
    stage = stages.pop(number)
    stages.insert(target, stage)
    return _step(document, f"Move the stage {stage.name}", stages)


def replace_head(document: Document, head: str, outputs: int) -> Step:
    """A network that has learned before gets another head, learned alone first and then with all.

    The dense layer `head` of the first stage's network gets `outputs` units; the first stage trains
    it alone, from the weights that the plan begins with, a second one all of the network with a
    tenth of the learning rate.
    """
    first = document.project.plan.stages[0]
    draft = Draft(document.project, first.network)
    node = draft.network.nodes.get(head)
    if node is None or node.type != "Linear":
        raise Refused("The head is a Linear layer of the network that the first stage trains.")
    changed = replace(node, params={**node.params, "out_features": outputs})
    draft.edit(PutNode(first.network, head, node, changed))
    frozen = tuple(
        name
        for name, one in draft.network.nodes.items()
        if name != head and _is_trained(document, first.network, one)
    )
    rate = first.settings.get("learning_rate", _default_rate(first))
    later = _going_on(first)
    rest = {key: one for key, one in later.settings.items() if key != "learning_rate"}
    if isinstance(rate, int | float):
        rest["learning_rate"] = rate / 10
    begun = replace(first, settings=later.settings) if first.weights else first
    groups = tuple(one for one in first.groups if fits(head, (parted(one.nodes)[0],)))
    stages = (
        replace(begun, name="head", frozen=frozen, groups=groups),
        replace(later, name="all", frozen=(), settings=rest),
    )
    draft.plan(Plan(stages))
    return draft.step("Replace the head")


def _going_on(stage: Stage) -> Stage:
    """A stage like it that begins with the weights it finds: it reads none and draws none."""
    spec = recipes().get(stage.recipe)
    places = spec.places if spec is not None else {}
    kept = {
        name: value
        for name, value in stage.settings.items()
        if name not in places or places[name].group != FIRST_WEIGHTS
    }
    return replace(stage, weights="", settings=kept, first_weights={})


def _is_trained(document: Document, network: str, node: Node) -> bool:
    """Whether training makes a difference to a node: it has weights, or drops values."""
    from graph_compiler.registry import layers

    facts = document.facts(network, node.name)
    layer = layers().get(node.type)
    drops = layer is not None and layer.family == "regularization"
    return drops or (facts is not None and facts.parameters > 0)


def _default_rate(stage: Stage) -> float:
    spec = recipes()[stage.recipe]
    found = next((p.default for p in spec.settings if p.name == "learning_rate"), None)
    return float(found) if isinstance(found, int | float) else 0.001


def _free_name(stages: list[Stage], wish: str) -> str:
    taken = {stage.name for stage in stages}
    stem = wish.rstrip("0123456789").rstrip() or wish
    return next(name for number in range(2, MOST + 2) if (name := f"{stem} {number}") not in taken)


def _step(document: Document, text: str, stages: list[Stage]) -> Step:
    return Step(text, (PutPlan(document.project.plan, Plan(tuple(stages))),))
