"""A run's curves as a picture file, PNG or SVG, for the terminal: loss, accuracy, gap.

Training is solid, validation dashed, and each has its name at the end of its line. matplotlib is
imported to draw, without a window and without its global state; no Qt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.plotdata.curves import number, push_apart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Arrays = tuple[NDArray[Any], NDArray[Any]]
"""Steps and values of a column."""

KINDS: Mapping[str, str] = {
    "loss": "training and validation loss",
    "accuracy": "training and validation accuracy",
    "gap": "training and validation error, with the gap between them shaded",
}
SUFFIXES = (".png", ".svg")

# A picture is for paper and pages: always on white, in the colours of the light theme.
PAPER, INK, MUTED, RULE = "#ffffff", "#1b1f27", "#5a6270", "#d9dde5"
TRAINING, VALIDATION = "#2563eb", "#9a5b00"

_SIZE, _DPI = (7.2, 4.2), 150
_MOST_POINTS = 4000
"""A curve of more steps is drawn by the extremes of its shares, which looks the same."""


class NothingToDraw(Exception):
    """The run has no such series (yet); the text names what it has."""


def draw(kind: str, columns: Mapping[str, Arrays], target: Path, title: str = "") -> None:
    """Write the picture of `kind` to `target`, whose ending decides between PNG and SVG.

    `columns` holds the run's series by name. Raises `NothingToDraw`.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = _lines(kind, columns)
    # Each step's loss is noisy; where the training part was measured as a whole, it stands behind.
    behind = columns.get("train_loss") if kind == "loss" and "fit_loss" in columns else None
    # Text as paths needs no font where the picture is read; a fixed salt gives the same file.
    with rc_context({"svg.hashsalt": "nnstudio", "font.family": "sans-serif"}):
        figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor=PAPER, layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure, kind, lines, behind, title)
        plain = {"Date": None} if target.suffix == ".svg" else None
        figure.savefig(target, format=target.suffix[1:], metadata=plain)


def _lines(kind: str, columns: Mapping[str, Arrays]) -> dict[str, Arrays]:
    """Training and validation line of a kind of picture."""
    if kind == "gap":
        pairs = [("fit_accuracy", "val_accuracy"), ("fit_mae", "val_mae"), ("fit_loss", "val_loss")]
    elif kind == "accuracy":
        pairs = [("fit_accuracy", "val_accuracy"), ("train_accuracy", "val_accuracy")]
    else:
        pairs = [("fit_loss", "val_loss"), ("train_loss", "val_loss")]
    for training, validation in pairs:
        found = {
            part: columns[name]
            for part, name in (("training", training), ("validation", validation))
            if name in columns and len(columns[name][1])
        }
        if len(found) == 2 or (found and kind != "gap"):
            return _as_error(found) if kind == "gap" and "accuracy" in training else found
    has = ", ".join(sorted(columns)) or "none yet"
    raise NothingToDraw(f"expected series for {kind}, got {has}")


def _as_error(lines: Mapping[str, Arrays]) -> dict[str, Arrays]:
    return {part: (steps, 1 - values) for part, (steps, values) in lines.items()}


def _draw(
    figure: Figure, kind: str, lines: Mapping[str, Arrays], behind: Arrays | None, title: str
) -> None:
    axes = figure.add_subplot()
    _style(axes)
    if kind == "gap":
        _shade(axes, lines)
    if behind is not None:
        x, y = thinned(*behind)
        axes.plot(x, y, color=TRAINING, alpha=0.3, linewidth=0.7)
    for part, (steps, values) in lines.items():
        x, y = thinned(steps, values)
        axes.plot(
            x,
            y,
            color=TRAINING if part == "training" else VALIDATION,
            linestyle="-" if part == "training" else (0, (5, 2)),
            linewidth=1.6,
            marker="o" if np.isfinite(y).sum() == 1 else "",
        )
    axes.set_xlim(left=0)
    axes.set_xlabel("step", color=MUTED)
    axes.set_ylabel({"gap": "error"}.get(kind, kind), color=MUTED)
    if kind == "accuracy" or (kind == "gap" and _within_one(lines)):
        axes.set_ylim(*_fraction_range(lines))
    elif all(np.nanmin(v) >= 0 for _, v in lines.values() if np.isfinite(v).any()):
        axes.set_ylim(bottom=0)
    if title:
        axes.set_title(title, color=INK, loc="left", fontsize=11, parse_math=False)
    _name_ends(axes, lines)


def _style(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.grid(True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=9, length=0)
    axes.margins(x=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(RULE)


def _shade(axes: Axes, lines: Mapping[str, Arrays]) -> None:
    """Fill between the two lines at the steps that both have."""
    steps, at_training, at_validation = np.intersect1d(
        lines["training"][0], lines["validation"][0], return_indices=True
    )
    axes.fill_between(
        steps,
        lines["training"][1][at_training],
        lines["validation"][1][at_validation],
        color=VALIDATION,
        alpha=0.15,
        linewidth=0,
    )


def _name_ends(axes: Axes, lines: Mapping[str, Arrays]) -> None:
    """Each line's name and last value beside its end, pushed apart where they would overlap."""
    ends = {}
    for part, (_, values) in lines.items():
        finite = values[np.isfinite(values)]
        if len(finite):
            ends[part] = float(finite[-1])
    low, high = axes.get_ylim()
    span = high - low
    wanted = [(value - low) / span for value in ends.values()]
    for (part, value), y in zip(
        ends.items(), push_apart(wanted, [0.06] * len(wanted), 0.0, 1.0), strict=True
    ):
        axes.annotate(
            f"{part} {number(value)}",
            (1.0, y),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=TRAINING if part == "training" else VALIDATION,
            annotation_clip=False,
        )


def thinned(steps: NDArray[Any], values: NDArray[Any]) -> Arrays:
    """The curve with at most some thousand points; every peak and every gap is kept."""
    if len(values) <= _MOST_POINTS:
        return steps, values.astype(float)
    chosen: list[int] = []
    begin = 0
    for share in np.array_split(values.astype(float), _MOST_POINTS // 4):
        chosen.extend(begin + place for place in _corners(share))
        begin += len(share)
    places = np.unique(chosen)
    return steps[places], values[places].astype(float)


def _corners(share: NDArray[Any]) -> Sequence[int]:
    """First, last, least, greatest and first missing value of a share."""
    missing = np.flatnonzero(~np.isfinite(share))
    places = {0, len(share) - 1}
    if len(missing) < len(share):
        places |= {int(np.nanargmin(share)), int(np.nanargmax(share))}
    return sorted(places | set(missing[:1].tolist()))


def _within_one(lines: Mapping[str, Arrays]) -> bool:
    return all(np.nanmax(values) <= 1 for _, values in lines.values() if np.isfinite(values).any())


def _fraction_range(lines: Mapping[str, Arrays]) -> tuple[float, float]:
    """0 to 1, or the lower part of it where the curves fill only that."""
    finite = np.concatenate([v[np.isfinite(v)] for _, v in lines.values()])
    if len(finite) and float(finite.max()) <= 0.8:
        return 0.0, max(0.05, 1.15 * float(finite.max()))
    return 0.0, 1.02
