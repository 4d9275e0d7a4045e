"""What a training shows of itself over time: kept thinly, read warily, drawn, without effect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from graph_compiler.model import Plan
from nnstudio.cli import main
from nnstudio.document.templates import load_target
from nnstudio.engine.seen import MOST, Seen
from nnstudio.plotdata.seen import looks


def test_samples_of_a_run_are_kept_and_drawn(
    runs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = load_target("template:gan")
    stage = project.plan.stages[0]
    plan = Plan((replace(stage, settings={"epochs": 3, "batch_size": 32}),))
    data = replace(project.data, split=(0.1, 0.05, 0.85))
    done = runs.train(replace(project, plan=plan, data=data))
    found = looks(done.path)
    assert found[0][0] == 0, "what it begins with is to be seen, however fast the rest goes"
    assert found[-1][0] == done.state().step == 15
    assert found[-1][1].shape == (64, 1, 8, 8)
    target = tmp_path / "samples.png"
    assert main(["plot", str(done.path), "samples", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()


def test_looking_changes_no_random_number_and_thins_out(tmp_path: Path) -> None:
    seen = Seen(tmp_path, SimpleNamespace(samples=lambda: torch.rand(2, 3)))
    torch.manual_seed(0)
    expected = torch.rand(5)
    torch.manual_seed(0)
    for step in range(1, 200):
        seen.look(step)
    assert torch.equal(torch.rand(5), expected)
    steps = [step for step, _ in looks(tmp_path)]
    assert len(steps) == MOST
    assert (steps[0], steps[-1]) == (1, 199)
    assert steps[:6] == [1, 2, 3, 4, 5, 6], "dense at the beginning"


def test_a_recipe_that_shows_nothing_leaves_nothing(tmp_path: Path) -> None:
    Seen(tmp_path, SimpleNamespace()).look(1)
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "seen"
    folder.mkdir()
    np.save(folder / "step-000000001.npy", np.zeros((2, 2), np.float32))
    np.save(folder / "step-000000002.npy", np.array([{}], dtype=object), allow_pickle=True)
    (folder / "step-000000003.npy").write_bytes(b"nonsense")
    whole = (folder / "step-000000001.npy").read_bytes()
    huge = whole.replace(b"(2, 2)", b"(9" + b"9" * 9 + b", 2)")[: len(whole)]
    (folder / "step-000000004.npy").write_bytes(huge)
    (folder / "step-000000005.npy").symlink_to(folder / "step-000000001.npy")
    assert [step for step, _ in looks(tmp_path)] == [1]
