"""Pooling to a wanted size, with fixed or with random windows."""

from __future__ import annotations

from graph_compiler.grids import AXES, KINDS, grid, grid_size, per_axis, scaled, sizes_in_words
from graph_compiler.layer import Example, Float, Layer, Mismatch, Params, example
from graph_compiler.layers.pooling import INDICES, with_indices
from graph_compiler.limits import refuse_huge
from graph_compiler.problems import Fix, SetParam
from graph_compiler.symbols import Dim
from graph_compiler.tensors import TensorType


def _adapted(p: Params, x: TensorType) -> TensorType:
    y = TensorType((*x.shape[:2], *per_axis(p.output_size, x.rank - 2)), x.dtype)
    refuse_huge(y.numel, "input", "numbers in one example", "Make output_size smaller.")
    return y


def _adapted_max(p: Params, x: TensorType) -> TensorType | tuple[TensorType, TensorType]:
    y = _adapted(p, x)
    return (y, TensorType(y.shape, "int")) if p.return_indices else y


def _adapted_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    rows = zip(AXES[x.rank - 2], x.shape[2:], y.shape[2:], strict=True)
    return tuple(f"{name}: {old} → {new}, as wanted" for name, old, new in rows)


_PYRAMID = "He, Zhang, Ren, Sun, Spatial pyramid pooling in deep convolutional networks, 2014"


def _adaptive_average(axes: int, *examples: Example) -> Layer:
    kind = KINDS[axes]
    return Layer(
        title=f"Adaptive average pooling {axes}D",
        family="pooling",
        short="pool",
        formula="y = mean of each of the parts that the input is divided into",
        doc=f"Brings {kind} of any size to the wanted one; size 1 is global average pooling, one "
        "number a channel.",
        paper="Lin, Chen, Yan, Network in network, 2013" if axes == 2 else _PYRAMID,
        keywords=("global average pooling", "gap", "adaptive", "avgpool", "mean", "any size"),
        params=(grid_size(axes, "output_size", 1, low=1, label="size", doc="wanted size"),),
        inputs=(grid(axes),),
        output=_adapted,
        words=_adapted_words,
        module=f"nn.AdaptiveAvgPool{axes}d({{output_size}})",
        examples=examples,
    )


def _adaptive_max(axes: int, *examples: Example) -> Layer:
    return Layer(
        title=f"Adaptive max pooling {axes}D",
        family="pooling",
        short="pool",
        formula="y = max of each of the parts that the input is divided into",
        doc=f"Brings {KINDS[axes]} of any size to the wanted one by the largest value of each "
        "part; size 1 is global max pooling.",
        paper=_PYRAMID,
        keywords=("global max pooling", "adaptive", "maxpool", "pyramid", "any size"),
        params=(
            grid_size(axes, "output_size", 1, low=1, label="size", doc="wanted size"),
            INDICES,
        ),
        inputs=(grid(axes),),
        outlets=with_indices,
        output=_adapted_max,
        words=_adapted_words,
        module=f"nn.AdaptiveMaxPool{axes}d({{output_size}}, return_indices={{return_indices}})",
        examples=examples,
    )


AdaptiveAvgPool2d = _adaptive_average(
    2, example((6, 7, 7)), example((4, 9, 12), output_size=(3, 5))
)
AdaptiveAvgPool1d = _adaptive_average(1, example((6, 20)), example((4, 9), output_size=4))
AdaptiveAvgPool3d = _adaptive_average(
    3, example((2, 4, 6, 5)), example((2, 5, 5, 7), output_size=(2, 3, 7))
)

AdaptiveMaxPool2d = _adaptive_max(
    2, example((6, 7, 7)), example((4, 9, 12), output_size=(3, 5), return_indices=True)
)
AdaptiveMaxPool1d = _adaptive_max(
    1, example((6, 20)), example((4, 9), output_size=4, return_indices=True)
)
AdaptiveMaxPool3d = _adaptive_max(
    3, example((2, 4, 6, 5)), example((2, 5, 5, 7), output_size=(2, 3, 7), return_indices=True)
)


def _wanted(p: Params, x: TensorType) -> tuple[Dim, ...]:
    if p.output_size is not None:
        return per_axis(p.output_size, x.rank - 2)
    return tuple(scaled(size, p.output_ratio) for size in x.shape[2:])


def _fractional(p: Params, x: TensorType) -> TensorType | tuple[TensorType, TensorType]:
    axes = x.rank - 2
    wanted = _wanted(p, x)
    spare = 1 if axes == 3 else 0  # in volumes torch wants the windows to have room to move
    rows = zip(AXES[axes], x.shape[2:], wanted, per_axis(p.kernel_size, axes), strict=True)
    for name, size, count, kernel in rows:
        largest = size - kernel + 1 - spare
        if count < 1 or count > largest:
            most = tuple(
                int(s - k + 1 - spare)
                for s, k in zip(x.shape[2:], per_axis(p.kernel_size, axes), strict=True)
            )
            fixes = []
            if min(most) >= 1:
                fixes = [
                    Fix(
                        f"Set the size to {sizes_in_words(most)}",
                        (SetParam("", "output_size", most),),
                    )
                ]
            raise Mismatch(
                "kernel_too_large",
                "input",
                expected=f"a {name} from 1 to {largest} behind windows of {kernel}",
                got=f"{count}",
                remedy="Set output_size or output_ratio to a size between, or shrink the kernel.",
                fixes=tuple(fixes),
            )
    y = TensorType((*x.shape[:2], *wanted), x.dtype)
    return (y, TensorType(y.shape, "int")) if p.return_indices else y


def _fractional_words(p: Params, y: TensorType, x: TensorType) -> tuple[str, ...]:
    if p.output_size is not None:
        return _adapted_words(p, y, x)
    rows = zip(AXES[x.rank - 2], x.shape[2:], y.shape[2:], strict=True)
    return tuple(f"{name}: ⌊{old}·{p.output_ratio:g}⌋ = {new}" for name, old, new in rows)


def _random_pooling(axes: int, *examples: Example) -> Layer:
    def text(p: Params, x: TensorType) -> str:
        ratios = ", ".join(["{output_ratio}"] * axes)
        wanted = (
            f"output_ratio=({ratios})" if p.output_size is None else "output_size={output_size}"
        )
        return (
            f"F.fractional_max_pool{axes}d({{x}}, {{kernel_size}}, {wanted}, "
            "return_indices={return_indices})"
        )

    return Layer(
        title=f"Fractional max pooling {axes}D",
        family="pooling",
        short="pool",
        formula="y = max of each of randomly placed windows",
        doc="Max pooling whose windows lie at random places, so that sizes may shrink by any "
        "factor, not only by whole ones.",
        paper="Graham, Fractional max-pooling, 2014",
        keywords=("fractional", "random", "stochastic", "maxpool", "downsample", "shrink"),
        params=(
            grid_size(axes, "kernel_size", 2, low=1, label="kernel", doc="size of the window"),
            grid_size(
                axes,
                "output_size",
                None,
                low=1,
                label="size",
                doc="wanted size; empty goes by the ratio",
            ),
            Float(
                "output_ratio",
                0.5,
                low=0.001,
                high=0.999,
                label="ratio",
                doc="share of the size that is left, where no size is wanted",
            ),
            INDICES,
        ),
        inputs=(grid(axes),),
        outlets=with_indices,
        output=_fractional,
        words=_fractional_words,
        template=text,
        examples=examples,
    )


FractionalMaxPool2d = _random_pooling(
    2,
    example((4, 12, 12), output_ratio=0.7),
    example((2, 9, 11), kernel_size=(2, 3), output_size=(6, 5), return_indices=True),
)
FractionalMaxPool3d = _random_pooling(
    3,
    example((2, 8, 8, 8)),
    example((1, 9, 7, 6), kernel_size=(3, 2, 2), output_size=(5, 4, 3), return_indices=True),
)
