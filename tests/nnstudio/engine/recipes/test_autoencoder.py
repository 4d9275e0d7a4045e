"""Autoencoders against principal components and against the best linear way to take noise away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import nn

from nnstudio.engine.recipes import autoencoder as recipe
from nnstudio.engine.recipes.autoencoder import Autoencoding


@pytest.fixture
def settings(as_planned: Callable[..., None]) -> Callable[..., None]:
    """Sets constants of the recipe and its parts for one test."""
    return partial(as_planned, recipe)


def related(rows: int, seed: int) -> np.ndarray:
    """Normal numbers in six columns that depend on one another, each less than another."""
    mix = np.linalg.qr(np.random.default_rng(9).normal(size=(6, 6)))[0] * [3, 2, 1, 0.5, 0.3, 0.2]
    return np.random.default_rng(seed).normal(size=(rows, 6)) @ mix.T


def test_a_linear_one_finds_the_principal_components(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(learning_rate=0.02, batch_size=500)
    rows = related(1000, 0)
    rows -= rows.mean(0)
    torch.manual_seed(0)
    encoder, decoder = nn.Linear(6, 2), nn.Linear(2, 6)
    training = Autoencoding(nn.Sequential(encoder, decoder), parts(rows, rows), 200, 0)
    for metrics in training.steps():
        last = metrics
    pca = PCA(2).fit(rows)
    found = decoder.weight.detach().numpy()
    assert np.degrees(subspace_angles(found, pca.components_.T)).max() < 2
    lost = np.mean((pca.inverse_transform(pca.transform(rows)) - rows) ** 2)
    assert last["val_loss"].item() == pytest.approx(lost, rel=0.01)
    assert last["val_loss"].item() > lost * 0.9999, "no two numbers can do better"
    shares = pca.explained_variance_ratio_.sum()
    assert last["val_explained"].item() == pytest.approx(shares, abs=0.002)


@pytest.mark.parametrize(
    ("noise", "level"), [("gaussian", 0.7), ("masking", 0.3), ("salt_and_pepper", 0.2)]
)
def test_a_linear_one_takes_noise_away_as_well_as_can_be(
    parts: Callable[..., Any], settings: Callable[..., None], noise: str, level: float
) -> None:
    """The best linear map is known: (mixed moments of clean and spoilt) / (moments of spoilt)."""
    settings(noise=noise, noise_level=level, learning_rate=0.02, optimizer="adam", batch_size=500)
    rows = related(4000, 1)
    rows -= rows.mean(0)
    cov = rows.T @ rows / len(rows)
    if noise == "gaussian":
        clean, spoilt, middle = cov, cov + level**2 * np.eye(6), np.zeros(6)
    else:
        clean = (1 - level) * cov
        spoilt = (1 - level) ** 2 * cov
        spoilt[np.diag_indices(6)] = (1 - level) * np.diag(cov)
        middle = np.zeros(6)
        if noise == "salt_and_pepper":
            low, high = rows.min(), rows.max()
            middle = np.full(6, level * (low + high) / 2)
            spoilt += level**2 * ((low + high) / 2) ** 2
            spoilt[np.diag_indices(6)] += level * (low**2 + high**2) / 2
            spoilt[np.diag_indices(6)] -= level**2 * ((low + high) / 2) ** 2
            spoilt -= np.outer(middle, middle)
    best = np.linalg.solve(spoilt, clean).T
    lost = np.trace(cov - best @ clean.T) / 6
    torch.manual_seed(0)
    layer = nn.Linear(6, 6)
    training = Autoencoding(layer, parts(rows, rows), 60, 0)
    for _ in training.steps():
        pass
    with torch.no_grad():
        losses = [training.measure(training.data.train, "fit")["fit_loss"] for _ in range(20)]
    assert np.mean(losses) == pytest.approx(lost, rel=0.03)
    assert np.abs(layer.weight.detach().numpy() - best).max() < 0.06


@pytest.mark.parametrize("loss", ["mse", "l1", "bce", "bce_with_logits"])
def test_every_distance_is_its_own_formula(
    parts: Callable[..., Any], settings: Callable[..., None], loss: str
) -> None:
    settings(reconstruction=loss, batch_size=4)
    torch.manual_seed(0)
    rows = torch.rand(8, 3)
    model = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid())
    training = Autoencoding(model, parts(rows, rows), 1, 0)
    y, x = model(rows).detach().double().numpy(), rows.double().numpy()
    share = 1 / (1 + np.exp(-y)) if loss == "bce_with_logits" else y
    expected = {
        "mse": (y - x) ** 2,
        "l1": np.abs(y - x),
        "bce": -(x * np.log(share) + (1 - x) * np.log(1 - share)),
        "bce_with_logits": -(x * np.log(share) + (1 - x) * np.log(1 - share)),
    }[loss].mean()
    assert training.batch_loss(torch.arange(8)).item() == pytest.approx(expected, rel=1e-5)


def test_noise_spoils_the_stated_share(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    torch.manual_seed(0)
    rows = torch.rand(400, 50) + 1
    for noise, values in (("masking", {0.0}), ("salt_and_pepper", {rows.min(), rows.max()})):
        settings(noise=noise, noise_level=0.25)
        spoilt = Autoencoding(nn.Linear(50, 50), parts(rows), 1, 0)._spoilt(rows)
        changed = spoilt[spoilt != rows]
        assert len(changed) / rows.numel() == pytest.approx(0.25, abs=0.01)
        assert set(changed.tolist()) == {float(value) for value in values}
    settings(noise="gaussian", noise_level=0.25)
    added = Autoencoding(nn.Linear(50, 50), parts(rows), 1, 0)._spoilt(rows) - rows
    assert added.std().item() == pytest.approx(0.25, abs=0.01)


def test_a_deep_one_gives_back_more_of_the_digits_than_principal_components(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(learning_rate=0.003, batch_size=32)
    pixels = load_digits().data.astype(np.float32) / 16
    train, held_out = pixels[:1400], pixels[1400:]
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 4)),
        *(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 64)),
    )
    training = Autoencoding(model, parts(train, held_out), 25, 0)
    for metrics in training.steps():
        last = metrics
    pca = PCA(4).fit(train)
    lost = np.mean((pca.inverse_transform(pca.transform(held_out)) - held_out) ** 2)
    assert last["val_loss"].item() < 0.85 * lost


@pytest.mark.parametrize("noise", ["none", "salt_and_pepper"])
def test_left_off_and_taken_up_it_is_the_same(
    parts: Callable[..., Any],
    settings: Callable[..., None],
    resumes: Callable[..., None],
    noise: str,
) -> None:
    settings(noise=noise, batch_size=8)
    generator = torch.Generator().manual_seed(1)
    data = parts(*(torch.rand(rows, 4, generator=generator) for rows in (30, 9)))
    resumes(
        lambda: Autoencoding(
            nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.2), nn.Linear(3, 4)), data, 3, 4
        ),
        (1, 4, 6, 9),
    )


def test_cross_entropy_of_what_is_no_share_is_refused(
    parts: Callable[..., Any], settings: Callable[..., None]
) -> None:
    settings(reconstruction="bce")
    with pytest.raises(ValueError) as told:
        Autoencoding(nn.Linear(2, 2), parts([[-1.5, 0.0], [1.0, 2.25]]), 1, 0)
    assert str(told.value) == (
        "reconstruction: expected examples from 0 to 1 for cross-entropy, got -1.5 to 2.25. "
        "Set the scale of the data to unit, or the reconstruction to mse."
    )
