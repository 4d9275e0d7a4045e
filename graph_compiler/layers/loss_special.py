"""Losses of particular networks: sequences without alignment, capsules, autoencoders."""

from __future__ import annotations

from dataclasses import replace

from graph_compiler.layer import Bool, Float, Int, Layer, Mismatch, Params, Port, example
from graph_compiler.pairing import REDUCTION, one_an_example, reduced, same_shape
from graph_compiler.tensors import TensorType


def _aligned(
    p: Params,
    x: TensorType,
    target: TensorType,
    lengths: TensorType | None,
    target_lengths: TensorType | None,
) -> TensorType:
    if p.blank >= x.last:
        raise Mismatch(
            "bad_parameter",
            "blank",
            expected=f"the number of a symbol, at most {x.last - 1}",
            got=f"{p.blank}",
            remedy="Set blank to the symbol that stands for nothing.",
        )
    for port, given in (("input_lengths", lengths), ("target_lengths", target_lengths)):
        if given is not None:
            one_an_example(x, given, port)
    return reduced(p, x.shape[0])


def _ctc(
    p: Params,
    x: TensorType,
    target: TensorType,
    lengths: TensorType | None,
    target_lengths: TensorType | None,
) -> str:
    whole = "torch.full_like({target}[:, 0], {SEQUENCE}.shape[1])"
    times = "{input_lengths}" if lengths else whole.replace("SEQUENCE", "input")
    symbols = "{target_lengths}" if target_lengths else whole.replace("SEQUENCE", "target")
    return (
        f"F.ctc_loss({{input}}.transpose(0, 1), {{target}}, {times}, {symbols}, blank={{blank}}, "
        "reduction={reduction}, zero_infinity={zero_infinity})"
    )


CTCLoss = Layer(
    title="Connectionist temporal classification",
    family="loss",
    short="loss",
    formula="L = −log Σ p(path), over all paths that spell the target",
    doc="For texts read off long sequences, such as speech, when nobody says which moment belongs "
    "to which letter.",
    paper="Graves et al., Connectionist temporal classification, 2006",
    keywords=("ctc", "speech", "handwriting", "alignment", "sequence", "ocr"),
    params=(
        Int("blank", 0, low=0, doc="number of the symbol that stands for nothing"),
        REDUCTION,
        Bool(
            "zero_infinity",
            False,
            label="skip impossible targets",
            doc="count targets too long for their sequence as 0 instead of infinite",
        ),
    ),
    inputs=(
        Port("input", rank=(3, 3), doc="log-probabilities as N×time×symbols"),
        Port("target", rank=(2, 2), dtype="int", doc="symbols to be read, N×length"),
        Port(
            "input_lengths",
            rank=(1, 1),
            dtype="int",
            optional=True,
            doc="how many moments count, N; all without a wire",
        ),
        Port(
            "target_lengths",
            rank=(1, 1),
            dtype="int",
            optional=True,
            doc="how many symbols count, N; all without a wire",
        ),
    ),
    output=_aligned,
    template=_ctc,
    examples=(
        example((12, 5), (4,), None, None, blank=4),
        example((9, 4), (3,), (), (), reduction="none", zero_infinity=True),
    ),
)


def _lengths(p: Params, x: TensorType, target: TensorType) -> TensorType:
    one_an_example(x, target)
    return reduced(p, x.shape[0])


CapsuleMarginLoss = Layer(
    title="Capsule margin loss",
    family="loss",
    short="loss",
    formula="L = Σₖ Tₖ·max(0, m⁺ − |vₖ|)² + λ·(1 − Tₖ)·max(0, |vₖ| − m⁻)²",
    doc="The true class's capsule shall be long, all others short.",
    paper="Sabour, Frosst, Hinton, Dynamic routing between capsules, 2017",
    keywords=("capsnet", "length", "classification"),
    params=(
        Float("upper", 0.9, low=0.0, high=1.0, label="m⁺", doc="length to reach where present"),
        Float("lower", 0.1, low=0.0, high=1.0, label="m⁻", doc="length to keep where absent"),
        Float("absent", 0.5, low=0.0, high=1e6, label="λ", doc="weight of the absent classes"),
        REDUCTION,
    ),
    inputs=(
        Port("input", rank=(2, 2), doc="lengths of the capsules, N×classes"),
        Port("target", rank=(1, 1), dtype="int", doc="class numbers, N"),
    ),
    output=_lengths,
    forward=(
        "capsule_margin_loss({input}, {target}, upper={upper}, lower={lower}, absent={absent}, "
        "reduction={reduction})"
    ),
    source="capsule_margin_loss",
    examples=(
        example((10,), ()),
        example((3,), (), upper=0.8, lower=0.2, absent=1.0, reduction="none"),
    ),
)


def _code(p: Params, mean: TensorType, logvar: TensorType) -> TensorType:
    same_shape(mean, logvar, "logvar", "mean")
    return reduced(p, *mean.shape)


def _kl(p: Params, *inputs: TensorType) -> str:
    terms = "(torch.square({mean}) + torch.exp({logvar}) - 1 - {logvar})"
    if p.reduction == "batchmean":
        return f"0.5 * torch.sum{terms} / len({{mean}})"
    return f"0.5 * {terms}" if p.reduction == "none" else f"0.5 * torch.{p.reduction}{terms}"


GaussianKLLoss = Layer(
    title="Divergence from the standard normal",
    family="loss",
    short="kl",
    formula="L = ½·Σ (μ² + σ² − 1 − log σ²)",
    doc="Holds the codes of a variational autoencoder near a standard normal distribution, from "
    "which new ones can then be drawn.",
    paper="Kingma, Welling, Auto-encoding variational Bayes, 2013",
    keywords=("kl", "vae", "variational autoencoder", "kullback-leibler", "latent", "prior"),
    params=(
        replace(
            REDUCTION,
            default="batchmean",
            choices=("batchmean", "mean", "sum", "none"),
            doc="sum over each code, mean over the examples; or mean, sum, or each on its own",
        ),
    ),
    inputs=(
        Port("mean", rank=(2, None), doc="means μ of the codes"),
        Port("logvar", rank=(2, None), doc="logarithms of their variances, of the same shape"),
    ),
    output=_code,
    template=_kl,
    examples=(example((2,), (2,)), example((3, 4), (3, 4), reduction="none")),
)
