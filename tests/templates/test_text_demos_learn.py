"""The demos that read texts learn to, as the exported script; the scripts need no mending."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.document.planned import planned_source
from nnstudio.document.script import train_script
from nnstudio.document.templates import load_target
from nnstudio.runs.create import create_run
from tests.nnstudio.alone import run_alone

ROOT = Path(__file__).parents[2]
REACHED = {
    "gpt2": ("test_perplexity", 0, 12),
    "gpt3": ("test_perplexity", 0, 12),
    "llama": ("test_perplexity", 0, 12),
    "char-rnn": ("test_perplexity", 0, 7.5),
    "bert": ("test_next_accuracy", 0.85, 1),
    "transformer": ("test_whole", 0.9, 1),
    "recursive-neural-tensor": ("test_accuracy", 0.85, 1),
}
"""Template to what it measures at the end and between which numbers that lies. Of 45 characters
one in 17 would be right by knowing only how often each occurs."""


@pytest.mark.parametrize("identity", REACHED)
def test_the_script_needs_no_mending(identity: str, tmp_path: Path) -> None:
    project = load_target(f"template:{identity}")
    source = planned_source(project)
    assert source is not None
    text = train_script(project, source)
    assert text.isascii()
    assert "nnstudio" not in text
    (tmp_path / "train.py").write_text(text)
    (tmp_path / "model.py").write_text(source.text)
    for arguments in (["format", "--diff", "--quiet"], ["check", "--no-cache", "--quiet"]):
        settings = str(ROOT / "pyproject.toml")
        command = [sys.executable, "-m", "ruff", *arguments, "--config", settings, "."]
        command += ["--config", "src=['.']"] if arguments[0] == "check" else []
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("identity", REACHED)
def test_a_text_demo_learns(identity: str, tmp_path: Path) -> None:
    run = create_run(load_target(f"template:{identity}"), tmp_path, device="cpu", threads=1)
    said = run_alone(run, "train.py", "--threads", "1", "--device", "cpu")
    name, least, most = REACHED[identity]
    found = re.search(rf"{name} (\S+)", said)
    assert found is not None, said
    assert least <= float(found[1]) <= most
