"""Looking at one batch works for each network that a stage trains, by the stage's own step."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from graph_compiler import project_text
from graph_compiler.model import DataSource, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document.templates import load_target
from nnstudio.engine.checkpoints import weights
from nnstudio.engine.probe import probe_request
from nnstudio.engine.timing import timing_request
from nnstudio.plotdata.opgraph import read_probe

ROWS = 8


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    before, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.set_rng_state(state)


def chain(name: str, width: int, *layers: Node) -> Network:
    nodes = [Node("x", "Input", {"shape": (width,)}), *layers, Node("y", "Output")]
    wires = {Wire(a.name, "output", b.name, "input"): None for a, b in pairwise(nodes)}
    return Network(name, nodes={one.name: one for one in nodes}, wires=wires)


def game() -> Project:
    """Points in the plane, made out of three numbers; small enough to be told number by number."""
    maker = chain("maker", 3, Node("fc", "Linear", {"out_features": 2}))
    judge = chain("judge", 2, Node("fc", "Linear", {"out_features": 1}))
    stage = Stage(
        "game", network="maker", recipe="adversarial", others={"critic": "judge"},
        settings={"epochs": 2, "batch_size": 16},
    )  # fmt: skip
    return Project(
        "game",
        networks={"maker": maker, "judge": judge, "idle": chain("idle", 2)},
        data=DataSource("moons", {"samples": 100}),
        plan=Plan((stage,)),
    )


def tensor(told: dict[str, Any]) -> torch.Tensor:
    return torch.tensor(told["first"]).reshape(told["shape"])


def of(shown: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in shown["operations"] if one["kind"] == kind]


def test_a_critic_is_shown_with_its_own_loss_and_gradients() -> None:
    shown = probe_request(project_text(game()), None, ROWS, "judge")
    real, made = (tensor(one["value"]) for one in of(shown, "input") if one["node"] == "x")
    assert real.shape == made.shape == (ROWS, 2)
    weight, bias = (tensor(one["value"]).requires_grad_() for one in of(shown, "parameter"))
    of_real, of_made = F.linear(real, weight, bias), F.linear(made, weight, bias)
    loss = -F.logsigmoid(of_real).mean() - F.logsigmoid(-of_made).mean()
    assert shown["loss"] == pytest.approx(loss.item(), rel=1e-5)
    gradients = torch.autograd.grad(loss, [weight, bias])
    for one, gradient in zip(of(shown, "parameter"), gradients, strict=True):
        assert one["node"] == "fc"
        torch.testing.assert_close(tensor(one["gradient"]), gradient, atol=1e-6, rtol=1e-4)
    assert of(shown, "loss")
    assert len(read_probe(shown).operations) == len(shown["operations"])
    assert shown["note"] == "“judge” is shown rows of the data, and as many that “maker” makes."


def test_a_generator_is_shown_from_noise_to_what_the_critic_says() -> None:
    shown = probe_request(project_text(game()), None, ROWS, "maker")
    (noise,) = (tensor(one["value"]) for one in of(shown, "input") if one["node"] == "x")
    assert noise.shape == (ROWS, 3)
    own = [one for one in of(shown, "parameter") if one["node"] == "fc"]
    judge = [one for one in of(shown, "input") if one["node"] != "x"]
    weight, bias = (tensor(one["value"]).requires_grad_() for one in own)
    other, other_bias = (tensor(one["value"]) for one in judge if one["shape"] in ([1, 2], [1]))
    loss = -F.logsigmoid(F.linear(F.linear(noise, weight, bias), other, other_bias)).mean()
    assert shown["loss"] == pytest.approx(loss.item(), rel=1e-5)
    gradients = torch.autograd.grad(loss, [weight, bias])
    for one, gradient in zip(own, gradients, strict=True):
        torch.testing.assert_close(tensor(one["gradient"]), gradient, atol=1e-6, rtol=1e-4)
    assert shown["note"] == (
        "“maker” has no data of its own: its batch is noise, and its loss is what “judge” says "
        "of what it makes."
    )
    assert probe_request(project_text(game()), None, ROWS) == shown, "the first, without a name"


def test_each_network_has_its_own_weights_of_a_run(runs: Any) -> None:
    project = game()
    checkpoint = sorted((runs.train(project).path / "checkpoints").glob("step-*"))[-1]
    for drawing, role in (("maker", "generator"), ("judge", "critic")):
        shown = probe_request(project_text(project), str(checkpoint), ROWS, drawing)
        told = {one["label"]: tensor(one["value"]) for one in of(shown, "parameter")}
        torch.testing.assert_close(told["weight"], weights(checkpoint, role)["fc.weight"])
        assert (shown["weights"]["taken"], shown["weights"]["unused"]) == (2, [])


def test_times_and_gradients_are_told_of_each_network() -> None:
    for drawing in ("maker", "judge"):
        shown = probe_request(project_text(game()), None, ROWS, drawing)
        norm = sum(
            tensor(one["gradient"]).square().sum().item()
            for one in of(shown, "parameter")
            if one["node"] == "fc"
        )
        measured = timing_request(project_text(game()), None, ROWS, "cpu", drawing)
        assert measured["gradient"]["fc"] == pytest.approx(norm**0.5, rel=1e-4)
        assert set(measured["forward"]) >= {"fc"}
        assert set(measured["backward"]) >= {"fc"}


def test_a_network_that_no_stage_trains_says_so() -> None:
    with pytest.raises(ValueError) as told:
        probe_request(project_text(game()), None, ROWS, "idle")
    assert str(told.value) == (
        "“idle” is trained by no stage of the plan, so no batch passes through it. "
        "Choose it as the network of a stage, or look at another drawing."
    )


def test_a_later_stages_network_is_shown_in_its_stage() -> None:
    project = game()
    teacher = chain("teacher", 2, Node("fc", "Linear", {"out_features": 2}))
    later = Stage("learn", network="teacher", settings={"epochs": 1, "batch_size": 10})
    both = replace(
        project,
        networks={**project.networks, "teacher": teacher},
        plan=Plan((*project.plan.stages, later)),
    )
    shown = probe_request(project_text(both), None, ROWS, "teacher")
    weight, bias = (tensor(one["value"]) for one in of(shown, "parameter"))
    rows = tensor(next(one for one in of(shown, "input") if one["node"] == "x")["value"])
    assert rows.shape == (ROWS, 2)
    (scores,) = (tensor(one["value"]) for one in of(shown, "operation") if one["node"] == "fc")
    torch.testing.assert_close(scores, F.linear(rows, weight, bias))
    assert shown["note"] == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["autoencoder", "bert", "capsnet", "deep-belief-net", "few-labels", "gan", "rbm",
     "recursive-neural-tensor", "transformer", "vae"],
)  # fmt: skip
def test_every_recipe_shows_its_loss_and_the_way_back(name: str, tmp_path: Path) -> None:
    shown = probe_request(project_text(load_target(f"template:{name}")), None, ROWS)
    assert isinstance(shown["loss"], float)
    assert len(of(shown, "loss")) == 1
    assert len(read_probe(shown).operations) == len(shown["operations"])
    assert any(one["gradient"] is not None for one in of(shown, "parameter"))
    named = {one["node"] for one in of(shown, "operation")} - {""}
    assert named, "operations belong to nodes of the drawing"
