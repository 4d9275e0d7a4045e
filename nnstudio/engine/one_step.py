"""A stage's own step, done up to the moment at which one of its networks would change.

Owns how a step is looked at whose network is given more than rows, or whose loss asks another
network: the recipe's own text is run as in training, so what is seen is what would be learned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook


class _Seen(Exception):
    """The step has come to where the network's weights would change."""


def own_step(recipe: Any, network: nn.Module, begin_again: Callable[[], None]) -> None:
    """Do the next step until the optimizer of `network` is asked to change its weights.

    Its gradients are in place then. `begin_again` is called where another network has changed,
    for what was computed until then was for that one.
    """
    own = {id(weight) for weight in network.parameters()}

    def before(optimizer: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if not any(id(one) in own for group in optimizer.param_groups for one in group["params"]):
            begin_again()
            return
        closure = named.get("closure", given[1] if len(given) > 1 else None)
        if callable(closure):
            closure()
        raise _Seen

    handle = register_optimizer_step_pre_hook(before)
    try:
        next(iter(recipe.steps()), None)
    except _Seen:
        pass
    finally:
        handle.remove()
