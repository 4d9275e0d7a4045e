"""Patches of images against a loop over them."""

from __future__ import annotations

import pytest
import torch

from graph_compiler.layer import Mismatch, Params
from graph_compiler.modules.patch_embedding import PatchEmbedding
from graph_compiler.registry import layer
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType


def test_each_patch_is_mapped_on_its_own_row_by_row() -> None:
    torch.manual_seed(0)
    made = PatchEmbedding(2, 5, (3, 4)).double()
    image = torch.randn(3, 2, 6, 12, dtype=torch.float64)
    weight = made.projection.weight.flatten(1)
    expected = [
        image[:, :, 3 * row : 3 * row + 3, 4 * column : 4 * column + 4].flatten(1) @ weight.T
        + made.projection.bias
        for row in range(2)
        for column in range(3)
    ]
    assert torch.allclose(made(image), torch.stack(expected, 1), atol=1e-12)


def test_the_class_token_stands_in_front_of_every_image() -> None:
    made = PatchEmbedding(1, 4, 2, class_token=True)
    with torch.no_grad():
        made.class_token.copy_(torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]))
    y = made(torch.randn(2, 1, 4, 4))
    assert y.shape == (2, 5, 4)
    assert y[:, 0].tolist() == [[1.0, 2.0, 3.0, 4.0]] * 2


def test_the_patches_of_the_vision_transformer() -> None:
    found = layer("PatchEmbedding")
    params = Params({"embed_dim": 768, "patch_size": 16, "bias": True, "class_token": True})
    image = TensorType((N, 3, 224, 224))
    assert found.output(params, image).shape == (N, 197, 768)
    shapes = found.weights(params, image)
    assert shapes == {
        "class_token": (1, 1, 768),
        "projection.weight": (768, 3, 16, 16),
        "projection.bias": (768,),
    }


def test_patches_that_leave_a_rest_are_refused() -> None:
    params = Params({"embed_dim": 8, "patch_size": 16, "bias": True, "class_token": False})
    with pytest.raises(Mismatch) as caught:
        layer("PatchEmbedding").output(params, TensorType((N, 3, 28, 28)))
    assert str(caught.value) == (
        "input: expected a height that 16 divides, got 28. "
        "Set patch_size to a divisor of height and width, or pad the image."
    )
    assert [fix.label for fix in caught.value.fixes] == ["Set the patches to 14"]
