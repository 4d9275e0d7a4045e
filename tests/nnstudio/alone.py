"""Runs exported scripts by themselves: in a process where the product cannot be imported.

Such a process is forked from one that has imported the libraries and nothing of ours, since their
imports take longer than what most scripts do; where there is no forking, it begins anew each time.
Must not import the product.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

LIBRARIES = [
    *("numpy", "torch", "torch._dynamo", "safetensors.torch"),
    *("pandas", "PIL.Image", "sklearn.datasets", "sklearn.feature_extraction.image"),
]
PRODUCT = ("nnstudio", "graph_compiler")

_processes = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
_processes.set_forkserver_preload(LIBRARIES)


def run_alone(folder: Path, script: str, *arguments: str) -> str:
    """Run a script of a folder in that folder, and give what it said; fails where it fails."""
    with tempfile.TemporaryDirectory() as place:
        said = Path(place, "said.txt")
        process = _processes.Process(target=_work, args=(folder, said, script, *arguments))
        process.start()
        process.join()
        text = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
        assert process.exitcode == 0, f"{script} ended with status {process.exitcode}:\n{text}"
        return text


def _work(folder: Path, said: Path, script: str, *arguments: str) -> None:
    assert not [name for name in sys.modules if name.partition(".")[0] in PRODUCT]
    with open(said, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for name in PRODUCT:
        sys.modules[name] = None  # type: ignore[assignment]
    os.environ.clear()
    os.environ.update(PATH="", HOME=str(folder))
    os.chdir(folder)
    sys.path[0] = str(folder)
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")
