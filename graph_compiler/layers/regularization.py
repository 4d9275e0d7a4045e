"""Regularization: noise while training that keeps a network from learning by heart."""

from __future__ import annotations

from graph_compiler.layer import Example, Float, Layer, Port, example, explicit, same

_SHARE = Float("p", 0.5, low=0.0, high=1.0, label="share", doc="probability of being blanked")
_CHANNEL_PAPER = "Tompson et al., Efficient object localization using convolutional networks, 2015"
_ALPHA_PAPER = "Klambauer et al., Self-normalizing neural networks, 2017"


Dropout = Layer(
    title="Dropout",
    family="regularization",
    short="dropout",
    formula="y = m·x / (1 − p),  m = 0 with probability p",
    doc="Sets a random share of the values to 0 while training, so that no unit leans on another.",
    paper="Srivastava et al., Dropout: a simple way to prevent overfitting, 2014",
    keywords=("overfitting", "regularize", "noise"),
    params=(
        Float(
            "p", 0.5, low=0.0, high=1.0, label="share", doc="probability that a value is blanked"
        ),
    ),
    inputs=(Port("input", doc="any tensor"),),
    output=same,
    module="nn.Dropout({p})",
    examples=(example((120,), p=0.2), example((16, 5, 5))),
)


def _channels(axes: int, doc: str, *examples: Example) -> Layer:
    return Layer(
        title=f"Dropout {axes}D",
        family="regularization",
        short="dropout",
        formula="y[c] = m[c]·x[c] / (1 − p),  m[c] = 0 with probability p",
        doc="Sets whole channels to 0 while training; neighbouring values tell of each other, so "
        "that hiding single ones would hide nothing.",
        paper=_CHANNEL_PAPER,
        keywords=("spatial dropout", "channel dropout", "overfitting", "regularize", "noise"),
        params=(_SHARE,),
        inputs=(Port("input", rank=(axes + 2, axes + 2), doc=doc),),
        output=same,
        module=f"nn.Dropout{axes}d({{p}})",
        examples=examples,
    )


Dropout1d = _channels(1, "signals as N×channels×length", example((6, 20)), example((3, 8), p=0.2))
Dropout2d = _channels(
    2, "images as N×channels×height×width", example((6, 14, 14)), example((3, 5, 7), p=0.2)
)
Dropout3d = _channels(
    3,
    "volumes as N×channels×depth×height×width",
    example((4, 3, 6, 5)),
    example((2, 4, 4, 4), p=0.2),
)

AlphaDropout = Layer(
    title="Alpha dropout",
    family="regularization",
    short="dropout",
    formula="y = a·(m·x + (1 − m)·α′) + b, mean and spread kept",
    doc="Sets a random share of the values to SELU's lowest while training and keeps mean and "
    "spread; it goes with SELU.",
    paper=_ALPHA_PAPER,
    keywords=("selu", "self-normalizing", "overfitting", "regularize", "noise"),
    params=(_SHARE,),
    inputs=(Port("input", doc="any tensor"),),
    output=same,
    module="nn.AlphaDropout({p})",
    examples=(example((120,), p=0.2), example((16, 5, 5))),
)

FeatureAlphaDropout = Layer(
    title="Feature alpha dropout",
    family="regularization",
    short="dropout",
    formula="y[c] = a·(m[c]·x[c] + (1 − m[c])·α′) + b",
    doc="Alpha dropout of whole channels at a time.",
    paper=_ALPHA_PAPER,
    keywords=("selu", "channel dropout", "overfitting", "regularize", "noise"),
    params=(_SHARE,),
    inputs=(Port("input", rank=(2, None), doc="any tensor, channels on axis 1"),),
    output=same,
    module="nn.FeatureAlphaDropout({p})",
    examples=(example((6, 14, 14), p=0.2), example((120,))),
)

DropPath = Layer(
    title="Drop path",
    family="regularization",
    short="drop_path",
    formula="y = m·x / (1 − p), one m for each example, 0 with probability p",
    doc="Sets the whole branch to 0 for some examples while training; on a residual branch it "
    "makes the network shallower at random (stochastic depth).",
    paper="Huang et al., Deep networks with stochastic depth, 2016",
    keywords=("stochastic depth", "residual", "skip", "regularize", "efficientnet", "vit"),
    params=(
        explicit(
            Float(
                "p",
                0.1,
                low=0.0,
                high=1.0,
                label="share",
                doc="probability that an example skips the branch",
            )
        ),
    ),
    inputs=(Port("input", doc="any tensor, the branch before its addition"),),
    output=same,
    module="DropPath({p})",
    source="drop_path",
    examples=(example((120,), p=0.2), example((16, 5, 5))),
)
