"""Bias or variance: what the errors on the training and the validation part say about a network.

The rule. The error on data that was not learned splits into what the network cannot express or has
not learned (bias), what it learned that holds only for its very sample (variance), and the noise of
the data (Geman, Bienenstock & Doursat 1992, "Neural networks and the bias/variance dilemma"). One
run shows two of them: the error on the training part stands for bias (and noise), the gap between
the two parts for variance. Both parts are measured alike: same weights, evaluation mode, as many
rows.

- Yardstick: the error of the best constant answer, 1 − 1/classes for an error rate (the share of
  wrong answers) and 1 for the unexplained share of variance (1 − R²); for other measures the
  largest validation error of the first two epochs. Between it and 0 lies what there is to learn.
  The smallest error that the data's noise allows is not known from one run, so a moderate training
  error is called "high bias, or noisy data".
- Values are means over the last epochs (a quarter of the run, 3 to 10). Their uncertainty adds the
  spread over these epochs and the sampling error of the part: binomial for an error rate, with one
  success and one failure added (Agresti & Coull 1998), else √(2 / rows) of the error.
- Variance is high if the gap is at least a tenth of the yardstick and more than twice its
  uncertainty, or if the validation loss has turned while the gap is as large in errors or losses.
  Turned means: risen from its lowest level by a tenth and by three times its roughness while the
  training loss fell (Prechelt 1998, "Early stopping, but when?"). As long as the errors themselves
  still agree, it is called beginning.
- Bias is high if the training error is a fifth of the yardstick or more; nothing is said of it
  where only a loss is measured whose lowest value nobody knows, as that of a variational
  autoencoder.
- Silent before six epochs; while the loss of the part that the verdict rests on still falls (slope
  over the last third well beyond its standard error, and a fifth lost in as many further epochs as
  there were); and where so few validation rows are held back that the gap may be chance.
- A verdict changes only when two epochs in a row ask for it.
- A loss that is not finite, or has doubled since the start, diverges: neither bias nor variance.
- Rosenblatt's rule makes finitely many mistakes on separable points (Novikoff 1962). A perceptron
  that keeps making them, without progress, is told apart: no line separates these points.

Owns the judgement, in numbers and words. Must not import Qt or read runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from nnstudio.plotdata.curves import number
from nnstudio.plotdata.history import FEWEST_EPOCHS, Figures, History, falls, mean

if TYPE_CHECKING:
    from graph_compiler.model import Purpose

Kind = Literal["too_early", "high_bias", "high_variance", "both", "good_fit", "diverging"]

_MATERIAL = 0.10
"""A gap of at least this share of the yardstick matters."""
_BIASED, _CLEARLY_BIASED = 0.20, 0.50
"""Training errors of at least these shares of the yardstick are high, and high beyond noise."""

_AGAINST_BIAS = (
    "Add layers or units",
    "Give the network more or better inputs",
    "Train longer, or with a higher learning rate",
    "Use less dropout or weight decay",
)
_AGAINST_VARIANCE = (
    "Use more training data",
    "Add dropout",
    "Add weight decay (L2)",
    "Make the network smaller",
    "Average several networks",
)
_AGAINST_DIVERGENCE = ("Lower the learning rate", "Scale the inputs", "Clip the gradients")
_AGAINST_NO_LINE = ("Add a hidden layer", "Give the network inputs that a line can separate")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement in two sentences, with remedies in the order in which to try them."""

    kind: Kind
    title: str
    text: str
    remedies: tuple[str, ...] = ()


def judge(history: History, purpose: Purpose | None = None) -> Verdict:
    """The verdict on a run so far; the rule is in the module's text."""
    errors = Figures(history)
    if verdict := _diverging(errors):
        return verdict
    if history.fit_error and not history.val_error:
        return Verdict(
            "too_early",
            "Nothing is held back",
            "Without a validation part the error on new data is not known. "
            "The training error alone says nothing about variance.",
            ("Hold back rows for validation",),
        )
    if history.mistakes and history.mistakes[-1] == 0 and not _wide(errors):
        return Verdict(
            "good_fit",
            "A line separates these points",
            f"The rule made no mistake in epoch {len(history.mistakes)}, so it has come to rest. "
            f"{errors.both()}.",
        )
    if errors.epochs < FEWEST_EPOCHS:
        return Verdict(
            "too_early",
            "Too early to say",
            f"{_count(errors.epochs, 'epoch')} of training say little about how it will end. "
            f"A verdict needs at least {FEWEST_EPOCHS}.",
        )
    fires = purpose is not None and purpose.answers == "fires"
    floor = purpose is None or purpose.floor or history.measure != "loss"
    now = _rule(errors, fires, floor)
    before = [_rule(Figures(_without(history, k)), fires, floor) for k in (1, 2)]
    settled = errors.epochs >= FEWEST_EPOCHS + 2 and before[0].kind == before[1].kind
    return before[0] if settled and now.kind != before[0].kind else now


def _rule(errors: Figures, fires: bool, floor: bool) -> Verdict:
    """The verdict on an epoch, without regard to the epochs before."""
    if fires and (verdict := _no_line(errors)):
        return verdict
    return _bias_and_variance(errors, floor)


def _bias_and_variance(errors: Figures, floor: bool) -> Verdict:
    biased = floor and errors.share(errors.fit) >= _BIASED
    wide = errors.share(errors.gap) >= _MATERIAL
    sure = errors.gap > 2 * errors.doubt
    turned = errors.turned and (wide or errors.loss_gap_share >= _MATERIAL)
    varied = (wide and sure) or turned
    if biased and errors.falling_fit and not turned:
        return _still_falling(errors, "training")
    if varied and not turned and errors.falling_val:
        return _still_falling(errors, "validation")
    if biased and varied:
        return _both(errors, wide and sure)
    if biased:
        return _high_bias(errors)
    if varied:
        return _high_variance(errors, turned, wide)
    if wide:
        return _too_few_rows(errors)
    if errors.share(errors.val) >= _MATERIAL and errors.falling_val:
        return _still_falling(errors, "validation")
    return _good_fit(errors) if floor else _agreeing(errors)


def _wide(errors: Figures) -> bool:
    """Whether the gap matters, and is more than chance."""
    return errors.share(errors.gap) >= _MATERIAL and errors.gap > 2 * errors.doubt


def _diverging(errors: Figures) -> Verdict | None:
    history = errors.history
    ends = [values[-1] for values in (history.fit_loss, history.val_loss) if values]
    if any(not math.isfinite(value) for value in ends):
        return Verdict(
            "diverging",
            "Training diverges",
            "The loss is no longer a finite number, so the weights have grown without bound. "
            "This is neither bias nor variance: the steps are too large.",
            _AGAINST_DIVERGENCE,
        )
    losses = errors.fit_loss
    doubled = not history.mistakes and len(losses) >= 3
    if doubled and float(losses[-3:].min()) > 2 * float(losses[:2].max()):
        return Verdict(
            "diverging",
            "Training diverges",
            f"The training loss has risen from {number(losses[0])} to {number(losses[-1])}. "
            "This is neither bias nor variance: the steps are too large.",
            _AGAINST_DIVERGENCE,
        )
    return None


def _no_line(errors: Figures) -> Verdict | None:
    measured = np.array(errors.history.mistakes or errors.fit_all)
    if len(measured) < 10 or measured[len(measured) // 2 :].min() <= 0 or falls(measured):
        return None
    best = errors.text(float(errors.fit_all.min()))
    return Verdict(
        "high_bias",
        "No line separates these points",
        f"After {errors.epochs} epochs the rule still gets {errors.text(errors.fit)} of the "
        f"training rows wrong, at best {best}. On points that a line separates it would have come "
        "to rest; here it goes round and round.",
        _AGAINST_NO_LINE,
    )


def _still_falling(errors: Figures, part: str) -> Verdict:
    if errors.history.finished:
        return Verdict(
            "too_early",
            "Stopped too early to say",
            f"{errors.both()}. The {part} error was still falling when the run ended.",
            ("Train for more epochs",),
        )
    return Verdict(
        "too_early",
        "Too early to say",
        f"{errors.both()}. The {part} error still falls from epoch to epoch.",
    )


def _too_few_rows(errors: Figures) -> Verdict:
    rows = errors.history.rows
    cause = f"with {_count(rows, 'validation row')}" if rows else "at this spread"
    return Verdict(
        "too_early",
        "The gap may be chance",
        f"{errors.both()}. Its uncertainty is ±{errors.text(2 * errors.doubt)} {cause}, more than "
        f"the gap of {errors.text(errors.gap)}.",
        ("Hold back more rows for validation",),
    )


def _high_bias(errors: Figures) -> Verdict:
    clear = errors.share(errors.fit) >= _CLEARLY_BIASED
    title = "High bias" if clear else "High bias, or noisy data"
    level = errors.text(errors.yardstick)
    if errors.history.chance is None:
        judged = f"it began at {level}"
    elif errors.history.measure == "error rate":
        judged = f"guessing would get {level} wrong"
    else:
        judged = f"always answering the mean would leave {level}"
    rest = (
        "The training error itself is high, so the network is too simple for these data."
        if clear
        else "Either the network is too simple, or the data are so noisy that none does better."
    )
    return Verdict("high_bias", title, f"{errors.both()}; {judged}. {rest}", _AGAINST_BIAS)


def _high_variance(errors: Figures, turned: bool, wide: bool) -> Verdict:
    if turned:
        agree = "" if wide else ", though the errors still agree"
        return Verdict(
            "high_variance",
            "High variance" if wide else "High variance, beginning",
            f"{_turn_in_words(errors)}, while training loss kept falling. {errors.both()}{agree}.",
            (f"Stop early, at epoch {errors.best_epoch}", *_AGAINST_VARIANCE),
        )
    return Verdict(
        "high_variance",
        "High variance",
        f"{errors.both()}. The {_gap_in_words(errors)}: it knows its training rows by heart.",
        _AGAINST_VARIANCE,
    )


def _both(errors: Figures, by_gap: bool) -> Verdict:
    second = f"the {_gap_in_words(errors)}" if by_gap else f"v{_turn_in_words(errors)[1:]}"
    return Verdict(
        "both",
        "High bias and high variance",
        f"{errors.both()}. The training error is high already, and {second}.",
        ("Use more or better samples", *_AGAINST_BIAS[:2], *_AGAINST_VARIANCE[1:3]),
    )


def _good_fit(errors: Figures) -> Verdict:
    if abs(errors.gap) <= 2 * errors.doubt:
        rest = "The two agree within their uncertainty"
    else:
        rest = f"The gap of {errors.text(errors.gap)} is small beside what there was to learn"
    return Verdict("good_fit", "Good fit", f"{errors.both()}. {rest}.")


def _agreeing(errors: Figures) -> Verdict:
    if errors.falling_fit:
        return _still_falling(errors, "training")
    return Verdict(
        "good_fit",
        "No sign of variance",
        f"{errors.both()}. How low this loss can get is not known, so it says nothing of bias.",
    )


def _gap_in_words(errors: Figures) -> str:
    times = errors.gap / errors.doubt if errors.doubt > 0 else math.inf
    doubt = f"{times:.1f} times its uncertainty" if times < 100 else "far beyond its uncertainty"
    return f"gap of {errors.text(errors.gap)} is {doubt}"


def _turn_in_words(errors: Figures) -> str:
    low, now = float(errors.val_loss.min()), mean(errors.val_loss, errors.last)
    return (
        f"Validation loss was lowest in epoch {errors.best_epoch} ({number(low)}) and has since "
        f"risen to {number(now)}"
    )


def _without(history: History, epochs: int) -> History:
    """The history as it was so many epochs ago."""
    return replace(
        history,
        fit_error=history.fit_error[:-epochs],
        val_error=history.val_error[:-epochs],
        fit_loss=history.fit_loss[:-epochs],
        val_loss=history.val_loss[:-epochs],
        mistakes=history.mistakes[:-epochs],
    )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
