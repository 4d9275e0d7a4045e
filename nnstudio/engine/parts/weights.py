"""Weights from a file put into a network, as far as names or shapes agree.

This text becomes part of `train.py`; it knows nothing of NN Studio. Files are read as tensors
alone: safetensors, or what `torch.save` wrote of a state dict.
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file
from torch import nn


def load_weights(network: nn.Module, path: str) -> str:
    """Take what fits, by name and else by order and shape; returns what became of the weights."""
    given = weights_in(path)
    own = network.state_dict()
    fitting = {
        name: tensor
        for name, tensor in given.items()
        if name in own and tensor.shape == own[name].shape
    }
    if not fitting:
        fitting = by_order(own, given)
    with torch.no_grad():
        for name, tensor in fitting.items():
            own[name].copy_(tensor)
    fresh = [name for name in own if name not in fitting]
    unused = len(given) - len(fitting)
    told = f"{path}: {len(fitting)} of {len(own)} weights taken, {unused} of the file's not used"
    if fresh:
        told += f"; begun anew: {', '.join(fresh[:5])}"
        if len(fresh) > 5:
            told += f" and {len(fresh) - 5} more"
    return told + "."


def weights_in(path: str) -> dict[str, torch.Tensor]:
    """The tensors of a file by name; raises `ValueError` where there are none."""
    with open(path, "rb") as file:
        zipped = file.read(2) == b"PK"
    try:
        if zipped:
            given = torch.load(path, map_location="cpu", weights_only=True)
            given = given.get("state_dict", given) if isinstance(given, dict) else {}
        else:
            given = load_file(path)
    except Exception as error:  # each reader has its own kinds
        raise ValueError(
            f"{path}: expected a safetensors file or a state dict of torch, got something else."
        ) from error
    given = {str(name): one for name, one in given.items()}
    # Checkpoints of a run keep the network under its name, beside much else.
    kept = "networks/main/"
    if any(name.startswith(kept) for name in given):
        given = {n.removeprefix(kept): t for n, t in given.items() if n.startswith(kept)}
    tensors = {name: one for name, one in given.items() if isinstance(one, torch.Tensor)}
    if not tensors:
        raise ValueError(f"{path}: expected weights by name, got none.")
    return tensors


def by_order(
    own: dict[str, torch.Tensor], given: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Weights of other names: each of the file's in turn to the next of its shape."""
    found: dict[str, torch.Tensor] = {}
    waiting = list(own)
    for tensor in given.values():
        place = next((name for name in waiting if own[name].shape == tensor.shape), None)
        if place is not None:
            found[place] = tensor
            waiting = waiting[waiting.index(place) + 1 :]
    return found
