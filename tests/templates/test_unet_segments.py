"""The demo of U-Net tells every pixel what it belongs to, beyond calling all background."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from nnstudio.document.templates import load_target
from nnstudio.engine.preview import examples
from nnstudio.runs.create import create_run
from tests.nnstudio.alone import run_alone


@pytest.mark.slow
def test_the_demo_finds_the_shapes(tmp_path: Path) -> None:
    project = load_target("template:unet")
    _, masks = examples(project.data, {})
    background = float(np.mean(masks == 0))
    assert background < 0.8
    run = create_run(project, tmp_path, device="cpu", threads=1)
    said = run_alone(run, "train.py", "--threads", "1", "--device", "cpu")
    found = re.search(r"test_accuracy (\S+)", said)
    assert found is not None, said
    # Most of what background alone would leave wrong is right.
    assert float(found[1]) > 1 - (1 - background) / 3
