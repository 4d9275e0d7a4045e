"""The demo of U-Net tells every pixel what it belongs to, beyond calling all background."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnstudio.document.templates import load_target
from nnstudio.engine.preview import examples
from nnstudio.runs.create import create_run


@pytest.mark.slow
def test_the_demo_finds_the_shapes(tmp_path: Path) -> None:
    project = load_target("template:unet")
    _, masks = examples(project.data, {})
    background = float(np.mean(masks == 0))
    assert background < 0.8
    run = create_run(project, tmp_path, device="cpu", threads=1)
    command = [sys.executable, "train.py", "--threads", "1", "--device", "cpu"]
    done = subprocess.run(command, cwd=run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.search(r"test_accuracy (\S+)", done.stdout)
    assert found is not None, done.stdout
    # Most of what background alone would leave wrong is right.
    assert float(found[1]) > 1 - (1 - background) / 3
