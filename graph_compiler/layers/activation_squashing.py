"""Activations that squeeze, shrink or harden: relatives of sigmoid and tanh."""

from __future__ import annotations

from typing import Any

from graph_compiler.layer import Float, Layer, Params, Port, example, same

_ANY = (Port("input", doc="any tensor; the function is applied to each value"),)
_EXAMPLES = (example((10,)), example((6, 28, 28)))
_SPARSE = "Donoho, De-noising by soft-thresholding, 1995"


def _hardsigmoid(p: Params, z: Any) -> Any:
    import numpy as np

    return np.clip(z / 6 + 0.5, 0, 1)


def _hardswish(p: Params, z: Any) -> Any:
    return z * _hardsigmoid(p, z)


def _logsigmoid(p: Params, z: Any) -> Any:
    import numpy as np

    return -np.logaddexp(0, -z)


def _softsign(p: Params, z: Any) -> Any:
    return z / (1 + abs(z))


def _tanhshrink(p: Params, z: Any) -> Any:
    import numpy as np

    return z - np.tanh(z)


def _hardshrink(p: Params, z: Any) -> Any:
    return z * (abs(z) > p.lambd)


def _softshrink(p: Params, z: Any) -> Any:
    return (z - p.lambd) * (z > p.lambd) + (z + p.lambd) * (z < -p.lambd)


Hardsigmoid = Layer(
    title="Hardsigmoid",
    family="activation",
    short="hardsigmoid",
    formula="y = min(max(x/6 + 1/2, 0), 1)",
    doc="Sigmoid in three straight lines: cheap, as gates on phones are.",
    paper="Howard et al., Searching for MobileNetV3, 2019",
    keywords=("gate", "cheap", "sigmoid", "mobilenet"),
    inputs=_ANY,
    output=same,
    module="nn.Hardsigmoid()",
    curve=_hardsigmoid,
    examples=_EXAMPLES,
)

Hardswish = Layer(
    title="Hardswish",
    family="activation",
    short="hardswish",
    formula="y = x·min(max(x/6 + 1/2, 0), 1)",
    doc="SiLU with a hard sigmoid: nearly the same curve at a lower price.",
    paper="Howard et al., Searching for MobileNetV3, 2019",
    keywords=("swish", "silu", "mobilenet", "cheap"),
    inputs=_ANY,
    output=same,
    module="nn.Hardswish()",
    curve=_hardswish,
    examples=_EXAMPLES,
)

LogSigmoid = Layer(
    title="Log sigmoid",
    family="activation",
    short="logsigmoid",
    formula="y = log(1 / (1 + e⁻ˣ))",
    doc="The logarithm of a probability, worked out so that nothing overflows.",
    paper="Mikolov et al., Distributed representations of words and phrases, 2013",
    keywords=("log probability", "sigmoid", "negative sampling"),
    inputs=_ANY,
    output=same,
    module="nn.LogSigmoid()",
    curve=_logsigmoid,
    examples=_EXAMPLES,
)

Softsign = Layer(
    title="Softsign",
    family="activation",
    short="softsign",
    formula="y = x / (1 + |x|)",
    doc="Between −1 and 1 as tanh, but nears its ends more slowly.",
    paper="Bergstra, Desjardins, Lamblin, Bengio, Quadratic polynomials learn better image "
    "features, 2009",
    keywords=("tanh", "squash", "bounded"),
    inputs=_ANY,
    output=same,
    module="nn.Softsign()",
    curve=_softsign,
    examples=_EXAMPLES,
)

Tanhshrink = Layer(
    title="Tanh shrink",
    family="activation",
    short="tanhshrink",
    formula="y = x − tanh(x)",
    doc="Brings small values close to 0 and draws large ones in by 1: shrinking without a kink.",
    paper=_SPARSE,
    keywords=("shrink", "sparse", "denoise"),
    inputs=_ANY,
    output=same,
    module="nn.Tanhshrink()",
    curve=_tanhshrink,
    examples=_EXAMPLES,
)

Hardshrink = Layer(
    title="Hard shrink",
    family="activation",
    short="hardshrink",
    formula="y = x if |x| > λ else 0",
    doc="Sets small values to 0 and passes large ones as they are.",
    paper=_SPARSE,
    keywords=("shrink", "sparse", "denoise", "hard threshold"),
    params=(Float("lambd", 0.5, low=0.0, high=1e6, label="width", doc="size λ of small values"),),
    inputs=_ANY,
    output=same,
    module="nn.Hardshrink({lambd})",
    curve=_hardshrink,
    examples=(example((10,), lambd=0.3), example((6, 28, 28))),
)

Softshrink = Layer(
    title="Soft shrink",
    family="activation",
    short="softshrink",
    formula="y = x − λ if x > λ, x + λ if x < −λ, else 0",
    doc="Draws every value towards 0 by λ, and sets smaller ones to 0, as sparse coding does.",
    paper=_SPARSE,
    keywords=("shrink", "sparse", "denoise", "soft threshold", "lasso"),
    params=(Float("lambd", 0.5, low=0.0, high=1e6, label="width", doc="size λ of small values"),),
    inputs=_ANY,
    output=same,
    module="nn.Softshrink({lambd})",
    curve=_softshrink,
    examples=(example((10,), lambd=0.3), example((6, 28, 28))),
)
