"""Importing a run's `model.py` and `train.py`: the one place of the engine that executes a text.

What is executed was written by the compiler when the run was made, and lies in the run directory,
or somebody has trusted it. It is the text that counts: compiled code beside it is passed over.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

_LOCK = threading.Lock()


def load_script(folder: Path) -> ModuleType:
    """The module `train` of a folder, with `model` of the same folder behind it."""
    with _LOCK:  # `train` finds its `model` by name
        _load("model", folder / "model.py")
        return _load("train", folder / "train.py")


def load_model(path: Path) -> ModuleType:
    """The module in a file that the compiler wrote, under a name that nothing else has."""
    return _load(f"nnstudio_model_{path.stem}", path)


def load_text(name: str, text: str, classes: Iterable[type]) -> ModuleType:
    """The module in a text that the compiler has just written, whose `model` has these classes."""
    model = ModuleType("model")
    vars(model).update({one.__name__: one for one in classes})
    module = ModuleType(name)
    with _LOCK:
        before = sys.modules.get("model")
        sys.modules["model"] = model
        try:
            exec(compile(text, f"<{name}>", "exec", dont_inherit=True), module.__dict__)
        finally:
            if before is None:
                del sys.modules["model"]
            else:
                sys.modules["model"] = before
    return module


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise ImportError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxError("it is not UTF-8", (str(path), None, None, None)) from None
    exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)
    return module
