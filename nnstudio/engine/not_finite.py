"""The first number that is none: replayed from the last good state, named by step, node and tensor.

Owns the search for the step, and the words; `watching` looks into the step. It leaves the recipe in
the state before the step that failed.
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
from nnstudio.engine.watching import Made, Watch
from nnstudio.engine.whereabouts import Whereabouts


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
    traces = _traced_step(recipe, steps, nodes)
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
    cause: Made | None = None
    """The operation that made the first bad value."""
    last: Made | None = None
    """What was finite before, or the last value of all where no output was bad."""
    loss: str = ""
    way_back: Made | None = None
    """The operation that made a good gradient a bad one."""
    gradient: str = ""
    weight: str = ""
    """Paths of the first parameters with such a gradient, with such a value."""


def _traced_step(
    recipe: Recipe, steps: Iterator[dict[str, torch.Tensor]], nodes: NodeMap
) -> _Traces:
    traces = _Traces()
    watch = Watch(Whereabouts(nodes, recipe.networks))
    with _watched_data(recipe, traces), watch:
        metrics = next(steps, {})
    traces.cause, traces.way_back = watch.cause(), watch.bad_gradient()
    traces.last = watch.last() if traces.cause is None else watch.before(traces.cause)
    watch.let_go()
    for name, value in metrics.items():
        if name.startswith("train_") and not torch.isfinite(value).all():
            traces.loss = "nan" if bool(torch.isnan(value).any()) else "inf"
    for name, network in recipe.networks.items():
        # Backwards, as gradients are computed: the last layer's come first.
        for path, weight in reversed(list(network.named_parameters())):
            if not traces.gradient and weight.grad is not None and _bad(weight.grad):
                traces.gradient = nodes.path_in(name, path)
        for path, weight in network.named_parameters():
            if not traces.weight and _bad(weight):
                traces.weight = nodes.path_in(name, path)
    return traces


@contextmanager
def _watched_data(recipe: Recipe, traces: _Traces) -> Iterator[None]:
    """Hooks on the networks that look at what they are given."""

    def hook(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        if any(isinstance(one, torch.Tensor) and _bad(one) for one in arguments):
            traces.data = True

    handles = [one.register_forward_pre_hook(hook) for one in recipe.networks.values()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


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

    def named(node: str, path: str) -> str:
        return f"{node} ({path})" if node and path and node != path else node or path

    def made(one: Made) -> str:
        return named(one.node, nodes.modules.get(one.node, ""))

    rows = [("data", "nan or inf" if traces.data else "finite")]
    if traces.last:
        rows.append(("last finite output", f"{made(traces.last)}, up to {traces.last.largest:.3g}"))
    if traces.cause:
        rows.append(("first bad output", f"{made(traces.cause)}, {traces.cause.value}"))
    rows.append(("loss", traces.loss or "finite"))
    for what, path in (("gradient", traces.gradient), ("weight", traces.weight)):
        told = named(nodes.node_of_module(path), path) if path else "none"
        rows.append((f"first bad {what}", told))
    return "\n".join([f"What {at} showed:", *(f"  {name}: {value}" for name, value in rows)])


def _place(traces: _Traces, nodes: NodeMap) -> tuple[str, str, str]:
    """Node, tensor and what it held: the first in the order of computing."""
    if traces.data:
        return "", "data", "nan or inf"
    if traces.cause:
        return traces.cause.node, "output", traces.cause.value
    if traces.loss:
        largest = traces.last.largest if traces.last else 0.0
        value = f"a loss of {traces.loss} from numbers up to {largest:.3g}"
        return traces.last.node if traces.last else "", "output", value
    if traces.way_back:
        return traces.way_back.node, "gradient", "nan or inf"
    for path, what in ((traces.gradient, "gradient"), (traces.weight, "weight")):
        if path:
            name = path.rpartition(".")[2]
            port = f"{name}.gradient" if what == "gradient" else name
            return nodes.node_of_module(path), port, "nan or inf"
    return "", "loss", "nan or inf"


def _learning_rate(recipe: Recipe) -> float | None:
    for optimizer in recipe.optimizers.values():
        return float(optimizer.param_groups[0]["lr"])
    return None


def _bad(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())
