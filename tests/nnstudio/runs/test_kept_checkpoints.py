"""Kept checkpoints: what the budget keeps, how evenly; an end in the middle loses no run."""

from __future__ import annotations

import os
from functools import partialmethod
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.runs.kept import SAFE, Budget, budget_of, kept_of, remove, set_budget, thin, to_remove
from nnstudio.runs.layout import RunError


def grown(steps: list[int], budget: Budget, size: int = 1) -> list[int]:
    """What is left when checkpoints come one after the other and some give way each time."""
    kept: list[int] = []
    for step in steps:
        kept.append(step)
        gone = to_remove(kept, [size] * len(kept), budget)
        kept = [one for one in kept if one not in gone]
    return kept


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=300),
    st.integers(1, 30),
)
def test_never_more_than_the_budget_and_the_newest_always(gaps: list[int], most: int) -> None:
    steps = np.cumsum(gaps).tolist()
    kept = grown(steps, Budget(most))
    assert len(kept) <= max(most, SAFE)
    assert kept[-SAFE:] == steps[-SAFE:]
    assert kept == sorted(set(kept))
    if len(steps) <= max(most, SAFE):
        assert kept == steps
    if most > SAFE:
        assert kept[0] == steps[0]


@given(st.integers(100, 3000), st.integers(8, 30))
def test_what_is_left_is_spread_over_the_logarithm_of_the_steps(last: int, most: int) -> None:
    kept = grown(list(range(1, last + 1)), Budget(most))
    spread = kept[: -SAFE + 1]
    assert len(spread) == most - SAFE + 1
    gaps = [log((b + 1) / (a + 1)) for a, b in pairwise(spread)]
    # Evenly spread ones would each be this far from the next; a whole step is the least there is.
    even = log((last - 1) / 2) / (len(spread) - 1)
    assert max(gaps) <= max(2.5 * even, log(1.5))
    # In steps the gaps grow: the later half of the training holds the smaller share of them.
    early = sum(step <= last / 2 for step in spread)
    assert early > len(spread) / 2


@given(st.integers(1, 500), st.integers(1, 20))
def test_the_room_bounds_the_bytes_beyond_the_newest(last: int, room: int) -> None:
    kept = grown(list(range(1, last + 1)), Budget(100, room * 10), size=10)
    assert len(kept) <= max(SAFE, room)


def folder_of(run: Path, steps: list[int], best: bool = True) -> Path:
    folder = run / "checkpoints"
    folder.mkdir(parents=True)
    for step in steps:
        (folder / f"step-{step:09d}.safetensors").write_bytes(b"x" * 10)
    if best:
        (folder / "best.safetensors").write_bytes(b"x" * 4)
    return folder


class Ending:
    """Removes files until it ends the process, so to speak."""

    def __init__(self, files: int) -> None:
        self.left = files


def removing(path: Path, ending: Ending, missing_ok: bool = False) -> None:
    """Stands in for `Path.unlink`."""
    if not ending.left:
        raise KeyboardInterrupt
    ending.left -= 1
    os.unlink(path)


def test_an_end_in_the_middle_of_thinning_leaves_what_a_run_goes_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = list(range(10, 210, 10))
    for ends in range(1, 16):
        folder = folder_of(tmp_path / str(ends), steps)
        ending = Ending(ends)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", partialmethod(removing, ending))
            with pytest.raises(KeyboardInterrupt):
                thin(folder, Budget(4))
        left = [one.step for one in kept_of(folder.parent) if not one.best]
        assert left[-SAFE:] == steps[-SAFE:]
        assert (folder / "best.safetensors").exists()
        thin(folder, Budget(4))
        assert [one.name for one in kept_of(folder.parent)] == [
            "step-000000010",
            "step-000000180",
            "step-000000190",
            "step-000000200",
            "best",
        ]


def test_the_newest_and_the_best_cannot_be_removed(tmp_path: Path) -> None:
    run = tmp_path / "digits"
    folder_of(run, [5, 10, 20])
    remove(run, "10")
    assert [one.step for one in kept_of(run) if not one.best] == [5, 20]
    with pytest.raises(RunError) as newest:
        remove(run, "20")
    assert str(newest.value) == (
        "digits: expected an older checkpoint, got step-000000020, from which the run goes on. "
        "Choose another."
    )
    with pytest.raises(RunError, match="got the best, which stays"):
        remove(run, "best")
    with pytest.raises(RunError, match=r"a checkpoint \(step-000000005, step-000000020\), got"):
        remove(run, "../../secret")


def test_a_budget_is_read_back_and_a_broken_one_is_the_usual(tmp_path: Path) -> None:
    assert budget_of(tmp_path) == Budget(20, 1_000_000_000)
    set_budget(tmp_path, Budget(7, 5000))
    assert budget_of(tmp_path) == Budget(7, 5000)
    (tmp_path / "kept.json").write_text('{"count": -1, "room": "much"}')
    assert budget_of(tmp_path) == Budget()
    (tmp_path / "kept.json").write_bytes(b"\xff\x00")
    assert budget_of(tmp_path) == Budget()
