"""The code that templates leave behind: golden texts, approved by formatter and linter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from graph_compiler import emit
from nnstudio.document.templates import load_target, templates

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "graph_compiler" / "golden" / "templates"
DEFAULTS = {"vgg": "16", "resnet": "50", "densenet": "121"}
"""The variant that is the drawing as it stands in the file, where it is not called `paper`."""
KEPT = (
    *(f"{one}@{DEFAULTS.get(one, 'paper')}" for one in ("vgg", "resnet", "densenet", "googlenet")),
    *("resnet@18", "googlenet@normalized", "mobilenetv2@paper", "efficientnet-b0@paper"),
    *("unet@paper", "capsnet@paper"),
)
VARIANTS = tuple(f"{info.id}@{variant}" for info in templates() for variant in info.variants)


def text_of(target: str) -> str:
    return emit(load_target(f"template:{target}").graph("main")).text


def file_name(target: str) -> str:
    """`efficientnet-b0@paper` -> `efficientnet_b0_paper.py`"""
    return "".join(c if c.isalnum() else "_" for c in target) + ".py"


@pytest.mark.parametrize("target", KEPT)
def test_the_text_is_the_golden_one(target: str) -> None:
    assert text_of(target) == (GOLDEN / file_name(target)).read_text(encoding="utf-8")


def test_every_variant_needs_no_mending(tmp_path: Path) -> None:
    for target in VARIANTS:
        (tmp_path / file_name(target)).write_text(text_of(target), encoding="utf-8")
    found = ""
    for arguments in (["format", "--diff", "--quiet"], ["check", "--no-cache", "--quiet"]):
        settings = str(ROOT / "pyproject.toml")
        command = [sys.executable, "-m", "ruff", *arguments, "--config", settings, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += done.stdout + done.stderr
    assert found == ""


def test_a_deep_network_is_a_short_text() -> None:
    assert len(text_of("resnet@152").splitlines()) <= 90
