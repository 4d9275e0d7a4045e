"""The stages of a plan as a script has them: their values, and the text of each way of training.

Owns when two stages share one class, with what differs as its parameters, and when the text of a
recipe stands there twice under two names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph_compiler.model import Project, Stage
from graph_compiler.source import Source
from nnstudio.document.first_weights import modules_drawn, rule_of
from nnstudio.document.folding import decided, fold, switches
from nnstudio.document.patterns import fits
from nnstudio.document.pieces import Pieces, names_in
from nnstudio.document.recipes import networks_of, recipes, stage_settings
from nnstudio.document.script_drawing import drawing_constants, with_modules
from nnstudio.document.script_groups import group_settings, is_grouped
from nnstudio.document.script_passing import can_be_passed, passed_down
from nnstudio.document.script_settings import Setting, settings_of
from nnstudio.document.script_texts import (
    class_words,
    definitions,
    engine_text,
    literals,
    prefixed,
    readers,
    recipe_class,
    with_names,
    with_parts,
)

TABLES = ("RECIPE", "SOURCE", "SETTINGS", "PREPARATION", "AUGMENTATION")
"""Literals at the heads of texts that describe them; no script needs those."""


@dataclass(slots=True)
class StageScript:
    """One stage: its values, and how its training is begun."""

    stage: Stage
    values: dict[str, Any]
    settings: tuple[Setting, ...]
    networks: dict[str, str]
    """Role to network."""
    constants: dict[str, Any] = field(default_factory=dict)
    """What else its text has to know of the drawings."""
    class_name: str = ""
    arguments: tuple[str, ...] = ()
    """What its class is given behind networks, data, epochs and seed."""

    def differs(self, other: StageScript) -> set[str]:
        """The constants that are not the same in another stage of the same recipe."""
        theirs = {one.constant: one for one in other.settings}
        return {one.constant for one in self.settings if one.text != theirs[one.constant].text}


@dataclass(slots=True)
class _Group:
    """Stages that share a class."""

    texts: list[str]
    asked: frozenset[str]
    stages: list[StageScript]
    differing: set[str] = field(default_factory=set)

    def takes(self, one: StageScript) -> bool:
        """Whether a stage can share the class, with what differs as parameters of its beginning."""
        first = self.stages[0]
        if first.stage.recipe != one.stage.recipe or first.constants != one.constants:
            return False
        return not any(map(self._decides, first.differs(one)))

    def _decides(self, constant: str) -> bool:
        """Whether a constant decides branches, or is read elsewhere than at the beginning."""
        begin = recipe_class(self.texts[-1])
        return constant in self.asked or not can_be_passed(self.texts, constant, begin)


def stage_scripts(project: Project, source: Source, validated: bool) -> list[StageScript]:
    """The plan's stages with their values; raises `SettingsError`."""
    found = []
    for stage in project.plan.stages:
        values = with_modules(stage, stage_settings(stage, project.variables), source)
        if not validated and "patience" in values:
            values["patience"] = 0
        spec = recipes()[stage.recipe]
        texts = texts_of(stage.recipe)
        asked = set[str]().union(*map(switches, texts))
        for param in spec.settings:
            if not can_be_passed(texts, param.name.upper(), recipe_class(texts[-1])):
                asked.add(param.name.upper())
        settings = settings_of(spec.settings, stage.settings, values, asked)
        settings += group_settings(project, stage, source)
        constants = drawing_constants(project, stage) | weight_constants(stage, source)
        constants["GROUPED"] = is_grouped(project, stage.recipe)
        found.append(StageScript(stage, values, settings, networks_of(stage), constants))
    return found


def texts_of(recipe: str) -> list[str]:
    """A recipe's text, and before it those of the parts that it alone brings along."""
    return with_parts(engine_text("recipes", recipe), _data_parts())


def add_recipes(
    pieces: Pieces,
    stages: list[StageScript],
    constants: Mapping[str, Any],
    taken: Mapping[str, str],
) -> None:
    """The text of every recipe into the pieces; each stage learns its class and arguments.

    `taken` are the names that the data's texts use, with what those stand for.
    """
    groups: list[_Group] = []
    for one in stages:
        found = next((group for group in groups if group.takes(one)), None)
        if found is None:
            texts = texts_of(one.stage.recipe)
            asked = frozenset[str]().union(*map(switches, texts))
            groups.append(_Group(texts, asked, [one]))
        else:
            found.differing |= found.stages[0].differs(one)
            found.stages.append(one)
    known = dict(taken)
    for group in groups:
        _add(pieces, group, constants, known)


def frozen_modules(stage: Stage, modules: Mapping[str, str]) -> list[str]:
    """The paths of the modules that a stage leaves as they are, each inside no other of them."""
    chosen = {module for node, module in modules.items() if fits(node, stage.frozen)}
    return sorted(
        module
        for module in chosen
        if not any(module.startswith(f"{other}.") for other in chosen if other != module)
    )


def weight_constants(stage: Stage, source: Source) -> dict[str, Any]:
    """The rules by which single nodes get their first weights; of several networks by role."""
    if not stage.first_weights:
        return {"BY_NODE": False}
    rules: dict[str, tuple[str, float]] = {}
    roles = networks_of(stage)
    for role, name in roles.items():
        drawn = modules_drawn(stage.first_weights, source.networks[name].modules)
        above = f"{role}." if len(roles) > 1 else ""
        rules |= {f"{above}{module}": rule_of(text) for module, text in drawn.items()}
    used = tuple(dict.fromkeys(name for name, _ in rules.values()))
    return {"FIRST_WEIGHTS": rules, "BY_NODE": True, "RULES": used}


def _data_parts() -> set[str]:
    """The parts that prepare data; they come with the data, whatever a recipe says of them."""
    from nnstudio.document.sources import preparing_part, sources

    return {preparing_part(spec.form) for spec in sources().values()} | {"preparation"}


def _add(
    pieces: Pieces, group: _Group, constants: Mapping[str, Any], taken: dict[str, str]
) -> None:
    first = group.stages[0]
    given = {**constants, **first.constants}
    given |= {one.constant: one.value for one in first.settings}
    given["READ_AS"] = recipes()[first.stage.recipe].answers
    given |= conditions(group.texts, given)
    free = group.differing | {
        one.constant for stage in group.stages for one in stage.settings if one.flagged
    }
    texts = [folded(text, given, free) for text in group.texts]
    kinds = {one.constant: one.kind for one in first.settings}
    parameters = []
    for one in first.settings:
        if one.constant in free and any(readers(text, one.constant) for text in texts):
            parameters.append(one.constant)
            begin = recipe_class(group.texts[-1])
            texts = passed_down(texts, one.constant, kinds[one.constant], begin)
    known = used_names(texts, given)
    cls = recipe_class(group.texts[-1])
    if names := _in_the_way(known, taken):
        prefix = class_words(first.stage.name)
        texts = [with_names(text, names, prefix) for text in texts]
        given |= {prefixed(name, prefix): given[name] for name in names if name in given}
        cls = prefix + cls if cls in names else cls
    used = used_names(texts, given)
    for name in used.keys() - taken.keys():
        pieces.constants.pop(name, None)  # it came with a text that does not use it
    taken |= used
    for text in texts:
        pieces.take(text, given, TABLES)
    for stage in group.stages:
        stage.class_name = cls
        settings = {one.constant: one for one in stage.settings}
        stage.arguments = tuple(f"{name.lower()}={settings[name].text}" for name in parameters)


def used_names(texts: list[str], given: Mapping[str, Any]) -> dict[str, str]:
    """Every name of the texts that is used in them to what it stands for."""
    found: dict[str, str] = {}
    for text in texts:
        for name, definition in definitions(text).items():
            if name not in TABLES and (not name.isupper() or any(readers(t, name) for t in texts)):
                found[name] = repr(given[name]) if name in given else definition
    return found


def _in_the_way(known: Mapping[str, str], taken: Mapping[str, str]) -> set[str]:
    """The names that stand for something else already, and those that would by what they use."""
    found = {name for name, text in known.items() if taken.get(name, text) != text}
    while True:
        more = {
            name
            for name, text in known.items()
            if name in taken and name not in found and not name.isupper() and names_in(text) & found
        }
        if not more:
            return found
        found |= more


def folded(text: str, constants: Mapping[str, Any], free: Collection[str] = ()) -> str:
    """The text without the branches that constants switch off, the given ones or its own.

    What is `free` is decided when the script runs.
    """
    known = {**literals(text), **constants}
    return fold(text, {n: known[n] for n in switches(text) if n in known and n not in free})


def conditions(texts: Collection[str], given: Mapping[str, Any]) -> dict[str, bool]:
    """The constants of texts that are conditions over the given constants, or the texts' own."""
    known: dict[str, Any] = {}
    for text in texts:
        known |= literals(text)
    known |= given
    return {name: value for text in texts for name, value in decided(text, known).items()}
