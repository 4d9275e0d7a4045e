"""The first number that is none: replayed from the last good state, named by step, node and tensor.

Owns the search. It leaves the recipe in the state before the step that failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nnstudio.engine.failures import Failure
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.states import Recipe, not_finite, restore


@dataclass(frozen=True, slots=True)
class Found:
    """Where it happened: steps done before, and the failure to tell."""

    step: int
    failure: Failure


def find(recipe: Recipe, good: Mapping[str, Any], step: int, last: int, nodes: NodeMap) -> Found:
    """Replay from `good`, which was captured after `step` steps, up to step `last` at most.

    The recipe is left where the failing step begins.
    """
    bad = _failing_step(recipe, good, step, last)
    restore(recipe, good)
    steps = recipe.steps()
    for _ in range(bad - step):
        next(steps, None)
    rate = _learning_rate(recipe)
    traces = _traced_step(recipe, steps)
    restore(recipe, good)
    steps = recipe.steps()
    for _ in range(bad - step):
        next(steps, None)
    steps.close()
    return Found(bad, _failure(traces, recipe, nodes, bad, rate))


def _failing_step(recipe: Recipe, good: Mapping[str, Any], step: int, last: int) -> int:
    """The first step from `step` on after which a loss or a weight is not finite."""
    restore(recipe, good)
    for number, metrics in zip(range(step, last + 1), recipe.steps(), strict=False):
        losses = [value for name, value in metrics.items() if name.startswith("train_")]
        if not all(torch.isfinite(loss).all() for loss in losses) or not_finite(recipe):
            return number
    return last  # it did not happen again: devices may add up in another order


@dataclass(slots=True)
class _Traces:
    """What one step showed, in the order in which it was computed."""

    data: bool = False
    output: str = ""
    output_value: str = ""
    last: str = ""
    largest: float = 0.0
    """Path of the module that came last, and the largest size of a number it gave."""
    loss: str = ""
    gradient: str = ""
    weight: str = ""


def _traced_step(recipe: Recipe, steps: Iterator[dict[str, torch.Tensor]]) -> _Traces:
    traces = _Traces()
    with _watched(recipe, traces):
        metrics = next(steps, {})
    for name, value in metrics.items():
        if name.startswith("train_") and not torch.isfinite(value).all():
            traces.loss = _kind(value)
    for network in recipe.networks.values():
        # Backwards, as gradients are computed: the last layer's come first.
        for path, weight in reversed(list(network.named_parameters())):
            if not traces.gradient and weight.grad is not None and _bad(weight.grad):
                traces.gradient = path
        for path, weight in network.named_parameters():
            if not traces.weight and _bad(weight):
                traces.weight = path
    return traces


@contextmanager
def _watched(recipe: Recipe, traces: _Traces) -> Iterator[None]:
    """Hooks on every innermost module; the first bad value of a forward pass stays."""
    handles = []
    for network in recipe.networks.values():
        handles.append(network.register_forward_pre_hook(_input_hook(traces)))
        for path, module in network.named_modules():
            if path and not any(True for _ in module.children()):
                handles.append(module.register_forward_hook(_output_hook(traces, path)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _input_hook(traces: _Traces) -> Any:
    def hook(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        if any(isinstance(one, torch.Tensor) and _bad(one) for one in arguments):
            traces.data = True

    return hook


def _output_hook(traces: _Traces, path: str) -> Any:
    def hook(module: nn.Module, arguments: tuple[Any, ...], output: Any) -> None:
        if traces.output or not isinstance(output, torch.Tensor) or not output.numel():
            return
        if _bad(output):
            traces.output, traces.output_value = path, _kind(output)
        else:
            traces.last, traces.largest = path, output.detach().abs().max().item()

    return hook


def _failure(
    traces: _Traces, recipe: Recipe, nodes: NodeMap, step: int, rate: float | None
) -> Failure:
    node, port, value = _place(traces, nodes)
    at = f"step {step + 1}"  # people count from 1, as the bar does
    if rate is not None:
        at += f" with learning rate {rate:g}"
    remedy = "Mend the data" if traces.data else "Lower the learning rate"
    place = ".".join(part for part in (node, port) if part)
    text = (
        f"{place}: expected finite numbers, got {value} in {at}. "
        f"{remedy}; the state before this step is kept."
    )
    return Failure("not_finite", text, node, _told(traces, nodes, at))


def _told(traces: _Traces, nodes: NodeMap, at: str) -> str:
    """What the step showed, a line each, in the order in which it was computed."""

    def named(path: str) -> str:
        node = nodes.node_of_module(path)
        return f"{node} ({path})" if node and node != path else path

    rows = [("data", "nan or inf" if traces.data else "finite")]
    if traces.last:
        rows.append(("last finite output", f"{named(traces.last)}, up to {traces.largest:.3g}"))
    if traces.output:
        rows.append(("first bad output", f"{named(traces.output)}, {traces.output_value}"))
    rows.append(("loss", traces.loss or "finite"))
    for what, path in (("gradient", traces.gradient), ("weight", traces.weight)):
        rows.append((f"first bad {what}", named(path) if path else "none"))
    return "\n".join([f"What {at} showed:", *(f"  {name}: {value}" for name, value in rows)])


def _place(traces: _Traces, nodes: NodeMap) -> tuple[str, str, str]:
    """Node, tensor and what it held: the first in the order of computing."""
    if traces.data:
        return "", "data", "nan or inf"
    if traces.output:
        return nodes.node_of_module(traces.output), "output", traces.output_value
    if traces.loss:
        value = f"a loss of {traces.loss} from numbers up to {traces.largest:.3g}"
        return nodes.node_of_module(traces.last), "output", value
    for path, what in ((traces.gradient, "gradient"), (traces.weight, "weight")):
        if path:
            module, _, name = path.rpartition(".")
            port = f"{name}.gradient" if what == "gradient" else name
            return nodes.node_of_module(module), port, "nan or inf"
    return "", "loss", "nan or inf"


def _learning_rate(recipe: Recipe) -> float | None:
    for optimizer in recipe.optimizers.values():
        return float(optimizer.param_groups[0]["lr"])
    return None


def _bad(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())


def _kind(tensor: torch.Tensor) -> str:
    return "nan" if bool(torch.isnan(tensor).any()) else "inf"
