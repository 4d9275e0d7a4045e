"""Reductions, shapes and indices set against torch's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from graph_compiler.layer import Mismatch
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N, Symbolic
from graph_compiler.tensors import TensorType

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SIZES = st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=3)
DIM = st.integers(-4, 4)
DIMS = st.lists(DIM, min_size=1, max_size=3).map(tuple)


def batched(sizes: list[int], dtype: str = "float") -> TensorType:
    return TensorType((N, *sizes), dtype)


def refused(type: str, *inputs: TensorType | None, **params: Any) -> Mismatch:
    resolved, faults = resolve(params, layers()[type], {})
    assert faults == ()
    with pytest.raises(Mismatch) as caught:
        layers()[type].output(resolved, *inputs)
    return caught.value


def typed(type: str, *inputs: TensorType | None, **params: Any) -> Any:
    resolved, faults = resolve(params, layers()[type], {})
    assert faults == ()
    return layers()[type].output(resolved, *inputs)


REDUCTIONS: dict[str, Callable[..., torch.Tensor]] = {
    "Sum": torch.sum,
    "Mean": torch.mean,
    "Max": torch.amax,
    "Min": torch.amin,
    "LogSumExp": torch.logsumexp,
    "Variance": torch.var,
    "StandardDeviation": torch.std,
    "Norm": lambda x, dim, keepdim: torch.linalg.vector_norm(x, dim=dim, keepdim=keepdim),
}


@pytest.mark.parametrize("type", REDUCTIONS)
@QUICK
@given(sizes=SIZES, dims=DIMS, keep=st.booleans())
def test_reductions_agree_with_torch(
    agree: Any, type: str, sizes: list[int], dims: tuple[int, ...], keep: bool
) -> None:
    agree(
        type,
        {"dim": dims, "keepdim": keep},
        (batched(sizes),),
        nn.Identity,
        lambda _, x: REDUCTIONS[type](x, dim=dims, keepdim=keep),
        stricter=len(set(dims)) < len(dims) or type in ("Variance", "StandardDeviation"),
    )


@pytest.mark.parametrize("type", REDUCTIONS)
def test_open_axes_are_those_of_an_example(type: str) -> None:
    assert typed(type, TensorType((N, 3, 4)), dim=None) == TensorType((N,))


def test_a_reduction_of_the_batch_is_asked_for_by_name() -> None:
    assert str(refused("Sum", TensorType((N,)), dim=None)) == (
        "input: expected an axis besides the batch, got N. Name the axes in dim; 0 is the batch."
    )
    assert typed("Mean", TensorType((N, 3)), dim=(0, 1)) == TensorType(())


@QUICK
@given(SIZES, DIM)
def test_single_axes_agree_with_torch(agree: Any, sizes: list[int], dim: int) -> None:
    x = batched(sizes)
    cases: list[tuple[str, dict[str, Any], Callable[..., Any]]] = [
        ("Product", {}, lambda _, a: a.prod(dim)),
        ("Cumulative", {}, lambda _, a: a.cumsum(dim)),
        ("ArgMax", {}, lambda _, a: a.argmax(dim)),
        ("Sort", {}, lambda _, a: tuple(a.sort(dim))),
        ("TopK", {"k": 2}, lambda _, a: tuple(a.topk(2, dim))),
        ("Unsqueeze", {}, lambda _, a: a.unsqueeze(dim)),
        ("Select", {"index": 1}, lambda _, a: a.select(dim, 1)),
        ("RepeatInterleave", {"repeats": 3}, lambda _, a: a.repeat_interleave(3, dim)),
    ]
    for type, params, call in cases:
        agree(type, {**params, "dim": dim}, (x,), nn.Identity, call, stricter=True)


@QUICK
@given(SIZES, st.integers(1, 3), *[st.none() | st.integers(-5, 7)] * 2, st.integers(1, 3))
def test_slices_are_those_of_python(
    sizes: list[int], dim: int, start: int | None, stop: int | None, step: int
) -> None:
    if dim > len(sizes):
        return
    wanted = len(range(sizes[dim - 1])[start:stop:step])
    params = {"dim": dim, "start": start, "stop": stop, "step": step}
    if wanted:
        assert typed("Slice", batched(sizes), **params).shape[dim] == wanted
    else:
        assert refused("Slice", batched(sizes), **params).code == "index_out_of_range"


@QUICK
@given(SIZES, st.lists(st.integers(-1, 6), min_size=1, max_size=3).map(tuple))
def test_reshapes_agree_with_torch(agree: Any, sizes: list[int], shape: tuple[int, ...]) -> None:
    agree(
        "Reshape",
        {"shape": shape},
        (batched(sizes),),
        nn.Identity,
        lambda _, x: x.reshape(x.shape[0], *shape),
        stricter=0 in shape,
    )


def test_reshapes_offer_what_fits() -> None:
    mismatch = refused("Reshape", TensorType((N, 12)), shape=(3, 5))
    assert str(mismatch) == (
        "input: expected 15 values for 3×5, got 12, in N×12. Choose sizes whose product is the "
        "number of values; one may be -1."
    )
    assert [fix.label for fix in mismatch.fixes] == ["Make it 3×4", "Make it one axis"]


def test_open_sizes_are_worked_out_in_symbols() -> None:
    width = Symbolic.name("width", 6)
    assert str(typed("Reshape", TensorType((N, width, 4)), shape=(-1, 2))) == "N×(2 * width)×2"
    assert str(typed("Unflatten", TensorType((N, 4 * width)), unflattened_size=(4, -1))) == (
        "N×4×width"
    )


@QUICK
@given(SIZES, st.permutations([0, 1, 2, 3]).map(tuple), DIM, DIM)
def test_orders_of_axes_agree_with_torch(
    agree: Any, sizes: list[int], dims: tuple[int, ...], one: int, two: int
) -> None:
    x = batched(sizes)
    dims = tuple(dim for dim in dims if dim < x.rank)
    agree("Permute", {"dims": dims}, (x,), nn.Identity, lambda _, a: a.permute(dims), stricter=True)
    agree(
        "Transpose",
        {"dim0": one, "dim1": two},
        (x,),
        nn.Identity,
        lambda _, a: a.transpose(one, two),
        stricter=True,
    )


def test_the_batch_stays_in_front() -> None:
    assert str(refused("Permute", TensorType((N, 3, 4)), dims=(1, 0, 2))) == (
        "dims: expected the batch to stay the first axis, got another axis in its place. "
        "Let dims begin with 0."
    )
    states = TensorType((2, N, 8))
    assert typed("Permute", states, dims=(1, 0, 2)) == TensorType((N, 2, 8))
    assert typed("Select", states, dim=0, index=-1) == TensorType((N, 8))
    assert refused("Select", TensorType((N, 8)), dim=0).code == "axis_out_of_range"


@QUICK
@given(SIZES, DIMS)
def test_squeezes_flips_and_rolls_agree_with_torch(
    agree: Any, sizes: list[int], dims: tuple[int, ...]
) -> None:
    x, shifts = batched(sizes), (1,) * len(dims)
    cases: list[tuple[str, dict[str, Any], Callable[..., Any]]] = [
        ("Squeeze", {"dim": dims}, lambda _, a: a.squeeze(dims)),
        ("Flip", {"dims": dims}, lambda _, a: a.flip(dims)),
        ("Roll", {"dims": dims, "shifts": shifts}, lambda _, a: a.roll(shifts, dims)),
    ]
    for type, params, call in cases:
        agree(type, params, (x,), nn.Identity, call, stricter=True)


@QUICK
@given(
    SIZES,
    st.lists(st.integers(0, 4), min_size=2, max_size=6).map(tuple),
    st.sampled_from(["constant", "reflect", "replicate", "circular"]),
)
def test_pads_agree_with_torch(
    agree: Any, sizes: list[int], pad: tuple[int, ...], mode: str
) -> None:
    agree(
        "Pad",
        {"pad": pad, "mode": mode},
        (batched(sizes),),
        nn.Identity,
        lambda _, x: F.pad(x, pad, mode=mode),
        stricter=True,
        device="cpu",
    )


@QUICK
@given(SIZES, DIM, st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple))
def test_parts_agree_with_torch(
    agree: Any, sizes: list[int], dim: int, parts: tuple[int, ...]
) -> None:
    x = batched(sizes)
    agree(
        "Split",
        {"sizes": parts, "dim": dim},
        (x,),
        nn.Identity,
        lambda _, a: a.split(parts, dim),
        stricter=True,
    )
    agree(
        "Chunk",
        {"chunks": len(parts), "dim": dim},
        (x,),
        nn.Identity,
        lambda _, a: a.chunk(len(parts), dim),
        stricter=True,
    )


def test_parts_that_do_not_fill_the_axis_offer_the_rest() -> None:
    mismatch = refused("Split", TensorType((N, 10)), sizes=(4, 4))
    assert str(mismatch) == (
        "input: expected 8 on axis 1, the sum of the sizes, got 10. Choose sizes that add up to "
        "the axis."
    )
    assert [fix.label for fix in mismatch.fixes] == ["Give the last part 6"]
    mismatch = refused("Chunk", TensorType((N, 10)), chunks=4)
    assert [fix.label for fix in mismatch.fixes] == ["Make 5 parts", "Make 2 parts"]


@QUICK
@given(SIZES, SIZES, DIM)
def test_gathers_agree_with_torch(
    agree: Any, sizes: list[int], places: list[int], dim: int
) -> None:
    agree(
        "Gather",
        {"dim": dim},
        (batched(sizes), batched(places, "int")),
        nn.Identity,
        lambda _, x, index: x.gather(dim, index),
        stricter=True,
        device="cpu",
    )


@QUICK
@given(SIZES, st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
def test_copies_agree_with_torch(agree: Any, sizes: list[int], counts: tuple[int, ...]) -> None:
    x = batched(sizes)
    agree(
        "Repeat",
        {"repeats": counts},
        (x,),
        nn.Identity,
        lambda _, a: a.repeat(1, *counts),
        stricter=True,
    )
    agree(
        "Expand",
        {"sizes": counts},
        (x,),
        nn.Identity,
        lambda _, a: a.expand(-1, *counts),
        stricter=True,
    )


def test_a_learned_token_is_copied_for_each_example() -> None:
    sequence = TensorType((N, 7, 16))
    token = typed("LearnableTensor", shape=(1, 1, 16))
    copies = typed("ExpandBatch", token, sequence)
    assert copies == TensorType((N, 1, 16))
    assert typed("Concatenate", copies, sequence, dim=1) == TensorType((N, 8, 16))
    assert typed("ExpandBatch", TensorType((5, 16)), sequence) == TensorType((N, 5, 16))


def test_stacks_and_one_hots() -> None:
    x = TensorType((N, 4))
    assert typed("Stack", x, x, x, dim=-1) == TensorType((N, 4, 3))
    assert typed("Stack", x, x) == TensorType((N, 2, 4))
    assert refused("Stack", x, x, dim=0).code == "axis_out_of_range"
    assert typed("OneHot", TensorType((N,), "int")) == TensorType((N, 10))


def test_noise_is_still_outside_of_training(computed: Any) -> None:
    from graph_compiler.modules.noise import Noise

    torch.manual_seed(0)
    x = torch.zeros(1, 100_000)
    for kind in ("normal", "uniform"):
        noise = Noise(0.5, kind)
        assert noise(x).std().item() == pytest.approx(0.5, rel=0.02)
        assert noise.eval()(x) is x
    share = computed("BernoulliMask", x, p=0.25).float().mean().item()
    assert share == pytest.approx(0.25, abs=0.01)


def test_constants_are_what_they_say() -> None:
    from graph_compiler.modules.constant import Constant

    assert Constant((1.0, 2.0, 3.0, 4.0), (2, 2))().tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert Constant((3.0,), (2, 2), dtype="int")().tolist() == [[3, 3], [3, 3]]
    assert Constant((16_777_217.0,), dtype="int")().tolist() == [16_777_217]
    assert str(refused("Constant", values=(1.0, 2.0), shape=(3,))) == (
        "values: expected 1 or 3 numbers for a shape of 3, got 2. Name one number for all places, "
        "or one for each."
    )
