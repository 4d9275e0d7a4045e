"""The demos that read digits learn to, as the exported script and on one thread."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nnstudio.document.templates import load_target, templates
from nnstudio.runs.create import create_run
from tests.nnstudio.alone import run_alone

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
    said = run_alone(run, "train.py", "--threads", "1", "--device", "cpu")
    found = re.search(r"test_accuracy (\S+)", said)
    assert found is not None, said
    assert float(found[1]) >= 0.92
