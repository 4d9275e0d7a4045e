"""The text of train.py: clean under the linter in every combination, short, without branches."""

from __future__ import annotations

import ast
import hashlib
import itertools
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from graph_compiler import emit
from graph_compiler.files import load_project
from graph_compiler.model import (
    DataSource,
    Network,
    Node,
    Plan,
    Project,
    Stage,
    Value,
    Variable,
    Wire,
)
from nnstudio.document.document import Document
from nnstudio.document.recipes import SettingsError, recipes
from nnstudio.document.script import train_script
from nnstudio.document.sources import DataError, facts, sources
from nnstudio.document.templates import load_target
from nnstudio.runs.create import source_of

COLUMNS = (
    ("age", "feature", "number", ()),
    ("town", "feature", "category", ("Bonn", 'the "old" town', "Zürich")),
    ("id", "ignore", "number", ()),
    ("bought", "target", "category", ("no", "yes")),
)
NUMBERS = (("a", "feature", "number", ()), ("b", "target", "number", ()))


def project_of(
    source: str,
    recipe: str = "supervised",
    options: Mapping[str, Value] | None = None,
    variables: Mapping[str, Value] | None = None,
    **settings: Value,
) -> Project:
    """One linear layer over any source."""
    data = DataSource(source, dict(options or {}))
    named = {name: Variable(name, value) for name, value in (variables or {}).items()}
    nodes = {
        "x": Node("x", "Input", {"shape": facts(data, named).shape}),
        "flat": Node("flat", "Flatten"),
        "fc": Node("fc", "Linear", {"out_features": "units" if "units" in named else 2}),
        "y": Node("y", "Output"),
    }
    wires = {Wire(a, "output", b, "input"): None for a, b in pairwise(nodes)}
    return Project(
        name="A net",
        networks={"main": Network("main", nodes=nodes, wires=wires)},
        variables=named,
        data=data,
        plan=Plan((Stage("train", recipe, "main", settings),)),
    )


def script_of(project: Project, options: Mapping[str, object] | None = None) -> str:
    return train_script(project, emit(project.graph()), options)


def combinations() -> list[tuple[str, Project]]:
    """Every source with every recipe and loss it goes with, and every switch both ways."""
    found: list[tuple[str, Project]] = []
    for name, spec in sources().items():
        if spec.kept or spec.form != "examples":
            continue
        target = facts(DataSource(name), {}).target
        losses = ("cross_entropy", "bce", "mse") if target == "class" else ("mse", "huber")
        for loss in losses:
            found.append((f"{name}_{loss}", project_of(name, loss=loss)))
        if target == "class":
            found.append((f"{name}_perceptron", project_of(name, "perceptron")))
    found += pictures()
    settings = {p.name: p for p in recipes()["supervised"].settings}
    for loss, optimizer, patience in itertools.product(
        settings["loss"].choices, settings["optimizer"].choices, (0, 5)
    ):
        one = project_of("moons", loss=loss, optimizer=optimizer, patience=patience)
        found.append((f"moons_{loss}_{optimizer}_{patience}", one))
    for scale, stratified, split in itertools.product(
        ("none", "standard", "unit"), (True, False), ((0.6, 0.15, 0.25), (0.8, 0.0, 0.2))
    ):
        one = project_of("iris")
        data = replace(one.data, scale=scale, stratified=stratified, split=split)
        found.append((f"iris_{scale}_{stratified}_{split[1]}", replace(one, data=data)))
    for missing, columns, decimal, header in itertools.product(
        ("refuse", "drop", "fill"), (COLUMNS, NUMBERS), (".", ","), (True, False)
    ):
        options = {
            "path": "C:\\data\\my file.csv",
            "separator": ";",
            "decimal": decimal,
            "header": header,
            "missing": missing,
            "columns": columns,
        }
        loss = "cross_entropy" if columns is COLUMNS else "mse"
        name = f"csv_{missing}_{len(columns)}_{'.,'.index(decimal)}_{header}"
        found.append((name, project_of("csv", options=options, loss=loss)))
    for curve in ("sine", "line", "parabola", "step", "bumps"):
        found.append((f"curve_{curve}", project_of("function", options={"curve": curve})))
    found.append(("digits_28", project_of("digits", options={"size": 28})))
    found += [(t, load_target(f"template:{t}")) for t in ("lenet5", "mlp", "perceptron")]
    return found


def pictures() -> list[tuple[str, Project]]:
    """Scenes, sounds, painted points and the user's folders, with every switch of theirs."""
    found = []
    for give, what in itertools.product(
        ("class", "boxes", "mask", "caption", "next frame"), ("shapes", "digits", "both")
    ):
        loss = "mse" if give in ("boxes", "next frame") else "cross_entropy"
        one = project_of("scenes", options={"give": give, "what": what}, loss=loss)
        found.append((f"scenes_{give}_{what}".replace(" ", "_"), one))
    for give, hear in itertools.product(("word", "syllables"), ("spectrogram", "wave")):
        options: dict[str, Value] = {"give": give, "hear": hear}
        found.append((f"tones_{give}_{hear}", project_of("tones", options=options)))
    own: Mapping[str, Mapping[str, Value]] = {
        "image_folder": {"names": ("cat", "dog"), "rows": 9},
        "wav_folder": {"names": ("cat", "dog"), "rows": 9},
        "frames": {"rows": 30},
        "idx": {"names": ("a", "b"), "parts": (60, 20), "shape": (28, 28)},
        "cifar": {"names": ("a", "b"), "files": ("test_batch.bin",), "rows": 20},
        "painted": {"names": ("a", "b"), "points": ((0.5, -0.25, 0), (0.5, 0.25, 1))},
    }
    switches: Mapping[str, tuple[str, tuple[Value, ...]]] = {
        "image_folder": ("fit", ("crop", "stretch")),
        "wav_folder": ("hear", ("spectrogram", "wave")),
        "frames": ("colour", (True, False)),
        "idx": ("take", ("both", "training files", "test files")),
        "cifar": ("level", ("ten", "coarse", "fine")),
        "painted": ("copies", (1, 3)),
    }
    for name, kept in own.items():
        option, values = switches[name]
        for value in values:
            path = {} if name == "painted" else {"path": "C:\\data\\my pictures"}
            loss = "mse" if name == "frames" else "cross_entropy"
            one = project_of(name, options={**path, **kept, option: value}, loss=loss)
            found.append((f"{name}_{value}".replace(" ", "_"), one))
    ways: tuple[Mapping[str, Value], ...] = (
        {"flips": "sideways", "mixup": 0.2},
        {"flips": "both", "shifts": 0.1, "erasing": 0.3},
        {"flips": "upside down", "rotations": 9.0, "crops": 0.2, "grain": 0.1},
        {"brightness": 0.1, "contrast": 0.2},
    )
    for (number, way), give in itertools.product(enumerate(ways), ("class", "mask", "next frame")):
        loss = "mse" if give == "next frame" else "cross_entropy"
        one = project_of("scenes", options={"give": give}, loss=loss)
        data = replace(one.data, preparation=way)
        found.append((f"augmented_{give}_{number}".replace(" ", "_"), replace(one, data=data)))
    return found


def test_pictures_and_sounds_are_clean(tmp_path: Path) -> None:
    check_texts(tmp_path, pictures(), longest=500)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, 10, 5))
def test_every_combination_is_clean_and_has_no_trace_of_the_product(
    tmp_path: Path, number: int
) -> None:
    """A fifth of them: all take a quarter of an hour."""
    check_texts(tmp_path, combinations()[number::10], longest=500)


def test_the_templates_and_a_table_are_clean(tmp_path: Path) -> None:
    table = project_of("csv", options={"path": "a.csv", "columns": COLUMNS, "missing": "fill"})
    chosen = ("lenet5", "mlp", "perceptron", "perceptron@xor")
    templates = [(name, load_target(f"template:{name}")) for name in chosen]
    check_texts(tmp_path, [*templates, ("table", table)], longest=400)


def check_texts(
    tmp_path: Path,
    projects: list[tuple[str, Project]],
    options: Mapping[str, object] | None = None,
    longest: int = 380,
) -> None:
    """The linter's and the formatter's approval of every script, and nothing of the product."""
    for name, project in projects:
        folder = tmp_path / name.replace(",", "_")
        folder.mkdir()
        source = emit(project.graph())
        text = train_script(project, source, options)
        tree = ast.parse(text)
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & {"nnstudio", "graph_compiler"}, name
        assert text.isascii(), name
        assert len(text.splitlines()) <= longest, name
        (folder / "model.py").write_text(source.text)
        (folder / "train.py").write_text(text)
        # Its own root, so that `model` counts as a file beside it.
        (folder / "ruff.toml").write_text(
            'line-length = 100\nlint.select = ["E", "F", "W", "I", "UP", "B", "SIM", "RET", "PIE"]'
        )
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-500:]


def test_it_holds_what_the_project_chooses_and_nothing_else() -> None:
    text = script_of(project_of("moons", loss="bce_with_logits", optimizer="sgd"))
    assert "F.binary_cross_entropy_with_logits(scores, targets)" in text
    assert "torch.optim.SGD(" in text
    for gone in ("Adam", "RMSprop", "cross_entropy(scores", "huber", "OPTIMIZER", "LOSS", "best"):
        assert gone not in text
    assert "# Spread every class evenly over the order" in text, "comments survive"


def test_variables_of_network_plan_and_data_are_flags() -> None:
    variables = {"units": 2, "lr": 0.5, "noise": 0.3, "unused": 7, "rows": 64}
    project = project_of(
        "moons",
        options={"noise": "noise * 2", "samples": "rows"},
        variables=variables,
        learning_rate="lr / 2",
        batch_size="rows // 4",
    )
    text = script_of(project, {"threads": 2, "device": "cpu"})
    assert 'parser.add_argument("--units", type=int, default=2)' in text
    assert 'parser.add_argument("--lr", type=float, default=0.5)' in text
    assert 'parser.add_argument("--threads", type=int, default=2, help="CPU threads")' in text
    assert "--unused" not in text
    assert "model = ANet(units=options.units).to(device)" in text
    assert "inputs, targets = examples(samples=options.rows, noise=options.noise * 2)" in text
    assert "def examples(samples: int, noise: float) -> tuple[np.ndarray, np.ndarray]:" in text
    assert "        learning_rate=options.lr / 2,\n        batch_size=options.rows // 4,\n" in text
    assert "LEARNING_RATE" not in text
    assert "lr=learning_rate," in text


def test_reserved_names_and_switches_are_no_flags_of_their_own() -> None:
    variables = {"epochs": 5, "way": "sgd"}
    project = project_of("iris", variables=variables, epochs="epochs * 2", optimizer="way")
    text = script_of(project)
    assert text.count('"--epochs"') == 1
    assert 'parser.add_argument("--epochs", type=int, default=10)' in text
    assert "torch.optim.SGD(" in text
    assert "--way" not in text


def test_without_validation_rows_nothing_is_stopped_early() -> None:
    for split in ((0.8, 0.0, 0.2), (0.798, 0.002, 0.2)):
        project = project_of("iris", patience=5)
        text = script_of(replace(project, data=replace(project.data, split=split)))
        assert "best_weights" not in text
        assert '"val"' not in text
        assert 'self.measure(self.data.train, "fit")' in text


def test_batch_norm_drops_an_uneven_last_batch() -> None:
    project = project_of("iris")
    source = emit(project.graph())
    assert "upset the running" not in train_script(project, source)
    normed = replace(source, text=source.text + "# nn.BatchNorm1d")
    assert "self.steps_per_epoch = max(1, rows // self.batch_size)" in train_script(project, normed)


def test_hostile_names_and_paths_stay_texts() -> None:
    options = {
        "path": 'a";import os;os.system("x")#\n.csv',
        "columns": (
            ('"""', "feature", "number", ()),
            ("it's", "feature", "category", ("\\", "\u202e", '")')),
            ("y", "target", "category", ("a", "b")),
        ),
    }
    project = project_of("csv", options=options)
    project.name = '"""\nimport os # -*- coding: utf-7 -*-'
    text = script_of(project)
    tree = ast.parse(text)
    calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert "os.system" not in calls
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert values["PATH"] == options["path"]
    assert values["FEATURES"] == {'"""': [], "it's": ["\\", "\u202e", '")']}
    assert text.splitlines()[0] == '"""A training script written by NN Studio.'


def test_relative_paths_belong_to_the_given_folder() -> None:
    project = project_of("csv", options={"path": "a.csv", "columns": NUMBERS}, loss="mse")
    assert 'PATH = "a.csv"' in script_of(project)
    assert 'PATH = "/data/a.csv"' in script_of(project, {"folder": "/data"})


def test_a_script_knows_the_file_that_it_was_written_for(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\n1,2\n")
    project = project_of("csv", options={"path": str(file), "columns": NUMBERS}, loss="mse")
    for options in (None, {"fingerprint": False}):
        assert "fingerprint" not in script_of(project, options)
        assert "FILE_S" not in script_of(project, options)
    text = script_of(project, {"fingerprint": True})
    digest = hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert f'\nFILE_SIZE = 8\nFILE_SHA256 = "{digest}"\n' in text
    assert "\n    if fingerprint() != (FILE_SIZE, FILE_SHA256):\n" in text
    check_texts(tmp_path, [("table", project)], {"fingerprint": True})
    file.unlink()
    assert script_of(project, {"fingerprint": True}) == script_of(project)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"epochs": 0},
            "train.epochs: expected a whole number from 1 to 1000000, got 0. "
            "Set epochs to such a number.",
        ),
        (
            {"learning_rate": "1 / 0"},
            "train.learning_rate: expected a number from 0 to 1000, "
            "got `1 / 0` with a division by zero at column 1. Make the divisor another number.",
        ),
        (
            {"speed": 3},
            "train: expected one of 54 settings, such as seed, got speed. Remove it.",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Value], text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        script_of(project_of("iris", **settings))
    assert str(caught.value) == text


def test_a_table_without_described_columns_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        facts(DataSource("csv", {"path": "a.csv"}), {})
    assert str(caught.value) == (
        "data.columns: expected the file's columns, got none. Choose the file anew."
    )


def test_the_document_writes_what_runs_also_where_another_network_is_trained() -> None:
    project = load_project(Path(__file__).parents[2] / "projects" / "two-networks.nns")
    document = Document(project)
    assert document.trained == "judge"
    source = document.source(document.trained)
    assert source is not None
    assert source.text == source_of(project).text
    assert source.class_name == "Judge"
    main = document.source("main")
    assert main is not None
    assert main.class_name == "TwoNetworks"


@pytest.mark.parametrize("title", ["Supervised", "Data", "Part", "Path", "Any", "Iterator"])
def test_a_network_may_be_called_like_anything_in_the_script(title: str, tmp_path: Path) -> None:
    project = project_of("moons", epochs=1)
    project = replace(project, networks={"main": replace(project.networks["main"], title=title)})
    source = source_of(project)
    text = train_script(project, source)
    (tmp_path / "model.py").write_text(source.text)
    (tmp_path / "train.py").write_text(text)
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "weights.pt").is_file()
