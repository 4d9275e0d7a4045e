"""The order in which families of layers stand wherever layers are listed; no Qt."""

from __future__ import annotations

from collections.abc import Iterable

FAMILIES = (
    "io",
    "dense",
    "convolution",
    "pooling",
    "activation",
    "normalization",
    "shape",
    "operation",
    "regularization",
    "embedding",
    "recurrent",
    "attention",
    "transformer",
)
"""The families that come first; others follow by name."""
LAST = ("loss", "metric")
NAMES = {"io": "input and output"}
"""Families that are called otherwise than they are named."""


def families(present: Iterable[str]) -> list[str]:
    """These families in the order in which they stand."""
    there = set(present)
    return [
        *(family for family in FAMILIES if family in there),
        *sorted(there.difference(FAMILIES, LAST)),
        *(family for family in LAST if family in there),
    ]
