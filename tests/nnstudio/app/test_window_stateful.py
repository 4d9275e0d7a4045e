"""Random work on the whole window: gestures, undo, redo, blocks in and out, saved and opened again.

After every step all canvases show what the document holds and the project could be kept; at the
end, undoing all gives the start and redoing all the end, and nothing is left running.
"""

from __future__ import annotations

import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from graph_compiler.files import load_project, parse_project, project_text, save_project
from graph_compiler.registry import layers
from nnstudio.canvas.scene import NetworkScene
from nnstudio.document.templates import load_target

Key = Qt.Key
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton

KEYS = (
    (Key.Key_Delete, NONE), (Key.Key_Delete, CTRL), (Key.Key_D, CTRL), (Key.Key_C, CTRL),
    (Key.Key_X, CTRL), (Key.Key_V, CTRL), (Key.Key_A, CTRL), (Key.Key_L, CTRL),
    (Key.Key_G, CTRL), (Key.Key_G, CTRL), (Key.Key_G, CTRL | SHIFT), (Key.Key_F, CTRL | SHIFT),
    (Key.Key_M, NONE), (Key.Key_Escape, NONE), (Key.Key_Right, NONE), (Key.Key_Left, SHIFT),
    (Key.Key_Down, ALT), (Key.Key_Home, NONE), (Key.Key_Down, CTRL), (Key.Key_Up, CTRL),
)  # fmt: skip
PANELS = ("problems", "plan", "data", "variables", "training")

OPENED = 3
"""So often a file is opened again in one work: a new editor takes as long as fifty gestures."""

indices = st.integers(0, 10_000)
places = st.builds(QPoint, st.integers(10, 600), st.integers(10, 300))
types = st.sampled_from(sorted(layers()))


def machine_for(
    open_window: Callable[[str], Any], folder: Path, faults: list[str]
) -> type[RuleBasedStateMachine]:
    class Work(RuleBasedStateMachine):
        hand: Any = None
        opened = 0

        @initialize(start=st.sampled_from(["lenet5", "resnet@18", "lstm-from-scratch"]))
        def open(self, start: str) -> None:
            self.path = folder / "work.nns"
            save_project(load_target(f"template:{start}"), self.path)
            self.hand = open_window(str(self.path))
            self.start = self.text()

        @property
        def editor(self) -> Any:
            return self.hand.window.editor

        @property
        def canvas(self) -> Any:
            return self.editor.canvas

        def text(self) -> str:
            return project_text(self.editor.document.project)

        def node(self, index: int) -> str:
            names = list(self.canvas.drawing.nodes)
            return str(names[index % len(names)])

        def has_nodes(self) -> bool:
            return self.hand is not None and bool(self.canvas.drawing.nodes)

        def key(self, key: Any, keys: Any = NONE) -> None:
            QTest.keyClick(self.canvas, key, keys)
            QApplication.processEvents()
            self.canvas.arrange.stop()  # what glides is at its end at once
            self.settle_popups()

        def settle_popups(self) -> None:
            """Whatever opened is closed again, as by a person who thinks better of it."""
            for _ in range(3):
                popup = self.canvas.popups.open
                if popup is None:
                    break
                QTest.keyClick(getattr(popup, "field", popup), Key.Key_Escape)
                QApplication.processEvents()

        @precondition(has_nodes)
        @rule(index=indices, keys=st.sampled_from([NONE, CTRL]))
        def click(self, index: int, keys: Any) -> None:
            at = self.canvas.node_position(self.node(index))
            if self.canvas.viewport().rect().contains(at):
                QTest.mouseClick(self.canvas.viewport(), LEFT, keys, at)
                QApplication.processEvents()

        @precondition(has_nodes)
        @rule(index=indices, to=places)
        def drag(self, index: int, to: QPoint) -> None:
            port = self.canvas.viewport()
            at = self.canvas.node_position(self.node(index))
            if not port.rect().contains(at):
                return
            QTest.mousePress(port, LEFT, NONE, at)
            for there in (at + QPoint(8, 8), (at + to) / 2, to):
                QTest.mouseMove(port, there)
                QApplication.processEvents()
            QTest.mouseRelease(port, LEFT, NONE, to)
            QApplication.processEvents()
            self.settle_popups()

        @precondition(has_nodes)
        @rule(index=indices, more=st.lists(indices, max_size=3))
        def select(self, index: int, more: list[int]) -> None:
            self.canvas.select([self.node(one) for one in (index, *more)])

        @rule(key=st.sampled_from(KEYS))
        def press(self, key: tuple[Any, Any]) -> None:
            self.key(*key)

        @rule(type=types)
        def append(self, type: str) -> None:
            self.editor.palette_panel.layer_activated.emit(type)

        @rule(times=st.integers(1, 5))
        def undo(self, times: int) -> None:
            for _ in range(times):
                self.key(Key.Key_Z, CTRL)

        @rule(times=st.integers(1, 5))
        def redo(self, times: int) -> None:
            for _ in range(times):
                self.key(Key.Key_Z, CTRL | SHIFT)

        @rule(index=indices)
        def go_to_a_drawing(self, index: int) -> None:
            names = [n for n, one in self.editor.document.project.networks.items() if not one.code]
            self.editor.open_drawing(names[index % len(names)])

        @rule(panel=st.sampled_from(PANELS))
        def look_at(self, panel: str) -> None:
            self.editor.show_panel(panel)
            QApplication.processEvents()

        @rule()
        def save(self) -> None:
            self.hand.do("file.save")
            self.hand.until(lambda: not self.hand.window.files.saving.busy)
            assert project_text(load_project(self.path)) == self.text()
            assert not self.editor.document.dirty

        @precondition(lambda self: self.opened < OPENED)
        @rule()
        def open_again(self) -> None:
            self.opened += 1
            self.save()
            before, old = self.text(), self.editor
            other = folder / ("play.nns" if self.path.name == "work.nns" else "work.nns")
            shutil.copyfile(self.path, other)
            self.hand.window.files.opening.open_path(other)
            self.hand.until(lambda: self.editor is not None and self.editor is not old)
            self.path = other
            assert self.text() == before
            self.start = before

        @invariant()
        def follows(self) -> None:
            if self.hand is not None:
                QApplication.processEvents()
                editor = self.editor
                assert editor.drawings.shown in editor.document.project.networks
                shown = self.canvas.drawing
                fresh = NetworkScene(editor.document, shown.network)
                try:
                    assert shown.snapshot() == fresh.snapshot()
                finally:
                    fresh.dispose()
                assert set(shown.selection.nodes) <= set(shown.nodes)
                text = self.text()
                assert project_text(parse_project(text, "kept")) == text
            seen, faults[:] = list(faults), []
            assert not seen, seen

        def teardown(self) -> None:
            if self.hand is None:
                return
            document = self.editor.document
            while document.can_redo:
                document.redo()
            end = self.text()
            while document.can_undo:
                document.undo()
            assert self.text() == self.start, "undo all is the start"
            while document.can_redo:
                document.redo()
            assert self.text() == end, "redo all is the end"
            self.follows()
            self.hand.window.files.forget_changes()
            self.hand.window.close_at_once()
            QApplication.processEvents()
            assert document.listener_count == 0

    return Work


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Exceptions that a slot or a listener raised behind the machine's back."""
    found: list[str] = []
    monkeypatch.setattr(
        sys,
        "excepthook",
        lambda kind, error, trace: found.append(
            "".join(traceback.format_exception(kind, error, trace))
        ),
    )
    return found


def ran(
    opened: Any, folder: Path, faults: list[str], examples: int, steps: int, number: int = 0
) -> None:
    run_state_machine_as_test(
        seed(number)(machine_for(opened, folder, faults)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_work(opened: Any, tmp_path: Path, faults: list[str]) -> None:
    ran(opened, tmp_path, faults, 2, 25)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 11))
def test_much_random_work(opened: Any, tmp_path: Path, faults: list[str], number: int) -> None:
    ran(opened, tmp_path, faults, 2, 100, number)
