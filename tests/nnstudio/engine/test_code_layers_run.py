"""Layers written in Python at work: measured, trained, and refused where nobody trusts them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from graph_compiler import check_graph, emit, project_text, save_project
from graph_compiler.code_model import Code, CodeOutput
from graph_compiler.model import DataSource, Network, Node, Project, Stage, Variable, Wire
from graph_compiler.model import Plan as TrainingPlan
from nnstudio.engine.job import Job
from nnstudio.engine.probe import probe_request
from nnstudio.engine.service import Refusal
from nnstudio.engine.shapes import measure
from nnstudio.runs import measuring, trust
from nnstudio.runs.create import create_run
from nnstudio.runs.info import read_info
from nnstudio.runs.reader import RunReader

TEXT = """\
class Widen(nn.Module):
    def __init__(self, in_features: int, factor: int = 2) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, factor * in_features)

    def forward(self, x):
        return torch.tanh(self.linear(x))
"""


def project_with(text: str = TEXT, shape: str = "", nodes: int = 1, sizes: bool = True) -> Project:
    code = Code(
        text,
        outputs=(CodeOutput("y", shape),),
        sizes=(("in_features", "x[-1]"),) if sizes else (),
    )
    params = {"factor": Variable("factor", 2)} if sizes else {}
    main = Network("main")
    names = [f"widen{number + 1}" for number in range(nodes)]
    row = [
        Node("point", "Input", {"shape": (2,)}),
        *(Node(name, "Widen") for name in names),
        Node("scores", "Linear", {"out_features": 2}),
        Node("out", "Output"),
    ]
    main.nodes = {node.name: node for node in row}
    for one, two in pairwise(row):
        source = "y" if one.type == "Widen" else "output"
        target = "x" if two.type == "Widen" else "input"
        main.wires[Wire(one.name, source, two.name, target)] = None
    return Project(
        "Widening",
        networks={"main": main, "Widen": Network("Widen", params=params, code=code)},
        data=DataSource("spirals"),
        plan=TrainingPlan((Stage(settings={"epochs": 2}),)),
    )


def with_measured(project: Project) -> Project:
    found = measure(project)["Widen"]
    widen = project.networks["Widen"]
    assert widen.code is not None
    known = replace(widen, code=replace(widen.code, measured=tuple(found)))
    return replace(project, networks={**project.networks, "Widen": known})


def events(run: Path) -> list[dict]:
    reader = RunReader(run)
    found = reader.poll()
    reader.close()
    return found


# measuring


def test_shapes_are_measured_use_by_use() -> None:
    project = with_measured(project_with(nodes=3))
    report = check_graph(project.graph("main"))
    assert report.ok
    assert [str(report.nodes[f"widen{n}"].outputs[0]) for n in (1, 2, 3)] == ["N×4", "N×8", "N×16"]
    assert [report.nodes[f"widen{n}"].parameters for n in (1, 2, 3)] == [12, 40, 144]
    assert "Widen(in_features=8)" in emit(project.graph("main")).text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "class Widen(nn.Module):\n    def forward(self, x):\n        return x.nothing()\n",
            "Widen: AttributeError in line 3: 'Tensor' object has no attribute 'nothing'",
        ),
        (
            "raise ValueError('no')\n\n\nclass Widen(nn.Module):\n    def forward(self, x):\n"
            "        return x\n",
            "Widen: ValueError in line 1: no",
        ),
        (
            "class Widen(nn.Module):\n    def forward(self, x):\n        return x, x\n",
            "Widen: expected 1 tensors from forward, as many as there are outputs, got 2. "
            "Change the outputs, or what forward returns.",
        ),
        (
            "class Widen(nn.Module):\n    def forward(self, x):\n        return 3\n",
            "Widen: TypeError: forward returns a int where a tensor is expected",
        ),
        (
            "class Widen(nn.Module):\n    def forward(self, x):\n        return x.flatten()\n",
            "Widen: expected sizes that do not depend on the batch, got (4,) for a batch of 2 and "
            "(6,) for one of 3. Keep the batch axis.",
        ),
    ],
)
def test_code_that_fails_says_where(text: str, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        measure(project_with(text, sizes=False))
    assert str(refusal.value) == words


@pytest.mark.slow
def test_a_loop_that_never_ends_is_stopped() -> None:
    text = "class Widen(nn.Module):\n    def forward(self, x):\n        while True: pass\n"
    project = project_with(text, sizes=False)
    trust.trust(project)
    with pytest.raises(measuring.MeasuringFailed) as failure:
        measuring.measured_shapes(project, ["Widen"], limit=2)
    assert str(failure.value) == (
        "The code did not come to an end within 2 seconds, so it was stopped. "
        "Look for a loop that never ends."
    )


@pytest.mark.slow
def test_measuring_happens_in_another_process(tmp_path: Path) -> None:
    mark = tmp_path / "process"
    text = (
        "import os\nimport pathlib\n\n\nclass Widen(nn.Module):\n    def forward(self, x):\n"
        f"        pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n"
        "        return x\n"
    )
    import os

    project = project_with(text, sizes=False)
    with pytest.raises(trust.TrustNeeded):
        measuring.measured_shapes(project)
    assert not mark.exists()
    trust.trust(project)
    (found,) = measuring.measured_shapes(project)["Widen"]
    assert found.outputs == ((("N", 2), "float"),)
    assert mark.read_text() != str(os.getpid())


# trust


def test_nothing_runs_before_trust_and_one_changed_byte_asks_again(tmp_path: Path) -> None:
    project = project_with(shape="x[0] * factor")
    with pytest.raises(trust.TrustNeeded) as refusal:
        create_run(project, tmp_path)
    assert str(refusal.value) == (
        "Widening: expected trust in the Python that it brings along (Widen), got none. "
        "Read it, then trust it if it may run."
    )
    assert not any(tmp_path.iterdir())
    trust.trust(project)
    assert trust.is_trusted(project)
    assert read_info(create_run(project, tmp_path)).code == trust.fingerprint_of(project)
    changed = project_with(TEXT.replace("tanh", "relu"), shape="x[0] * factor")
    assert not trust.is_trusted(changed)
    assert trust.is_trusted(project)


def test_a_broken_record_is_no_trust() -> None:
    project = project_with()
    trust.trust(project)
    (record,) = trust.places.trust().iterdir()
    for text in ("", "[]", '{"code": "0"}', "{" * 10_000):
        record.write_text(text)
        assert not trust.is_trusted(project)


def test_a_trusted_layer_learns_and_a_resume_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_with(shape="x[0] * factor")
    trust.trust(project)
    run = create_run(project, tmp_path)
    assert Job(run, resume=False).work()
    found = events(run)
    assert found[-1]["event"] == "done"
    losses = [event["metrics"]["train_loss"] for event in found if event["event"] == "epoch"]
    assert losses[-1] < losses[0]

    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "another"))
    from nnstudio.runs.worker import start_training

    with pytest.raises(trust.TrustNeeded):
        start_training(run, resume=True)
    assert not Job(run, resume=True).work()
    last = events(run)[-1]
    assert last["event"] == "failed"
    assert last["text"] == (
        f"{run.name}: expected trust in the Python that it brings along (Widen), got none. "
        "Read it, then trust it if it may run."
    )


def test_looking_inside_needs_trust_as_well() -> None:
    project = project_with(shape="x[0] * factor")
    with pytest.raises(trust.TrustNeeded):
        probe_request(project_text(project), None, 4)
    trust.trust(project)
    operations = probe_request(project_text(project), None, 4)["operations"]
    assert any(operation["node"] == "widen1" for operation in operations)


def test_a_fault_in_the_code_names_the_node(tmp_path: Path) -> None:
    text = "class Widen(nn.Module):\n    def forward(self, x):\n        return x @ x\n"
    project = project_with(text, shape="x", sizes=False)
    trust.trust(project)
    run = create_run(project, tmp_path)
    assert not Job(run, resume=False).work()
    assert events(run)[-1]["node"] == "widen1"


def test_opening_a_project_leaves_no_trust(tmp_path: Path) -> None:
    project = project_with()
    save_project(project, tmp_path / "a.nns")
    assert not trust.places.trust().exists()
