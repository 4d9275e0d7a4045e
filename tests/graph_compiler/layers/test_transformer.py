"""Transformers are those of torch: shapes, weights and costs over their options and masks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch, Params
from graph_compiler.registry import layers
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

unhurried = settings(deadline=None, max_examples=40)
few = st.integers(1, 4)
masked = st.sampled_from([None, None, None, None, "bool", "float"])
options = st.fixed_dictionaries(
    {
        "nhead": st.integers(1, 3),
        "dim_feedforward": st.integers(1, 9),
        "dropout": st.sampled_from([0.0, 0.2]),
        "activation": st.sampled_from(["relu", "gelu"]),
        "norm_first": st.booleans(),
        "bias": st.booleans(),
    }
)


def _device(*masks: str | None) -> str:
    """Stacks look into their mask to see whether it is causal."""
    return "cpu" if any(masks) else "meta"


def _mask(kind: str | None, *shape: Any) -> TensorType | None:
    return TensorType(shape, kind) if kind else None


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@unhurried
@given(given_=options, count=st.integers(0, 2), size=st.sampled_from([4, 6]), steps=few,
       masks=st.tuples(masked, masked))  # fmt: skip
def test_encoders(
    agree: Any, given_: dict[str, Any], count: int, size: int, steps: int, masks: tuple[Any, Any]
) -> None:
    inputs = [
        TensorType((N, steps, size)),
        _mask(masks[0], steps, steps),
        _mask(masks[1], N, steps),
    ]

    def build() -> nn.Module:
        layer = nn.TransformerEncoderLayer(size, batch_first=True, **given_)
        if not count:
            return layer
        return nn.TransformerEncoder(layer, count, enable_nested_tensor=False)

    def call(module: nn.Module, x: Any, mask: Any, padding: Any) -> Any:
        return module(x, mask, src_key_padding_mask=padding)

    kind = "TransformerEncoder" if count else "TransformerEncoderLayer"
    params = given_ | ({"num_layers": count} if count else {})
    fits = agree(kind, params, inputs, build, call, device=_device(*masks))
    assert fits == (size % given_["nhead"] == 0)


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@unhurried
@given(given_=options, count=st.integers(0, 2), size=st.sampled_from([4, 6]), steps=few,
       places=few, masks=st.tuples(*[masked] * 4))  # fmt: skip
def test_decoders(
    agree: Any,
    given_: dict[str, Any],
    count: int,
    size: int,
    steps: int,
    places: int,
    masks: tuple[Any, ...],
) -> None:
    inputs = [
        TensorType((N, steps, size)),
        TensorType((N, places, size)),
        _mask(masks[0], steps, steps),
        _mask(masks[1], steps, places),
        _mask(masks[2], N, steps),
        _mask(masks[3], N, places),
    ]

    def build() -> nn.Module:
        layer = nn.TransformerDecoderLayer(size, batch_first=True, **given_)
        return nn.TransformerDecoder(layer, count) if count else layer

    kind = "TransformerDecoder" if count else "TransformerDecoderLayer"
    params = given_ | ({"num_layers": count} if count else {})
    fits = agree(kind, params, inputs, build, device=_device(*masks))
    assert fits == (size % given_["nhead"] == 0)


@pytest.mark.filterwarnings("ignore:Support for mismatched", "ignore:enable_nested_tensor")
@unhurried
@given(given_=options, counts=st.tuples(few, few), size=st.sampled_from([4, 6]), steps=few,
       places=few, masks=st.tuples(*[masked] * 6))  # fmt: skip
def test_the_whole(
    agree: Any,
    given_: dict[str, Any],
    counts: tuple[int, int],
    size: int,
    steps: int,
    places: int,
    masks: tuple[Any, ...],
) -> None:
    inputs = [
        TensorType((N, places, size)),
        TensorType((N, steps, size)),
        _mask(masks[0], places, places),
        _mask(masks[1], steps, steps),
        _mask(masks[2], steps, places),
        _mask(masks[3], N, places),
        _mask(masks[4], N, steps),
        _mask(masks[5], N, places),
    ]
    params = given_ | {"num_encoder_layers": counts[0], "num_decoder_layers": counts[1]}

    def build() -> nn.Module:
        return nn.Transformer(size, batch_first=True, **params)

    fits = agree("Transformer", params, inputs, build, device=_device(*masks))
    assert fits == (size % given_["nhead"] == 0)


def test_the_paper_counts() -> None:
    """Vaswani et al., base model: 44 million weights beside those of the words, norms included."""
    values = {param.name: param.default for param in layers()["Transformer"].params}
    x = TensorType((N, 10, 512))
    weights = layers()["Transformer"].weights(Params(values), x, x, *[None] * 6)
    sizes = [TensorType((N, *shape)).numel for shape in weights.values() if shape]
    attention, norm = 4 * 512 * 512 + 4 * 512, 2 * 512
    dense = 2 * 512 * 2048 + 2048 + 512
    encoder, decoder = attention + dense + 2 * norm, 2 * attention + dense + 3 * norm
    assert sum(int(size) for size in sizes) == 6 * encoder + 6 * decoder + 2 * norm


def _refusal(type: str, *inputs: TensorType | None) -> Mismatch:
    values = {param.name: param.default for param in layers()[type].params}
    with pytest.raises(Mismatch) as caught:
        layers()[type].output(Params(values), *inputs)
    return caught.value


X, MEMORY = TensorType((N, 7, 16)), TensorType((N, 5, 12))


def test_memory_of_another_width_gets_a_linear_layer() -> None:
    refusal = _refusal("TransformerDecoder", X, MEMORY, *[None] * 4)
    assert str(refusal) == (
        "memory: expected 16 features, got 12. Bring it to as many features with Linear."
    )
    assert [fix.label for fix in refusal.fixes] == ["Insert Linear with 16 units on memory"]


def test_masks_of_another_length_are_refused() -> None:
    wrong = TensorType((5, 5), "bool")
    assert str(_refusal("TransformerEncoderLayer", X, wrong, None)) == (
        "mask: expected 7×7 (a row for each step), got 5×5. Feed it a mask of that shape."
    )
    assert str(_refusal("TransformerEncoderLayer", X, None, wrong)) == (
        "padding_mask: expected N×7 (a row for each example), got 5×5. "
        "Feed it a mask of that shape."
    )


def test_stacks_that_no_file_holds_are_bounded() -> None:
    for kind, name in (("TransformerEncoder", "num_layers"), ("Transformer", "num_decoder_layers")):
        (param,) = [param for param in layers()[kind].params if param.name == name]
        assert param.high == 1000
