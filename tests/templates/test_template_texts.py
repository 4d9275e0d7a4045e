"""The code that templates leave behind: golden texts, approved by formatter and linter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from graph_compiler import compile_graph, emit
from graph_compiler.build import module_class
from graph_compiler.model import Project, Value
from nnstudio.document.templates import assign, load_target, templates

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "graph_compiler" / "golden" / "templates"
DEFAULTS = {"vgg": "16", "resnet": "50", "densenet": "121"}
"""The variant that is the drawing as it stands in the file, where it is not called `paper`."""
KEPT = (
    *(f"{one}@{DEFAULTS.get(one, 'paper')}" for one in ("vgg", "resnet", "densenet", "googlenet")),
    *("resnet@18", "googlenet@normalized", "mobilenetv2@paper", "efficientnet-b0@paper"),
    *("unet@paper", "capsnet@paper"),
    *("vit-b16@paper", "transformer@base", "bert@base", "lstm-from-scratch@demo"),
    *("gpt2@small", "gpt3@175b", "llama@3-8b"),
    *(f"{one}@paper" for one in ("rbm", "deep-belief-net", "autoencoder", "vae", "gan")),
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


@pytest.mark.parametrize(
    ("target", "drawn", "built"),
    [
        ("vgg@16", {"depths": (1, 1, 2, 2, 2)}, {"depths": (2, 2, 3, 1, 4), "width": 8}),
        ("resnet@50", {"depths": (1, 1, 1, 1)}, {"depths": (3, 1, 2, 5), "width": 16}),
        ("resnet@18", {"depths": (1, 2, 1, 1)}, {"depths": (3, 1, 2, 5), "classes": 7}),
        ("densenet@121", {"depths": (1, 2, 3, 4)}, {"depths": (6, 5, 1, 2), "growth": 8}),
        ("mobilenetv2@paper", {"width": 8}, {"width": 24}),
        ("efficientnet-b0@paper", {"width": 8}, {"width": 64, "drop": 0.5}),
        ("unet@paper", {"width": 8}, {"width": 16, "channels": 3, "padding": 1}),
        ("capsnet@paper", {"width": 8}, {"width": 16, "maps": 4, "hidden": 5, "pixels": 9}),
        ("vit-b16@paper", {"layers": 2}, {"layers": 3, "d_model": 48, "size": 64, "patch": 8}),
        ("transformer@base", {"layers": 2}, {"layers": 3, "d_model": 32, "words": 50}),
        ("bert@base", {"layers": 2}, {"layers": 3, "hidden": 20, "words": 50, "types": 3}),
        ("lstm-from-scratch@demo", {}, {"units": 5, "classes": 3}),
        ("gpt2@small", {"layers": 2}, {"layers": 3, "d_model": 48, "words": 50, "context": 9}),
        ("gpt3@175b", {"layers": 2}, {"layers": 3, "d_model": 96, "words": 50, "dropout": 0.2}),
        ("llama@3-8b", {"layers": 2}, {"layers": 3, "d_model": 64, "groups": 4, "hidden": 9}),
    ],
)
def test_the_constructor_takes_what_the_drawing_leaves_open(
    target: str, drawn: dict[str, Value], built: dict[str, Value]
) -> None:
    """A class emitted for one set of values, built with another, is the drawing with the other."""
    small, other = (load_target(f"template:{target}") for _ in range(2))
    for key, value in drawn.items():
        small = assign(small, key, value)
    for key, value in (drawn | built).items():
        other = assign(other, key, value)
    with torch.device("meta"):
        model = module_class(emit(small.graph("main")))(**built)
    expected = compile_meta(other)
    assert [w.shape for w in model.parameters()] == [w.shape for w in expected.parameters()]


def compile_meta(project: Project) -> nn.Module:
    with torch.device("meta"):
        return compile_graph(project.graph("main"))
