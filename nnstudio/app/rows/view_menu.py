"""The menu View."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nnstudio.app.rows.conditions import project, selection
from nnstudio.app.rows.row import Item, Row, Submenu

if TYPE_CHECKING:
    from nnstudio.app.window import Window


def _wires(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        look = window.editor.canvas_look
        for style in look.styles:
            held = look.wires.style == style
            yield Item(style.capitalize(), lambda style=style: look.set_style(style), held)


def _heat(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        from nnstudio.plotdata.heat import MEASURES

        heat = window.editor.heat
        yield Item("None", lambda: heat.show(""), not heat.chosen)
        for one in MEASURES:
            yield Item(one.title, lambda id=one.id: heat.show(id), heat.chosen == one.id)


ROWS: tuple[Row, ...] = (
    Row(
        "view.palette", "View", "All actions…", lambda w: w.show_command_palette(),
        ("Ctrl+K", "Ctrl+Shift+P"), "command", words="command palette search keyboard shortcuts",
    ),
    Row(
        "view.network", "View", "Network", lambda w: w.editor.show_network(), ("Ctrl+1",),
        "network", project, separated=True, words="canvas drawing",
    ),
    Row(
        "view.graph", "View", "Computational graph", lambda w: w.editor.show_graph(), ("Ctrl+2",),
        "graph", project, words="autograd look inside operations gradients",
    ),
    Row(
        "view.zoom_in", "View", "Zoom in", lambda w: w.editor.canvas.zoom_in(),
        ("Ctrl++", "Ctrl+=", "Ctrl+Shift++"), "zoom-in", project, separated=True,
    ),
    Row(
        "view.zoom_out", "View", "Zoom out", lambda w: w.editor.canvas.zoom_out(), ("Ctrl+-",),
        "zoom-out", project,
    ),
    Row(
        "view.zoom_reset", "View", "Zoom to 100 %", lambda w: w.editor.canvas.zoom_reset(),
        ("Ctrl+0",), "actual-size", project, words="actual size reset scale",
    ),
    Row(
        "view.frame", "View", "Show the selection", lambda w: w.editor.canvas.frame_selection(),
        ("F",), "frame", selection, canvas=True, words="frame zoom",
    ),
    Row(
        "view.frame_all", "View", "Show everything", lambda w: w.editor.canvas.frame_all(),
        ("Home",), "frame-all", project, canvas=True, words="frame fit zoom",
    ),
    Row(
        "view.minimap", "View", "Minimap", lambda w: w.editor.canvas_look.toggle_minimap(),
        ("Ctrl+M",), "minimap", project, canvas=True, words="small picture overview map corner",
        checked=lambda w: w.editor is not None and w.editor.canvas_look.minimap,
    ),
    Row(
        "view.wire_shapes", "View", "Shapes along wires",
        lambda w: w.editor.canvas_look.toggle_shapes(), (), "grid", project, separated=True,
        checked=lambda w: w.editor is not None and w.editor.canvas_look.wires.shapes,
        words="size tensor label",
    ),
    Row(
        "view.wire_size", "View", "Wires as thick as what flows along",
        lambda w: w.editor.canvas_look.toggle_by_size(), (), "gauge", project,
        checked=lambda w: w.editor is not None and w.editor.canvas_look.wires.by_size,
        words="width tensor size amount",
    ),
    Row(
        "view.region", "View", "Next region", lambda w: w.walk_regions(1), ("F6",), "next-region",
        separated=True, words="focus keyboard",
    ),
    Row(
        "view.region_back", "View", "Previous region", lambda w: w.walk_regions(-1), ("Shift+F6",),
        "previous-region", words="focus keyboard",
    ),
    Row(
        "view.reset_panels", "View", "Panels back to their places",
        lambda w: w.editor.reset_panels(), (), "refresh", project, words="layout docks reset",
    ),
    Row(
        "view.full", "View", "Full screen", lambda w: w.toggle_full_screen(), ("F11",),
        "full-screen", checked=lambda w: w.isFullScreen(),
    ),
    Row(
        "view.present", "View", "Presentation", lambda w: w.editor.presenting.toggle(),
        ("Shift+F11",), "present", project, words="teaching room large type beamer projector",
        checked=lambda w: w.editor is not None and w.editor.presenting.on,
    ),
    Row(
        "theme.dark", "View", "Dark theme", lambda w: w.set_theme("dark"), (), "moon",
        checked=lambda w: w.settings.theme == "dark", separated=True,
    ),
    Row(
        "theme.light", "View", "Light theme", lambda w: w.set_theme("light"), (), "sun",
        checked=lambda w: w.settings.theme == "light",
    ),
    Row(
        "theme.high_dark", "View", "High contrast, dark", lambda w: w.set_theme("high-dark"), (),
        "contrast", checked=lambda w: w.settings.theme == "high-dark", words="theme accessibility",
    ),
    Row(
        "theme.high_light", "View", "High contrast, light", lambda w: w.set_theme("high-light"), (),
        "contrast", checked=lambda w: w.settings.theme == "high-light", words="theme accessibility",
    ),
    Row(
        "theme.system", "View", "Theme of the system", lambda w: w.set_theme("system"), (),
        "monitor", checked=lambda w: w.settings.theme == "system",
    ),
)  # fmt: skip

SUBMENUS: tuple[Submenu, ...] = (
    Submenu(
        "View", "view.wire_size", "Wires", _wires, "Open a project first", "link",
        "style curved straight orthogonal spline",
    ),
    Submenu(
        "View", "view.wire_size", "Heat on nodes", _heat, "Open a project first", "heat",
        "overlay parameters compute memory time profile gradient norm",
    ),
)  # fmt: skip
