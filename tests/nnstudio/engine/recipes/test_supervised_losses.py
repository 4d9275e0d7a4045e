"""The losses against numbers worked out beside them, and first weights against their rules."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score
from sklearn.utils.class_weight import compute_class_weight

from nnstudio.document.planned import planned_source
from nnstudio.document.recipes import recipes
from nnstudio.document.script import train_script
from nnstudio.document.templates import load_target
from nnstudio.engine.recipes import supervised
from tests.nnstudio.alone import run_alone
from tests.nnstudio.engine.recipes.supervised_plans import losses, plan, recipe_of, written


def given(recipe: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scores and targets of the first rows."""
    inputs, targets = recipe.data.train
    with torch.no_grad():
        return recipe.model(inputs[:40]).double().numpy(), targets[:40].double().numpy()


def soft(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("loss", ["smooth_l1", "huber", "quantile", "poisson", "gaussian_nll"])
def test_losses_for_numbers(tmp_path: Path, loss: str) -> None:
    outputs = 2 if loss == "gaussian_nll" else 1
    recipe = recipe_of(plan("diabetes", outputs, loss=loss, delta=0.7, quantile=0.8), tmp_path)
    scores, targets = given(recipe)
    errors = targets - scores[:, :1]
    size = np.abs(errors)
    if loss == "smooth_l1":
        expected = np.where(size < 0.7, errors**2 / 1.4, size - 0.35)
    elif loss == "huber":
        expected = np.where(size < 0.7, errors**2 / 2, 0.7 * (size - 0.35))
    elif loss == "quantile":
        expected = np.where(errors > 0, 0.8 * errors, -0.2 * errors)
    elif loss == "poisson":
        assert targets.min() > 20, "counts are not scaled"
        expected = np.exp(scores) - targets * scores
    else:
        expected = (scores[:, 1:] + errors**2 / np.exp(scores[:, 1:])) / 2
    assert recipe.batch_loss(torch.arange(40)).item() == pytest.approx(expected.mean(), rel=1e-5)


def test_the_quantile_lies_where_it_is_asked_for(tmp_path: Path) -> None:
    settings = {"learning_rate": 0.05, "batch_size": 500, "epochs": 400, "quantile": 0.8}
    recipe = recipe_of(plan("diabetes", loss="quantile", **settings), tmp_path)
    recipe.measure = lambda part, name: {}
    losses(recipe)
    inputs, targets = recipe.data.train
    with torch.no_grad():
        below = (targets < recipe.model(inputs)).float().mean().item()
    assert below == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_smoothing_and_balanced_classes(tmp_path: Path, smoothing: float) -> None:
    settings = {"label_smoothing": smoothing, "class_weights": "balanced"}
    recipe = recipe_of(plan("wine", 3, **settings), tmp_path)
    everyone = recipe.data.train.targets.numpy()
    weights = compute_class_weight("balanced", classes=np.arange(3), y=everyone)
    assert recipe.class_weights.numpy() == pytest.approx(weights, rel=1e-6)
    scores, targets = given(recipe)
    logs, rows = np.log(soft(scores)), targets.astype(int)
    spread = (np.eye(3)[rows] * (1 - smoothing) + smoothing / 3) * weights
    expected = -(spread * logs).sum() / weights[rows].sum()
    assert recipe.batch_loss(torch.arange(40)).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["hinge", "multi_margin"])
def test_margins(tmp_path: Path, loss: str) -> None:
    source, outputs = ("moons", 1) if loss == "hinge" else ("iris", 3)
    recipe = recipe_of(plan(source, outputs, loss=loss, learning_rate=0.05), tmp_path)
    scores, targets = given(recipe)
    if loss == "hinge":
        expected = np.maximum(0, 1 - np.where(targets > 0, 1, -1) * scores).mean()
    else:
        rows = targets.astype(int)
        gaps = np.maximum(0, 1 - scores[np.arange(40), rows][:, None] + scores)
        gaps[np.arange(40), rows] = 0
        expected = gaps.sum() / 3 / 40
    assert recipe.batch_loss(torch.arange(40)).item() == pytest.approx(expected, rel=1e-5)
    losses(recipe)
    assert recipe.finish()["test_accuracy"] > 0.75


def test_log_shares(tmp_path: Path) -> None:
    for loss in ("nll", "kl"):
        recipe = recipe_of(plan("iris", 3, loss=loss), tmp_path / loss)
        inputs, targets = recipe.data.train
        logs = recipe.model(inputs[:40]).log_softmax(1)
        classes = targets[:40] if loss == "nll" else targets[:40].argmax(1)
        expected = torch.nn.functional.nll_loss(logs, classes).item()
        assert recipe.loss(logs, targets[:40]).item() == pytest.approx(expected, rel=1e-5)


SCHEMES: dict[str, Any] = {
    "xavier_uniform": lambda w, i, o: abs(w).max() <= math.sqrt(6 / (i + o)),
    "xavier_normal": lambda w, i, o: w.std() == pytest.approx(math.sqrt(2 / (i + o)), rel=0.1),
    "kaiming_uniform": lambda w, i, o: abs(w).max() <= math.sqrt(6 / i),
    "kaiming_normal": lambda w, i, o: w.std() == pytest.approx(math.sqrt(2 / i), rel=0.1),
    "orthogonal": lambda w, i, o: np.allclose(np.linalg.svd(w)[1], 1, atol=1e-5),
    "normal": lambda w, i, o: w.std() == pytest.approx(0.02, rel=0.1),
    "trunc_normal": lambda w, i, o: abs(w).max() <= 0.04,
    "uniform": lambda w, i, o: 0.095 < abs(w).max() <= 0.1,
    "sparse": lambda w, i, o: (w == 0).mean() == pytest.approx(0.9, abs=0.03),
    "eye": lambda w, i, o: (w == np.eye(o, i)).all(),
    "zeros": lambda w, i, o: (w == 0).all(),
    "ones": lambda w, i, o: (w == 1).all(),
    "constant": lambda w, i, o: (w == 0.25).all(),
    "dirac": None,
    "as_built": None,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_first_weights(tmp_path: Path, scheme: str) -> None:
    settings = {param.name: param for param in recipes()["supervised"].settings}
    assert set(settings["initialization"].choices) == set(SCHEMES)
    given = {"initialization": scheme, "init_value": 0.25, "init_biases": "constant"}
    recipe = recipe_of(plan("breast_cancer", 40, 25, init_bias=0.5, **given), tmp_path)
    built = recipe_of(plan("breast_cancer", 40, 25), tmp_path / "built")
    for (name, weight), other in zip(
        recipe.model.named_parameters(), built.model.parameters(), strict=True
    ):
        if name.endswith("bias"):
            assert (weight == 0.5).all()
        elif SCHEMES[scheme] is None:
            assert torch.equal(weight, other), "made for convolutions, or left as it was"
        else:
            outputs, inputs = weight.shape
            assert SCHEMES[scheme](weight.detach().numpy(), inputs, outputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "muon", "schedule": "one_cycle", "clip_norm": 1.0},
        {"optimizer": "lbfgs", "learning_rate": 0.5, "batch_size": 500},
        {"schedule": "plateau", "ema_decay": 0.9, "patience": 2, "accumulation": 2},
        {"precision": "float16", "l1": 0.01, "l2": 0.01, "class_weights": "balanced"},
        {"exact_zeros": True, "l1": 0.05, "optimizer": "sgd", "initialization": "orthogonal"},
        {"weight_decay": 0.1, "decay_all": False, "optimizer": "nadam", "label_smoothing": 0.1},
    ],
)
def test_the_script_gives_the_same_losses_alone(tmp_path: Path, settings: dict[str, Any]) -> None:
    project = plan("iris", 3, 8, (0.6, 0.2, 0.2), **settings)
    expected = losses(recipe_of(project, tmp_path / "here", "--epochs", "3"))
    folder = written(project, tmp_path / "alone")
    run_alone(folder, "train.py", "--epochs", "3")
    with open(folder / "losses.csv", newline="") as file:
        told = [float(row["loss"]) for row in csv.DictReader(file)]
    assert told == expected
    for command in (["check"], ["format", "--check"]):
        rules = '--config=lint.select=["E","F","W","I","UP","B","SIM","RET","PIE"]'
        call = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length=100"]
        call += [rules] if command == ["check"] else []
        done = subprocess.run([*call, "train.py"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_masks_are_judged_by_what_they_share() -> None:
    """Intersection over union, the mean over classes, against scikit-learn's."""
    generator = torch.Generator().manual_seed(1)
    found, wanted = torch.randint(0, 4, (2, 5, 6, 7), generator=generator)
    expected = jaccard_score(wanted.flatten(), found.flatten(), average="macro")
    assert supervised.overlap(found, wanted).item() == pytest.approx(expected)
    assert supervised.overlap(wanted, wanted).item() == 1
    half = torch.tensor([[0, 0], [1, 1]])
    assert supervised.overlap(half, torch.zeros_like(half)).item() == pytest.approx(0.25)


def test_a_mask_of_a_picture_has_the_measure_and_a_class_has_not() -> None:
    for target, has_it in (("unet@demo", True), ("lenet5", False)):
        project = load_target(f"template:{target}")
        assert ("_iou" in train_script(project, planned_source(project))) is has_it
