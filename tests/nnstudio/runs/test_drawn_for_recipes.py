"""What a recipe looks for in the drawings is missed before a run begins, and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from graph_compiler.model import Project, Value
from nnstudio.document.templates import assign, load_target
from nnstudio.runs.readiness import errors


def texts(project: Project) -> list[str]:
    return [problem.text for problem in errors(project)]


def staged(target: str, recipe: str, **settings: Value) -> Project:
    project = load_target(f"template:{target}")
    first, *others = project.plan.stages
    changed = replace(first, recipe=recipe, settings=settings)
    return replace(project, plan=replace(project.plan, stages=(changed, *others)))


@pytest.mark.parametrize(
    "target", ["rbm", "deep-belief-net", "autoencoder", "vae", "gan", "few-labels"]
)
def test_the_templates_have_all_that_is_looked_for(target: str) -> None:
    assert texts(load_target(f"template:{target}")) == []


CASES: tuple[tuple[Callable[[], Project], str], ...] = (
    (
        lambda: staged("autoencoder", "variational"),
        "plan.network: expected a node Sampling, which Variational autoencoder looks for, got "
        "none. Draw one, or choose another recipe.",
    ),
    (
        lambda: staged("mlp", "contrastive_divergence"),
        "plan.network: expected a node Restricted Boltzmann machine, which Contrastive divergence "
        "looks for, got none. Draw one, or choose another recipe.",
    ),
    (
        lambda: assign(load_target("template:deep-belief-net"), "plan.layer", "rbm4"),
        "plan.machine 1.layer: expected the name of a node Restricted Boltzmann machine "
        '(rbm1, rbm2, rbm3), got "rbm4". Choose one, or leave it empty.',
    ),
    (
        lambda: assign(load_target("template:gan"), "main/unflatten.unflattened_size", (64,)),
        "plan.generator: expected an output N×1×8×8 of the generator, as the critic takes in, got "
        "N×64. Change the last layers of main.",
    ),
)


@pytest.mark.parametrize(("make", "text"), CASES)
def test_what_is_missed_is_named(make: Callable[[], Project], text: str) -> None:
    assert texts(make()) == [text]


def test_inputs_are_told_apart_by_their_names() -> None:
    project = load_target("template:bert@demo")
    main = project.networks["main"]
    types = replace(main.nodes["types"], name="sides")
    nodes = {name: node for name, node in main.nodes.items() if name != "types"} | {"sides": types}
    wires = {
        replace(wire, source="sides") if wire.source == "types" else wire: None
        for wire in main.wires
    }
    changed = replace(main, nodes=nodes, wires=wires)
    renamed = replace(project, networks={**project.networks, "main": changed})
    assert errors(project) == ()
    assert texts(renamed) == [
        "plan.network: expected inputs called tokens and types, as Masked language model gives "
        "them, got sides, tokens. Rename the inputs of main, or choose another recipe."
    ]
