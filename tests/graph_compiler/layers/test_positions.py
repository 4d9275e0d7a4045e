"""Positions and masks against their definitions, computed in another way."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.alibi_mask import alibi_mask, alibi_slopes
from graph_compiler.modules.learned_positions import LearnedPositions
from graph_compiler.modules.rotary_positions import rotary_positions
from graph_compiler.modules.sinusoidal_positions import SinusoidalPositions
from graph_compiler.registry import layers
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

unhurried = settings(deadline=None, max_examples=50)


@unhurried
@given(steps=st.integers(1, 9), size=st.integers(1, 9), base=st.sampled_from([100.0, 10_000.0]))
def test_waves_are_those_of_the_paper(steps: int, size: int, base: float) -> None:
    x = torch.randn(2, steps, size, dtype=torch.float64)
    waves = SinusoidalPositions(base)(x) - x
    for t in range(steps):
        for feature in range(size):
            angle = t / base ** (2 * (feature // 2) / size)
            wanted = math.cos(angle) if feature % 2 else math.sin(angle)
            assert abs(waves[1, t, feature].item() - wanted) < 1e-12


@unhurried
@given(
    steps=st.integers(1, 9),
    half=st.integers(1, 5),
    heads=st.integers(0, 2),
    theta=st.sampled_from([100.0, 10_000.0, 500_000.0]),
    interleaved=st.booleans(),
)
def test_turning_pairs_is_multiplying_complex_numbers(
    steps: int, half: int, heads: int, theta: float, interleaved: bool
) -> None:
    shape = (2, heads, steps, 2 * half) if heads else (2, steps, 2 * half)
    x = torch.randn(shape, dtype=torch.float64)
    found = rotary_positions(x, theta, interleaved)
    pairs = x.unflatten(-1, (half, 2)) if interleaved else x.unflatten(-1, (2, half)).mT
    turn = torch.tensor(
        [[complex(0, t / theta ** (i / half)) for i in range(half)] for t in range(steps)],
        dtype=torch.complex128,
    ).exp()
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * turn)
    wanted = (turned if interleaved else turned.mT).flatten(-2)
    assert torch.allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("interleaved", [False, True])
def test_products_of_turned_vectors_depend_on_their_distance_only(interleaved: bool) -> None:
    torch.manual_seed(0)
    q, k = torch.randn(2, 8, dtype=torch.float64)
    rows = [rotary_positions(x.expand(12, 8), interleaved=interleaved) for x in (q, k)]
    scores = rows[0] @ rows[1].T
    for apart in range(-11, 12):
        assert torch.allclose(scores.diagonal(apart), scores.diagonal(apart)[0], atol=1e-12)


def test_half_precision_turns_by_exact_angles() -> None:
    x = torch.ones(1, 3000, 2)
    rough = rotary_positions(x.bfloat16())
    assert rough.dtype == torch.bfloat16
    assert torch.allclose(rough.float(), rotary_positions(x), atol=0.02)
    waves = SinusoidalPositions()(torch.zeros(1, 3000, 4).bfloat16())
    assert waves.dtype == torch.bfloat16
    assert torch.allclose(waves.float(), SinusoidalPositions()(torch.zeros(1, 3000, 4)), atol=0.02)


def test_learned_positions_are_added() -> None:
    module = LearnedPositions(5, 3)
    x = torch.randn(2, 4, 3)
    assert torch.equal(module(x), x + module.weight[None, :4])


def test_slopes_of_heads() -> None:
    """The sequence of the paper for 8 heads, and for 12 every other of 16 heads besides."""
    assert alibi_slopes(8) == [2.0**-n for n in range(1, 9)]
    assert alibi_slopes(12) == [2.0**-n for n in range(1, 9)] + [
        2.0**-n for n in (0.5, 1.5, 2.5, 3.5)
    ]
    assert alibi_slopes(1) == [2.0**-8]


@pytest.mark.parametrize("heads", [1, 2, 3, 4])
def test_far_places_count_less(heads: int) -> None:
    q = torch.zeros(2, heads, 5, 3, dtype=torch.float64)
    both, causal = alibi_mask(q, causal=False), alibi_mask(q)
    for head, slope in enumerate(alibi_slopes(heads)):
        for t in range(5):
            for s in range(5):
                assert both[head, t, s] == -slope * abs(t - s)
                assert causal[head, t, s] == (-math.inf if s > t else both[head, t, s])


def test_a_causal_mask_is_what_torch_makes() -> None:
    """The three forms as the entry writes them, in the layers that read them."""
    x = torch.randn(2, 6, 8)
    added = x.new_full((x.shape[1], x.shape[1]), -torch.inf).triu(1)
    assert torch.equal(added, nn.Transformer.generate_square_subsequent_mask(6))
    allowed = torch.ones(6, 6, dtype=torch.bool).tril()
    blocked = torch.ones(6, 6, dtype=torch.bool).triu(1)
    causal = F.scaled_dot_product_attention(x, x, x, is_causal=True)
    for mask in (added, allowed):
        assert torch.allclose(F.scaled_dot_product_attention(x, x, x, attn_mask=mask), causal)
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    results = [attention(x, x, x, attn_mask=mask)[0] for mask in (added, blocked)]
    assert torch.allclose(*results)


def _refusal(type: str, params: dict[str, int], x: TensorType) -> Mismatch:
    values = {param.name: param.default for param in layers()[type].params} | params
    with pytest.raises(Mismatch) as caught:
        layers()[type].output(Params(values), x)
    return caught.value


def test_a_longer_sequence_learns_more_positions() -> None:
    refusal = _refusal("LearnedPositions", {"length": 5}, TensorType((N, 7, 3)))
    assert str(refusal) == (
        "input: expected at most 5 steps, one for each learned vector, got 7. "
        "Set length to that of the longest sequence."
    )
    assert [fix.label for fix in refusal.fixes] == ["Learn 7 positions"]


def test_pairs_need_an_even_number() -> None:
    assert str(_refusal("RotaryPositions", {}, TensorType((N, 4, 7, 5)))) == (
        "input: expected an even number of features, turned in pairs, got 5. "
        "Choose heads of an even size."
    )


def test_masks_that_no_memory_holds_are_refused() -> None:
    assert _refusal("CausalMask", {}, TensorType((N, 10**7), "int")).code == "too_large"
    assert _refusal("AlibiMask", {}, TensorType((N, 8, 10**6, 4))).code == "too_large"
