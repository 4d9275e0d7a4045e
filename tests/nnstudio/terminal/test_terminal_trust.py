"""The terminal and projects that bring Python along: exit status 4 until somebody trusts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from graph_compiler import save_project
from graph_compiler.code_model import Code, CodeOutput
from graph_compiler.model import DataSource, Network, Node, Project, Wire
from nnstudio import places

ASKED = (
    "expected trust in the Python that it brings along (Same), got none. "
    "Read it, then trust it if it may run. In the terminal: --trust.\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A project whose layer leaves a mark as soon as anything of it runs."""
    text = (
        f"import pathlib\n\npathlib.Path({str(tmp_path / 'mark')!r}).touch()\n\n\n"
        "class Same(nn.Module):\n    def forward(self, x):\n        return x\n"
    )
    main = Network("main")
    main.nodes = {
        "point": Node("point", "Input", {"shape": (2,)}),
        "same": Node("same", "Same"),
        "fc": Node("fc", "Linear", {"out_features": 2}),
        "out": Node("out", "Output"),
    }
    main.wires = {
        Wire("point", "output", "same", "x"): None,
        Wire("same", "y", "fc", "input"): None,
        Wire("fc", "output", "out", "input"): None,
    }
    same = Network("Same", params={}, code=Code(text, outputs=(CodeOutput("y", "x"),)))
    path = tmp_path / "gate.nns"
    project = Project("Gate", networks={"main": main, "Same": same}, data=DataSource("spirals"))
    save_project(project, path)
    return path


def test_check_and_export_need_no_trust_and_run_nothing(
    terminal: Callable, file: Path, tmp_path: Path
) -> None:
    checked = terminal("check", file)
    assert checked.status == 0
    assert "No errors: ready to train." in checked.out
    assert checked.out.startswith("Gate: 6 parameters, 4 MACs, unknown ones in Same (Python)\n")
    assert "multiply-accumulates  4, and unknown ones in Same (Python)\n" in (
        terminal("summary", file).out
    )
    assert "trust in the Python that the project brings along (Same)" in checked.err
    problems = json.loads(terminal("check", file, "--json").out)["problems"]
    assert ("code_not_trusted", "hint") in [(p["code"], p["severity"]) for p in problems]
    exported = terminal("export", file, "--to", "script", "-o", tmp_path / "out")
    assert exported.status == 0
    assert "class Same(nn.Module):" in (tmp_path / "out" / "model.py").read_text()
    assert not (tmp_path / "mark").exists()


def test_train_asks_with_status_4_and_goes_on_once_trusted(
    terminal: Callable, file: Path, tmp_path: Path, stand_in: Callable[[str], None]
) -> None:
    refused = terminal("train", file, "--epochs", 2)
    assert (refused.status, refused.err) == (4, f"Gate: {ASKED}")
    assert not places.runs().exists()
    assert terminal("train", file, "--epochs", 2, "--trust").status == 0
    assert terminal("train", file, "--epochs", 2).status == 0
    changed = file.read_text().replace("return x", "return x + 0")
    file.write_text(changed)
    assert terminal("train", file, "--epochs", 2).status == 4


def test_resume_and_extend_ask_as_well(
    terminal: Callable,
    file: Path,
    tmp_path: Path,
    stand_in: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "runs"
    assert terminal("train", file, "--epochs", 1, "--trust", "--runs", folder).status == 0
    (run,) = folder.iterdir()
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "somebody else"))
    assert terminal("extend", run, "--epochs", 5) == (4, "", f"{run.name}: {ASKED}")
    assert not any((run / "requests").iterdir())
    assert terminal("extend", run, "--epochs", 5, "--trust").status == 0


@pytest.mark.parametrize("command", ["resume", "extend"])
def test_a_run_with_a_script_of_its_own_asks(
    terminal: Callable, tmp_path: Path, stand_in: Callable[[str], None], command: str
) -> None:
    folder = tmp_path / "runs"
    assert terminal("train", "template:mlp", "--epochs", 1, "--runs", folder).status == 0
    (run,) = folder.iterdir()
    again = ("train", "--resume", run) if command == "resume" else ("extend", run, "--epochs", 5)
    script = run / "train.py"
    script.write_text(f"{script.read_text()}\nprint('mine')\n")
    if command == "resume":  # as if it had been cut short
        events = (run / "events.jsonl").read_text().splitlines(keepends=True)
        (run / "events.jsonl").write_text("".join(row for row in events if '"done"' not in row))
    assert terminal(*again) == (
        4,
        "",
        f"{run.name}: expected trust in the Python that is not what its project comes to "
        "(train.py), got none. Read it, then trust it if it may run. In the terminal: --trust.\n",
    )
    assert terminal(*again, "--trust").status == 0
