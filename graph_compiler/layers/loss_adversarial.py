"""Losses of two networks against each other: one judges, one tries to be taken for real."""

from __future__ import annotations

from graph_compiler.layer import Choice, Float, Layer, Params, Port, example
from graph_compiler.pairing import same_shape
from graph_compiler.tensors import TensorType

_PAPER = (
    "Goodfellow et al., Generative adversarial nets, 2014; Mao et al., Least squares GAN, 2017; "
    "Arjovsky, Chintala, Bottou, Wasserstein GAN, 2017"
)

_JUDGE = {
    "original": "F.softplus(-{real}).mean() + F.softplus({fake}).mean()",
    "least_squares": (
        "0.5 * F.mse_loss({real}, torch.ones_like({real})) + 0.5 * torch.square({fake}).mean()"
    ),
    "wasserstein": "torch.mean({fake}) - torch.mean({real})",
    "hinge": "torch.relu(1 - {real}).mean() + torch.relu(1 + {fake}).mean()",
}

_MAKER = {
    "original": "-F.softplus({fake}).mean()",
    "non_saturating": "F.softplus(-{fake}).mean()",
    "least_squares": "0.5 * F.mse_loss({fake}, torch.ones_like({fake}))",
    "wasserstein": "-torch.mean({fake})",
}


def _number(p: Params, *inputs: TensorType) -> TensorType:
    return TensorType(())


DiscriminatorLoss = Layer(
    title="Discriminator loss",
    family="loss",
    short="loss",
    formula="L = −mean log σ(D(x)) − mean log (1 − σ(D(G(z))))",
    doc="The judge's loss: real examples shall score high, made ones low. With wasserstein it is "
    "a critic, which also needs a penalty on its slope.",
    paper=_PAPER,
    keywords=("gan", "adversarial", "critic", "wasserstein", "least squares", "lsgan", "wgan"),
    params=(
        Choice(
            "kind",
            "original",
            tuple(_JUDGE),
            doc="how scores are judged: as logits, as numbers near 1 and 0, or as heights",
        ),
    ),
    inputs=(
        Port("real", doc="scores of real examples, before any sigmoid"),
        Port("fake", doc="scores of made examples, before any sigmoid"),
    ),
    output=_number,
    template=lambda p, *inputs: _JUDGE[p.kind],
    examples=tuple(example((1,), (1,), kind=kind) for kind in _JUDGE),
)

GeneratorLoss = Layer(
    title="Generator loss",
    family="loss",
    short="loss",
    formula="L = −mean log σ(D(G(z)))",
    doc="The maker's loss: what it makes shall score as if it were real. The original form fades "
    "where the judge is sure; the non-saturating one pulls hardest there.",
    paper=_PAPER,
    keywords=("gan", "adversarial", "non-saturating", "wasserstein", "least squares", "wgan"),
    params=(
        Choice(
            "kind",
            "non_saturating",
            tuple(_MAKER),
            doc="how scores are judged; the judge's kind, or non_saturating for its original",
        ),
    ),
    inputs=(Port("fake", doc="scores of made examples, before any sigmoid"),),
    output=_number,
    template=lambda p, *inputs: _MAKER[p.kind],
    examples=tuple(example((1,), kind=kind) for kind in _MAKER),
)


_PENALTY = "Gulrajani et al., Improved training of Wasserstein GANs, 2017"


def _between(p: Params, real: TensorType, fake: TensorType) -> TensorType:
    same_shape(real, fake, "fake", "real")
    return real


BetweenExamples = Layer(
    title="Between examples",
    family="loss",
    short="between",
    formula="y = u·real + (1 − u)·fake,  u random from 0 to 1 for each example",
    doc="For each example a random point between a real and a made one: where a gradient penalty "
    "looks at the critic's slope.",
    paper=_PENALTY,
    keywords=("gan", "wgan-gp", "interpolate", "mixup", "critic", "wasserstein"),
    inputs=(
        Port("real", rank=(2, None), doc="real examples"),
        Port("fake", rank=(2, None), doc="made examples, of the same shape"),
    ),
    output=_between,
    module="BetweenExamples()",
    source="gradient_penalty",
    examples=(example((3,), (3,)), example((1, 5, 5), (1, 5, 5))),
)

GradientPenalty = Layer(
    title="Gradient penalty",
    family="loss",
    short="penalty",
    formula="L = mean (‖∂scores / ∂points‖ − 1)²",
    doc="Holds the slope of a Wasserstein critic near 1. Feed it points from Between examples and "
    "the critic's scores of these, and add it to the critic's loss, ten times as a rule. It is 0 "
    "where nothing is trained.",
    paper=_PENALTY,
    keywords=("gan", "wgan-gp", "wasserstein", "lipschitz", "critic", "slope"),
    params=(Float("norm", 1.0, low=0.0, high=1e6, label="slope", doc="the slope that is wanted"),),
    inputs=(
        Port("scores", doc="the critic's scores of the points"),
        Port("points", rank=(2, None), doc="the points, from Between examples"),
    ),
    output=_number,
    module="GradientPenalty({norm})",
    source="gradient_penalty",
    examples=(example((1,), (3,)), example((1,), (1, 5, 5), norm=0.0)),
)
