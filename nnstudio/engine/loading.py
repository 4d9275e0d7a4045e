"""Importing a run's `model.py` and `train.py`: the one place of the engine that executes a text.

What is executed was written by the compiler when the run was made, and lies in the run directory.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def load_script(folder: Path) -> ModuleType:
    """The module `train` of a folder, with `model` of the same folder behind it."""
    _load("model", folder / "model.py")
    return _load("train", folder / "train.py")


def load_model(path: Path) -> ModuleType:
    """The module in a file that the compiler wrote, under a name that nothing else has."""
    return _load(f"nnstudio_model_{path.stem}", path)


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
