"""Documents of drawings with blocks: edits inside and outside, undo, saving, what callers see."""

from __future__ import annotations

from pathlib import Path

from graph_compiler.checker import Checker
from graph_compiler.files import load_project, project_text
from graph_compiler.model import Wire
from nnstudio.app.snapshot import snapshot
from nnstudio.document import steps
from nnstudio.document.autosave import Autosave, beside
from nnstudio.document.document import Document
from nnstudio.document.events import Event, ReportChanged
from nnstudio.document.templates import load_target


def opened() -> Document:
    return Document(load_target("template:resnet@18"))


def test_a_block_is_checked_as_its_first_caller_sees_it() -> None:
    document = opened()
    assert document.report("main").parameters == 11_689_512
    inside = document.report("BasicBlock")
    assert inside.ok
    assert str(inside.nodes["conv1"].outputs[0]) == "N×64×56×56"
    document.do(steps.set_param(document, "main", ("image",), "shape", (3, 64, 64)))
    assert str(document.report("BasicBlock").nodes["conv1"].outputs[0]) == "N×64×16×16"


def test_an_edit_inside_reaches_those_who_use_the_block_and_undo_takes_it_back() -> None:
    document = opened()
    before = project_text(document.project)
    told: list[Event] = []
    document.subscribe(told.append)
    document.do(steps.set_param(document, "BasicBlock", ("conv1",), "bias", True))
    assert document.report("main").parameters > 11_689_512
    assert any(isinstance(event, ReportChanged) and event.network == "main" for event in told)
    source = document.source("main")
    assert source is not None
    assert "stride=stride, padding=1)" in source.text
    document.undo()
    assert document.report("main").parameters == 11_689_512
    assert project_text(document.project) == before


def test_the_live_check_equals_a_fresh_one_after_edits_of_blocks() -> None:
    document = opened()
    for network, node, param, value in (
        ("BasicBlock", "conv2", "kernel_size", 5),
        ("main", "stage2", "width", 96),
        ("Stage", "basics", "width", "width + 8"),
        ("BasicBlock", "conv2", "kernel_size", 3),
    ):
        document.do(steps.set_param(document, network, (node,), param, value))
        project = document.project
        fresh = Checker(
            project.networks["main"], project.variables, document.purpose, project.networks
        )
        assert document.report("main") == fresh.report()


def test_an_instance_is_added_wired_and_copied_like_a_layer() -> None:
    document = opened()
    wire = Wire("stage1", "y", "stage2", "x")
    before = set(document.project.networks["main"].nodes)
    document.do(steps.insert_on_wire(document, "main", wire, "Stage", (0.0, 0.0)))
    nodes = document.project.networks["main"].nodes
    (new,) = nodes.keys() - before
    assert nodes[new].type == "Stage"
    assert document.report("main").ok


def test_nothing_of_a_block_is_lost_on_the_way_to_the_disk(tmp_path: Path) -> None:
    document = opened()
    assert project_text(snapshot(document.project)) == project_text(document.project)
    path = tmp_path / "net.nns"
    document.save(path)
    assert project_text(load_project(path)) == project_text(document.project)
    document.do(steps.set_param(document, "BasicBlock", ("conv1",), "bias", True))
    keeper = Autosave(document)
    keeper.write()
    keeper.wait()
    assert project_text(load_project(beside(path))) == project_text(document.project)
    keeper.close(discard=True)
