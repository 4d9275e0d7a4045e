"""The document: steps in, events out, undo, redo, gestures, the saved state, broken listeners."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from graph_compiler.files import load_project, project_text
from graph_compiler.model import Network, Node, Project, Variable, Wire
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.edits import Refused, Step
from nnstudio.document.events import (
    Event,
    HistoryChanged,
    NodeAdded,
    NodeChanged,
    NodeRemoved,
    NodesMoved,
    ReportChanged,
    Saved,
    VariablesChanged,
    WireAdded,
    WireRemoved,
)
from nnstudio.document.network_edits import PutNode, PutWire
from nnstudio.document.on_disk import ChangedOnDisk, Fingerprint
from nnstudio.document.templates import load_target


def test_a_step_tells_its_edits_then_the_report_then_the_history(mlp: Document) -> None:
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    mlp.do(steps.set_param(mlp, "main", "fc1", "out_features", 5))
    assert heard[0] == NodeChanged("main", "fc1")
    assert isinstance(heard[1], ReportChanged)
    assert {"fc1", "relu1", "fc2"} <= heard[1].nodes
    assert heard[2:] == [HistoryChanged()]
    assert mlp.facts("main", "fc2").weights["weight"] == (10, 5)


def test_events_of_a_deletion_name_wires_before_nodes(chain: Callable[..., Document]) -> None:
    document = chain("ReLU", "Tanh")
    heard: list[Event] = []
    document.subscribe(heard.append)
    document.do(steps.delete(document, "main", ["n1"]))
    first, second = Wire("n0", "output", "n1", "input"), Wire("n1", "output", "n2", "input")
    assert heard[:3] == [
        WireRemoved("main", first),
        WireRemoved("main", second),
        NodeRemoved("main", "n1"),
    ]
    heard.clear()
    document.undo()
    assert heard[:3] == [
        NodeAdded("main", "n1"),
        WireAdded("main", second),
        WireAdded("main", first),
    ]


def test_a_deletion_that_concerns_no_other_node_is_told_of_the_network() -> None:
    document = Document(load_target("template:gpt2"))
    document.do(steps.duplicate(document, "main", tuple(document.network().nodes)))
    heard: list[Event] = []
    document.subscribe(heard.append)
    document.undo()
    assert heard[-2:] == [ReportChanged("main", frozenset({""})), HistoryChanged()]


def test_moving_is_told_as_moving_and_checks_nothing(mlp: Document) -> None:
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    mlp.do(steps.move(mlp, "main", {"fc1": (10, 20), "fc2": (30, 40)}))
    assert heard == [NodesMoved("main", ("fc1", "fc2")), HistoryChanged()]


def test_undo_and_redo_name_their_step(mlp: Document) -> None:
    assert (mlp.undo_text, mlp.redo_text, mlp.can_undo, mlp.can_redo) == ("", "", False, False)
    mlp.do(steps.delete(mlp, "main", ["relu1"]))
    assert (mlp.undo_text, mlp.can_undo, mlp.can_redo) == ("Delete relu1", True, False)
    mlp.undo()
    assert (mlp.redo_text, mlp.can_undo, mlp.can_redo) == ("Delete relu1", False, True)
    mlp.do(steps.delete(mlp, "main", ["fc2"]))
    assert not mlp.can_redo
    mlp.redo()
    assert "relu1" in mlp.network().nodes


def test_undo_with_nothing_to_undo_says_nothing(mlp: Document) -> None:
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    mlp.undo()
    mlp.redo()
    assert heard == []


def test_one_gesture_is_one_step(mlp: Document) -> None:
    start = project_text(mlp.project)
    for x in range(1, 30):
        mlp.do(steps.move(mlp, "main", {"fc1": (200 + x, x), "fc2": (600 + x, x)}), "drag-1")
    assert mlp.network().nodes["fc1"].at == (229.0, 29.0)
    mlp.undo()
    assert project_text(mlp.project) == start
    assert not mlp.can_undo
    mlp.redo()
    assert mlp.network().nodes["fc2"].at == (629.0, 29.0)


def test_two_gestures_are_two_steps(mlp: Document) -> None:
    mlp.do(steps.move(mlp, "main", {"fc1": (1, 1)}), "drag-1")
    mlp.do(steps.move(mlp, "main", {"fc1": (2, 2)}), "drag-2")
    mlp.undo()
    assert mlp.network().nodes["fc1"].at == (1.0, 1.0)


def test_a_gesture_interrupted_by_undo_does_not_go_on(mlp: Document) -> None:
    mlp.do(steps.move(mlp, "main", {"fc1": (1, 1)}), "drag")
    mlp.do(steps.move(mlp, "main", {"fc1": (2, 2)}), "other")
    mlp.undo()
    mlp.do(steps.move(mlp, "main", {"fc1": (3, 3)}), "drag")
    mlp.undo()
    assert mlp.network().nodes["fc1"].at == (1.0, 1.0)


@pytest.mark.parametrize("way", ["move", "param", "wire", "variable"])
def test_a_gesture_that_ends_where_it_began_leaves_no_trace(mlp: Document, way: str) -> None:
    wire = Wire("fc1", "output", "relu1", "input")
    match way:
        case "move":
            there = [steps.move(mlp, "main", {"fc1": (1, 1)})]
            back = lambda: steps.move(mlp, "main", {"fc1": (200, 0)})  # noqa: E731
        case "param":
            there = [steps.set_param(mlp, "main", ["fc1", "fc2"], "bias", False)]
            back = lambda: steps.set_param(mlp, "main", ["fc1", "fc2"], "bias", True)  # noqa: E731
        case "wire":
            there = [steps.disconnect(mlp, "main", wire)]
            back = lambda: steps.connect(mlp, "main", wire)  # noqa: E731
        case _:
            there = [steps.set_variable(mlp, Variable("hidden", 3))]
            back = lambda: steps.set_variable(mlp, Variable("hidden", 16))  # noqa: E731
    start = project_text(mlp.project)
    mlp.do(there[0], "g")
    assert mlp.dirty
    mlp.do(back(), "g")
    assert project_text(mlp.project) == start
    assert not mlp.can_undo
    assert not mlp.dirty


def test_a_step_that_changes_nothing_leaves_redo_alone(mlp: Document) -> None:
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", False))
    mlp.undo()
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", True))
    assert heard == []
    assert mlp.can_redo


def test_one_and_true_are_two_values(chain: Callable[..., Document]) -> None:
    document = chain("Dropout")
    start = project_text(document.project)
    node = document.network().nodes["n1"]
    one, true = (Node("n1", "Dropout", {"p": value}, node.at) for value in (1, True))
    document.do(Step("one", (PutNode("main", "n1", node, one),)), "g")
    document.do(Step("true", (PutNode("main", "n1", one, true),)), "h")
    document.undo()
    assert repr(document.network().nodes["n1"].params) == "{'p': 1}"
    document.undo()
    assert project_text(document.project) == start


def test_a_stale_step_is_refused_and_changes_nothing(mlp: Document) -> None:
    step = steps.set_param(mlp, "main", "fc2", "out_features", 3)
    mlp.do(steps.set_param(mlp, "main", "fc2", "out_features", 4))
    before = project_text(mlp.project)
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    with pytest.raises(Refused, match=r"^fc2 has changed in the meantime\. Try again\.$"):
        mlp.do(step)
    assert project_text(mlp.project) == before
    assert heard == []


def test_a_step_refused_halfway_is_taken_back(mlp: Document) -> None:
    node = mlp.network().nodes["fc1"]
    loose = Wire("fc1", "output", "nobody", "input")
    broken = Step(
        "broken",
        (
            PutNode("main", "extra", None, Node("extra", "ReLU")),
            PutNode("main", "fc1", node, Node("fc1", "Linear", {"out_features": 3}, node.at)),
            PutWire("main", loose, True),
        ),
    )
    before, report = project_text(mlp.project), mlp.report()
    with pytest.raises(Refused) as refused:
        mlp.do(broken)
    assert (
        refused.value.reason
        == "fc1.output -> nobody.input: there is no node “nobody”. Add it first."
    )
    assert project_text(mlp.project) == before
    assert mlp.report() == report
    assert not mlp.can_undo


def test_dirty_follows_the_saved_state_exactly(mlp: Document, tmp_path: Path) -> None:
    assert not mlp.dirty
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", False))
    assert mlp.dirty
    mlp.save(tmp_path / "a.nns")
    assert not mlp.dirty
    mlp.undo()
    assert mlp.dirty
    mlp.redo()
    assert not mlp.dirty
    mlp.undo()
    mlp.do(steps.set_param(mlp, "main", "fc1", "out_features", 3))
    assert mlp.dirty
    mlp.undo()
    assert mlp.dirty


def test_saving_in_the_middle_of_a_gesture_keeps_the_saved_state_apart(mlp: Document) -> None:
    mlp.do(steps.move(mlp, "main", {"fc1": (1, 1)}), "drag")
    mlp.mark_saved()
    mlp.do(steps.move(mlp, "main", {"fc1": (2, 2)}), "drag")
    assert mlp.dirty
    mlp.undo()
    assert not mlp.dirty
    assert mlp.network().nodes["fc1"].at == (1.0, 1.0)


def test_a_recovered_document_is_dirty_until_saved(mlp: Document, tmp_path: Path) -> None:
    mlp.mark_unsaved()
    assert mlp.dirty
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", False))
    mlp.undo()
    assert mlp.dirty
    mlp.save(tmp_path / "a.nns")
    assert not mlp.dirty


def test_save_and_open(mlp: Document, tmp_path: Path) -> None:
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    path = tmp_path / "mine.nns"
    mlp.save(path)
    assert heard == [Saved(), HistoryChanged()]
    assert mlp.path == path
    opened = Document.open(path)
    assert project_text(opened.project) == project_text(mlp.project)
    assert (opened.path, opened.dirty) == (path, False)


def test_a_file_changed_by_another_program_is_not_overwritten(
    mlp: Document, tmp_path: Path
) -> None:
    path = tmp_path / "mine.nns"
    mlp.save(path)
    other = Document.open(path)
    other.do(steps.set_name(other, "Theirs"))
    other.save()
    mlp.do(steps.set_name(mlp, "Ours"))
    assert mlp.changed_on_disk
    with pytest.raises(ChangedOnDisk) as changed:
        mlp.save()
    assert str(changed.value) == (
        "mine.nns was changed by another program since it was opened. "
        "Open it again, save under another name, or overwrite it."
    )
    assert mlp.dirty
    assert load_project(path).name == "Theirs"
    mlp.save(overwrite=True)
    assert load_project(path).name == "Ours"
    assert not mlp.changed_on_disk


def test_touching_a_file_is_no_change_and_deleting_it_neither(
    mlp: Document, tmp_path: Path
) -> None:
    path = tmp_path / "mine.nns"
    mlp.save(path)
    path.write_bytes(path.read_bytes())
    assert not mlp.changed_on_disk
    path.unlink()
    assert not mlp.changed_on_disk
    mlp.save()
    assert path.exists()


def test_saving_without_a_path_is_an_error_of_the_caller(mlp: Document) -> None:
    with pytest.raises(ValueError, match="needs a path"):
        mlp.save()


def test_a_listener_that_fails_stops_nobody(mlp: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: reported.append(str(error)))
    heard: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError("broken listener")

    mlp.subscribe(broken)
    mlp.subscribe(heard.append)
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", False))
    assert len(heard) == 3
    assert set(reported) == {"broken listener"}
    mlp.undo()
    assert not mlp.can_undo
    assert not mlp.dirty


def test_a_listener_that_edits_is_heard_after_the_step(mlp: Document) -> None:
    heard: list[Event] = []

    def eager(event: Event) -> None:
        if event == NodeChanged("main", "fc1"):
            mlp.do(steps.set_param(mlp, "main", "fc2", "bias", False))

    mlp.subscribe(eager)
    mlp.subscribe(heard.append)
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", False))
    kinds = [type(event).__name__ for event in heard]
    assert kinds == ["NodeChanged", "ReportChanged", "HistoryChanged"] * 2
    assert heard[3] == NodeChanged("main", "fc2")


def test_unsubscribing_while_being_told(mlp: Document) -> None:
    heard: list[Event] = []

    def once(event: Event) -> None:
        heard.append(event)
        stop()

    stop = mlp.subscribe(once)
    mlp.do(steps.set_param(mlp, "main", "fc1", "bias", False))
    assert heard == [NodeChanged("main", "fc1")]
    stop()
    assert mlp.listener_count == 0


def test_the_source_follows_the_edits_and_is_none_with_errors(mlp: Document) -> None:
    source = mlp.source()
    assert source is not None
    assert "class Mlp(nn.Module):" in source.text
    assert mlp.source() is source
    mlp.do(steps.move(mlp, "main", {"fc1": (1, 1)}))
    assert mlp.source() is source
    mlp.do(steps.set_title(mlp, "main", "Other Net"))
    changed = mlp.source()
    assert changed is not None
    assert changed.class_name == "OtherNet"
    mlp.do(steps.delete(mlp, "main", ["inputs"]))
    assert mlp.source() is None
    mlp.undo()
    again = mlp.source()
    assert again is not None
    assert again.text == changed.text


def test_the_purpose_follows_data_and_plan(mlp: Document) -> None:
    assert mlp.purpose.data is not None
    assert mlp.purpose.data.name == "blobs"
    mlp.do(steps.set_stage(mlp, "loss", "mse"))
    assert mlp.purpose.loss == "mse"
    mlp.undo()
    assert mlp.purpose.loss == "cross_entropy"


def test_variables_change_what_depends_on_them(mlp: Document) -> None:
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    mlp.do(steps.set_variable(mlp, Variable("hidden", 3)))
    assert heard[0] == VariablesChanged()
    assert mlp.facts("main", "fc1").outputs[0].shape[1] == 6


def test_a_project_without_a_network_main_opens() -> None:
    document = Document(Project("Empty"))
    assert document.purpose.recipe == "supervised"
    with pytest.raises(Refused, match="The project has no network “main”"):
        document.network()
    document.do(steps.set_name(document, "Named"))
    assert document.project.name == "Named"


def test_edits_of_two_networks_do_not_mix() -> None:
    networks = {name: Network(name, name) for name in ("main", "other")}
    document = Document(Project("Two", networks=networks))
    document.do(steps.add_layer(document, "other", "ReLU", (0, 0)))
    assert list(document.network("other").nodes) == ["relu1"]
    assert not document.network("main").nodes
    document.undo()
    assert not document.network("other").nodes


def test_edits_while_a_thread_saves_leave_the_saved_state_in_reach(
    mlp: Document, tmp_path: Path
) -> None:
    path = tmp_path / "mine.nns"
    mlp.do(steps.set_name(mlp, "One"), "typing")
    state, text = mlp.state, project_text(mlp.project)
    mlp.do(steps.set_name(mlp, "Two"), "typing")
    path.write_text(text, encoding="utf-8")
    heard: list[Event] = []
    mlp.subscribe(heard.append)
    mlp.note_saved(path, Fingerprint.of(path), state)
    assert heard == [HistoryChanged()]
    assert (mlp.dirty, mlp.path, mlp.changed_on_disk) == (True, path, False)
    mlp.undo()
    assert not mlp.dirty
    assert project_text(mlp.project) == text
