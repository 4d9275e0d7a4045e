"""What the canvas says in words: of problems, of what is under the mouse, of the selection."""

from __future__ import annotations

from nnstudio.canvas import marks
from nnstudio.canvas.face import SEVERITIES, NodeFace
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
        return "\n".join((f"{layer.title}: {layer.doc}", *told))
    if at.kind == "wire" and at.wire is not None and at.wire in scene.wires:
        shape = scene.wires[at.wire].label
        return f"{at.wire.source} → {at.wire.target}" + (f": {shape}" if shape else "")
    return ""


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
    wires = list(scene.selection.wires)
    if len(wires) == 1:
        return f"{start} Selected: wire from {wires[0].source} to {wires[0].target}."
    if wires:
        return f"{start} Selected: {len(wires)} wires."
    return f"{start} Nothing selected."


def node_words(scene: NetworkScene, name: str) -> str:
    """One node in words: name, layer, output, parameters, what it is wired to, problems."""
    face: NodeFace = scene.face(name)
    layer = scene.document.types.get(face.type)
    parts = [f"{name}, {layer.title if layer else face.type}"]
    built = face.marks
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
    facts = scene.document.facts(scene.network, at.node)
    if at.side == "out":
        shape = str(facts.outputs[0]) if facts and facts.outputs else "no shape yet"
        return f"{at.node}.{at.port}: {shape}"
    port = place(at.port, layer.inputs) if layer else None
    doc = port.doc if port and port.doc else "an input"
    wire = scene.wire_at(at.node, at.port)
    given = f"\nFrom {wire.source}" if wire else "\nNothing is wired to it yet"
    shape = scene.wires[wire].label if wire in scene.wires else ""
    return f"{at.node}.{at.port}: {doc}{given}" + (f": {shape}." if shape else ".")
