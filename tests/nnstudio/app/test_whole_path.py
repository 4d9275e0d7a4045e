"""The whole path with mouse and keyboard: draw LeNet-5, mend it, train, export, run alone."""

from __future__ import annotations

import csv
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

LAYERS = (
    "Input",
    "Convolution 2D",
    "ReLU",
    "Max pooling 2D",
    "Convolution 2D",
    "ReLU",
    "Max pooling 2D",
    "Flatten",
    "Linear",
    "ReLU",
    "Linear",
    "ReLU",
    "Linear",
    "Output",
)
COLUMNS = 5
ALONE = """
import importlib.abc, runpy, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("nnstudio", "graph_compiler"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
sys.path.insert(0, ".")
sys.argv = ["train.py", *sys.argv[1:]]
runpy.run_path("train.py", run_name="__main__")
"""


class Person:
    """A hand that also knows canvas and inspector."""

    def __init__(self, hand: Any) -> None:
        self.hand, self.window = hand, hand.window
        self.editor = hand.window.editor
        self.canvas = self.editor.canvas
        self.document = self.editor.document

    @property
    def network(self) -> Any:
        return self.document.network("main")

    def place(self, title: str, at: QPoint) -> str:
        """Drag a layer from the palette; the name of the new node."""
        before = set(self.network.nodes)
        self.hand.drag_layer(title, at)
        (new,) = set(self.network.nodes) - before
        return str(new)

    def wire(self, source: str, target: str) -> None:
        """Drag from the output of one node to the input of another."""
        view = self.canvas.viewport()
        start = self.canvas.port_position(source, "output")
        end = self.canvas.port_position(target, "input")
        QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        for point in (start + QPoint(6, 3), (start + end) / 2, end):
            QTest.mouseMove(view, point)
            QApplication.processEvents()
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)

    def set(self, node: str, param: str, text: str) -> None:
        """Click a node and type into its field in the inspector."""
        view = self.canvas.viewport()
        QTest.mouseClick(
            view,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            self.canvas.node_position(node),
        )
        assert self.canvas.selected() == (node,)
        self.editor.docks["inspector"].raise_()
        self.type_into(self.editor.inspector, f"field_{param}", text)
        self.canvas.setFocus()

    def type_into(self, panel: QWidget, name: str, text: str) -> None:
        """Replace what stands in a field."""
        field = panel.findChild(QLineEdit, name)
        assert field is not None, name
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)


def draw_lenet(person: Person) -> list[str]:
    """LeNet-5 for the 8×8 digits, layer by layer; with 12 classes where 10 are right."""
    names = []
    across, down = 200, 130
    for index, title in enumerate(LAYERS):
        row, column = divmod(index, COLUMNS)
        names.append(person.place(title, QPoint(90 + column * across, 80 + row * down)))
    person.hand.do("view.frame_all")
    for source, target in pairwise(names):
        person.wire(source, target)
    image, conv1, _, _, conv2, _, _, _, fc1, _, fc2, _, fc3, _ = names
    person.set(image, "shape", "1, 8, 8")
    for conv, filters in ((conv1, "6"), (conv2, "16")):
        person.set(conv, "out_channels", filters)
        person.set(conv, "kernel_size", "3")
        person.set(conv, "padding", "1")
    person.set(fc1, "out_features", "120")
    person.set(fc2, "out_features", "84")
    person.set(fc3, "out_features", "12")
    return names


@pytest.mark.slow
def test_draw_mend_train_watch_leave(opened: Any, tmp_path: Path) -> None:
    hand = opened(size=(1600, 1000))
    hand.do("file.new")
    hand.open_editor()
    person = Person(hand)
    names = draw_lenet(person)

    # Every layer is wired to the next, and the one mistake is named with its cures.
    wires = {(wire.source, wire.target) for wire in person.network.wires}
    assert wires == set(pairwise(names))
    problems = person.document.report("main").problems
    assert [problem.text for problem in problems] == [
        "logits.input: expected N×10 (one score for each of the 10 classes), got N×12. "
        "Set the units of fc3 to 10."
    ]
    hand.do("run.toggle")
    assert not person.editor.run.live, "errors hold a run back"

    # The offered fix, by a click in the list of problems.
    person.editor.docks["problems"].raise_()
    hand.until(lambda: hand.there("fix_0"))
    assert hand.find("fix_0", QPushButton).text().startswith("Set the units of fc3 to 10")
    hand.click("fix_0")
    assert person.document.facts("main", "fc3").outputs[0].last == 10
    assert person.document.report("main").ok
    assert person.document.report("main").parameters == 19_754

    # Ten epochs, at a pace that leaves time to pause.
    person.editor.docks["plan"].raise_()
    person.type_into(person.editor.plan, "field_epochs", "10")
    person.type_into(person.editor.plan, "field_learning_rate", "0.002")
    person.editor.docks["training"].raise_()
    run = person.editor.run
    hand.click("run_button")
    hand.until(lambda: run.state is not None and run.state.epoch >= 1)
    first = len(person.editor.run.reader.series("train_loss")[0])
    hand.until(lambda: len(run.reader.series("train_loss")[0]) > first)
    hand.click("run_button")
    hand.until(lambda: run.phase == "paused")
    still = run.state.step
    QTest.qWait(300)
    run.poll()
    assert run.state.step == still, "a paused run stands still"
    hand.click("run_button")
    hand.until(lambda: run.phase == "finished")
    steps, losses = run.reader.series("train_loss")
    assert list(steps) == list(range(len(steps)))
    assert losses[-20:].mean() < losses[:20].mean() / 3
    assert run.state.metrics["test_accuracy"] > 0.85

    # What is exported repeats the run where the product cannot be imported.
    folder = tmp_path / "exported"
    folder.mkdir()
    hand.do("file.export_script")
    hand.choose_file("export_script_dialog", folder)
    hand.until(lambda: (folder / "train.py").exists())
    threads = str(run.started_with["threads"])
    subprocess.run(
        [sys.executable, "-c", ALONE, "--device", "cpu", "--threads", threads],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=300,
    )
    with (folder / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == [float(loss) for loss in losses]
    assert (folder / "model.py").read_text() == (run.path / "model.py").read_text()
