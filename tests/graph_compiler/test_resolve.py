"""Parameters: defaults, expressions, bounds, and every fault at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graph_compiler.layer import Bool, Choice, Float, Int, Layer, Mismatch, Shape, Size, same
from graph_compiler.model import Node, Variable
from graph_compiler.registry import layer
from graph_compiler.resolve import expected, resolve, resolved, shown, value_of

UNITS = Int("units", 4, low=1, doc="units")
RATE = Float("rate", 0.5, low=0.0, high=1.0, doc="rate")
ON = Bool("on", True, doc="switch")
MODE = Choice("mode", "soft", ("soft", "hard"), doc="mode")
KERNEL = Size("kernel", 3, axes=2, low=1, doc="kernel", optional=True)
SHAPE = Shape("shape", (1, 2), doc="shape")
ENV: dict[str, Any] = {
    "k": 3,
    "p": 0.25,
    "yes": True,
    "word": "hard",
    "pair": (2, 5),
    "big": 10**12,
}


@pytest.mark.parametrize(
    ("param", "given", "found"),
    [
        (UNITS, 7, 7),
        (UNITS, "2 * k + 1", 7),
        (UNITS, np.int64(7), 7),
        (RATE, 1, 1.0),
        (RATE, "p * 2", 0.5),
        (ON, "k > 2", True),
        (ON, "yes", True),
        (MODE, "hard", "hard"),
        (MODE, "word", "hard"),
        (MODE, "'soft' if k > 9 else word", "hard"),
        (KERNEL, None, None),
        (KERNEL, 5, 5),
        (KERNEL, "k", 3),
        (KERNEL, (3, "k + 1"), (3, 4)),
        (KERNEL, [3, 4], (3, 4)),
        (KERNEL, "pair", (2, 5)),
        (SHAPE, (3, "k", "k"), (3, 3, 3)),
        (SHAPE, "pair", (2, 5)),
    ],
)
def test_values(param: Any, given: Any, found: Any) -> None:
    value = value_of(param, given, ENV)
    assert value == found
    assert type(value) is type(found)


@pytest.mark.parametrize(
    ("param", "given", "got"),
    [
        (UNITS, 0, "0"),
        (UNITS, True, "True"),
        (UNITS, 2.0, "2.0"),
        (UNITS, None, "nothing"),
        (UNITS, "big", "1000000000000"),
        (UNITS, "p", "0.25"),
        (UNITS, object(), "a value of type object"),
        (RATE, float("nan"), "nan"),
        (RATE, float("-inf"), "-inf"),
        (RATE, -0.1, "-0.1"),
        (RATE, "yes", "True"),
        (ON, 1, "1"),
        (MODE, "k", "3"),
        (MODE, "loud", "'loud'"),
        (MODE, 3, "3"),
        (KERNEL, (1, 2, 3), "(1, 2, 3)"),
        (KERNEL, (1, 0), "0"),
        (KERNEL, "(k, k, k)", "(3, 3, 3)"),
        (KERNEL, 2.5, "2.5"),
        (SHAPE, (), "()"),
        (SHAPE, 7, "7"),
        (SHAPE, (1,) * 9, "(1, 1, 1, 1, 1, 1, 1, 1, 1)"),
        (SHAPE, (2, True), "True"),
    ],
)
def test_faults(param: Any, given: Any, got: str) -> None:
    with pytest.raises(Mismatch) as caught:
        value_of(param, given, ENV)
    assert caught.value.port == param.name
    assert caught.value.got == got


def test_what_is_expected_in_words() -> None:
    assert [expected(param) for param in (UNITS, RATE, ON, MODE, KERNEL, SHAPE)] == [
        "a whole number of at least 1",
        "a number from 0 to 1",
        "true or false",
        "one of soft, hard",
        "a whole number of at least 1, or 2 of them",
        "1 to 8 whole numbers, each of at least 1",
    ]


def test_all_faults_are_collected_and_defaults_stand_in() -> None:
    made = Layer("Made", "dense", "Made.", same, params=(UNITS, RATE, ON))
    params, faults = resolve({"units": -1, "rate": 2, "on": True, "extra": 1}, made, {})
    assert vars(params) == {"units": 4, "rate": 0.5, "on": True}
    assert [fault.code for fault in faults] == [
        "bad_parameter",
        "bad_parameter",
        "unknown_parameter",
    ]


def test_resolved_raises_the_first_fault() -> None:
    variables = {"k": Variable("k", 3)}
    good = resolved(Node("fc1", "Linear", {"out_features": "2 * k"}), layer("Linear"), variables)
    assert (good.in_features, good.out_features, good.bias) == (None, 6, True)
    with pytest.raises(
        Mismatch, match="out_features: expected a whole number of at least 1, got 0"
    ):
        resolved(Node("fc1", "Linear", {"out_features": 0}), layer("Linear"), variables)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", "'a\\nb'"),
        ("x" * 200, "'" + "x" * 56 + "..."),
        (10**100, "a number of more than 60 digits"),
        ((1,), "(1,)"),
        ([1, "a"], "[1, 'a']"),
        ({1: 2}, "a value of type dict"),
    ],
)
def test_strangers_values_are_shown_short_and_plain(value: object, text: str) -> None:
    assert shown(value) == text
