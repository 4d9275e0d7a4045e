"""Expressions: what they may hold, what they are worth, and what is said of those that fail."""

# ruff: noqa: E501  (a text that a person reads stands on one line)

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph_compiler.expressions import ExpressionError, parse, variables_in

ENV: dict[str, Any] = {
    "hidden": 120,
    "d_model": 64,
    "rate": 0.5,
    "deep": True,
    "sizes": (8, 16, 32),
    "table": ((1, 2), (3, 4)),
    "mode": "tanh",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" hidden ", 120),
        ("4 * d_model", 256),
        ("hidden // 7 + hidden % 7", 18),
        ("hidden / 2", 60.0),
        ("2 ** 5 - -3", 35),
        ("+rate", 0.5),
        ("hidden if deep else 10", 120),
        ("10 if not deep else 20", 20),
        ("1 < 2 < 3 and d_model >= 64", True),
        ("deep or missing", True),
        ("sizes[1] + table[1][0]", 19),
        ("sizes[-1]", 32),
        ("min(hidden, d_model) + max(1, 2, 3)", 67),
        ("max(sizes)", 32),
        ("len(sizes)", 3),
        ("(d_model, 3)", (64, 3)),
        ("mode == 'tanh'", True),
    ],
)
def test_values(text: str, value: object) -> None:
    found = parse(text).evaluate(ENV)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing at column 1. Write a number or an expression."),
        ("   ", "nothing at column 1. Write a number or an expression."),
        ("1 +", "broken syntax at column 3. Check brackets and operators."),
        ("a b", "broken syntax at column 3. Check brackets and operators."),
        ("(1", "broken syntax at column 1. Check brackets and operators."),
        ("a = 3", "broken syntax at column 3. Check brackets and operators."),
        ("x := 3", "the character ':' at column 3. "
         "Use names, numbers, + - * / // % ** and brackets."),
        ("hidden; 1", "the character ';' at column 7. "
         "Use names, numbers, + - * / // % ** and brackets."),
        ("größe", "the character '\\xf6' at column 3. "
         "Use names, numbers, + - * / // % ** and brackets."),
        ("hidden.real", "an attribute at column 1. "
         "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len."),
        ("2 * open('x')", "a call at column 5. "
         "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len."),
        ("min()", "a call at column 1. "
         "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len."),
        ("[1, 2]", "a list at column 1. "
         "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len."),
        ("1 is 2", "something at column 1. "
         "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len."),
        ("1j", "a constant of this kind at column 1. "
         "Use arithmetic, comparison, `a if c else b`, indexing, min, max and len."),
        ("1000000000000000000", "a number of more than 15 digits at column 1. Use a smaller number."),
        ("1e999", "a number that is too large at column 1. Use a smaller number."),
        ("hiden * 2", "the unknown variable hiden at column 1. Did you mean hidden?"),
        ("3 * zzz", "the unknown variable zzz at column 5. "
         "Define the variable zzz, or correct its name."),
        ("9 ** 9 ** 9", "the power 387420489 at column 1. Use an exponent between 0 and 64."),
        ("9 ** 64", "a result of more than 15 digits at column 1. Use smaller numbers."),
        ("9 ** 64 ** 1 + (10 ** 15) ** 60", "a result of more than 15 digits at column 1. Use smaller numbers."),
        ("(10 ** 15) ** 60", "a result of more than 15 digits at column 1. Use smaller numbers."),
        ("0 ** -1", "the power -1 at column 1. Use an exponent between 0 and 64."),
        ("(-2) ** 0.5", "the root of a negative number at column 1. Use a positive number."),
        ("1 // (hidden - 120)", "a division by zero at column 1. Make the divisor another number."),
        ("'a' * 9", "arithmetic on 'a' at column 1. Use numbers here."),
        ("deep + 1", "arithmetic on True at column 1. Use numbers here."),
        ("sizes[9]", "the index 9 at column 1. Use an index from 0 to 2."),
        ("hidden[0]", "an index into 120 at column 1. Index a table or tuple."),
        ("sizes[0:1]", "the character ':' at column 8. "
         "Use names, numbers, + - * / // % ** and brackets."),
        ("len(3)", "len of no table at column 1. Give len one table or tuple."),
        ("sizes < 3", "a comparison of (8, 16, 32) with 3 at column 1. Compare values of one kind."),
        ("(" * 90 + "1" + ")" * 90, None),
        ("-" * 40 + "1", "too much nesting at column 25. Split it into several variables."),
        ("1+" * 300 + "1", "more than 500 characters at column 501. "
         "Split it into several variables."),
    ],
)  # fmt: skip
def test_failures(text: str, message: str | None) -> None:
    if message is None:
        assert parse(text).evaluate(ENV) == 1
        return
    with pytest.raises(ExpressionError) as caught:
        parse(text).evaluate(ENV)
    assert str(caught.value) == message


@given(st.text(max_size=60))
@example("(" * 250)
@example("\x00")
@example("0x" * 30)
def test_any_text_is_answered(text: str) -> None:
    try:
        value = parse(text).evaluate(ENV)
    except ExpressionError as error:
        value = _checked(error)
    assert isinstance(value, int | float | bool | str | tuple)


def _checked(error: ExpressionError) -> int:
    assert error.reason
    assert error.remedy.endswith((".", "?"))
    assert error.column >= 1
    return error.column


_NUMBER = st.integers(0, 50).map(str) | st.sampled_from(["hidden", "d_model", "rate"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "==", ">=", "and", "or"])
    return st.tuples(inner, operators, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})") | st.tuples(
        inner, inner, inner
    ).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})")


@given(st.recursive(_NUMBER, _grown, max_leaves=10))
def test_values_equal_pythons(text: str) -> None:
    try:
        theirs: object = eval(text, {}, dict(ENV))
    except ZeroDivisionError:
        theirs = None
    try:
        ours = parse(text).evaluate(ENV)
    except ExpressionError:
        return  # arithmetic on true and false, division by zero, or too large a number
    assert ours == theirs or (isinstance(theirs, float) and math.isnan(theirs))


_PIECE = st.integers(0, 9).map(str) | st.sampled_from(["a", "b", "sizes[0]", "len(sizes)"])


def _sized(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "//", "%", "**"])
    pair = st.tuples(inner, operators, inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    choice = st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} > 3 else {p[2]})")
    return pair | choice | st.tuples(inner, inner).map(lambda p: f"max({p[0]}, -{p[1]})")


@settings(max_examples=300)
@given(st.recursive(_PIECE, _sized, max_leaves=12), *[st.integers(1, 30)] * 4)
def test_the_text_of_a_symbol_means_the_same_for_other_values(
    text: str, a: int, b: int, later_a: int, later_b: int
) -> None:
    before = {"a": a, "b": b, "sizes": (3, 5, 7)}
    after = {"a": later_a, "b": later_b, "sizes": (4, 1)}
    try:
        expression = parse(text)
        value, later = expression.evaluate(before), expression.evaluate(after)
        source = str(expression.symbolic(before))
        found = eval(source, {}, before), eval(source, {}, after)
    except (ExpressionError, ZeroDivisionError):
        return
    if type(value) is int:
        assert found == (value, later)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("4*d_model", "4 * d_model"),
        ("hidden // 2 // 2", "hidden // 4"),
        ("hidden if deep else 10", "hidden if deep else 10"),
        ("2 * (hidden if deep else 10)", "2 * (hidden if deep else 10)"),
        ("max(hidden, d_model) + 1", "max(hidden, d_model) + 1"),
        ("sizes[1] * 2", "2 * sizes[1]"),
        ("-hidden", "-hidden"),
        ("(hidden, 3)", "(hidden, 3)"),
        ("hidden * rate", "60.0"),
        ("3 + 4", "7"),
    ],
)
def test_symbolic_values_print_as_expressions(text: str, source: str) -> None:
    found = parse(text).symbolic(ENV)
    if isinstance(found, tuple):
        assert f"({', '.join(str(part) for part in found)})" == source
    else:
        assert str(found) == source


def test_names_are_known_without_values() -> None:
    assert parse("a + b[c] if d else min(e, 1)").names == {"a", "b", "c", "d", "e"}
    assert variables_in(("k", 3, "2 * m")) == {"k", "m"}
    assert variables_in("2 *") == frozenset()
    assert variables_in(7) == frozenset()
