"""What a plan may ask for around a step, in every recipe that descends: it can be left off and
taken up, its script is clean, and it does what it says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_compiler.model import Plan, Value
from nnstudio.document.planned import planned_source
from nnstudio.document.recipes import recipes
from nnstudio.document.script import train_script
from nnstudio.document.shipped import shipped_texts
from nnstudio.document.templates import load_target
from nnstudio.engine.loading import load_script

ROOT = Path(__file__).parents[4]

RECIPES = {
    "autoencoder": {"batch_size": 500},
    "vae": {"batch_size": 500},
    "few-labels": {"batch_size": 100},
    "gan": {"batch_size": 300},
    "capsnet": {"batch_size": 500},
    "char-rnn": {"batch_size": 200, "memory": "fresh"},
    "transformer": {"batch_size": 300},
    "bert": {"batch_size": 150},
    "recursive-neural-tensor": {"batch_size": 100},
}
"""Templates, one for each of these recipes, with batches so large that epochs are short."""

SURROUNDINGS: Mapping[str, Mapping[str, Value]] = {
    "rates": {"optimizer": "sgd", "schedule": "cosine", "warmup": 2, "when_extended": "rescale"},
    "averages": {"ema_decay": 0.9, "patience": 3, "schedule": "plateau"},
    "half": {"precision": "bfloat16", "accumulation": 2, "clip_value": 0.5, "l2": 0.01},
    "scaled": {"precision": "float16", "clip_norm": 1.0, "optimizer": "nadam"},
    "zeros": {"optimizer": "sgd", "l1": 0.001, "exact_zeros": True, "initialization": "normal"},
    "newton": {"optimizer": "lbfgs", "inner_steps": 2},
    "plain": {"clip_norm": 0.0, "warmup": 0, "schedule": "constant"},
}


def written(folder: Path, target: str, given: Mapping[str, Value]) -> bool:
    """Write the template's script with other settings; whether the recipe has them all."""
    project = load_target(f"template:{target}")
    first = project.plan.stages[0]
    spec = recipes()[first.recipe]
    known = {param.name: param for param in spec.settings}
    if any(name not in known for name in given):
        given = {name: value for name, value in given.items() if name in known}
    chosen = known.get("optimizer")
    if chosen is not None and given.get("optimizer", chosen.default) not in chosen.choices:
        return False
    if given.get("schedule") == "plateau" and "plateau" not in known["schedule"].choices:
        given = {**given, "schedule": "step"}
    if target == "char-rnn" and given.get("precision") == "float16":
        given = {**given, "precision": "bfloat16"}  # torch has no such LSTM on the processor
    settings = {**first.settings, **RECIPES[target], **given}
    stage = replace(first, settings={k: v for k, v in settings.items() if k in known})
    project = replace(project, plan=Plan((stage,)))
    source = planned_source(project)
    folder.mkdir()
    (folder / "model.py").write_text(source.text, encoding="utf-8")
    (folder / "train.py").write_text(train_script(project, source), encoding="utf-8")
    for name, text in shipped_texts(project.data).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return True


@pytest.mark.slow
@pytest.mark.parametrize("target", RECIPES)
def test_scripts_are_clean_in_all_surroundings(target: str, tmp_path: Path) -> None:
    for name, given in SURROUNDINGS.items():
        written(tmp_path / name, target, given)
    found = ""
    for arguments in (["format", "--diff", "--quiet"], ["check", "--no-cache", "--quiet"]):
        settings = ["--config", str(ROOT / "pyproject.toml")]
        if arguments[0] == "check":
            settings += ["--config", 'lint.isort.known-first-party=["model"]']
        command = [sys.executable, "-m", "ruff", *arguments, *settings]
        command += [str(path) for path in tmp_path.glob("*/train.py")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += done.stdout + done.stderr
    assert found == ""


@pytest.mark.slow
@pytest.mark.parametrize("surroundings", SURROUNDINGS)
@pytest.mark.parametrize("target", RECIPES)
def test_it_is_taken_up_as_it_was_left_off(
    target: str, surroundings: str, tmp_path: Path, resumes: Callable[..., None]
) -> None:
    if not written(tmp_path / "made", target, SURROUNDINGS[surroundings]):
        return
    script = load_script(tmp_path / "made")

    def begin() -> Any:
        given = ["--threads", "1", "--device", "cpu", "--epochs", "2"]
        recipe = script.build(script.arguments(given))
        recipe.steps_per_epoch = min(recipe.steps_per_epoch, 3)
        return recipe

    resumes(begin, (2, 3, 5))
