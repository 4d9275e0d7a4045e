"""Augmentation: pictures changed at random for training, so that no two epochs see the same.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

AUGMENTATION = {
    "settings": (
        {
            "name": "flips",
            "kind": "choice",
            "default": "none",
            "choices": ("none", "sideways", "upside down", "both"),
            "doc": "turns half of the pictures around, from left to right or from top to bottom",
        },
        {
            "name": "shifts",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "doc": "moves a picture by up to this share of its side",
        },
        {
            "name": "rotations",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 180.0,
            "unit": "degrees",
            "doc": "turns a picture by up to so much, either way",
        },
        {
            "name": "crops",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 0.9,
            "doc": "enlarges a part of the picture, shorter than its side by up to this share",
        },
        {
            "name": "brightness",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 10.0,
            "doc": "adds up to so much to all pixels, or takes it away, after the scaling",
        },
        {
            "name": "contrast",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "doc": "makes the differences in a picture larger or smaller by up to this share",
        },
        {
            "name": "grain",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 10.0,
            "label": "noise",
            "doc": "spread of what is added to every number of an example, after the scaling",
        },
        {
            "name": "erasing",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 1.0,
            "doc": "wipes out a rectangle in half of the pictures, each side up to this share",
        },
        {
            "name": "mixup",
            "kind": "float",
            "default": 0.0,
            "low": 0.0,
            "high": 10.0,
            "doc": "blends two examples and their losses; 0.2 blends most a little, 1 any way",
        },
    ),
}

FLIPS = "none"
SHIFTS = 0.0
ROTATIONS = 0.0
CROPS = 0.0
BRIGHTNESS = 0.0
CONTRAST = 0.0
GRAIN = 0.0
ERASING = 0.0
MIXUP = 0.0
TARGET = "class"
FOLLOWS = False


def augmented(inputs: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The examples changed at random, and with them the targets that are pictures themselves."""
    if FLIPS == "sideways" or FLIPS == "both":
        turned = chances(inputs, 1) < 0.5
        inputs = torch.where(turned, inputs.flip(3), inputs)
        if FOLLOWS:
            targets = torch.where(like(turned, targets), targets.flip(-1), targets)
    if FLIPS == "upside down" or FLIPS == "both":
        turned = chances(inputs, 1) < 0.5
        inputs = torch.where(turned, inputs.flip(2), inputs)
        if FOLLOWS:
            targets = torch.where(like(turned, targets), targets.flip(-2), targets)
    if SHIFTS > 0 or ROTATIONS > 0 or CROPS > 0:
        places = origins(inputs)
        inputs = taken(inputs, places, "bilinear")
        if FOLLOWS and TARGET in ("mask", "several"):
            targets = taken(targets[:, None].float(), places, "nearest")[:, 0].long()
        elif FOLLOWS:
            targets = taken(targets, places, "bilinear")
    if CONTRAST > 0:
        middle = inputs.mean((1, 2, 3), keepdim=True)
        inputs = middle + (inputs - middle) * (1 + CONTRAST * (2 * chances(inputs, 1) - 1))
    if BRIGHTNESS > 0:
        inputs = inputs + BRIGHTNESS * (2 * chances(inputs, 1) - 1)
    if ERASING > 0:
        inputs = inputs.masked_fill(rectangles(inputs), 0)
    if GRAIN > 0:
        inputs = inputs + GRAIN * torch.randn_like(inputs)
    return inputs, targets


def chances(inputs: torch.Tensor, count: int) -> torch.Tensor:
    """Numbers from 0 to 1 for each example (rows, count, 1, 1)."""
    return torch.rand(len(inputs), count, 1, 1, device=inputs.device)


def like(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """One value for each example, with as many axes as the targets."""
    return values.view(-1, *[1] * (targets.dim() - 1))


def origins(inputs: torch.Tensor) -> torch.Tensor:
    """Where in the picture each pixel of the changed one comes from (rows, height, width, 2)."""
    turn, size, x, y = (2 * chances(inputs, 4)[:, :, 0, 0] - 1).unbind(1)
    angle = turn * math.radians(ROTATIONS)
    side = 1 - CROPS * (size + 1) / 2
    # Places go from -1 to 1; a part that is enlarged stays within them.
    room = 1 - side + 2 * SHIFTS
    ratio = inputs.shape[2] / inputs.shape[3]
    across = torch.stack([side * angle.cos(), -side * angle.sin() * ratio, room * x], 1)
    down = torch.stack([side * angle.sin() / ratio, side * angle.cos(), room * y], 1)
    return F.affine_grid(torch.stack([across, down], 1), inputs.shape, align_corners=False)


def taken(pictures: torch.Tensor, places: torch.Tensor, mode: str) -> torch.Tensor:
    """The pictures with each pixel from its place; beyond the border the nearest pixel."""
    return F.grid_sample(pictures, places, mode, padding_mode="border", align_corners=False)


def rectangles(inputs: torch.Tensor) -> torch.Tensor:
    """The pixels of a rectangle in half of the pictures (rows, 1, height, width)."""
    there, *sides = chances(inputs, 5).split(1, dim=1)
    down = within(inputs.shape[2], *sides[:2], inputs)
    across = within(inputs.shape[3], *sides[2:], inputs)
    return (there < 0.5) & down.unsqueeze(3) & across.unsqueeze(2)


def within(
    size: int, length: torch.Tensor, start: torch.Tensor, inputs: torch.Tensor
) -> torch.Tensor:
    """Which of `size` lines lie within a piece of random length and place (rows, 1, size)."""
    long = ERASING * size * length[..., 0]
    first = (size - long) * start[..., 0]
    lines = torch.arange(size, device=inputs.device) + 0.5
    return (lines > first) & (lines < first + long)


def mixed(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Each example blended with another, which one that is, and the share of the first.

    Zhang et al., mixup: beyond empirical risk minimization, 2018.
    """
    share = torch.distributions.Beta(MIXUP, MIXUP).sample().to(inputs.device)
    others = torch.randperm(len(inputs), device=inputs.device)
    return share * inputs + (1 - share) * inputs[others], others, share
