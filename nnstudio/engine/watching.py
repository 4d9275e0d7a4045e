"""Watching one training step for the first number that is none, operation by operation.

Owns the record of a forward pass: which operation made which value, and whether value and gradient
are finite. The cause is found by going back from what is bad to what made it bad, so that the
infinities of a mask, which do no harm, are not blamed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from nnstudio.engine.whereabouts import Whereabouts

_MASKS = frozenset({"masked_fill", "masked_fill_", "where", "full", "full_like", "new_full"})
"""Operations that put infinities where they are meant to be."""


@dataclass(slots=True)
class Made:
    """One value of the forward pass."""

    label: str
    node: str
    has_nan: bool
    has_inf: bool
    largest: float
    """The largest size of a number in it, if all are finite."""
    inputs: list[int] = field(default_factory=list)
    bad_gradient: bool = False
    weight: bool = False
    """Whether it was there before: a parameter, or data."""

    @property
    def bad(self) -> bool:
        """Whether a number in it is none."""
        return self.has_nan or self.has_inf

    @property
    def value(self) -> str:
        """What it holds that is no number."""
        return "nan" if self.has_nan else "inf"


class Watch(TorchFunctionMode):
    """Records the operations up to the first `backward`, while it is entered."""

    def __init__(self, whereabouts: Whereabouts) -> None:
        super().__init__()
        self.made: list[Made] = []
        self._whereabouts = whereabouts
        self._of: dict[int, int] = {}
        self._alive: list[torch.Tensor] = []
        """Tensors whose identities are known; a freed one would pass its identity on."""
        self._hooks: list[Any] = []
        self._end: int | None = None
        self._over = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute as asked, and note how it went."""
        name = str(getattr(func, "__name__", ""))
        if name == "backward" and not self._over:
            self._over = True
            self._end = self._of.get(id(args[0])) if args else None
        result = func(*args, **(kwargs or {}))
        if self._over or name in ("__get__", "__set__"):
            return result
        made = [one for one in _tensors(result) if one.is_floating_point()]
        if made:
            node = self._whereabouts.of_frame(sys._getframe(1))
            inputs = [self._known(one) for one in _tensors((args, kwargs or {}))]
            for one in made:
                self._note(one, name, node, inputs)
        return result

    def let_go(self) -> None:
        """Take the hooks off the tensors again."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self._alive.clear()

    def cause(self) -> Made | None:
        """The operation of a node that the first bad value of the forward pass came from."""
        ends = [self._end] if self._end is not None else range(len(self.made))
        for end in ends:
            if self.made[end].bad and (found := self._source(self.made[end])).node:
                return found
        return None

    def before(self, cause: Made) -> Made | None:
        """The last value of a node that was finite when the cause came about."""
        place = next(n for n, one in enumerate(self.made) if one is cause)
        found = (one for one in reversed(self.made[:place]) if one.node and not one.bad)
        return next((one for one in found if not one.weight), None)

    def last(self) -> Made | None:
        """The last value that a node made."""
        return next((one for one in reversed(self.made) if one.node and not one.weight), None)

    def bad_gradient(self) -> Made | None:
        """The operation of a node whose way back made a gradient bad that came to it as a number.

        The last of the forward pass, which is the first on the way back.
        """
        for one in reversed(self.made):
            if one.weight or one.bad_gradient or not one.node:
                continue
            if any(self.made[n].bad_gradient and not self.made[n].weight for n in one.inputs):
                return one
        return None

    def _source(self, bad: Made) -> Made:
        """Back along bad inputs, nan before inf, as far as there are any that count."""
        while True:
            inputs = [self.made[number] for number in bad.inputs]
            worse = [one for one in inputs if one.has_nan]
            if not bad.has_nan or not worse:
                worse += [one for one in inputs if one.has_inf and one.label not in _MASKS]
            worse = [one for one in worse if one is not bad and not one.weight]
            if not worse:
                return bad
            bad = worse[0]

    def _known(self, tensor: torch.Tensor) -> int:
        if id(tensor) not in self._of:
            self._note(tensor, "", "", [])
            self.made[-1].weight = True
        return self._of[id(tensor)]

    def _note(self, tensor: torch.Tensor, label: str, node: str, inputs: list[int]) -> None:
        plain = tensor.detach()
        has_nan = has_inf = False
        largest = 0.0
        if plain.is_floating_point() and plain.numel():
            has_nan = bool(torch.isnan(plain).any())
            has_inf = bool(torch.isinf(plain).any())
            largest = 0.0 if has_nan or has_inf else plain.abs().max().item()
        made = Made(label, node, has_nan, has_inf, largest, inputs)
        self._of[id(tensor)] = len(self.made)
        self.made.append(made)
        self._alive.append(tensor)
        if tensor.requires_grad and tensor.is_floating_point():
            self._hooks.append(tensor.register_hook(_watcher_of_gradient(made)))


def _watcher_of_gradient(made: Made) -> Callable[[torch.Tensor], None]:
    def look(gradient: torch.Tensor) -> None:
        made.bad_gradient = made.bad_gradient or not bool(torch.isfinite(gradient).all())

    return look


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    return [tensor for item in value for tensor in _tensors(item)]
