"""The forecast of memory against what torch really keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler.model import Plan, Project
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.shipped import shipped_texts
from nnstudio.document.templates import load_target
from nnstudio.engine.loading import load_script
from nnstudio.runs.forecast import forecast, forecasts
from nnstudio.runs.optimizer_memory import optimizer_bytes

SHAPES = [(6, 5), (6,), (4, 3, 3, 3), (4,), ()]


def with_settings(project: Project, **settings: Any) -> Project:
    stages = tuple(
        replace(one, settings={**one.settings, **settings}) for one in project.plan.stages
    )
    return replace(project, plan=replace(project.plan, stages=stages))


def script_of(project: Project, folder: Path) -> ModuleType:
    source = planned_source(project)
    (folder / "model.py").write_text(source.text)
    (folder / "train.py").write_text(train_script(project, source, {"device": "cpu", "threads": 1}))
    for name, text in shipped_texts(project.data).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return load_script(folder)


def size_of(tensors: Any) -> int:
    """Bytes of all different tensors in something nested."""
    found: dict[int, int] = {}

    def walk(value: Any) -> None:
        if isinstance(value, torch.Tensor):
            found[id(value)] = value.numel() * value.element_size()
        elif isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list | tuple):
            for one in value:
                walk(one)

    walk(tensors)
    return sum(found.values())


OPTIMIZERS: dict[str, Any] = {
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.9}),
    "rmsprop": (torch.optim.RMSprop, {"momentum": 0.9}),
    "adagrad": (torch.optim.Adagrad, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "adamax": (torch.optim.Adamax, {}),
    "nadam": (torch.optim.NAdam, {}),
    "radam": (torch.optim.RAdam, {}),
    "asgd": (torch.optim.ASGD, {}),
    "rprop": (torch.optim.Rprop, {}),
    "adafactor": (torch.optim.Adafactor, {}),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_an_optimizer_keeps_is_what_torch_keeps(name: str) -> None:
    make, given = OPTIMIZERS[name]
    weights = [nn.Parameter(torch.ones(shape)) for shape in SHAPES]
    optimizer = make(weights, **given)
    sum(weight.square().sum() for weight in weights).backward()
    optimizer.step()
    kept = size_of(list(optimizer.state.values()))
    assert optimizer_bytes(name, SHAPES, {"momentum": 0.9}) == kept


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_without_momentum_less_is_kept(name: str) -> None:
    make, _ = OPTIMIZERS[name]
    weights = [nn.Parameter(torch.ones(shape)) for shape in SHAPES]
    optimizer = make(weights)
    sum(weight.square().sum() for weight in weights).backward()
    optimizer.step()
    kept = size_of(list(optimizer.state.values()))
    assert optimizer_bytes(name, SHAPES, {"momentum": 0.0}) == kept


def stepped(target: str, folder: Path, **settings: Any) -> tuple[Any, Project]:
    torch.set_num_threads(1)
    project = with_settings(load_target(target), **settings)
    script = script_of(project, folder)
    recipe = script.build(script.arguments([]))
    next(iter(recipe.steps()))
    return recipe, project


@pytest.mark.parametrize(
    ("target", "settings"),
    [
        ("template:mlp", {"optimizer": "adam"}),
        ("template:lenet5", {"optimizer": "sgd", "momentum": 0.9}),
        ("template:resnet", {"optimizer": "adamw"}),
        ("template:gpt2", {"optimizer": "nadam"}),
        ("template:char-rnn", {"optimizer": "adafactor"}),
    ],
)
def test_weights_gradients_and_optimizer_are_exact(
    target: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    recipe, project = stepped(target, tmp_path, **settings)
    found = forecast(project)
    assert found is not None
    (network,) = recipe.networks.values()
    assert found.weights == size_of([*network.parameters(), *network.buffers()])
    assert found.gradients == size_of([weight.grad for weight in network.parameters()])
    (optimizer,) = recipe.optimizers.values()
    assert found.optimizer == size_of(list(optimizer.state.values()))


def saved_by_a_step(recipe: Any, rows: int) -> int:
    """Bytes that torch saves for the way back of one batch, weights and data left out."""
    own = {one.untyped_storage().data_ptr() for network in recipe.networks.values()
           for one in (*network.parameters(), *network.buffers())}  # fmt: skip
    stored: dict[int, int] = {}
    alive: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            stored[memory.data_ptr()] = memory.nbytes()
        alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        alive.append(recipe.batch_loss(torch.arange(rows)))
    return sum(stored.values())


@pytest.mark.parametrize(
    ("target", "least", "most"),
    [
        ("template:mlp", 1.0, 2.1), ("template:lenet5", 1.0, 1.6), ("template:resnet", 1.0, 1.4),
        ("template:gpt2", 1.0, 1.3), ("template:bert", 1.0, 1.3), ("template:vit-b16", 1.0, 1.3),
        ("template:transformer", 1.0, 1.3),
    ],
)  # fmt: skip
def test_activations_are_what_a_step_saves_and_a_little_more(
    target: str, least: float, most: float, tmp_path: Path
) -> None:
    """More than it saves, for the way back needs slopes as well."""
    recipe, project = stepped(target, tmp_path)
    found = forecast(project)
    assert found is not None
    few, many = (saved_by_a_step(recipe, rows) for rows in (8, 16))
    one_more = (many - few) / 8
    assert least < found.per_example / one_more < most


def peak_of_a_step(target: str, folder: Path, **settings: Any) -> int:
    """Bytes of tensors that a step makes and that are there at the same time, at most."""
    recipe, _ = stepped(target, folder, **settings)
    steps = recipe.steps()
    for _ in range(2):
        next(steps)
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as found:
        next(steps)
    events = [one for one in found.profiler.kineto_results.events() if one.name() == "[memory]"]
    now = peak = 0
    for event in sorted(events, key=lambda one: one.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return peak


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "few", "many"),
    [
        ("mlp", 64, 128), ("resnet", 32, 64), ("capsnet", 16, 32), ("gan", 64, 128),
        ("gan@wasserstein", 64, 128), ("gpt2", 8, 16), ("bert", 8, 16), ("transformer", 8, 16),
        ("char-rnn", 8, 16), ("unet", 8, 16),
    ],
)  # fmt: skip
def test_what_one_more_example_costs_at_the_peak(
    target: str, few: int, many: int, tmp_path: Path
) -> None:
    peaks = []
    for size in (few, many):
        folder = tmp_path / str(size)
        folder.mkdir()
        peaks.append(peak_of_a_step(f"template:{target}", folder, batch_size=size))
    found = forecast(load_target(f"template:{target}"))
    assert found is not None
    measured = (peaks[1] - peaks[0]) / (many - few)
    assert 0.9 < found.per_example / measured < 1.8


def test_networks_against_each_other_are_counted_as_often_as_they_run() -> None:
    """The critic judges two batches before it learns; a price on its slope is worked out twice."""
    one, other = (forecast(load_target(f"template:gan@{name}")) for name in ("demo", "wasserstein"))
    assert one is not None
    assert other is not None
    assert one.weights == other.weights
    assert 1.3 * one.per_example < other.per_example < 2.5 * one.per_example


def test_a_twin_that_learns_beside_is_counted() -> None:
    """Rows with a label and rows without go through it twice each."""
    project = load_target("template:few-labels")
    (stage,) = project.plan.stages
    alone = replace(project, plan=Plan((replace(stage, recipe="supervised", settings={}),)))
    both, one = forecast(project), forecast(alone)
    assert both is not None
    assert one is not None
    assert both.weights == 2 * one.weights
    assert both.gradients == 2 * one.gradients
    assert both.per_example > 3 * one.per_example


def test_every_stage_has_a_forecast_of_its_own() -> None:
    project = load_target("template:deep-belief-net")
    found = forecasts(project)
    assert [one.stage for one in found] == [one.name for one in project.plan.stages]
    assert len({one.weights for one in found}) == 1
    assert forecast(project) == max(found, key=lambda one: one.need)


def test_what_is_frozen_learns_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    project = load_target("template:lenet5")
    (stage,) = project.plan.stages
    frozen = replace(project, plan=Plan((replace(stage, frozen=("conv*",)),)))
    all_learn, some_learn = forecast(project), forecast(frozen)
    assert all_learn is not None
    assert some_learn is not None
    named = script_of(project, tmp_path).LeNet5().named_parameters()
    convolutions = size_of([weight for name, weight in named if name.startswith("features")])
    assert convolutions > 0
    assert all_learn.gradients - some_learn.gradients == convolutions
    assert all_learn.weights == some_learn.weights


def test_the_largest_batch_fits_and_the_next_does_not() -> None:
    project = with_settings(load_target("template:lenet5"), batch_size=64)
    found = forecast(project)
    assert found is not None
    room = found.fixed + max(found.measuring, 100 * found.per_example)
    most = found.largest_batch(room)
    assert found.fixed + most * found.per_example <= room
    assert found.fixed + (most + 1) * found.per_example > room
    assert found.largest_batch(found.fixed) == 0
    assert found.largest_batch(10**15) == found.rows == 1797


def test_the_parts_add_up_and_the_stage_that_needs_most_counts() -> None:
    project = load_target("template:deep-belief-net")
    found = forecast(project)
    assert found is not None
    assert sum(found.parts.values()) == found.need
    assert found.stage == project.plan.stages[-1].name


def test_an_average_of_weights_is_another_network() -> None:
    plain = forecast(load_target("template:mlp"))
    averaged = forecast(with_settings(load_target("template:mlp"), ema_decay=0.99))
    assert plain is not None
    assert averaged is not None
    assert averaged.averages == plain.weights + 8
