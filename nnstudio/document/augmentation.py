"""Augmentation as forms and scripts need it: its settings, and whether they fit the data.

Reads the table `AUGMENTATION` at the head of `engine/parts/augmentation.py`; imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from graph_compiler.layer import Param
from graph_compiler.model import DataFacts
from nnstudio.document.script_texts import engine_text, imported_parts
from nnstudio.document.tables import params, tables
from nnstudio.document.tabular import DataError

ANYTHING = ("grain", "mixup")
"""What can be done to examples that are no pictures."""
PLACES = ("flips", "shifts", "rotations", "crops")
"""What moves pixels to other places."""
NUMBERS = ("float",)


@cache
def augmentation() -> tuple[Param, ...]:
    """The settings of the augmentation."""
    return params(tables("parts", "AUGMENTATION")["augmentation"]["settings"])


def augmented_by(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The settings that change anything."""
    return tuple(param.name for param in _used(settings))


@cache
def changes_examples(recipe: str) -> bool:
    """Whether a recipe's text does what the augmentation says."""
    return "augmentation" in imported_parts(engine_text("recipes", recipe))


def check_augmentation(facts: DataFacts, settings: Mapping[str, Any]) -> None:
    """Refuse what cannot be done to such examples; raises `DataError`."""
    for param in _used(settings):
        value = str(settings[param.name])
        remedy = f"Set it to {param.default}."
        if facts.form != "examples" or facts.dtype not in NUMBERS:
            raise DataError(param.name, "none, as the examples are words", value, remedy)
        if param.name not in ANYTHING and len(facts.shape) != 3:
            raise DataError(param.name, "none, as the examples are no pictures", value, remedy)
        names = [one.name for one in facts.answers]
        only = facts.name == "scenes" and facts.target == "value" and not facts.places
        boxes = only or "boxes" in names
        if param.name in PLACES and boxes:
            raise DataError(param.name, "none, as boxes would not follow", value, remedy)
        if param.name in PLACES and len(facts.places) == 1:
            raise DataError(param.name, "none, as words would not follow", value, remedy)


def augmentation_constants(facts: DataFacts, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the text of the augmentation asks beside its settings."""
    changed = any(param.name != "mixup" for param in _used(settings))
    masks = any(one.kind == "mask" for one in facts.answers)
    return {"AUGMENTED": changed, "FOLLOWS": len(facts.places) == 2 or masks}


def _used(settings: Mapping[str, Any]) -> list[Param]:
    return [param for param in augmentation() if settings[param.name] != param.default]
