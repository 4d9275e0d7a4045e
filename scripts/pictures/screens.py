"""Every screen and state of the window that is worth looking at, one function each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio import Studio

SCREENS: dict[str, Callable[[Studio], None]] = {}


def screen(draw: Callable[[Studio], None]) -> Callable[[Studio], None]:
    """Adds a screen under its function's name."""
    SCREENS[draw.__name__] = draw
    return draw


@screen
def start(studio: Studio) -> None:
    studio.open()
    studio.keep()


@screen
def empty(studio: Studio) -> None:
    window = studio.open()
    window.files.opening.new()
    studio.until(lambda: window.editor is not None)
    studio.rest(1.0)
    studio.keep()


@screen
def small(studio: Studio) -> None:
    window = studio.open("template:perceptron")
    name = next(iter(window.editor.document.project.networks["main"].nodes))
    window.editor.select_node(name)
    studio.keep()


@screen
def training(studio: Studio) -> None:
    editor = _trained(studio, 14)
    editor.run.set_speed(5)
    studio.rest(0.6)
    studio.keep()


@screen
def runs(studio: Studio) -> None:
    editor = _trained(studio, 14)
    editor.run.set_speed(5)
    editor.runs_page.queue_project()
    studio.until(lambda: editor.runs.queue.rowCount() > 0 and editor.runs.kept.rowCount() > 0)
    editor.runs.kept.selectRow(0)
    studio.keep()


@screen
def gap(studio: Studio) -> None:
    editor = _trained(studio, 14)
    editor.show_panel("gap")
    studio.keep()


@screen
def graph(studio: Studio) -> None:
    editor = _trained(studio, 3)
    editor.run.stop()
    studio.until(lambda: not editor.run.live)
    editor.notices.clear("ended")
    editor.show_graph()
    studio.until(lambda: editor.view.graph.shown)
    studio.keep()


@screen
def networks(studio: Studio) -> None:
    editor = studio.open("template:gan").editor
    for drawing in ("main", "critic"):
        editor.open_drawing(drawing)
        editor.show_graph()
        studio.until(lambda: editor.view.graph.shown)
        studio.keep(drawing)
    studio.close()
    editor = studio.open("template:resnet@50").editor
    editor.open_drawing("Bottleneck")
    studio.keep("way")


@screen
def panels(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    for panel in ("plan", "data", "variables"):
        editor.show_panel(panel)
        studio.rest(1.5)
        studio.keep(panel)


@screen
def problems(studio: Studio) -> None:
    from nnstudio.document import steps

    editor = studio.open("template:lenet5").editor
    document = editor.document
    document.do(steps.set_param(document, "main", ("fc3",), "out_features", 12))
    editor.show_panel("problems")
    studio.keep()
    editor.canvas.open_fixes("logits")
    studio.keep_with_popups("fixes")


@screen
def structure(studio: Studio) -> None:
    editor = studio.open("template:gpt2@small").editor
    editor.select_node("blocks")
    editor.canvas.frame_all()
    studio.keep("outside")
    editor.open_drawing("CausalSelfAttention")
    studio.rest()
    editor.canvas.frame_all()
    studio.keep()


@screen
def resnet(studio: Studio) -> None:
    editor = studio.open("template:resnet@50").editor
    editor.canvas.frame_all()
    studio.keep()
    editor.open_drawing("Bottleneck")
    studio.rest()
    editor.canvas.frame_all()
    studio.keep("inside")


@screen
def scan(studio: Studio) -> None:
    editor = studio.open("template:lstm-from-scratch").editor
    editor.canvas.frame_all()
    studio.keep()


@screen
def many(studio: Studio) -> None:
    editor = studio.open("template:googlenet@paper").editor
    editor.canvas.frame_all()
    editor.canvas.select_all()
    studio.keep()


@screen
def search(studio: Studio) -> None:
    editor = studio.open("template:lenet5").editor
    editor.canvas.open_search(editor.canvas.viewport().rect().center())
    studio.keep_with_popups()


@screen
def actions(studio: Studio) -> None:
    window = studio.open("template:lenet5")
    window.show_command_palette()
    studio.keep_with_popups()


@screen
def menus(studio: Studio) -> None:
    window = studio.open("template:lenet5")
    menu = window.main_menu(window)
    for action in menu.actions():
        menu_of = action.menu()
        menu_of.popup(window.mapToGlobal(window.rect().topLeft()))
        studio.rest()
        studio.keep(action.text().lower(), menu_of)
        menu_of.close()
    menu.deleteLater()


@screen
def heat(studio: Studio) -> None:
    editor = studio.open("template:resnet@18").editor
    editor.heat.show("parameters")
    editor.canvas.frame_all()
    studio.keep()


@screen
def compare(studio: Studio) -> None:
    from graph_compiler.files import save_project
    from nnstudio.app.compare.view import open_compare
    from nnstudio.document import steps

    with TemporaryDirectory() as made:
        window = studio.open("template:lenet5")
        document = window.editor.document
        before = Path(made) / "before.nns"
        save_project(document.project, before)
        wires = document.project.networks["main"].wires
        document.do(steps.set_param(document, "main", ("fc1",), "out_features", 200))
        wire = next(one for one in wires if one.source == "relu3")
        document.do(steps.insert_on_wire(document, "main", wire, "Dropout"))
        document.do(steps.delete(document, "main", ("relu4",), ()))
        shown = open_compare(window)
        shown.choose(shown.add_file(before), "now")
        studio.until(lambda: shown.list.topLevelItemCount())
        studio.keep(of=shown)
        shown.findChild(object, "compare_pair").click()
        studio.keep("pair", shown)


@screen
def reference(studio: Studio) -> None:
    window = studio.open("template:lenet5")
    window.show_layer_reference()
    studio.rest(1.0)
    studio.keep_with_popups()


@screen
def about(studio: Studio) -> None:
    window = studio.open("template:lenet5")
    window.show_about()
    studio.keep(of=studio.dialog("about"))


def _trained(studio: Studio, epochs: int):
    """LeNet-5 on digits, trained for a while and still running."""
    from nnstudio.document import steps

    editor = studio.open("template:lenet5").editor
    editor.document.do(steps.set_name(editor.document, "LeNet-5 on digits"))
    editor.select_node("fc1")
    studio.until(lambda: editor.view.devices.known)
    editor.run.set_speed(60)
    editor.run.toggle()
    studio.until(lambda: editor.run.state is not None and editor.run.state.epoch >= 1)
    editor.run.set_speed(None)
    studio.until(lambda: editor.run.state.epoch >= epochs)
    return editor
