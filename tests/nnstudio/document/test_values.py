"""What people type into fields, and what becomes of it."""

from __future__ import annotations

import pytest

from graph_compiler.layer import Bool, Choice, Float, Int, Param, Shape, Size
from graph_compiler.model import Variable
from nnstudio.document.edits import Refused
from nnstudio.document.values import checked, is_expression, literal, now, shown, typed, with_name

UNITS = Int("units", 10, low=1, high=100, doc="")
AUTO = Int("in_features", None, low=1, optional=True, doc="")
RATE = Float("rate", 0.5, low=0, high=1, doc="")
KERNEL = Size("kernel", 3, axes=2, low=1, doc="")
SHAPE = Shape("shape", (8,), doc="")
MODE = Choice("mode", "zeros", ("zeros", "reflect"), doc="")
BIAS = Bool("bias", True, doc="")
TEXT = Param("path", "text", "", "")
VARIABLES = {"hidden": Variable("hidden", 16), "on": Variable("on", False)}


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (UNITS, "5", 5),
        (UNITS, " 5 ", 5),
        (UNITS, "2 * hidden", "2 * hidden"),
        (UNITS, "", None),
        (AUTO, "", None),
        (RATE, "1e-3", 0.001),
        (RATE, "1", 1),
        (KERNEL, "5", 5),
        (KERNEL, "3, 5", (3, 5)),
        (KERNEL, "(3, 5)", (3, 5)),
        (KERNEL, "[3,5]", (3, 5)),
        (KERNEL, "3×5", (3, 5)),
        (KERNEL, "hidden, 2", ("hidden", 2)),
        (KERNEL, "max(hidden, 2)", "max(hidden, 2)"),
        (KERNEL, "(hidden + 1) * (2)", "(hidden + 1) * (2)"),
        (SHAPE, "1×28×28", (1, 28, 28)),
        (SHAPE, "8", (8,)),
        (SHAPE, "8,", (8,)),
        (TEXT, " 3, 5 ", " 3, 5 "),
    ],
)
def test_typed(param: Param, text: str, value: object) -> None:
    found = typed(param, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (None, ""),
        (True, "yes"),
        (0.001, "0.001"),
        (2.0, "2"),
        ((3, "h"), "3, h"),
        (1e-9, "1e-09"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("param", "value", "stored"),
    [
        (UNITS, 5.0, 5),
        (UNITS, " hidden ", "hidden"),
        (UNITS, None, 10),
        (RATE, 1, 1.0),
        (SHAPE, 4, (4,)),
        (SHAPE, (1.0, 28), (1, 28)),
        (KERNEL, (3.0, 5), (3, 5)),
        (MODE, "reflect", "reflect"),
        (BIAS, "on", "on"),
        (TEXT, " a ", " a "),
    ],
)
def test_checked(param: Param, value: object, stored: object) -> None:
    found = checked(param, value, VARIABLES)
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize(
    ("param", "value", "reason"),
    [
        (UNITS, 0, "units: expected a whole number from 1 to 100, got 0."),
        (
            UNITS,
            "3 +",
            "units: expected a whole number from 1 to 100, got `3 +` with broken syntax",
        ),
        (MODE, "wrap", "mode: expected one of zeros, reflect, got 'wrap'."),
        (KERNEL, (1, 2, 3), "kernel: expected a whole number"),
        (BIAS, 3, "bias: expected true or false, got 3."),
    ],
)
def test_refused(param: Param, value: object, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(param, value, VARIABLES)
    assert refused.value.reason.startswith(reason)


def test_a_mistyped_variable_is_named() -> None:
    with pytest.raises(Refused) as refused:
        checked(UNITS, "hiden", VARIABLES)
    assert refused.value.reason == (
        "units: expected a whole number from 1 to 100, got `hiden` with the unknown variable "
        "hiden at column 1. Did you mean hidden?"
    )


def test_expressions_are_told_from_words() -> None:
    assert is_expression(UNITS, "hidden")
    assert is_expression(KERNEL, (3, "hidden"))
    assert not is_expression(MODE, "zeros")
    assert not is_expression(TEXT, "hidden")
    assert now(UNITS, "2 * hidden", VARIABLES) == 32
    assert now(KERNEL, ("hidden", 3), VARIABLES) == (16, 3)
    assert now(UNITS, "gone", VARIABLES) is None
    assert now(UNITS, 7, VARIABLES) == 7


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("hidden", "units"),
        ("4*hidden + hidden2 - hidden", "4*units + hidden2 - units"),
        (
            "max( hidden , 3 ) if hidden > 2 else hiddenx",
            "max( units , 3 ) if units > 2 else hiddenx",
        ),
        ("'hidden' == word", "'hidden' == word"),
        ("broken +", "broken +"),
    ],
)
def test_renaming_keeps_the_text_otherwise(text: str, after: str) -> None:
    assert with_name(text, "hidden", "units") == after
    assert with_name((text, 3), "hidden", "units") == (after, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("64", 64),
        ("1e-3", 0.001),
        ("yes", True),
        ("False", False),
        ("3, 5", (3, 5)),
        ("relu", "relu"),
        ("2 * 3", 6),
    ],
)
def test_literals(text: str, value: object) -> None:
    found = literal(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["", "  ", "inf", "hidden + 1", "a b", "__import__('os')", "1 +"])
def test_what_is_no_literal(text: str) -> None:
    with pytest.raises(Refused):
        literal(text)
