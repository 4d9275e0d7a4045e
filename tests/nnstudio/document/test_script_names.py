"""A name that the data's texts and a recipe's both use means one thing in a script."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graph_compiler.model import DataSource, Plan, Project, Stage
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.templates import load_target

MOONS = DataSource("moons", {"noise": 0.05}, split=(0.6, 0.2, 0.2))


def script(project: Project) -> str:
    return train_script(project, planned_source(project))


def constants(text: str) -> dict[str, str]:
    rows = (line.partition(" = ") for line in text.splitlines() if line[:1].isupper())
    return {name: value for name, _, value in rows}


def test_noise_on_the_data_is_not_the_noise_of_the_recipe() -> None:
    stage = Stage("train", "semi_supervised", settings={"noise": 0.4})
    text = script(replace(load_target("template:mlp"), data=MOONS, plan=Plan((stage,))))
    found = constants(text)
    assert (found["NOISE"], found["TRAIN_NOISE"]) == ("0.05", "0.4")
    assert "noise=NOISE" in text
    assert "TRAIN_NOISE" in text[text.index("class SemiSupervised") :]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_constant_that_one_stage_alone_uses_has_its_value(order: tuple[int, int]) -> None:
    plain = Stage("plain", settings={"optimizer": "sgd"})
    sparse = Stage("sparse", settings={"optimizer": "sgd", "l1": 0.25, "exact_zeros": True})
    stages = [(plain, sparse)[number] for number in order]
    project = replace(load_target("template:mlp"), plan=Plan(tuple(stages)))
    found = constants(script(project))
    (value,) = {value for name, value in found.items() if name.endswith("L1")}
    assert value == "0.25"
