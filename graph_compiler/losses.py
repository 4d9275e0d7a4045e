"""Losses for given answers: which kind of target each is for, and what it wants of a network.

Owns the names of the losses and what follows from them; their formulas and settings stand with the
recipes.
"""

from __future__ import annotations

BINARY = ("bce_with_logits", "bce", "hinge")
"""For questions of yes or no: one number for each."""
INDEXED = ("cross_entropy", "log_loss", "nll", "multi_margin")
"""For one of several classes, compared by its number."""
MANY = (*INDEXED, "kl")
"""For one of several classes: a number for each."""
COUNTING = ("poisson", "gaussian_nll", "quantile")
"""For numbers alone; the distances measure shares of classes as well."""
DISTANCE = ("mse", "l1", "huber", "smooth_l1")
WEIGHABLE = ("cross_entropy", "log_loss", "nll", "bce_with_logits", "bce")
"""In which rare classes can count more."""
CLASSES = ("class", "mask")
"""Kinds of target that are one of several classes, at one place or at each pixel."""
_BY_KIND = {
    "class": (*MANY, *BINARY, *DISTANCE),
    "mask": (*MANY, *DISTANCE),
    "labels": (*BINARY, *DISTANCE),
    "value": (*DISTANCE, *COUNTING),
}
"""Kind of target to the losses for it, the usual one first."""


def fitting_losses(kind: str, count: int, places: tuple[int, ...] = ()) -> tuple[str, ...]:
    """The losses for `count` classes, labels or numbers; `places` are axes behind those."""
    losses = _BY_KIND.get(kind, ())
    return tuple(loss for loss in losses if wanted_numbers(loss, kind, count, places) is not None)


def wanted_numbers(loss: str, kind: str, count: int, places: tuple[int, ...] = ()) -> int | None:
    """How many numbers a loss wants for `count` classes, labels or numbers; None if it fits not."""
    if loss not in _BY_KIND.get(kind, ()):
        return None
    if kind in CLASSES and loss in BINARY:
        return 1 if count == 2 and not places else None
    if loss == "multi_margin" and places:
        return None
    return 2 * count if loss == "gaussian_nll" else count


def reading(loss: str, kind: str) -> str:
    """How answers are read: `largest` (the class of the largest number), `sign` (yes above 0),
    `half` (yes above a half) or `number`."""
    if kind == "value":
        return "number"
    if loss in BINARY:
        return "half" if loss == "bce" else "sign"
    return "half" if kind == "labels" else "largest"
