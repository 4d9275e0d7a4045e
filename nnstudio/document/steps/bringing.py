"""What pasted nodes bring along: blocks, Python layers and variables that are not here yet.

What is here with the same text is used; what is here with another one stays, and a copy under
another name comes beside it. Nothing that is brought runs: Python is asked about before a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph_compiler.blocks import types_of
from graph_compiler.files import project_text
from graph_compiler.layer import Layer
from graph_compiler.model import Network, Node, Project, Variable
from graph_compiler.turns import INDEX
from nnstudio.document.clipboard import Copied, inner_first
from nnstudio.document.drawing_edits import PutNetwork
from nnstudio.document.edits import same
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.ports import find
from nnstudio.document.steps.variables import refuse_value
from nnstudio.document.values import with_name
from nnstudio.document.visible import expressions, readings


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the types and names of pasted nodes are called here."""

    types: Mapping[str, str]
    names: Mapping[str, str]
    known: Mapping[str, Layer]
    """The pasted types as they were."""

    def of(self, node: Node, own: Mapping[str, Variable] | None = None) -> Node:
        """The node with other types and names; `own` are parameters of the block it lies in."""
        names = {old: new for old, new in self.names.items() if old not in (own or {})}
        layer = self.known.get(node.type)
        places = dict(expressions(node.params, layer.params if layer else ()))
        params = dict(node.params)
        repeat = node.repeat
        between = {old: f"brought_{number}_" for number, old in enumerate(names)}
        # In two strides, for a new name may be another's old one.
        for stride in (between, {between[old]: new for old, new in names.items()}):
            for old, new in stride.items():
                hidden = node.repeat is not None and old == INDEX
                for key in () if hidden else places:
                    params[key] = with_name(params[key], old, new)
                repeat = with_name(repeat, old, new)
        type = self.types.get(node.type, node.type)
        return replace(node, type=type, params=params, repeat=repeat)


def bring(draft: Draft, copied: Copied) -> Meanings:
    """Puts into a draft what the nodes of a text need, and tells what it is called there."""
    known = types_of(copied.blocks)
    names, inner = _bring_variables(draft, copied)
    types: dict[str, str] = {}
    for name in inner_first(copied.blocks):
        block = copied.blocks[name]
        types[block.name] = _bring_block(draft, block, Meanings(types, inner, known))
    return Meanings(types, names, known)


def _bring_variables(draft: Draft, copied: Copied) -> tuple[dict[str, str], dict[str, str]]:
    """What each name is called here by the nodes, and what by the blocks that they bring.

    A block sees the project's variables alone. A node sees the parameters of its block before
    them: a variable that such a parameter hides has another name there, for a parameter may be
    another number at each use.
    """
    variables = dict(draft.project.variables)
    hiding = draft.network.params or {}
    read = {name for node in copied.network.nodes.values() for name in _read(node, copied)}
    own = {name: one for name, one in (copied.network.params or {}).items() if name in read}
    brought = {**copied.variables, **own}
    inner = {
        name: _brought(name, one, variables, {*hiding, *brought}, variables)
        for name, one in copied.variables.items()
    }
    names: dict[str, str] = {}
    for name, one in brought.items():
        if name in own:
            names[name] = _brought(name, one, variables, {*hiding, *brought}, variables | hiding)
        elif name in read and inner[name] in hiding:
            names[name] = _another(name, one, variables, {*hiding, *brought})
        else:
            names[name] = inner[name]
    if tuple(variables.values()) != tuple(draft.project.variables.values()):
        draft.variables(tuple(variables.values()))
    return _changed(names), _changed(inner)


def _read(node: Node, copied: Copied) -> frozenset[str]:
    layer = find(node.type, Project(networks=copied.blocks))
    return frozenset().union(*(names for _, names in readings(node, layer)))


def _changed(names: Mapping[str, str]) -> dict[str, str]:
    return {old: new for old, new in names.items() if old != new}


def _brought(
    name: str,
    variable: Variable,
    variables: dict[str, Variable],
    taken: set[str],
    seen: Mapping[str, Variable],
) -> str:
    """The name under which a value is seen here, put among the variables if need be."""
    here = seen.get(name)
    if here is not None and same(here.value, variable.value):
        return name
    if here is not None or naming.problem(name) is not None or name in naming.FLAGS:
        return _another(name, variable, variables, taken)
    refuse_value(variable)
    variables[name] = variable
    return name


def _another(name: str, variable: Variable, variables: dict[str, Variable], taken: set[str]) -> str:
    """The same under another name than its own."""
    refuse_value(variable)
    new = _another_variable(name, variable, variables, taken)
    variables.setdefault(new, replace(variable, name=new))
    return new


def _another_variable(
    name: str, variable: Variable, variables: Mapping[str, Variable], taken: set[str]
) -> str:
    """A copy of a variable that is here from an earlier paste, or a name for a new one."""
    stem = name.lower().rstrip("0123456789") or "value"
    stem = stem if naming.problem(stem) is None else "value"
    for other in variables.values():
        numbered = other.name.removeprefix(stem)
        alike = other.name != name and numbered.isdigit() and other.name not in taken
        if alike and same(other.value, variable.value):
            return other.name
    return naming.fresh(stem, {*variables, *taken})


def _bring_block(draft: Draft, block: Network, meanings: Meanings) -> str:
    """The name under which a block is here, put there if need be."""
    nodes = {name: meanings.of(node, block.params) for name, node in block.nodes.items()}
    block = replace(block, nodes=nodes)
    wanted = block.name
    text = _text_of(block)
    stem = wanted.rstrip("0123456789") or wanted
    for other in draft.project.networks.values():
        alike = other.name == wanted or other.name.removeprefix(stem).isdigit()
        if alike and other.is_block and _text_of(other) == text:
            return other.name
    title = naming.free_block(wanted, draft.project)
    draft.edit(PutNetwork(title, None, replace(block, name=title)))
    return title


def _text_of(block: Network) -> str:
    """A block's text without its name, to compare two by."""
    networks = {"main": Network("main"), "Block": replace(block, name="Block")}
    return project_text(Project("block", networks=networks))
