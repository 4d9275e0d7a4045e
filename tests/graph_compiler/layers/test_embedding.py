"""Embeddings are those of torch; what it would refuse is refused with a cure."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch, Params
from graph_compiler.registry import layers
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

unhurried = settings(deadline=None)
options = st.fixed_dictionaries(
    {
        "num_embeddings": st.integers(1, 9),
        "embedding_dim": st.integers(1, 9),
        "padding_idx": st.none() | st.integers(-12, 12),
        "max_norm": st.none() | st.just(1.5),
        "norm_type": st.sampled_from([1.0, 2.0]),
        "scale_grad_by_freq": st.booleans(),
    }
)


@unhurried
@given(given_=options, sizes=st.lists(st.integers(1, 5), max_size=3))
def test_embedding(agree: Any, given_: dict[str, Any], sizes: list[int]) -> None:
    agree("Embedding", given_, [TensorType((N, *sizes), "int")], lambda: nn.Embedding(**given_))


@unhurried
@given(
    given_=options,
    mode=st.sampled_from(["sum", "mean", "max"]),
    words=st.integers(1, 5),
    weighted=st.sampled_from([0, 0, 1, 2]),
)
def test_bag(agree: Any, given_: dict[str, Any], mode: str, words: int, weighted: int) -> None:
    weights = TensorType((N, words + weighted - 1)) if weighted else None
    if words + weighted - 1 < 1:
        weights = None
    agree(
        "EmbeddingBag",
        {**given_, "mode": mode},
        [TensorType((N, words), "int"), weights],
        lambda: nn.EmbeddingBag(**given_, mode=mode),
        lambda module, x, w: module(x, per_sample_weights=w),
    )


def test_positions_without_a_batch_are_looked_up_too(agree: Any) -> None:
    params = {"num_embeddings": 9, "embedding_dim": 4}
    assert agree("Embedding", params, [TensorType((7,), "int")], lambda: nn.Embedding(9, 4))


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_padding_takes_no_part(mode: str) -> None:
    bag = nn.EmbeddingBag(5, 3, mode=mode, padding_idx=0)
    assert torch.equal(bag(torch.tensor([[0, 2, 0]])), bag(torch.tensor([[2, 0, 0]])))
    assert torch.equal(bag(torch.tensor([[0, 2, 0]]))[0], bag.weight[2])


def _refusal(type: str, params: dict[str, Any], *inputs: TensorType | None) -> Mismatch:
    layer = layers()[type]
    values = {param.name: param.default for param in layer.params} | params
    with pytest.raises(Mismatch) as caught:
        layer.output(Params(values), *inputs)
    return caught.value


def test_the_padding_word_is_a_word() -> None:
    x = TensorType((N, 4), "int")
    refusal = _refusal("Embedding", {"num_embeddings": 5, "padding_idx": 5}, x)
    assert str(refusal) == (
        "padding_idx: expected a word from 0 to 4, got 5. "
        "Set padding_idx to one of the words, or leave it empty."
    )
    assert [fix.label for fix in refusal.fixes] == ["Pad with no word", "Pad with word 0"]


def test_weights_go_with_sums() -> None:
    x = TensorType((N, 4), "int")
    refusal = _refusal("EmbeddingBag", {}, x, TensorType((N, 4)))
    assert str(refusal) == (
        "per_sample_weights: expected mode sum with weights, got mode mean. "
        "Set mode to sum, or take the wire away."
    )


def test_a_table_that_no_memory_holds_is_refused() -> None:
    params = {"num_embeddings": 2**31 - 1, "embedding_dim": 10_000}
    refusal = _refusal("Embedding", params, TensorType((N, 4), "int"))
    assert refusal.code == "too_large"
