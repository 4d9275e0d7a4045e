"""Semi-supervised learning: what unlabelled rows are worth, and that hidden labels stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons
from sklearn.metrics import accuracy_score
from torch import nn

from nnstudio.engine.recipes import semi_supervised as recipe
from nnstudio.engine.recipes.semi_supervised import SemiSupervised, some_of_each


@pytest.fixture
def settings(as_planned: Callable[..., None]) -> Callable[..., None]:
    """Sets constants of the recipe and its parts for one test."""
    return partial(as_planned, recipe)


def moons(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    points, classes = make_moons(rows, noise=0.1, random_state=seed)
    return (points - [0.5, 0.25]) / [0.87, 0.5], classes


def network() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    )


def game(parts: Callable[..., Any], seed: int, epochs: int) -> SemiSupervised:
    train, val, test = (moons(rows, 10 * seed + n) for n, rows in enumerate((400, 200, 1000)))
    data = parts(train[0], val[0], test[0], targets=(train[1], val[1], test[1]))
    torch.manual_seed(seed)
    return SemiSupervised(network(), data, epochs, seed)


@pytest.mark.slow
def test_rows_without_labels_are_worth_something_on_average(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """Eight labels of 400: over six draws the network beats its twin, which sees these alone."""
    settings(labelled=0.02, threshold=0.6, noise=0.4, unlabelled_weight=2.0, ramp_up=10,
             learning_rate=0.01, batch_size=64)  # fmt: skip
    own, alone = [], []
    for seed in range(6):
        training = game(parts, seed, 60)
        for _ in training.steps():
            pass
        found = training.finish()
        own.append(found["test_accuracy"].item())
        alone.append(found["test_accuracy_labelled_only"].item())
        inputs, targets = training.data.test
        answers = training.model(inputs).argmax(1)
        assert own[-1] == pytest.approx(accuracy_score(targets, answers))
    assert np.mean(own) > np.mean(alone) + 0.05, (own, alone)


def test_hidden_labels_are_never_looked_at(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    """With every hidden label turned round, all losses and weights stay the same."""
    settings(labelled=0.05, batch_size=50)
    ends = []
    for turn in (False, True):
        training = game(parts, 0, 3)
        if turn:
            targets = training.data.train.targets
            targets[~training.is_labelled] = 1 - targets[~training.is_labelled]
        losses = [metrics["train_loss"].item() for metrics in training.steps()]
        ends.append((losses, [w.tolist() for w in training.model.parameters()]))
    assert ends[0] == ends[1]


def test_the_twin_is_the_same_network_trained_on_the_labelled_rows(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(labelled=0.05, optimizer="sgd", momentum=0.0, learning_rate=0.1, batch_size=400)
    training = game(parts, 1, 5)
    plain = network()
    plain.load_state_dict(training.model.state_dict())
    rows = training.labelled
    assert len(rows) == 20
    assert training.data.train.targets[rows].sum() == 10, "the same share of each class"
    inputs, targets = training.data.train
    for _ in range(5):
        loss = nn.functional.cross_entropy(plain(inputs[rows]), targets[rows])
        plain.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weight in plain.parameters():
                weight -= 0.1 * weight.grad
    for _ in training.steps():
        pass
    for ours, theirs in zip(training.twin.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_a_step_is_the_loss_written_out_by_hand(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(labelled=0.05, threshold=0.55, noise=0.3, unlabelled_weight=2.0, ramp_up=4)
    training = game(parts, 2, 9)
    training.epoch = 1
    rows = torch.cat([training.labelled[:5], training.unlabelled[:50]])
    torch.manual_seed(7)
    loss = training.batch_loss(rows).item()
    torch.manual_seed(7)
    inputs, targets = (tensor[rows] for tensor in training.data.train)
    spoilt = inputs + 0.3 * torch.randn_like(inputs)
    with torch.no_grad():
        shares, shaken = (training.model(x).softmax(1).numpy() for x in (inputs, spoilt))
    known = -np.mean([np.log(shares[i, targets[i]]) for i in range(5)])
    own = 0.0
    for row in range(5, 55):
        if shares[row].max() >= 0.55:
            own -= np.log(shaken[row, shares[row].argmax()]) / 50
    assert own > 0
    assert loss == pytest.approx(known + 2.0 * 1 / 4 * own, rel=1e-4)


def test_every_class_keeps_a_label() -> None:
    targets = torch.tensor([0] * 90 + [1] * 9 + [2])
    generator = torch.Generator().manual_seed(0)
    for share, counts in ((0.0, [1, 1, 1]), (0.2, [18, 2, 1]), (1.0, [90, 9, 1])):
        chosen = some_of_each(targets, share, generator)
        assert torch.bincount(targets[chosen]).tolist() == counts


def test_with_all_labels_nothing_is_hidden(
    parts: Callable[..., Any], settings: Callable[..., None], told: Callable[..., Any]
) -> None:
    settings(labelled=1.0, batch_size=64)
    rows = told(game(parts, 0, 2))
    assert len(rows) == 2
    assert rows[-1]["own_labels"] == 0.0


def test_left_off_and_taken_up_it_is_the_same(
    parts: Callable[..., Any], settings: Callable[..., None], resumes: Callable[..., None]
) -> None:
    settings(labelled=0.05, batch_size=100, threshold=0.5)
    points, classes = moons(240, 0)
    data = parts(points, points[:30], targets=(classes, classes[:30]))
    resumes(
        lambda: SemiSupervised(
            nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 2)), data, 3, 4
        ),
        (1, 3, 5, 6),
    )
