"""What a run says when it cannot go on: numbers, memory, code, data, devices."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from graph_compiler.model import Project
from nnstudio.engine import failures
from nnstudio.engine.nodes import NodeMap
from nnstudio.runs import requests


def failed(reader: Any) -> dict[str, Any]:
    """The last event, which is a failure."""
    lines = (reader.path / "events.jsonl").read_text().splitlines()
    event: dict[str, Any] = json.loads(lines[-1])
    assert event["event"] == "failed", event
    return event


def test_a_learning_rate_too_high_is_found_at_the_first_step_that_is_no_number(
    project: Callable[..., Project], runs: Any
) -> None:
    plan = project(
        "function", (1,), 1, loss="mse", optimizer="sgd", learning_rate=1000.0, epochs=50
    )
    reader = runs.train(plan)
    event = failed(reader)
    _, losses = reader.series("train_loss")
    assert event["reason"] == "not_finite"
    assert np.isfinite(losses[:-1]).all(), "everything up to the first bad loss is kept"
    assert not np.isfinite(losses[-1]), "the gap is shown"
    first_bad = first_bad_step(runs, plan)
    assert f" in step {first_bad + 1} with learning rate 1000. " in event["text"]
    assert event["text"].endswith("Lower the learning rate; the state before this step is kept.")
    assert event["node"] == "fc2"
    assert event["text"].startswith(
        "fc2.output: expected finite numbers, got a loss of inf from numbers up to "
    )
    kept = sorted((reader.path / "checkpoints").glob("step-*"))[-1]
    assert kept.name == f"step-{first_bad:09d}.safetensors"
    assert all(t.isfinite().all() for t in load_file(kept).values() if t.is_floating_point())


def test_the_first_bad_output_is_named(project: Callable[..., Project], runs: Any) -> None:
    run = runs.create(project())
    model = run / "model.py"
    model.write_text(model.read_text().replace("nn.Tanh()", 'nn.LeakyReLU(float("nan"))'))
    event = failed(runs.work(run))
    assert event["node"] == "tanh1"
    assert event["text"] == (
        "tanh1.output: expected finite numbers, got nan in step 1 with learning rate 0.001. "
        "Lower the learning rate; the state before this step is kept."
    )
    assert event["detail"] == (
        "What step 1 with learning rate 0.001 showed:\n"
        "  data: finite\n"
        f"  last finite output: fc1 (layers.0), up to {largest_of_first_batch(run):.3g}\n"
        "  first bad output: tanh1 (layers.1), nan\n"
        "  loss: nan\n"
        "  first bad gradient: fc2 (layers.3.bias)\n"
        "  first bad weight: fc1 (layers.0.weight)"
    )


def largest_of_first_batch(run: Path) -> float:
    """By hand: the largest number that the first layer gives for the first batch."""
    from nnstudio.engine.loading import load_script

    script = load_script(run)
    recipe = script.build(script.arguments([]))
    inputs, _ = recipe.data.train
    order = torch.randperm(len(inputs), generator=recipe.generator)
    first = next(recipe.networks["main"].children())[0]
    return float(first(inputs[order[: recipe.batch_size]]).detach().abs().max())


def test_a_bad_gradient_and_a_bad_weight_are_told_apart(
    project: Callable[..., Project], runs: Any
) -> None:
    run = runs.create(project())
    script = run / "train.py"
    before = script.read_text()
    after = before.replace(
        "optimizer.step()",
        "self.model.layers[0].bias.grad[0] = float('inf') if self.epoch else 0.0\n"
        "                optimizer.step()",
    )
    assert before != after
    script.write_text(after)
    event = failed(runs.work(run))
    assert event["text"] == (
        "fc1.bias.gradient: expected finite numbers, got nan or inf in step 4 with learning rate "
        "0.001. Lower the learning rate; the state before this step is kept."
    )
    run = runs.create(project())
    script = run / "train.py"
    script.write_text(
        before.replace(
            "self.position += 1",
            "self.model.layers[3].weight.data[0, 0] *= float('nan') if self.epoch else 1.0\n"
            "                self.position += 1",
        )
    )
    event = failed(runs.work(run))
    assert event["text"] == (
        "fc2.weight: expected finite numbers, got nan or inf in step 4 with learning rate 0.001. "
        "Lower the learning rate; the state before this step is kept."
    )


def first_bad_step(runs: Any, plan: Project) -> int:
    """By an independent loop over the same script: the first step with a bad loss or weight."""
    from nnstudio.engine.loading import load_script

    run = runs.create(plan)
    script = load_script(run)
    recipe = script.build(script.arguments([]))
    for step, metrics in enumerate(recipe.steps()):
        weights = recipe.networks["main"].parameters()
        if not math.isfinite(metrics["train_loss"].item()):
            return step
        if not all(weight.isfinite().all() for weight in weights):
            return step
    raise AssertionError("it never went wrong")


def test_a_resumed_run_goes_on_from_the_last_good_state(
    project: Callable[..., Project], runs: Any
) -> None:
    plan = project(
        "function", (1,), 1, loss="mse", optimizer="sgd", learning_rate=1000.0, epochs=50
    )
    reader = runs.train(plan)
    before = failed(reader)
    again = runs.work(reader.path, resume=True)
    assert failed(again)["text"] == before["text"]


def test_an_exception_in_a_layer_names_its_node(project: Callable[..., Project], runs: Any) -> None:
    run = runs.create(project())
    model = (run / "model.py").read_text()
    broken = model.replace("nn.Tanh()", "nn.Linear(5, 5)")
    assert broken != model
    (run / "model.py").write_text(broken)
    event = failed(runs.work(run))
    assert event["node"] == "tanh1"
    assert event["reason"] == "exception"
    assert event["text"] == (
        "tanh1: expected a step without an error, got RuntimeError: mat1 and mat2 shapes cannot "
        "be multiplied (32x16 and 5x5). See the details."
    )
    assert "Traceback (most recent call last)" in event["detail"]


def test_memory_that_runs_out_names_node_and_amount(
    project: Callable[..., Project], runs: Any
) -> None:
    run = runs.create(project())
    script = (run / "train.py").read_text()
    line = "optimizer.zero_grad()"
    assert script.count(line) == 1
    (run / "train.py").write_text(script.replace(line, "torch.empty(1 << 60)"))
    event = failed(runs.work(run))
    assert event["reason"] == "out_of_memory"
    assert re.fullmatch(
        r"run: expected 4398046511104 MiB of memory on cpu, got none left\. The run was to need "
        r"about 510 MB of [\d.]+ .B\. Choose batches of at most \d+\.",
        event["text"],
    )


@pytest.mark.parametrize(
    ("error", "reason", "text"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has …"),
            "out_of_memory",
            "run: expected 20.00 GiB of memory on cuda:0, got none left. "
            "Make the batch or the network smaller.",
        ),
        (
            RuntimeError("CUDA error: device-side assert triggered\nCompile with …"),
            "device",
            "run: expected a working device, cuda:0, got: CUDA error: device-side assert "
            "triggered. Resume the run, on another device if it happens again.",
        ),
        (
            ModuleNotFoundError("No module named 'sklearn'", name="sklearn"),
            "exception",
            "run: expected sklearn to be installed, got nothing. Install sklearn.",
        ),
        (
            MemoryError(),
            "out_of_memory",
            "run: expected enough of memory on cuda:0, got none left. "
            "Make the batch or the network smaller.",
        ),
    ],
)
def test_exceptions_become_words(error: Exception, reason: str, text: str) -> None:
    failure = failures.explained(error, NodeMap({}, {}, ""), {"main": nn.Module()}, "cuda:0")
    assert (failure.reason, failure.text) == (reason, text)


def test_a_device_that_is_not_there_is_refused(project: Callable[..., Project], runs: Any) -> None:
    run = runs.create(project())
    script = run / "train.py"
    script.write_text(
        script.read_text().replace('"--device", default="cpu"', '"--device", default="xpu:7"')
    )
    event = failed(runs.work(run))
    assert event["reason"] == "device"
    assert event["text"].startswith("run.device: expected one of auto, ")
    assert event["text"].endswith("cpu, got xpu:7. Choose another.")


def test_an_empty_training_part_is_refused(project: Callable[..., Project], runs: Any) -> None:
    event = failed(runs.train(project(split=(0.0, 0.5, 0.5))))
    assert event["text"] == (
        "data.split: expected a training part of the 120 rows of spirals, got no row in it. "
        "Give the training part a larger share."
    )


def test_a_request_that_cannot_be_met_is_answered_with_its_reason(
    project: Callable[..., Project], runs: Any
) -> None:
    done = runs.train(project(epochs=3))
    after = requests.latest(done.path)
    number = requests.send(done.path, "epochs", epochs=2)
    again = runs.work(done.path, resume=True, after=after)
    events = [json.loads(line) for line in (again.path / "events.jsonl").read_text().splitlines()]
    (answer,) = [e for e in events if e["event"] == "answered" and e["id"] == number]
    assert answer["ok"] is False
    assert answer["message"] == (
        "epochs: expected at least 3, which are done, got 2. Choose a larger number."
    )


def test_a_signal_ends_the_run_with_a_checkpoint(
    project: Callable[..., Project], runs: Any
) -> None:
    run: Path = runs.create(project(batch_size=4, epochs=400))
    requests.send(run, "speed", steps_per_second=100.0)
    worker = runs.start(run)
    runs.wait_for(run, lambda r: r.state().step > 5)
    worker.terminate()
    assert worker.wait(60) == 0
    stopped = runs.read(run)
    assert (stopped.state().status, stopped.state().reason) == ("stopped", "ended by SIGTERM")
    assert stopped.state().checkpoint == f"checkpoints/step-{stopped.state().step:09d}.safetensors"
