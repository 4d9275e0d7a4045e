"""What a command imports: never Qt, and nothing heavy that it does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = (
    "torch",
    "PySide6",
    "pandas",
    "sklearn",
    "networkx",
    "matplotlib",
    "pyqtgraph",
    "rich",
    "numpy",
    "pydantic",
)
PROBE = """
import json, sys
from nnstudio.cli import main
try:
    status = main(sys.argv[1:])
except SystemExit:
    status = 0
print()
print(json.dumps([status, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imported(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    return set(modules) & set(HEAVY)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("train", "--help")])
def test_help_needs_nothing(arguments):
    assert imported(*arguments) == set()


@pytest.mark.parametrize(
    "arguments",
    [("templates",), ("check", "template:lenet5"), ("check", "template:lenet5@paper", "--json")],
)
def test_projects_need_no_torch_no_qt_no_pandas(arguments):
    assert imported(*arguments) <= {"networkx", "pydantic"}


def test_listing_needs_no_compiler():
    assert imported("runs", "--json") <= {"numpy"}


def test_export_needs_no_torch(tmp_path):
    target = str(tmp_path / "exported")
    assert imported("export", "template:lenet5", "--to", "script", "-o", target) <= {
        "networkx",
        "pydantic",
        "numpy",
    }
