"""Tables that stay on the disk: the same rows as in memory, in little memory, packed once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graph_compiler.emission import emit
from graph_compiler.model import DataSource, Project, Value
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.sources import DataError, facts
from nnstudio.document.tabular import is_streamed
from nnstudio.engine.bad_data import BadData
from nnstudio.engine.csv_checking import check_table
from nnstudio.engine.loading import load_script
from tests.nnstudio.engine.recipes.several_plans import heads

CPU = torch.device("cpu")
Scripts = Callable[..., Any]


@pytest.fixture
def script(project: Callable[..., Project], tmp_path: Path) -> Scripts:
    """The module of a script for a described table, in a folder of its own."""

    def make(
        name: str,
        options: Mapping[str, Value],
        settings: Mapping[str, Value] | None = None,
        **fields: Any,
    ) -> Any:
        plan = project("csv", options=options)
        data = replace(plan.data, preparation=dict(settings or {}), **fields)
        found = facts(data, {})
        loss = {"value": "mse", "labels": "bce_with_logits"}.get(found.target, "cross_entropy")
        plan = replace(
            project("csv", found.shape, found.outputs, options, loss=loss, epochs=2), data=data
        )
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        source = emit(plan.graph())
        (folder / "model.py").write_text(source.text)
        chosen = {"device": "cpu", "threads": 1}
        (folder / "train.py").write_text(train_script(plan, source, chosen))
        return load_script(folder)

    return make


def table(path: Path, rows: int = 3000) -> Path:
    """Numbers, categories, dates and empty cells."""
    draw = np.random.default_rng(1)
    towns = draw.choice(["Bonn", "Köln", "Ulm", "Hof"], rows, p=[0.5, 0.3, 0.199, 0.001])
    with open(path, "w", encoding="utf-8") as file:
        file.write("a,town,when,b,y,yes,no\n")
        for n in range(rows):
            a = "" if n % 17 == 3 else f"{draw.normal(5, 3):.4f}"
            town = "" if n % 29 == 5 else towns[n]
            when = f"{n % 28 + 1:02}.{n % 12 + 1:02}.{2000 + n % 20}"
            file.write(
                f"{a},{town},{when},{draw.normal() * 1e6:.2f},{n % 7},{n % 2},{n % 3 // 2}\n"
            )
    return path


A = ("a", "feature", "number", ())
TOWN = ("town", "feature", "category", ("Bonn", "Hof", "Köln", "Ulm"))
WHEN = ("when", "feature", "date", ("%d.%m.%Y", "year", "month", "weekday"))
B = ("b", "feature", "number", ())
VALUE = ("y", "target", "number", ())
CLASS = ("y", "target", "category", tuple("0123456"))
ANSWER = ("yes", "target", "category", ("0", "1"))
LABELS = (("yes", "target", "category", ("0", "1")), ("no", "target", "category", ("0", "1")))
CASES: dict[str, tuple[tuple[Any, ...], str, Mapping[str, Value], str]] = {
    "numbers": ((A, TOWN, WHEN, B, VALUE), "fill", {}, "standard"),
    "classes": ((A, TOWN, B, CLASS), "drop", {"rare": 5}, "unit"),
    "labels": ((A, TOWN, *LABELS), "fill", {"degree": 2}, "standard"),
    "several": ((A, TOWN, ANSWER, ("b", "target", "number", ()), VALUE), "fill", {}, "unit"),
    "places": ((TOWN, B, VALUE), "drop", {"categories_as": "ordinal"}, "none"),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_on_the_disk_are_those_in_memory(script: Scripts, tmp_path: Path, case: str) -> None:
    columns, missing, settings, scale = CASES[case]
    path = table(tmp_path / "t.csv")
    options = {"path": str(path), "columns": columns, "missing": missing}
    settings = {"in_order": True, **settings}
    memory = script("memory", {**options, "streaming": "never"}, settings, scale=scale)
    inputs, targets = memory.examples()
    held = memory.prepare(inputs, targets, CPU)
    kept = {**options, "streaming": "always", "rows": len(targets)}
    disk = script("disk", kept, settings, scale=scale)
    read = disk.prepare(*disk.examples(), CPU)
    for one, other in zip(read[:3], held[:3], strict=True):
        assert len(one.inputs) == len(other.inputs)
        assert torch.equal(one.targets, other.targets) or torch.allclose(
            one.targets, other.targets, atol=1e-5
        )
        whole = torch.cat(list(one.inputs.split(100)))
        assert torch.allclose(whole, other.inputs, atol=1e-4)
        places = torch.randperm(len(whole))[:50]
        assert torch.equal(one.inputs[places], whole[places])
        assert torch.equal(one.inputs[20:60][places % 40], whole[20:60][places % 40])
    if case in ("numbers", "several"):
        assert torch.allclose(read.unit, held.unit, atol=1e-6)
    if case == "several":
        assert set(read.train.targets[:, 0].tolist()) == {0.0, 1.0}, "numbers of classes stay"


def test_parts_are_drawn_by_their_shares_and_by_group(script: Scripts, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv")
    options = {"path": str(path), "columns": (B, VALUE), "streaming": "always"}
    drawn = script("drawn", options, scale="none")
    data = drawn.prepare(*drawn.examples(), CPU)
    sizes = [len(part.inputs) / 3000 for part in data[:3]]
    assert sizes == pytest.approx([0.6, 0.2, 0.2], abs=0.03)
    group = ("a", "group", "category", ())
    options |= {"columns": (B, VALUE, group), "missing": "drop"}
    found = script("grouped", options, scale="none")
    data = found.prepare(*found.examples(), CPU)
    where = {}
    for number, part in enumerate(data[:3]):
        for value in torch.cat(list(part.inputs.split(99)))[:, 0].tolist():
            where[value] = number
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    parts: dict[str, set[int]] = {}
    for row in rows:
        if row[0]:
            parts.setdefault(row[0], set()).add(where[float(np.float32(row[3]))])
    assert all(len(found) == 1 for found in parts.values())


def test_a_table_is_packed_once_and_anew_when_it_changes(script: Scripts, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", 200)
    options = {"path": str(path), "columns": (B, VALUE), "streaming": "always"}
    found = script("s", options)
    folder = tmp_path / "s" / "packed"
    found.prepare(*found.examples(), CPU)
    (first,) = folder.iterdir()
    begun = {file.name: file.stat().st_mtime_ns for file in first.iterdir()}
    found.prepare(*found.examples(), CPU)
    assert {file.name: file.stat().st_mtime_ns for file in first.iterdir()} == begun
    path.write_text(path.read_text(encoding="utf-8") + "1,Ulm,01.01.2000,3,4,0,0\n")
    found.prepare(*found.examples(), CPU)
    assert len(list(folder.iterdir())) == 2


CHANGED: Mapping[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "classes": (CLASS, ("y", "target", "category", tuple("6543210"))),
    "kind of target": (VALUE, CLASS),
    "dates": (WHEN, ("when", "feature", "date", ("%m.%d.%Y", "year", "month", "weekday"))),
    "groups": (("a", "ignore", "number", ()), ("a", "group", "category", ())),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_table_is_packed_anew_when_its_columns_are_read_otherwise(
    script: Scripts, tmp_path: Path, what: str
) -> None:
    """The cache of a window is shared by all scripts over one file."""
    path = table(tmp_path / "t.csv", 11)
    rest = (B,) if CHANGED[what][0][1] == "target" else (B, VALUE)
    for number, column in enumerate(CHANGED[what]):
        options = {"path": str(path), "columns": (*rest, column), "streaming": "always"}
        found = script(f"s{number}", {**options, "missing": "drop"})
        found.CACHE = str(tmp_path / "packed")
        found.prepare(*found.examples(), CPU)
        assert len(list((tmp_path / "packed").iterdir())) == number + 1


def test_a_broken_reading_leaves_nothing_half_packed(script: Scripts, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", 200)
    options = {"path": str(path), "columns": (B, VALUE), "streaming": "always"}
    found = script("s", options)
    path.write_text(path.read_text(encoding="utf-8") + "1,Ulm,01.01.2000,word,4,0,0\n")
    with pytest.raises(ValueError, match="word"):
        found.prepare(*found.examples(), CPU)
    assert not list((tmp_path / "s" / "packed").iterdir())


def test_a_training_goes_on_with_the_same_losses(script: Scripts, tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", 400)
    options = {"path": str(path), "columns": (B, TOWN, CLASS), "streaming": "always"}
    found = script("s", {**options, "missing": "drop"})

    def begun() -> Any:
        return found.build(found.arguments([]))

    torch.set_num_threads(1)
    recipe = begun()
    steps = recipe.steps()
    for _ in range(5):
        next(steps)
    kept = recipe.state(), recipe.networks["main"].state_dict()
    kept = (kept[0], {name: value.clone() for name, value in kept[1].items()})
    moments = recipe.optimizers["main"].state_dict()
    moments = {
        "state": {n: {k: v.clone() for k, v in one.items()} for n, one in moments["state"].items()},
        "param_groups": moments["param_groups"],
    }
    random = torch.get_rng_state()
    rest = [metrics["train_loss"] for metrics in steps]
    other = begun()
    other.networks["main"].load_state_dict(kept[1])
    other.optimizers["main"].load_state_dict(moments)
    other.restore({**kept[0], "position": 5, "epoch": 0})
    torch.set_rng_state(random)
    assert torch.equal(
        torch.stack(rest), torch.stack([metrics["train_loss"] for metrics in other.steps()])
    )


@pytest.mark.parametrize(
    ("streaming", "size", "wanted"),
    [
        ("auto", 200_000_000, False),
        ("auto", 200_000_001, True),
        ("always", 10, True),
        ("never", 10**12, False),
    ],
)
def test_large_files_stay_on_the_disk(streaming: str, size: int, wanted: bool) -> None:
    assert is_streamed(DataSource("csv", {"streaming": streaming, "size": size})) is wanted


def test_what_needs_all_rows_at_once_is_refused() -> None:
    options = {"streaming": "always", "columns": (B, VALUE), "missing": "median"}
    with pytest.raises(DataError) as caught:
        facts(DataSource("csv", options), {})
    assert str(caught.value) == (
        "data.missing: expected what a file can be read for in pieces, got median. "
        "Choose another, or set streaming to never."
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "1,Ulm,01.01.2000,word,4,0,0",
            't.csv, row 302, column "b": expected a number, got "word". '
            "Mend the cell, or make the column one of categories.",
        ),
        (
            "1,Rom,01.01.2000,1,4,0,0",
            't.csv, row 302, column "town": expected one of Bonn, Hof, Köln, Ulm, got "Rom". '
            "Mend the cell, or read the columns anew.",
        ),
        (
            "1,Ulm,1st of May,1,4,0,0",
            't.csv, row 302, column "when": expected a date in the form %d.%m.%Y, '
            'got "1st of May". Mend the cell, or make the column one of categories.',
        ),
        (
            "1,Ulm",
            "t.csv, row 302: expected 7 cells, as in the first row, got 2. "
            "Mend the row, or choose the right separator.",
        ),
    ],
)
def test_a_fault_far_down_is_named(
    tmp_path: Path, line: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.engine.csv_pieces.PIECE", 350)
    path = table(tmp_path / "t.csv", 300)
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    columns = (TOWN, WHEN, B, CLASS)
    options = {"path": str(path), "columns": columns, "streaming": "always", "missing": "drop"}
    with pytest.raises(BadData) as caught:
        check_table(DataSource("csv", options), path)
    assert str(caught.value) == text


LIMITED = """\
import resource
import sys

sys.path.insert(0, ".")
import torch
import train

torch.set_num_threads(1)
first = torch.nn.Linear(2, 2)  # what the first step of any training takes
optimizer = torch.optim.Adam(first.parameters(), fused=True)
first(torch.ones(8, 2)).sum().backward()
optimizer.step()
options = train.arguments(["--epochs", "1", "--threads", "1"])
with open("/proc/self/status") as file:
    used = next(int(line.split()[1]) for line in file if line.startswith("VmData"))
most = used * 1024 + int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
train.run(train.build(options))
"""


ALLOWED = 60_000_000
"""Bytes for the data and the training, beside what the libraries take before the data come."""
NAMES = [f"x{n}" for n in range(100)]
NUMBERS = tuple((name, "feature", "number", ()) for name in NAMES)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A table of more than three times the bytes allowed: 100 features, a class, a number."""
    path = tmp_path / "large.csv"
    values = np.random.default_rng(0).normal(size=(1000, 100))
    block = "".join(
        ",".join(f"{value:.6f}" for value in row) + f",{int(row[0] + row[1] > 0)},{row[2]:.3f}\n"
        for row in values
    )
    with open(path, "w") as file:
        file.write(",".join([*NAMES, "y", "z"]) + "\n")
        for _ in range(200):
            file.write(block)
    assert path.stat().st_size > 3 * ALLOWED
    return path


def trained_within(folder: Path) -> subprocess.CompletedProcess[str]:
    """The script of a folder, in a process that gets no more memory than is allowed."""
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(ALLOWED)],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_a_file_larger_than_the_memory_allowed_trains_within_it(
    script: Scripts, large: Path, tmp_path: Path
) -> None:
    columns = (*NUMBERS, ("y", "target", "category", ("0", "1")), ("z", "ignore", "number", ()))
    said = {}
    for streaming in ("always", "never"):
        script(streaming, {"path": str(large), "columns": columns, "streaming": streaming})
        done = trained_within(tmp_path / streaming)
        said[streaming] = (done.returncode, done.stdout, done.stderr)
    assert said["always"][0] == 0, said["always"][2][-2000:]
    assert "test_accuracy" in said["always"][1]
    assert said["never"][0] != 0
    assert said["never"][0] < 0 or "memory" in said["never"][2].lower()  # or killed for it


@pytest.mark.slow
def test_several_outputs_train_within_it_too(large: Path, tmp_path: Path) -> None:
    columns = (*NUMBERS, ("y", "target", "category", ("0", "1")), ("z", "target", "number", ()))
    options = {"path": str(large), "columns": columns, "streaming": "always", "rows": 200_000}
    project = heads(DataSource("csv", options), {"y": 2, "z": 1}, {}, (100,), batch_size=512)
    source = planned_source(project)
    (tmp_path / "model.py").write_text(source.text)
    (tmp_path / "train.py").write_text(train_script(project, source, {"device": "cpu"}))
    done = trained_within(tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "test_y_accuracy" in done.stdout
    assert "test_z_r2" in done.stdout
