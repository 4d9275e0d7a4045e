"""Rates of their own: which weights of a stage learn by another rate, or decay by another amount.

Owns how groups are written as a line of text or as rows of a table, what their values may be, and
what they become in a script. Changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from graph_compiler.layer import Float, Mismatch, Param
from graph_compiler.model import Group, Project, Stage, Value, Variable
from graph_compiler.registry import layers
from graph_compiler.resolve import environment, value_of
from nnstudio.document.edits import Refused
from nnstudio.document.patterns import fits
from nnstudio.document.recipes import RecipeSpec
from nnstudio.document.values import checked, shown, typed, with_name

MOST = 100
"""Groups of a stage."""
RATE = Float("rate", 1.0, low=0.0, high=1000.0, doc="factor on the stage's learning rate")
WEIGHT_DECAY = Float("weight_decay", 0.0, low=0.0, high=100.0, doc="pull of weights towards zero")
Row = tuple[str, ...]
"""A group as texts: nodes, rate, weight decay; an empty text is as in the rest of the stage."""

_WORD = re.compile(r"(?:^|\s)(rate|decay)\s+")


def takes_groups(recipe: RecipeSpec) -> bool:
    """Whether weights of the recipe may have rates of their own: it goes down gradients."""
    return any(param.name == "optimizer" for param in recipe.settings)


def rows_of(groups: Sequence[Group]) -> tuple[Row, ...]:
    """Groups as rows of a table; `groups_of` reads them back."""
    return tuple((one.nodes, shown(one.rate), shown(one.weight_decay)) for one in groups)


def in_words(groups: Sequence[Group]) -> str:
    """Groups as a line, which `groups_of` reads: `features/*: rate 0.1, *.bias: decay 0`."""
    found = []
    for nodes, rate, decay in rows_of(groups):
        said = [f"rate {rate}"] if rate else []
        said += [f"decay {decay}"] if decay else []
        found.append(f"{nodes}: {' '.join(said)}")
    return ", ".join(found)


def told(groups: Sequence[Group]) -> str:
    """Groups for a person to read: `features/* at 0.1 × the rate`."""
    found = []
    for nodes, rate, decay in rows_of(groups):
        said = [f"at {rate} × the rate"] if rate else []
        said += [f"with weight decay {decay}"] if decay else []
        found.append(f"{nodes} {' '.join(said)}")
    return ", ".join(found)


def groups_of(value: Value, variables: Mapping[str, Variable]) -> tuple[Group, ...]:
    """Groups from rows or from a line of text; raises `Refused` in words."""
    rows = _rows_in(value) if isinstance(value, str) else value or ()
    if not isinstance(rows, tuple | list) or not all(isinstance(one, tuple | list) for one in rows):
        raise Refused("Write nodes with what is their own, as features/*: rate 0.1.")
    if len(rows) > MOST:
        raise Refused(f"A stage has at most {MOST} groups.")
    found = tuple(_group(row, variables) for row in rows)
    for number, one in enumerate(found):
        if any(one.nodes == other.nodes for other in found[:number]):
            raise Refused(f"There is a group for {one.nodes} already.")
    return found


def group_values(group: Group, variables: Mapping[str, Variable]) -> dict[str, float]:
    """The factor on the rate, and the weight decay where it is another; raises `Mismatch`."""
    env = environment(variables)
    found = {"factor": 1.0 if group.rate is None else float(value_of(RATE, group.rate, env))}
    if group.weight_decay is not None:
        found["weight_decay"] = float(value_of(WEIGHT_DECAY, group.weight_decay, env))
    return found


def value_faults(stage: Stage, variables: Mapping[str, Variable]) -> Iterator[tuple[str, Mismatch]]:
    """Groups whose values cannot be worked out or do not fit."""
    for group in stage.groups:
        try:
            group_values(group, variables)
        except Mismatch as fault:
            yield group.nodes, fault


def readings(groups: Sequence[Group]) -> Iterator[tuple[str, Value]]:
    """The values of groups that are expressions, each with its place."""
    for one in groups:
        for field, value in (("rate", one.rate), ("weight decay", one.weight_decay)):
            if isinstance(value, str):
                yield f"{field} of {one.nodes}", value


def renamed(groups: Sequence[Group], old: str, new: str) -> tuple[Group, ...]:
    """The groups with another name for a variable."""
    return tuple(
        replace(
            one,
            rate=with_name(one.rate, old, new),
            weight_decay=with_name(one.weight_decay, old, new),
        )
        for one in groups
    )


def parted(pattern: str) -> tuple[str, str]:
    """The pattern over nodes, and that over the names of their weights, empty for all of them."""
    nodes, _, weights = pattern.partition(".")
    return nodes, weights


def fits_weight(node: str, weight: str, pattern: str) -> bool:
    """Whether a weight of a node belongs to what a pattern names."""
    nodes, weights = parted(pattern)
    if nodes == "*":
        return not weights or fnmatchcase(f"{node}.{weight}", pattern)
    return fits(node, (nodes,)) and (not weights or fnmatchcase(weight, weights))


def module_paths(
    group: Group, project: Project, network: str, modules: Mapping[str, str]
) -> list[str]:
    """What a group is in a script: modules, or weights of theirs, none inside another."""
    nodes, weights = parted(group.nodes)
    if nodes == "*":
        return [group.nodes]
    around = {module[:at] for module in modules.values() for at in _dots(module)}
    chosen = {
        module: None
        for node, module in modules.items()
        if fits(node, (nodes,)) and (module in around or _learns(project, network, node))
    }
    if weights:
        return [f"{module}.{weights}" for module in chosen if module not in around]
    return [one for one in chosen if not any(one[:at] in chosen for at in _dots(one))]


def suggested(project: Project, stage: Stage) -> tuple[str, ...]:
    """Patterns to choose from: nodes and blocks of the stage's network that learn, those of one
    stem together (`conv*`), all biases, and everything."""
    drawing = project.networks.get(stage.network)
    if drawing is None:
        return ()
    names = tuple(
        name
        for name, node in drawing.nodes.items()
        if node.type in project.networks or _has_weights(node.type)
    )
    stems = Counter(name.rstrip("0123456789") for name in names)
    together = (f"{stem}*" for stem, count in stems.items() if stem and count > 1)
    return (*names, *together, "*.bias", "*")


def _learns(project: Project, network: str, path: str) -> bool:
    """Whether a node's layer can have weights; what nobody knows can."""
    drawing = project.networks.get(network)
    for step in path.split("/"):
        node = drawing.nodes.get(step.partition("[")[0]) if drawing is not None else None
        if node is None:
            return True
        drawing = project.networks.get(node.type)
    return drawing is not None or node is None or _has_weights(node.type)


def _has_weights(type: str) -> bool:
    layer = layers().get(type)
    return layer is None or layer.learns


def _dots(text: str) -> list[int]:
    return [at for at, letter in enumerate(text) if letter == "."]


def _group(row: Sequence[object], variables: Mapping[str, Variable]) -> Group:
    nodes, rate, decay = (*row, None, None)[:3]
    if not isinstance(nodes, str) or not (pattern := nodes.strip()):
        raise Refused("A group is for nodes: write some, or a pattern such as features/*.")
    if len(pattern) > 200 or not pattern.isprintable() or "," in pattern or ":" in pattern:
        raise Refused("A pattern has at most 200 characters, no commas and no colons.")
    found = Group(pattern, _value(RATE, rate, variables), _value(WEIGHT_DECAY, decay, variables))
    if found.rate is None and found.weight_decay is None:
        raise Refused(f"Give {pattern} a rate or a weight decay, or leave the row out.")
    return found


def _value(param: Param, given: object, variables: Mapping[str, Variable]) -> Value:
    value = typed(param, given) if isinstance(given, str) else given
    if value is None:
        return None
    if not isinstance(value, int | float | str):
        raise Refused(f"{param.title}: expected a number, got {ascii(value)[:60]}.")
    return checked(param, value, variables)


def _rows_in(text: str) -> list[Row]:
    """The rows of a line such as `features/*: rate 0.1, *.bias: decay 0`."""
    found: list[Row] = []
    for entry in filter(None, (one.strip() for one in re.split(r",(?![^(]*\))", text))):
        nodes, colon, said = (part.strip() for part in entry.partition(":"))
        words = _WORD.split(said)
        given = dict(zip(words[1::2], (one.strip() for one in words[2::2]), strict=False))
        if not colon or words[0].strip() or not given or len(words) != 2 * len(given) + 1:
            raise Refused(
                f"Write nodes with what is their own, as features/*: rate 0.1 decay 0, "
                f"and not “{entry}”."
            )
        found.append((nodes, given.get("rate", ""), given.get("decay", "")))
    return found
