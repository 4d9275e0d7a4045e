"""Layers that add nothing because of what stands before them."""

from __future__ import annotations

from collections.abc import Iterable

from graph_compiler.checking import NodeCheck, backwards, behind
from graph_compiler.codes import problem
from graph_compiler.flow import Place
from graph_compiler.model import Purpose
from graph_compiler.problems import Fix, InsertOnWire, Problem, SetParam
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

LEARNED_MAPS = frozenset({"dense", "convolution"})
"""Families that are linear maps: two of them in a row are one."""

BENT = frozenset({"Perceptron", "Maxout", "PolynomialFeatures", "MixtureOfExperts"})
"""Dense layers that are no linear maps."""

_SAME_VALUES = frozenset({"Flatten", "Unflatten", "Reshape", "Identity", "Squeeze", "Unsqueeze"})
"""Layers of shape that leave the order of the values as it is."""

_RANDOM = frozenset({"Sampling", "Noise", "BernoulliMask"})

_IMAGES = frozenset({"convolution", "pooling", "io"})


def _no_activation(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    before, (node, port) = behind(place, through=_keeps_values)
    if before is None or before.family not in LEARNED_MAPS:
        return
    if before.node.type in BENT or place.node.type == "PolynomialFeatures":
        return
    if any(getattr(one.params, "groups", 1) != 1 for one in (before, place)):
        return  # a depthwise and a pointwise convolution share the work of a large one
    if not node:  # between the turns of a layer there is no wire to insert anything on
        yield problem(
            "no_activation_between",
            place.name,
            place.ports[0],
            expected=f"an activation between the turns of {place.name}",
            got="none",
            remedy="Repeat a block that holds the layer and an activation; without one all turns "
            "compute no more than a single one.",
        )
        return
    yield problem(
        "no_activation_between",
        place.name,
        place.ports[0],
        expected=f"an activation between {before.name} and {place.name}",
        got="none",
        remedy="Insert ReLU; without it the two compute no more than one such layer.",
        fixes=(
            Fix(
                "Insert ReLU",
                (InsertOnWire(node, port, "ReLU"),),
                str(place.inputs[0]) if place.inputs else "",
            ),
        ),
    )


def _keeps_values(place: Place) -> bool:
    """Whether a linear map before it and one behind it are still one linear map."""
    if place.family == "regularization":
        return place.node.type not in _RANDOM
    return place.node.type in _SAME_VALUES or place.family == "structure"


def reads_image(place: Place) -> bool:
    """Whether a dense layer sees an unflattened image, or another example of several axes."""
    if place.family != "dense" or not place.outputs or place.inputs[0].rank < 3:
        return False
    for before in backwards(place):
        if before.family in _IMAGES:
            return True
        if before.family == "dense":
            return False
    return False


def flatten_steps(place: Place) -> tuple[InsertOnWire | SetParam, ...]:
    """Steps that let a dense layer read its example as one row."""
    steps: tuple[InsertOnWire | SetParam, ...] = (
        InsertOnWire(place.name, place.ports[0], "Flatten"),
    )
    if getattr(place.params, "in_features", None) is not None:
        steps = (*steps, SetParam(place.name, "in_features", None))
    return steps


def _dense_on_image(place: Place, purpose: Purpose | None) -> Iterable[Problem]:
    if purpose is None or purpose.data is None or purpose.data.form != "examples":
        return  # text is read place by place
    if purpose.output == "input" or not reads_image(place):
        return
    preview = TensorType((N, place.outputs[0].last))
    yield problem(
        "dense_on_image",
        place.name,
        place.ports[0],
        expected="one row of features for each example",
        got=f"{place.inputs[0]}",
        remedy="Insert Flatten before it.",
        fixes=(Fix("Insert Flatten", flatten_steps(place), str(preview)),),
    )


NO_ACTIVATION = NodeCheck(LEARNED_MAPS, _no_activation, params=True)
DENSE_ON_IMAGE = NodeCheck(frozenset({"dense"}), _dense_on_image, shapes=True)
