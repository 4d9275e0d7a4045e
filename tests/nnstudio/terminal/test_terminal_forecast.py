"""`nnstudio forecast`: every stage with its memory, largest batch and time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnstudio.runs import room

Terminal = Callable[..., Any]


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file that says how much memory there is."""
    file = tmp_path / "memory.max"
    file.write_text("2000000000\n")
    monkeypatch.setattr(room, "_CGROUPS", (str(file),))
    return file


def test_a_plan_of_one_stage_is_told_part_by_part(terminal: Terminal) -> None:
    said = terminal("forecast", "template:lenet5", "--device", "cpu", "--no-timing")
    assert said.status == 0
    assert [" ".join(line.split()) for line in said.out.splitlines()] == [
        "LeNet-5",
        "stage train",
        "batches of 32",
        "weights 80 kB",
        "gradients 80 kB",
        "optimizer 160 kB",
        "activations 3.2 MB",
        "data 480 kB",
        "states to go back to 800 kB",
        "program 500 MB",
        "in all, about 510 MB",
        "largest batch all rows",
        "memory: about 510 MB of memory (activations 3.2 MB, states to go back to 800 kB, "
        "data 480 kB); any batch fits into 2.0 GB",
    ]


def test_every_stage_is_told_and_timed(terminal: Terminal) -> None:
    said = terminal("forecast", "template:deep-belief-net", "--device", "cpu")
    lines = said.out.splitlines()
    assert " ".join(lines[1].split()) == "stage machine 1 machine 2 machine 3 all layers"
    assert lines[-2].startswith("memory: about 510 MB of memory in stage all layers (")
    assert lines[-1].startswith("time: about ")
    assert " in all on cpu (machine 1: " in lines[-1]


def test_the_same_as_data(terminal: Terminal) -> None:
    said = terminal("forecast", "template:deep-belief-net", "--device", "cpu", "--json")
    found = json.loads(said.out)
    names = ["machine 1", "machine 2", "machine 3", "all layers"]
    assert [one["stage"] for one in found["stages"]] == names
    assert [one["stage"] for one in found["pace"]["stages"]] == names
    assert found["need"] == max(one["need"] for one in found["stages"])
    assert found["stage"] == "all layers"
    assert all(one["largest_batch"] == 1797 for one in found["stages"])
    assert found["pace"]["seconds"] > 0


def test_what_does_not_fit_is_an_error(terminal: Terminal, limit: Path) -> None:
    limit.write_text("300000000\n")
    said = terminal("forecast", "template:lenet5", "--device", "cpu")
    assert said.status == 1
    assert "expected a run that fits into 300.0 MB of memory, got one that needs about" in said.err
