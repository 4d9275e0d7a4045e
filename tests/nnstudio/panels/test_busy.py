"""The bar of work under way stands still where motion is reduced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nnstudio.panels.busy import BusyBar
from nnstudio.panels.text import spaced
from nnstudio.theme import motion


@pytest.fixture(autouse=True)
def usual_motion() -> Iterator[None]:
    yield
    motion.use("system")


def test_it_stands_still_where_motion_is_reduced(qtbot: Any) -> None:
    motion.use("full")
    bar = BusyBar("busy", "Reading the data")
    qtbot.addWidget(bar)
    assert (bar.minimum(), bar.maximum()) == (0, 0), "to and fro"
    motion.use("reduced")
    assert (bar.minimum(), bar.maximum(), bar.value()) == (0, 1, 1), "full and still"
    motion.use("full")
    assert (bar.minimum(), bar.maximum()) == (0, 0)
    assert bar.accessibleName() == "Reading the data"


def test_it_is_made_still(qtbot: Any) -> None:
    motion.use("reduced")
    bar = BusyBar("busy", "Reading the data")
    qtbot.addWidget(bar)
    assert bar.maximum() == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1,797 digits of 8×8", "1\u202f797 digits of 8×8"),
        ("at most 1,000,000 numbers, got 12", "at most 1\u202f000\u202f000 numbers, got 12"),
        ("rows 1,2 and (3,4567)", "rows 1,2 and (3,4567)"),
        ("", ""),
    ],
)
def test_numbers_in_sentences_are_grouped_as_all_others(text: str, shown: str) -> None:
    assert spaced(text) == shown
