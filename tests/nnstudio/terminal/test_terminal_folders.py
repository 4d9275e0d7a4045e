"""Folders of the user's from the terminal: the same as in the window, by options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def folder_of_pictures(folder: Path) -> Path:
    """Dark and bright grey pictures, ten each."""
    for name, grey in (("bright", 200), ("dark", 30)):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            pixels = np.full((12, 12), grey + number, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_a_folder_of_pictures_is_looked_at_and_learned(terminal: Any, tmp_path: Path) -> None:
    folder = folder_of_pictures(tmp_path / "greys")
    settings = {
        "data.source": "image_folder",
        "data.path": folder,
        "data.size": 8,
        "data.colour": "false",
        "main/fc3.out_features": 2,
        "plan.epochs": 12,
    }
    options = [part for item in settings.items() for part in ("--set", "{}={}".format(*item))]
    said = terminal("train", "template:lenet5", *options, "--runs", tmp_path / "runs", "--json")
    assert said.status == 0, said.err
    done = json.loads(said.out.splitlines()[-1])
    assert done["event"] == "done"
    assert done["metrics"]["test_accuracy"] == 1.0
    (run,) = (tmp_path / "runs").glob("lenet*")
    assert '"names": ["bright", "dark"]' in (run / "project.nns").read_text()


def test_a_folder_without_pictures_is_told(terminal: Any, tmp_path: Path) -> None:
    said = terminal(
        *("train", "template:lenet5", "--set", "data.source=image_folder"),
        *("--set", f"data.path={tmp_path}"),
    )
    assert (said.status, said.err) == (
        1,
        f"{tmp_path}: expected folders with pictures in it, got none. "
        "Choose a folder with pictures.\n",
    )


def test_the_vocabulary_of_a_text_of_ones_own_is_known_unless_one_says_another(
    terminal: Any, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("hello world. " * 100, encoding="utf-8")
    sets = [f"--set=data.{part}" for part in ("source=text_file", f"path={tmp_path / 'text.txt'}")]
    said = terminal("forecast", "template:char-rnn", *sets)
    assert said.status == 0, said.err
    said = terminal("forecast", "template:char-rnn", *sets, "--set", "words=11")
    assert said.status == 1
    assert "expected N×32×10 (a score for each of 10 words everywhere)" in said.err
