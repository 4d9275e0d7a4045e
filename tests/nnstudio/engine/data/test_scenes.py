"""Scenes and tone words: what they say of a picture or sound is what is in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from graph_compiler.model import DataSource
from nnstudio.document.sources import facts
from nnstudio.engine.preview import examples


def scenes(**options: Any) -> tuple[np.ndarray, np.ndarray]:
    return examples(DataSource("scenes", {"samples": 60, "noise": 0.0, **options}), {})


@pytest.mark.parametrize("what", ["shapes", "digits", "both"])
@pytest.mark.parametrize("give", ["class", "boxes", "mask", "caption", "next frame"])
def test_facts_say_what_scenes_hold(give: str, what: str) -> None:
    data = DataSource(
        "scenes",
        {"give": give, "what": what, "things": 2, "frames": 2, "samples": 300, "size": 16},
    )
    known, (inputs, targets) = facts(data, {}), examples(data, {})
    assert inputs.shape == (300, *known.shape) == (300, 6, 16, 16)
    assert inputs.min() >= 0
    assert inputs.max() <= 1
    if known.target in ("class", "mask"):
        assert targets.shape == (300, *known.places)
        assert len(known.classes) == known.outputs
        assert set(np.unique(targets)) <= set(range(known.outputs))
        assert give in ("mask", "caption") or len(np.unique(targets)) == known.outputs
    else:
        assert targets.shape == (300, known.outputs, *known.places)


def test_every_target_of_a_scene_tells_of_the_same_picture() -> None:
    """The same seed draws the same scenes, whatever is asked of them."""
    pictures, masks = scenes(give="mask")
    for give in ("class", "boxes", "caption", "next frame"):
        assert np.array_equal(pictures, scenes(give=give)[0])
    boxes = scenes(give="boxes")[1]
    classes = scenes(give="class")[1]
    words = facts(DataSource("scenes", {"give": "caption"}), {}).classes
    captions = [[words[n] for n in row] for row in scenes(give="caption")[1]]
    for picture, mask, box, kind, caption in zip(
        pictures, masks, boxes, classes, captions, strict=True
    ):
        lit = picture.sum(0) > 0
        assert np.array_equal(lit, mask > 0)
        assert set(np.unique(mask[lit])) == {kind + 1}
        lines, columns = np.nonzero(lit)
        left, top = columns.min() / 32, lines.min() / 32
        right, bottom = (columns.max() + 1) / 32, (lines.max() + 1) / 32
        assert box == pytest.approx(
            [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
        )
        assert caption[2] == ("circle", "square", "triangle")[kind]
        assert caption[4] == ("right" if box[0] > 0.5 else "left") or abs(box[0] - 0.5) < 0.05
        assert caption[3] == ("bottom" if box[1] > 0.5 else "top") or abs(box[1] - 0.5) < 0.1
        red, green, blue = picture[:, lit].mean(1)
        strongest = {"red": red, "green": green, "blue": blue}
        if caption[1] in strongest:
            assert max(strongest, key=strongest.__getitem__) == caption[1]
    sizes: dict[str, list[float]] = {"small": [], "large": []}
    for caption, box in zip(captions, boxes, strict=True):
        sizes[caption[0]].append(box[2])
    assert max(sizes["small"]) < min(sizes["large"])


def test_the_next_frame_is_the_next_frame() -> None:
    """With one more frame the last one is what was to be foreseen with one fewer."""
    pictures, following = scenes(give="next frame", frames=3, things=2)
    longer, _ = scenes(give="next frame", frames=4, things=2)
    assert longer[:, :9] == pytest.approx(pictures)
    assert longer[:, 9:] == pytest.approx(following)
    moved = np.abs(pictures[:, 3:6] - pictures[:, :3]).sum((1, 2, 3))
    assert (moved > 0).all()


def test_shapes_fill_what_geometry_says() -> None:
    _, masks = scenes(give="mask", size=128, samples=90)
    boxes = scenes(give="boxes", size=128, samples=90)[1]
    shares: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for mask, box in zip(masks, boxes, strict=True):
        kind = int(mask.max())
        shares[kind].append((mask == kind).mean() / (box[2] * box[3]))
    assert np.mean(shares[1]) == pytest.approx(np.pi / 4, abs=0.02), "circles"
    assert np.mean(shares[2]) == pytest.approx(1, abs=0.001), "squares"
    assert np.mean(shares[3]) == pytest.approx(0.5, abs=0.03), "triangles"


def test_the_thing_in_front_gives_the_class() -> None:
    _, masks = scenes(give="mask", things=4)
    _, classes = scenes(give="class", things=4)
    seen = [(mask == kind + 1).any() for mask, kind in zip(masks, classes, strict=True)]
    assert all(seen)


def test_tones_have_the_pitch_that_their_syllables_say() -> None:
    data = DataSource(
        "tones", {"give": "syllables", "hear": "wave", "noise": 0.0, "accent": 0.0, "samples": 16}
    )
    waves, syllables = examples(data, {})
    pitches = {"do": 262, "re": 294, "mi": 330, "fa": 349, "so": 392}
    names = facts(data, {}).classes
    for wave, said in zip(waves[:, 0], syllables, strict=True):
        for piece, syllable in zip(wave.reshape(4, 400), said, strict=True):
            # Padded, so that the strongest pitch is found to a hertz.
            loudness = np.abs(np.fft.rfft(piece, 4000))[200:450]
            assert 200 + loudness.argmax() == pytest.approx(pitches[names[syllable]], abs=8)


def test_words_of_tones_are_their_syllables() -> None:
    words, syllables = (
        examples(DataSource("tones", {"give": give}), {})[1] for give in ("word", "syllables")
    )
    names = facts(DataSource("tones"), {}).classes
    parts = facts(DataSource("tones", {"give": "syllables"}), {}).classes
    assert [names[n].split("-") for n in words] == [[parts[s] for s in row] for row in syllables]


def test_tone_words_can_be_told_apart_by_a_straight_line() -> None:
    sounds, words = examples(DataSource("tones", {"samples": 400}), {})
    rows = sounds.reshape(len(sounds), -1)
    line = LogisticRegression(max_iter=200).fit(rows[:300], words[:300])
    assert line.score(rows[300:], words[300:]) > 0.9
