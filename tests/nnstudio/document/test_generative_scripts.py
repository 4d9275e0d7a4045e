"""Scripts of the recipes without labels, or with few: clean under the linter in every setting."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graph_compiler.model import Plan, Project, Value
from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.templates import load_target

ROOT = Path(__file__).parents[3]


def with_settings(target: str, **settings: Value) -> Project:
    """The template with other settings of its first stage, and without the other stages."""
    project = load_target(f"template:{target}")
    first = project.plan.stages[0]
    stage = replace(first, settings={**first.settings, **settings})
    return replace(project, plan=Plan((stage,)))


def cases() -> Iterator[tuple[str, Project]]:
    """Every value of every setting that decides branches, and the demos as they are."""
    for persistent, binarize in itertools.product((True, False), ("no", "threshold", "draw")):
        one = with_settings("rbm", persistent=persistent, binarize=binarize)
        yield f"rbm_{persistent}_{binarize}", one
    for objective in ("original", "non_saturating", "least_squares", "wasserstein", "hinge"):
        yield f"gan_{objective}", with_settings("gan", objective=objective)
    for optimizer in ("adam", "rmsprop", "sgd"):
        both = {"optimizer": optimizer, "critic_optimizer": optimizer}
        yield f"gan_{optimizer}", with_settings("gan", **both)
    losses = ("mse", "l1", "bce", "bce_with_logits")
    noises = ("none", "gaussian", "masking", "salt_and_pepper")
    for loss, noise in itertools.product(losses, noises):
        one = with_settings("autoencoder", reconstruction=loss, noise=noise)
        yield f"autoencoder_{loss}_{noise}", one
    for loss in ("mse", "bce", "bce_with_logits"):
        yield f"vae_{loss}", with_settings("vae", reconstruction=loss)
    for ramp in (0, 10):
        yield f"few_{ramp}", with_settings("few-labels", ramp_up=ramp)
    yield "deep_belief_net", load_target("template:deep-belief-net")


@pytest.mark.slow
def test_every_setting_is_clean_and_short(tmp_path: Path) -> None:
    for name, project in cases():
        text = train_script(project, planned_source(project))
        assert "nnstudio" not in text, name
        assert len(text.splitlines()) <= 650, name
        for switch in ("OBJECTIVE", "RECONSTRUCTION", "PERSISTENT", "BINARIZE", "VALIDATED"):
            assert switch not in text, name
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    found = ""
    for arguments in (["format", "--diff", "--quiet"], ["check", "--no-cache", "--quiet"]):
        settings = ["--config", str(ROOT / "pyproject.toml")]
        if arguments[0] == "check":
            settings += ["--config", 'lint.isort.known-first-party=["model"]']
        command = [sys.executable, "-m", "ruff", *arguments, *settings, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += done.stdout + done.stderr
    assert found == ""
