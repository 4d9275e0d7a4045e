"""A layer written in Python, as plain values: its text, and what its author states about it.

Owns the vocabulary alone. The text is data here and everywhere in this package: it is read, never
run. Values hash, so that equal code gives the same layer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodePort:
    """An input: an argument of `forward`, in the order of its arguments."""

    name: str
    rank: tuple[int, int | None] = (1, None)
    """Fewest and most axes, the batch included; None for any number of axes."""
    dtype: str = "float"
    """`float`, `int`, `bool`, `number` (float or int) or `any`."""
    optional: bool = False
    """Whether it may stay without a wire; `forward` then gets None."""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class CodeOutput:
    """An output: a value that `forward` returns, in the order of a tuple of several."""

    name: str
    shape: str = ""
    """Sizes without the batch, as expressions over inputs and parameters: `x[0], 2 * x[1]`. The
    name of an input, or a slice of it as `x[:-1]`, stands for all its sizes. Empty: the worker
    measures them."""
    dtype: str = ""
    """`float`, `int` or `bool`; empty for that of the first input."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the worker has found for one use of the layer; `key` says for which."""

    key: str
    outputs: tuple[tuple[tuple[int | str, ...], str], ...]
    """Shape and dtype of each output; the batch axis is `N`."""
    weights: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Trainable parameters by torch's names, with their shapes."""


@dataclass(frozen=True, slots=True)
class Code:
    """The text of a layer with its ports and rules; its parameters are the drawing's."""

    text: str
    inputs: tuple[CodePort, ...] = (CodePort("x"),)
    outputs: tuple[CodeOutput, ...] = (CodeOutput("y", "x"),)
    sizes: tuple[tuple[str, str], ...] = ()
    """Arguments of the constructor that are worked out: `in_features` to `x[-1]`."""
    weights: tuple[tuple[str, str], ...] = ()
    """Trainable parameters by torch's names, with the rules of their shapes."""
    measured: tuple[Measured, ...] = ()


def fingerprint(texts: Iterable[tuple[str, str]]) -> str:
    """What trust is given to: the names and texts of all code of a project; empty where none is."""
    rows = sorted(texts)
    if not rows:
        return ""
    return hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()
