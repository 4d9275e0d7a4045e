"""Drawn architectures compute, with copied weights, what independent implementations compute.

The references come from the `references` extra; weights are copied in the order in which both
networks call their layers, so nothing but the arithmetic itself can make the results agree.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    """Every weight and every running average random, so that no path is hidden by a zero."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for tensor in _floats(model):
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.2 + 0.01)
    return model.double().eval()


def _floats(model: nn.Module) -> Iterator[torch.Tensor]:
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            yield tensor


def assert_equal(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert ours.shape == theirs.shape
    assert torch.isfinite(theirs).all()
    scale = theirs.abs().max().clamp_min(1e-300)
    assert ((ours - theirs).abs().max() / scale).item() < 1e-9
