"""Activations that bend: linear units with soft, bounded or random negative sides."""

from __future__ import annotations

from typing import Any

from graph_compiler.layer import Float, Layer, Mismatch, Params, Port, example, same
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_ANY = (Port("input", doc="any tensor; the function is applied to each value"),)
_EXAMPLES = (example((10,)), example((6, 28, 28)))
_ALPHA = 1.6732632423543772
_SCALE = 1.0507009873554805


def _curved(z: Any, alpha: float, width: float = 1.0) -> Any:
    import numpy as np

    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0) / width)


def _elu(p: Params, z: Any) -> Any:
    return _curved(z, p.alpha)


def _celu(p: Params, z: Any) -> Any:
    return _curved(z, p.alpha, p.alpha)


def _selu(p: Params, z: Any) -> Any:
    return _SCALE * _curved(z, _ALPHA)


def _softplus(p: Params, z: Any) -> Any:
    import numpy as np

    return np.where(z * p.beta > p.threshold, z, np.logaddexp(z * p.beta, 0) / p.beta)


def _mish(p: Params, z: Any) -> Any:
    import numpy as np

    return z * np.tanh(np.logaddexp(z, 0))


def _to_six(p: Params, z: Any) -> Any:
    return z.clip(0, 6)


def _clipped(p: Params, z: Any) -> Any:
    return z.clip(p.min_val, p.max_val)


def _leaning(p: Params, z: Any) -> Any:
    return z * ((z > 0) + (p.lower + p.upper) / 2 * (z <= 0))


ELU = Layer(
    title="ELU",
    family="activation",
    short="elu",
    formula="y = x if x > 0 else α·(eˣ − 1)",
    doc="Passes what is positive; what is negative bends smoothly towards −α.",
    paper="Clevert, Unterthiner, Hochreiter, Fast and accurate deep network learning by "
    "exponential linear units, 2015",
    keywords=("exponential linear unit", "rectifier", "smooth"),
    params=(Float("alpha", 1.0, low=0.0, high=100.0, doc="limit α of the negative side"),),
    inputs=_ANY,
    output=same,
    module="nn.ELU(alpha={alpha})",
    curve=_elu,
    examples=(example((10,), alpha=0.5), example((6, 28, 28))),
)

CELU = Layer(
    title="CELU",
    family="activation",
    short="celu",
    formula="y = max(0, x) + min(0, α·(e^(x/α) − 1))",
    doc="ELU without a kink at 0, whatever α is.",
    paper="Barron, Continuously differentiable exponential linear units, 2017",
    keywords=("exponential linear unit", "rectifier", "smooth", "elu"),
    params=(Float("alpha", 1.0, low=1e-3, high=100.0, doc="limit α of the negative side"),),
    inputs=_ANY,
    output=same,
    module="nn.CELU(alpha={alpha})",
    curve=_celu,
    examples=(example((10,), alpha=0.5), example((6, 28, 28))),
)

SELU = Layer(
    title="SELU",
    family="activation",
    short="selu",
    formula="y = λ·x if x > 0 else λ·α·(eˣ − 1),  λ ≈ 1.0507, α ≈ 1.6733",
    doc="ELU scaled so that deep dense networks keep mean 0 and spread 1 by themselves.",
    paper="Klambauer, Unterthiner, Mayr, Hochreiter, Self-normalizing neural networks, 2017",
    keywords=("self-normalizing", "exponential linear unit", "elu"),
    inputs=_ANY,
    output=same,
    module="nn.SELU()",
    curve=_selu,
    examples=_EXAMPLES,
)

ReLU6 = Layer(
    title="ReLU6",
    family="activation",
    short="relu",
    formula="y = min(max(0, x), 6)",
    doc="ReLU that stops at 6, so that few bits suffice, as on phones.",
    paper="Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
    keywords=("rectifier", "mobilenet", "clipped"),
    inputs=_ANY,
    output=same,
    module="nn.ReLU6()",
    curve=_to_six,
    examples=_EXAMPLES,
)


def _slopes(p: Params, x: TensorType) -> TensorType:
    _in_order(p, "lower", "upper", equal=True)
    return x


def _in_order(p: Params, low: str, high: str, *, equal: bool) -> None:
    """Raises `Mismatch` where the lower bound does not lie below the upper."""
    first, second = getattr(p, low), getattr(p, high)
    if first > second or (first == second and not equal):
        raise Mismatch(
            "bounds_reversed",
            low,
            expected=f"{'at most' if equal else 'less than'} {second:g}, which is {high}",
            got=f"{first:g}",
            remedy=f"Set {low} below {high}.",
            fixes=(Fix("Set both back", (SetParam("", low, None), SetParam("", high, None))),),
        )


RReLU = Layer(
    title="Randomized ReLU",
    family="activation",
    short="rrelu",
    formula="y = x if x > 0 else a·x,  a random between lower and upper",
    doc="Leaky ReLU whose slope is drawn anew for each value while training; in use it is the "
    "mean.",
    paper="Xu, Wang, Chen, Li, Empirical evaluation of rectified activations, 2015",
    keywords=("rectifier", "random", "leaky"),
    params=(
        Float("lower", 1 / 8, low=0.0, high=10.0, label="least slope", doc="least slope a"),
        Float("upper", 1 / 3, low=0.0, high=10.0, label="largest slope", doc="largest slope a"),
    ),
    inputs=_ANY,
    output=_slopes,
    module="nn.RReLU(lower={lower}, upper={upper})",
    curve=_leaning,
    examples=(example((10,), lower=0.1, upper=0.3), example((6, 28, 28))),
)

Softplus = Layer(
    title="Softplus",
    family="activation",
    short="softplus",
    formula="y = log(1 + e^(β·x)) / β",
    doc="A ReLU without a kink; its output is always positive, as a spread must be.",
    paper="Dugas et al., Incorporating second-order functional knowledge for better option "
    "pricing, 2001",
    keywords=("smooth", "positive", "rectifier"),
    params=(
        Float("beta", 1.0, low=1e-3, high=1000.0, label="sharpness", doc="sharpness β of the bend"),
        Float(
            "threshold",
            20.0,
            low=0.0,
            high=1000.0,
            on_node=False,
            doc="β·x above which y = x, where nothing could be told apart",
        ),
    ),
    inputs=_ANY,
    output=same,
    module="nn.Softplus(beta={beta}, threshold={threshold})",
    curve=_softplus,
    examples=(example((10,), beta=2.0), example((6, 28, 28), threshold=10.0)),
)

Mish = Layer(
    title="Mish",
    family="activation",
    short="mish",
    formula="y = x·tanh(log(1 + eˣ))",
    doc="A smooth ReLU that dips a little below zero, a bit more sharply than SiLU.",
    paper="Misra, Mish: a self regularized non-monotonic activation function, 2019",
    keywords=("smooth", "swish", "yolo"),
    inputs=_ANY,
    output=same,
    module="nn.Mish()",
    curve=_mish,
    examples=_EXAMPLES,
)


def _between(p: Params, x: TensorType) -> TensorType:
    _in_order(p, "min_val", "max_val", equal=False)
    return x


Hardtanh = Layer(
    title="Hardtanh",
    family="activation",
    short="hardtanh",
    formula="y = min(max(x, least), largest)",
    doc="Cuts off below −1 and above 1 and passes what lies between: tanh in three straight lines.",
    paper="Collobert, Large scale machine learning, 2004",
    keywords=("clip", "clamp", "tanh", "bounded"),
    params=(
        Float("min_val", -1.0, low=-1e6, high=1e6, label="least", doc="least output"),
        Float("max_val", 1.0, low=-1e6, high=1e6, label="largest", doc="largest output"),
    ),
    inputs=_ANY,
    output=_between,
    module="nn.Hardtanh(min_val={min_val}, max_val={max_val})",
    curve=_clipped,
    examples=(example((10,), min_val=-2.0, max_val=0.5), example((6, 28, 28))),
)


def _threshold(p: Params, z: Any) -> Any:
    return z * (z > p.threshold) + p.value * (z <= p.threshold)


Threshold = Layer(
    title="Threshold",
    family="activation",
    short="threshold",
    formula="y = x if x > threshold else value",
    doc="Passes what exceeds the threshold and puts one value in place of the rest.",
    paper="Konda, Memisevic, Krueger, Zero-bias autoencoders and the benefits of co-adapting "
    "features, 2014",
    keywords=("cut", "relu", "replace"),
    params=(
        Float("threshold", 0.0, low=-1e6, high=1e6, doc="what values must exceed"),
        Float("value", 0.0, low=-1e6, high=1e6, doc="what stands in place of the rest"),
    ),
    inputs=_ANY,
    output=same,
    module="nn.Threshold({threshold}, {value})",
    curve=_threshold,
    examples=(example((10,), threshold=0.5, value=-1.0), example((6, 28, 28))),
)
