"""What is said of a finished run, and whether it looks like a success."""

from __future__ import annotations

import pytest

from graph_compiler.model import DataFacts
from nnstudio.app.figures import problems_title
from nnstudio.app.outcome import skill, told

DIGITS = DataFacts("digits", (1, 8, 8), "class", 10)
MEASURED = "measured once, on examples that training never saw."


@pytest.mark.parametrize(
    ("metrics", "verdict", "title", "kind", "text"),
    [
        (
            {"test_accuracy": 0.989},
            "good_fit",
            "Good fit",
            "good",
            f"Finished after 30 epochs: test accuracy 98.9 %, {MEASURED}",
        ),
        (
            {"test_accuracy": 0.1},
            "good_fit",
            "Good fit",
            "warning",
            f"Finished after 30 epochs: test accuracy 10.0 %, {MEASURED} "
            "Guessing would get about 10 % right.",
        ),
        (
            {"test_accuracy": 0.6},
            "high_bias",
            "High bias",
            "warning",
            f"Finished after 30 epochs: test accuracy 60.0 %, {MEASURED} The verdict: high bias.",
        ),
        (
            {"test_accuracy": 0.6},
            "too_early",
            "Too early to say",
            "hint",
            f"Finished after 30 epochs: test accuracy 60.0 %, {MEASURED}",
        ),
        (
            {"test_accuracy": 0.95},
            "",
            "",
            "good",
            f"Finished after 30 epochs: test accuracy 95.0 %, {MEASURED}",
        ),
        ({"test_loss": 0.25}, "", "", "hint", "Finished after 30 epochs: test loss 0.25."),
        (
            {"test_r2": -0.2, "test_mae": 57.5},
            "",
            "",
            "warning",
            f"Finished after 30 epochs: test R² -0.2, mean absolute error 57.5, {MEASURED} "
            "Answering with the mean would do better.",
        ),
        (
            {"test_r2": 0.02},
            "",
            "",
            "warning",
            f"Finished after 30 epochs: test R² 0.02, {MEASURED} "
            "Answering with the mean would do about as well.",
        ),
        ({}, "", "", "hint", "Finished after 30 epochs."),
    ],
)
def test_only_a_success_looks_like_one(
    metrics: dict[str, float], verdict: str, title: str, kind: str, text: str
) -> None:
    assert told(metrics, 30, DIGITS, verdict, title) == (kind, text)


def test_skill_is_measured_from_guessing() -> None:
    assert skill({"test_accuracy": 1.0}, DIGITS) == 1
    assert skill({"test_accuracy": 0.1}, DIGITS) == 0
    assert skill({"test_accuracy": float("nan")}, DIGITS) is None
    assert skill({"test_r2": 0.4}, None) == 0.4


def test_the_problems_tab_tells_hints_apart() -> None:
    assert problems_title({"error": 0, "warning": 0, "hint": 0}) == "Problems"
    assert problems_title({"error": 1, "warning": 2, "hint": 0}) == "Problems 3"
    assert problems_title({"error": 0, "warning": 0, "hint": 1}) == "Problems · 1 hint"
    assert problems_title({"error": 1, "warning": 0, "hint": 2}) == "Problems 1 · 2 hints"


def test_a_test_part_that_was_read_before_is_said_to_be() -> None:
    metrics = {"test_loss": 0.1, "test_accuracy": 0.5}
    once = told(metrics, 3, None, "", "")[1]
    assert once == (
        "Finished after 3 epochs: test accuracy 50.0 %, measured once, on examples that training "
        "never saw."
    )
    assert told(metrics, 3, None, "", "", 4)[1] == (
        "Finished after 3 epochs: test accuracy 50.0 %, measured on examples that training never "
        "saw. This test part has been read 4 times, by all runs together."
    )
