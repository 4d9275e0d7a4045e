"""Patterns over the paths of nodes, as a plan names what it freezes, draws anew or trains apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from graph_compiler.model import Stage

_HEAD = re.compile(r"[^/\[.]*")


def fits(node: str, patterns: Collection[str]) -> bool:
    """Whether a node, or a block around it, fits one of the patterns."""
    steps = node.split("/")
    paths = ["/".join(steps[: count + 1]) for count in range(len(steps))]
    return any(
        path == pattern or fnmatchcase(path, pattern) for path in paths for pattern in patterns
    )


def with_node(stage: Stage, old: str, new: str) -> Stage:
    """The stage with another name for a node of its network, wherever it names it outright."""
    first: Mapping[str, str] = stage.first_weights
    changed = replace(
        stage,
        frozen=tuple(_renamed(one, old, new) for one in stage.frozen),
        first_weights={_renamed(one, old, new): rule for one, rule in first.items()},
        groups=tuple(replace(one, nodes=_renamed(one.nodes, old, new)) for one in stage.groups),
    )
    return stage if changed == stage else changed


def _renamed(pattern: str, old: str, new: str) -> str:
    found = _HEAD.match(pattern)
    return new + pattern[found.end() :] if found is not None and found[0] == old else pattern
