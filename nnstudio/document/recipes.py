"""Recipes as the plan needs them: titles, settings, and a stage's settings evaluated and checked.

Reads the table `RECIPE` at the head of each file in `engine/recipes`; imports none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any

from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import Stage, Value, Variable
from graph_compiler.resolve import environment, value_of
from nnstudio.document.folding import holds
from nnstudio.document.places import Place, place_of
from nnstudio.document.tables import params, tables

MOST_LISTED = 12
"""Settings up to which a message lists them all."""


@dataclass(frozen=True, slots=True)
class RecipeSpec:
    """One way of training."""

    name: str
    title: str
    doc: str
    settings: tuple[Param, ...]
    targets: tuple[str, ...] = ("class", "value")
    """Which kinds of target it can learn."""
    paper: str = ""
    networks: tuple[str, ...] = ("model",)
    """The roles of the networks that it trains; the stage's own network has the first."""
    forms: tuple[str, ...] = ("examples",)
    """Which forms of data it learns from."""
    output: str = "target"
    """What the network's output has to be, see `Purpose`."""
    taker: str = "model"
    """The role of the network that takes the examples in."""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """Constants of its text that are the shape of a network's input, to that network's role."""
    nodes: tuple[str, ...] = ()
    """Settings that name a node of its first network."""
    needs: str = ""
    """The type of layer that its first network must have, and that those nodes are of."""
    inputs: tuple[str, ...] = ()
    """What the inputs of its first network are called, where it tells them apart by name."""
    feeds: Mapping[str, str] = field(default_factory=dict)
    """Role of a network to the role of one that takes its output in."""
    freezes: bool = True
    """Whether a stage can leave parts of its networks as they are."""
    alone: str = ""
    """Why it cannot be shared among several processes; empty where it can."""
    uses: tuple[str, ...] = ("predict",)
    """What its networks can be used for, the usual first: `predict` (an answer about each example),
    `give_back`, `sample`, `complete`, `fill_in`, `translate`, `feel`."""
    measured: int = 1024
    """Rows at a time when it measures a part of the data; 0 is as many as in a batch."""
    answers: str = "scores"
    """How its answers are read: `scores` as its loss compares them, `fires` (one unit says
    yes or no), `lengths` (of capsules, beside a drawing), `several` (each output its own)."""
    loss: str = "none"
    """The loss that its answers are compared by, where no setting of its own names one."""
    floor: bool = True
    """Whether it is known how low its loss can get: then what is left of it tells of bias."""
    passes: tuple[Mapping[str, Any], ...] = ()
    """For each part of a step: role of a network to how often a batch goes through it before the
    way back; `when` names the settings with which it is so. Empty is once through each."""
    twins: int = 0
    """Copies of its networks that learn beside them."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Setting to its place in a form."""

    def alive(self, settings: Mapping[str, Any]) -> tuple[Mapping[str, int], ...]:
        """Which passes are kept at the same time, for each part of a step with these settings."""
        found = [
            {role: times for role, times in part.items() if role != "when"}
            for part in self.passes
            if "when" not in part or holds(part["when"], settings)
        ]
        return tuple(found) or (dict.fromkeys(self.networks, 1),)


class SettingsError(ValueError):
    """Settings of a stage that cannot be used; `faults` names every one, the text the first."""

    def __init__(self, stage: str, faults: tuple[Mismatch, ...]) -> None:
        first = faults[0]
        place = ".".join(part for part in (stage, first.port) if part)
        super().__init__(f"{place}: expected {first.expected}, got {first.got}. {first.remedy}")
        self.stage, self.faults = stage, faults


@cache
def recipes() -> Mapping[str, RecipeSpec]:
    """Every recipe by name."""
    shared = tables("parts", "SETTINGS")
    return MappingProxyType(
        {name: _spec(name, table, shared) for name, table in tables("recipes", "RECIPE").items()}
    )


def _spec(
    name: str, table: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]]
) -> RecipeSpec:
    """A recipe's own settings, and those of the parts that its table names in `parts`.

    What a recipe says of a setting that a part has as well goes before what the part says of it.
    Settings, and choices of them, that it names in `without` are left out: it has no use for them.
    """
    own = {row["name"]: row for row in table["settings"]}
    without = table.get("without", ())
    rows: dict[str, Mapping[str, Any]] = {}
    for part in table.get("parts", ()):
        rows |= {
            row["name"]: {**row, **own.get(row["name"], {})}
            for row in shared[part]["settings"]
            if row["name"] not in without
        }
    for setting, row in rows.items():
        if left := tuple(one for one in row.get("choices", ()) if one not in without):
            rows[setting] = {**row, "choices": left}
    rows = {**rows, **{one: row for one, row in own.items() if one not in rows}}
    return RecipeSpec(
        name=name,
        title=table["title"],
        doc=table["doc"],
        settings=params(rows.values()),
        targets=tuple(table.get("targets", ("class", "value"))),
        paper=table.get("paper", ""),
        networks=tuple(table.get("networks", ("model",))),
        forms=tuple(table.get("forms", ("examples",))),
        output=table.get("output", "target"),
        taker=table.get("taker", table.get("networks", ("model",))[0]),
        shapes=dict(table.get("shapes", {})),
        nodes=tuple(table.get("nodes", ())),
        needs=table.get("needs", ""),
        inputs=tuple(table.get("inputs", ())),
        feeds=dict(table.get("feeds", {})),
        freezes=table.get("freezes", True),
        alone=table.get("alone", ""),
        uses=tuple(table.get("uses", ("predict",))),
        measured=table.get("measured", 1024),
        answers=table.get("answers", "scores"),
        loss=table.get("loss", "none"),
        floor=table.get("floor", True),
        passes=tuple(table.get("passes", ())),
        twins=table.get("twins", 0),
        places={row["name"]: place_of(row) for row in rows.values()},
    )


def stage_settings(stage: Stage, variables: Mapping[str, Variable]) -> dict[str, Any]:
    """All settings of a stage, defaults and expressions worked out; raises `SettingsError`."""
    values, faults = settings_and_faults(stage, variables)
    if faults:
        raise SettingsError(stage.name, faults)
    return values


def settings_and_faults(
    stage: Stage, variables: Mapping[str, Variable]
) -> tuple[dict[str, Any], tuple[Mismatch, ...]]:
    """The same, with the default in place of each faulty setting, and all faults."""
    spec = recipes().get(stage.recipe)
    if spec is None:
        known = ", ".join(recipes())
        fault = Mismatch(
            "bad_parameter",
            "recipe",
            expected=f"one of {known}",
            got=ascii(stage.recipe)[:60],
            remedy="Choose one of them.",
        )
        return {}, (fault,)
    return evaluated(spec.settings, stage.settings, variables)


def evaluated(
    known: tuple[Param, ...], given: Mapping[str, Value], variables: Mapping[str, Variable]
) -> tuple[dict[str, Any], tuple[Mismatch, ...]]:
    """Values of all `known` parameters; unknown names and values that do not fit become faults."""
    env = environment(variables)
    values: dict[str, Any] = {param.name: param.default for param in known}
    faults = []
    for param in known:
        if param.name not in given:
            continue
        try:
            values[param.name] = value_of(param, given[param.name], env)
        except Mismatch as fault:
            faults.append(fault)
    for name in sorted(set(given) - set(values)):
        faults.append(
            Mismatch(
                "unknown_parameter",
                "",
                expected=_listed(name, tuple(values)),
                got=ascii(name)[1:-1][:60],
                remedy="Remove it.",
            )
        )
    return values, tuple(faults)


def networks_of(stage: Stage) -> dict[str, str]:
    """Role to network for the roles of the stage's recipe; the first is the stage's own."""
    spec = recipes().get(stage.recipe)
    roles = spec.networks if spec is not None else ("model",)
    return {roles[0]: stage.network} | {role: stage.others.get(role, "") for role in roles[1:]}


def _listed(name: str, known: tuple[str, ...]) -> str:
    """The settings there are; of many, those that read like a name, or the first."""
    if len(known) <= MOST_LISTED:
        return ", ".join(known) or "no settings"
    close = get_close_matches(name, known, 3) or known[:3]
    return f"one of {len(known)} settings, such as {', '.join(close)}"
