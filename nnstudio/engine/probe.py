"""Seeing inside one step: every operation of a network on one batch, with values and gradients.

Owns the recording. Operations are seen as torch is called, so what is shown is what was computed;
values are copied at once, so that an operation in place cannot change what was seen.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.one_batch import OneBatch, one_batch
from nnstudio.engine.whereabouts import Whereabouts

SHOWN = 64
"""Numbers of a tensor that are told one by one."""
MAX_OPERATIONS = 5_000


class TooLargeError(ValueError):
    """More operations than can be looked at; the text is for people."""

    def __init__(self) -> None:
        super().__init__(
            f"graph: expected at most {MAX_OPERATIONS:,} operations on one batch, got more. "
            "Repeat fewer layers, or scan over fewer steps."
        )


@dataclass(slots=True)
class Operation:
    """One thing that was computed, or that was there before."""

    id: int
    kind: str
    label: str
    node: str
    value: torch.Tensor
    inputs: list[int] = field(default_factory=list)
    grad_fn: str = ""
    gradient: torch.Tensor | None = None

    def as_json(self) -> dict[str, Any]:
        """The form in which it goes to the window."""
        return {
            "id": self.id,
            "kind": self.kind,
            "label": self.label,
            "node": self.node,
            "shape": list(self.value.shape),
            "inputs": self.inputs,
            "value": summary(self.value),
            "gradient": None if self.gradient is None else summary(self.gradient),
            "grad_fn": self.grad_fn,
        }


class Recorder(TorchFunctionMode):
    """Records what torch is asked to compute while it is entered."""

    def __init__(self, network: nn.Module, nodes: NodeMap) -> None:
        super().__init__()
        self.operations: list[Operation] = []
        self._nodes = nodes
        self._whereabouts = Whereabouts(nodes, {"": network})
        self._weights = {
            id(tensor): path
            for path, tensor in [*network.named_parameters(), *network.named_buffers()]
        }
        self._hooks: list[Any] = []
        self._of: dict[int, int] = {}
        self._alive: list[torch.Tensor] = []
        """Tensors whose identities are known; a freed one would pass its identity on."""
        self.loss: torch.Tensor | None = None
        """What the way back began from, where that happened while this was entered."""
        self.rests = False
        """Whether nothing is recorded for now."""

    def let_go(self) -> None:
        """Take the hooks off the tensors again."""
        for hook in self._hooks:
            hook.remove()

    def begin_again(self) -> None:
        """Forget what was recorded, and rest until data enter the network."""
        self.let_go()
        self._hooks.clear()
        self.operations.clear()
        self._of.clear()
        self._alive.clear()
        self.loss, self.rests = None, True

    def entered(self, values: Iterable[torch.Tensor], names: Sequence[str]) -> None:
        """Data enter the network: record from here on, and name what enters by its nodes."""
        if self.loss is not None:
            return  # the way back has been gone; what follows is no part of this step
        self.rests = True  # copying what enters is no operation of the step
        for place, tensor in enumerate(values):
            if _is_value(tensor) and id(tensor) not in self._of:
                name = names[place] if place < len(names) else ""
                self.given(tensor, name or "input", name)
        self.rests = False

    def mark_loss(self) -> None:
        """Tell the operation that the way back began from."""
        known = None if self.loss is None else self._of.get(id(self.loss))
        if known is not None:
            self.operations[known].kind = "loss"

    def given(self, tensor: torch.Tensor, label: str, node: str) -> None:
        """Tell of a tensor that enters from outside."""
        self._add("input", label, node, tensor, [])

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute as asked, and keep what came out of it."""
        if func is torch.Tensor.backward and not self.rests:
            self.loss, self.rests = args[0], True
        result = func(*args, **(kwargs or {}))
        if self.rests:
            return result
        made = [one for one in _tensors(result) if _is_value(one)]
        if not made or _looks_only(func):
            return result
        if len(self.operations) >= MAX_OPERATIONS:
            raise TooLargeError
        given = [one for one in _tensors((args, kwargs or {})) if _is_value(one)]
        in_place = any(made[0] is one for one in given)
        if in_place and not _name(func).endswith("_") and self._same(made[0]):
            return result  # it handed its input on as it was
        inputs = [self._known(one) for one in given]
        node = self._whereabouts.of_frame(sys._getframe(1))
        self._add("operation", _label(func), node, made[0], list(dict.fromkeys(inputs)))
        for other in made[1:]:
            self._of[id(other)] = self.operations[-1].id
            self._alive.append(other)
        return result

    def _same(self, tensor: torch.Tensor) -> bool:
        known = self._of.get(id(tensor))
        if known is None:
            return True
        operation = self.operations[known]
        return operation.grad_fn == _grad_fn(tensor) and torch.equal(operation.value, tensor)

    def _known(self, tensor: torch.Tensor) -> int:
        """The number of the operation that a tensor came from; new ones come from outside."""
        if id(tensor) in self._of:
            return self._of[id(tensor)]
        path = self._weights.get(id(tensor))
        if path is None:
            return self._add("input", "constant", "", tensor, [])
        name = path.rpartition(".")[2]
        return self._add("parameter", name, self._nodes.node_of_module(path), tensor, [])

    def _add(
        self, kind: str, label: str, node: str, tensor: torch.Tensor, inputs: list[int]
    ) -> int:
        number = len(self.operations)
        operation = Operation(
            number, kind, label, node, tensor.detach().clone(), inputs, _grad_fn(tensor)
        )
        self.operations.append(operation)
        self._of[id(tensor)] = number
        self._alive.append(tensor)
        if tensor.requires_grad:
            self._hooks.append(tensor.register_hook(_keeper_of_gradient(operation)))
        return number


def probe(
    network: nn.Module,
    nodes: NodeMap,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None,
    input_node: str = "",
) -> dict[str, Any]:
    """Every operation of `loss_of(network(inputs), targets)`, forward and, where it can be, back.

    Without `loss_of` the network alone is shown. Numbers that are not finite are told as texts.
    """
    network.zero_grad()
    recorder = Recorder(network, nodes)
    recorder.given(inputs, input_node or "input", input_node)
    with recorder:
        outputs = network(inputs)
    loss = None
    if loss_of is not None:
        recorder.given(targets, "target", "")
        with recorder:
            loss = loss_of(outputs, targets)
        recorder.operations[-1].kind = "loss"
        if loss.requires_grad:
            loss.backward()
    recorder.let_go()
    network.zero_grad()
    return {
        "operations": [operation.as_json() for operation in recorder.operations],
        "loss": None if loss is None else number(loss.item()),
        "rows": len(inputs),
    }


def probe_step(one: OneBatch) -> dict[str, Any]:
    """Every operation that the stage's own step does for the network, forward and back."""
    assert one.step is not None
    recorder = Recorder(one.network, one.nodes)
    recorder.begin_again()

    def enters(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        recorder.entered(_tensors((given, named)), one.entries)

    handle = one.network.register_forward_pre_hook(enters, with_kwargs=True)
    try:
        with recorder:
            one.step(recorder.begin_again)
    finally:
        handle.remove()
        recorder.let_go()
    recorder.mark_loss()
    entered = [op for op in recorder.operations if op.kind == "input" and op.node]
    return {
        "operations": [operation.as_json() for operation in recorder.operations],
        "loss": None if recorder.loss is None else number(recorder.loss.item()),
        "rows": len(entered[0].value) if entered else len(one.inputs),
    }


def probe_request(text: str, weights: str | None, rows: int, network: str = "") -> dict[str, Any]:
    """The probe of a drawing on `rows` training rows, in the first stage that trains it.

    Without a name it is the first network that is trained. `weights` is a run's checkpoint; weights
    of nodes that have other paths or shapes now stay as they are at the start. The answer tells
    what became of them, and where a batch comes from that is not made of rows alone.
    """
    with one_batch(text, weights, rows, network=network) as one:
        if one.step is not None:
            shown = probe_step(one)
        else:
            entry = next(iter(one.entries), "")
            shown = probe(one.network, one.nodes, one.inputs, one.targets, one.loss, entry)
    shown["note"] = one.note
    return {**shown, "weights": one.matched.as_json()} if one.matched else shown


def summary(tensor: torch.Tensor) -> dict[str, Any]:
    """Shape, first numbers and four figures of a tensor, ready for JSON."""
    flat = tensor.detach().reshape(-1)
    values = flat.double() if not flat.is_complex() else flat.abs().double()
    figures = dict.fromkeys(("min", "max", "mean", "std"), 0.0)
    if len(values):
        figures = {
            "min": values.min().item(),
            "max": values.max().item(),
            "mean": values.mean().item(),
            "std": values.std(correction=0).item(),
        }
    return {
        "shape": list(tensor.shape),
        "first": [number(value) for value in values[:SHOWN].tolist()],
        **{name: number(value) for name, value in figures.items()},
    }


def number(value: float) -> float | str:
    """The number, or `nan`, `inf`, `-inf` as a text where it is none."""
    return value if math.isfinite(value) else str(value)


def _keeper_of_gradient(operation: Operation) -> Callable[[torch.Tensor], None]:
    def keep(gradient: torch.Tensor) -> None:
        operation.gradient = gradient.detach().clone()

    return keep


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    return [tensor for item in value for tensor in _tensors(item)]


def _is_value(tensor: torch.Tensor) -> bool:
    return tensor.layout == torch.strided


def _looks_only(func: Callable[..., Any]) -> bool:
    """Whether it only looks at a tensor: attributes and the like."""
    return getattr(func, "__name__", "") in ("__get__", "__set__", "detach", "requires_grad_")


def _name(func: Callable[..., Any]) -> str:
    return str(getattr(func, "__name__", "operation"))


def _label(func: Callable[..., Any]) -> str:
    """The operation's name as people write it: `add` for `__add__`, `relu` for `relu_`."""
    name = _name(func).strip("_")
    return name[1:] if name in ("radd", "rmul", "rsub", "iadd", "imul", "isub") else name


def _grad_fn(tensor: torch.Tensor) -> str:
    return type(tensor.grad_fn).__name__ if tensor.grad_fn is not None else ""
