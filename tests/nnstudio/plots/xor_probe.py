"""Prints a probe of a 2-2-1 network on XOR, with the values and gradients that torch computes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import torch


def told(tensor: Any) -> dict[str, Any]:
    flat = tensor.detach().flatten().double()
    return {
        "shape": list(tensor.shape),
        "first": flat[:64].tolist(),
        "min": flat.min().item(),
        "max": flat.max().item(),
        "mean": flat.mean().item(),
        "std": flat.std(correction=0).item(),
    }


torch.manual_seed(0)
hidden, out = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
made: dict[str, tuple[str, str, str, Any, list[str]]] = {"x": ("input", "x", "", x, [])}
for name, layer in (("hidden", hidden), ("out", out)):
    for part, value in layer.named_parameters():
        made[f"{name}.{part}"] = ("parameter", f"{name}.{part}", name, value, [])
steps: list[tuple[str, str, Callable[[Any], Any], list[str]]] = [
    ("hidden", "linear", hidden, ["x", "hidden.weight", "hidden.bias"]),
    ("tanh1", "tanh", torch.tanh, ["hidden"]),
    ("out", "linear", out, ["tanh1", "out.weight", "out.bias"]),
]
value = x
for name, label, call, inputs in steps:
    value = call(value)
    value.retain_grad()
    made[name] = ("operation", label, name, value, inputs)
targets = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
loss = torch.nn.functional.binary_cross_entropy_with_logits(value, targets)
loss.retain_grad()
made["loss"] = ("loss", "binary_cross_entropy_with_logits", "", loss, ["out"])
loss.backward()
operations = [
    {
        "id": key,
        "kind": kind,
        "label": label,
        "node": node,
        "shape": list(tensor.shape),
        "inputs": inputs,
        "value": told(tensor),
        "gradient": told(tensor.grad) if tensor.grad is not None else None,
        "grad_fn": type(tensor.grad_fn).__name__ if tensor.grad_fn is not None else "",
    }
    for key, (kind, label, node, tensor, inputs) in made.items()
]
print(json.dumps({"operations": operations, "loss": loss.item(), "rows": 4}))
