"""What a run's own preparation made of its data: scales, usual values, some examples.

Owns how an input is brought to the size that the network learned from, and an output back to the
unit of the data. The run's script is asked, so that nothing is computed in two ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnstudio.document.preparation import preparation_settings
from nnstudio.document.script_data import fits
from nnstudio.document.script_predict import raw_columns
from nnstudio.engine.using_run import CannotUse, InUse

Numbers = NDArray[Any]
EXAMPLES = 200
"""Rows of the validation part that can be taken as an example."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A value minus `shift`, in units of `size`; both fit a row of the data."""

    shift: Numbers
    size: Numbers

    def apply(self, values: Numbers) -> Numbers:
        """Values of the data as the network sees them."""
        return (values - self.shift) / self.size

    def undo(self, values: Numbers) -> Numbers:
        """Values of the network in the unit of the data."""
        return values * self.size + self.shift


SAME = Scale(np.zeros(1), np.ones(1))


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from."""

    shape: tuple[int, ...]
    """The axes of an input before products of its values are added."""
    inputs: Scale
    targets: Scale
    degree: int
    low: Numbers
    usual: Numbers
    high: Numbers
    """Of every value of an input, in the training part and in the unit of the data."""
    least: float
    most: float
    """Of all values that the network was shown."""
    examples: Numbers
    answers: Numbers
    """Rows that were not learned from, and their targets, as the network sees both."""
    of_part: str
    """The part that they are from; empty where the data are gone."""


def learned(one: InUse) -> Learned:
    """What the run learned from; its data are read the first time, where they are still there."""
    key = str(one.run)
    if key not in _known:
        _known[key] = _learned(one)
        while len(_known) > 2:
            _known.pop(next(iter(_known)))
    return _known[key]


_known: dict[str, Learned] = {}


def as_seen(one: InUse, raw: Numbers) -> torch.Tensor:
    """One input in the unit of the data, as the network sees it: a batch of one."""
    facts = learned(one)
    if facts.degree > 1:
        from sklearn.preprocessing import PolynomialFeatures

        raw = PolynomialFeatures(facts.degree, include_bias=False).fit_transform(raw[None])[0]
    return torch.from_numpy(facts.inputs.apply(raw[None]).astype(np.float32))


class _Enough(Exception):
    """The data are prepared; nothing else is wanted of the script."""


def _learned(one: InUse) -> Learned:
    project = one.trained.project
    if fits(project) and not one.fitted:
        raise CannotUse(
            f"{one.run.name}: expected what was fitted on the training part, got nothing: the run "
            "was made by an older version. Train it anew."
        )
    inputs, targets = _scales(one)
    degree = int(preparation_settings(project.data, project.variables).get("degree", 1))
    prepared = None if one.source.opens and not _is_there(one) else _prepared(one)
    if prepared is None:
        # The data are gone; what was fitted is enough to answer.
        shape = (len(raw_columns(project)),) if degree > 1 else one.facts.shape
        nothing = np.zeros((0, *one.facts.shape))
        middle = np.broadcast_to(inputs.undo(np.zeros(one.facts.shape)), one.facts.shape)
        low, high = np.full(one.facts.shape, -np.inf), np.full(one.facts.shape, np.inf)
        ends = inputs.apply(np.zeros(one.facts.shape)), inputs.apply(np.ones(one.facts.shape))
        least, most = float(ends[0].min()), float(ends[1].max())
        return Learned(
            shape, inputs, targets, degree, low, middle, high, least, most, nothing, nothing, ""
        )
    shape, data = prepared
    shown = np.asarray(data.train.inputs)
    if one.source.is_table:
        shape = shown.shape[1:]
    train = inputs.undo(shown)
    part, name = data.validation, "validation"
    if not len(part.inputs):
        part, name = data.train, "training"
    return Learned(
        shape,
        inputs,
        targets,
        degree,
        train.min(0),
        np.median(train, 0),
        train.max(0),
        float(shown.min()),
        float(shown.max()),
        np.asarray(part.inputs[:EXAMPLES]),
        np.asarray(part.targets[:EXAMPLES]),
        name,
    )


def _scales(one: InUse) -> tuple[Scale, Scale]:
    """Those of inputs and targets, as the run kept them."""
    fitted = one.fitted

    def scale(shift: str, size: str) -> Scale:
        if shift not in fitted or size not in fitted:
            return SAME
        return Scale(_short(np.array(fitted[shift])), _short(np.array(fitted[size])))

    return scale("shift", "size"), scale("target_shift", "unit")


def _is_there(one: InUse) -> bool:
    """Whether the user's file or folder is where it was."""
    return Path(str(getattr(one.trained.script, "PATH", ""))).exists()


def _prepared(one: InUse) -> tuple[tuple[int, ...], Any] | None:
    """The axes of an input as the source gives it, and the parts that the script makes of the data;
    None where they cannot be read any more."""
    script = one.trained.script
    caught: list[tuple[tuple[int, ...], Any]] = []
    prepare = script.prepare

    def stop_behind(inputs: Any, *rest: Any, **more: Any) -> Any:
        caught.append((tuple(np.shape(inputs)[1:]), prepare(inputs, *rest, **more)))
        raise _Enough

    script.prepare = stop_behind  # type: ignore[attr-defined]
    try:
        # As for a training, but no further than to the prepared data.
        script.build(script.arguments(["--device", "cpu"]))
    except _Enough:
        return caught[0]
    except (OSError, ValueError, LookupError):
        return None
    finally:
        script.prepare = prepare  # type: ignore[attr-defined]
    return None


def _short(values: Numbers) -> Numbers:
    """One number where all are the same, so that it fits whatever the axes are."""
    return values.reshape(-1)[:1] if np.ptp(values) == 0 else values
