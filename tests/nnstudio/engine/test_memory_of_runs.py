"""What a worker says where a run does not fit into its device's memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnstudio.document.templates import load_target
from nnstudio.engine import before_start
from nnstudio.engine.before_start import check_room, with_room
from nnstudio.engine.failures import Failure, RunFailed


@pytest.fixture
def run(runs: Any) -> Path:
    return runs.create(load_target("template:lenet5"))  # type: ignore[no-any-return]


def devices(memory: int, free: int) -> Any:
    return lambda: [{"id": "cuda", "memory": memory, "free": free}, {"id": "cpu", "memory": 1,
                     "free": 1}]  # fmt: skip


def test_a_run_that_cannot_fit_is_refused_and_a_tight_one_told(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before_start, "_devices", devices(10**10, 10**10))
    assert check_room(run, "cuda:0") == ""
    monkeypatch.setattr(before_start, "_devices", devices(10**10, 3 * 10**8))
    assert check_room(run, "cuda:0") == (
        "The run needs about 510 MB of memory, and 300.0 MB are free on cuda:0."
    )
    monkeypatch.setattr(before_start, "_devices", devices(4 * 10**8, 3 * 10**8))
    with pytest.raises(RunFailed) as refused:
        check_room(run, "cuda:0")
    assert refused.value.failure.reason == "out_of_memory"
    assert refused.value.failure.text == (
        "plan: expected a run that fits into 400.0 MB of memory on cuda:0, got one that needs "
        "about 510 MB (program 500 MB, activations 3.2 MB, states to go back to 800 kB). "
        "Make the network smaller, or choose a device with more memory."
    )


def test_an_end_for_want_of_memory_names_need_and_have(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before_start, "_devices", devices(10**9, 10**8))
    told = Failure(
        "out_of_memory",
        "fc1: expected 2.00 GiB of memory on cuda:0, got none left. "
        "Make the batch or the network smaller.",
        "fc1",
    )
    found = with_room(told, run, "cuda:0")
    assert found.text == (
        "fc1: expected 2.00 GiB of memory on cuda:0, got none left. The run was to need about "
        "510 MB of 1.0 GB. Choose batches of at most 16."
    )
    assert found.node == "fc1"
    other = Failure("exception", "something else")
    assert with_room(other, run, "cuda:0") is other
