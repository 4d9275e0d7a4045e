"""Arithmetic, comparisons and products: shapes and kinds of number as torch stretches them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from graph_compiler.layer import Mismatch
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N, Symbolic
from graph_compiler.tensors import TensorType

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))

PAIRS: dict[str, Callable[..., torch.Tensor]] = {
    "Subtract": torch.sub,
    "Divide": torch.div,
    "Remainder": torch.remainder,
    "Maximum": torch.maximum,
    "Minimum": torch.minimum,
    "Power": torch.pow,
    "Compare": torch.gt,
    "Add": torch.add,
    "Multiply": torch.mul,
}
NUMBERS = ("float", "int")


@st.composite
def tensors(draw: st.DrawFn, dtypes: tuple[str, ...] = NUMBERS) -> TensorType:
    sizes = draw(st.lists(st.sampled_from([1, 3, 4]), max_size=3))
    batch: list[Any] = [N] if draw(st.booleans()) else []
    return TensorType((*batch, *sizes), draw(st.sampled_from(dtypes)))


def refused(type: str, *inputs: TensorType | None, **params: Any) -> Mismatch:
    resolved, faults = resolve(params, layers()[type], {})
    assert faults == ()
    with pytest.raises(Mismatch) as caught:
        layers()[type].output(resolved, *inputs)
    return caught.value


def typed(type: str, *inputs: TensorType | None, **params: Any) -> TensorType:
    resolved, faults = resolve(params, layers()[type], {})
    assert faults == ()
    result = layers()[type].output(resolved, *inputs)
    assert isinstance(result, TensorType)
    return result


@pytest.mark.parametrize("type", PAIRS)
@QUICK
@given(one=tensors(), two=tensors())
def test_pairs_stretch_as_torch_does(
    agree: Any, type: str, one: TensorType, two: TensorType
) -> None:
    agree(type, {}, (one, two), nn.Identity, lambda _, a, b: PAIRS[type](a, b), stricter=True)


@given(st.lists(tensors(("float",)), min_size=1, max_size=4))
@QUICK
def test_what_lines_up_with_the_batch_first_is_never_refused(inputs: list[TensorType]) -> None:
    """An oracle with a number that occurs nowhere else in place of the batch."""
    sizes = [tuple(17 if size is N else int(size) for size in x.shape) for x in inputs]
    try:
        wanted = tuple(torch.broadcast_shapes(*sizes))
    except RuntimeError:
        wanted = None
    if wanted is not None and 17 in wanted and (wanted.count(17) > 1 or wanted[0] != 17):
        wanted = None
    layer = layers()["Add"]
    params, _ = resolve({}, layer, {})
    try:
        found = layer.output(params, *inputs)
    except Mismatch:
        found = None
    if wanted is None:
        assert found is None
    else:
        assert found is not None
        assert tuple(17 if size is N else size for size in found.shape) == wanted


def test_batches_that_do_not_meet_are_refused() -> None:
    """What torch would make a table of all pairs of examples of."""
    assert str(refused("Subtract", TensorType((N, 1)), TensorType((N,)))) == (
        "other: expected N×1, as on input, got N. Give both branches the same shape."
    )
    assert refused("Add", TensorType((N, 4)), TensorType((3, 1, 4))).code == "shapes_differ"


def test_features_beside_an_image_offer_a_reshape() -> None:
    mismatch = refused("Multiply", TensorType((N, 8, 5, 5)), TensorType((N, 8)))
    assert [fix.label for fix in mismatch.fixes] == ["Insert Reshape to 8×1×1 on input2"]


def test_symbols_stretch_by_their_values() -> None:
    width = Symbolic.name("width", 6)
    result = typed("Add", TensorType((N, width)), TensorType((N, 1)))
    assert str(result) == "N×width"


@pytest.mark.parametrize("relation", ["equal", "not equal", "less", "greater or equal"])
def test_comparisons_hold(computed: Any, relation: str) -> None:
    signs = {"equal": "eq", "not equal": "ne", "less": "lt", "greater or equal": "ge"}
    x = torch.tensor([[0.0, 1.0, 2.0]])
    found = computed("Compare", x, relation=relation, value=1.0)
    assert found.tolist() == getattr(operator, signs[relation])(x, 1.0).tolist()


def test_functions_keep_or_change_the_kind_of_number(agree: Any) -> None:
    layer = layers()["Elementwise"]
    for function in layer.params[0].choices:
        for dtype in NUMBERS:
            x = TensorType((N, 4), dtype)
            call = getattr(torch, function)
            agree(
                "Elementwise", {"function": function}, (x,), nn.Identity, lambda _, a, f=call: f(a)
            )


def test_the_palette_finds_every_function() -> None:
    layer = layers()["Elementwise"]
    assert set(layer.params[0].choices) <= set(layer.keywords)


def test_scale_and_clamp_compute(computed: Any) -> None:
    x = torch.tensor([[-2.0, 0.5, 3.0]])
    assert computed("Scale", x, factor=-1.0, summand=1.0).tolist() == [[3.0, 0.5, -2.0]]
    assert computed("Clamp", x, min=-1.0, max=1.0).tolist() == [[-1.0, 0.5, 1.0]]
    assert computed("Clamp", x).tolist() == [[-2.0, 0.5, 1.0]]
    assert refused("Clamp", TensorType((N, 3)), max=None).remedy == "Set min or max."
    assert str(refused("Clamp", TensorType((N, 3)), min=2.0)) == (
        "min: expected at most max, which is 1, got 2. Swap the bounds."
    )


@QUICK
@given(tensors(("float",)), tensors(("float",)))
def test_matrix_products_agree_with_torch(agree: Any, one: TensorType, two: TensorType) -> None:
    if one.rank and two.rank and N in (one.shape[0], two.shape[0]):
        agree("MatMul", {}, (one, two), nn.Identity, lambda _, a, b: a @ b, stricter=True)


def test_matrix_products_name_the_rows_that_are_missing() -> None:
    mismatch = refused("MatMul", TensorType((N, 4, 7, 5)), TensorType((N, 4, 6, 5)))
    assert str(mismatch) == (
        "other: expected 5 rows, one for each of the first input's columns, got N×4×6×5. "
        "Let the last axis of the first input equal the second last of the other."
    )
    assert [fix.label for fix in mismatch.fixes] == ["Transpose other"]


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("nij,njk->nik", ((N, 3, 4), (N, 4, 5))),
        ("ni,oi->no", ((N, 3), (5, 3))),
        ("nij,nij->ni", ((N, 3, 4), (N, 3, 4))),
        ("nij->nji", ((N, 3, 4),)),
        ("nij,nk->nj", ((N, 3, 4), (N, 5))),
        ("ni,oij,nj->no", ((N, 3), (5, 3, 4), (N, 4))),
        ("ni,nj->nij", ((N, 3), (N, 4))),
        ("nii,ni->ni", ((N, 3, 3), (N, 3))),
        ("ni,ni->", ((N, 3), (N, 3))),
        ("n...i,oi->n...o", ((N, 2, 4, 3), (5, 3))),
        ("...ij,...jk->...ik", ((N, 2, 3, 4), (N, 2, 4, 5))),
        ("n...ij,jk->n...ik", ((N, 3, 4), (4, 5))),
        ("...j,n...j->n...", ((4, 3), (N, 2, 4, 3))),
        ("n...,n...->n...", ((N, 1, 3), (N, 2, 1))),
        ("n...i->ni", ((N, 2, 4, 3),)),
        ("n...,...->n", ((N, 2, 3), (3,))),
        ("nij,njk", ((N, 3, 4), (N, 4, 5))),
        ("...ij,jk", ((N, 3, 4), (4, 5))),
        ("nBa,na", ((N, 3, 4), (N, 4))),
    ],
)
def test_equations_agree_with_torch(agree: Any, equation: str, shapes: Any) -> None:
    inputs = tuple(TensorType(shape) for shape in shapes)
    assert agree(
        "Einsum",
        {"equation": equation},
        inputs,
        nn.Identity,
        lambda _, *operands: torch.einsum(equation, *operands),
    )


@pytest.mark.parametrize(
    ("equation", "text"),
    [
        (
            "ni,,nj->n",
            "equation: expected letters for the axes of each input, ->, those of the result, got "
            "`ni,,nj->n`. Write an equation such as nij,njk->nik; ... stands for axes without a "
            "letter.",
        ),
        (
            "ij",
            "equation: expected letters for 2 inputs, got for 1. Write one group of letters for "
            "each wire, with commas between them.",
        ),
        (
            "n...,nij...->n",
            "input2: expected at least 3 axes, as in `nij...`, got N×4. Write one letter for each "
            "axis; the first is the batch.",
        ),
        (
            "n...,n...->n",
            "input2: expected 3 on an axis of ..., as before, got 4. Let the axes behind ... be of "
            "one size, or 1.",
        ),
        (
            "ni,nj->n...",
            "equation: expected each letter of the result once, and among those of the inputs, "
            "got ... in `n...`. Correct the letters behind ->.",
        ),
        (
            "ni->n",
            "equation: expected letters for 2 inputs, got for 1. Write one group of letters for "
            "each wire, with commas between them.",
        ),
        (
            "nij,ni->n",
            "input1: expected 3 axes, as in `nij`, got N×3. Write one letter for each axis; the "
            "first is the batch.",
        ),
        (
            "ni,ni->n",
            "input2: expected 3 on axis i, as before, got 4. Use one letter only for axes of one "
            "size.",
        ),
        (
            "ni,nj->ijn",
            "equation: expected the letter of the batch first behind ->, n, got `ijn`. Put the "
            "batch first.",
        ),
        (
            "ni,nj->nk",
            "equation: expected each letter of the result once, and among those of the inputs, "
            "got k in `nk`. Correct the letters behind ->.",
        ),
    ],
)
def test_wrong_equations(equation: str, text: str) -> None:
    inputs = (TensorType((N, 3)), TensorType((N, 4)))
    assert str(refused("Einsum", *inputs, equation=equation)) == text


def test_conditions_choose_and_fill(computed: Any) -> None:
    x = torch.tensor([[1.0, -2.0, 3.0]])
    mask = x > 0
    assert computed("Where", mask, x, -x).tolist() == [[1.0, 2.0, 3.0]]
    assert computed("MaskedFill", x, mask, value=9.0).tolist() == [[9.0, -2.0, 9.0]]
    assert computed("MaskedFill", x, mask, fill="-inf").tolist() == [[-torch.inf, -2.0, -torch.inf]]
    assert computed("Not", mask).tolist() == [[False, True, False]]
    assert computed("Cast", x, dtype="int").dtype == torch.int64
