"""How data are prepared, as forms and checks need it: the settings, and whether they fit the data.

Reads the table `PREPARATION` at the head of `engine/parts/preparation.py`; imports nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations_with_replacement
from math import comb
from typing import Any

from graph_compiler.layer import Mismatch, Param
from graph_compiler.model import DataFacts, DataSource, Variable
from nnstudio.document.augmentation import augmentation, check_augmentation
from nnstudio.document.recipes import evaluated
from nnstudio.document.tables import params, tables
from nnstudio.document.tabular import DataError

MAX_INPUTS = 100_000


@cache
def preparation() -> tuple[Param, ...]:
    """The settings of the preparation, beside split, scaling and seed; augmentation at the end."""
    rows = tables("parts", "PREPARATION")["preparation"]["settings"]
    return (*params(rows), *augmentation())


def preparation_settings(data: DataSource, variables: Mapping[str, Variable]) -> dict[str, Any]:
    """All settings of the preparation, defaults filled in; raises `DataError`."""
    values, faults = preparation_and_faults(data, variables)
    if faults:
        fault = faults[0]
        raise DataError(fault.port or "preparation", fault.expected, fault.got, fault.remedy)
    return values


def preparation_and_faults(
    data: DataSource, variables: Mapping[str, Variable]
) -> tuple[dict[str, Any], tuple[Mismatch, ...]]:
    """The same, with the default in place of each faulty setting, and all faults."""
    return evaluated(preparation(), data.preparation, variables)


def prepared(facts: DataFacts, settings: Mapping[str, Any]) -> DataFacts:
    """The facts after the preparation, which may add features; raises `DataError`."""
    kinds = {one.kind for one in facts.answers} if facts.target == "several" else {facts.target}
    if settings["balanced"] and "class" not in kinds:
        raise DataError("balanced", "false, as the target is no class", "true", "Set it to false.")
    folds, fold = settings["folds"], settings["fold"]
    if folds == 1:
        raise DataError("folds", "at least two folds, or 0 for none", "1", "Set it to 5.")
    if folds and fold > folds:
        raise DataError("fold", f"one of the {folds} folds", str(fold), "Choose a lower one.")
    check_augmentation(facts, settings)
    if settings["degree"] == 1:
        return facts
    if len(facts.shape) != 1 or facts.dtype != "float":
        raise DataError(
            "degree", "1, as the inputs are no rows of numbers", str(settings["degree"]), "Set it."
        )
    columns = with_products(facts.columns, settings["degree"])
    return replace(facts, shape=(len(columns),), columns=columns)


def with_products(names: Sequence[str], degree: int) -> tuple[str, ...]:
    """The names with all products of up to `degree` of them, in scikit-learn's order."""
    total = comb(len(names) + degree, degree) - 1
    if total > MAX_INPUTS:
        raise DataError(
            "degree",
            f"at most {MAX_INPUTS:,} features with their products",
            f"{total:,}",
            "Choose a lower degree, or fewer features.",
        )
    return tuple(
        "·".join(product)
        for size in range(1, degree + 1)
        for product in combinations_with_replacement(names, size)
    )
