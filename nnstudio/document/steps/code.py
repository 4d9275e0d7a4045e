"""Steps on layers written in Python: add one, change its text, ports and rules, keep its shapes.

A faulty text is kept all the same and is a problem, for whoever types is faulty most of the time.
What no file could hold is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph_compiler.code_model import Code, CodeOutput, CodePort, Measured
from graph_compiler.code_reading import NO_DEFAULT, Argument, Unreadable, signature
from graph_compiler.model import Network, Value, Variable
from graph_compiler.schema_code import is_sound
from nnstudio.document.document import Document
from nnstudio.document.drawing_edits import PutBlockParams, PutNetwork
from nnstudio.document.edits import Refused, Step
from nnstudio.document.field_edits import PutField
from nnstudio.document.steps import naming
from nnstudio.document.steps.draft import Draft

_TEXT = '''\
class {name}(nn.Module):
    """Multiplies by a learned number."""

    def __init__(self, start: float = 1.0) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(start))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * x
'''
"""What a new layer begins with; torch, nn and F need no import."""


def add_code_layer(document: Document, name: str) -> Step:
    """A new layer written in Python, with a text that works."""
    draft = Draft(document.project)
    title = naming.valid_block(name, draft.project)
    code = Code(
        _TEXT.format(name=title),
        (CodePort("x", doc="any tensor"),),
        (CodeOutput("y", "x"),),
        weights=(("factor", "()"),),
    )
    start = Variable("start", 1.0, "the number that learning begins with")
    layer = Network(title, params={"start": start}, code=code)
    draft.edit(PutNetwork(title, None, layer))
    return draft.step(f"Add the Python layer {title}")


def set_code_text(document: Document, layer: str, text: str) -> Step:
    """Another text; what was measured for the old one no longer counts."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return _changed(document, layer, f"Change the Python of {layer}", text=clean)


def set_code_inputs(document: Document, layer: str, inputs: Sequence[CodePort]) -> Step:
    """Other inputs; where a single one has another name, wires follow it."""
    draft, code = _draft(document, layer)
    _note_renamed(draft, layer, [p.name for p in code.inputs], [p.name for p in inputs])
    draft.edit(PutField(layer, "code", code, _sound(replace(code, inputs=tuple(inputs)))))
    return draft.step(f"Change the inputs of {layer}")


def set_code_outputs(document: Document, layer: str, outputs: Sequence[CodeOutput]) -> Step:
    """Other outputs or shape rules; where a single one has another name, wires follow it."""
    draft, code = _draft(document, layer)
    _note_renamed(draft, layer, [p.name for p in code.outputs], [p.name for p in outputs])
    draft.edit(PutField(layer, "code", code, _sound(replace(code, outputs=tuple(outputs)))))
    return draft.step(f"Change the outputs of {layer}")


def set_code_sizes(document: Document, layer: str, sizes: Sequence[tuple[str, str]]) -> Step:
    """Other arguments of the constructor that are worked out from sizes."""
    return _changed(document, layer, f"Change the sizes of {layer}", sizes=tuple(sizes))


def set_code_weights(document: Document, layer: str, weights: Sequence[tuple[str, str]]) -> Step:
    """Other weights, with the rules of their shapes."""
    return _changed(document, layer, f"Change the weights of {layer}", weights=tuple(weights))


def keep_measured(document: Document, found: Mapping[str, Sequence[Measured]]) -> Step:
    """What the worker has measured, in the place of what it measured before."""
    draft = Draft(document.project)
    for layer, rows in found.items():
        network = draft.project.networks.get(layer)
        if network is None or network.code is None:
            continue  # it went while the worker was at work
        draft.edit(
            PutField(
                layer, "code", network.code, _sound(replace(network.code, measured=tuple(rows)))
            )
        )
    return draft.step(f"Measure {', '.join(found)}")


def match_code(document: Document, layer: str) -> Step:
    """Inputs and parameters as the text takes them, as far as its signatures tell.

    What is stated of those that stay is kept.
    """
    draft, code = _draft(document, layer)
    try:
        read = signature(code.text, layer)
    except Unreadable as error:
        fault = error.fault
        raise Refused(f"Expected {fault.expected}, got {fault.got}. {fault.remedy}") from None
    known = {port.name: port for port in code.inputs}
    inputs = tuple(known.get(name, CodePort(name)) for name in read.values) or code.inputs
    _note_renamed(draft, layer, [*known], [port.name for port in inputs])
    sizes = code.sizes
    if read.arguments is not None:
        taken = {one.name for one in read.arguments}
        sizes = tuple(row for row in code.sizes if row[0] in taken)
        _match_params(draft, layer, read.arguments, {name for name, _ in sizes})
    draft.edit(PutField(layer, "code", code, _sound(replace(code, inputs=inputs, sizes=sizes))))
    return draft.step(f"Match {layer} to its Python")


def _match_params(
    draft: Draft, layer: str, arguments: Sequence[Argument], worked_out: set[str]
) -> None:
    before = dict(draft.project.networks[layer].params or {})
    after = []
    for one in arguments:
        if one.name in worked_out:
            continue
        default = _value(one.default)
        if one.name in before:
            after.append(before[one.name])
        elif default is not None:
            after.append(Variable(one.name, default))
        elif one.required:
            after.append(Variable(one.name, 1))
    draft.edit(PutBlockParams(layer, tuple(before.values()), tuple(after)))


def _value(default: object) -> Value:
    """A default that a parameter can have; None for any other."""
    if default is NO_DEFAULT or default is None:
        return None
    if isinstance(default, bool | int | float | str):
        return default
    if isinstance(default, tuple) and all(isinstance(item, int | float) for item in default):
        return default
    return None


def _changed(
    document: Document,
    layer: str,
    words: str,
    *,
    text: str | None = None,
    sizes: tuple[tuple[str, str], ...] | None = None,
    weights: tuple[tuple[str, str], ...] | None = None,
) -> Step:
    draft, code = _draft(document, layer)
    after = replace(
        code,
        text=code.text if text is None else text,
        sizes=code.sizes if sizes is None else sizes,
        weights=code.weights if weights is None else weights,
    )
    draft.edit(PutField(layer, "code", code, _sound(after)))
    return draft.step(words)


def _draft(document: Document, layer: str) -> tuple[Draft, Code]:
    draft = Draft(document.project, layer)
    if draft.network.code is None:
        raise Refused(f"{layer} is drawn, not written in Python.")
    return draft, draft.network.code


def _sound(code: Code) -> Code:
    for names, noun in (
        ([port.name for port in code.inputs], "input"),
        ([port.name for port in code.outputs], "output"),
        ([name for name, _ in code.sizes], "argument"),
        ([name for name, _ in code.weights], "weight"),
    ):
        for name in names:
            if names.count(name) > 1:
                raise Refused(f"There is already the {noun} “{name}”. Choose another name.")
    if not is_sound(code):
        raise Refused(
            "Names consist of letters, digits and _; texts have no control characters and at most "
            "10,000 characters a line."
        )
    return code


def _note_renamed(draft: Draft, layer: str, before: list[str], after: list[str]) -> None:
    """One name that gives way to another in its place is a new name of the same port."""
    if len(before) != len(after):
        return
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if len(changed) == 1 and changed[0][1] not in before:
        draft.note_renamed(layer, *changed[0])
