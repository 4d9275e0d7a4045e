"""Activations: what makes a stack of layers more than one linear map."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import (
    Choice,
    Float,
    Int,
    Layer,
    Mismatch,
    Params,
    Port,
    example,
    same,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_ANY = (Port("input", doc="any tensor; the function is applied to each value"),)
_EXAMPLES = (example((10,)), example((6, 28, 28)))


def _step(p: Params, z: Any) -> Any:
    return (z > 0) * 1.0


def _sigmoid(p: Params, z: Any) -> Any:
    import numpy as np

    return 1 / (1 + np.exp(-z))


def _tanh(p: Params, z: Any) -> Any:
    import numpy as np

    return np.tanh(z)


def _relu(p: Params, z: Any) -> Any:
    return z * (z > 0)


def _bent(z: Any, slope: float) -> Any:
    return z * ((z > 0) + slope * (z <= 0))


def _leaky_relu(p: Params, z: Any) -> Any:
    return _bent(z, p.negative_slope)


def _prelu(p: Params, z: Any) -> Any:
    return _bent(z, p.init)


def _silu(p: Params, z: Any) -> Any:
    return z * _sigmoid(p, z)


def _gelu(p: Params, z: Any) -> Any:
    import numpy as np

    if p.approximate == "tanh":
        return 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
    return 0.5 * z * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))


Step = Layer(
    title="Step",
    family="activation",
    short="step",
    formula="y = 1 if x > 0 else 0",
    doc="Fires or not, as the perceptron does. Its slope is zero, so gradients cannot train it.",
    paper="McCulloch, Pitts, A logical calculus of the ideas immanent in nervous activity, 1943",
    keywords=("heaviside", "threshold", "perceptron", "binary"),
    inputs=_ANY,
    output=same,
    module="Step()",
    source="step",
    curve=_step,
    examples=_EXAMPLES,
)

Sigmoid = Layer(
    title="Sigmoid",
    family="activation",
    short="sigmoid",
    formula="y = 1 / (1 + e⁻ˣ)",
    doc="Squeezes any number between 0 and 1, as a probability.",
    paper="Rumelhart, Hinton, Williams, Learning representations by back-propagating errors, 1986",
    keywords=("logistic", "probability", "squash"),
    inputs=_ANY,
    output=same,
    module="nn.Sigmoid()",
    curve=_sigmoid,
    examples=_EXAMPLES,
)

Tanh = Layer(
    title="Tanh",
    family="activation",
    short="tanh",
    formula="y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
    doc="Squeezes any number between −1 and 1, centred at 0.",
    paper="LeCun, Bottou, Orr, Müller, Efficient backprop, 1998",
    keywords=("hyperbolic tangent", "squash"),
    inputs=_ANY,
    output=same,
    module="nn.Tanh()",
    curve=_tanh,
    examples=_EXAMPLES,
)

ReLU = Layer(
    title="ReLU",
    family="activation",
    short="relu",
    formula="y = max(0, x)",
    doc="Passes what is positive and makes the rest 0; cheap, and its slope does not fade.",
    paper="Nair, Hinton, Rectified linear units improve restricted Boltzmann machines, 2010",
    keywords=("rectified linear unit", "rectifier"),
    inputs=_ANY,
    output=same,
    module="nn.ReLU()",
    curve=_relu,
    examples=_EXAMPLES,
)

LeakyReLU = Layer(
    title="Leaky ReLU",
    family="activation",
    short="leaky_relu",
    formula="y = x if x > 0 else a·x",
    doc="ReLU with a small slope on the negative side, so that no unit falls silent for ever.",
    paper="Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models, 2013",
    keywords=("rectifier", "dying relu"),
    params=(
        Float(
            "negative_slope",
            0.01,
            low=0.0,
            high=10.0,
            label="negative slope",
            doc="slope a where the input is negative",
        ),
    ),
    inputs=_ANY,
    output=same,
    module="nn.LeakyReLU({negative_slope})",
    curve=_leaky_relu,
    examples=(example((10,), negative_slope=0.2), example((6, 28, 28))),
)


def _prelu_output(p: Params, x: TensorType) -> TensorType:
    if p.num_parameters != 1 and p.num_parameters != x.shape[1]:
        channels = x.shape[1]
        raise Mismatch(
            "slopes_differ",
            "input",
            expected=f"{p.num_parameters} channels, one for each slope",
            got=f"{channels}",
            remedy="Set num_parameters to 1 or to the number of channels.",
            fixes=(
                Fix("Share one slope", (SetParam("", "num_parameters", None),)),
                Fix(f"Learn {channels} slopes", (SetParam("", "num_parameters", int(channels)),)),
            ),
        )
    return x


def _prelu_weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {"weight": (p.num_parameters,)}


PReLU = Layer(
    title="Parametric ReLU",
    family="activation",
    short="prelu",
    formula="y = x if x > 0 else a·x, a learned",
    doc="Leaky ReLU whose negative slope is learned, once or for each channel.",
    paper="He, Zhang, Ren, Sun, Delving deep into rectifiers, 2015",
    keywords=("rectifier", "parametric", "learned slope"),
    params=(
        Int("num_parameters", 1, low=1, label="slopes", doc="1 for all, or one for each channel"),
        Float(
            "init",
            0.25,
            low=-10.0,
            high=10.0,
            label="first slope",
            on_node=False,
            doc="slope a at the start",
        ),
    ),
    inputs=(Port("input", rank=(2, None), doc="any tensor, channels on axis 1"),),
    output=_prelu_output,
    weights=_prelu_weights,
    module="nn.PReLU({num_parameters}, init={init})",
    curve=_prelu,
    examples=(example((10,)), example((6, 28, 28), num_parameters=6, init=0.1)),
)


SiLU = Layer(
    title="SiLU (swish)",
    family="activation",
    short="silu",
    formula="y = x / (1 + e⁻ˣ)",
    doc="A smooth ReLU that dips a little below zero.",
    paper="Ramachandran, Zoph, Le, Searching for activation functions, 2017",
    keywords=("swish", "sigmoid linear unit"),
    inputs=_ANY,
    output=same,
    module="nn.SiLU()",
    curve=_silu,
    examples=_EXAMPLES,
)

GELU = Layer(
    title="GELU",
    family="activation",
    short="gelu",
    formula="y = x·Φ(x)",
    doc="Weighs each value by the chance that a normal variable lies below it, as transformers do.",
    paper="Hendrycks, Gimpel, Gaussian error linear units, 2016",
    keywords=("gaussian", "transformer"),
    params=(
        Choice(
            "approximate",
            "none",
            ("none", "tanh"),
            on_node=False,
            label="approximation",
            doc="the exact function, or the faster one with tanh",
        ),
    ),
    inputs=_ANY,
    output=same,
    module="nn.GELU(approximate={approximate})",
    curve=_gelu,
    examples=(example((10,)), example((6, 28, 28), approximate="tanh")),
)
