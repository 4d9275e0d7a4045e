"""Layers that change what flows back: draws that let gradients through, and turned gradients."""

from __future__ import annotations

from graph_compiler.layer import Bool, Float, Layer, Mismatch, Params, Port, example, same
from graph_compiler.tensors import TensorType


def _drawn(p: Params, mean: TensorType, logvar: TensorType) -> TensorType:
    if mean.shape != logvar.shape:
        raise Mismatch(
            "shapes_differ",
            "logvar",
            expected=f"{mean}, as on mean",
            got=f"{logvar}",
            remedy="Give mean and logvar as many features.",
        )
    return mean


Sampling = Layer(
    title="Sampling",
    family="regularization",
    short="sample",
    formula="z = μ + e^{½·log σ²}·ε,  ε ~ N(0, 1)",
    doc="Draws a code from the normal distribution that an encoder describes, in a way that lets "
    "gradients through; afterwards it passes on the mean.",
    paper="Kingma, Welling, Auto-encoding variational Bayes, 2013",
    keywords=("vae", "variational autoencoder", "reparameterization", "latent", "noise", "code"),
    params=(
        Bool("always", False, label="always draw", doc="draw after training too, not the mean"),
    ),
    inputs=(
        Port("mean", rank=(2, None), doc="means μ of the distributions"),
        Port("logvar", rank=(2, None), doc="logarithms of their variances σ², of the same shape"),
    ),
    output=_drawn,
    module="Sampling(always={always})",
    source="sampling",
    examples=(example((2,), (2,)), example((4, 3), (4, 3), always=True)),
)

GradientReversal = Layer(
    title="Gradient reversal",
    family="regularization",
    short="reverse",
    formula="y = x,  ∂L/∂x = −λ·∂L/∂y",
    doc="Passes its input on and turns the gradient around, so that the layers before it unlearn "
    "what the head behind it learns.",
    paper="Ganin, Lempitsky, Unsupervised domain adaptation by backpropagation, 2015",
    keywords=("domain adaptation", "adversarial", "dann", "invariant", "fairness"),
    params=(
        Float(
            "scale",
            1.0,
            low=0.0,
            high=1000.0,
            label="strength",
            doc="factor λ on the reversed gradient",
        ),
    ),
    inputs=(Port("input", doc="any tensor"),),
    output=same,
    module="GradientReversal(scale={scale})",
    source="gradient_reversal",
    examples=(example((16,)), example((4, 5, 5), scale=0.3)),
)
