"""The recursive neural tensor network against sums written out, and trees against recursion."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.neural_tensor import NeuralTensor, TreeEncoder
from graph_compiler.registry import layer
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def test_composition_of_two_numbers_by_hand() -> None:
    made = NeuralTensor(1).double()
    with torch.no_grad():
        made.tensor.copy_(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        made.linear.weight.copy_(torch.tensor([[5.0, 6.0]]))
        made.linear.bias.fill_(0.5)
    left, right = torch.tensor([[0.1]]).double(), torch.tensor([[-0.2]]).double()
    products = 1 * 0.1 * 0.1 + (2 + 3) * 0.1 * -0.2 + 4 * 0.2 * 0.2
    expected = math.tanh(products + 5 * 0.1 + 6 * -0.2 + 0.5)
    assert made(left, right).item() == pytest.approx(expected, abs=1e-7)


def test_composition_against_sums_written_out() -> None:
    torch.manual_seed(0)
    made = NeuralTensor(3, bias=False).double()
    left, right = torch.randn(2, 4, 3).double(), torch.randn(2, 4, 3).double()
    both = torch.cat((left, right), -1)
    expected = torch.empty(2, 4, 3).double()
    for place in [(n, t) for n in range(2) for t in range(4)]:
        x = both[place]
        for k in range(3):
            products = sum(x[i] * made.tensor[k, i, j] * x[j] for i in range(6) for j in range(6))
            expected[(*place, k)] = torch.tanh(products + made.linear.weight[k] @ x)
    assert torch.allclose(made(left, right), expected, atol=1e-12)


def test_the_tensor_is_torchs_bilinear_map() -> None:
    torch.manual_seed(0)
    made = NeuralTensor(4).double()
    bilinear = nn.Bilinear(8, 8, 4, bias=False).double()
    with torch.no_grad():
        bilinear.weight.copy_(made.tensor)
    left, right = torch.randn(5, 4).double(), torch.randn(5, 4).double()
    both = torch.cat((left, right), -1)
    expected = torch.tanh(bilinear(both, both) + made.linear(both))
    assert torch.allclose(made(left, right), expected, atol=1e-12)


def _vector(made: TreeEncoder, tree: object) -> torch.Tensor:
    if isinstance(tree, int):
        return made.word.weight[tree]
    left, right = tree  # type: ignore[misc]
    return made.compose(_vector(made, left)[None], _vector(made, right)[None])[0]


def test_trees_of_different_shape_in_one_batch() -> None:
    torch.manual_seed(0)
    made = TreeEncoder(10, 3).double()
    # ((4 5) 6) and (7 (8 9)), in post-order
    words = torch.tensor([[4, 5, 0, 6, 0], [7, 8, 9, 0, 0]])
    left = torch.tensor([[-1, -1, 0, -1, 2], [-1, -1, -1, 1, 0]])
    right = torch.tensor([[-1, -1, 1, -1, 3], [-1, -1, -1, 2, 3]])
    found = made(words, left, right)
    assert found.shape == (2, 5, 3)
    first = [4, 5, (4, 5), 6, ((4, 5), 6)]
    second = [7, 8, 9, (8, 9), (7, (8, 9))]
    for example, trees in enumerate((first, second)):
        for node, tree in enumerate(trees):
            assert torch.allclose(found[example, node], _vector(made, tree), atol=1e-12)


def test_words_of_inner_nodes_are_not_read() -> None:
    torch.manual_seed(0)
    made = TreeEncoder(10, 3)
    left, right = torch.tensor([[-1, -1, 0]]), torch.tensor([[-1, -1, 1]])
    one = made(torch.tensor([[1, 2, 3]]), left, right)
    two = made(torch.tensor([[1, 2, 9]]), left, right)
    assert torch.equal(one, two)
    one.sum().backward()
    assert made.word.weight.grad[3].abs().sum() == 0
    assert made.word.weight.grad[1].abs().sum() > 0


def test_children_of_one_size() -> None:
    with pytest.raises(Mismatch) as caught:
        layer("NeuralTensor").output(Params({"bias": True}), TensorType((N, 4)), TensorType((N, 3)))
    assert str(caught.value) == (
        "right: expected N×4, as on left, got N×3. Give left and right the same shape."
    )
