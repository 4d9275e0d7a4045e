"""Steps on the parameters of a block: add, change, rename, reorder, remove one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph_compiler.layer import Param
from graph_compiler.model import Network, Node, Value, Variable
from graph_compiler.turns import INDEX
from nnstudio.document.document import Document
from nnstudio.document.drawing_edits import PutBlockParams
from nnstudio.document.edits import Refused, Step
from nnstudio.document.network_edits import PutNode
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft
from nnstudio.document.steps.following import instances
from nnstudio.document.steps.ports import find
from nnstudio.document.steps.variables import refuse_value
from nnstudio.document.values import checked, with_name
from nnstudio.document.visible import expressions, readings, visible


def add_block_param(document: Document, block: str, param: Variable) -> Step:
    """A new parameter of a block; every use of the block has it at its default."""
    draft = Draft(document.project, block)
    known = _params(draft)
    name = _free(param.name, known)
    _refuse(replace(param, name=name))
    for node in draft.network.nodes.values():
        for field, read in readings(node, find(node.type, draft.project)):
            if name in read and name in draft.project.variables:
                raise Refused(
                    f"{node.name}.{field} reads the variable {name} of the project, which a "
                    "parameter of this name would hide. Choose another name."
                )
    _put(draft, (*known.values(), replace(param, name=name)))
    return draft.step(f"Add {name} to {block}")


def set_block_param(document: Document, block: str, param: Variable) -> Step:
    """Another default, range, explanation or list of choices for a parameter of its name.

    Refused where a value that a use of the block gives would no longer be one.
    """
    draft = Draft(document.project, block)
    known = _params(draft)
    if param.name not in known:
        raise Refused(f"{block} has no parameter “{param.name}”.")
    _refuse(param)
    _put(draft, tuple(param if one.name == param.name else one for one in known.values()))
    layer = find(block, draft.project)
    spec = next(one for one in layer.params if one.name == param.name) if layer else None
    for network, node in instances(draft.project, block):
        if spec is not None and param.name in node.params:
            _refuse_given(draft, network, node, spec)
    return draft.step(f"Set {param.name} of {block}")


def rename_block_param(document: Document, block: str, old: str, new: str) -> Step:
    """Another name for a parameter; expressions inside and the uses of the block follow."""
    draft = Draft(document.project, block)
    known = _params(draft)
    if old not in known:
        raise Refused(f"{block} has no parameter “{old}”.")
    if new.strip() == old:
        return draft.step(f"Rename {old}")
    name = _free(new, known)
    for node in tuple(draft.network.nodes.values()):
        for field, read in readings(node, find(node.type, draft.project)):
            if name in read:
                raise Refused(
                    f"{node.name}.{field} reads {name}, which is another thing. "
                    "Choose another name."
                )
    _put(
        draft,
        tuple(replace(one, name=name) if one.name == old else one for one in known.values()),
    )
    for node in tuple(draft.network.nodes.values()):
        after = renamed_in(node, draft, old, name)
        if after != node:
            draft.put(after)
    for network, node in instances(draft.project, block):
        if old in node.params:
            params = {name if key == old else key: value for key, value in node.params.items()}
            draft.edit(PutNode(network, node.name, node, replace(node, params=params)))
    _rename_in_variants(draft, block, old, name)
    return draft.step(f"Rename {old} of {block} to {name}")


def order_block_params(document: Document, block: str, names: Sequence[str]) -> Step:
    """The parameters of a block in another order, in which forms and code name them."""
    draft = Draft(document.project, block)
    known = _params(draft)
    if sorted(names) != sorted(known):
        raise Refused(f"Name each parameter of {block} once: {', '.join(known) or 'none'}.")
    _put(draft, tuple(known[name] for name in names))
    return draft.step(f"Reorder the parameters of {block}")


def remove_block_param(document: Document, block: str, name: str) -> Step:
    """A parameter goes, and the values given to it; refused while something inside reads it."""
    draft = Draft(document.project, block)
    known = _params(draft)
    if name not in known:
        raise Refused(f"{block} has no parameter “{name}”.")
    used = [
        f"{node.name}.{field}"
        for node in draft.network.nodes.values()
        for field, read in readings(node, find(node.type, draft.project))
        if name in read
    ]
    if used:
        more = f" and {len(used) - 3} more" if len(used) > 3 else ""
        raise Refused(
            f"{name} is used by {', '.join(used[:3])}{more}. Give them values of their own first."
        )
    for network, node in instances(draft.project, block):
        if name in node.params:
            params = {key: value for key, value in node.params.items() if key != name}
            draft.edit(PutNode(network, node.name, node, replace(node, params=params)))
    gone = {f"{network}/{node.name}.{name}" for network, node in instances(draft.project, block)}
    draft.variants(lambda given: {key: one for key, one in given.items() if key not in gone})
    _put(draft, tuple(one for one in known.values() if one.name != name))
    return draft.step(f"Remove {name} from {block}")


def renamed_in(node: Node, draft: Draft, old: str, new: str) -> Node:
    """The node with a name that it reads replaced in all its expressions."""
    layer = find(node.type, draft.project)
    params: Mapping[str, Value] = node.params
    if not (node.repeat is not None and old == INDEX):
        places = dict(expressions(node.params, layer.params if layer else ()))
        params = {
            key: with_name(value, old, new) if key in places else value
            for key, value in node.params.items()
        }
    return replace(node, params=params, repeat=with_name(node.repeat, old, new))


def _rename_in_variants(draft: Draft, block: str, old: str, new: str) -> None:
    uses = {
        f"{network}/{node.name}.{old}": f"{network}/{node.name}.{new}"
        for network, node in instances(draft.project, block)
    }

    def change(given: Mapping[str, Value]) -> Mapping[str, Value]:
        return {
            uses.get(key, key): with_name(value, old, new) if key.startswith(f"{block}/") else value
            for key, value in given.items()
        }

    draft.variants(change)


def _params(draft: Draft) -> dict[str, Variable]:
    params = draft.network.params
    if params is None:
        raise Refused(f"{draft.name} is no block; a network has variables instead of parameters.")
    return dict(params)


def _put(draft: Draft, after: tuple[Variable, ...]) -> None:
    before = tuple((draft.network.params or {}).values())
    draft.edit(PutBlockParams(draft.name, before, after))


def _free(name: str, known: Mapping[str, Variable]) -> str:
    name = naming.valid(name)
    if name == INDEX:
        raise Refused(f"“{INDEX}” is the number of a turn in a repeat. Choose another name.")
    if name in known:
        raise Refused(f"There is already a parameter “{name}”. Choose another name.")
    return name


def _refuse(param: Variable) -> None:
    refuse_value(param)
    if isinstance(param.value, str) and param.choices and param.value not in param.choices:
        raise Refused(
            f"{param.name}: expected one of {', '.join(param.choices)}, got {param.value}. "
            "Choose one of them as the default."
        )
    if param.choices and not isinstance(param.value, str):
        raise Refused(f"{param.name} is no word and can have no choices.")
    low, high, value = param.low, param.high, param.value
    if isinstance(value, int | float) and (
        (low is not None and value < low) or (high is not None and value > high)
    ):
        raise Refused(f"The default of {param.name} lies outside its range. Widen the range.")


def _refuse_given(draft: Draft, network: str, node: Node, spec: Param) -> None:
    drawing: Network = draft.project.networks[network]
    try:
        checked(spec, node.params[spec.name], visible(draft.project, drawing, node))
    except Refused as refused:
        raise Refused(f"{network}/{node.name} gives another value. {refused.reason}") from None
