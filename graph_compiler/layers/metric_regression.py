"""Metrics for numbers: how far predictions lie from the truth, in words that people use."""

from __future__ import annotations

from graph_compiler.layer import Layer, Params, Port, example
from graph_compiler.pairing import NUMBERS, same_shape
from graph_compiler.tensors import TensorType


def _number(p: Params, x: TensorType, target: TensorType) -> TensorType:
    same_shape(x, target)
    return TensorType(())


_EXAMPLES = (example((1,), (1,)), example((3, 5), (3, 5)))

MeanAbsoluteError = Layer(
    title="Mean absolute error",
    family="metric",
    short="mae",
    formula="MAE = mean |x − y|",
    doc="How far off predictions are on average, in the target's own unit.",
    keywords=("mae", "regression", "l1", "deviation"),
    inputs=NUMBERS,
    output=_number,
    forward="F.l1_loss({input}, {target})",
    examples=_EXAMPLES,
)

RootMeanSquaredError = Layer(
    title="Root mean squared error",
    family="metric",
    short="rmse",
    formula="RMSE = √(mean (x − y)²)",
    doc="How far off predictions are, in the target's own unit, large errors counting more.",
    keywords=("rmse", "regression", "l2", "deviation"),
    inputs=NUMBERS,
    output=_number,
    forward="torch.sqrt(F.mse_loss({input}, {target}))",
    examples=_EXAMPLES,
)

R2Score = Layer(
    title="R² (explained variance)",
    family="metric",
    short="r2",
    formula="R² = 1 − Σ (x − y)² / Σ (y − mean y)²",
    doc="The share of the target's variance that predictions explain: 1 is perfect, 0 is no better "
    "than the mean; the mean over the columns where there are several.",
    paper="Wright, Correlation and causation, 1921",
    keywords=("r2", "regression", "coefficient of determination", "variance"),
    inputs=(
        Port("input", doc="predictions, any shape"),
        Port("target", doc="what they should be, of the same shape"),
    ),
    output=_number,
    module="R2Score()",
    source="r2_score",
    examples=_EXAMPLES,
)
