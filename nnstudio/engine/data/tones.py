"""Tone words: eight words of four whistled syllables each, by speakers who differ.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import numpy as np

from nnstudio.engine.parts.spectrogram import spectrogram

SOURCE = {
    "title": "Tone words",
    "doc": "Words of four whistled syllables, as sound: which word is it, or which syllables?",
    "kind": "sounds",
    "group": "generated",
    "target": '"mask" if give == "syllables" else "class"',
    "shape": '(1, 65, 26) if hear == "spectrogram" else (1, 1600)',
    "outputs": '5 if give == "syllables" else 8',
    "places": '(4,) if give == "syllables" else ()',
    "rows": "samples",
    "classes": (
        "do-re-mi-do",
        "do-mi-so-mi",
        "re-fa-so-fa",
        "mi-re-do-re",
        "fa-do-fa-do",
        "so-fa-mi-re",
        "so-so-do-do",
        "do-do-so-so",
    ),
    "class_parts": ('("do", "re", "mi", "fa", "so") if give == "syllables" else ()',),
    "columns": (),
    "options": (
        {
            "name": "give",
            "kind": "choice",
            "default": "word",
            "choices": ("word", "syllables"),
            "label": "target",
            "doc": "which of the eight words, or the syllable at each of the four places",
        },
        {
            "name": "hear",
            "kind": "choice",
            "default": "spectrogram",
            "choices": ("spectrogram", "wave"),
            "label": "sound as",
            "doc": "how loud every pitch is over time, or the bare wave at 4,000 values a second",
        },
        {
            "name": "samples",
            "kind": "int",
            "default": 800,
            "low": 16,
            "high": 100000,
            "unit": "rows",
            "doc": "how many spoken words",
        },
        {
            "name": "accent",
            "kind": "float",
            "default": 0.03,
            "low": 0.0,
            "high": 0.3,
            "doc": "by which share a speaker's pitch and speed differ from the usual",
        },
        {
            "name": "noise",
            "kind": "float",
            "default": 0.1,
            "low": 0.0,
            "high": 10.0,
            "doc": "loudness of the hiss beside a voice of 1",
        },
    ),
}

GIVE = "word"
HEAR = "spectrogram"
SAMPLES = 800
ACCENT = 0.03
NOISE = 0.1
DATA_SEED = 0
RATE = 4000
PITCHES = (262.0, 294.0, 330.0, 349.0, 392.0)
WORDS = (
    (0, 1, 2, 0),
    (0, 2, 4, 2),
    (1, 3, 4, 3),
    (2, 1, 0, 1),
    (3, 0, 3, 0),
    (4, 3, 2, 1),
    (4, 4, 0, 0),
    (0, 0, 4, 4),
)


def examples() -> tuple[np.ndarray, np.ndarray]:
    """Sounds (samples, 1, ...), and the word, or four syllables, of each."""
    random = np.random.default_rng(DATA_SEED)
    words = np.arange(SAMPLES) % len(WORDS)
    waves = np.stack([spoken(random, WORDS[word], ACCENT) for word in words])
    waves += random.normal(0, NOISE, waves.shape)
    sounds = waves[:, None].astype(np.float32)
    if HEAR == "spectrogram":
        sounds = spectrogram(sounds, 128)
    if GIVE == "syllables":
        return sounds, np.array(WORDS)[words]
    return sounds, words


def spoken(random: np.random.Generator, word: tuple[int, ...], accent: float) -> np.ndarray:
    """One wave of 0.4 seconds (1600,): syllable after syllable, each swelling and fading."""
    time = np.arange(1600) / RATE
    speed, voice = 1 + accent * random.uniform(-1, 1, 2)
    place = np.clip(time / 0.1 * speed, 0, 3.999)
    pitch = voice * np.array(PITCHES)[list(word)][place.astype(int)]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    overtones = sum(np.sin(n * phase) * random.uniform(0.2, 1) / n for n in (1, 2, 3))
    return random.uniform(0.5, 1) * np.sin(np.pi * (place % 1)) ** 0.5 * overtones
