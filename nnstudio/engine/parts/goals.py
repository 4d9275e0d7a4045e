"""What each of several outputs learns: its part of the targets, its loss, how good its answers are.

This text becomes part of `train.py`; it knows nothing of NN Studio.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from nnstudio.engine.parts.losses import hinge, logs, pinball
from nnstudio.engine.parts.masks import overlap

OUTPUTS: dict[str, tuple[list[int], str, float]] = {}
"""Output to the places of its targets (none where all learn the same), its loss and weight."""
LOSSES = ("cross_entropy", "mse")
READ: dict[str, str] = {}
"""Output to how its answers are read: the `largest` is the class, its `sign` or more than a `half`
says yes, or it is meant as a `number`."""
READINGS = ("largest", "number")
TUNED: dict[str, dict[str, float]] = {}
"""Output to the settings of its loss."""
SMOOTHED = False
ONE_HOT: dict[str, int] = {}
"""Output that learns a class as a one among zeros to the number of classes."""
TARGET = "several"
MASKED = False
PIXELS_FROM = 0
"""Column of the targets from which on stand the pixels of a mask, behind all else; 0 for none."""
PLACES: tuple[int, ...] = ()
"""Height and width of that mask."""


def aims(output: str, targets: torch.Tensor) -> torch.Tensor:
    """What one output learns of the targets, as its loss wants it."""
    places = OUTPUTS[output][0]
    if "largest" in READINGS and READ[output] == "largest":
        if PIXELS_FROM > 0 and places[0] == PIXELS_FROM:
            classes = pixels(targets)
        else:
            classes = targets[:, places[0]].long() if places else targets
        if ONE_HOT and output in ONE_HOT:
            return F.one_hot(classes, ONE_HOT[output]).movedim(-1, 1).float()
        return classes
    if places:
        return targets[:, places]
    if TARGET == "class":
        return targets[:, None].float()
    return targets


def pixels(targets: torch.Tensor) -> torch.Tensor:
    """The masks among the targets (rows, height, width)."""
    return targets[:, PIXELS_FROM:].long().view(-1, *PLACES)


def cost(output: str, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """How far the scores of one output are from its targets."""
    loss = OUTPUTS[output][1]
    if "cross_entropy" in LOSSES and loss == "cross_entropy":
        if SMOOTHED:
            return F.cross_entropy(scores, targets, label_smoothing=smoothing(output))
        return F.cross_entropy(scores, targets)
    if "log_loss" in LOSSES and loss == "log_loss":
        return F.nll_loss(logs(scores), targets)
    if "nll" in LOSSES and loss == "nll":
        return F.nll_loss(scores, targets)
    if "kl" in LOSSES and loss == "kl":
        return F.kl_div(scores, targets, reduction="batchmean")
    if "multi_margin" in LOSSES and loss == "multi_margin":
        return F.multi_margin_loss(scores, targets)
    if "bce_with_logits" in LOSSES and loss == "bce_with_logits":
        return F.binary_cross_entropy_with_logits(scores, targets)
    if "bce" in LOSSES and loss == "bce":
        return F.binary_cross_entropy(scores, targets)
    if "hinge" in LOSSES and loss == "hinge":
        return hinge(scores, targets)
    if "mse" in LOSSES and loss == "mse":
        return F.mse_loss(scores, targets)
    if "l1" in LOSSES and loss == "l1":
        return F.l1_loss(scores, targets)
    if "huber" in LOSSES and loss == "huber":
        return F.huber_loss(scores, targets, delta=TUNED[output]["delta"])
    if "smooth_l1" in LOSSES and loss == "smooth_l1":
        return F.smooth_l1_loss(scores, targets, beta=TUNED[output]["delta"])
    if "poisson" in LOSSES and loss == "poisson":
        return F.poisson_nll_loss(scores, targets)
    if "gaussian_nll" in LOSSES and loss == "gaussian_nll":
        means, spreads = scores.chunk(2, 1)
        return F.gaussian_nll_loss(means, targets, spreads.exp())
    if "quantile" in LOSSES and loss == "quantile":
        return pinball(scores, targets, TUNED[output]["quantile"])
    raise ValueError(loss)


def smoothing(output: str) -> float:
    """The share of an output's targets that is spread over all classes."""
    return TUNED.get(output, {}).get("label_smoothing", 0.0)


def weighted_cost(
    output: str, scores: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """The same for classes that count by their weights."""
    if "log_loss" in LOSSES and OUTPUTS[output][1] == "log_loss":
        return F.nll_loss(logs(scores), targets, weights)
    if "nll" in LOSSES and OUTPUTS[output][1] == "nll":
        return F.nll_loss(scores, targets, weights)
    if "bce_with_logits" in LOSSES and OUTPUTS[output][1] == "bce_with_logits":
        counts = weights[targets.long()]
        return F.binary_cross_entropy_with_logits(scores, targets, counts)
    if "bce" in LOSSES and OUTPUTS[output][1] == "bce":
        return F.binary_cross_entropy(scores, targets, weights[targets.long()])
    if SMOOTHED:
        return F.cross_entropy(scores, targets, weights, label_smoothing=smoothing(output))
    return F.cross_entropy(scores, targets, weights)


def quality(
    output: str, scores: torch.Tensor, targets: torch.Tensor, unit: torch.Tensor
) -> dict[str, torch.Tensor]:
    """How good the answers of one output are; `unit` is that of each target that is a number."""
    goals = aims(output, targets)
    if "largest" in READINGS and READ[output] == "largest":
        if ONE_HOT and output in ONE_HOT:
            goals = goals.argmax(1)
        found = scores.argmax(1)
        told = {"accuracy": (found == goals).float().mean()}
        if MASKED and goals.dim() == 3:
            told["iou"] = overlap(found, goals)
        return told
    if "sign" in READINGS and READ[output] == "sign":
        return {"accuracy": ((scores > 0) == (goals > 0)).float().mean()}
    if "half" in READINGS and READ[output] == "half":
        return {"accuracy": ((scores > 0.5) == (goals > 0.5)).float().mean()}
    if "number" in READINGS:
        if "gaussian_nll" in LOSSES and OUTPUTS[output][1] == "gaussian_nll":
            scores = scores.chunk(2, 1)[0]
        elif "poisson" in LOSSES and OUTPUTS[output][1] == "poisson":
            scores = scores.exp()
        errors, spread = scores - goals, goals - goals.mean(0)
        places = OUTPUTS[output][0]
        sizes = errors.abs() * (unit[places] if places else unit)
        unexplained = errors.square().sum() / spread.square().sum()
        return {"mae": sizes.mean(), "r2": 1 - unexplained}
    raise ValueError(READ[output])
