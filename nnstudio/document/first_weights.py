"""First weights of single nodes: `conv1: normal(0.02), head: zeros`, as text and as rules.

Owns the rules there are, the number that each takes, and which weights a rule is made for. The
numbers are drawn by the part `initialization` of the engine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph_compiler.report import NodeFacts, paths
from nnstudio.document.patterns import fits

_RULE = re.compile(r"([a-z_]+)(?:\(\s*([-+0-9.eE]+)\s*\))?")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to draw first weights."""

    usual: float
    """Its number where none is given."""
    number: str
    """What its number is."""
    axes: tuple[int, ...] = ()
    """How many axes a weight must have; empty for any number."""


_MATRICES = (2, 3, 4, 5)
RULES: Mapping[str, Rule] = {
    "xavier_uniform": Rule(1.0, "gain", _MATRICES),
    "xavier_normal": Rule(1.0, "gain", _MATRICES),
    "kaiming_uniform": Rule(0.0, "slope below zero", _MATRICES),
    "kaiming_normal": Rule(0.0, "slope below zero", _MATRICES),
    "orthogonal": Rule(1.0, "gain", _MATRICES),
    "normal": Rule(0.02, "standard deviation"),
    "trunc_normal": Rule(0.02, "standard deviation"),
    "uniform": Rule(0.1, "bound"),
    "sparse": Rule(0.9, "share of zeros", (2,)),
    "eye": Rule(0.0, "none", (2,)),
    "dirac": Rule(0.0, "none", (3, 4, 5)),
    "zeros": Rule(0.0, "none"),
    "ones": Rule(0.0, "none"),
    "constant": Rule(0.0, "value"),
}


def parsed(text: str) -> dict[str, str]:
    """Pattern over nodes to rule, of a line of text; raises `ValueError` with what is wrong."""
    found: dict[str, str] = {}
    for entry in filter(None, (one.strip() for one in text.split(","))):
        pattern, colon, rule = (part.strip() for part in entry.partition(":"))
        if not pattern or not colon:
            raise ValueError(f"Write nodes with rules, as conv1: normal(0.02), and not “{entry}”.")
        rule_of(rule)
        found[pattern] = rule
    return found


def in_words(rules: Mapping[str, str]) -> str:
    """The line of text that `parsed` reads."""
    return ", ".join(f"{pattern}: {rule}" for pattern, rule in rules.items())


def rule_of(text: str) -> tuple[str, float]:
    """The rule and its number; raises `ValueError` with what is wrong."""
    match = _RULE.fullmatch(text.strip())
    if match is None or match[1] not in RULES:
        raise ValueError(f"There is no rule “{text.strip()}”. Choose among {', '.join(RULES)}.")
    if match[2] is None:
        return match[1], RULES[match[1]].usual
    if RULES[match[1]].number == "none":
        raise ValueError(f"The rule {match[1]} takes no number.")
    try:
        number = float(match[2])
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1000:
        raise ValueError(f"“{match[2]}” is no number from -1000 to 1000.")
    if number < 0 and match[1] not in ("constant",):
        raise ValueError(f"The {RULES[match[1]].number} of {match[1]} is 0 or more.")
    if match[1] == "sparse" and number > 1:
        raise ValueError("The share of zeros is at most 1.")
    return match[1], number


def modules_drawn(rules: Mapping[str, str], modules: Mapping[str, str]) -> dict[str, str]:
    """Module path to rule: the last pattern that a node fits counts, a block's for all in it."""
    found: dict[str, str] = {}
    around = {module[:at] for module in modules.values() for at in _dots(module)}
    for node, module in modules.items():
        for pattern, rule in rules.items():
            if module not in around and fits(node, (pattern,)):
                found[module] = rule
    return found


def _dots(text: str) -> list[int]:
    return [at for at, letter in enumerate(text) if letter == "."]


def misfits(
    rules: Mapping[str, str], nodes: Mapping[str, NodeFacts]
) -> Iterator[tuple[str, str, str]]:
    """Rules that fit no node with weights, or not its weights: pattern, expected, got."""
    for pattern, text in rules.items():
        try:
            name, _ = rule_of(text)
        except ValueError as error:
            yield pattern, "a rule for first weights", f"{ascii(text)[1:-1][:60]} ({error})"
            continue
        fitting = [
            (path, weight, shape)
            for path, node in paths(nodes)
            if fits(path, (pattern,)) and not node.inside
            for weight, shape in node.weights.items()
            if shape and not weight.rpartition(".")[2].startswith("bias")
        ]
        if not fitting:
            yield pattern, "a node with weights, or a pattern that some fit", f'"{pattern[:60]}"'
        axes = RULES[name].axes
        wrong = [one for one in fitting if axes and len(one[2]) not in axes]
        if fitting and len(wrong) == len(fitting):
            path, weight, shape = wrong[0]
            count = f"{axes[0]}" if len(axes) == 1 else f"{axes[0]} to {axes[-1]}"
            sizes = "×".join(map(str, shape))
            yield pattern, f"weights with {count} axes for {name}", f"{path}.{weight} ({sizes})"
