"""Readings of the test part: which projects test on the same rows, and the count over runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph_compiler.model import DataSource, Project
from nnstudio.document.templates import load_target
from nnstudio.runs.create import create_run
from nnstudio.runs.final_evaluation import Readings, readings, test_part_of
from nnstudio.runs.info import read_info
from nnstudio.runs.writer import append_event

test_part_of.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def project() -> Project:
    """Any project that can run."""
    return load_target("template:linear-regression")


def with_data(project: Project, **changes: object) -> Project:
    """The project with other data."""
    return replace(project, data=replace(project.data, **changes))  # type: ignore[arg-type]


def test_the_same_rows_have_the_same_name(project: Project) -> None:
    name = test_part_of(project)
    assert test_part_of(with_data(project, scale="none")) == name
    assert test_part_of(replace(project, name="another")) == name
    for changed in (
        with_data(project, seed=1),
        with_data(project, split=(0.5, 0.25, 0.25)),
        with_data(project, source="diabetes", options={}),
        with_data(project, preparation={"in_order": True}),
    ):
        assert test_part_of(changed) != name


def test_features_of_a_table_do_not_matter_and_what_divides_it_does() -> None:
    def table(*roles: str) -> str:
        columns = tuple(
            (name, role, "number", ()) for name, role in zip("abcd", roles, strict=True)
        )
        data = DataSource("csv", {"path": "t.csv", "columns": columns, "missing": "drop"})
        return test_part_of(Project(name="t", data=data))

    plain = table("feature", "feature", "target", "ignore")
    assert table("feature", "ignore", "target", "feature") == plain
    assert table("feature", "group", "target", "ignore") != plain
    assert table("feature", "target", "feature", "ignore") != plain


def test_readings_are_summed_over_the_runs_beside(project: Project, tmp_path: Path) -> None:
    one, other = (create_run(project, tmp_path / "runs", threads=1) for _ in range(2))
    strange = create_run(with_data(project, seed=7), tmp_path / "runs", threads=1)
    elsewhere = create_run(project, tmp_path / "elsewhere", threads=1)
    assert readings(one) == Readings(0, 0)
    assert readings(one).text == "The test part of these data has not been read."
    for run in (one, one, other, strange, elsewhere):
        append_event(run, "evaluated", step=3, weights="last", times=1, metrics={"test_loss": 1.0})
    append_event(one, "problem", code="x", node="", text='"evaluated"', detail="")
    assert readings(one) == readings(other) == Readings(3, 2)
    assert readings(one).text == ("The test part of these data has been read 3 times, by 2 runs.")
    assert readings(elsewhere).text == "The test part of these data has been read once."
    (one / "events.jsonl").write_bytes(b'{"evaluated"\n\xff"evaluated"\n')
    assert readings(other) == Readings(1, 1)


def test_a_run_of_an_older_version_is_counted_alone(project: Project, tmp_path: Path) -> None:
    run = create_run(project, tmp_path, threads=1)
    text = (run / "run.json").read_text()
    key = read_info(run).test_part
    (run / "run.json").write_text(text.replace(f'"{key}"', '""').replace("true", "7"))
    assert read_info(run).evaluates
    append_event(run, "evaluated", step=3, weights="last", times=1, metrics={"test_loss": 1.0})
    assert readings(run) == Readings(1, 1)
