"""Final evaluation: a run's test part read once more, on purpose, and the reading counted.

Owns that: the run's own script measures, with weights that are chosen; nothing is trained.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nnstudio.engine import checkpoints
from nnstudio.engine.failures import RunFailed
from nnstudio.engine.job import check_data
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.states import restore
from nnstudio.engine.trained import Trained, load_trained
from nnstudio.runs.final_evaluation import Readings, readings
from nnstudio.runs.info import read_info
from nnstudio.runs.layout import CHECKPOINTS, RunError
from nnstudio.runs.writer import append_event


def evaluate(run: Path, weights: str = "last") -> tuple[dict[str, float], int, Readings]:
    """What the test part says: the scores, the step of the weights, and how often it was read.

    Raises `RunError` where there is nothing to measure with or on.
    """
    trained = load_trained(run, weights)
    try:
        check_data(run, trained.script)
    except RunFailed as error:
        text = error.failure.text
        where, _, rest = text.partition(": expected ")
        expected, _, rest = rest.partition(", got ")
        got, _, remedy = rest.partition(". ")
        raise RunError(where, expected, got, remedy) from error
    # What a script prints of its weights would not belong into the answer.
    with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(io.StringIO()):
        measured = _measured(run, trained, weights)
    scores = {name: value for name, value in measured.items() if name.startswith("test_")}
    if not scores:
        raise RunError(
            run.name, "a run with rows in its test part", "none", "Give the test part a share."
        )
    known = readings(run)
    append_event(
        run,
        "evaluated",
        step=max(0, trained.step),
        weights=weights if weights in ("best", "last") else Path(weights).name,
        times=known.times + 1,
        metrics=scores,
    )
    return scores, trained.step, readings(run)


def _measured(run: Path, trained: Trained, weights: str) -> dict[str, float]:
    script = trained.script
    options = script.arguments([])
    options.device, options.threads = "cpu", max(1, read_info(run).threads)
    threads = torch.get_num_threads()
    try:
        recipe = script.build(options)
        if weights == "last":
            found, _ = checkpoints.newest(run / CHECKPOINTS, NodeMap.of_run(run))
            assert found is not None  # it has just been read
            restore(recipe, found.state)
            return _as_numbers(recipe.finish())
        if hasattr(recipe, "stages"):
            recipe.begin(trained.stage, resumed=True)
        for name, network in trained.networks.items():
            recipe.networks[name].load_state_dict(network.state_dict())
        running = getattr(recipe, "running", recipe)
        if hasattr(running, "average"):
            _put(running.average.module, trained.network)
        test = running.data.test
        return _as_numbers(running.measure(test, "test")) if len(test[0]) else {}
    finally:
        torch.set_num_threads(threads)


def _put(average: nn.Module, network: nn.Module) -> None:
    average.load_state_dict(network.state_dict())


def _as_numbers(measured: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in measured.items()}
