"""Attention is that of torch: shapes, weights and costs over its options, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch, Params
from graph_compiler.registry import layers
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

unhurried = settings(deadline=None)
few = st.integers(1, 5)


def _with_defaults(type: str, **params: Any) -> Params:
    return Params({param.name: param.default for param in layers()[type].params} | params)


def _refusal(type: str, params: dict[str, Any], *inputs: TensorType | None) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        layers()[type].output(_with_defaults(type, **params), *inputs)
    return caught.value


@unhurried
@given(
    heads=st.integers(1, 4),
    size=st.sampled_from([1, 4, 6, 12]),
    steps=few,
    places=few,
    widths=st.none() | st.tuples(few, few),
    options=st.fixed_dictionaries(
        {
            "dropout": st.sampled_from([0.0, 0.2]),
            "bias": st.booleans(),
            "add_bias_kv": st.booleans(),
            "add_zero_attn": st.booleans(),
        }
    ),
    need=st.booleans(),
    average=st.booleans(),
    masks=st.tuples(*[st.sampled_from(["", "bool", "float"])] * 2),
)
@pytest.mark.filterwarnings("ignore:Support for mismatched")
def test_multi_head_attention(
    agree: Any,
    heads: int,
    size: int,
    steps: int,
    places: int,
    widths: tuple[int, int] | None,
    options: dict[str, Any],
    need: bool,
    average: bool,
    masks: tuple[str, str],
) -> None:
    kdim, vdim = widths or (None, None)
    padding = TensorType((N, places), masks[0]) if masks[0] else None
    mask = TensorType((steps, places), masks[1]) if masks[1] else None
    given_ = options | {"kdim": kdim, "vdim": vdim}

    def call(module: nn.Module, q: Any, k: Any, v: Any, padding: Any, mask: Any) -> Any:
        found = module(
            q,
            k,
            v,
            key_padding_mask=padding,
            attn_mask=mask,
            need_weights=need,
            average_attn_weights=average,
        )
        return found if need else found[0]

    fits = agree(
        "MultiheadAttention",
        given_ | {"num_heads": heads, "need_weights": need, "average_attn_weights": average},
        [
            TensorType((N, steps, size)),
            TensorType((N, places, kdim or size)),
            TensorType((N, places, vdim or size)),
            padding,
            mask,
        ],
        lambda: nn.MultiheadAttention(size, heads, batch_first=True, **given_),
        call,
    )
    assert fits == (size % heads == 0)


def test_without_keys_it_attends_to_itself() -> None:
    layer, x = layers()["MultiheadAttention"], TensorType((N, 7, 16))
    p = _with_defaults("MultiheadAttention")
    assert layer.output(p, x, None, None, None, None) == x
    assert layer.weights(p, x, None, None, None, None) == layer.weights(p, x, x, x, None, None)
    assert layer.macs(p, x, x, None, None, None, None) == 4 * 7 * 16 * 16 + 2 * 7 * 7 * 16


@unhurried
@given(
    heads=few,
    shared=few,
    steps=few,
    places=few,
    sizes=st.tuples(few, few),
    options=st.fixed_dictionaries(
        {
            "is_causal": st.booleans(),
            "scale": st.none() | st.just(0.5),
            "enable_gqa": st.booleans(),
            "dropout_p": st.sampled_from([0.0, 0.2]),
        }
    ),
    mask=st.none() | st.lists(st.booleans(), min_size=1, max_size=4),
    kind=st.sampled_from(["bool", "float"]),
)
def test_scaled_dot_products(
    agree: Any,
    heads: int,
    shared: int,
    steps: int,
    places: int,
    sizes: tuple[int, int],
    options: dict[str, Any],
    mask: list[bool] | None,
    kind: str,
) -> None:
    scores = (N, heads, steps, places)
    axes = None
    if mask is not None:
        axes = tuple(
            size if kept else 1 for size, kept in zip(scores[4 - len(mask) :], mask, strict=True)
        )
    agree(
        "ScaledDotProductAttention",
        options,
        [
            TensorType((N, heads, steps, sizes[0])),
            TensorType((N, shared, places, sizes[0])),
            TensorType((N, shared, places, sizes[1])),
            None if axes is None else TensorType(axes, kind),
        ],
        nn.Identity,
        lambda module, q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m, **options),
        stricter=heads != shared and not options["enable_gqa"],  # torch spreads a single head
    )


def test_grouped_queries_are_repeated_heads() -> None:
    torch.manual_seed(0)
    q = torch.randn(2, 6, 5, 4, dtype=torch.float64)
    k, v = torch.randn(2, 2, 2, 7, 4, dtype=torch.float64)
    grouped = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    many = [x.repeat_interleave(3, dim=1) for x in (k, v)]  # as RepeatKV writes it
    assert torch.allclose(grouped, F.scaled_dot_product_attention(q, *many), atol=1e-14)
    for head in range(6):  # heads 0 to 2 share the first, 3 to 5 the second
        alone = F.scaled_dot_product_attention(q[:, head], k[:, head // 3], v[:, head // 3])
        assert torch.allclose(grouped[:, head], alone, atol=1e-14)


@unhurried
@given(steps=few, heads=st.integers(1, 6), size=st.sampled_from([1, 6, 8, 12]))
def test_heads_split_and_merge(agree: Any, steps: int, heads: int, size: int) -> None:
    x = TensorType((N, steps, size))
    fits = agree(
        "SplitHeads",
        {"heads": heads},
        [x],
        nn.Identity,
        lambda module, x: x.view(2, steps, heads, size // heads).permute(0, 2, 1, 3),
    )
    assert fits == (size % heads == 0)
    if fits:
        split = layers()["SplitHeads"].output(Params({"heads": heads}), x)
        assert layers()["MergeHeads"].output(Params({}), split) == x
        agree(
            "MergeHeads",
            {},
            [split],
            nn.Identity,
            lambda module, x: x.permute(0, 2, 1, 3).reshape(2, steps, size),
        )
        agree(
            "RepeatKV",
            {"repeats": 3},
            [split],
            nn.Identity,
            lambda module, x: x.repeat_interleave(3, dim=1),
        )


X = TensorType((N, 7, 10))


def test_heads_that_do_not_divide_offer_the_next_that_do() -> None:
    refusal = _refusal("MultiheadAttention", {"num_heads": 4}, X, None, None, None, None)
    assert str(refusal) == (
        "query: expected a number of features that 4 heads divide, got 10. "
        "Set num_heads to a divisor of the features."
    )
    assert [fix.label for fix in refusal.fixes] == ["Have 2 heads", "Have 5 heads"]
    refusal = _refusal("SplitHeads", {"heads": 3}, TensorType((N, 7, 2)))
    assert [fix.label for fix in refusal.fixes] == ["Have 2 heads"]
    prime = _refusal("SplitHeads", {"heads": 8}, TensorType((N, 7, 1_000_003)))
    assert [fix.label for fix in prime.fixes] == ["Have 1 head"]


def test_keys_of_another_width_set_kdim() -> None:
    refusal = _refusal(
        "MultiheadAttention", {"num_heads": 2}, X, TensorType((N, 3, 4)), *[None] * 3
    )
    assert str(refusal) == "key: expected 10 features, got 4. Set kdim to 4."
    assert [fix.label for fix in refusal.fixes] == ["Set the key features to 4"]


def test_masks_have_the_shape_of_the_scores() -> None:
    given_ = {"num_heads": 2}
    turned = TensorType((3, 7), "bool")
    keys = TensorType((N, 3, 10))
    refusal = _refusal("MultiheadAttention", given_, X, keys, None, None, turned)
    assert str(refusal) == (
        "attn_mask: expected 7×3 (a row for each query), got 3×7. Feed it a mask of that shape."
    )
    numbers = TensorType((N, 7), "int")
    refusal = _refusal("MultiheadAttention", given_, X, None, None, numbers, None)
    assert str(refusal) == (
        "key_padding_mask: expected true and false, or real numbers to add to the scores, "
        "got whole numbers. Make a mask of them with PaddingMask or a comparison."
    )


Q = TensorType((N, 4, 7, 8))


def test_one_mask_is_enough() -> None:
    mask = TensorType((7, 7), "bool")
    refusal = _refusal("ScaledDotProductAttention", {"is_causal": True}, Q, Q, Q, mask)
    assert str(refusal) == (
        "attn_mask: expected no mask where is_causal makes one, got 7×7. "
        "Set is_causal to false, or take the mask away."
    )
    assert [fix.label for fix in refusal.fixes] == ["Use the wired mask"]


def test_fewer_heads_for_keys_are_groups_of_queries() -> None:
    few_heads = TensorType((N, 2, 7, 8))
    refusal = _refusal("ScaledDotProductAttention", {}, Q, few_heads, few_heads, None)
    assert str(refusal) == (
        "key: expected 4 heads, as on query, got 2. "
        "Give both the same number of heads, or set enable_gqa."
    )
    assert [fix.label for fix in refusal.fixes] == ["Let groups of queries share a key"]
    three = TensorType((N, 3, 7, 8))
    refusal = _refusal("ScaledDotProductAttention", {"enable_gqa": True}, Q, three, three, None)
    assert str(refusal) == (
        "key: expected a number of heads that divides 4, those of query, got 3. Choose a divisor."
    )


def test_scores_that_no_memory_holds_are_refused() -> None:
    long = TensorType((N, 4, 10**6, 8))
    assert _refusal("ScaledDotProductAttention", {}, long, long, long, None).code == "too_large"
