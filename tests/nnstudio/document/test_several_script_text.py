"""The scripts of plans with several outputs: clean, and with nothing in them that is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from graph_compiler import emit
from graph_compiler.goals import WEIGHABLE, fitting_losses, wanted_numbers
from graph_compiler.model import Goal, Project, Value
from nnstudio.document.script import train_script
from tests.nnstudio.document.test_script_text import check_texts
from tests.nnstudio.engine.recipes.several_plans import heads, seeing, table
from tests.nnstudio.engine.recipes.test_losses_of_outputs import ENDS, KINDS, TUNED
from tests.nnstudio.engine.recipes.test_losses_of_outputs import table as all_kinds

BOTH = ("class and boxes", "class and mask", "boxes and mask", "class, boxes and mask")
BALANCED = Goal(class_weights="balanced")
WAYS: tuple[Mapping[str, Value], ...] = (
    {},
    {"accumulation": 3},
    {"accumulation": 2, "optimizer": "lbfgs", "patience": 2, "ema_decay": 0.9},
    {"precision": "float16", "clip_norm": 1.0, "schedule": "plateau"},
)


def plans(folder: Path) -> list[tuple[str, Project]]:
    """Every kind of targets at once, with every switch that this recipe has of its own."""
    found = []
    for number, (give, way) in enumerate(zip(BOTH, WAYS, strict=True)):
        goals = {"mask": BALANCED} if number % 2 else {}
        one = seeing({"give": give}, goals, **way)
        found.append((f"seen_{number}", one))
        found.append((f"together_{number}", seeing({"give": BOTH[-1]}, {"thing": BALANCED}, **way)))
        if "boxes" not in give:
            preparation = {"shifts": 0.1, "flips": "both", "mixup": 0.2}
            data = replace(one.data, preparation=preparation, scale="none")
            found.append((f"changed_{number}", replace(one, data=data)))
        rows = heads(table(folder), {"kind": 3, "size": 1}, {"kind": BALANCED}, **way)
        found.append((f"rows_{number}", rows))
    return found


@pytest.mark.slow
def test_they_are_clean(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    check_texts(made, plans(tmp_path), longest=700)


@pytest.mark.slow
def test_they_are_clean_with_any_loss_alone_and_beside_another(tmp_path: Path) -> None:
    data, made, found = all_kinds(tmp_path), tmp_path / "made", []
    made.mkdir()
    for start, (kind, count, targets) in KINDS.items():
        for loss in fitting_losses(kind, count):
            goal = Goal(targets, loss, settings=TUNED.get(loss, {}))
            width = wanted_numbers(loss, kind, count) or 0
            ends = {"one": ENDS[loss]} if loss in ENDS else {}
            found.append((f"{start}-{loss}", heads(data, {"one": width}, {"one": goal}, ends=ends)))
            if loss in WEIGHABLE:
                goal = replace(goal, class_weights="balanced")
            goals = {"one": goal, "other": Goal(("many",), "mse")}
            other = heads(data, {"one": width, "other": 1}, goals, ends=ends, accumulation=2)
            found.append((f"{start}-{loss}-beside", other))
    assert len(found) > 40
    check_texts(made, found, longest=700)


def test_pictures_bring_nothing_of_tables() -> None:
    project = seeing({"give": BOTH[-1]}, {})
    text = train_script(project, emit(project.graph()))
    for gone in ("FEATURES", "TARGETS", "KINDS", "pandas", "WEIGHTED", "class_weights", "looks"):
        assert gone not in text
    assert (
        "    targets = np.concatenate([(plain - shift) / unit, targets[:, PIXELS_FROM:]], 1)"
        in (text)
    )
