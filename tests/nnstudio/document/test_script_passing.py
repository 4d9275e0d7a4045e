"""Constants that become parameters, through the functions that read them."""

from __future__ import annotations

from nnstudio.document.folding import fold, holds
from nnstudio.document.script_passing import can_be_passed, passed_down

PART = '''RATE = 0.1
SIZE = 3


def made(network):
    """What reads."""
    return Thing(network, 1)


class Thing:
    def __init__(self, network, way: int) -> None:
        self.rate = RATE * way

    def late(self):
        return SIZE
'''
RECIPE = """class Recipe:
    def __init__(self, model, seed: int) -> None:
        self.thing = made(model)
"""


def test_a_value_goes_down_to_where_it_is_read() -> None:
    assert can_be_passed([PART, RECIPE], "RATE", "Recipe")
    part, recipe = passed_down([PART, RECIPE], "RATE", "float", "Recipe")
    assert recipe == (
        "class Recipe:\n"
        "    def __init__(self, model, seed: int, rate: float) -> None:\n"
        "        self.thing = made(model, rate)\n"
    )
    assert "def made(network, rate: float):" in part
    assert "return Thing(network, 1, rate)" in part
    assert "def __init__(self, network, way: int, rate: float) -> None:" in part
    assert "self.rate = rate * way" in part


def test_what_is_read_later_cannot_be_passed() -> None:
    assert not can_be_passed([PART, RECIPE], "SIZE", "Recipe")
    assert can_be_passed([PART, RECIPE], "NEVER", "Recipe")
    assert not can_be_passed([PART], "RATE", "Recipe"), "nobody calls it"
    called_late = RECIPE.replace("__init__", "steps")
    assert not can_be_passed([PART, called_late], "RATE", "Recipe")


def test_conditions_over_several_values_are_decided() -> None:
    text = (
        "if WAY in ('a', 'b'):\n    x = 1\nelif WAY not in ('c',):\n    x = 2\nelse:\n    x = 3\n"
    )
    assert fold(text, {"WAY": "b"}) == "x = 1\n"
    assert fold(text, {"WAY": "d"}) == "x = 2\n"
    assert fold(text, {"WAY": "c"}) == "x = 3\n"
    assert holds("loss in ('mse', 'l1') and l1 > 0", {"loss": "l1", "l1": 0.5})
    assert not holds("l1 > 0 or l2 > 0", {"l1": 0.0, "l2": 0.0})
    assert not holds("gone == 1", {})
