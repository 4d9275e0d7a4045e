"""What each output learns, in the plan's card: rows where the recipe asks for them, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from graph_compiler.model import DataSource, Goal, Network, Node, Plan, Project, Stage, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.panels.plan import PlanPanel


def two_heads() -> Document:
    """Iris with a second output."""
    nodes = {"x": Node("x", "Input", {"shape": (4,)})}
    wires = []
    for name in ("main", "early"):
        nodes[f"{name}_head"] = Node(f"{name}_head", "Linear", {"out_features": 3})
        nodes[name] = Node(name, "Output")
        wires.append(Wire("x", "output", f"{name}_head", "input"))
        wires.append(Wire(f"{name}_head", "output", name, "input"))
    network = Network("main", nodes=nodes, wires=dict.fromkeys(wires))
    plan = Plan((Stage("train", "supervised"),))
    return Document(Project("Two", networks={"main": network}, data=DataSource("iris"), plan=plan))


def test_rows_for_each_output_come_with_the_recipe(qtbot: QtBot, shown: Callable[..., Any]) -> None:
    document = two_heads()
    panel: PlanPanel = shown(PlanPanel(document), 420, 900)
    assert not panel.goals.isVisibleTo(panel)
    document.do(steps.set_stage(document, "recipe", "several_outputs"))
    assert panel.goals.isVisibleTo(panel)
    titles = [param.title for param in panel.goals.rows.params]
    assert titles == [
        *("early: learns", "early: loss", "early: label smoothing"),
        *("early: weight", "early: class weights"),
        *("main: learns", "main: loss", "main: label smoothing"),
        *("main: weight", "main: class weights"),
    ]
    field = panel.goals.rows.row("early.weight").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.3")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert document.project.plan.stages[0].outputs == {"early": Goal(weight=0.3)}
    document.do(steps.rename(document, "main", "early", "aux"))
    assert panel.goals.rows.params[0].name == "aux.targets"
    document.do(steps.set_stage(document, "recipe", "supervised"))
    assert not panel.goals.isVisibleTo(panel)


def test_a_target_that_is_none_is_told_at_its_row(qtbot: QtBot, shown: Callable[..., Any]) -> None:
    document = two_heads()
    document.do(steps.set_stage(document, "recipe", "several_outputs"))
    panel: PlanPanel = shown(PlanPanel(document), 420, 900)
    panel.goals.value_edited.emit("early.targets", "petals", "")
    assert document.project.plan.stages[0].outputs == {"early": Goal(("petals",))}
    fault = panel.goals.rows.row("early.targets").error.text()
    assert "Expected one of the targets (target)" in fault


def test_a_loss_brings_its_own_rows_and_takes_them_away(
    qtbot: QtBot, shown: Callable[..., Any]
) -> None:
    document = two_heads()
    document.do(steps.set_stage(document, "recipe", "several_outputs"))
    document.do(steps.set_stage(document, "early.loss", "huber"))
    panel: PlanPanel = shown(PlanPanel(document), 420, 900)
    field = panel.goals.rows.row("early.delta").field
    assert field.text() == "1"
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "0.5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    goals = document.project.plan.stages[0].outputs
    assert goals == {"early": Goal(loss="huber", settings={"delta": 0.5})}
    names = [param.name for param in panel.goals.rows.params]
    assert "early.label_smoothing" not in names
    assert "early.class_weights" not in names, "it counts all classes alike"
    document.do(steps.set_stage(document, "early.loss", None))
    assert "early.delta" not in [param.name for param in panel.goals.rows.params]
    document.undo()
    assert panel.goals.rows.row("early.delta").field.text() == "0.5"


def test_the_rows_of_each_output_begin_a_line(shown: Callable[..., Any]) -> None:
    document = two_heads()
    document.do(steps.set_stage(document, "recipe", "several_outputs"))
    panel: PlanPanel = shown(PlanPanel(document), 1200, 900)
    rows = panel.goals.rows
    places = {name: rows.row(name).pos() for name in (one.name for one in rows.params)}
    first, second = places["early.targets"], places["main.targets"]
    assert first.x() == second.x() < places["early.loss"].x()
    assert max(place.y() for name, place in places.items() if name.startswith("early")) < second.y()
