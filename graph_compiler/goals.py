"""What each of several outputs of a network learns: which targets, with which loss and weight.

Owns what follows from the data where nothing is chosen, and what does not go together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from graph_compiler.layer import Mismatch
from graph_compiler.losses import CLASSES, WEIGHABLE, fitting_losses, wanted_numbers
from graph_compiler.model import Answer, DataFacts, Goal


@dataclass(frozen=True, slots=True)
class Learned:
    """What an output learns, worked out."""

    output: str
    targets: tuple[str, ...]
    columns: tuple[int, ...]
    """Places of the targets among all; empty where the data have but one."""
    kind: str
    loss: str
    weight: float
    count: int
    """How many classes, labels or numbers it learns."""
    outputs: int
    """How many numbers the loss wants for one example."""
    places: tuple[int, ...] = ()
    """Axes behind those, as of a mask."""
    class_weights: str = "none"

    @property
    def shape(self) -> tuple[int, ...]:
        """What the output has to be for one example."""
        return (self.outputs, *self.places)


def answers_of(data: DataFacts) -> tuple[Answer, ...]:
    """The targets one by one; of data with a single kind of target that alone."""
    whole = Answer("target", data.target, data.outputs, data.classes, data.places)
    return data.answers or (whole,)


def places_of(data: DataFacts) -> dict[str, tuple[int, ...]]:
    """Target to its columns among all."""
    return columns_by_answer(data.answers)


def columns_by_answer(answers: Sequence[Answer]) -> dict[str, tuple[int, ...]]:
    """The same: a class is one number, a mask one for each of its pixels, others are as many as
    they have."""
    found: dict[str, tuple[int, ...]] = {}
    start = 0
    for one in answers:
        width = one.outputs
        if one.kind in CLASSES:
            width = prod(one.places)
        found[one.name] = tuple(range(start, start + width))
        start += width
    return found


def learned_by(
    outputs: Sequence[str], goals: Mapping[str, Goal], data: DataFacts
) -> tuple[dict[str, Learned], dict[str, Mismatch]]:
    """What every output learns, and for the others what is in the way."""
    found: dict[str, Learned] = {}
    faults: dict[str, Mismatch] = {}
    for output in outputs:
        try:
            found[output] = _learned(output, goals.get(output, Goal()), data)
        except Mismatch as fault:
            faults[output] = fault
    return found, faults


def _learned(output: str, goal: Goal, data: DataFacts) -> Learned:
    answers = answers_of(data)
    names = [one.name for one in answers]
    chosen = goal.targets or ((output,) if output in names else ())
    if not chosen and len(answers) == 1:
        chosen = (answers[0].name,)
    taken = [one for one in answers if one.name in chosen]
    unknown = [name for name in chosen if name not in names]
    if unknown or not taken:
        raise Mismatch(
            "goal_does_not_fit",
            "targets",
            expected=f"one of the targets ({', '.join(names)})",
            got=f'"{ascii(unknown[0])[1:-1][:60]}"' if unknown else "none",
            remedy=f"Choose in the plan what {output} learns, or call it like a target.",
        )
    kinds = {one.kind for one in taken}
    if len(taken) > 1 and (len(kinds) > 1 or kinds & set(CLASSES)):
        raise Mismatch(
            "goal_does_not_fit",
            "targets",
            expected="one class, or several numbers or labels, for one output",
            got=", ".join(f"{one.name} ({one.kind})" for one in taken),
            remedy="Give each class an output of its own.",
        )
    (kind,) = kinds
    count = sum(one.outputs for one in taken)
    places = taken[0].places
    losses = fitting_losses(kind, count, places)
    loss = goal.loss or (losses[0] if losses else "")
    if loss not in losses:
        raise Mismatch(
            "loss_does_not_fit",
            "loss",
            expected=f"a loss for {', '.join(chosen)} ({', '.join(losses) or 'there is none'})",
            got=loss or "none",
            remedy=f"Set the loss to {losses[0]}." if losses else "Choose other data.",
        )
    if goal.class_weights != "none" and kind not in CLASSES:
        raise Mismatch(
            "goal_does_not_fit",
            "class_weights",
            expected=f"none, as {', '.join(chosen)} has no classes",
            got=goal.class_weights,
            remedy="Set the class weights to none.",
        )
    if goal.class_weights != "none" and loss not in WEIGHABLE:
        raise Mismatch(
            "goal_does_not_fit",
            "class_weights",
            expected=f"none, as {loss} counts all classes alike",
            got=goal.class_weights,
            remedy="Set the class weights to none.",
        )
    return Learned(
        output,
        tuple(one.name for one in taken),
        tuple(place for one in taken for place in places_of(data).get(one.name, ())),
        kind,
        loss,
        goal.weight,
        count,
        wanted_numbers(loss, kind, count, places) or count,
        places,
        goal.class_weights,
    )
