"""Metrics for classes: how often, and in what way, a network is right."""

from __future__ import annotations

from graph_compiler.layer import Choice, Float, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.limits import refuse_huge
from graph_compiler.pairing import (
    CLASS_AXIS,
    class_axis,
    class_first,
    class_target,
    same_shape,
)
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_SCORES = Port(
    "input", rank=(2, None), doc="scores of the classes, on axis 1 unless dim says other"
)
_CLASSES = Port("target", dtype="int", doc="class numbers")
_EITHER = (
    Port("input", doc="scores of the classes on axis 1, or one score of the second class"),
    Port("target", dtype="int", doc="class numbers"),
)
_THRESHOLD = Float(
    "threshold",
    0.0,
    low=-1e6,
    high=1e6,
    on_node=False,
    doc="with one score an example: what it must exceed; 0 for logits, 0.5 for probabilities",
)


def _judged(p: Params, x: TensorType, target: TensorType) -> bool:
    """Whether there are scores of several classes, not one an example; raises `Mismatch`."""
    if x.rank == target.rank:
        same_shape(x, target)
        return False
    class_target(p, x, target)
    return True


def _number(p: Params, x: TensorType, target: TensorType) -> TensorType:
    _judged(p, x, target)
    return TensorType(())


Accuracy = Layer(
    title="Accuracy",
    family="metric",
    short="accuracy",
    formula="share of examples whose highest score is that of the true class",
    doc="How often the network is right.",
    keywords=("classification", "correct", "hit rate", "zero-one"),
    params=(CLASS_AXIS, _THRESHOLD),
    inputs=_EITHER,
    output=_number,
    module="Accuracy(dim={dim}, threshold={threshold})",
    source="accuracy",
    examples=(
        example((10,), ()),
        example((1,), (1,), threshold=0.5),
        example((6, 4), (6,), dim=-1),
    ),
)


def _top(p: Params, x: TensorType, target: TensorType) -> TensorType:
    class_target(p, x, target)
    classes = x.shape[class_axis(p, x)]
    if p.k > classes:
        raise Mismatch(
            "too_many_chosen",
            "k",
            expected=f"at most {classes}, the number of classes",
            got=f"{p.k}",
            remedy="Set k to fewer guesses.",
            fixes=(Fix(f"Set k to {classes}", (SetParam("", "k", int(classes)),)),),
        )
    return TensorType(())


TopKAccuracy = Layer(
    title="Top-k accuracy",
    family="metric",
    short="top_k",
    formula="share of examples whose true class is among the k highest scores",
    doc="How often one of the first few guesses is right.",
    paper="Russakovsky et al., ImageNet large scale visual recognition challenge, 2015",
    keywords=("classification", "top-5", "imagenet", "guesses"),
    params=(Int("k", 5, low=1, label="guesses", doc="how many guesses count"), CLASS_AXIS),
    inputs=(_SCORES, _CLASSES),
    output=_top,
    module="TopKAccuracy(k={k}, dim={dim})",
    source="accuracy",
    examples=(example((10,), ()), example((6, 4), (6,), k=2, dim=-1)),
)

_AVERAGE = Choice(
    "average",
    "macro",
    ("macro", "micro", "weighted", "none"),
    doc="mean over the classes, over all examples, over the classes by their frequency, or each",
)


def _class_score(p: Params, x: TensorType, target: TensorType) -> TensorType:
    several = _judged(p, x, target)
    if p.average != "none":
        return TensorType(())
    return TensorType((x.shape[class_axis(p, x)] if several else 1,))


_CLASS_SCORES = (
    example((4,), ()),
    example((1,), (1,), threshold=0.5),
    example((6, 3), (6,), dim=-1, average="none"),
    example((5,), (), average="micro"),
)

Precision = Layer(
    title="Precision",
    family="metric",
    short="precision",
    formula="P = right guesses of a class / guesses of it",
    doc="How far a guess can be trusted; with one score an example, that of the second class.",
    paper="van Rijsbergen, Information retrieval, 1979",
    keywords=("classification", "positive predictive value", "false positives"),
    params=(_AVERAGE, CLASS_AXIS, _THRESHOLD),
    inputs=_EITHER,
    output=_class_score,
    module="Precision(average={average}, dim={dim}, threshold={threshold})",
    source="class_scores",
    examples=_CLASS_SCORES,
)

Recall = Layer(
    title="Recall",
    family="metric",
    short="recall",
    formula="R = right guesses of a class / examples of it",
    doc="How many of a class are found; with one score an example, of the second class.",
    paper="van Rijsbergen, Information retrieval, 1979",
    keywords=("classification", "sensitivity", "hit rate", "false negatives"),
    params=(_AVERAGE, CLASS_AXIS, _THRESHOLD),
    inputs=_EITHER,
    output=_class_score,
    module="Recall(average={average}, dim={dim}, threshold={threshold})",
    source="class_scores",
    examples=_CLASS_SCORES,
)

F1Score = Layer(
    title="F1 score",
    family="metric",
    short="f1",
    formula="F₁ = 2·P·R / (P + R)",
    doc="The harmonic mean of precision and recall: high only where both are.",
    paper="van Rijsbergen, Information retrieval, 1979",
    keywords=("classification", "f-measure", "dice", "imbalanced"),
    params=(_AVERAGE, CLASS_AXIS, _THRESHOLD),
    inputs=_EITHER,
    output=_class_score,
    module="F1Score(average={average}, dim={dim}, threshold={threshold})",
    source="class_scores",
    examples=_CLASS_SCORES,
)


def _ranked(p: Params, x: TensorType, target: TensorType) -> TensorType:
    same_shape(x, target)
    return TensorType(())


AreaUnderCurve = Layer(
    title="Area under the ROC curve",
    family="metric",
    short="auc",
    formula="AUC = P(score of a positive example > score of a negative one)",
    doc="How well one score tells two classes apart, whatever the threshold: 1 is perfect, ½ is "
    "chance. Not a number where all examples are of one class.",
    paper="Hanley, McNeil, The meaning and use of the area under a ROC curve, 1982",
    keywords=("auc", "roc", "binary", "ranking", "anomaly", "threshold"),
    inputs=(
        Port("input", doc="one score an example"),
        Port("target", dtype="int", doc="0 or 1, of the same shape"),
    ),
    output=_ranked,
    module="AreaUnderCurve()",
    source="area_under_curve",
    examples=(example((1,), (1,)), example((), ())),
)


def _counts(p: Params, x: TensorType, target: TensorType) -> TensorType:
    class_target(p, x, target)
    classes = x.shape[class_axis(p, x)]
    refuse_huge(classes * classes, "input", "counts", "Use fewer classes.")
    return TensorType((classes, classes), "int")


ConfusionMatrix = Layer(
    title="Confusion matrix",
    family="metric",
    short="confusion",
    formula="Cᵢⱼ = number of examples of class i taken for class j",
    doc="Which classes are taken for which.",
    paper="Miller, Nicely, An analysis of perceptual confusions among English consonants, 1955",
    keywords=("classification", "errors", "table", "classes"),
    params=(CLASS_AXIS,),
    inputs=(_SCORES, _CLASSES),
    output=_counts,
    module="ConfusionMatrix(dim={dim})",
    source="confusion_matrix",
    examples=(example((4,), ()), example((6, 3), (6,), dim=-1)),
)


def _perplexity(p: Params, x: TensorType, target: TensorType) -> TensorType:
    class_target(p, x, target)
    return TensorType(())


Perplexity = Layer(
    title="Perplexity",
    family="metric",
    short="perplexity",
    formula="exp(−mean log p(true word))",
    doc="Among how many words, equally likely, a language model seems to choose each time.",
    paper="Jelinek et al., Perplexity, a measure of difficulty of speech recognition tasks, 1977",
    keywords=("language model", "cross-entropy", "words", "text"),
    params=(
        CLASS_AXIS,
        Int(
            "ignore_index",
            -100,
            low=-(10**9),
            high=10**9,
            on_node=False,
            label="ignored word",
            doc="targets with this number do not count, such as padding",
        ),
    ),
    inputs=(_SCORES, _CLASSES),
    output=_perplexity,
    template=lambda p, x, target: (
        f"torch.exp(F.cross_entropy({class_first(p, x)}, {{target}}, "
        "ignore_index={ignore_index}))"
    ),
    examples=(example((10,), ()), example((6, 20), (6,), dim=-1, ignore_index=1)),
)
