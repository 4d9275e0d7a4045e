"""What a run is made with where nobody says otherwise: the kept settings, obeyed by every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.files import load_project
from nnstudio import places
from nnstudio.runs.create import create_run
from nnstudio.runs.info import read_info
from nnstudio.runs.kept import Budget, budget_of
from nnstudio.runs.usual import usual_budget, usually_evaluates


def choose(**values: Any) -> None:
    places.home().mkdir(parents=True, exist_ok=True)
    (places.home() / "settings.json").write_text(json.dumps(values))


def made(**options: Any) -> Path:
    return create_run(load_project(places.templates() / "perceptron.nns"), **options)


def test_without_settings_the_test_part_is_read_and_twenty_are_kept() -> None:
    run = made()
    assert read_info(run).evaluates
    assert budget_of(run) == Budget(20, 1_000_000_000)
    assert not (run / "kept.json").exists()


def test_settings_hold_for_a_run_and_stay_with_it() -> None:
    choose(evaluates=False, keep=5, keep_room=50_000_000)
    run = made()
    choose()
    assert not read_info(run).evaluates
    assert budget_of(run) == Budget(5, 50_000_000)


def test_a_run_that_is_told_heeds_no_setting() -> None:
    choose(evaluates=False)
    assert read_info(made(evaluates=True)).evaluates
    choose(evaluates=True)
    assert not read_info(made(evaluates=False)).evaluates


@pytest.mark.parametrize("spoilt", ["yes", 1, None, [False], 0])
def test_a_spoilt_choice_is_none(spoilt: Any) -> None:
    choose(evaluates=spoilt, keep="many", keep_room=-1)
    assert usually_evaluates()
    assert usual_budget() == Budget()
    choose(keep=0, keep_room=True)
    assert usual_budget() == Budget()


def test_a_broken_file_of_settings_is_none(tmp_path: Path) -> None:
    places.home().mkdir(parents=True, exist_ok=True)
    for text in (b"{", b"[1]", b"[" * 100_000, b"\xff"):
        (places.home() / "settings.json").write_bytes(text)
        assert (usually_evaluates(), usual_budget()) == (True, Budget())
        assert places.runs() == places.home() / "runs"
