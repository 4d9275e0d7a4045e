"""What the canvas says in words: of problems, of what is under the mouse, of the selection."""

from __future__ import annotations

from graph_compiler.tensors import TensorType
from nnstudio.canvas import marks, port_kinds
from nnstudio.canvas.face import SEVERITIES, NodeFace, thousands
from nnstudio.canvas.hits import Hit
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document.steps.ports import place

MOST = 3


def problem_text(scene: NetworkScene, name: str) -> str:
    """The node's problems, the worst first: place, expected, got, remedy."""
    problems = sorted(
        scene.document.problems(scene.network, name),
        key=lambda one: SEVERITIES.index(one.severity),
    )
    lines = [problem.text for problem in problems[:MOST]]
    if len(problems) > MOST:
        lines.append(f"And {len(problems) - MOST} more in Problems.")
    return "\n".join(lines)


def hover_text(scene: NetworkScene, at: Hit) -> str:
    """What is worth saying of what is under the mouse."""
    if at.kind == "port":
        return _port_text(scene, at)
    if at.kind == "node":
        layer = scene.document.types.get(scene.face(at.node).type)
        if layer is None:
            return f"{at.node}: this program does not know the layer {scene.face(at.node).type}."
        told = marks.words(scene.document, scene.network, at.node, scene.face(at.node).marks)
        if scene.face(at.node).bypassed:
            told.append(
                "Bypassed: out of run and export; what comes in goes on as it is. M: back in."
            )
        return "\n".join((f"{layer.title}: {layer.doc}", *told))
    if at.wire is not None and at.wire in scene.wires:
        return _wire_text(scene, at)
    if at.kind == "corner":
        return "Drag to make the note larger or smaller."
    return ""


def _wire_text(scene: NetworkScene, at: Hit) -> str:
    """A wire: its ends, what flows along, and what can be done with what the mouse is on."""
    wire = at.wire
    if wire is None:
        return ""
    item = scene.wires[wire]
    lines = [f"{wire.source} → {wire.target}" + (f": {item.label}" if item.label else "")]
    tensor = _tensor(scene, wire.source, wire.source_port)
    if tensor is not None and isinstance(tensor.numel, int):
        kind = port_kinds.words(tensor.dtype)
        lines.append(f"{thousands(tensor.numel)} for each example; carries {kind}.")
    if at.kind == "link":
        lines.append(f"Link {item.link}. Click: go to the other end.")
    elif at.kind == "point":
        lines.append("Drag to move the point; double-click removes it.")
    else:
        lines.append("Drag to bend it; double-click adds a point; Alt+drag across cuts.")
    return "\n".join(lines)


def _tensor(scene: NetworkScene, node: str, port: str) -> TensorType | None:
    facts = scene.document.facts(scene.network, node)
    names = [one.name for one in scene.face(node).outputs]
    at = names.index(port) if port in names else 0
    return facts.outputs[at] if facts and at < len(facts.outputs) else None


def describe(scene: NetworkScene) -> str:
    """The canvas for a screen reader: how much there is, and what is selected."""
    count = len(scene.nodes)
    start = f"Network {scene.network}, {count} node{'' if count == 1 else 's'}."
    names = scene.selection.names
    if len(names) == 1:
        return f"{start} Selected: {node_words(scene, names[0])}."
    if names:
        listed = ", ".join(names[:8]) + (" and more" if len(names) > 8 else "")
        return f"{start} Selected: {len(names)} nodes: {listed}."
    if scene.selection.frame:
        return f"{start} Selected: frame {scene.selection.frame}."
    if scene.selection.note:
        text = " ".join(scene.model.notes[scene.selection.note].text.split())
        return f"{start} Selected: note: {text or 'empty'}."
    wires = list(scene.selection.wires)
    if len(wires) == 1:
        count, at = len(scene.wires[wires[0]].points), scene.selection.point
        point = f", point {at + 1} of {count}" if at >= 0 else ""
        return f"{start} Selected: wire from {wires[0].source} to {wires[0].target}{point}."
    if wires:
        return f"{start} Selected: {len(wires)} wires."
    return f"{start} Nothing selected."


def node_words(scene: NetworkScene, name: str) -> str:
    """One node in words: name, layer, output, parameters, what it is wired to, problems."""
    face: NodeFace = scene.face(name)
    layer = scene.document.types.get(face.type)
    parts = [f"{name}, {layer.title if layer else face.type}"]
    built = face.marks
    if face.bypassed:
        parts.append("bypassed")
    if face.tint:
        parts.append(f"coloured {face.tint}")
    if built.block:
        parts.append("a block")
    if built.turns:
        parts.append(f"{built.turns[1:]} times in a row")
    if built.scan:
        parts.append(f"over time {built.scan}s")
    if built.shares:
        parts.append(f"shares weights with {built.shares}")
    parts += [f"{weight} is {other}" for weight, other in built.ties]
    if face.shape:
        parts.append(f"output {face.shape}")
    if face.parameters:
        parts.append(f"{face.parameters} parameters")
    sources = [wire.source for wire in scene.wires_into(name)]
    targets = [wire.target for wire in scene.wires_out_of(name)]
    if sources:
        parts.append(f"from {' and '.join(sources)}")
    if targets:
        parts.append(f"to {' and '.join(targets)}")
    if face.messages:
        count = len(face.messages)
        parts.append(f"{count} problem{'' if count == 1 else 's'}")
    return ", ".join(parts)


def _port_text(scene: NetworkScene, at: Hit) -> str:
    layer = scene.document.types.get(scene.face(at.node).type)
    face = scene.face(at.node).port(at.side, at.port)
    carries = f"Carries {port_kinds.words(face.dtype if face else 'float')}.\n{port_kinds.LEGEND}"
    if at.side == "out":
        tensor = _tensor(scene, at.node, at.port)
        shape = str(tensor) if tensor is not None else "no shape yet"
        return f"{at.node}.{at.port}: {shape}\n{carries}"
    port = place(at.port, layer.inputs) if layer else None
    doc = port.doc if port and port.doc else "an input"
    wire = scene.wire_at(at.node, at.port)
    given = f"\nFrom {wire.source}" if wire else "\nNothing is wired to it yet"
    shape = scene.wires[wire].label if wire in scene.wires else ""
    ending = f": {shape}." if shape else "."
    return f"{at.node}.{at.port}: {doc}{given}{ending}\n{carries}"
