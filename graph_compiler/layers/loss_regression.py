"""Losses for numbers: how far predictions are from their targets."""

from __future__ import annotations

from graph_compiler.layer import Bool, Float, Layer, Mismatch, Params, Port, example
from graph_compiler.pairing import NUMBERS, REDUCTION, elementwise, reduced, same_shape
from graph_compiler.tensors import TensorType

_EXAMPLES = (example((4,), (4,)), example((3, 5), (3, 5), reduction="none"))

L1Loss = Layer(
    title="L1 loss",
    family="loss",
    short="loss",
    formula="L = mean |x − y|",
    doc="Mean absolute error: every unit of error costs the same, so outliers pull little.",
    paper="Boscovich, De litteraria expeditione, 1757",
    keywords=("absolute", "mae", "regression", "laplace", "robust"),
    params=(REDUCTION,),
    inputs=NUMBERS,
    output=elementwise,
    forward="F.l1_loss({input}, {target}, reduction={reduction})",
    examples=_EXAMPLES,
)

MSELoss = Layer(
    title="Mean squared error",
    family="loss",
    short="loss",
    formula="L = mean (x − y)²",
    doc="Squared distance to the target: large errors cost most.",
    paper="Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805",
    keywords=("mse", "l2", "least squares", "regression", "quadratic", "gaussian"),
    params=(REDUCTION,),
    inputs=NUMBERS,
    output=elementwise,
    forward="F.mse_loss({input}, {target}, reduction={reduction})",
    examples=_EXAMPLES,
)

SmoothL1Loss = Layer(
    title="Smooth L1 loss",
    family="loss",
    short="loss",
    formula="L = mean (½·d²/β if d < β else d − ½·β),  d = |x − y|",
    doc="Squared near the target and absolute far from it, as in boxes of detected objects.",
    paper="Girshick, Fast R-CNN, 2015",
    keywords=("robust", "regression", "detection", "boxes"),
    params=(
        Float("beta", 1.0, low=0.0, high=1e6, doc="distance at which the absolute part begins"),
        REDUCTION,
    ),
    inputs=NUMBERS,
    output=elementwise,
    forward="F.smooth_l1_loss({input}, {target}, reduction={reduction}, beta={beta})",
    examples=(*_EXAMPLES, example((4,), (4,), beta=0.3, reduction="sum")),
)

HuberLoss = Layer(
    title="Huber loss",
    family="loss",
    short="loss",
    formula="L = mean (½·d² if d < δ else δ·(d − ½·δ)),  d = |x − y|",
    doc="Squared up to an error of δ, linear beyond it: outliers pull with bounded force.",
    paper="Huber, Robust estimation of a location parameter, 1964",
    keywords=("robust", "regression", "outliers"),
    params=(
        REDUCTION,
        Float("delta", 1.0, low=1e-9, high=1e6, doc="error δ from which on the loss is linear"),
    ),
    inputs=NUMBERS,
    output=elementwise,
    forward="F.huber_loss({input}, {target}, reduction={reduction}, delta={delta})",
    examples=(*_EXAMPLES, example((4,), (4,), delta=0.2, reduction="sum")),
)

PoissonNLLLoss = Layer(
    title="Poisson likelihood loss",
    family="loss",
    short="loss",
    formula="L = mean (eˣ − y·x), x the logarithm of the rate",
    doc="For counts: how unlikely they are under the predicted rates.",
    paper="Nelder, Wedderburn, Generalized linear models, 1972",
    keywords=("counts", "negative log likelihood", "rate", "regression"),
    params=(
        Bool("log_input", True, label="logarithm", doc="the input is the logarithm of the rate"),
        Bool("full", False, doc="add Stirling's term, which only targets change"),
        Float("eps", 1e-8, low=0.0, high=1.0, on_node=False, doc="keeps log away from 0"),
        REDUCTION,
    ),
    inputs=NUMBERS,
    output=elementwise,
    forward=(
        "F.poisson_nll_loss({input}, {target}, log_input={log_input}, full={full}, eps={eps}, "
        "reduction={reduction})"
    ),
    examples=(*_EXAMPLES, example((4,), (4,), log_input=False, full=True)),
)


def _gaussian(p: Params, x: TensorType, target: TensorType, var: TensorType) -> TensorType:
    same_shape(x, target)
    if var.shape not in (x.shape, (*x.shape[:-1], 1)):
        raise Mismatch(
            "shapes_differ",
            "var",
            expected=f"{x}, or one number in place of its last axis",
            got=f"{var}",
            remedy="Give each prediction a variance.",
        )
    return reduced(p, *x.shape)


GaussianNLLLoss = Layer(
    title="Gaussian likelihood loss",
    family="loss",
    short="loss",
    formula="L = mean ½·(log σ² + (x − y)² / σ²)",
    doc="For a network that predicts a mean and how sure it is: a confident error costs most.",
    paper="Nix, Weigend, Estimating the mean and variance of the target distribution, 1994",
    keywords=("uncertainty", "variance", "negative log likelihood", "heteroscedastic"),
    params=(
        Bool("full", False, doc="add the constant ½·log 2π"),
        Float("eps", 1e-6, low=1e-30, high=1.0, on_node=False, doc="smallest variance taken"),
        REDUCTION,
    ),
    inputs=(
        *NUMBERS,
        Port("var", rank=(1, None), doc="predicted variances σ², positive"),
    ),
    output=_gaussian,
    forward=(
        "F.gaussian_nll_loss({input}, {target}, {var}, full={full}, eps={eps}, "
        "reduction={reduction})"
    ),
    examples=(
        example((4,), (4,), (4,)),
        example((3, 5), (3, 5), (3, 1), full=True, reduction="none"),
    ),
)
