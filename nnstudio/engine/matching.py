"""Weights of a checkpoint put into a network that may be drawn differently now: by node path.

Owns what counts as the same weight: the same node path and name in it, and the same shape. How
layers are grouped, framed or titled does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nnstudio.engine.nodes import NodeMap

MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the weights, by `node.weight`."""

    taken: tuple[str, ...]
    missing: tuple[str, ...]
    """Weights of the network that the checkpoint does not have; they stay as they were."""
    reshaped: tuple[str, ...]
    """Weights that have another shape there; they stay as they were."""
    unused: tuple[str, ...]
    """Weights of the checkpoint that the network has no place for."""

    def as_json(self) -> dict[str, Any]:
        """The form in which it goes to the window: how many were taken, and which others exist."""
        return {
            "taken": len(self.taken),
            "missing": list(self.missing[:MOST_NAMED]),
            "reshaped": list(self.reshaped[:MOST_NAMED]),
            "unused": list(self.unused[:MOST_NAMED]),
        }

    @property
    def text(self) -> str:
        """One or two sentences for people."""
        whole = len(self.taken) + len(self.missing) + len(self.reshaped)
        told = [
            f"Took {len(self.taken)} of {whole} weights.",
            _listed("Not in the checkpoint: {}.", self.missing),
            _listed("Of another shape there: {}.", self.reshaped),
            _listed("Without a place here: {}.", self.unused),
        ]
        return " ".join(filter(None, told))


def take(network: nn.Module, nodes: NodeMap, kept: Mapping[str, torch.Tensor]) -> Matched:
    """Put the kept weights, by `node.weight`, into the network; tell what became of them."""
    groups: dict[str, list[str]] = {"taken": [], "missing": [], "reshaped": []}
    filled: set[int] = set()
    used: set[str] = set()
    with torch.no_grad():
        for path, tensor in network.state_dict().items():
            names = tuple(name.removeprefix(":") for name in nodes.weight_names(path))
            found = next((name for name in names if name in kept), "")
            used.update(names)
            if tensor.numel() and tensor.data_ptr() in filled:
                continue  # another name of a weight that has been told
            if not found:
                groups["missing"].append(names[0])
            elif kept[found].shape != tensor.shape:
                groups["reshaped"].append(names[0])
            else:
                tensor.copy_(kept[found])
                filled.add(tensor.data_ptr())
                groups["taken"].append(names[0])
    unused = tuple(name for name in kept if name not in used)
    return Matched(*(tuple(names) for names in groups.values()), unused)


def _listed(sentence: str, names: Iterable[str]) -> str:
    listed = tuple(names)
    if not listed:
        return ""
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return sentence.format(", ".join(listed[:3]) + more)
