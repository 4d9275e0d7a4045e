"""The table of actions and submenus: identity, words, keys, icon, what it does, why not.

Adding an action is adding a row. Handlers are one call into the part that does the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.app.window import Window

MENUS = ("File", "Edit", "Drawing", "View", "Run", "Help")


def always(window: Window) -> str:
    """Nothing stands in the way."""
    return ""


def project(window: Window) -> str:
    """A project must be open."""
    return "" if window.editor is not None else "Open a project first."


def editable(window: Window) -> str:
    """An open project that may be changed."""
    return project(window) or window.editor.read_only_reason


def selection(window: Window) -> str:
    """Something must be selected on the canvas."""
    return project(window) or (
        "" if window.editor.canvas.selected() else "Select a layer on the canvas first."
    )


def editable_selection(window: Window) -> str:
    """Something selected in a project that may be changed."""
    return editable(window) or selection(window)


def block_selected(window: Window) -> str:
    """The node selected last must be a block."""
    refused = selection(window)
    if refused:
        return refused
    canvas = window.editor.canvas
    block = canvas.drawing.face(canvas.selected()[-1]).marks.block
    return "" if block else "Select a block first; a layer has no inside."


def editable_block(window: Window) -> str:
    """The same in a project that may be changed."""
    return editable(window) or block_selected(window)


def inside(window: Window) -> str:
    """A drawing must be shown that stands in another one."""
    if project(window):
        return project(window)
    drawings = window.editor.drawings
    return "" if drawings.shown != drawings.root else "This drawing stands in no other."


def undoable(window: Window) -> str:
    """There is a step to take back."""
    return editable(window) or (
        "" if window.editor.document.can_undo else "Nothing has been changed yet."
    )


def redoable(window: Window) -> str:
    """There is a step to do again."""
    return editable(window) or ("" if window.editor.document.can_redo else "Nothing was undone.")


def whole(window: Window) -> str:
    """The network has no errors, so that there is code."""
    return project(window) or window.editor.code_refused()


def _undo_name(window: Window) -> str:
    step = window.editor.document.undo_text if window.editor else ""
    return f"Undo: {step}" if step else "Undo"


def _redo_name(window: Window) -> str:
    step = window.editor.document.redo_text if window.editor else ""
    return f"Redo: {step}" if step else "Redo"


def _run_name(window: Window) -> str:
    return window.editor.run.toggle_text if window.editor else "Run"


def _run(question: str) -> Callable[[Window], str]:
    def refused(window: Window) -> str:
        return project(window) or window.editor.run.refused(question)

    return refused


@dataclass(frozen=True, slots=True)
class Row:
    """One action."""

    id: str
    menu: str
    text: str
    does: Callable[[Window], None]
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    refused: Callable[[Window], str] = always
    name: Callable[[Window], str] | None = None
    checked: Callable[[Window], bool] | None = None
    canvas: bool = False
    """Whether its keys hold only while the canvas has the focus."""
    separated: bool = False
    """Whether a line stands above it in the menu."""
    words: str = ""
    """Further words that find it in the command palette."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a submenu; `checked` is None where it is no choice."""

    text: str
    does: Callable[[], None]
    checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Submenu:
    """Lines that depend on what is open, below the row `after`."""

    menu: str
    after: str
    text: str
    items: Callable[[Window], Iterable[Item]]
    empty: str
    icon: str = ""
    words: str = ""


def _recent(window: Window) -> Iterable[Item]:
    for path in window.settings.recent:
        yield Item(str(path), lambda path=path: window.files.opening.open_path(path))


def _variants(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        for name in window.editor.document.project.variants:
            yield Item(name, lambda name=name: window.editor.apply_variant(name))


def _arranging(window: Window) -> Iterable[Item]:
    if window.editor is not None and not editable_selection(window):
        arrange = window.editor.canvas.arrange
        yield Item("Align ports in a row", lambda: arrange.align("ports"))
        for side, text in (("left", "left edges"), ("middle", "middles"), ("right", "right edges"),
                           ("top", "top edges"), ("bottom", "bottom edges")):  # fmt: skip
            yield Item(f"Align {text}", lambda side=side: arrange.align(side))
        yield Item("Spread evenly from left to right", lambda: arrange.distribute("across"))
        yield Item("Spread evenly from top to bottom", lambda: arrange.distribute("down"))


def _drawings(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        for name in window.editor.document.project.networks:
            shown = name == window.editor.drawings.shown
            yield Item(name, lambda name=name: window.editor.open_drawing(name), shown)


def _panels(window: Window) -> Iterable[Item]:
    if window.editor is not None:
        for title, action in window.editor.panel_toggles():
            yield Item(title, action.trigger, action.isChecked())


def _templates(window: Window) -> Iterable[Item]:
    for card in window.start.gallery.all_cards:
        yield Item(card.name, lambda id=card.id: window.files.opening.open_template(id))


ROWS: tuple[Row, ...] = (
    Row("file.new", "File", "New project", lambda w: w.files.opening.new(), ("Ctrl+N",), "new"),
    Row("file.open", "File", "Open file…", lambda w: w.files.opening.open(), ("Ctrl+O",), "open"),
    Row(
        "file.data",
        "File",
        "New project from your data (CSV)…",
        lambda w: w.files.opening.open_data(),
        icon="data",
        words="table import",
    ),
    Row(
        "file.start", "File", "Start page", lambda w: w.files.opening.show_start(),
        ("Ctrl+Shift+H",), "home", words="templates gallery welcome close project",
    ),
    Row(
        "file.save", "File", "Save", lambda w: w.files.saving.save(), ("Ctrl+S",), "save",
        editable, separated=True,
    ),
    Row(
        "file.save_as", "File", "Save as…", lambda w: w.files.saving.save_as(),
        ("Ctrl+Shift+S",), "save", project,
    ),
    Row(
        "file.export_model", "File", "Export model.py…", lambda w: w.files.exporting.model(),
        ("Ctrl+E",), "export", whole, separated=True, words="python pytorch code",
    ),
    Row(
        "file.export_script", "File", "Export model.py and train.py…",
        lambda w: w.files.exporting.script(), ("Ctrl+Shift+E",), "export", whole,
        words="python pytorch code script training",
    ),
    Row(
        "file.export_picture", "File", "Export picture…", lambda w: w.files.exporting.picture(),
        (), "export", project, words="svg pdf png image figure paper",
    ),
    Row(
        "file.quit", "File", "Quit", lambda w: w.close(), ("Ctrl+Q",), "quit", separated=True,
        words="exit close",
    ),
    Row(
        "edit.undo", "Edit", "Undo", lambda w: w.editor.drawings.undo(), ("Ctrl+Z",), "undo",
        undoable, _undo_name,
    ),
    Row(
        "edit.redo", "Edit", "Redo", lambda w: w.editor.drawings.redo(),
        ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", redoable, _redo_name,
    ),
    Row(
        "edit.cut", "Edit", "Cut", lambda w: w.editor.canvas.cut(), ("Ctrl+X",), "cut",
        editable_selection, canvas=True, separated=True,
    ),
    Row(
        "edit.copy", "Edit", "Copy", lambda w: w.editor.canvas.copy(), ("Ctrl+C",), "copy",
        selection, canvas=True,
    ),
    Row(
        "edit.paste", "Edit", "Paste", lambda w: w.editor.canvas.paste(), ("Ctrl+V",), "paste",
        editable, canvas=True,
    ),
    Row(
        "edit.duplicate", "Edit", "Duplicate", lambda w: w.editor.canvas.duplicate(),
        ("Ctrl+D",), "duplicate", editable_selection, canvas=True,
    ),
    Row(
        "edit.delete", "Edit", "Delete", lambda w: w.editor.canvas.delete_selection(),
        ("Del", "Backspace"), "delete", editable, canvas=True, separated=True, words="remove",
    ),
    Row(
        "edit.dissolve", "Edit", "Dissolve (heal the wire)",
        lambda w: w.editor.canvas.dissolve_selection(), ("Ctrl+Del",), "dissolve",
        editable_selection, canvas=True, words="remove",
    ),
    Row(
        "edit.select_all", "Edit", "Select all", lambda w: w.editor.canvas.select_all(),
        ("Ctrl+A",), "select-all", project, canvas=True, separated=True,
    ),
    Row(
        "edit.frame", "Edit", "Frame the selection as a group",
        lambda w: w.editor.canvas.make_frame(), ("Ctrl+Shift+F",), "layers",
        editable_selection, canvas=True, words="sequential group",
    ),
    Row(
        "edit.tidy", "Edit", "Tidy", lambda w: w.editor.canvas.tidy(), ("Ctrl+L",), "layers",
        editable, canvas=True, separated=True, words="layout arrange order left to right",
    ),
    Row(
        "edit.tidy_down", "Edit", "Tidy from top to bottom",
        lambda w: w.editor.canvas.arrange.tidy("down"), (), "layers", editable, canvas=True,
        words="layout arrange order vertical",
    ),
    Row(
        "edit.rename", "Edit", "Rename project", lambda w: w.editor.edit_name(), (), "edit",
        editable, separated=True, words="title name",
    ),
    Row(
        "drawing.open", "Drawing", "Open the block", lambda w: w.editor.canvas.open_or_inspect(),
        ("Ctrl+Down",), "block", block_selected, canvas=True, words="enter inside",
    ),
    Row(
        "drawing.leave", "Drawing", "Up to the drawing around it",
        lambda w: w.editor.drawings.leave(), ("Ctrl+Up",), "leave", inside, canvas=True,
        words="leave block out back parent",
    ),
    Row(
        "drawing.group", "Drawing", "Group into a block", lambda w: w.editor.canvas.group(),
        ("Ctrl+G",), "block", editable_selection, canvas=True, separated=True,
        words="encapsulate subgraph module",
    ),
    Row(
        "drawing.ungroup", "Drawing", "Ungroup the block", lambda w: w.editor.canvas.ungroup(),
        ("Ctrl+Shift+G",), "dissolve", editable_block, canvas=True, words="dissolve inline expand",
    ),
    Row(
        "drawing.new_block", "Drawing", "New block", lambda w: w.editor.work.new_block(), (),
        "block", editable, separated=True, words="add subgraph module",
    ),
    Row(
        "drawing.new_python", "Drawing", "New Python layer",
        lambda w: w.editor.work.new_python_layer(), (), "code", editable,
        words="add custom code module class",
    ),
    Row(
        "drawing.new_network", "Drawing", "New network", lambda w: w.editor.work.new_network(), (),
        "layers", editable, words="add drawing second discriminator",
    ),
    Row(
        "drawing.rename", "Drawing", "Rename the drawing", lambda w: w.editor.work.rename(), (),
        "edit", lambda w: editable(w) or w.editor.work.why_not_rename(), separated=True,
        words="block network name",
    ),
    Row(
        "drawing.duplicate", "Drawing", "Duplicate the drawing",
        lambda w: w.editor.work.duplicate(), (), "duplicate", editable, words="copy block network",
    ),
    Row(
        "drawing.delete", "Drawing", "Delete the drawing", lambda w: w.editor.work.delete(), (),
        "delete", lambda w: editable(w) or w.editor.work.why_not_delete(),
        words="remove block network",
    ),
    Row(
        "view.palette", "View", "All actions…", lambda w: w.show_command_palette(),
        ("Ctrl+K", "Ctrl+Shift+P"), "command", words="command palette search keyboard shortcuts",
    ),
    Row(
        "view.network", "View", "Network", lambda w: w.editor.show_network(), ("Ctrl+1",), "layers",
        project, separated=True, words="canvas drawing",
    ),
    Row(
        "view.graph", "View", "Computational graph", lambda w: w.editor.show_graph(), ("Ctrl+2",),
        "graph", project, words="autograd look inside operations gradients",
    ),
    Row(
        "view.zoom_in", "View", "Zoom in", lambda w: w.editor.canvas.zoom_in(),
        ("Ctrl++", "Ctrl+="), "zoom-in", project, separated=True,
    ),
    Row(
        "view.zoom_out", "View", "Zoom out", lambda w: w.editor.canvas.zoom_out(), ("Ctrl+-",),
        "zoom-out", project,
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
        "view.region", "View", "Next region", lambda w: w.walk_regions(1), ("F6",), "panel",
        separated=True, words="focus keyboard",
    ),
    Row(
        "view.region_back", "View", "Previous region", lambda w: w.walk_regions(-1), ("Shift+F6",),
        "panel", words="focus keyboard",
    ),
    Row(
        "view.reset_panels", "View", "Panels back to their places",
        lambda w: w.editor.reset_panels(), (), "refresh", project, words="layout docks reset",
    ),
    Row(
        "view.full", "View", "Full screen", lambda w: w.toggle_full_screen(), ("F11",), "frame-all",
        checked=lambda w: w.isFullScreen(),
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
        "theme.system", "View", "Theme of the system", lambda w: w.set_theme("system"), (),
        "monitor", checked=lambda w: w.settings.theme == "system",
    ),
    Row(
        "run.toggle", "Run", "Run", lambda w: w.editor.run.toggle(), ("F5", "Ctrl+Return"), "run",
        _run("toggle"), _run_name, words="train start pause continue",
    ),
    Row(
        "run.step", "Run", "Step", lambda w: w.editor.run.step(), ("F8",), "step", _run("step"),
        words="one single",
    ),
    Row(
        "run.stop", "Run", "Stop", lambda w: w.editor.run.stop(), ("Shift+F5",), "stop",
        _run("stop"), words="end checkpoint",
    ),
    Row(
        "run.plan", "Run", "Plan", lambda w: w.editor.show_panel("plan"), ("Ctrl+3",), "plan",
        project, words="loss optimizer learning rate batch epochs seed stopping settings",
    ),
    Row(
        "run.reset_new", "Run", "Reset with new weights", lambda w: w.editor.run.reset(True), (),
        "reset", _run("reset"), separated=True, words="seed again restart",
    ),
    Row(
        "run.reset_same", "Run", "Reset with the same weights",
        lambda w: w.editor.run.reset(False), (), "reset", _run("reset"),
        words="seed again restart",
    ),
    Row(
        "run.resume", "Run", "Resume from the last checkpoint", lambda w: w.editor.run.resume(), (),
        "refresh", _run("resume"), separated=True, words="continue lost failed stopped",
    ),
    Row(
        "run.look", "Run", "Look inside", lambda w: w.editor.look_inside(), ("Ctrl+I",), "eye",
        whole, words="computational graph autograd probe gradients values",
    ),
    Row(
        "help.layers", "Help", "Layer reference", lambda w: w.show_layer_reference(), ("F1",),
        "book", words="documentation docs help formula paper",
    ),
    Row(
        "help.shortcuts", "Help", "Keyboard shortcuts", lambda w: w.show_command_palette(),
        ("Ctrl+/",), "command", words="keys",
    ),
    Row(
        "help.about", "Help", "About NN Studio", lambda w: w.show_about(), (), "hint",
        words="version",
    ),
)  # fmt: skip

SUBMENUS: tuple[Submenu, ...] = (
    Submenu("File", "file.open", "Open recent", _recent, "Nothing opened yet", "recent"),
    Submenu("File", "file.open", "Open template", _templates, "No templates installed", "layers"),
    Submenu(
        "Edit", "edit.tidy_down", "Align and spread", _arranging, "Select several nodes first",
        "layers", "align distribute arrange even left right top bottom",
    ),
    Submenu(
        "Edit", "edit.rename", "Apply variant", _variants, "This project has no variants",
        "variant", "size preset demo paper",
    ),
    Submenu(
        "Drawing", "drawing.delete", "Go to", _drawings, "Open a project first", "layers",
        "block network switch",
    ),
    Submenu("View", "view.region_back", "Panels", _panels, "Open a project first", "panel", "dock"),
)  # fmt: skip
