"""`nnstudio predict` for networks with several outputs: tables, pictures, and the script alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from graph_compiler.model import Project
from nnstudio.engine.data import scenes
from nnstudio.engine.job import Job
from nnstudio.runs import heartbeat
from nnstudio.runs.create import create_run
from tests.nnstudio.alone import run_alone
from tests.nnstudio.engine.recipes.several_plans import seeing
from tests.nnstudio.engine.test_predicting import exported
from tests.nnstudio.engine.test_using_outputs import rows


def trained(project: Project, folder: Path) -> Path:
    """A run of the project, to its end."""
    torch.set_num_threads(1)
    run = create_run(project, folder / "runs", threads=1, device="cpu")
    heartbeat.write(run, os.getpid(), 0)
    Job(run, False).work()
    return run


@pytest.mark.slow
def test_the_exported_script_gives_the_same_bytes(terminal: Any, tmp_path: Path) -> None:
    project = rows(tmp_path, epochs=2)
    run = trained(project, tmp_path)
    new = tmp_path / "new.csv"
    new.write_text("town,a,wet\nOslo,0.5,yes\nRome,-3,no\nBern,1e2,no\n")
    said = terminal("predict", run, new, "-o", tmp_path / "ours.csv", "--weights", "last")
    assert said.status == 0, said.err
    folder = exported(project, tmp_path / "exported")
    run_alone(folder, "train.py")
    run_alone(folder, "predict.py", str(new), "-o", "theirs.csv")
    ours = (tmp_path / "ours.csv").read_bytes()
    assert (folder / "theirs.csv").read_bytes() == ours
    found = pd.read_csv(tmp_path / "ours.csv")
    assert list(found)[:4] == ["town", "a", "wet", "predicted kind"]
    assert {"probability of kind = left", "predicted size", "predicted wet"} <= set(found)
    new.write_text("town\nOslo\n")
    said = terminal("predict", run, new, "-o", tmp_path / "none.csv")
    assert said.status != 0
    assert said.err.strip().endswith(
        "new.csv: expected the columns that the network was trained with (a, town), got none named "
        "a. Add what is missing, under these names."
    )


@pytest.mark.slow
def test_pictures_in_a_folder_get_a_column_for_every_answer(
    terminal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"give": "class, boxes and mask", "samples": 60}
    project = seeing(options, {}, epochs=2)
    run = trained(project, tmp_path)
    for name, value in {"GIVE": "class", "SIZE": 16, "SAMPLES": 4, "NOISE": 0.0}.items():
        monkeypatch.setattr(scenes, name, value)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number, one in enumerate(scenes.examples()[0]):
        pixels = (255 * one.transpose(1, 2, 0)).round().astype(np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number}.png")
    said = terminal("predict", run, pictures, "-o", tmp_path / "ours.csv", "--weights", "last")
    assert said.status == 0, said.err
    folder = exported(project, tmp_path / "exported")
    run_alone(folder, "train.py")
    run_alone(folder, "predict.py", str(pictures), "-o", "theirs.csv")
    assert (folder / "theirs.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()
    found = pd.read_csv(tmp_path / "ours.csv")
    assert list(found) == [
        "file",
        *(f"predicted boxes {number}" for number in (1, 2, 3, 4)),
        "predicted mask",
        *(f"share of mask = {name}" for name in ("background", "circle", "square", "triangle")),
        "predicted thing",
        *(f"probability of thing = {name}" for name in ("circle", "square", "triangle")),
    ]
    assert found.filter(like="share of").sum(axis=1).tolist() == pytest.approx([1] * 4)
    one = terminal("predict", run, "--image", pictures / "1.png", "--weights", "last", "--json")
    told = json.loads(one.out)
    assert [output["name"] for output in told["outputs"]] == ["boxes", "mask", "thing"]
    assert "pictures" not in told["outputs"][1]
    assert told["outputs"][1]["words"] == found["predicted mask"][1]
    shutil.rmtree(folder)
    seen = terminal("predict", run, "--image", pictures / "1.png", "-o", tmp_path / "seen.png")
    head = [
        line for line in seen.out.splitlines() if line.startswith(("boxes:", "mask:", "thing:"))
    ]
    assert len(head) == 3
    with Image.open(tmp_path / "seen.png") as image:
        assert image.size[0] > 2 * image.size[1] - 20, "what it sees, and beside it the mask"
