"""Formulas: what they compute, and that nothing but formulas gets through."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from graph_compiler.formulas import MAX_DEPTH, MAX_LENGTH
from graph_compiler.layer import Mismatch
from graph_compiler.registry import layers
from graph_compiler.resolve import resolve
from graph_compiler.symbols import N
from graph_compiler.tensors import TensorType

A = torch.tensor([[1.0, 4.0, -2.0]])
B = torch.tensor([[2.0, 0.5, 3.0]])


def result(text: str, *inputs: TensorType | None) -> TensorType:
    params, _ = resolve({"formula": text}, layers()["Formula"], {})
    padded = (*inputs, *[None] * (4 - len(inputs)))
    found = layers()["Formula"].output(params, *padded)
    assert isinstance(found, TensorType)
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a * b + 1", A * B + 1),
        ("-(a - b) / (2 * b)", -(A - B) / (2 * B)),
        ("a - (b - 1)", A - (B - 1)),
        ("(a + b) * 2 ** b", (A + B) * 2**B),
        ("-a ** 2", -(A**2)),
        ("(-a) ** 2 % 3", (-A) ** 2 % 3),
        ("exp(a) + log(b) * pi", A.exp() + B.log() * torch.pi),
        ("max(a, b) - min(a, 0)", torch.maximum(A, B) - A.clamp(max=0)),
        ("clamp(a, -1, 1)", A.clamp(-1, 1)),
        ("where(a > b, a, 0)", torch.where(A > B, A, 0)),
        ("a if a > 0 and not b == 3 else -b", torch.where((A > 0) & (B != 3), A, -B)),
        ("1 if a > 0 or b > 1 else 0", ((A > 0) | (B > 1)).long()),
        ("a * (2 - 5) + b", A * -3 + B),
        ("a + (--2 + 1)", A + 3),
        ("a * -(-2 - 1)", A * 3),
        ("a >= b", A >= B),
    ],
)
def test_formulas_compute(computed: Any, text: str, wanted: torch.Tensor) -> None:
    inputs = (A, B if "b" in text.replace("abs", "") else None)
    found = computed("Formula", *inputs, formula=text)
    assert found.dtype == wanted.dtype
    assert torch.allclose(found, wanted)


def test_types_are_promoted_as_torch_does() -> None:
    whole, real, image = TensorType((N, 3), "int"), TensorType((N, 1)), TensorType((N, 2, 4, 4))
    assert result("a + 1", whole) == whole
    assert result("a + 1.0", whole) == TensorType((N, 3))
    assert result("a / 2", whole) == TensorType((N, 3))
    assert result("a * b", whole, real) == TensorType((N, 3))
    assert result("a == b", whole, real) == TensorType((N, 3), "bool")
    assert result("a + b", image, TensorType((2, 1, 1))) == image


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a formula such as a * b + 1, got ``. Check brackets and operators."),
        ("a +", "expected a formula such as a * b + 1, got `a +`. Check brackets and operators."),
        ("1 + 2", "expected a formula that reads a, got `1 + 2`. Use a Constant for mere numbers."),
        ("x + 1", "expected the inputs a, b, c, d, or pi and e, got `x`. Use these names."),
        ("a.mean()", "arithmetic, comparisons and functions of the list, got `a.mean()`."),
        ("__import__('os')", "got `__import__`. Use one of these."),
        ("a.__class__", "got `a.__class__`. Take it out."),
        ("(lambda: a)()", "Take it out."),
        ("[a for a in a]", "Take it out."),
        ("a[0]", "Take it out."),
        ("f'{a}'", "Take it out."),
        ("exp(a, a)", "expected 1 values in exp(…), got 2. Correct its arguments."),
        ("exp(x=a)", "Take it out."),
        ("exp(*a)", "Take it out."),
        ("a + 'b'", "Take it out."),
        ("a + True", "Take it out."),
        ("a + 1j", "Take it out."),
        ("a + 9 ** 9 ** 9", "an input beside **, got two numbers. Work the number out yourself."),
        ("a + 1 / 0", "expected numbers that are finite, got 1 and 0. Correct them."),
        ("a % 0", "expected a number other than 0 behind %, got 0. Correct it."),
        ("max(a > 0, a)", "expected numbers in max, got true and false."),
        ("a + 1e999", "got a larger one. Use a smaller number."),
        ("a + 10000000000000000", "got a larger one. Use a smaller number."),
        ("a := 1", "Check brackets and operators."),
        ("(a := 1)", "Take it out."),
        ("a\n+ 1", "Check brackets and operators."),
        ("a < a < a", "Take it out."),
        ("a and 1", "expected a condition on an input, got numbers. Compare them first"),
        ("(a > 0) + 1", "expected numbers beside +, got true and false."),
        ("{a}", "Take it out."),
        ("a # {self}", None),
        ("exp(1) + a", "expected an input in exp(…), got 1. Work the number out yourself."),
        ("(" * 200 + "a" + ")" * 200, "expected at most 300 characters, got 401."),
        ("-" * 100 + "a", f"at most {MAX_DEPTH} levels, got more."),
        ("a" * (MAX_LENGTH + 1), f"at most {MAX_LENGTH} characters, got {MAX_LENGTH + 1}."),
    ],
)
def test_what_is_no_formula_is_refused(text: str, said: str | None) -> None:
    x = TensorType((N, 3))
    if said is None:
        assert result(text, x) == x
        return
    with pytest.raises(Mismatch) as caught:
        result(text, x)
    assert caught.value.code == "bad_formula"
    assert said in str(caught.value)


def test_wires_and_names_must_match() -> None:
    x = TensorType((N, 3))
    with pytest.raises(Mismatch) as caught:
        result("a + b", x)
    assert str(caught.value) == (
        "b: expected a wire, for the formula reads b, got none. "
        "Lay a wire to b, or take it out of the formula."
    )
    with pytest.raises(Mismatch) as caught:
        result("a + 1", x, x)
    assert str(caught.value) == (
        "b: expected a formula that reads b, for there is a wire, got only a. "
        "Use b in the formula, or take the wire away."
    )
    assert [fix.label for fix in caught.value.fixes] == ["Take the wire to b away"]


def test_shapes_that_do_not_fit_name_the_input() -> None:
    with pytest.raises(Mismatch) as caught:
        result("a * b", TensorType((N, 3)), TensorType((N, 4)))
    assert caught.value.port == "b"
    assert caught.value.code == "shapes_differ"
