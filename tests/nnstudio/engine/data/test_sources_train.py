"""Training on every kind of picture and sound, in a run and as a script without the product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph_compiler.model import DataSource, Network, Plan, Project, Stage
from nnstudio.document.sources import facts
from nnstudio.engine.preview import preview

Make = Callable[..., Network]


def plan_of(network: Make, data: DataSource, **settings: Any) -> Project:
    """One convolution and what the target asks for."""
    known = facts(data, {})
    spatial = len(known.places) == 2
    rank = len(known.shape)
    first: list[Any] = [("x", "Input", {"shape": known.shape})]
    if rank == 3:
        first.append(("conv", "Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1}))
        first.append(("relu", "ReLU", {}))
    if spatial:
        last: list[Any] = [("point", "Conv2d", {"out_channels": known.outputs, "kernel_size": 1})]
    else:
        last = [("flat", "Flatten", {}), ("fc", "Linear", {"out_features": known.outputs})]
    layers = [*first, *(last if rank > 1 or spatial else last[1:]), ("y", "Output", {})]
    loss = "mse" if known.target == "value" else "cross_entropy"
    given = {"loss": loss, "epochs": 3, "learning_rate": 0.001, **settings}
    return Project(
        name="pictures",
        networks={"main": network(*layers)},
        data=replace(data, scale="unit"),
        plan=Plan((Stage("train", "supervised", "main", given),)),
    )


def looked(source: str, folder: Path, **options: Any) -> DataSource:
    """The description after a look at the folder."""
    found = preview({"source": source, "options": {"path": str(folder), **options}}, {})
    return DataSource(source, found["options"])


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("scenes", {"give": "class", "samples": 60, "size": 12}),
        ("scenes", {"give": "mask", "what": "both", "samples": 60, "size": 12}),
        ("scenes", {"give": "boxes", "things": 2, "samples": 60, "size": 12}),
        (
            "scenes",
            {"give": "next frame", "what": "digits", "frames": 2, "samples": 60, "size": 12},
        ),
        ("tones", {"samples": 64}),
        ("tones", {"samples": 64, "hear": "wave"}),
        ("photographs", {"samples": 60, "size": 8}),
        ("photographs", {"samples": 60, "size": 8, "colour": False}),
        ("linnerud", {}),
        ("friedman", {"problem": "phase", "samples": 60}),
        ("classification", {"samples": 60}),
        (
            "painted",
            {
                "points": tuple((x / 10, x % 3 / 10, x % 2) for x in range(20)),
                "names": ("a", "b"),
                "copies": 3,
                "noise": 0.1,
            },
        ),
    ],
)
def test_every_target_can_be_learned(
    network: Make, runs: Any, source: str, options: dict[str, Any]
) -> None:
    reader = runs.train(plan_of(network, DataSource(source, options)))
    assert reader.state().status == "done", reader.state().reason
    losses = reader.series("train_loss")[1]
    assert np.isfinite(losses).all()
    assert np.isfinite(reader.series("val_loss")[1]).all()


def test_own_pictures_are_learned(network: Make, runs: Any, pictures: Path) -> None:
    state = runs.train(
        plan_of(network, looked("image_folder", pictures, size=8), epochs=20, learning_rate=0.01)
    ).state()
    assert state.status == "done", state.reason
    assert state.metrics["test_accuracy"] == 1.0, "three colours"


FOLDERS = {
    "idx": ("mnist", {}),
    "cifar": ("cifar", {}),
    "wav_folder": ("sounds", {"rate": 2000}),
    "frames": ("film", {"size": 8}),
    "image_folder": ("pictures", {"size": 8, "fit": "stretch"}),
}


@pytest.mark.parametrize("source", FOLDERS)
def test_own_files_are_learned_from(
    network: Make, runs: Any, request: pytest.FixtureRequest, source: str
) -> None:
    name, options = FOLDERS[source]
    data = looked(source, request.getfixturevalue(name), **options)
    state = runs.train(plan_of(network, data)).state()
    assert state.status == "done", state.reason


@pytest.mark.slow
@pytest.mark.parametrize("source", FOLDERS)
def test_a_script_without_the_product_reads_own_files_alike(
    network: Make, runs: Any, tmp_path: Path, request: pytest.FixtureRequest, source: str
) -> None:
    name, options = FOLDERS[source]
    data = looked(source, request.getfixturevalue(name), **options)
    run = runs.create(plan_of(network, data))
    losses = runs.work(run).series("train_loss")[1].tolist()
    assert runs.script_losses(run, tmp_path / "alone") == losses


@pytest.mark.slow
def test_a_script_without_the_product_makes_the_same_scenes(
    network: Make, runs: Any, tmp_path: Path
) -> None:
    options = {"give": "mask", "what": "both", "things": 2, "samples": 60, "size": 12}
    plan = plan_of(network, DataSource("scenes", options))
    augmented = {"flips": "both", "rotations": 20.0, "grain": 0.1, "mixup": 0.2}
    run = runs.create(replace(plan, data=replace(plan.data, preparation=augmented)))
    losses = runs.work(run).series("train_loss")[1].tolist()
    assert runs.script_losses(run, tmp_path / "alone") == losses


def test_a_folder_in_another_place_is_found_from_the_project(
    network: Make, runs: Any, pictures: Path
) -> None:
    data = looked("image_folder", pictures, size=8)
    moved = replace(data, options={**data.options, "path": pictures.name})
    run = runs.create(plan_of(network, moved), base=pictures.parent)
    assert runs.work(run).state().status == "done"


def test_a_folder_that_changed_is_refused_before_the_first_step(
    network: Make, runs: Any, pictures: Path
) -> None:
    run = runs.create(plan_of(network, looked("image_folder", pictures, size=8)))
    (pictures / "blue" / "0.png").unlink()
    state = runs.work(run).state()
    assert state.status == "failed"
    assert state.step == 0
    assert state.reason == (
        f"{pictures}: expected 36 as rows, as when it was looked at, got 35. "
        "Look at the folder anew in the Data panel."
    )


def test_a_broken_picture_is_told_by_its_name(network: Make, runs: Any, pictures: Path) -> None:
    run = runs.create(plan_of(network, looked("image_folder", pictures, size=8)))
    file = pictures / "red" / "4.png"
    file.write_bytes(file.read_bytes()[:50])
    state = runs.work(run).state()
    assert state.status == "failed"
    assert state.reason.startswith(f"{file}: expected a whole picture, got ")
    assert state.reason.endswith(" Mend or remove it.")


def test_frames_are_divided_in_their_order(network: Make, runs: Any, film: Path) -> None:
    from nnstudio.engine.loading import load_script

    data = looked("frames", film, size=16, colour=False, frames=1)
    script = load_script(runs.create(plan_of(network, data)))
    made = script.build(script.arguments([])).data
    places = [part.inputs.mean((1, 3)).argmax(1).tolist() for part in made[:3]]
    assert [n for part in places for n in part] == [n % 16 for n in range(29)]
