"""What torch lacks: the modules themselves, and copies in emitted code that are their own text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch

from graph_compiler import emit_inlined
from graph_compiler.emit_inlined import inlined
from graph_compiler.modules.step import Step
from graph_compiler.registry import layers

HOME = Path(emit_inlined.__file__).parent / "modules"
FILES = sorted(path.stem for path in HOME.glob("*.py") if path.stem != "__init__")


def test_step_fires_above_zero_only() -> None:
    x = torch.tensor([[-1.0, -0.0, 0.0, 1e-30, 2.0, float("inf"), float("nan")]])
    assert Step()(x).tolist() == [[0, 0, 0, 1, 1, 1, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_step_keeps_the_kind_of_number(dtype: torch.dtype) -> None:
    assert Step()(torch.ones(2, 3, dtype=dtype)).dtype == dtype


def test_step_agrees_with_torch_where_torch_has_it() -> None:
    x = torch.randn(100, dtype=torch.float64)
    assert torch.equal(Step()(x), torch.heaviside(x, torch.zeros(1, dtype=torch.float64)))


def test_step_has_no_gradient() -> None:
    assert not Step()(torch.ones(2, requires_grad=True)).requires_grad


@pytest.mark.parametrize("stem", FILES)
def test_a_module_stands_alone_and_its_copy_is_its_text(stem: str) -> None:
    copies = inlined([stem])
    assert copies.text in (HOME / f"{stem}.py").read_text(encoding="utf-8")
    assert copies.names
    kinds = (ast.ClassDef, ast.FunctionDef)
    names = [node.name for node in ast.parse(copies.text).body if isinstance(node, kinds)]
    assert names == list(copies.names)
    imports = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
    place: dict[str, object] = {"__name__": "alone"}
    exec(f"{imports}\n\n{copies.text}\n", place)
    assert set(copies.names) <= place.keys()


def test_every_source_that_a_layer_names_exists() -> None:
    named = {layer.source for layer in layers().values() if layer.source}
    assert named == set(FILES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"""Doc."""\n\nimport os\n', "import os"),
        ('"""Doc."""\n\nimport torch\n\nx = 1\n', "line 5"),
    ],
)
def test_a_module_may_hold_classes_and_import_torch_only(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(emit_inlined, "_HOME", tmp_path)
    with pytest.raises(ValueError, match=message):
        inlined(["odd"])
