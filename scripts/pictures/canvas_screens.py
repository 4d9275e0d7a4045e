"""The canvas in every dress: notes, colours, wires, popups, menus, fields and what presents it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens import screen

if TYPE_CHECKING:
    from studio import Studio

    from nnstudio.app.editor import Editor


@screen
def dressed(studio: Studio) -> None:
    """Notes, coloured frames and nodes, a bypassed node, points, a link and the minimap."""
    editor = studio.open("template:lenet5").editor
    _dress(editor)
    editor.canvas.frame_all()
    studio.keep()
    editor.canvas_look.set_style("orthogonal")
    studio.keep("orthogonal")
    editor.canvas_look.set_style("straight")
    studio.keep("straight")
    editor.canvas_look.set_style("curved")


@screen
def minimap(studio: Studio) -> None:
    editor = studio.open("template:googlenet@paper").editor
    editor.canvas.go_to(next(iter(editor.document.project.networks["main"].nodes)))
    editor.canvas.zoom_reset()
    studio.rest(0.6)
    studio.keep()


@screen
def find(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    editor.finder.open()
    editor.finder.box.field.setText("conv")
    editor.finder.box.typed.emit("conv")
    studio.rest(0.6)
    studio.keep_with_popups()


@screen
def values(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    editor.select_node("conv1")
    editor.canvas.frame_selection()
    editor.canvas.zoom_out()
    studio.rest()
    editor.canvas.values.edit()
    studio.keep_with_popups()


@screen
def inspector(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    panel = editor.docking.docks["inspector"]
    for part, names in (
        ("one", ("conv2",)),
        ("several", ("conv1", "conv2")),
        ("mixed", ("fc1", "conv2")),
    ):
        editor.canvas.select(names)
        studio.rest()
        _whole(studio, panel, part)


@screen
def block(studio: Studio) -> None:
    editor = studio.open("template:resnet@50").editor
    panel = editor.docking.docks["inspector"]
    name = next(
        one.name
        for one in editor.document.project.networks["main"].nodes.values()
        if one.type in editor.document.project.networks
    )
    editor.select_node(name)
    studio.rest()
    _whole(studio, panel, "node")
    editor.open_drawing("Bottleneck")
    studio.rest()
    _whole(studio, panel, "drawing")


@screen
def hover(studio: Studio) -> None:
    from nnstudio.canvas.hits import Hit
    from nnstudio.document import steps

    editor = studio.open("template:lenet5").editor
    canvas = editor.canvas
    for part, at in (
        ("node", Hit("node", node="conv1")),
        ("port", Hit("port", node="conv2", side="in", port="input")),
        ("wire", Hit("wire", wire=list(editor.document.project.networks["main"].wires)[3])),
    ):
        canvas.mouse.hovering.over(at, canvas.node_position("pool1"))
        canvas.mouse.hovering.rest(canvas.node_position("pool1"))
        studio.keep_with_popups(part)
    document = editor.document
    document.do(steps.set_param(document, "main", ("fc3",), "out_features", 12))
    studio.rest()
    canvas.mouse.hovering.over(Hit("badge", node="logits"), canvas.badge_position("logits"))
    studio.keep_with_popups("badge")


@screen
def context(studio: Studio) -> None:
    from nnstudio.canvas import menus
    from nnstudio.canvas.hits import VOID, Hit

    editor = studio.open("template:lenet5").editor
    _dress(editor)
    canvas = editor.canvas
    network = editor.document.project.networks["main"]
    for part, at in (
        ("node", Hit("node", node="conv2")),
        ("port", Hit("port", node="conv2", side="in", port="input")),
        ("wire", Hit("wire", wire=list(network.wires)[3])),
        ("frame", Hit("frame", frame="features")),
        ("note", Hit("note", note="note1")),
        ("void", VOID),
    ):
        menus.select_for(canvas, at)
        menu = menus.build(canvas, at, canvas.node_position("conv2"))
        menu.popup(studio.window.mapToGlobal(canvas.rect().topLeft()))
        studio.keep(part, menu)
        menu.close()
        studio.rest(0.1)


@screen
def pulled(studio: Studio) -> None:
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    canvas = studio.open("template:lenet5").editor.canvas
    canvas.setFocus()
    seen, left = canvas.viewport(), Qt.MouseButton.LeftButton
    start = canvas.port_position("conv1", "output")
    end = start + QPoint(60, 210)
    QTest.mousePress(seen, left, Qt.KeyboardModifier.NoModifier, start)
    for part in range(1, 9):
        QTest.mouseMove(seen, start + (end - start) * part / 8)
        studio.rest(0.05)
    studio.keep_with_popups("dragging")
    QTest.mouseRelease(seen, left, Qt.KeyboardModifier.NoModifier, end)
    studio.keep_with_popups()


@screen
def folded(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    for side in ("left", "bottom", "right"):
        editor.docking.rails.fold(side)
    editor.canvas.frame_all()
    studio.rest()
    studio.keep()


@screen
def presentation(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    editor.select_node("conv1")
    editor.presenting.begin()
    studio.rest()
    editor.canvas.frame_all()
    studio.keep()
    editor.presenting.end()


def _whole(studio: Studio, panel, part: str) -> None:
    """The picture of a panel as tall as a screen, out of its window."""
    panel.setFloating(True)
    panel.resize(340, 860)
    studio.keep(part, panel)
    panel.setFloating(False)


def _dress(editor: Editor) -> None:
    from graph_compiler.model import Route
    from nnstudio.document import steps

    document = editor.document
    wires = {one.source: one for one in document.project.networks["main"].wires}
    for frame, colour in (("features", "blue"), ("classifier", "orange")):
        document.do(steps.set_frame_colour(document, "main", frame, colour))
    document.do(steps.set_colour(document, "main", ("conv1", "conv2"), "green"))
    document.do(steps.set_colour(document, "main", ("fc1",), "red"))
    document.do(steps.set_bypassed(document, "main", ("relu4",), True))
    text = "Digits of 8×8 pixels.\nTwo convolutions are enough: more would only remember them."
    document.do(steps.add_note(document, "main", (-20.0, -170.0), text, (240.0, 96.0), "yellow"))
    document.do(steps.add_note(document, "main", (900.0, 300.0), "Ten scores, one for each digit."))
    start = document.project.networks["main"].nodes["relu1"].at
    bent = Route(points=((start[0] + 150.0, start[1] - 60.0), (start[0] + 190.0, start[1] - 60.0)))
    document.do(steps.set_route(document, "main", wires["relu1"], bent))
    document.do(steps.set_route(document, "main", wires["pool2"], Route(link="features out")))
