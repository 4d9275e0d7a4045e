"""Losses of two networks against each other: one judges, one tries to be taken for real."""

from __future__ import annotations

from graph_compiler.layer import Choice, Layer, Params, Port, example
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
