"""Random gestures, undo and redo on the real view: the scene is always what the document says."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
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

from graph_compiler.files import project_text
from graph_compiler.model import Network, Project
from graph_compiler.registry import layers
from nnstudio.document.document import Document
from nnstudio.document.templates import load_target

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
Key = Qt.Key

places = st.builds(QPoint, st.integers(5, 1090), st.integers(5, 590))
indices = st.integers(0, 10_000)
types = st.sampled_from(sorted(layers()))


def machine_for(make_hand: Any, faults: list[str]) -> type[RuleBasedStateMachine]:
    class Gestures(RuleBasedStateMachine):
        hand: Any = None

        @initialize(template=st.sampled_from(["lenet5", "perceptron", ""]))
        def open(self, template: str) -> None:
            project = (
                load_target(f"template:{template}")
                if template
                else Project(networks={"main": Network("main")})
            )
            self.hand = make_hand(Document(project), width=1100, height=600)
            self.start = self.hand.text()

        def node(self, index: int) -> str:
            names = list(self.hand.network.nodes)
            return names[index % len(names)]

        def has_nodes(self) -> bool:
            return self.hand is not None and bool(self.hand.network.nodes)

        def close_popup(self, *, take: bool) -> None:
            if self.hand.popup is not None:
                self.hand.answer(Key.Key_Return if take else Key.Key_Escape)
            if self.hand.popup is not None:
                self.hand.answer(Key.Key_Escape)

        @precondition(has_nodes)
        @rule(index=indices, keys=st.sampled_from([NONE, CTRL, SHIFT]))
        def click(self, index: int, keys: Any) -> None:
            self.hand.click(self.hand.at(self.node(index)), keys=keys)
            self.close_popup(take=False)

        @precondition(has_nodes)
        @rule(index=indices, place=places, giving_up=st.booleans())
        def drag(self, index: int, place: QPoint, giving_up: bool) -> None:
            start = self.hand.at(self.node(index))
            if giving_up:
                self.hand.press(start)
                self.hand.move(start + QPoint(9, 9))
                self.hand.move(place)
                self.hand.key(Key.Key_Escape)
                self.hand.release(place)
            else:
                self.hand.drag(start, place)
            self.close_popup(take=False)

        @rule(one=places, two=places, keys=st.sampled_from([NONE, CTRL, SHIFT, ALT]))
        def anywhere(self, one: QPoint, two: QPoint, keys: Any) -> None:
            self.hand.drag(one, two, keys=keys)
            self.close_popup(take=True)

        @precondition(has_nodes)
        @rule(one=indices, two=indices, forced=st.booleans(), detaching=st.booleans())
        def wire(self, one: int, two: int, forced: bool, detaching: bool) -> None:
            source, target = self.node(one), self.node(two)
            face, goal = (self.hand.canvas.drawing.face(name) for name in (source, target))
            ports = face.inputs if detaching else face.outputs
            if not ports:
                return
            start = self.hand.port(source, ports[0].name, ports[0].side)
            end = (
                self.hand.port(target, goal.inputs[-1].name, "in")
                if goal.inputs
                else self.hand.at(target)
            )
            self.hand.drag(start, end, keys=SHIFT if forced else NONE)
            self.close_popup(take=True)

        @precondition(has_nodes)
        @rule(index=indices, place=places, take=st.booleans())
        def wire_into_the_void(self, index: int, place: QPoint, take: bool) -> None:
            name = self.node(index)
            outputs = self.hand.canvas.drawing.face(name).outputs
            if outputs:
                self.hand.drag(self.hand.port(name, outputs[0].name, "out"), place)
                self.close_popup(take=take)

        @rule(index=indices, by=places, style=st.sampled_from(["straight", "orthogonal", ""]))
        def bend(self, index: int, by: QPoint, style: str) -> None:
            wires = list(self.hand.network.wires)
            if wires:
                wire = wires[index % len(wires)]
                start = self.hand.canvas.wire_position(wire)
                self.hand.drag(start, start + by / 8)
                self.close_popup(take=False)
                if wire in self.hand.network.wires:
                    self.hand.canvas.wires.set_style((wire,), style)

        @rule(place=places)
        def twice(self, place: QPoint) -> None:
            self.hand.double_click(place)
            self.close_popup(take=True)

        @rule(tint=st.sampled_from(["red", "cyan", ""]))
        def colour(self, tint: str) -> None:
            self.hand.canvas.marking.colour(tint)

        @rule(type=types, place=places)
        def place(self, type: str, place: QPoint) -> None:
            where = self.hand.canvas.viewport().mapToGlobal(place)
            self.hand.canvas.start_placing(type)
            self.hand.canvas.move_placing(where)
            self.hand.canvas.finish_placing(where)

        @rule(type=types)
        def append(self, type: str) -> None:
            self.hand.canvas.append(type)

        @rule(
            key=st.sampled_from(
                [
                    (Key.Key_Delete, NONE),
                    (Key.Key_Delete, CTRL),
                    (Key.Key_D, CTRL),
                    (Key.Key_C, CTRL),
                    (Key.Key_X, CTRL),
                    (Key.Key_V, CTRL),
                    (Key.Key_Escape, NONE),
                    (Key.Key_Right, NONE),
                    (Key.Key_Down, SHIFT),
                    (Key.Key_Right, ALT),
                    (Key.Key_Up, ALT | SHIFT),
                    (Key.Key_Home, NONE),
                    (Key.Key_F, NONE),
                    (Key.Key_F, CTRL | SHIFT),
                    (Key.Key_W, NONE),
                    (Key.Key_W, SHIFT),
                    (Key.Key_I, NONE),
                    (Key.Key_E, NONE),
                    (Key.Key_R, NONE),
                    (Key.Key_L, NONE),
                    (Key.Key_M, NONE),
                    (Key.Key_N, NONE),
                    (Key.Key_N, CTRL | SHIFT),
                    (Key.Key_S, NONE),
                    (Key.Key_I, CTRL | SHIFT),
                    (Key.Key_BracketLeft, NONE),
                    (Key.Key_BracketRight, NONE),
                    (Key.Key_Up, CTRL | SHIFT),
                    (Key.Key_Right, CTRL | ALT),
                    (Key.Key_Period, CTRL),
                    (Key.Key_Minus, CTRL),
                    (Key.Key_Plus, CTRL),
                ]
            ),
            take=st.booleans(),
        )
        def press_key(self, key: tuple[Any, Any], take: bool) -> None:
            self.hand.key(*key)
            self.close_popup(take=take)

        @rule(times=st.integers(1, 4))
        def undo(self, times: int) -> None:
            for _ in range(times):
                self.hand.key(Key.Key_Z, CTRL)

        @rule(times=st.integers(1, 4))
        def redo(self, times: int) -> None:
            for _ in range(times):
                self.hand.key(Key.Key_Z, CTRL | SHIFT)

        @rule(place=places, turn=st.sampled_from([-960, -240, 240, 960]))
        def zoom(self, place: QPoint, turn: int) -> None:
            self.hand.wheel(place, turn)

        @invariant()
        def mirrors(self) -> None:
            if self.hand is not None:
                self.hand.check()
                drawing = self.hand.canvas.drawing
                assert set(drawing.selection.nodes) <= set(drawing.nodes)
                assert set(drawing.selection.wires) <= set(drawing.wires)
                assert not drawing.selection.note or drawing.selection.note in drawing.notes
                chosen = drawing.selection.wire
                count = len(drawing.routing.points(chosen)) if chosen is not None else 0
                assert drawing.selection.point < max(count, 0) or drawing.selection.point == -1
            seen, faults[:] = list(faults), []
            assert not seen, seen

        def teardown(self) -> None:
            if self.hand is None:
                return
            document = self.hand.document
            while document.can_redo:
                document.redo()
            end = self.hand.text()
            while document.can_undo:
                document.undo()
            assert project_text(document.project) == self.start, "undo all is the start"
            self.hand.check()
            while document.can_redo:
                document.redo()
            assert project_text(document.project) == end, "redo all is the end"
            self.hand.check()
            self.hand.close()
            assert document.listener_count == 0

    return Gestures


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


def test_random_gestures(make_bare_hand: Any, qapp: Any, faults: list[str]) -> None:
    run_state_machine_as_test(
        machine_for(make_bare_hand, faults),
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_many_random_gestures(make_bare_hand: Any, qapp: Any, faults: list[str]) -> None:
    run_state_machine_as_test(
        machine_for(make_bare_hand, faults),
        settings=settings(
            max_examples=60,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
