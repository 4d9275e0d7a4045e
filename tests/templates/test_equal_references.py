"""Drawn architectures compute, with copied weights, what independent implementations compute.

The references come from the `references` extra; weights are copied in the order in which both
networks call their layers, so nothing but the arithmetic itself can make the results agree.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from graph_compiler import compile_graph
from nnstudio.document.templates import assign, load_target

pytestmark = pytest.mark.slow
transformers = pytest.importorskip("transformers")


def drawn(target: str, **settings: Any) -> nn.Module:
    project = load_target(f"template:{target}")
    for key, value in settings.items():
        project = assign(project, key, value)
    torch.manual_seed(1)
    return compile_graph(project.graph("main")).double().eval()


def called(model: nn.Module, *inputs: Any, **named: Any) -> list[nn.Module]:
    """Modules that own parameters, in the order of their first call."""
    order: list[nn.Module] = []

    def note(module: nn.Module, args: Any, kwargs: Any) -> None:
        if module not in order:
            order.append(module)

    hooks = [
        module.register_forward_pre_hook(note, with_kwargs=True)
        for module in model.modules()
        if next(module.parameters(recurse=False), None) is not None
    ]
    with torch.no_grad():
        model(*inputs, **named)
    for hook in hooks:
        hook.remove()
    return order


def copy(theirs: list[nn.Module], ours: list[nn.Module]) -> None:
    """Weights and buffers, pair by pair; every pair must have the same shapes."""
    assert len(theirs) == len(ours)
    with torch.no_grad():
        for source, target in zip(theirs, ours, strict=True):
            state = dict(source.state_dict())
            if type(source).__name__ == "Conv1D":  # the reference stores the matrix the other way
                state["weight"] = state["weight"].T
            target.load_state_dict({k: state[k] for k in target.state_dict()})


def randomized(model: nn.Module) -> nn.Module:
    """Every weight and every running average random, so that no path is hidden by a zero.

    Matrices and filters keep the size of what passes, so that no activation is always on or off.
    """
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, tensor in (*model.named_parameters(), *model.named_buffers()):
            if not tensor.is_floating_point():
                continue
            if tensor.dim() > 1:
                fan = tensor[0].numel()
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * (2 / fan) ** 0.5)
            elif name.endswith(("weight", "running_var")):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            else:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)
    return model.double().eval()


def assert_equal(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert ours.shape == theirs.shape
    assert torch.isfinite(theirs).all()
    scale = theirs.abs().max().clamp_min(1e-300)
    assert ((ours - theirs).abs().max() / scale).item() < 1e-9


def check_equal(target: str, theirs: nn.Module, image: torch.Tensor, **settings: Any) -> None:
    """Same scores for the same picture and weights; `theirs` may wrap its scores."""
    ours, theirs = drawn(target, **settings), randomized(theirs)
    copy(called(theirs, image), called(ours, image))
    with torch.no_grad():
        found, expected = ours(image), theirs(image)
    assert_equal(found, getattr(expected, "logits", expected))
    assert (found[0] - found[1]).abs().max() > 1e-3 * found.abs().max()  # it looks at the picture


def picture(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("depth", [18, 50])
def test_resnet_equals_the_reference(depth: int) -> None:
    small = {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512]}
    config = transformers.ResNetConfig(num_labels=1000, **(small if depth == 18 else {}))
    theirs = transformers.ResNetForImageClassification(config)
    check_equal(f"resnet@{depth}", theirs, picture(2, 3, 96, 64))


def test_mobilenetv2_equals_the_reference() -> None:
    config = transformers.MobileNetV2Config(num_labels=1000, tf_padding=False, layer_norm_eps=1e-5)
    theirs = transformers.MobileNetV2ForImageClassification(config)
    check_equal("mobilenetv2@paper", theirs, picture(2, 3, 96, 64))


def test_densenet_equals_the_reference() -> None:
    path = Path(__file__).parents[1] / "references" / "densenet.py"
    made = runpy.run_path(str(path))["DenseNet"]((6, 12, 24, 16), growth=32, classes=1000)
    check_equal("densenet@121", made, picture(2, 3, 96, 64))
