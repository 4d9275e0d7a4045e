"""The perceptron: what its rule can train, what it cannot learn, and why gradients pass it by."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import TRANSPARENT, NetworkCheck, Sight, backwards
from graph_compiler.checks.stacking import LEARNED_MAPS
from graph_compiler.code_rules import FAMILY as CODE
from graph_compiler.codes import problem
from graph_compiler.flow import Place
from graph_compiler.model import Purpose
from graph_compiler.problems import (
    AppendNode,
    Fix,
    InsertOnWire,
    Problem,
    RemoveNode,
    SetParam,
    SetPlan,
    Step,
)
from graph_compiler.slots import Slot

NOT_SEPARABLE = frozenset({"xor", "moons", "circles", "spirals"})
"""Data whose two classes no straight line separates."""

HIDDEN_UNITS = 4
HIDDEN_EPOCHS = 100
HIDDEN_RATE = 0.05
"""With these the four corners of xor were learned from each of forty random starts."""
GRADIENT_RATE = 0.01
"""The rule's own rate, usually 1, would be far too large for gradient descent."""


def _learned(sight: Sight) -> list[Slot]:
    found = [slot for family in LEARNED_MAPS for slot in sight.of_family(family)]
    learned = [slot for slot in found if slot.node.type != "PolynomialFeatures"]
    return sorted(learned, key=lambda slot: slot.name)


def _rule(sight: Sight) -> Iterable[Problem]:
    """Rosenblatt's rule knows what to tell one layer of units, and nothing more."""
    purpose = sight.purpose
    if purpose is None or purpose.recipe != "perceptron":
        return
    learned = _learned(sight)
    outputs = sight.of_type("Output")
    if purpose.data is not None and _several_classes(purpose):
        yield problem(
            "perceptron_rule",
            outputs[0].name if outputs else "",
            expected="two classes for the perceptron rule",
            got=_target(purpose),
            remedy="Train with gradient descent.",
            fixes=(_gradient_fix(sight, purpose),),
        )
        return
    if len(learned) > 1:
        for slot in learned[1:]:
            yield problem(
                "perceptron_rule",
                slot.name,
                expected="one Linear for the perceptron rule",
                got=f"{len(learned)} layers that learn",
                remedy="Train with gradient descent, or remove the layer.",
                fixes=(_gradient_fix(sight, purpose),),
            )
    elif not learned and outputs:
        yield problem(
            "perceptron_rule",
            outputs[0].name,
            expected="one Linear for the perceptron rule",
            got="no layer that learns",
            remedy="Insert Linear with 1 unit before it.",
            fixes=(
                Fix(
                    "Insert Linear with 1 unit",
                    (InsertOnWire(outputs[0].name, "input", "Linear", (("out_features", 1),)),),
                    "N×1",
                ),
            ),
        )
    elif learned and learned[0].wires_out and not _fires(outputs):
        yield problem(
            "perceptron_rule",
            learned[0].name,
            "output",
            expected="a Step behind it, for the perceptron rule",
            got="none",
            remedy="Insert Step.",
            fixes=(
                Fix(
                    "Insert Step",
                    (AppendNode(learned[0].name, "output", "Step"),),
                    str(learned[0].outputs[0]) if learned[0].outputs else "",
                ),
            ),
        )


def _several_classes(purpose: Purpose) -> bool:
    data = purpose.data
    return data is not None and (data.target != "class" or data.outputs != 2)


def _target(purpose: Purpose) -> str:
    data = purpose.data
    if data is None or data.target != "class":
        return "numbers as targets"
    return f"the {data.outputs} classes of {data.name}"


def _fires(outputs: list[Slot]) -> bool:
    """Whether the last layer before the only output fires or not."""
    for output in outputs:
        last = next((b for b in backwards(output) if b.family not in TRANSPARENT), None)
        if last is None or last.node.type not in ("Step", "Perceptron"):
            return False
    return True


def _fitting_loss(purpose: Purpose) -> str:
    data = purpose.data
    if data is not None and data.target == "value":
        return "mse"
    return "cross_entropy" if data is not None and data.outputs > 2 else "bce_with_logits"


def _gradient_fix(sight: Sight, purpose: Purpose) -> Fix:
    """Every Step gets a slope or goes, and the plan changes to gradient descent."""
    steps: list[Step] = []
    last = _last_before_output(sight)
    for slot in sight.of_type("Step"):
        if slot is not last and slot.ports:
            steps.append(InsertOnWire(slot.name, slot.ports[0], "Tanh"))
        steps.append(RemoveNode(slot.name))
    for slot in sight.of_type("Perceptron"):
        steps += _in_place(slot, "Linear" if slot is last else "Tanh")
    steps.append(SetPlan("recipe", "supervised"))
    steps.append(SetPlan("loss", _fitting_loss(purpose)))
    steps.append(SetPlan("learning_rate", GRADIENT_RATE))
    return Fix("Train with gradient descent", tuple(steps))


def _in_place(slot: Slot, end: str) -> tuple[Step, ...]:
    """Steps that put a Linear in the place of a perceptron, with a function behind it or none."""
    if not slot.wires_in or not slot.outputs:
        return ()
    port, units = slot.ports[0], int(slot.outputs[0].last)
    steps: list[Step] = [InsertOnWire(slot.name, port, "Linear", (("out_features", units),))]
    if end != "Linear":
        steps.append(InsertOnWire(slot.name, port, end))
    return (*steps, RemoveNode(slot.name))


def _last_before_output(sight: Sight) -> Place | None:
    outputs = sight.of_type("Output")
    if len(outputs) != 1:
        return None
    return next((b for b in backwards(outputs[0]) if b.family not in TRANSPARENT), None)


def _separable(sight: Sight) -> Iterable[Problem]:
    purpose = sight.purpose
    if purpose is None or purpose.data is None or purpose.data.name not in NOT_SEPARABLE:
        return
    learned = _learned(sight)
    if purpose.recipe not in ("perceptron", "supervised") or len(learned) != 1:
        return
    only = learned[0]
    if only.family != "dense" or not only.wires_in or not only.wires_out:
        return
    if sight.of_family(CODE):  # nobody knows what it computes
        return
    yield problem(
        "not_separable",
        only.name,
        expected="a hidden layer, as no straight line separates the classes of "
        f"{purpose.data.name}",
        got="one layer, which draws one straight line",
        remedy="Add a hidden layer.",
        fixes=(_hidden_layer(sight, only, purpose),),
    )


def _hidden_layer(sight: Sight, only: Slot, purpose: Purpose) -> Fix:
    """Hidden units with a slope before the layer, and gradient descent in place of the rule."""
    port = only.ports[0]
    steps: list[Step] = [
        InsertOnWire(only.name, port, "Linear", (("out_features", HIDDEN_UNITS),)),
        InsertOnWire(only.name, port, "Tanh"),
    ]
    if getattr(only.params, "in_features", None) is not None:
        steps.append(SetParam(only.name, "in_features", None))
    steps.extend(RemoveNode(slot.name) for slot in sight.of_type("Step"))
    if only.node.type == "Perceptron":
        steps += _in_place(only, "Linear")
    if purpose.recipe == "perceptron":
        steps += [
            SetPlan("recipe", "supervised"),
            SetPlan("loss", "bce_with_logits"),
            SetPlan("learning_rate", HIDDEN_RATE),
            SetPlan("epochs", HIDDEN_EPOCHS),
        ]
    return Fix("Add a hidden layer", tuple(steps), str(only.outputs[0]) if only.outputs else "")


def _no_gradient(sight: Sight) -> Iterable[Problem]:
    purpose = sight.purpose
    if purpose is None or purpose.recipe == "perceptron":
        return
    last = _last_before_output(sight)
    for slot in sight.of_type("Step"):
        shape = str(slot.outputs[0]) if slot.outputs else ""
        fixes = []
        raw = purpose.loss in ("cross_entropy", "bce_with_logits", "mse", "l1", "huber")
        if slot is last and raw:
            fixes.append(Fix(f"Remove {slot.name}", (RemoveNode(slot.name),), shape))
        if slot.wires_in:
            steps = (InsertOnWire(slot.name, slot.ports[0], "Sigmoid"), RemoveNode(slot.name))
            fixes.append(Fix("Replace it by Sigmoid", steps, shape))
        if len(_learned(sight)) == 1 and not _several_classes(purpose):
            fixes.append(
                Fix("Train with the perceptron rule", (SetPlan("recipe", "perceptron"),), shape)
            )
        yield problem(
            "step_has_no_gradient",
            slot.name,
            "output",
            expected="a slope for gradient descent",
            got="a slope of zero everywhere, so nothing before it learns",
            remedy=f"{fixes[0].label}." if fixes else "Replace it by Sigmoid.",
            fixes=tuple(fixes),
        )
    for slot in sight.of_type("Perceptron"):
        yield _fired_without_slope(sight, slot, purpose)


def _fired_without_slope(sight: Sight, slot: Slot, purpose: Purpose) -> Problem:
    shape = str(slot.outputs[0]) if slot.outputs else ""
    fixes = []
    if len(_learned(sight)) == 1 and not _several_classes(purpose):
        fixes.append(
            Fix("Train with the perceptron rule", (SetPlan("recipe", "perceptron"),), shape)
        )
    steps = _in_place(slot, "Sigmoid")
    if steps:
        fixes.append(Fix("Replace it by Linear and Sigmoid", steps, shape))
    return problem(
        "step_has_no_gradient",
        slot.name,
        "output",
        expected="a slope for gradient descent",
        got="a slope of zero everywhere, so it learns nothing",
        remedy=f"{fixes[0].label}." if fixes else "Replace it by Linear and Sigmoid.",
        fixes=tuple(fixes),
    )


RULE = NetworkCheck(_rule)
SEPARABLE = NetworkCheck(_separable)
NO_GRADIENT = NetworkCheck(_no_gradient)
