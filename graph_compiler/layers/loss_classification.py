"""Losses for classes: how little a network believed in the true one."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.layer import Bool, Example, Float, Floats, Int, Layer, Params, Port, example
from graph_compiler.pairing import (
    CLASS_AXIS,
    CLASS_WEIGHTS,
    REDUCTION,
    class_axis,
    class_first,
    class_target,
    elementwise,
    reduced,
    same_shape,
    weighting,
    weights_fit,
)
from graph_compiler.tensors import TensorType

_IGNORED = Int(
    "ignore_index",
    -100,
    low=-(10**9),
    high=10**9,
    on_node=False,
    label="ignored class",
    doc="targets with this number do not count, such as padding",
)


def _scored(p: Params, x: TensorType, target: TensorType) -> TensorType:
    axis = class_axis(p, x)
    weights_fit(p, "weight", x.shape[axis], "class")
    if target.dtype == "int":
        return reduced(p, *class_target(p, x, target))
    same_shape(x, target)
    return reduced(p, *x.shape[:axis], *x.shape[axis + 1 :])


def _cross_entropy(p: Params, x: TensorType, target: TensorType) -> str:
    classes = target.dtype == "int"
    aim = "{target}" if classes else class_first(p, x, "target")
    ignored = "ignore_index={ignore_index}, " if classes else ""
    return (
        f"F.cross_entropy({class_first(p, x)}, {aim}, {weighting(p)}{ignored}"
        "reduction={reduction}, label_smoothing={label_smoothing})"
    )


CrossEntropyLoss = Layer(
    title="Cross-entropy",
    family="loss",
    short="loss",
    formula="L = −log (eˣʸ / Σⱼ eˣʲ)",
    doc="How surprised the network is by the true class; takes scores before any softmax.",
    paper="Bridle, Probabilistic interpretation of feedforward network outputs, 1990",
    keywords=("classification", "softmax", "log loss", "logits", "classes", "label smoothing"),
    params=(
        CLASS_AXIS,
        CLASS_WEIGHTS,
        _IGNORED,
        Float(
            "label_smoothing",
            0.0,
            low=0.0,
            high=1.0,
            label="label smoothing",
            on_node=False,
            doc="share of each target that is spread over all classes",
        ),
        REDUCTION,
    ),
    inputs=(
        Port("input", rank=(2, None), doc="scores of the classes, on axis 1 unless dim says other"),
        Port("target", dtype="number", doc="class numbers, or a probability for each class"),
    ),
    output=_scored,
    template=_cross_entropy,
    examples=(
        Example(((10,), ()), {}, ("float", "int")),
        Example(((3,), (3,)), {"label_smoothing": 0.1}),
        Example(((5, 7), (5,)), {"dim": -1, "ignore_index": 1}, ("float", "int")),
        Example(
            ((3, 4, 4), (4, 4)),
            {"weight": (1.0, 2.0, 0.5), "reduction": "none"},
            ("float", "int"),
        ),
    ),
)


def _likely(p: Params, x: TensorType, target: TensorType) -> TensorType:
    weights_fit(p, "weight", x.shape[class_axis(p, x)], "class")
    return reduced(p, *class_target(p, x, target))


NLLLoss = Layer(
    title="Negative log-likelihood",
    family="loss",
    short="loss",
    formula="L = −xᵧ, x the logarithms of the probabilities",
    doc="Cross-entropy for a network that ends in a log-softmax itself.",
    paper="Fisher, On the mathematical foundations of theoretical statistics, 1922",
    keywords=("nll", "classification", "log softmax", "likelihood"),
    params=(CLASS_AXIS, CLASS_WEIGHTS, _IGNORED, REDUCTION),
    inputs=(
        Port("input", rank=(2, None), doc="log-probabilities, on axis 1 unless dim says other"),
        Port("target", dtype="int", doc="class numbers"),
    ),
    output=_likely,
    template=lambda p, x, target: (
        f"F.nll_loss({class_first(p, x)}, {{target}}, {weighting(p)}"
        "ignore_index={ignore_index}, reduction={reduction})"
    ),
    examples=(
        example((10,), ()),
        example((4, 6), (6,), weight=(1.0, 2.0, 0.5, 1.0), reduction="none"),
        example((5, 7), (5,), dim=-1, reduction="sum"),
    ),
)


def _last_weights(p: Params, x: TensorType, target: TensorType) -> TensorType:
    weights_fit(p, "weight", x.last, "number on the last axis")
    return elementwise(p, x, target)


_LAST_WEIGHTS = Floats(
    "weight",
    None,
    low=0.0,
    high=1e6,
    optional=True,
    on_node=False,
    label="weights",
    doc="how much each place on the last axis counts; empty counts all alike",
)

BCELoss = Layer(
    title="Binary cross-entropy",
    family="loss",
    short="loss",
    formula="L = −mean (y·log x + (1 − y)·log (1 − x))",
    doc="For answers of yes or no given as probabilities, behind a sigmoid.",
    paper="Cox, The regression analysis of binary sequences, 1958",
    keywords=("bce", "classification", "sigmoid", "logistic", "multi-label"),
    params=(_LAST_WEIGHTS, REDUCTION),
    inputs=(
        Port("input", doc="probabilities from 0 to 1"),
        Port("target", doc="0 or 1, or a probability, of the same shape"),
    ),
    output=_last_weights,
    template=lambda p, *inputs: (
        f"F.binary_cross_entropy({{input}}, {{target}}, {weighting(p)}reduction={{reduction}})"
    ),
    examples=(
        example((1,), (1,)),
        example((4, 3), (4, 3), weight=(1.0, 2.0, 3.0), reduction="none"),
    ),
)


def _positives(p: Params, x: TensorType, target: TensorType) -> TensorType:
    weights_fit(p, "pos_weight", x.last, "number on the last axis")
    return _last_weights(p, x, target)


BCEWithLogitsLoss = Layer(
    title="Binary cross-entropy with logits",
    family="loss",
    short="loss",
    formula="L = −mean (y·log σ(x) + (1 − y)·log (1 − σ(x)))",
    doc="For answers of yes or no given as scores before any sigmoid: steady for large ones.",
    paper="Cox, The regression analysis of binary sequences, 1958",
    keywords=("bce", "classification", "logistic", "multi-label", "sigmoid"),
    params=(
        _LAST_WEIGHTS,
        REDUCTION,
        Floats(
            "pos_weight",
            None,
            low=0.0,
            high=1e6,
            optional=True,
            on_node=False,
            label="weights of yes",
            doc="how much a yes counts at each place on the last axis; empty counts it as a no",
        ),
    ),
    inputs=(
        Port("input", doc="scores, any numbers"),
        Port("target", doc="0 or 1, or a probability, of the same shape"),
    ),
    output=_positives,
    template=lambda p, *inputs: (
        f"F.binary_cross_entropy_with_logits({{input}}, {{target}}, {weighting(p)}"
        f"reduction={{reduction}}, {weighting(p, 'pos_weight')}".removesuffix(", ")
        + ")"
    ),
    examples=(
        example((1,), (1,)),
        example((4, 3), (4, 3), weight=(1.0, 2.0, 3.0), reduction="sum"),
        example((2,), (2,), pos_weight=(5.0, 1.0), reduction="none"),
    ),
)

KLDivLoss = Layer(
    title="Kullback-Leibler divergence",
    family="loss",
    short="loss",
    formula="L = y·(log y − x), x the logarithm of what is predicted",
    doc="How far predicted probabilities, given as logarithms, are from the target's, as when a "
    "small network learns from a large one.",
    paper="Kullback, Leibler, On information and sufficiency, 1951",
    keywords=("kl", "distribution", "distillation", "relative entropy", "soft targets"),
    params=(
        replace(
            REDUCTION,
            default="batchmean",
            explicit=True,
            choices=("mean", "batchmean", "sum", "none"),
            doc="batchmean is the divergence itself; mean also divides by the number of classes",
        ),
        Bool("log_target", False, label="logarithmic target", doc="targets are logarithms too"),
    ),
    inputs=(
        Port("input", rank=(2, None), doc="logarithms of probabilities"),
        Port("target", rank=(2, None), doc="probabilities, of the same shape"),
    ),
    output=elementwise,
    forward="F.kl_div({input}, {target}, reduction={reduction}, log_target={log_target})",
    examples=(
        example((5,), (5,)),
        example((3, 4), (3, 4), log_target=True, reduction="none"),
    ),
)
