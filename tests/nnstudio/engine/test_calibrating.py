"""Some real steps are timed, in a process that can be ended, and nothing else is touched."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from graph_compiler.files import project_text
from graph_compiler.model import Plan
from nnstudio.document.templates import load_target
from nnstudio.engine.calibrating import answer, calibrate
from nnstudio.runs.pace import Calibration, Pace, PaceError, StagePace, duration


def test_a_pace_tells_steps_and_epochs_of_the_plan(tmp_path: Path) -> None:
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    found = calibrate(
        project_text(load_target("template:mlp")), str(tmp_path), "cpu", 1, seconds=0.2
    )
    assert found.device == "cpu"
    (pace,) = found.stages
    assert pace.steps > 0
    assert pace.seconds_per_step > 0
    assert pace.steps_per_epoch * pace.seconds_per_step <= pace.seconds_per_epoch * 1.001
    (stage,) = load_target("template:mlp").plan.stages
    assert pace.epochs == stage.settings["epochs"]
    assert found.seconds == pace.seconds_per_epoch * pace.epochs
    assert torch.get_num_threads() == threads
    assert list(tmp_path.iterdir()) == []


def test_every_stage_is_timed(tmp_path: Path) -> None:
    project = load_target("template:deep-belief-net")
    found = calibrate(project_text(project), str(tmp_path), "cpu", 1, seconds=0.1)
    stages = project.plan.stages
    assert [one.stage for one in found.stages] == [one.name for one in stages]
    assert [one.epochs for one in found.stages] == [one.settings["epochs"] for one in stages]
    assert all(one.steps > 0 for one in found.stages)
    assert found.seconds == sum(one.seconds_per_epoch * one.epochs for one in found.stages)


def test_a_stage_that_ends_after_steps_takes_as_long_as_these(tmp_path: Path) -> None:
    project = load_target("template:mlp")
    (stage,) = project.plan.stages
    short = replace(stage, settings={**stage.settings, "most_steps": 7})
    text = project_text(replace(project, plan=Plan((short,))))
    (found,) = calibrate(text, str(tmp_path), "cpu", 1, seconds=0.1).stages
    assert found.most_steps == 7
    epochs = 7 / found.steps_per_epoch
    assert found.seconds == pytest.approx(found.seconds_per_epoch * epochs)


def test_what_cannot_be_timed_is_told_in_a_line() -> None:
    text = project_text(load_target("template:gpt2@medium"))
    told = answer(json.dumps({"project": text}).encode())
    assert list(told) == ["error"]
    assert "\n" not in told["error"]
    assert answer(b"no json") == {"error": "Expecting value: line 1 column 1 (char 0)"}


@pytest.mark.slow
def test_a_process_of_its_own_answers_and_is_ended_at_once(tmp_path: Path) -> None:
    text = project_text(load_target("template:mlp"))
    found = Calibration(text, str(tmp_path), "cpu", 1).result()
    assert found.device == "cpu"
    assert found.seconds > 0
    one = Calibration(text, str(tmp_path), "cpu", 1)
    threading.Timer(0.5, one.cancel).start()
    with pytest.raises(PaceError, match="It was cancelled"):
        one.result()
    late = Calibration(text, str(tmp_path))
    late.cancel()
    with pytest.raises(PaceError):
        late.result()


def test_a_pace_in_words() -> None:
    one = StagePace("train", 0.01, 19_000, 190.0, 20)
    assert Pace("cuda", (one,)).words == "about 3 min an epoch on cuda, 63 min for 20"
    some = StagePace("train", 0.01, 100, 1.0, 20, most_steps=500)
    assert Pace("cpu", (some,)).words == "about 1.0 s an epoch on cpu, 5.0 s for 500 steps"
    two = Pace("cpu", (StagePace("head", 0.1, 10, 1.0, 3), StagePace("all", 0.2, 10, 2.0, 30)))
    assert two.words == "about 63 s in all on cpu (head: 3.0 s, all: 60 s)"
    assert [duration(s) for s in (0.04, 0.31, 2.25, 12.4, 59, 200, 7500, 200_000, 10**6)] == [
        "0.04 s", "0.3 s", "2.2 s", "12 s", "59 s", "3 min", "2.1 h", "56 h", "12 days",
    ]  # fmt: skip
