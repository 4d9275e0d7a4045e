"""Does the network take what the data gives, and give what the loss compares with the target?"""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import TRANSPARENT, NetworkCheck, Sight, backwards
from graph_compiler.checks.stacking import flatten_steps, reads_image
from graph_compiler.codes import problem
from graph_compiler.flow import Inner, Place
from graph_compiler.losses import BINARY, COUNTING, fitting_losses, wanted_numbers
from graph_compiler.model import DataFacts, Purpose
from graph_compiler.problems import (
    Fix,
    InsertOnWire,
    Problem,
    RemoveNode,
    SetData,
    SetParam,
    SetPlan,
    Step,
)
from graph_compiler.slots import Slot
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

_BOUNDED = {
    "Softmax": "shares that add up to 1",
    "Sigmoid": "values from 0 to 1",
    "Tanh": "values from -1 to 1",
    "ReLU": "no negative values",
    "Step": "0 or 1",
}


_SEVERAL = (Fix("Learn at several outputs", (SetPlan("recipe", "several_outputs"),)),)


def _single(sight: Sight) -> Iterable[Problem]:
    """Examples from one table or picture set enter at one place and are judged at one."""
    if sight.purpose is None or sight.purpose.data is None:
        return
    if sight.purpose.output == "free" or sight.purpose.data.form != "examples":
        return
    for type, code in (("Input", "several_inputs"), ("Output", "several_outputs")):
        found = sight.of_type(type)
        if type == "Output" and sight.purpose.output == "several":
            continue
        for slot in found[1:]:
            yield problem(
                code,
                slot.name,
                expected=f"one {type} for {sight.purpose.data.name}",
                got=f"{len(found)}",
                remedy="Remove it, join the branches, or let each output learn on its own."
                if type == "Output"
                else "Remove it, or join the branches.",
                fixes=(
                    Fix(f"Remove {slot.name}", (RemoveNode(slot.name),)),
                    *(_SEVERAL if type == "Output" else ()),
                ),
            )


def _input(sight: Sight) -> Iterable[Problem]:
    data = sight.purpose.data if sight.purpose else None
    inputs = sight.of_type("Input")
    if data is None or len(inputs) != 1 or not inputs[0].outputs:
        return
    slot = inputs[0]
    if slot.outputs[0].dtype != data.dtype:
        yield _not_as_given(slot, data)
    shape = slot.outputs[0].shape[1:]
    if shape == data.shape:
        return
    wanted = _sizes(data.shape)
    fixes = [
        Fix(
            f"Set the shape to {wanted}",
            (SetParam(slot.name, "shape", tuple(data.shape)),),
            str(TensorType((N, *data.shape))),
        )
    ]
    if data.name == "digits" and len(shape) == 3 and shape[0] == 1 and shape[1] == shape[2]:
        size = int(shape[1])
        if 4 <= size <= 64:
            fixes.append(Fix(f"Resize the digits to {size}×{size}", (SetData("size", size),)))
    yield problem(
        "input_differs_from_data",
        slot.name,
        "shape",
        expected=f"{_example(data.shape)}, the shape of one example of {data.name}",
        got=_example(shape),
        remedy=f"Set the shape to {wanted}.",
        fixes=tuple(fixes),
    )


def _not_as_given(slot: Slot, data: DataFacts) -> Problem:
    words = {"int": "whole numbers", "bool": "true and false", "float": "real numbers"}
    dtype = slot.outputs[0].dtype
    return problem(
        "input_differs_from_data",
        slot.name,
        "dtype",
        expected=f"{words[data.dtype]}, as {data.name} gives them",
        got=words.get(dtype, dtype),
        remedy=f"Set numbers to {data.dtype}.",
        fixes=(
            Fix(
                f"Set numbers to {data.dtype}",
                (SetParam(slot.name, "dtype", data.dtype),),
                str(TensorType(slot.outputs[0].shape, data.dtype)),
            ),
        ),
    )


def _sizes(shape: tuple[object, ...]) -> str:
    return "×".join(str(size) for size in shape)


def _example(shape: tuple[object, ...]) -> str:
    if not shape:
        return "a single number"
    return f"{shape[0]} numbers" if len(shape) == 1 else _sizes(shape)


def _loss(sight: Sight) -> Iterable[Problem]:
    """A loss for classes compares scores with a class, one for numbers compares numbers."""
    purpose, output = sight.purpose, _output(sight)
    if purpose is None or purpose.data is None or output is None:
        return
    data, loss = purpose.data, purpose.loss
    losses = fitting_losses(data.target, data.outputs, data.places)
    if purpose.recipe != "supervised" or not losses or loss in losses:
        return
    if data.target == "value":
        expected = f"a loss for numbers, as {data.name} asks for one"
    elif data.target == "labels":
        expected = f"a loss for the {data.outputs} labels of {data.name}, any of which may hold"
    elif loss in COUNTING:
        expected = f"a loss for the classes of {data.name}"
    else:
        expected = f"a loss for the {data.outputs} classes of {data.name}"
    better = losses[0]
    yield problem(
        "loss_does_not_fit",
        output.name,
        expected=expected,
        got=loss,
        remedy=f"Set the loss to {better}.",
        fixes=(Fix(f"Set the loss to {better}", (SetPlan("loss", better),)),),
    )


def _output(sight: Sight) -> Slot | None:
    outputs = sight.of_type("Output")
    return outputs[0] if len(outputs) == 1 else None


def wanted_shape(purpose: Purpose, data: DataFacts) -> tuple[tuple[int, ...], str] | None:
    """The output's shape for one example, and what its numbers are; None where none is told."""
    if purpose.output in ("free", "several"):
        return None
    if purpose.output == "target" and data.target == "several":
        return None
    if purpose.output == "input":
        return data.shape, "the input again"
    if purpose.output == "tokens":
        return (*data.shape, data.outputs), f"a score for each of {data.outputs} words everywhere"
    wanted = wanted_outputs(purpose, data)
    if wanted is None:
        return None
    count, what = wanted
    return (count, *data.places), what


def wanted_outputs(purpose: Purpose, data: DataFacts) -> tuple[int, str] | None:
    """How many numbers the loss wants for one target, and what they are; None where none fit."""
    if purpose.recipe == "perceptron":
        return (1, "whether the unit fires") if data.target == "class" else None
    count = wanted_numbers(purpose.loss, data.target, data.outputs, data.places)
    if count is None:
        return None
    if data.target == "value":
        if purpose.loss == "gaussian_nll":
            return count, "means, then the logarithms of variances"
        return count, "one number for each target" if count > 1 else "the number"
    if data.target == "labels":
        return count, f"one score for each of the {count} labels"
    if purpose.loss in BINARY:
        return count, "the score of the second class"
    return count, f"one score for each of the {count} classes"


def _answer(sight: Sight) -> Iterable[Problem]:
    purpose, output = sight.purpose, _output(sight)
    if purpose is None or purpose.data is None or output is None or not output.outputs:
        return
    data, y = purpose.data, output.outputs[0]
    wanted = wanted_shape(purpose, data)
    if wanted is None:
        return
    shape, what = wanted
    if y.shape[1:] == shape:
        return
    fixes: tuple[Fix, ...] = ()
    if len(shape) == 1 and purpose.output == "target":
        fixes = tuple(answer_fixes(output, y, shape[0], purpose, data))
    yield problem(
        "output_differs_from_target",
        output.name,
        "input",
        expected=f"{TensorType((N, *shape))} ({what})",
        got=f"{y}",
        remedy=f"{fixes[0].label}." if fixes else f"Make it {TensorType((N, *shape))}.",
        fixes=fixes,
    )


def answer_fixes(
    output: Slot, y: TensorType, count: int, purpose: Purpose, data: DataFacts
) -> Iterable[Fix]:
    """Ways to make an output as wide as `count`."""
    preview = str(TensorType((N, count)))
    port = output.ports[0]
    last = _last_dense(output)
    if y.rank == 2:
        if last is not None:
            yield Fix(
                f"Set the units of {last.name} to {count}",
                (_with_units(last, count),),
                preview,
            )
        else:
            yield Fix(
                f"Insert Linear with {_units(count)}",
                (InsertOnWire(output.name, port, "Linear", (("out_features", count),)),),
                preview,
            )
        if data.target == "class" and data.outputs == 2 and purpose.recipe == "supervised":
            loss = {1: "bce_with_logits", 2: "cross_entropy"}.get(int(y.last))
            if loss:
                yield Fix(f"Set the loss to {loss}", (SetPlan("loss", loss),), str(y))
        return
    dense = [slot for slot in backwards(output) if reads_image(slot)]
    if dense and last is not None:
        steps: tuple[Step, ...] = flatten_steps(dense[-1])
        label = f"Insert Flatten before {dense[-1].name}"
        if y.last != count:
            steps = (*steps, _with_units(last, count))
            label += f" and set the units of {last.name} to {count}"
        yield Fix(label, steps, preview)
        return
    flatten = InsertOnWire(output.name, port, "Flatten")
    if y.numel == count:
        yield Fix(f"Insert Flatten before {output.name}", (flatten,), preview)
        return
    if y.rank in (4, 5) and y.shape[1] == count:
        kind = f"AdaptiveAvgPool{y.rank - 2}d"
        yield Fix(
            f"Insert {kind} to {'×'.join('1' * (y.rank - 2))} and Flatten before {output.name}",
            (InsertOnWire(output.name, port, kind), flatten),
            preview,
        )
    linear = InsertOnWire(output.name, port, "Linear", (("out_features", count),))
    label = f"Insert Flatten and Linear with {_units(count)} before {output.name}"
    yield Fix(label, (flatten, linear), preview)


def _with_units(last: Place, count: int) -> SetParam:
    """The units set where they are said: on the layer, or on the block that passes them on."""
    given = last.node.params.get("out_features")
    holder = last.holder if isinstance(last, Inner) else None
    block = holder.structure.block(holder.node.type) if holder is not None else None
    if holder is not None and block is not None and given in (block.params or {}):
        return SetParam(holder.name, str(given), count)
    return SetParam(last.name, "out_features", count)


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def _last_dense(output: Slot) -> Place | None:
    """The dense layer that decides how many numbers come out; None where another layer does."""
    for before in backwards(output):
        if before.family == "dense":
            return before
        if before.family not in (*TRANSPARENT, "activation") or before.node.type == "Flatten":
            return None
    return None


def _activation(sight: Sight) -> Iterable[Problem]:
    purpose, output = sight.purpose, _output(sight)
    if purpose is None or output is None or purpose.recipe != "supervised":
        return
    target = purpose.data.target if purpose.data else ""
    yield from activation_faults(output, purpose.loss, target)


def activation_faults(
    output: Slot, loss: str, target: str, setting: str = "loss"
) -> Iterable[Problem]:
    """A last activation that the loss asks for, or does not want; `setting` names the loss."""
    last = next((b for b in backwards(output) if b.family not in TRANSPARENT), None)
    if last is None:
        return
    type = last.node.type
    if loss == "bce" and type not in ("Sigmoid", "Softmax", "Step"):
        yield _missing_sigmoid(output, setting)
    elif loss == "log_loss" and type != "Softmax":
        yield _missing_softmax(output, setting)
    elif loss in ("nll", "kl") and type != "LogSoftmax":
        yield _missing_log_softmax(output, loss, setting)
    elif (loss == "cross_entropy" and type in ("Softmax", "Sigmoid")) or (
        loss == "bce_with_logits" and type in ("Softmax", "Sigmoid")
    ):
        yield _applied_twice(last, loss, target, setting)
    elif target == "value" and type in _BOUNDED:
        yield _bounded(last)


def _missing_sigmoid(output: Slot, setting: str) -> Problem:
    sigmoid = InsertOnWire(output.name, output.ports[0], "Sigmoid")
    return problem(
        "activation_missing_before_loss",
        output.name,
        "input",
        expected="probabilities from 0 to 1 for the loss bce",
        got="any number",
        remedy="Set the loss to bce_with_logits, or insert Sigmoid.",
        fixes=(
            Fix("Set the loss to bce_with_logits", (SetPlan(setting, "bce_with_logits"),)),
            Fix("Insert Sigmoid", (sigmoid,), str(output.outputs[0]) if output.outputs else ""),
        ),
    )


def _missing_softmax(output: Slot, setting: str) -> Problem:
    softmax = InsertOnWire(output.name, output.ports[0], "Softmax")
    return problem(
        "activation_missing_before_loss",
        output.name,
        "input",
        expected="shares that add up to 1 for the loss log_loss",
        got="any numbers",
        remedy="Set the loss to cross_entropy, or insert Softmax.",
        fixes=(
            Fix("Set the loss to cross_entropy", (SetPlan(setting, "cross_entropy"),)),
            Fix("Insert Softmax", (softmax,), str(output.outputs[0]) if output.outputs else ""),
        ),
    )


def _missing_log_softmax(output: Slot, loss: str, setting: str) -> Problem:
    inserted = InsertOnWire(output.name, output.ports[0], "LogSoftmax")
    return problem(
        "activation_missing_before_loss",
        output.name,
        "input",
        expected=f"logarithms of shares for the loss {loss}",
        got="any numbers",
        remedy="Set the loss to cross_entropy, or insert LogSoftmax.",
        fixes=(
            Fix("Set the loss to cross_entropy", (SetPlan(setting, "cross_entropy"),)),
            Fix("Insert LogSoftmax", (inserted,), str(output.outputs[0]) if output.outputs else ""),
        ),
    )


def _applied_twice(last: Place, loss: str, target: str, setting: str) -> Problem:
    shape = str(last.inputs[0]) if last.inputs else ""
    fixes = [Fix(f"Remove {last.name}", (RemoveNode(last.name),), shape)]
    other, why = ("bce" if loss == "bce_with_logits" else "mse"), ""
    if loss == "cross_entropy" and last.node.type == "Softmax":
        other, why = "log_loss", ", which reads shares"
    if (loss == "bce_with_logits" and last.node.type == "Sigmoid") or (
        loss == "cross_entropy" and target == "class"
    ):
        fixes.append(Fix(f"Set the loss to {other}", (SetPlan(setting, other),), shape))
    return problem(
        "activation_before_loss",
        last.name,
        "output",
        expected=f"raw scores for the loss {loss}, which applies its own activation",
        got=_BOUNDED[last.node.type],
        remedy=f"Remove {last.name}"
        + (f", or set the loss to {other}{why}." if fixes[1:] else "."),
        fixes=tuple(fixes),
    )


def _bounded(last: Place) -> Problem:
    return problem(
        "activation_before_loss",
        last.name,
        "output",
        expected="any number, as the targets may be any",
        got=_BOUNDED[last.node.type],
        remedy=f"Remove {last.name}.",
        fixes=(
            Fix(
                f"Remove {last.name}",
                (RemoveNode(last.name),),
                str(last.inputs[0]) if last.inputs else "",
            ),
        ),
    )


SINGLE = NetworkCheck(_single)
INPUT = NetworkCheck(_input)
LOSS = NetworkCheck(_loss)
ANSWER = NetworkCheck(_answer)
ACTIVATION = NetworkCheck(_activation)
