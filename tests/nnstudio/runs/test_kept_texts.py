"""A run's Python is executed by a resume only where it is what the project says, or is trusted."""

from __future__ import annotations

import importlib.util
import json
import py_compile
import shutil
from pathlib import Path

import pytest

from graph_compiler.files import load_project, project_text
from graph_compiler.model import DataSource
from nnstudio.document.templates import load_target
from nnstudio.engine.csv_guessing import describe_csv
from nnstudio.engine.loading import load_script
from nnstudio.runs import trust
from nnstudio.runs.create import create_run
from nnstudio.runs.kept_texts import foreign_texts
from nnstudio.runs.layout import RunError

EVIL = "import os\nos.environ['MARK'] = '1'\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return create_run(load_target("template:lenet5"), tmp_path / "runs", threads=3, device="cpu")


@pytest.mark.parametrize("template", ["mlp", "perceptron", "resnet", "lstm-from-scratch"])
def test_what_was_made_here_is_not_foreign(template: str, tmp_path: Path) -> None:
    made = create_run(load_target(f"template:{template}"), tmp_path, epochs=2, seed=7)
    assert foreign_texts(made) == ()
    trust.require_of_run(made)
    moved = Path(shutil.copytree(made, tmp_path / "elsewhere" / "copy"))
    assert foreign_texts(moved) == ()


def test_a_table_may_lie_anywhere_and_have_changed(tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("a,b,y\n" + "".join(f"{i % 7}.5,{i * i % 11}.5,{i % 2}\n" for i in range(60)))
    project = load_target("template:mlp")
    project.data = DataSource("csv", describe_csv(table)["options"])
    made = create_run(project, tmp_path / "runs", base=tmp_path)
    table.unlink()
    assert "FILE_SHA256" in (made / "train.py").read_text()
    assert foreign_texts(made) == ()


@pytest.mark.parametrize("name", ["model.py", "train.py"])
def test_a_changed_text_needs_trust_of_its_own(run: Path, name: str) -> None:
    text = (run / name).read_text() + EVIL
    (run / name).write_text(text)
    assert foreign_texts(run) == ((name, text),)
    with pytest.raises(trust.TrustNeeded) as refusal:
        trust.require_of_run(run)
    assert str(refusal.value) == (
        f"{run.name}: expected trust in the Python that is not what its project comes to ({name}), "
        "got none. Read it, then trust it if it may run."
    )
    trust.require_of_run(run, resume=False)
    trust.trust_run(run)
    trust.require_of_run(run)
    (run / name).write_text(text + "#")
    with pytest.raises(trust.TrustNeeded):
        trust.require_of_run(run)


@pytest.mark.parametrize(
    "line",
    [
        "PATH = __import__('os').system('true')",
        "PATH = 'a'; import os",
        "FILE_SIZE = (1)(2)",
        "FILE_SHA256 = f'{print()}'",
    ],
)
def test_a_constant_of_the_table_hides_nothing(run: Path, line: str) -> None:
    script = run / "train.py"
    script.write_text(script.read_text().replace("SPLIT = ", f"{line}\nSPLIT = ", 1))
    assert [name for name, _ in foreign_texts(run)] == ["train.py"]


def test_what_the_project_or_the_record_says_is_written_as_text_alone(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "device": "cpu'); import os; ('"}))
    assert [name for name, _ in foreign_texts(run)] == ["train.py"]


def test_another_project_beside_the_texts_is_noticed(run: Path) -> None:
    project = load_project(run / "project.nns")
    (run / "project.nns").write_text(project_text(load_target("template:mlp")))
    assert [name for name, _ in foreign_texts(run)] == ["model.py", "train.py"]
    project.networks["main"].nodes.pop(next(iter(project.networks["main"].nodes)))
    (run / "project.nns").write_text("{")
    assert foreign_texts(run) == ()  # a worker refuses it


def test_a_link_is_no_text(run: Path, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(EVIL)
    (run / "train.py").unlink()
    (run / "train.py").symlink_to(tmp_path / "other.py")
    with pytest.raises(RunError):
        trust.require_of_run(run)


def test_compiled_code_beside_a_text_is_passed_over(tmp_path: Path) -> None:
    for name in ("model", "train"):
        text = tmp_path / f"{name}.py"
        text.write_text("raise SystemExit\n")
        cached = importlib.util.cache_from_source(str(text))
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(text), cfile=cached, invalidation_mode=mode)
        text.write_text("VALUE = 1\n")
    assert load_script(tmp_path).VALUE == 1


def test_the_encoding_that_a_text_claims_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("")
    (tmp_path / "train.py").write_bytes(b"# coding: utf-7\nVALUE = '+AGE-'\n")
    assert load_script(tmp_path).VALUE == "+AGE-"
    (tmp_path / "train.py").write_bytes(b"\xff")
    with pytest.raises(SyntaxError, match="UTF-8"):
        load_script(tmp_path)
