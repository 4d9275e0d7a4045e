"""Activations along an axis: values made comparable with each other, or one half gating another."""

from __future__ import annotations

from graph_compiler.grids import divides, grid
from graph_compiler.layer import Int, Layer, Mismatch, Params, Port, example, explicit, same
from graph_compiler.problems import Fix, SetParam
from graph_compiler.tensors import TensorType

_ANY = (Port("input", doc="any tensor"),)
_BRIDLE = "Bridle, Probabilistic interpretation of feedforward network outputs, 1990"
_EXAMPLES = (example((10,)), example((6, 4), dim=1))


def _axis(p: Params, x: TensorType) -> int:
    """The chosen axis counted from the front; raises `Mismatch` for the batch's."""
    axis = int(p.dim if p.dim >= 0 else p.dim + x.rank)
    if not 1 <= axis < x.rank:
        raise Mismatch(
            "axis_out_of_range",
            "input",
            expected=f"an axis from 1 to {x.rank - 1}",
            got=f"dim {p.dim} on {x}",
            remedy="Set dim to an axis of the input; 0 is the batch.",
            fixes=(Fix("Use the last axis", (SetParam("", "dim", None),)),),
        )
    return axis


def _along(p: Params, x: TensorType) -> TensorType:
    _axis(p, x)
    return x


_DIM = explicit(
    Int("dim", -1, low=-15, high=15, label="axis", doc="axis that adds up to 1; -1 is the last")
)

Softmax = Layer(
    title="Softmax",
    family="activation",
    short="softmax",
    formula="yᵢ = eˣⁱ / Σⱼ eˣʲ",
    doc="Turns scores into probabilities that add up to 1; it belongs to the output.",
    paper=_BRIDLE,
    keywords=("probabilities", "classes", "normalize"),
    params=(_DIM,),
    inputs=_ANY,
    output=_along,
    module="nn.Softmax(dim={dim})",
    examples=_EXAMPLES,
)

LogSoftmax = Layer(
    title="Log softmax",
    family="activation",
    short="log_softmax",
    formula="yᵢ = xᵢ − log Σⱼ eˣʲ",
    doc="The logarithm of softmax, worked out so that nothing overflows; goes with the negative "
    "log-likelihood.",
    paper=_BRIDLE,
    keywords=("log probabilities", "classes", "nll"),
    params=(_DIM,),
    inputs=_ANY,
    output=_along,
    module="nn.LogSoftmax(dim={dim})",
    examples=_EXAMPLES,
)

Softmin = Layer(
    title="Softmin",
    family="activation",
    short="softmin",
    formula="yᵢ = e⁻ˣⁱ / Σⱼ e⁻ˣʲ",
    doc="Softmax that favours the smallest value, as where the inputs are distances.",
    paper=_BRIDLE,
    keywords=("probabilities", "distances", "smallest"),
    params=(_DIM,),
    inputs=_ANY,
    output=_along,
    module="nn.Softmin(dim={dim})",
    examples=_EXAMPLES,
)

Softmax2d = Layer(
    title="Softmax over channels",
    family="activation",
    short="softmax",
    formula="y[c, h, w] = e^x[c, h, w] / Σ_k e^x[k, h, w]",
    doc="Turns the scores of each pixel into probabilities that add up to 1.",
    paper="Long, Shelhamer, Darrell, Fully convolutional networks for semantic segmentation, 2015",
    keywords=("probabilities", "segmentation", "pixel", "classes"),
    inputs=(grid(2),),
    output=same,
    module="nn.Softmax2d()",
    examples=(example((6, 5, 5)), example((3, 2, 4))),
)


def _halved(p: Params, x: TensorType) -> TensorType:
    axis = _axis(p, x)
    divides(p, "", 2, x.shape[axis], "an axis")
    return x.with_shape(*x.shape[:axis], x.shape[axis] // 2, *x.shape[axis + 1 :])


def _halved_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    axis = _axis(p, x)
    return (f"axis {axis}: {x.shape[axis]} / 2 = {y.shape[axis]}",)


GLU = Layer(
    title="Gated linear unit",
    family="activation",
    short="glu",
    formula="y = a · sigmoid(b),  x = [a, b]",
    doc="Splits the input in two halves; the second decides how much of the first passes.",
    paper="Dauphin, Fan, Auli, Grangier, Language modeling with gated convolutional networks, 2017",
    keywords=("gate", "glu", "halves"),
    params=(Int("dim", -1, low=-15, high=15, label="axis", doc="axis that is split in two"),),
    inputs=_ANY,
    output=_halved,
    words=_halved_words,
    module="nn.GLU(dim={dim})",
    examples=(example((10,)), example((6, 5, 5), dim=1)),
)
