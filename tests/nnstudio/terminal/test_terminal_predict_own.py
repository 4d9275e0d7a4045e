"""`nnstudio predict` for what is given by hand: rows, pictures, texts, samples, and wrong use."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from graph_compiler.model import Plan
from nnstudio.document.templates import load_target
from nnstudio.engine.job import Job
from nnstudio.runs import heartbeat
from nnstudio.runs.create import create_run


def trained(folder: Path, template: str) -> Path:
    """A run of a template after one epoch."""
    torch.set_num_threads(1)
    project = load_target(f"template:{template}")
    stages = [replace(one, settings={**one.settings, "epochs": 1}) for one in project.plan.stages]
    project = replace(project, plan=Plan(tuple(stages)))
    run = create_run(project, folder / "runs", threads=1, device="cpu")
    heartbeat.write(run, os.getpid(), 0)
    Job(run, False).work()
    return run


def test_a_row_is_answered_with_a_bar_for_each_class(terminal: Any, tmp_path: Path) -> None:
    run = trained(tmp_path, "mlp")
    said = terminal("predict", run, "--row", "x=0.5, y=0.1")
    assert said.status == 0
    words, head, *rows = said.out.splitlines()
    assert words.startswith(("upper, with ", "lower, with "))
    assert head.split() == ["class", "share"]
    assert {row.split()[0] for row in rows} == {"upper", "lower"}
    told = json.loads(terminal("predict", run, "--row", "x=0.5,y=0.1", "--json").out)
    assert sum(bar["share"] for bar in told["bars"]) == pytest.approx(1)
    for given, words in (
        (("--row", "x=0.5"), "expected a value for each of 2 columns, got none for y."),
        (("--row", "0.5"), "--row: expected NAME=VALUE between commas, got '0.5'."),
        (("--text", "hello"), "expected --row or --example (predict), got something else."),
        (("--row", "x=1,y=1", "--sample", "3"), "expected one input, got --row, --sample."),
        (("--row", "x=1,y=1", "--beams", "3"), "--beams: expected no such option for “Predict”."),
        (("--row", "x=1,y=1", "-o", "a.gif"), "a.gif: expected a name that ends in .png"),
        ((), "expected --row or --example (predict), got something else. Give one."),
    ):
        said = terminal("predict", run, *given)
        assert said.status == 2
        assert words in said.err
        assert said.out == ""


@pytest.mark.slow
def test_a_picture_that_was_written_is_read_again(terminal: Any, tmp_path: Path) -> None:
    run = trained(tmp_path, "lenet5")
    shown = tmp_path / "digit.png"
    first = terminal("predict", run, "--example", "4", "-o", shown)
    assert first.status == 0
    with Image.open(shown) as image:
        assert image.size == (64, 64)
    (tmp_path / "text.png").write_text("no picture")
    bad = terminal("predict", run, "--image", tmp_path / "text.png")
    assert bad.status == 2
    assert "text.png: expected a PNG, JPEG, BMP, GIF, WebP or TIFF picture" in bad.err


@pytest.mark.slow
def test_a_text_is_completed_and_samples_become_a_grid(terminal: Any, tmp_path: Path) -> None:
    run = trained(tmp_path, "char-rnn")
    options = ("--most", "20", "--seed", "1")
    said = terminal("predict", run, "--text", "The lamp", *options)
    assert said.out.startswith("The lamp")
    assert len(said.out) == len("The lamp") + 20 + 1
    assert terminal("predict", run, "--text", "The lamp", *options).out == said.out
    odd = terminal("predict", run, "--text", "Ω", *options)
    assert odd.err == "Never learned, and read as something unknown: “Ω”.\n"
    assert odd.out.startswith("Ω")
    run = trained(tmp_path, "gan")
    grid = tmp_path / "grid.png"
    assert terminal("predict", run, "--sample", "16", "-o", grid).status == 0
    with Image.open(grid) as image:
        assert image.size == (8 * 68 + 4, 2 * 68 + 4)
