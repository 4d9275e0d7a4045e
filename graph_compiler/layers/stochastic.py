"""Noise on what flows through, while training."""

from __future__ import annotations

from graph_compiler.layer import (
    Choice,
    Float,
    Layer,
    Port,
    example,
    same,
)
from graph_compiler.tensors import TensorType

Noise = Layer(
    title="Noise",
    family="regularization",
    short="noise",
    formula="y = x + σ·ε while training",
    doc="Adds random numbers while training, so that the network learns to see through them.",
    paper="Bishop, Training with noise is equivalent to Tikhonov regularization, 1995",
    keywords=("gaussian", "uniform", "jitter", "denoising", "random", "augment", "exploration"),
    params=(
        Float("std", 0.1, low=0.0, high=1e6, label="spread", doc="standard deviation of the noise"),
        Choice("kind", "normal", ("normal", "uniform"), doc="distribution of the noise"),
    ),
    inputs=(Port("input", doc="any tensor"),),
    output=same,
    module="Noise({std}, kind={kind})",
    source="noise",
    examples=(example((10,)), example((3, 5, 5), std=0.5, kind="uniform")),
)

BernoulliMask = Layer(
    title="Random mask",
    family="regularization",
    short="mask",
    formula="y = true with probability p",
    doc="Draws true or false for each value of the input, anew each time, in use as in training.",
    paper="Vincent et al., Extracting and composing robust features with denoising autoencoders, "
    "2008",
    keywords=("bernoulli", "random", "masked autoencoder", "coin", "corrupt", "denoising"),
    params=(Float("p", 0.5, low=0.0, high=1.0, label="share", doc="probability of true"),),
    inputs=(Port("input", rank=(0, None), doc="what the shape is taken from"),),
    output=lambda p, x: TensorType(x.shape, "bool"),
    forward="torch.rand_like({x}) < {p}",
    examples=(example((10,)), example((3, 5), p=0.75)),
)
