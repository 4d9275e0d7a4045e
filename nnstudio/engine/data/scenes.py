"""Scenes: coloured shapes and digits, still or moving, with everything known about them.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

SOURCE = {
    "title": "Scenes",
    "doc": "Coloured shapes and digits, still or moving: classify, find, outline, describe or "
    "foresee them.",
    "kind": "images",
    "group": "generated",
    "target": '"class" if give == "class" else "mask" if give == "mask" or give == "caption" '
    'else "value" if give == "boxes" or give == "next frame" else "several"',
    "several": (
        (
            "thing",
            "class",
            '0 if give == "boxes and mask" else '
            '3 if what == "shapes" else 10 if what == "digits" else 13',
        ),
        ("boxes", "value", '0 if give == "class and mask" else 4 * things'),
        (
            "mask",
            "mask",
            '0 if give == "class and boxes" else '
            '4 if what == "shapes" else 11 if what == "digits" else 14',
        ),
    ),
    "shape": "(3 * frames, size, size)",
    "outputs": '4 * things if give == "boxes" else 3 if give == "next frame" else '
    '(3 if what == "shapes" else 10 if what == "digits" else 13) + '
    '(12 if give == "caption" else 1 if give == "mask" else 0)',
    "places": '(5,) if give == "caption" else '
    '(size, size) if give == "mask" or give == "next frame" else ()',
    "rows": "samples",
    "classes": (),
    "class_parts": (
        '("small", "large", "red", "green", "blue", "yellow", "purple", "white") '
        'if give == "caption" else ("background",) if give == "mask" else ()',
        '("circle", "square", "triangle") if what != "digits" else ()',
        '("0", "1", "2", "3", "4", "5", "6", "7", "8", "9") if what != "shapes" else ()',
        '("top", "bottom", "left", "right") if give == "caption" else ()',
    ),
    "columns": (),
    "options": (
        {
            "name": "give",
            "kind": "choice",
            "default": "class",
            "choices": (
                "class",
                "boxes",
                "mask",
                "class and boxes",
                "class and mask",
                "boxes and mask",
                "class, boxes and mask",
                "caption",
                "next frame",
            ),
            "label": "target",
            "doc": "what is asked of a scene: the thing in front, x, y, width and height of every "
            "thing, the kind at every pixel, several of these at once, five words, or the picture "
            "that comes next",
        },
        {
            "name": "what",
            "kind": "choice",
            "default": "shapes",
            "choices": ("shapes", "digits", "both"),
            "label": "things",
            "doc": "circles, squares and triangles, handwritten digits, or both",
        },
        {
            "name": "things",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 10,
            "label": "how many",
            "doc": "things in one scene; the last one drawn is in front",
        },
        {
            "name": "frames",
            "kind": "int",
            "default": 1,
            "low": 1,
            "high": 16,
            "doc": "pictures of one scene, three channels each; from two on the things move",
        },
        {
            "name": "size",
            "kind": "int",
            "default": 32,
            "low": 8,
            "high": 256,
            "unit": "pixels",
            "doc": "height and width",
        },
        {
            "name": "samples",
            "kind": "int",
            "default": 1000,
            "low": 10,
            "high": 100000,
            "unit": "rows",
            "doc": "how many scenes",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.05,
            "low": 0.0,
            "high": 10.0,
            "doc": "spread of every pixel around its colour",
        },
    ),
}

GIVE = "class"
WHAT = "shapes"
THINGS = 1
FRAMES = 1
SIZE = 32
SAMPLES = 1000
NOISE = 0.05
DATA_SEED = 0
COLOURS = (
    (0.9, 0.2, 0.2),
    (0.2, 0.8, 0.3),
    (0.3, 0.4, 1.0),
    (0.9, 0.8, 0.2),
    (0.7, 0.3, 0.9),
    (1.0, 1.0, 1.0),
)


class Thing(NamedTuple):
    """Something in a scene; lengths count pixels, places are x and y."""

    kind: int
    colour: int
    radius: float
    place: np.ndarray
    speed: np.ndarray
    drawing: np.ndarray | None = None


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Scenes (samples, 3 * frames, size, size) from 0 to 1, and what is asked of each."""
    random = np.random.default_rng(DATA_SEED)
    snow = np.random.default_rng((DATA_SEED, 1))
    scenes, answers = [], []
    for _ in range(SAMPLES):
        things = [thing(random, SIZE) for _ in range(THINGS)]
        frames = [picture(things, SIZE, time) for time in range(FRAMES)]
        noise = snow.normal(0, NOISE, (3 * FRAMES, SIZE, SIZE))
        scenes.append(np.clip(np.concatenate(frames) + noise, 0, 1).astype(np.float32))
        answers.append(answer(things, SIZE, FRAMES - 1))
    return np.stack(scenes), np.stack(answers)


def thing(random: np.random.Generator, size: int) -> Thing:
    """Something of a random kind, colour, size, place and speed."""
    if WHAT == "shapes":
        kind = random.integers(3)
    elif WHAT == "digits":
        kind = random.integers(3, 13)
    else:
        kind = random.integers(13)
    colour = random.integers(6)
    radius = size * random.choice((0.15, 0.25)) * random.uniform(0.9, 1.1)
    way = random.uniform(0, 2 * np.pi)
    speed = size * random.uniform(0.04, 0.1) * np.array([np.cos(way), np.sin(way)])
    place = random.uniform(radius, size - radius, 2)
    if WHAT == "shapes":
        return Thing(kind, colour, radius, place, speed)
    return Thing(kind, colour, radius, place, speed, handwritten(random, kind - 3))


def handwritten(random: np.random.Generator, digit: int) -> np.ndarray:
    """One of the digits that people wrote, from 0 to 1 (8, 8); nothing for what is none."""
    images, digits = handwriting()
    return images[random.choice(np.flatnonzero(digits == digit))] / 16 if digit >= 0 else images[0]


@cache
def handwriting() -> tuple[np.ndarray, np.ndarray]:
    """Digits that people wrote (1797, 8, 8), and which they are."""
    data = load_digits()
    return data.images, data.target


def picture(things: list[Thing], size: int, time: int) -> np.ndarray:
    """Red, green and blue of every pixel (3, size, size); later things hide those before."""
    painted = np.zeros((3, size, size))
    for one in things:
        cover = covered(one, size, time)
        painted += cover * (np.reshape(COLOURS[one.colour], (3, 1, 1)) - painted)
    return painted


def place(one: Thing, size: int, time: int) -> np.ndarray:
    """Where the middle of a thing is; it bounces off the border."""
    room = size - 2 * one.radius
    way = (one.place - one.radius + one.speed * time) % (2 * room)
    return one.radius + np.minimum(way, 2 * room - way)


def covered(one: Thing, size: int, time: int) -> np.ndarray:
    """How much of each pixel a thing covers, from 0 to 1 (size, size)."""
    middle = place(one, size, time)
    x, y = ((np.arange(size) + 0.5 - at) / one.radius for at in middle)
    y = y[:, None]
    if WHAT == "digits" or (WHAT == "both" and one.kind >= 3):
        column, line = (np.clip((at + 1) * 4, 0, 7).astype(int) for at in (x, y))
        return one.drawing[line, column] * (np.maximum(np.abs(x), np.abs(y)) < 1)
    if one.kind == 0:
        return x**2 + y**2 <= 1
    if one.kind == 1:
        return np.maximum(np.abs(x), np.abs(y)) <= 0.85
    return (np.abs(x) <= (y + 1) / 2) & (y <= 0.85)


def answer(things: list[Thing], size: int, time: int) -> np.ndarray:
    """What is asked of the scene at a time."""
    if GIVE == "next frame":
        return picture(things, size, time + 1).astype(np.float32)
    if GIVE == "mask":
        return mask(things, size, time)
    if GIVE == "boxes":
        return boxes(things, size, time)
    if GIVE == "caption":
        return words(things[-1], size, time)
    if GIVE == "class and boxes":
        return np.append(number(things[-1]), boxes(things, size, time))
    if GIVE == "class and mask":
        return np.append(number(things[-1]), mask(things, size, time))
    if GIVE == "boxes and mask":
        return np.append(boxes(things, size, time), mask(things, size, time))
    if GIVE == "class, boxes and mask":
        thing_and_boxes = np.append(number(things[-1]), boxes(things, size, time))
        return np.append(thing_and_boxes, mask(things, size, time))
    return np.array(number(things[-1]))


def mask(things: list[Thing], size: int, time: int) -> np.ndarray:
    """What is seen at every pixel (size, size): 0 for nothing, else a kind's place from 1 on."""
    seen = np.zeros((size, size), np.int64)
    for one in things:
        seen[covered(one, size, time) > 0.3] = 1 + number(one)
    return seen


def boxes(things: list[Thing], size: int, time: int) -> np.ndarray:
    """The boxes of all things from left to right, so that it is clear which one is the first."""
    return np.concatenate(sorted((box(one, size, time) for one in things), key=tuple))


def number(one: Thing) -> int:
    """The place of a thing's kind among the kinds there are."""
    return one.kind - 3 if WHAT == "digits" else one.kind


def box(one: Thing, size: int, time: int) -> np.ndarray:
    """Middle (x, y), width and height around a thing, in shares of the picture."""
    down, across = np.nonzero(covered(one, size, time) > 0.3)
    low = np.array([across.min(), down.min()]) / size
    high = np.array([across.max() + 1, down.max() + 1]) / size
    return np.concatenate([(low + high) / 2, high - low])


def words(one: Thing, size: int, time: int) -> np.ndarray:
    """Size, colour, kind, top or bottom, left or right: the numbers of five words."""
    kinds = 3 if WHAT == "shapes" else 10 if WHAT == "digits" else 13
    right, below = place(one, size, time) > size / 2
    large = one.radius > size / 5
    after = 8 + kinds
    return np.array(
        [large, 2 + one.colour, 8 + number(one), after + below, after + 2 + right], np.int64
    )
