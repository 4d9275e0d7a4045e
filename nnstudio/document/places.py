"""Where a setting of a recipe stands in a form, and when it has an effect.

Owns the reading of `group`, `rare` and `when` in the tables of recipes and of the parts that
recipes share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnstudio.document.folding import holds

FIRST_WEIGHTS = "First weights"
"""The group of what draws weights anew when a stage begins."""

GROUPS = (
    "Task",
    "Learning",
    "Schedule",
    "Regularization",
    "Batches",
    "Stopping",
    "Precision",
    FIRST_WEIGHTS,
)
"""The groups of a form, in their order."""
USUAL_GROUP = "Learning"
"""Where a setting stands whose row names no group."""


@dataclass(frozen=True, slots=True)
class Place:
    """One setting's place."""

    group: str = USUAL_GROUP
    rare: bool = False
    """Whether it is folded away until it is asked for or set."""
    when: str = ""
    """A condition over the stage's settings under which it has an effect; empty is always."""

    def has_effect(self, values: Mapping[str, Any]) -> bool:
        """Whether the setting does anything beside these values of all settings."""
        return not self.when or holds(self.when, values)


def place_of(row: Mapping[str, Any]) -> Place:
    """What a row of a table says."""
    group = row.get("group", _USUAL.get(row["name"], USUAL_GROUP))
    return Place(group, row.get("rare", False), row.get("when", ""))


_USUAL = {
    "batch_size": "Batches",
    "epochs": "Batches",
    "seed": "Batches",
    "patience": "Stopping",
    "weight_decay": "Regularization",
}
