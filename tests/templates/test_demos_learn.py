"""The demos that read digits learn to, as the exported script and on one thread."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.document.templates import load_target, templates
from nnstudio.runs.create import create_run

pytestmark = pytest.mark.slow
READERS = [
    info.id
    for info in templates()
    for project in [load_target(f"template:{info.id}")]
    if project.data.source == "digits" and project.plan.stages[-1].recipe == "supervised"
]


@pytest.mark.parametrize("identity", READERS)
def test_a_demo_learns(identity: str, tmp_path: Path) -> None:
    run = create_run(load_target(f"template:{identity}"), tmp_path, device="cpu", threads=1)
    command = [sys.executable, "train.py", "--threads", "1", "--device", "cpu"]
    done = subprocess.run(command, cwd=run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.search(r"test_accuracy (\S+)", done.stdout)
    assert found is not None, done.stdout
    assert float(found[1]) >= 0.92
