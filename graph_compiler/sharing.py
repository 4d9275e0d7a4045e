"""Modules in several places and weights that are another node's: may they be?

Owns the reading of paths such as `embed/word.weight` and the problems of what does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph_compiler.codes import problem
from graph_compiler.model import Network, Node
from graph_compiler.problems import Fix, Problem, SetTie
from graph_compiler.report import NodeFacts
from graph_compiler.resolve import shown
from graph_compiler.turns import a_type

Facts = Mapping[str, NodeFacts]


def sharing_problems(
    nodes: Iterable[Node],
    drawn: Mapping[str, Node],
    facts: Facts,
    blocks: Mapping[str, Network],
) -> list[Problem]:
    """What is wrong with the shared modules and tied weights of these nodes of a drawing.

    `drawn` and `blocks` are as they are drawn, with what is bypassed in them.
    """
    found: list[Problem] = []
    for node in nodes:
        if node.shares:
            found += _shared(node, drawn, facts)
        for own, other in node.ties.items():
            found += _tied(node, own, other, _out_of_run(other, drawn, blocks), drawn, facts)
    return found


def _shared(node: Node, drawn: Mapping[str, Node], facts: Facts) -> Iterable[Problem]:
    other = drawn.get(node.shares)
    expected = f"another {node.type} with the same parameters whose module it can use"
    if other is None or other.name == node.name:
        got = f"no node {shown(node.shares, quoted=False)}" if other is None else "itself"
    elif other.bypassed:
        got = f"{other.name}, which is bypassed"
    elif other.shares:
        got = f"{other.name}, which has no module of its own"
    elif other.type != node.type:
        got = f"{other.name}, {a_type(other.type)}"
    elif dict(other.params) != dict(node.params) or other.repeat != node.repeat:
        got = f"{other.name} with other parameters"
    elif _weights(facts, node.name) != _weights(facts, other.name):
        got = f"{other.name} with weights of other shapes"
    else:
        return
    yield problem(
        "bad_share",
        node.name,
        "shares",
        expected=expected,
        got=got,
        remedy=f"Let {other.name} run again, or give {node.name} a module of its own."
        if other is not None and other.bypassed
        else "Name such a node, or give it a module of its own.",
    )


def _weights(facts: Facts, name: str) -> object:
    """Shapes of the weights; None where they are not known yet."""
    known = facts.get(name)
    return known.weights if known else None


def _out_of_run(path: str, nodes: Mapping[str, Node], blocks: Mapping[str, Network]) -> str:
    """The first bypassed node on a path to a weight, by its name; empty where there is none."""
    for step in path.split("/"):
        name = step.partition(".")[0].partition("[")[0]
        node = nodes.get(name)
        if node is None or node.bypassed:
            return name if node is not None else ""
        block = blocks.get(node.type)
        nodes = block.nodes if block is not None else {}
    return ""


def _tied(
    node: Node, own: str, other: str, out: str, drawn: Mapping[str, Node], facts: Facts
) -> Iterable[Problem]:
    mine = facts.get(node.name)
    path, _, weight = other.rpartition(".") if "." in other else (other, "", "")
    head = path.split("/")[0]
    target = _at(facts, path)
    waits = target is None and head in drawn and head not in facts and not out
    if mine is None or (waits and (own in mine.weights or not mine.outputs)):
        return  # not known yet, because of something else
    remedy = "Tie it to another weight, or to none."
    fixes: tuple[Fix, ...] = ()
    if out:
        expected, got = "a weight of a node that runs", f"{other}, for {out} is bypassed"
        remedy = f"Let {out} run again, or tie it to another weight, or to none."
    elif own not in mine.weights:
        expected, got = f"one of its weights ({', '.join(mine.weights) or 'none'})", shown(own)
    elif target is None or weight not in target.weights:
        expected, got = "a weight of another node, as in word.weight", shown(other)
    elif target is mine:
        expected, got = "a weight of another node", "its own"
    elif target.weights[weight] != mine.weights[own]:
        size, its = (_sizes(one) for one in (mine.weights[own], target.weights[weight]))
        expected, got = f"a weight of shape {size}", f"{other} of shape {its}"
    elif path in drawn and weight in drawn[path].ties:
        expected = "a weight that its node has itself"
        got = f"{other}, which is {shown(drawn[path].ties[weight], quoted=False)}"
        end = _end(other, drawn)
        if end:
            remedy = f"Tie it to {end}."
            fixes += (Fix(f"Tie it to {end}", (SetTie(node.name, own, end),)),)
    else:
        return
    yield problem(
        "bad_tie",
        node.name,
        own,
        expected=expected,
        got=got,
        remedy=remedy,
        fixes=(
            *fixes,
            Fix(f"Give {node.name} a {own or 'weight'} of its own", (SetTie(node.name, own),)),
        ),
    )


def _end(path: str, drawn: Mapping[str, Node]) -> str:
    """The weight at the end of a row of ties; empty where they lead round in a circle."""
    passed: list[str] = []
    while path not in passed:
        passed.append(path)
        name, _, weight = path.rpartition(".") if "." in path else (path, "", "")
        node = drawn.get(name)
        if node is None or weight not in node.ties:
            return path
        path = node.ties[weight]
    return ""


def _at(facts: Facts, path: str) -> NodeFacts | None:
    found: NodeFacts | None = None
    for name in path.split("/"):
        found = facts.get(name)
        if found is None:
            return None
        facts = found.inside
    return found


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in shape) or "scalar"
