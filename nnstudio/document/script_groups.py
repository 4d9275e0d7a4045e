"""Rates of their own as a script has them: modules with a factor on the rate, a weight decay.

Owns the constants `GROUPS`, one for each network of a recipe, and how long ones are laid out.
"""

from __future__ import annotations

from typing import Any

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Mismatch
from graph_compiler.model import Group, Project, Stage, Value
from graph_compiler.source import Source
from nnstudio.document.groups import group_values, module_paths
from nnstudio.document.pieces import Written, literal_text
from nnstudio.document.recipes import SettingsError, networks_of
from nnstudio.document.script_settings import RESERVED, Setting, over_options

CONSTANT = "GROUPS"
_COLUMN = 30
"""Where a literal begins at most that is an argument of what begins a stage."""


def is_grouped(project: Project, recipe: str) -> bool:
    """Whether a stage with a recipe has rates of their own; all of them take groups then."""
    return any(stage.groups for stage in project.plan.stages if stage.recipe == recipe)


def group_settings(project: Project, stage: Stage, source: Source) -> tuple[Setting, ...]:
    """The groups of each of the stage's networks; raises `SettingsError`."""
    if not is_grouped(project, stage.recipe):
        return ()
    found = []
    for number, (role, name) in enumerate(networks_of(stage).items()):
        constant = f"{role.upper()}_{CONSTANT}" if number else CONSTANT
        modules = source.networks[name].modules
        rows, written, follows = [], [], False
        for group in stage.groups:
            paths = module_paths(group, project, name, modules)
            if paths:
                rows.append((paths, _values(project, stage, group)))
                said = {**rows[-1][1], **_followed(group)}
                follows = follows or said != rows[-1][1]
                written.append((paths, said))
        flagged = literal_text(written, _COLUMN) if follows else ""
        found.append(Setting(constant, rows, "groups", flagged))
    return tuple(found)


def _values(project: Project, stage: Stage, group: Group) -> dict[str, float]:
    try:
        return group_values(group, project.variables)
    except Mismatch as fault:
        raise SettingsError(stage.name, (fault,)) from None


def _followed(group: Group) -> dict[str, Any]:
    """Those of its values that follow a variable, as they are read from the command line."""
    given: dict[str, Value] = {"factor": group.rate, "weight_decay": group.weight_decay}
    return {
        name: Written(over_options(str(value)))
        for name, value in given.items()
        if (uses := variables_in(value)) and not uses & RESERVED
    }
