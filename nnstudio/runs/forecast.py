"""What every stage of a run will need of a device's memory, by part, and the largest batch.

Arithmetic over the facts of a check, without torch. Weights, gradients and optimizer are exact;
activations are those that the way back reads and the most that it makes at once; what the program
itself takes is a usual value. docs/forecast.md says how far off the whole can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from graph_compiler.checker import check_project
from graph_compiler.report import paths
from graph_compiler.summary import summarize
from nnstudio.document.patterns import fits
from nnstudio.document.recipes import networks_of, recipes, settings_and_faults
from nnstudio.document.sources import DataError, facts, sources
from nnstudio.document.tabular import is_streamed
from nnstudio.runs.optimizer_memory import FLOAT, optimizer_bytes, step_bytes

if TYPE_CHECKING:
    from graph_compiler.model import Project, Stage
    from graph_compiler.report import NodeFacts, Report

LONG = 8
PROGRAM = 500_000_000
"""Bytes of the libraries and of what a device's driver takes for itself."""
COPIES = 3
"""States of the training at once: two good ones to go back to, and one that is being written."""
_FEW = 16
"""Examples of the batches whose difference tells what one more costs."""
_HALVED = 0.75
"""What is left of activations with 16-bit arithmetic: norms and losses stay as precise as ever."""
_LOSS = 3
"""How many times a network's output is there while the loss is worked out and followed back."""


class Weight(NamedTuple):
    """One learned tensor, and whether its stage leaves it as it is."""

    shape: tuple[int, ...]
    frozen: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes that one stage needs, by part, for batches of `batch` examples."""

    stage: str
    batch: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    """What a step keeps for the way back, or a measurement needs at once, whichever is more."""
    data: int
    """The rows that lie on the device all the time."""
    averages: int
    copies: int
    """States that are kept to go back to."""
    program: int = PROGRAM
    per_example: int = 0
    """Activations that each further example of a batch costs."""
    measuring: int = 0
    """Activations of a measurement at once, whatever the batch."""
    rows: int = 0
    """Rows of the data in all, where that is known: no batch is larger."""

    @property
    def need(self) -> int:
        """All of it."""
        return self.fixed + self.activations

    @property
    def fixed(self) -> int:
        """What does not depend on the batch."""
        held = self.weights + self.gradients + self.optimizer + self.averages
        return held + self.data + self.copies + self.program

    def largest_batch(self, room: int) -> int:
        """The largest batch that fits into so many bytes; 0 where not even one example does."""
        left = room - self.fixed
        if left < self.measuring or left < self.per_example:
            return 0
        most = left // self.per_example if self.per_example else self.batch
        return min(most, self.rows) if self.rows else most

    @property
    def parts(self) -> dict[str, int]:
        """Every part by the word for it; those that need nothing are left out."""
        named = {
            "weights": self.weights,
            "gradients": self.gradients,
            "optimizer": self.optimizer,
            "activations": self.activations,
            "data": self.data,
            "averages of weights": self.averages,
            "states to go back to": self.copies,
            "program": self.program,
        }
        return {word: size for word, size in named.items() if size}


def forecasts(project: Project, known: Mapping[str, Report] | None = None) -> tuple[Forecast, ...]:
    """What each stage needs, in the plan's order, but for those with errors."""
    known = known if known is not None else check_project(project)
    found = (_of_stage(project, stage, known) for stage in project.plan.stages)
    return tuple(one for one in found if one is not None)


def forecast(project: Project, known: Mapping[str, Report] | None = None) -> Forecast | None:
    """What the stage needs that needs the most; None where a network or a setting has errors."""
    return max(forecasts(project, known), key=lambda one: one.need, default=None)


def weights_of(report: Report, frozen: tuple[str, ...] = ()) -> list[Weight]:
    """Every learned tensor of a network once, those in blocks and turns included."""
    found = []
    for path, node in paths(report.nodes):
        if node.parameters and not node.inside and not node.bypassed:
            still = bool(frozen) and fits(path, frozen)
            found += [Weight(tuple(shape), still) for shape in node.weights.values()]
    return found


def _of_stage(project: Project, stage: Stage, known: Mapping[str, Report]) -> Forecast | None:
    settings, faults = settings_and_faults(stage, project.variables)
    roles = networks_of(stage)
    names = list(dict.fromkeys(roles.values()))
    if faults or not all(name in known and known[name].ok for name in names):
        return None
    spec = recipes()[stage.recipe]
    learners = 1 + spec.twins
    own = [weight for name in names for weight in weights_of(known[name], stage.frozen)]
    learning = [weight.shape for weight in own if not weight.frozen] * learners
    buffers = sum(_buffers(known[name].nodes) for name in names)
    weights = learners * (FLOAT * sum(prod(one.shape) for one in own) + buffers)
    name = str(settings.get("optimizer", "sgd" if "momentum" in settings else ""))
    gradients = FLOAT * sum(map(prod, learning)) if name else 0
    optimizer = optimizer_bytes(name, learning, settings)
    averages = weights // learners + LONG if float(settings.get("ema_decay", 0)) > 0 else 0
    share = _HALVED if settings.get("precision", "float32") != "float32" else 1.0
    rows, row = _rows(project)
    batch = _batch(rows, settings)
    measured = min(spec.measured or batch, rows or batch)
    costs = {role: _costs(project, network, known) for role, network in roles.items()}
    per_example = round(share * _at_once(spec.alive(settings), costs))
    measuring = measured * sum(costs[role].alive for role in costs)
    stepping = step_bytes(name, learning)
    state = weights + optimizer + averages
    return Forecast(
        stage.name,
        batch,
        weights,
        gradients,
        optimizer,
        max(per_example * batch, measuring, stepping),
        rows * row,
        averages,
        COPIES * state + weights,
        per_example=per_example,
        measuring=max(measuring, stepping),
        rows=_known_rows(project),
    )


class _Costs(NamedTuple):
    """Bytes of activations that one example of a large batch costs a network."""

    kept: int
    alive: int
    """The most that is there at once and not kept."""
    end: int
    """What it puts out."""


def _costs(project: Project, name: str, known: Mapping[str, Report]) -> _Costs:
    graph = project.graph(name)
    one, other = (summarize(graph, batch) for batch in (_FEW, 2 * _FEW))
    kept = -(-(other.training_memory - one.training_memory) // _FEW)
    alive = -(-(other.forward_memory - one.forward_memory) // _FEW)
    briefly = -(-(other.backward_memory - one.backward_memory) // _FEW)
    return _Costs(kept, alive + briefly, _end(known[name]))


def _end(report: Report) -> int:
    """Bytes that a network puts out for one example."""
    found = 0
    for node in report.nodes.values():
        if node.type == "Output":
            for x in node.inputs:
                found += FLOAT * prod(int(size) for size in x.shape[1:])
    return found


def _at_once(ways: tuple[Mapping[str, int], ...], costs: Mapping[str, _Costs]) -> int:
    """The most that any part of a step needs: what its passes keep, and one network's way back."""
    return max(
        sum(times * costs[role].kept for role, times in way.items())
        + max(
            times * max(costs[role].alive, _LOSS * costs[role].end) for role, times in way.items()
        )
        for way in ways
    )


def _batch(rows: int, settings: Mapping[str, Any]) -> int:
    size = int(settings.get("batch_size", 1))
    return max(1, min(size, rows) if rows else size)


def _known_rows(project: Project) -> int:
    try:
        return facts(project.data, project.variables).rows
    except DataError:
        return 0


def _rows(project: Project) -> tuple[int, int]:
    """How many rows lie on the device, and the bytes of each; none where they are streamed."""
    try:
        found = facts(project.data, project.variables)
    except DataError:
        return 0, 0
    spec = sources().get(project.data.source)
    if spec is None or is_streamed(project.data):
        return 0, 0
    given = prod(found.shape) * (LONG if found.dtype == "int" else FLOAT)
    answers = {"class": LONG, "none": 0}.get(found.target, FLOAT * max(found.outputs, 1))
    return found.rows, given + answers * prod(found.places)


def _buffers(nodes: Mapping[str, NodeFacts]) -> int:
    """Running means, variances and counts of batch norm."""
    return sum(
        sum(2 * FLOAT * prod(shape) for shape in list(node.weights.values())[:1]) + LONG
        for node in _leaves(nodes)
        if node.type.startswith("BatchNorm") and node.weights
    )


def _leaves(nodes: Mapping[str, NodeFacts]) -> Iterator[NodeFacts]:
    for _, node in paths(nodes):
        if not node.inside and not node.bypassed:
            yield node
