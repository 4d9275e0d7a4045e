"""What a network makes by itself: what a generator draws, a decoder makes of codes, a machine
dreams; and what a network gives back of an example.

Owns how such results are shown: pictures where an example is one, points where it has two values,
else rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nnstudio.document.recipes import networks_of
from nnstudio.document.script_drawing import input_shape
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.recipes.contrastive_divergence import machine_of
from nnstudio.engine.using_data import learned
from nnstudio.engine.using_pictures import shown
from nnstudio.engine.using_run import CannotUse, InUse

Numbers = NDArray[Any]
MOST = 256
DREAMS_FROM = 0.5
"""Chance of a one where dreams begin."""


def is_picture(shape: tuple[int, ...]) -> bool:
    """Whether an example of this shape can be shown as a picture."""
    return len(shape) == 3 and shape[0] % 3 in (0, 1) and (shape[0] % 3 == 0 or shape[0] == 1)


def dreams(one: InUse) -> bool:
    """Whether the network is a Boltzmann machine, which makes examples step by step."""
    return one.recipe.needs == "RestrictedBoltzmannMachine"


def sample(one: InUse, options: dict[str, Any]) -> dict[str, Any]:
    """New examples."""
    count = min(max(1, int(options["count"])), MOST)
    if "generator" in one.recipe.networks:
        generator, name = one.played("generator"), networks_of(one.stage)["generator"]
        made = generator(torch.randn(count, *input_shape(one.trained.project, name)))
    elif dreams(one):
        made = _dreams(one, count, int(options.get("steps", 1000)))
    else:
        made = _from_codes(one, count)
    return _told(one, made, f"{count} new examples" if count > 1 else "a new example")


def reconstructed(one: InUse, seen: torch.Tensor) -> torch.Tensor:
    """What the network gives back of inputs as it sees them."""
    if dreams(one):
        machine = _machine(one)
        visible = _visible(one, machine, seen)
        back: torch.Tensor = machine.reconstruct(machine(visible))
        return back.reshape(seen.shape) if back.numel() == seen.numel() else back
    made: torch.Tensor = one.network(seen)
    return made.sigmoid() if one.settings.get("reconstruction") == "bce_with_logits" else made


def _from_codes(one: InUse, count: int) -> torch.Tensor:
    """What the decoder makes of codes drawn from the normal distribution."""
    layers = [part for part in one.network.modules() if type(part).__name__ == "Sampling"]

    def drawn(layer: nn.Module, given: Any, code: torch.Tensor) -> torch.Tensor:
        return torch.randn_like(code)

    hooks = [layer.register_forward_hook(drawn) for layer in layers]
    try:
        made: torch.Tensor = one.network(torch.zeros(count, *one.facts.shape))
    finally:
        for hook in hooks:
            hook.remove()
    return made.sigmoid() if one.settings.get("reconstruction") == "bce_with_logits" else made


def _dreams(one: InUse, count: int, steps: int) -> torch.Tensor:
    """What the machine comes to after many steps up and down, from pure chance."""
    machine = _machine(one)
    start = torch.full((count, len(machine.visible_bias)), DREAMS_FROM)
    begun = torch.randn_like(start) if machine.gaussian else torch.bernoulli(start)
    drawn = machine.gibbs(begun, max(1, steps) - 1)
    # Of the last step the chances, which show more than draws of them.
    chances: torch.Tensor = machine.reconstruct(torch.bernoulli(machine(drawn)))
    shape = one.facts.shape
    fits = chances.shape[1] == int(np.prod(shape))
    return chances.reshape(-1, *shape) if fits else chances


def _machine(one: InUse) -> Any:
    """The restricted Boltzmann machine that was trained."""
    layer = str(one.settings["layer"])
    modules = NodeMap.of_run(one.run).of("main").modules
    return machine_of(one.network, modules.get(layer, layer))


def _visible(one: InUse, machine: Any, seen: torch.Tensor) -> torch.Tensor:
    """What reaches the machine for these inputs."""
    match one.settings.get("binarize"):
        case "threshold":
            seen = (seen > 0.5).float()
        case "draw":
            seen = torch.bernoulli(seen.clamp(0, 1))
    caught: list[torch.Tensor] = []

    def remember(layer: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        caught.append(given[0])

    hook = machine.register_forward_pre_hook(remember)
    try:
        one.network(seen)
    finally:
        hook.remove()
    if not caught:
        raise CannotUse("The machine is not reached by this input. Connect it in the drawing.")
    return caught[0].flatten(0, -2)


def _told(one: InUse, made: torch.Tensor, words: str) -> dict[str, Any]:
    shape = tuple(made.shape[1:])
    if shape == one.facts.shape:
        scale = learned(one).inputs
        values = scale.undo(made.numpy().astype(np.float64))
    else:
        values = made.numpy().astype(np.float64)
    if is_picture(shape):
        return {
            "kind": "pictures",
            "words": words,
            "pictures": [shown(v) for v in values],
            "notes": [],
        }
    flat = values.reshape(len(values), -1)
    columns = list(one.facts.columns) or [f"x{n + 1}" for n in range(flat.shape[1])]
    if len(columns) != flat.shape[1]:
        columns = [f"x{n + 1}" for n in range(flat.shape[1])]
    result: dict[str, Any] = {
        "kind": "rows",
        "words": words,
        "table": {
            "columns": columns[:40],
            "rows": [[f"{value:.4g}" for value in row[:40]] for row in flat],
        },
        "notes": [],
    }
    if flat.shape[1] == 2:
        result["points"] = flat.tolist()
    return result
