"""Augmentation: how often, how far, targets that follow, what stays as it is, taking up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from graph_compiler.model import DataSource
from nnstudio.document.sources import DataError, facts
from nnstudio.engine.parts import augmentation
from nnstudio.engine.parts.augmentation import augmented, mixed
from nnstudio.engine.recipes import supervised
from nnstudio.engine.recipes.supervised import Supervised

ROWS = 600


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets constants of the augmentation, as a script would."""

    def use(**settings: Any) -> None:
        torch.manual_seed(0)
        for name, value in settings.items():
            monkeypatch.setattr(augmentation, name.upper(), value)

    return use


def ramp(height: int = 16, width: int = 16) -> torch.Tensor:
    """Pictures whose first channel grows to the right and whose second grows downwards."""
    across = (torch.arange(width) + 0.5) / width * 2 - 1
    down = (torch.arange(height) + 0.5) / height * 2 - 1
    one = torch.stack([across.expand(height, width), down[:, None].expand(height, width)])
    return one.repeat(ROWS, 1, 1, 1)


def none() -> torch.Tensor:
    return torch.zeros(ROWS)


def test_without_settings_nothing_changes() -> None:
    pictures = ramp()
    inputs, targets = augmented(pictures, none())
    assert inputs is pictures
    assert targets.equal(none())


@pytest.mark.parametrize(("how", "axis"), [("sideways", 3), ("upside down", 2)])
def test_half_of_the_pictures_are_turned_exactly(
    change: Callable[..., None], how: str, axis: int
) -> None:
    change(flips=how)
    pictures = torch.rand(ROWS, 3, 7, 9)
    inputs, _ = augmented(pictures, none())
    same = (inputs == pictures).all(3).all(2).all(1)
    turned = (inputs == pictures.flip(axis)).all(3).all(2).all(1)
    assert (same ^ turned).all()
    assert turned.sum().item() == pytest.approx(ROWS / 2, abs=4 * np.sqrt(ROWS / 4))


def test_both_turns_are_independent(change: Callable[..., None]) -> None:
    change(flips="both")
    pictures = torch.rand(1, 1, 4, 4).repeat(ROWS, 1, 1, 1)
    inputs, _ = augmented(pictures, none())
    four = [pictures[0], *(pictures[0].flip(a) for a in ((2,), (1,), (1, 2)))]
    counts = [(inputs == one).flatten(1).all(1).sum().item() for one in four]
    assert sum(counts) == ROWS
    assert counts == pytest.approx([ROWS / 4] * 4, abs=5 * np.sqrt(ROWS * 3 / 16))


def test_shifts_are_uniform_within_their_bound(change: Callable[..., None]) -> None:
    change(shifts=0.25)
    inputs, _ = augmented(ramp(20, 40), none())
    # The middle of the ramp tells how far a picture moved, in half sides.
    moved = torch.stack([inputs[:, 0, 10, 19:21].mean(1), inputs[:, 1, 9:11, 20].mean(1)]) / 2
    assert moved.abs().max() <= 0.25 + 1e-5
    assert moved.abs().max() > 0.24
    assert moved.mean(1).abs().max() < 4 * 0.25 / np.sqrt(3 * ROWS)
    assert moved.std(1).numpy() == pytest.approx([0.25 / np.sqrt(3)] * 2, rel=0.1)
    assert abs(torch.corrcoef(moved)[0, 1]) < 4 / np.sqrt(ROWS)


def test_rotations_turn_by_angles_within_their_bound(change: Callable[..., None]) -> None:
    change(rotations=30.0)
    inputs, _ = augmented(ramp(), none())
    slope = inputs[:, :, 8, 9] - inputs[:, :, 8, 7]  # along a line, in both channels
    angles = torch.rad2deg(torch.atan2(slope[:, 1], slope[:, 0]))
    assert 29 < angles.abs().max() <= 30 + 1e-3
    assert angles.mean().abs() < 4 * 30 / np.sqrt(3 * ROWS)
    assert slope.norm(dim=1).numpy() == pytest.approx(np.full(ROWS, 0.25), rel=1e-3), "no stretch"


def test_a_turned_oblong_picture_keeps_its_angles(change: Callable[..., None]) -> None:
    """In pixels, not in shares of the sides, a turn is a turn."""
    change(rotations=90.0)
    line = torch.zeros(ROWS, 1, 21, 41)
    line[:, :, 10, 12:29] = 1
    inputs, _ = augmented(line, none())
    weight = inputs[:, 0] / inputs[:, 0].sum((1, 2), keepdim=True)
    y, x = (torch.arange(21) - 10.0)[:, None], torch.arange(41) - 20.0
    spread = (weight * (x**2 + y**2)).sum((1, 2))
    assert spread.numpy() == pytest.approx(np.full(ROWS, 24.0), rel=0.05), "as long as before"


def test_crops_enlarge_a_part_that_lies_within(change: Callable[..., None]) -> None:
    change(crops=0.4)
    inputs, _ = augmented(ramp(), none())
    sides = (inputs[:, :, 8, 9] - inputs[:, :, 8, 7])[:, 0] / 0.25
    assert 0.6 - 1e-3 <= sides.min() < 0.62
    assert 0.98 < sides.max() <= 1 + 1e-3
    middle = inputs[:, 0, 8, 7:9].mean(1)
    assert (middle.abs() <= 1 - sides + 1e-3).all(), "no place beyond the border"


def test_light_changes_within_bounds(change: Callable[..., None]) -> None:
    change(brightness=0.3)
    pictures = torch.rand(ROWS, 2, 5, 5)
    added = augmented(pictures, none())[0] - pictures
    assert added.flatten(1).std(1).max() < 1e-6, "all pixels alike"
    assert 0.29 < added.abs().max() <= 0.3 + 1e-6
    change(brightness=0.0, contrast=0.5)
    inputs, _ = augmented(pictures, none())
    assert torch.allclose(inputs.mean((1, 2, 3)), pictures.mean((1, 2, 3)), atol=1e-6)
    ratio = inputs.flatten(1).std(1) / pictures.flatten(1).std(1)
    assert 0.5 - 1e-4 <= ratio.min() < 0.52
    assert 1.48 < ratio.max() <= 1.5 + 1e-4


def test_noise_has_its_spread_also_on_rows_of_numbers(change: Callable[..., None]) -> None:
    change(grain=0.2)
    rows = torch.zeros(ROWS, 30)
    noise, _ = augmented(rows, none())
    assert noise.std().item() == pytest.approx(0.2, rel=0.03)
    assert noise.mean().abs() < 4 * 0.2 / np.sqrt(noise.numel())


def test_half_of_the_pictures_lose_a_rectangle(change: Callable[..., None]) -> None:
    change(erasing=0.5)
    inputs, _ = augmented(torch.ones(ROWS, 2, 20, 30), none())
    gone = inputs == 0
    assert gone[:, 0].equal(gone[:, 1]), "in every channel"
    lines, columns = gone[:, 0].any(2), gone[:, 0].any(1)
    assert (gone[:, 0] == lines[:, :, None] & columns[:, None]).all(), "a rectangle"
    assert lines.sum(1).max() <= 10
    assert columns.sum(1).max() <= 15
    touched = gone.flatten(1).any(1).float().mean().item()
    assert 0.4 < touched <= 0.55, "a piece may be too small to hold a pixel"


@pytest.mark.parametrize(
    "settings",
    [{"flips": "both"}, {"rotations": 45.0, "shifts": 0.2, "crops": 0.3, "flips": "both"}],
)
def test_masks_and_pictures_as_targets_move_along(
    change: Callable[..., None], settings: dict[str, Any]
) -> None:
    classes = (torch.arange(24)[:, None] // 8 + torch.arange(24) // 12 * 3).repeat(ROWS, 1, 1)
    pictures = F.one_hot(classes, 6).permute(0, 3, 1, 2).float()
    change(**settings, follows=True, target="mask")
    inputs, masks = augmented(pictures, classes)
    agreed = (inputs.argmax(1) == masks).float().mean().item()
    assert agreed == 1 if len(settings) == 1 else agreed > 0.97
    assert (masks != classes).any()
    change(**settings, follows=True, target="value")
    inputs, following = augmented(pictures, pictures * 2)
    assert torch.allclose(inputs * 2, following, atol=1e-5)


def test_mixup_blends_with_shares_of_a_beta_distribution(change: Callable[..., None]) -> None:
    change(mixup=0.4)
    rows = torch.rand(8, 3)
    shares = []
    for _ in range(400):
        blended, others, share = mixed(rows)
        assert torch.allclose(blended, share * rows + (1 - share) * rows[others])
        assert sorted(others.tolist()) == list(range(8))
        shares.append(share.item())
    assert np.mean(shares) == pytest.approx(0.5, abs=0.08)
    assert np.var(shares) == pytest.approx(1 / (4 * (2 * 0.4 + 1)), rel=0.15)


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(2 * 8 * 8, 3))


def data(parts: Callable[..., Any]) -> Any:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(60, 2, 8, 8))
    targets = generator.integers(0, 3, 60)
    return parts(inputs[:40], inputs[40:], targets=(targets[:40], targets[40:]))


def test_the_loss_of_a_blend_is_that_of_blended_targets(
    change: Callable[..., None], monkeypatch: pytest.MonkeyPatch, parts: Callable[..., Any]
) -> None:
    change(mixup=1.0)
    monkeypatch.setattr(supervised, "MIXUP", 1.0)
    recipe = Supervised(network(), data(parts), 1, 0)
    rows = torch.arange(16)
    torch.manual_seed(5)
    loss = recipe.batch_loss(rows)
    torch.manual_seed(5)
    inputs, targets = (values[rows] for values in recipe.data.train)
    blended, others, share = mixed(inputs)
    soft = share * F.one_hot(targets, 3) + (1 - share) * F.one_hot(targets[others], 3)
    assert loss.item() == pytest.approx(F.cross_entropy(recipe.model(blended), soft).item())


def test_measurements_see_the_data_as_they_are(
    change: Callable[..., None], monkeypatch: pytest.MonkeyPatch, parts: Callable[..., Any]
) -> None:
    plain = Supervised(network(), data(parts), 1, 0)
    expected = plain.measure(plain.data.validation, "val"), plain.measure(plain.data.train, "fit")
    change(grain=5.0, mixup=1.0, flips="both")
    monkeypatch.setattr(supervised, "AUGMENTED", True)
    monkeypatch.setattr(supervised, "MIXUP", 1.0)
    recipe = Supervised(network(), data(parts), 1, 0)
    before = [
        tensor.clone() for part in (recipe.data.train, recipe.data.validation) for tensor in part
    ]
    assert recipe.batch_loss(torch.arange(40)) != plain.batch_loss(torch.arange(40))
    found = recipe.measure(recipe.data.validation, "val"), recipe.measure(recipe.data.train, "fit")
    assert found == expected
    after = [tensor for part in (recipe.data.train, recipe.data.validation) for tensor in part]
    assert all(a.equal(b) for a, b in zip(before, after, strict=True))


def test_a_training_taken_up_again_draws_the_same_changes(
    change: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    parts: Callable[..., Any],
    resumes: Callable[..., None],
) -> None:
    change(
        flips="both", shifts=0.2, rotations=20.0, contrast=0.3, grain=0.1, erasing=0.4, mixup=0.3
    )
    monkeypatch.setattr(supervised, "AUGMENTED", True)
    monkeypatch.setattr(supervised, "MIXUP", 0.3)
    monkeypatch.setattr(supervised, "BATCH_SIZE", 16)
    resumes(lambda: Supervised(network(), data(parts), 3, 0), (1, 3, 4, 7))


@pytest.mark.parametrize(
    ("source", "settings", "text"),
    [
        (
            DataSource("moons"),
            {"flips": "sideways"},
            "data.flips: expected none, as the examples are no pictures, got sideways. "
            "Set it to none.",
        ),
        (
            DataSource("scenes", {"give": "boxes"}),
            {"shifts": 0.1},
            "data.shifts: expected none, as boxes would not follow, got 0.1. Set it to 0.0.",
        ),
        (
            DataSource("scenes", {"give": "caption"}),
            {"crops": 0.1},
            "data.crops: expected none, as words would not follow, got 0.1. Set it to 0.0.",
        ),
    ],
)
def test_what_cannot_follow_is_refused(
    source: DataSource, settings: dict[str, Any], text: str
) -> None:
    described = DataSource(source.source, source.options, preparation=settings)
    with pytest.raises(DataError) as caught:
        facts(described, {})
    assert str(caught.value) == text


def test_noise_and_blends_suit_any_numbers() -> None:
    facts(DataSource("moons", preparation={"grain": 0.1, "mixup": 0.2}), {})
    facts(DataSource("scenes", {"give": "boxes"}, preparation={"brightness": 0.1}), {})
