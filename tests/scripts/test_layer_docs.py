"""The pages in docs/layers say what the layers say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from graph_compiler.registry import layers

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("layer_docs", ROOT / "scripts" / "layer_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_kept_pages_are_what_the_layers_give() -> None:
    made = script().pages()
    home = ROOT / "docs" / "layers"
    kept = {path.name: path.read_text(encoding="utf-8") for path in home.glob("*.md")}
    assert kept == made, "run `make docs`"


def test_every_layer_has_its_place() -> None:
    text = "".join(script().pages().values())
    for name, layer in layers().items():
        assert f"\n## {name}\n" in text
        assert layer.doc in text
        for param in layer.params:
            assert f"| `{param.name}` |" in text
