"""Recipes as the plan needs them: titles, settings, and a stage's settings evaluated and checked.

Reads the table `RECIPE` at the head of each file in `engine/recipes`; imports none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import Stage, Value, Variable
from graph_compiler.resolve import environment, value_of
from nnstudio.document.tables import params, tables


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
    return MappingProxyType(
        {
            name: RecipeSpec(
                name=name,
                title=table["title"],
                doc=table["doc"],
                settings=params(table["settings"]),
                targets=tuple(table.get("targets", ("class", "value"))),
                paper=table.get("paper", ""),
            )
            for name, table in tables("recipes", "RECIPE").items()
        }
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
                expected=", ".join(values) or "no settings",
                got=ascii(name)[1:-1][:60],
                remedy="Remove it.",
            )
        )
    return values, tuple(faults)
