"""How a finished run is told: its result in words, and whether it is a success.

Words and kinds alone; reads metrics and the verdict, draws nothing. Must not import Qt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_compiler.model import DataFacts

FINISHED = "finished"
POOR, STRONG = 0.1, 0.8
"""Shares of what there was to learn, on the test part: below the first nothing was learned to
speak of; from the second on a result is good where no verdict says otherwise."""


def result_words(metrics: Mapping[str, float]) -> str:
    """The result on the test part: `test accuracy 97.6 %`, `test R² 0.93`, or its loss."""
    if (accuracy := _finite(metrics, "test_accuracy")) is not None:
        return f"test accuracy {100 * accuracy:.1f} %"
    if (explained := _finite(metrics, "test_r2")) is not None:
        return f"test R² {explained:.3g}"
    if (loss := _finite(metrics, "test_loss")) is not None:
        return f"test loss {loss:.4g}"
    return FINISHED


def skill(metrics: Mapping[str, float], facts: DataFacts | None) -> float | None:
    """The share learned of what there was to learn, 0 for guessing; None where it is not known."""
    accuracy = _finite(metrics, "test_accuracy")
    if accuracy is not None and facts is not None and facts.outputs > 1:
        chance = 1 / facts.outputs
        return (accuracy - chance) / (1 - chance)
    return _finite(metrics, "test_r2")


def told(
    metrics: Mapping[str, float],
    epochs: int,
    facts: DataFacts | None,
    verdict: str,
    title: str,
    readings: int = 1,
) -> tuple[str, str]:
    """Kind of notice (`good`, `hint` or `warning`) and what it says.

    `verdict` and `title` are the kind and the heading of the verdict; "" where there is none.
    `readings` is how often the test part has been read, over all runs on it.
    """
    result = result_words(metrics)
    after = f"Finished after {epochs} {'epoch' if epochs == 1 else 'epochs'}"
    parts = [f"{after}: {result}" if result != FINISHED else after]
    error = _finite(metrics, "test_mae")
    if error is not None:
        parts.append(f"mean absolute error {error:.3g}")
    if "test_accuracy" in metrics or "test_r2" in metrics:
        once = "measured once, on" if readings < 2 else "measured on"
        parts.append(f"{once} examples that training never saw")
    text = ", ".join(parts) + "."
    if readings > 1:
        often = "twice" if readings == 2 else f"{readings} times"
        text = f"{text} This test part has been read {often}, by all runs together."
    learned = skill(metrics, facts)
    if learned is not None and learned < POOR:
        return "warning", f"{text} {_no_better(metrics, facts)}"
    if verdict in ("high_bias", "high_variance", "both", "diverging"):
        return "warning", f"{text} The verdict: {title[:1].lower()}{title[1:]}."
    if verdict == "good_fit" or (learned is not None and learned >= STRONG):
        return "good", text
    return "hint", text


def _no_better(metrics: Mapping[str, float], facts: DataFacts | None) -> str:
    if "test_accuracy" in metrics and facts is not None:
        return f"Guessing would get about {100 / facts.outputs:.0f} % right."
    worse = metrics["test_r2"] < -POOR
    return f"Answering with the mean would do {'better' if worse else 'about as well'}."


def _finite(metrics: Mapping[str, float], name: str) -> float | None:
    value = metrics.get(name)
    return value if value is not None and math.isfinite(value) else None
