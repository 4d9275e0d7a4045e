"""Which names an expression may read: variables, parameters of its block, the number of a turn.

What stands nearer hides what stands farther: `i` of a repeated node hides a parameter of that name,
and a block's parameter hides a variable of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph_compiler.expressions import variables_in
from graph_compiler.layer import Layer, Param
from graph_compiler.model import Network, Node, Project, Value, Variable
from graph_compiler.turns import INDEX
from nnstudio.document.edits import Refused
from nnstudio.document.values import checked, is_expression


def visible(
    project: Project, network: Network | None, node: Node | None = None
) -> Mapping[str, Variable]:
    """What the parameters of a node of that drawing may read; without a node what its turns may."""
    found = dict(project.variables)
    if network is not None and network.params:
        found |= network.params
    if node is not None and node.repeat is not None:
        found[INDEX] = Variable(INDEX, 0, "the number of the turn, from 0")
    return found


def checked_in(project: Project, network: Network, node: Node, param: Param, value: Value) -> Value:
    """`checked` where the parameter stands: with the names that the node may read.

    What reads a parameter of its block, or the number of its turn, has a value only at each use;
    of such an expression only the names are checked.
    """
    names = visible(project, network, node)
    try:
        return checked(param, value, names)
    except Refused:
        read = variables_in(value) if is_expression(param, value) else frozenset()
        own = set(network.params or {}) | ({INDEX} if node.repeat is not None else set())
        if read.isdisjoint(own) or not read <= names.keys():
            raise
        return value.strip() if isinstance(value, str) else value


def expressions(
    values: Mapping[str, Value], params: tuple[Param, ...]
) -> tuple[tuple[str, Value], ...]:
    """The values that are expressions; what has no description is none."""
    known = {param.name: param for param in params}
    return tuple(
        (key, value)
        for key, value in values.items()
        if key in known and is_expression(known[key], value)
    )


def readings(node: Node, layer: Layer | None) -> Iterator[tuple[str, frozenset[str]]]:
    """Each parameter of a node that is an expression, and `repeat`, with the names it reads.

    The turn's own number is not among them.
    """
    for field, value in expressions(node.params, layer.params if layer else ()):
        own = {INDEX} if node.repeat is not None else set()
        yield field, variables_in(value) - own
    if isinstance(node.repeat, str):
        yield "repeat", variables_in(node.repeat)
