"""Symbolic sizes: printed as an expert would type them, worth what Python says."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph_compiler.symbols import Dim, N, Symbolic, divided
from graph_compiler.tensors import TensorType

size = Symbolic.name("size", 28)
hidden = Symbolic.name("hidden", 120)
d_model = Symbolic.name("d_model", 64)
heads = Symbolic.name("heads", 4)


@pytest.mark.parametrize(
    ("made", "text", "value"),
    [
        (1 * 16 * size * size, "16 * size * size", 12544),
        (4 * d_model, "4 * d_model", 256),
        (d_model * 4, "4 * d_model", 256),
        (size + 2 * 2 - 5 + 1, "size", 28),
        (size - size, "0", 0),
        (size + size, "2 * size", 56),
        ((size - 2) // 2 + 1, "size // 2", 14),
        ((size + 2 - 2 - 1) // 2 + 1, "(size + 1) // 2", 14),
        (size // 2 // 2, "size // 4", 7),
        (16 * (size // 2 // 2) * (size // 2 // 2), "16 * (size // 4) * (size // 4)", 784),
        (16 * ((size // 2 - 4) // 2) ** 2, "16 * (size // 4 - 2) * (size // 4 - 2)", 400),
        ((size + 1) * (size + 2), "(size + 1) * (size + 2)", 870),
        ((size + 3) * 4, "4 * (size + 3)", 124),
        (d_model // heads, "d_model // heads", 16),
        (heads * (d_model // heads), "heads * (d_model // heads)", 64),
        ((d_model * heads) // heads, "d_model", 64),
        ((d_model * 6) // 3, "2 * d_model", 128),
        (size % 2, "size % 2", 0),
        ((2 * size) % 2, "0", 0),
        (3 * (size % 5), "3 * (size % 5)", 9),
        (-size, "-size", -28),
        (2 - size, "2 - size", -26),
        (size - (d_model - heads), "size - d_model + heads", -32),
        (hidden - (size + 1) * 2, "hidden - 2 * (size + 1)", 62),
        (size**2, "size * size", 784),
        (100 // heads, "100 // heads", 25),
        (Symbolic.opaque("a if b else c", 3) * 2, "2 * (a if b else c)", 6),
        (Symbolic.opaque("a if b else c", 3) - size, "(a if b else c) - size", -25),
        (0 - size // 3, "-(size // 3)", -9),
        (Symbolic.opaque("max(a, b)", 3, atom=True) * 2, "2 * max(a, b)", 6),
    ],
)
def test_prints_what_an_expert_would_type(made: Symbolic, text: str, value: int) -> None:
    assert str(made) == text
    assert made.value == value


def test_the_value_decides_comparisons() -> None:
    assert size == 28
    assert size != hidden
    assert size < hidden
    assert size >= 28
    assert max(size, hidden) is hidden
    assert hash(size) == hash(28)
    assert list(range(heads)) == [0, 1, 2, 3]
    assert bool(size - 28) is False


def test_sameness_looks_at_the_expression() -> None:
    assert (size + 1).same(1 + size)
    assert not size.same(28)
    assert (size + 1 - size).same(1)
    assert (size * 0).is_constant


def test_the_batch_axis_is_one_object() -> None:
    assert copy.deepcopy(N) is N
    assert copy.copy(N) is N
    assert pickle.loads(pickle.dumps(N)) is N
    assert N != 1
    assert N == N
    assert str(TensorType((N, 6, size // 2, size // 2))) == "N×6×(size // 2)×(size // 2)"


def test_hostile_powers_stay_small() -> None:
    total: Dim = sum((Symbolic.name(f"v{index}", 1) for index in range(20)), 0)
    product = total
    for _ in range(30):
        product = product * total
    assert int(product) == 20**31
    assert len(str(product)) < 10_000


_LEAVES = st.sampled_from(["a", "b", "c"]) | st.integers(0, 9).map(str)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner)
    return pairs.map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")


@given(
    st.recursive(_LEAVES, _grown, max_leaves=12),
    st.tuples(*[st.integers(1, 40)] * 3),
    st.tuples(*[st.integers(1, 40)] * 3),
)
def test_text_and_value_agree_with_python(
    source: str, values: tuple[int, ...], others: tuple[int, ...]
) -> None:
    """The text means the same as what was computed, also for other values of the variables."""
    names = dict(zip("abc", values, strict=True))
    symbols = {name: Symbolic.name(name, value) for name, value in names.items()}
    try:
        plain = eval(source, {}, names)
        later = eval(source, {}, dict(zip("abc", others, strict=True)))
    except ZeroDivisionError:
        assume(False)
    made = eval(source, {}, symbols)
    assert int(made) == plain
    assert eval(str(made), {}, names) == plain
    try:
        again = eval(str(made), {}, dict(zip("abc", others, strict=True)))
    except ZeroDivisionError:
        assume(False)
    assert again == later


def test_a_division_without_rest_is_undone_by_its_product() -> None:
    features, heads = Symbolic.name("features", 12), Symbolic.name("heads", 4)
    for one, other in ((features, heads), (features, 4), (3 * features, heads), (12, heads)):
        part = divided(one, other)
        assert part == one // other
        assert str(part * other) == str(other * part) == str(one)
    assert str(divided(features, heads) * 2) == "2 * (features // heads)"
    assert divided(features, heads).same(features // heads)
    assert divided(12, 4) == 3
