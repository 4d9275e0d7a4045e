"""What a training keeps of itself: good states in memory, checkpoints on disk, the best weights.

Owns how often: neither states nor checkpoints may cost more than a fiftieth of the time. Which of
the checkpoints stay says `nnstudio.runs.kept`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from nnstudio.engine import checkpoints
from nnstudio.engine.checkpoints import BEST, Checkpoint
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.states import Recipe, capture, copied, not_finite
from nnstudio.runs.kept import budget_of, thin
from nnstudio.runs.layout import CHECKPOINTS, folder_inside

SHARE = 0.02
"""Part of the time that copies of the state may take."""
LONGEST = 60.0
"""Seconds after which a checkpoint is due in the middle of an epoch as well."""
SHORTEST = 0.5
"""Seconds between two states kept in memory, at least."""


class Keeper:
    """Keeps states of `recipe`, which begins at `step`, each with what was `measured` so far."""

    def __init__(
        self,
        path: Path,
        recipe: Recipe,
        nodes: NodeMap,
        step: int,
        begin: Checkpoint | None,
        measured: Callable[[], dict[str, Any]],
    ) -> None:
        self.path, self.measured = path, measured
        self.folder = folder_inside(path / CHECKPOINTS)
        self.recipe, self.nodes = recipe, nodes
        self.others: Callable[[], list[dict[str, Any]]] | None = None
        """Tells what the other processes know of where training stands, where there are some."""
        facts = begin.facts if begin is not None else {}
        self.best_loss = float(facts.get("best_loss", "inf"))
        self._best: tuple[int, dict[str, Any]] | None = None
        self._good = [(step, capture(recipe))]
        self._saved_step = step if begin is not None else -1
        now = time.perf_counter()
        self._saved, self._save_cost = now, 0.0
        self._taken, self._take_cost = now, 0.0

    def begin_anew(self, step: int) -> None:
        """Compare validation losses with those after `step` steps alone: another stage begins."""
        self.write_best(step)
        self.best_loss = float("inf")

    def offer_best(self, step: int, loss: torch.Tensor) -> None:
        """Remember the weights if the validation loss after `step` steps is the best so far."""
        value = float(loss)
        if value < self.best_loss:
            self.best_loss = value
            self._best = (step, copied(self._judged()))

    def maybe_snapshot(self, step: int, told: Callable[[Path | None], None]) -> None:
        """Keep the state in memory, and after a long time on disk, if that is cheap enough.

        Called where every loss up to `step` is known to be finite.
        """
        now = time.perf_counter()
        if now - self._taken < max(SHORTEST, self._take_cost / SHARE):
            return
        if self.finite():
            self._good = [self._good[-1], (step, capture(self.recipe))]
        self._taken = time.perf_counter()
        self._take_cost = self._taken - now
        waited = now - self._saved
        early = self._saved_step >= 0 and step >= 2 * max(1, self._saved_step)
        patience = SHORTEST if early else LONGEST
        if waited > max(patience, self._save_cost / SHARE) and self.finite():
            told(self.checkpoint(step))

    def maybe_checkpoint(self, step: int, told: Callable[[Path | None], None]) -> None:
        """Keep the state on disk, if it is due."""
        if self.is_due() and self.finite():
            told(self.checkpoint(step))

    def is_due(self) -> bool:
        """Whether nothing is on disk yet, or enough time has passed since the last."""
        waited = time.perf_counter() - self._saved
        return self._saved_step < 0 or waited >= max(SHORTEST, self._save_cost / SHARE)

    def checkpoint(self, step: int) -> Path | None:
        """Keep the state on disk now; None if it is there already."""
        if step == self._saved_step:
            return None
        begin = time.perf_counter()
        state = capture(self.recipe)
        if self.others is not None:
            state["others"] = self.others()
        path = checkpoints.save(self.folder, step, state, self.nodes, self._facts())
        self._saved_step = step
        self.write_best(step)
        thin(self.folder, budget_of(self.path))
        self._saved = time.perf_counter()
        self._save_cost = self._saved - begin
        return path

    def write_best(self, step: int) -> None:
        """Put the best weights so far on disk, those of now where nothing was validated."""
        if self._best is None and (self.folder / BEST).exists() and self.best_loss < float("inf"):
            return
        at, networks = self._best if self._best is not None else (step, copied(self._judged()))
        state = {"networks": networks}
        checkpoints.save(self.folder, at, state, self.nodes, self._facts(), BEST)
        self._best = None

    def _judged(self) -> dict[str, dict[str, Any]]:
        """The weights that are measured: averages of them, where a recipe has such."""
        networks = getattr(self.recipe, "judged", self.recipe.networks)
        return {name: dict(one.state_dict()) for name, one in networks.items()}

    def finite(self) -> bool:
        """Whether every weight is a number."""
        return not not_finite(self.recipe)

    def good_before(self, step: int) -> tuple[dict[str, Any], int]:
        """The newest kept state from before a step, and the number of steps done in it."""
        for at, state in reversed(self._good):
            if at <= step:
                return state, at
        return self._good[0][1], self._good[0][0]

    def _facts(self) -> dict[str, Any]:
        return {
            "epochs": self.recipe.epochs,
            "best_loss": repr(self.best_loss),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            **self.measured(),
        }
