"""Cutting pictures to size."""

from __future__ import annotations

from graph_compiler.layer import Layer, Mismatch, Params, Port, example
from graph_compiler.tensors import TensorType


def _cropped(p: Params, x: TensorType, like: TensorType) -> TensorType:
    for axis, (size, wanted) in enumerate(zip(x.shape[-2:], like.shape[-2:], strict=True)):
        if wanted > size:
            raise Mismatch(
                "too_small_to_crop",
                "input",
                expected=f"a {('height', 'width')[axis]} of at least {wanted}, as on like",
                got=f"{size}",
                remedy="Swap the two wires, or pad the input.",
            )
    return TensorType((*x.shape[:-2], *like.shape[-2:]), x.dtype)


def _words(p: Params, y: TensorType, x: TensorType, like: TensorType) -> tuple[str, ...]:
    names = ("height", "width")
    return tuple(
        f"{name}: the middle {wanted} of {size}"
        for name, size, wanted in zip(names, x.shape[-2:], like.shape[-2:], strict=True)
    )


CenterCrop = Layer(
    title="Center crop",
    family="shape",
    short="crop",
    doc="Cuts the middle out of a picture, as large as another one, so that both can be joined.",
    formula="y = x[…, t : t + h, l : l + w]",
    paper="Ronneberger, Fischer, Brox, U-Net, 2015",
    keywords=("cut", "u-net", "copy and crop", "trim", "skip"),
    inputs=(
        Port("input", rank=(3, None), dtype="any", doc="pictures, height and width last"),
        Port("like", rank=(3, None), dtype="any", doc="pictures of the size that is wanted"),
    ),
    output=_cropped,
    words=_words,
    forward="center_crop({input}, {like})",
    source="center_crop",
    view=True,
    examples=(
        example((4, 64, 64), (8, 56, 56)),
        example((4, 9, 7), (4, 6, 4)),
        example((5, 8), (3, 5, 5)),
    ),
)
