"""Images as sequences of patches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_compiler.layer import Bool, Int, Layer, Mismatch, Params, Port, Size, example
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType
from graph_compiler.windows import per_axis


def _output(p: Params, x: TensorType) -> TensorType:
    patches: Dim = 1
    for name, size, patch in zip(
        ("height", "width"), x.shape[2:], per_axis(p.patch_size), strict=True
    ):
        if size % patch != 0:
            raise _uneven(name, size, patch, x)
        patches = patches * (size // patch)
    height, width = per_axis(p.patch_size)
    weights = p.embed_dim * x.shape[1] * height * width
    refuse_huge(weights, "input", "weights", "Use smaller patches or fewer features.")
    refuse_huge(
        p.embed_dim * patches,
        "input",
        "numbers in one example",
        "Use larger patches or fewer features.",
    )
    return x.with_shape(x.shape[0], patches + 1 if p.class_token else patches, p.embed_dim)


def _uneven(name: str, size: Dim, patch: Dim, x: TensorType) -> Mismatch:
    fixes = []
    for fitting in range(min(int(patch), 64), 1, -1):
        if x.shape[2] % fitting == 0 and x.shape[3] % fitting == 0:
            fixes.append(
                Fix(f"Set the patches to {fitting}", (SetParam("", "patch_size", fitting),))
            )
            break
    return Mismatch(
        "patches_do_not_fit",
        "input",
        expected=f"a {name} that {patch} divides",
        got=f"{size}",
        remedy="Set patch_size to a divisor of height and width, or pad the image.",
        fixes=tuple(fixes),
    )


def _weights(p: Params, x: TensorType) -> Mapping[str, tuple[Any, ...] | None]:
    return {
        "class_token": (1, 1, p.embed_dim) if p.class_token else None,
        "projection.weight": (p.embed_dim, x.shape[1], *per_axis(p.patch_size)),
        "projection.bias": (p.embed_dim,) if p.bias else None,
    }


def _macs(p: Params, y: TensorType, x: TensorType) -> Any:
    return p.embed_dim * x.numel


def _words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    height, width = per_axis(p.patch_size)
    down, across = x.shape[2] // height, x.shape[3] // width
    token = " + 1 class token" if p.class_token else ""
    return (
        f"patches: {x.shape[2]} / {height} · {x.shape[3]} / {width} = {down * across}{token}",
        f"features: {x.shape[1]}·{height}·{width} → {p.embed_dim}",
    )


PatchEmbedding = Layer(
    title="Patch embedding",
    family="embedding",
    short="patches",
    formula="yₚ = W·patchₚ + b",
    doc="Cuts an image into patches and maps each to a vector, as words for a transformer.",
    paper="Dosovitskiy et al., An image is worth 16x16 words, 2020",
    keywords=("vision transformer", "vit", "image", "tokens", "class token"),
    params=(
        Int("embed_dim", 768, low=1, label="features", doc="size of each patch's vector"),
        Size("patch_size", 16, axes=2, low=1, label="patch", unit="px", doc="size of a patch"),
        Bool("bias", True, doc="add a learned offset to each vector"),
        Bool(
            "class_token",
            False,
            label="class token",
            doc="put a learned vector in front, from which the class is read in the end",
        ),
    ),
    inputs=(Port("input", rank=(4, 4), doc="images as N×channels×height×width"),),
    output=_output,
    weights=_weights,
    macs=_macs,
    words=_words,
    module=(
        "PatchEmbedding({x[1]}, {embed_dim}, {patch_size}, bias={bias}, class_token={class_token})"
    ),
    source="patch_embedding",
    window=lambda p: (per_axis(p.patch_size), per_axis(p.patch_size)),
    examples=(
        example((3, 32, 32), embed_dim=24, patch_size=8, class_token=True),
        example((1, 28, 28), embed_dim=10, patch_size=7, bias=False),
        example((2, 12, 18), embed_dim=6, patch_size=(4, 9)),
    ),
)
