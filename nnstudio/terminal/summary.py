"""`summary`: what a network costs and how far it sees; and the rows in which nodes are listed.

Nodes inside blocks are indented below them. Turns of a repeat that are alike stand there once.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nnstudio.terminal.outcome import GOOD, PROJECT_ERRORS
from nnstudio.terminal.output import complain, say, say_json, table
from nnstudio.terminal.parser import Commands
from nnstudio.terminal.targets import FILE_HELP, load, network_named, problem_line

if TYPE_CHECKING:
    from graph_compiler.model import Project
    from graph_compiler.report import NodeFacts
    from graph_compiler.summary import NodeSummary, Summary
    from graph_compiler.tensors import TensorType

_MOST_BATCH = 1_000_000_000
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


class NodeRow(NamedTuple):
    """A node as it is listed: its name, indented; its path; what is known of it."""

    shown: str
    path: str
    facts: NodeFacts


def add_to(commands: Commands) -> None:
    """Add this group's commands."""
    parser = commands.add(
        "summary",
        summary,
        "tell what a network costs: parameters, work, memory, depth, receptive field",
        "Memory is that of the activations; depth counts layers with learned weights on the "
        "longest path. Nothing is allocated and nothing is run.",
        examples="  nnstudio summary template:resnet@50 --batch 32\n"
        "  nnstudio summary template:gpt3@175b --json",
    )
    parser.add_argument("file", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--network", metavar="NAME", help="one network instead of all")
    parser.add_argument(
        "--batch", type=_batch, default=1, metavar="N", help="examples at a time (default: 1)"
    )
    parser.add_argument("--inside", action="store_true", help="list the nodes in blocks as well")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def summary(arguments: argparse.Namespace) -> int:
    """`nnstudio summary`"""
    from graph_compiler.checker import check_project
    from graph_compiler.summary import summarize

    project = load(arguments.file)
    names = [name for name, network in project.networks.items() if not network.is_block]
    if arguments.network is not None:
        names = [network_named(project, arguments.network)]
    found = {name: summarize(project.graph(name), arguments.batch) for name in names}
    good = not any(one.problems for one in found.values())
    if arguments.json:
        networks = {name: _as_json(one) for name, one in found.items()}
        problems = [p.as_json() for one in found.values() for p in one.problems]
        say_json({"problems": problems, "batch": arguments.batch, "networks": networks})
        return GOOD if good else PROJECT_ERRORS
    reports = check_project(project)
    for name in names:
        _show(project, name, found[name], reports[name].nodes, arguments.inside)
    return GOOD if good else PROJECT_ERRORS


def node_rows(
    nodes: Mapping[str, NodeFacts], inside: bool = True, above: str = "", depth: int = 0
) -> Iterator[NodeRow]:
    """Every node below the one it lies in; turns that are alike as one, by the first of them."""
    for names, facts in _alike(nodes):
        first = names[0]
        turn = first.startswith("[")
        path = f"{above}{first}" if turn or not above else f"{above}/{first}"
        shown = first if len(names) == 1 else f"{first} … {names[-1]}"
        yield NodeRow(f"{'  ' * depth}{shown}", path, facts)
        if inside:
            yield from node_rows(facts.inside, inside, path, depth + 1)


def _alike(nodes: Mapping[str, NodeFacts]) -> list[tuple[list[str], NodeFacts]]:
    """Nodes in order; turns that follow one another and are equal are one entry."""
    found: list[tuple[list[str], NodeFacts]] = []
    for name, facts in nodes.items():
        same = name.startswith("[") and found and _equal(found[-1][1], facts)
        if same:
            found[-1][0].append(name)
        else:
            found.append(([name], facts))
    return found


def _equal(one: NodeFacts, other: NodeFacts) -> bool:
    return one is other or one == other


def _show(
    project: Project, name: str, found: Summary, nodes: Mapping[str, NodeFacts], inside: bool
) -> None:
    title = project.name if name == "main" else f"{project.name}, {name}"
    say(f"{title}, a batch of {found.batch:,}" if found.batch > 1 else f"{title}, one example")
    rows = [
        ("parameters", f"{found.parameters:,}"),
        ("multiply-accumulates", work(found.macs, found.uncounted)),
        ("memory, forward", memory(found.forward_memory)),
        ("memory, training", memory(found.training_memory)),
        ("depth", f"{found.depth:,}{' × T, unbounded' if found.over_time else ''}"),
        ("receptive field", _sight(found, "the whole sequence") or "none"),
    ]
    wide = max(len(label) for label, _ in rows)
    for label, value in rows:
        say(f"  {label.ljust(wide)}  {value}")
    say()
    listed = []
    for row in node_rows(nodes, inside):
        one = found.nodes.get(row.path)
        listed.append(
            (
                row.shown,
                f"{row.facts.type}, bypassed" if row.facts.bypassed else row.facts.type,
                shapes(row.facts.outputs),
                f"{row.facts.parameters:,}" if row.facts.parameters else "",
                _macs(row.facts, found),
                memory(one.memory) if one else "",
                f"{one.depth:,}" if one else "",
                _sight(one, "all") if one else "",
            )
        )
    table(
        ("NODE", "LAYER", "OUTPUT", "PARAMETERS", "MACS", "MEMORY", "DEPTH", "SEES"),
        listed,
    )
    for problem in found.problems:
        complain(f"● {problem_line(problem)}")


def work(macs: int, uncounted: tuple[str, ...]) -> str:
    """Multiply-accumulates, and whose are unknown: `640, and unknown ones in Gate (Python)`."""
    unknown = f", and unknown ones in {', '.join(uncounted)} (Python)" if uncounted else ""
    return f"{macs:,}{unknown}"


def _macs(node: NodeFacts, found: Summary) -> str:
    if node.type in found.uncounted:
        return "unknown"
    return f"{node.macs * found.batch:,}" if node.macs else ""


def shapes(outputs: tuple[TensorType, ...]) -> str:
    """The shapes of a node's outputs: `N×6×28×28`; one number is told in words."""
    return " ".join("×".join(map(str, out.shape)) or "number" for out in outputs) or "?"


def memory(count: int) -> str:
    """Bytes for people, in the largest unit of which there is at least one."""
    size, unit = float(count), 0
    while size >= 1000 and unit + 1 < len(_UNITS):
        size, unit = size / 1000, unit + 1
    return f"{count:,} {_UNITS[0]}" if not unit else f"{size:,.1f} {_UNITS[unit]}"


def _sight(found: Summary | NodeSummary, whole: str) -> str:
    """How far something sees: `24×24`, or these words where it sees a whole sequence."""
    if found.whole_sequence:
        return whole
    return "×".join(map(str, found.receptive_field)) if found.receptive_field else ""


def _as_json(found: Summary) -> dict[str, Any]:
    return {
        "parameters": found.parameters,
        "macs": found.macs,
        "macs_unknown": list(found.uncounted),
        "forward_memory": found.forward_memory,
        "training_memory": found.training_memory,
        "depth": found.depth,
        "over_time": found.over_time,
        "receptive_field": _listed(found.receptive_field),
        "whole_sequence": found.whole_sequence,
        "nodes": {
            path: {
                "type": node.type,
                "output": [
                    [size if isinstance(size, int) else str(size) for size in out.shape]
                    for out in node.output
                ],
                "parameters": node.parameters,
                "macs": node.macs,
                "memory": node.memory,
                "depth": node.depth,
                "receptive_field": _listed(node.receptive_field),
                "whole_sequence": node.whole_sequence,
            }
            for path, node in found.nodes.items()
        },
    }


def _listed(field: tuple[int, ...] | None) -> list[int] | None:
    return list(field) if field else None


def _batch(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 1 <= value <= _MOST_BATCH:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 1 to {_MOST_BATCH:,}, got {text!r}"
        )
    return value
