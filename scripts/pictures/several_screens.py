"""A network with several outputs: its data, what each output learns, its curves and answers."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from screens import screen

if TYPE_CHECKING:
    from studio import Studio

    from graph_compiler.model import Project


@screen
def several(studio: Studio) -> None:
    """Scenes whose thing is named, boxed and outlined by one network."""
    from graph_compiler.files import save_project
    from nnstudio.panels.data_pictures import ImageGrid

    with TemporaryDirectory() as folder:
        path = Path(folder) / "seeing.nns"
        save_project(_seeing(), path)
        editor = studio.open(str(path)).editor
        studio.trigger("edit.tidy")
        editor.show_panel("data")
        studio.until(lambda: editor.data.findChild(ImageGrid).isVisible())
        studio.keep("data")
        editor.show_panel("plan")
        studio.rest(1.0)
        studio.keep("plan")
        _scroll_to_goals(editor)
        studio.keep("goals")
        editor.run.start()
        editor.show_panel("training")
        studio.until(lambda: editor.run.phase.value == "finished")
        studio.until(lambda: not editor.training.behind)
        studio.keep("training")
        editor.show_panel("use")
        panel = editor.use
        studio.until(lambda: panel.way.count() > 0)
        panel.example_button.click()
        studio.until(lambda: panel.result.outputs.views or panel.result.error.text())
        studio.keep("use")


def _scroll_to_goals(editor: object) -> None:
    from PySide6.QtWidgets import QScrollArea

    (area,) = editor.plan.findChildren(QScrollArea)
    area.ensureWidgetVisible(editor.plan.goals)


def _seeing() -> Project:
    """A small U-Net with a head for the class and one for the boxes."""
    from graph_compiler.model import DataSource, Goal, Network, Node, Plan, Project, Stage, Wire

    conv = {"kernel_size": 3, "padding": 1}
    layers = {
        "scene": ("Input", {"shape": (3, 16, 16)}, ()),
        "down1": ("Conv2d", {"out_channels": 8, **conv}, ("scene",)),
        "relu1": ("ReLU", {}, ("down1",)),
        "pool": ("MaxPool2d", {"kernel_size": 2}, ("relu1",)),
        "down2": ("Conv2d", {"out_channels": 16, **conv}, ("pool",)),
        "relu2": ("ReLU", {}, ("down2",)),
        "flat": ("Flatten", {}, ("relu2",)),
        "up": ("Upsample", {"scale_factor": 2}, ("relu2",)),
        "join": ("Concatenate", {"dim": 1}, ("relu1", "up")),
        "outline": ("Conv2d", {"out_channels": 4, "kernel_size": 1}, ("join",)),
        "mask": ("Output", {}, ("outline",)),
        "name": ("Linear", {"out_features": 3}, ("flat",)),
        "thing": ("Output", {}, ("name",)),
        "place": ("Linear", {"out_features": 4}, ("flat",)),
        "boxes": ("Output", {}, ("place",)),
    }
    wires = {}
    for name, (_, _, befores) in layers.items():
        for number, before in enumerate(befores, 1):
            port = "input" if len(befores) == 1 else f"input{number}"
            wires[Wire(before, "output", name, port)] = None
    nodes = {name: Node(name, kind, params) for name, (kind, params, _) in layers.items()}
    options = {"give": "class, boxes and mask", "samples": 300, "size": 16, "noise": 0.02}
    goals = {"boxes": Goal(loss="smooth_l1", weight=2.0), "mask": Goal(class_weights="balanced")}
    settings = {"epochs": 12, "learning_rate": 0.01}
    stage = Stage("train", "several_outputs", settings=settings, outputs=goals)
    network = Network("main", nodes=nodes, wires=wires)
    data = DataSource("scenes", options)
    return Project("Seeing", networks={"main": network}, data=data, plan=Plan((stage,)))
