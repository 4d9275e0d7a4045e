"""`diff`: what differs between projects and runs, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from graph_compiler.files import save_project
from nnstudio.document import steps
from nnstudio.document.document import Document
from nnstudio.document.templates import assign, load_target
from nnstudio.runs.create import create_run


def mine(folder: Path) -> Path:
    project = assign(load_target("template:lenet5"), "main/conv1.kernel_size", 1)
    save_project(assign(project, "main/conv1.padding", 0), folder / "mine.nns")
    return folder / "mine.nns"


def test_two_files(terminal: Any, tmp_path: Path) -> None:
    said = terminal("diff", "template:lenet5", mine(tmp_path))
    assert said == (
        0,
        "network main\n"
        "  ~ conv1.kernel_size: 3 → 1\n"
        "  ~ conv1.padding: 1 → 0\n"
        "parameters of main: 19,754 → 19,706\n",
        "",
    )


def test_bypass_is_named_and_looks_are_told_as_looks(terminal: Any, tmp_path: Path) -> None:
    document = Document(load_target("template:lenet5"))
    document.do(steps.set_bypassed(document, "main", ("relu3", "fc2"), True))
    document.do(steps.set_colour(document, "main", ("fc1",), "blue"))
    document.do(steps.add_note(document, "main", (0, 0), "One layer less"))
    save_project(document.project, tmp_path / "less.nns")
    assert terminal("diff", "template:lenet5", tmp_path / "less.nns") == (
        0,
        "network main\n"
        "  ~ relu3.bypassed: no → yes\n"
        "  ~ fc2.bypassed: no → yes\n"
        "  ~ colour of fc1: none → blue\n"
        "  + note note1: One layer less\n"
        "parameters of main: 19,754 → 9,950\n",
        "",
    )


def test_the_same_twice(terminal: Any, tmp_path: Path) -> None:
    path = mine(tmp_path)
    assert terminal("diff", path, path) == (0, "Nothing differs.\n", "")


def test_as_json(terminal: Any, tmp_path: Path) -> None:
    said = json.loads(terminal("diff", "template:lenet5", mine(tmp_path), "--json").out)
    assert said["parameters"] == {"before": {"main": 19_754}, "after": {"main": 19_706}}
    assert said["differences"][0] == {
        "kind": "changed",
        "part": "network main",
        "what": "conv1.kernel_size",
        "before": "3",
        "after": "1",
    }


def test_a_run_beside_the_file_it_came_from(terminal: Any, tmp_path: Path) -> None:
    run = create_run(load_target("template:lenet5"), tmp_path / "runs")
    said = terminal("diff", run, mine(tmp_path))
    assert "  ~ conv1.kernel_size: 3 → 1\n" in said.out


def test_what_is_neither_is_told_in_one_line(terminal: Any, tmp_path: Path) -> None:
    said = terminal("diff", tmp_path / "nothing.nns", "template:lenet5")
    assert said.status == 2
    assert said.err.count("\n") == 1
    assert "nothing.nns" in said.err


def test_a_project_with_errors_is_compared_too(terminal: Any, tmp_path: Path) -> None:
    wrong = assign(load_target("template:lenet5"), "main/fc2.in_features", 99)
    save_project(wrong, tmp_path / "wrong.nns")
    said = terminal("diff", "template:lenet5", tmp_path / "wrong.nns")
    assert said.status == 0
    assert "  ~ fc2.in_features: default → 99\n" in said.out
    assert "parameters of main: 19,754 → unknown\n" in said.out
