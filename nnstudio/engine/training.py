"""One training from start to end: pulls steps, writes numbers, answers requests, keeps checkpoints.

Owns the loop and its rhythm. A pause is a step not pulled, a stop a generator closed. Between two
ticks nothing is read from a device and nothing is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from nnstudio.engine import not_finite
from nnstudio.engine.checkpoints import Checkpoint
from nnstudio.engine.failures import Failure, RunFailed
from nnstudio.engine.keeper import Keeper
from nnstudio.engine.measured import Measured
from nnstudio.engine.nodes import NodeMap
from nnstudio.engine.processes import Group
from nnstudio.engine.seen import Seen
from nnstudio.engine.states import Recipe, restore, settle
from nnstudio.runs.final_evaluation import readings
from nnstudio.runs.info import read_info
from nnstudio.runs.requests import Request, take
from nnstudio.runs.writer import RunWriter

TICK = 1 / 30
"""Seconds between two writings of numbers and looks for requests."""
PATIENCE = 0.02
"""Seconds between two looks for requests while nothing else is done."""
DENSE = "train_loss"
EVERY = "train_"
"""What names of numbers begin with that every step tells; others belong to an epoch's end."""


class Training:
    """Drives `recipe` for the run at `path`; `begin` may hold a checkpoint to go on from."""

    def __init__(
        self,
        path: Path,
        recipe: Recipe,
        nodes: NodeMap,
        after: int,
        begin: Checkpoint | None = None,
        group: Group | None = None,
    ) -> None:
        self.path, self.recipe, self.nodes = path, recipe, nodes
        self.group = group
        """The other processes, where the run has several; all do the steps that are granted."""
        self.step = 0
        if begin is not None:
            restore(recipe, begin.state)
            self.step = begin.step
            recipe.epochs = max(recipe.epochs, int(begin.facts.get("epochs", 0)))
        self.first_step = self.step
        self.writer = RunWriter(path, self.step)
        facts = begin.facts if begin is not None else {}
        self._measured = Measured(facts, within_epoch=recipe.position > 0)
        self.keeper = Keeper(path, recipe, nodes, self.step, begin, self._measured.facts)
        self.seen = Seen(path, recipe)
        if group is not None:
            self.keeper.others = group.states
        self.stop_reason = ""
        """Set, also from a signal handler, to end the run with a checkpoint."""
        self._after = after
        self._paused = False
        self._single_steps = 0
        self._interval = 0.0
        self._next_at = 0.0
        self._losses: list[torch.Tensor] = []
        self._others: dict[str, list[tuple[int, torch.Tensor]]] = {}
        """What steps told beside the loss, each with the number of steps before."""
        self._ended_epochs: list[tuple[int, int, dict[str, torch.Tensor]]] = []
        self._verdict, self._report = "", ""
        self._told_stage = self.stage
        self._due = 0.0
        self._counted = self.step, time.perf_counter()

    @property
    def stage(self) -> int:
        """The number of the plan's stage that is at work, from 0."""
        return int(getattr(self.recipe, "stage", 0))

    def started(self, **facts: Any) -> None:
        """Tell that the run has begun."""
        self.writer.event(
            "started",
            steps_per_epoch=self.recipe.steps_per_epoch,
            epochs=self.recipe.epochs,
            planned_steps=self._planned_steps(),
            stage=self.stage,
            first_step=self.first_step,
            **facts,
        )
        self._tell_verdict()

    def note(self, code: str, text: str) -> None:
        """Tell something that does not end the run."""
        self.writer.event("problem", code=code, node="", text=text, detail="")

    def run(self) -> None:
        """Train until the end, a stop or a failure; raises what a step raises, and `RunFailed`."""
        self._look_for_requests()
        if self.step == 0 and not self.stop_reason:
            self.seen.look(0)
        while not self.stop_reason and not self.recipe.finished:
            self._drive(self.recipe.steps())
            self._tick()
        if self.stop_reason:
            self._checkpoint()
            self._end_others()
            self.writer.event("stopped", step=self.step, reason=self.stop_reason)
        else:
            self._finish()
        self.writer.close()

    def _drive(self, steps: Iterator[dict[str, torch.Tensor]]) -> None:
        """Pull steps until there are no more or a stop was asked for."""
        clock, losses = time.perf_counter, self._losses
        self._due = clock() + TICK
        while not self.stop_reason or self._granted:
            if (self._paused or self._interval) and not self._granted:
                self._wait()
                if self.stop_reason:
                    break
            if self.group is not None:
                self.group.step(self._at_once())
            metrics = next(steps, None)
            if metrics is None:
                if self.group is not None:
                    self.group.no_more()
                break
            self.step += 1
            if self.stage != self._told_stage:
                self._stage_begins()
            losses.append(metrics[DENSE])
            if len(metrics) > 1:
                self._keep_others(metrics)
            if self.recipe.position == 0:
                self._epoch_ended(metrics)
            if clock() >= self._due and not self._granted:
                self._tick()
        steps.close()

    @property
    def _granted(self) -> int:
        """Steps that the other processes do in any case."""
        return self.group.granted if self.group is not None else 0

    def _at_once(self) -> int:
        """How many steps all processes do before they listen again: those of about one tick."""
        if self._paused or self._interval:
            return 1
        step, at = self._counted
        self._counted = self.step, time.perf_counter()
        pace = (self.step - step) / max(1e-6, self._counted[1] - at)
        return min(1000, max(1, int(pace * TICK)))

    def _wait(self) -> None:
        """Sleep until the next step may be done, awake for requests."""
        if self._paused or self._interval > TICK:
            self._tick()
        while not self.stop_reason:
            if self.group is not None:
                self.group.beat()
            if self._paused and self._single_steps:
                self._single_steps -= 1
                return
            now = time.perf_counter()
            if not self._paused and now >= self._next_at:
                # A step that came late does not make the ones behind it hurry.
                self._next_at = max(self._next_at, now - self._interval) + self._interval
                return
            time.sleep(PATIENCE if self._paused else min(PATIENCE, self._next_at - now))
            if time.perf_counter() >= self._due:
                self._tick()

    def _stage_begins(self) -> None:
        """Tell of another stage; its losses are not to be compared with those before."""
        self._told_stage = self.stage
        self._write_numbers()
        self.keeper.begin_anew(self.step - 1)
        self.writer.event(
            "stage",
            number=self.stage,
            step=self.step - 1,
            steps_per_epoch=self.recipe.steps_per_epoch,
            planned_steps=self._planned_steps(),
        )
        self._tell_verdict()

    def _planned_steps(self) -> int:
        """Steps of the whole run, if all epochs ahead are as long as this one."""
        recipe = self.recipe
        ahead = (recipe.epochs - recipe.epoch) * recipe.steps_per_epoch - recipe.position
        if limit := getattr(recipe, "limits", [0])[-1]:  # the last epoch will be cut short
            ahead -= -limit % recipe.steps_per_epoch
        return self.step + max(0, ahead)

    def _keep_others(self, metrics: dict[str, torch.Tensor]) -> None:
        for name, value in metrics.items():
            if name.startswith(EVERY) and name != DENSE:
                self._others.setdefault(name, []).append((self.step - 1, value))

    def _epoch_ended(self, metrics: dict[str, torch.Tensor]) -> None:
        told = {name: one for name, one in metrics.items() if not name.startswith(EVERY)}
        self._ended_epochs.append((self.recipe.epoch, self.step, told))
        value = metrics.get("val_loss")
        if value is not None:
            self.keeper.offer_best(self.step, value)
        if self.keeper.is_due():
            self._due = 0.0  # what is kept at the end of an epoch waits for no other

    def _tick(self) -> None:
        """Write what has come, look for requests, keep what is worth keeping."""
        epochs_ended = bool(self._ended_epochs)
        self._write_numbers()
        self._look_for_requests()
        if epochs_ended and self.recipe.position == 0:
            self.keeper.maybe_checkpoint(self.step, self._told_checkpoint)
        if epochs_ended:
            self.seen.maybe_look(self.step)
        self.keeper.maybe_snapshot(self.step, self._told_checkpoint)
        self._due = time.perf_counter() + TICK

    def _write_numbers(self) -> None:
        if not self._losses:
            return
        values = torch.stack(self._losses).detach().to("cpu", torch.float32).numpy()
        first = self.step - len(values)
        self._losses.clear()
        good = np.isfinite(values)
        if not good.all():
            self._fail_at(values, first, int(np.argmin(good)))
        self.writer.append(DENSE, values)
        self._write_others()
        self._write_epochs(values, first)
        self.writer.flush()

    def _write_others(self) -> None:
        for name, told in self._others.items():
            numbers = torch.stack([value for _, value in told]).detach().to("cpu", torch.float32)
            for (step, _), number in zip(told, numbers.tolist(), strict=True):
                self.writer.append_at(name, step, number)
            self._measured.metrics[name] = number
        self._others.clear()

    def _write_epochs(self, values: np.ndarray, first: int) -> None:
        begin = first
        for epoch, step, tensors in self._ended_epochs:
            self._measured.add(values[begin - first : step - first].tolist())
            begin = step
            metrics = {name: float(value) for name, value in tensors.items()}
            for name, value in metrics.items():
                self.writer.append_at(name, step, value)
            metrics[DENSE] = self._measured.end_epoch()
            self._measured.metrics.update(metrics)
            self.writer.event("epoch", epoch=epoch, step=step, metrics=metrics)
        self._measured.add(values[begin - first :].tolist())
        if self._ended_epochs:
            self._tell_verdict()
        self._ended_epochs.clear()

    def _tell_verdict(self) -> None:
        """What the recipe has found out about weights and data, each once."""
        report = str(getattr(self.recipe, "report", ""))
        if report and report != self._report:
            self._report = report
            self.note("weights", report)
        verdict = str(getattr(self.recipe, "verdict", ""))
        if verdict and verdict != self._verdict:
            self._verdict = verdict
            self.note("verdict", verdict)

    def _fail_at(self, values: np.ndarray, first: int, index: int) -> None:
        """A loss that is no number: find its cause, keep the state before it, end the run."""
        self.writer.append(DENSE, values[: index + 1])
        for epoch_end in [e for e in self._ended_epochs if e[1] <= first + index]:
            for name, value in epoch_end[2].items():
                self.writer.append_at(name, epoch_end[1], float(value))
        self.writer.flush()
        self._fail_replaying(first + index)

    def _fail_replaying(self, last: int) -> None:
        self._end_others()
        state, step = self.keeper.good_before(last)
        found = not_finite.find(self.recipe, state, step, last, self.nodes)
        self.step = found.step
        self._told_checkpoint(self.keeper.checkpoint(self.step))
        raise RunFailed(found.failure)

    def abandon(self) -> None:
        """Write what can still be written after a step has failed."""
        with suppress(Exception):  # whatever the device still gives
            self._write_numbers()

    def failed(self, failure: Failure) -> None:
        """Tell why the run ends."""
        self.writer.event(
            "failed",
            reason=failure.reason,
            node=failure.node,
            text=failure.text,
            detail=failure.detail,
        )
        self.writer.close()

    def _checkpoint(self) -> None:
        """Keep the present state, if every weight is a number."""
        self._write_numbers()
        if not self.keeper.finite():
            self._fail_replaying(self.step - 1)
        self._told_checkpoint(self.keeper.checkpoint(self.step))

    def _told_checkpoint(self, file: Path | None) -> None:
        if file is not None:
            self.writer.event("checkpoint", step=self.step, file=f"checkpoints/{file.name}")

    def _end_others(self) -> None:
        """From here on this process works alone."""
        self.keeper.others = None
        if self.group is not None:
            self.group.end()

    def _finish(self) -> None:
        self._checkpoint()
        self._end_others()
        self.seen.look(self.step)
        self._evaluate()
        self.keeper.write_best(self.step)
        self._tell_verdict()
        self.writer.event("done", metrics=self._measured.metrics)

    def _evaluate(self) -> None:
        """Read the test part, which counts, or leave it closed where the run shall not read it."""
        if not read_info(self.path).evaluates:
            settle(self.recipe)
            return
        measured = {name: float(value) for name, value in self.recipe.finish().items()}
        for name, value in measured.items():
            self.writer.append_at(name, self.step, value)
        self._measured.metrics.update(measured)
        scores = {name: value for name, value in measured.items() if name.startswith("test_")}
        if scores:
            self.writer.event(
                "evaluated",
                step=self.step,
                weights="last",
                times=readings(self.path).times + 1,
                metrics=scores,
            )

    def _look_for_requests(self) -> None:
        for request in take(self.path, self._after):
            self._after = request.id
            ok, message = self._answers[request.do](self, request)
            self.writer.event("answered", id=request.id, ok=ok, message=message)

    def _pause(self, request: Request) -> tuple[bool, str]:
        if not self._paused:
            self._paused = True
            self._checkpoint()
            self.writer.event("paused", step=self.step)
        return True, ""

    def _continue(self, request: Request) -> tuple[bool, str]:
        if self._paused:
            self._paused = False
            self._next_at = max(self._next_at, time.perf_counter())
            self.writer.event("continued", step=self.step)
        return True, ""

    def _one_step(self, request: Request) -> tuple[bool, str]:
        if not self._paused:
            self._pause(request)
        self._single_steps += 1
        return True, ""

    def _stop(self, request: Request) -> tuple[bool, str]:
        self.stop_reason = self.stop_reason or "stopped"
        return True, ""

    def _set_speed(self, request: Request) -> tuple[bool, str]:
        speed = request.values["steps_per_second"]
        self._interval = 0.0 if speed is None else 1 / speed
        self._next_at = time.perf_counter()
        self.writer.event("speed", steps_per_second=speed)
        return True, ""

    def _set_epochs(self, request: Request) -> tuple[bool, str]:
        epochs = int(request.values["epochs"])
        if epochs < self.recipe.epoch:
            return False, (
                f"epochs: expected at least {self.recipe.epoch}, which are done, got {epochs}. "
                "Choose a larger number."
            )
        self.recipe.epochs = epochs
        if self.group is not None:
            self.group.plan(epochs)
        self.writer.event("epochs", epochs=epochs, planned_steps=self._planned_steps())
        return True, ""

    _answers: ClassVar[dict[str, Callable[[Training, Request], tuple[bool, str]]]] = {
        "pause": _pause,
        "continue": _continue,
        "step": _one_step,
        "stop": _stop,
        "speed": _set_speed,
        "epochs": _set_epochs,
    }
