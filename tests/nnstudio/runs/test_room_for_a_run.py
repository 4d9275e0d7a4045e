"""A run that cannot fit is refused with need, have and the smallest cure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.checker import check_project
from graph_compiler.model import Project
from nnstudio.document.templates import load_target
from nnstudio.runs import room
from nnstudio.runs.create import RunRefused, create_run
from nnstudio.runs.forecast import forecast, forecasts
from nnstudio.runs.room import (
    cure,
    memory,
    memory_words,
    room_faults,
    roughly,
    round_down,
    trains_here,
)


def with_settings(project: Project, **settings: Any) -> Project:
    stages = tuple(
        replace(one, settings={**one.settings, **settings}) for one in project.plan.stages
    )
    return replace(project, plan=replace(project.plan, stages=stages))


def lenet(**settings: Any) -> Project:
    return with_settings(load_target("template:lenet5"), **settings)


def text_of(project: Project, room: int) -> list[str]:
    return [one.text for one in room_faults(project, check_project(project), room)]


def test_smaller_batches_are_the_first_cure() -> None:
    project = lenet(batch_size=1000)
    assert text_of(project, 10**9) == []
    found = forecast(project)
    assert found is not None
    room = found.fixed + 400 * found.per_example
    assert text_of(project, room) == [
        "plan.batch_size: expected a run that fits into 505.0 MB of memory, got one that needs "
        "about 520 MB (program 500 MB, activations 8.7 MB, states to go back to 800 kB). "
        "Choose batches of at most 400, and accumulation 3 for steps as large."
    ]
    fits = lenet(batch_size=400, accumulation=3)
    assert text_of(fits, room) == []


def test_then_what_keeps_less_beside_each_weight() -> None:
    project = load_target("template:vgg@16")
    found = forecast(project)
    assert found is not None
    other = forecast(with_settings(project, optimizer="sgd", momentum=0.0))
    assert other is not None
    room = other.fixed + other.measuring + other.per_example * 8
    assert room < found.fixed + found.measuring
    told = cure(project, found, room)
    assert told.startswith("Choose sgd without momentum, which keeps nothing beside the weights")


def test_what_no_setting_helps_needs_another_network_or_device() -> None:
    project = lenet()
    found = forecast(project)
    assert found is not None
    assert cure(project, found, 1000) == (
        "Make the network smaller, or choose a device with more memory."
    )


def test_a_line_for_people() -> None:
    found = forecast(lenet())
    assert found is not None
    assert memory_words([found]) == (
        "about 510 MB of memory (activations 3.2 MB, states to go back to 800 kB, data 480 kB)"
    )
    assert memory_words([found], 10**10).endswith("; any batch fits into 10.0 GB")
    assert memory(999) == "999 bytes"


def test_what_is_estimated_has_two_digits_and_is_not_told_too_low() -> None:
    sizes = (999, 1000, 1001, 9_900_001, 10_000_000, 454_700_000, 991_000_000, 10**13)
    assert [roughly(size) for size in sizes] == [
        "1.0 kB", "1.0 kB", "1.1 kB", "10 MB", "10 MB", "460 MB", "1.0 GB", "10 TB",
    ]  # fmt: skip
    assert [round_down(count) for count in (0, 7, 42, 437, 25_403)] == [0, 7, 42, 430, 25_000]


def test_every_stage_has_to_fit() -> None:
    project = load_target("template:deep-belief-net")
    large = replace(project, plan=replace(project.plan, stages=(
        replace(project.plan.stages[0], settings={"batch_size": 1700}), *project.plan.stages[1:],
    )))  # fmt: skip
    first, *others = forecasts(large)
    room = first.fixed + max(first.measuring, 1000 * first.per_example)
    assert all(one.need <= room for one in others)
    (fault,) = room_faults(large, check_project(large), room)
    assert fault.place == "plan.machine 1.batch_size"
    told = memory_words((first, *others), room)
    assert " in stage machine 1 (" in told
    assert told.endswith(
        f"; batches of up to {round_down(others[-1].largest_batch(room)):,} (all layers) and 1,000 "
        f"(machine 1, machine 2, machine 3) fit into {memory(room)}"
    )


def test_only_a_run_on_the_processor_is_compared_with_its_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert trains_here("cpu")
    assert not trains_here("cuda:1")
    monkeypatch.setattr(room, "_ACCELERATORS", (str(tmp_path / "none"),))
    monkeypatch.setattr(room.sys, "platform", "linux")
    assert trains_here("auto")
    monkeypatch.setattr(room, "_ACCELERATORS", (str(tmp_path),))
    assert not trains_here("auto")


def test_the_memory_of_a_container_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(room, "_CGROUPS", (str(limit),))
    whole = room.room_here()
    limit.write_text("2000000\n")
    assert room.room_here() == 2_000_000
    limit.write_text("max\n")
    assert room.room_here() == whole


def test_a_run_that_cannot_fit_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("451000000\n")
    monkeypatch.setattr(room, "_CGROUPS", (str(limit),))
    with pytest.raises(RunRefused) as refused:
        create_run(lenet(batch_size=1000), tmp_path / "runs", device="cpu")
    (problem,) = refused.value.problems
    assert "expected a run that fits into 451.0 MB of memory, got one that needs about" in (
        problem.text
    )
    assert not (tmp_path / "runs").exists()
    assert create_run(lenet(batch_size=1000), tmp_path / "runs", device="cuda").is_dir()
