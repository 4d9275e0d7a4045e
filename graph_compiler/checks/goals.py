"""Does each of several outputs give what its own loss compares with its targets?"""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NetworkCheck, Sight
from graph_compiler.checks.target import activation_faults, answer_fixes
from graph_compiler.codes import problem
from graph_compiler.goals import Learned, answers_of, learned_by
from graph_compiler.model import DataFacts, Purpose
from graph_compiler.problems import Fix, Problem, SetPlan
from graph_compiler.slots import Slot
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

RECIPE = "several_outputs"


def _goals(sight: Sight) -> Iterable[Problem]:
    purpose = sight.purpose
    if purpose is None or purpose.data is None or purpose.output != "several":
        return
    slots = {slot.name: slot for slot in sight.of_type("Output")}
    found, faults = learned_by(tuple(slots), purpose.goals, purpose.data)
    for name, fault in faults.items():
        yield problem(
            fault.code,
            name,
            expected=fault.expected,
            got=fault.got,
            remedy=fault.remedy,
        )
    for name, learned in found.items():
        yield from _answer(slots[name], learned, purpose.data)
        yield from activation_faults(slots[name], learned.loss, learned.kind, f"{name}.loss")


def _answer(output: Slot, learned: Learned, data: DataFacts) -> Iterable[Problem]:
    if not output.outputs or output.outputs[0].shape[1:] == learned.shape:
        return
    y = output.outputs[0]
    fixes: tuple[Fix, ...] = ()
    if len(learned.shape) == 1:
        one = DataFacts(data.name, data.shape, learned.kind, learned.outputs)
        purpose = Purpose(one, RECIPE, learned.loss)
        fixes = tuple(answer_fixes(output, y, learned.outputs, purpose, one))
    wanted = TensorType((N, *learned.shape))
    yield problem(
        "output_differs_from_target",
        output.name,
        "input",
        expected=f"{wanted} (for {', '.join(learned.targets)} with {learned.loss})",
        got=f"{y}",
        remedy=f"{fixes[0].label}." if fixes else f"Make it {wanted}.",
        fixes=fixes,
    )


def _kinds(sight: Sight) -> Iterable[Problem]:
    """Targets of several kinds want an output each, and a recipe that knows several."""
    purpose = sight.purpose
    if purpose is None or purpose.data is None or purpose.data.target != "several":
        return
    if purpose.output in ("several", "free", "input"):
        return
    outputs = sight.of_type("Output")
    if not outputs:
        return
    names = [f"{one.name} ({one.kind})" for one in answers_of(purpose.data)]
    yield problem(
        "several_targets",
        outputs[0].name,
        expected="targets of one kind",
        got=", ".join(names),
        remedy="Learn each at an output of its own, or make the others no targets.",
        fixes=(Fix("Learn at several outputs", (SetPlan("recipe", RECIPE),)),),
    )


GOALS = NetworkCheck(_goals)
KINDS = NetworkCheck(_kinds)
